import type {
  deviceRoutes,
  directoryRoutes,
  graphDeviceRoutes,
  graphDirectoryRoutes,
  ldapRoutes,
  LdapSyncResult,
  peopleRoutes,
  scimRoutes,
  securityInfoRoutes,
  sessionRoutes,
  termsOfUseRoutes,
} from '@sallyport/contracts';
import type { Access } from '../access/index.ts';
import type { Gate, Terms } from '../conditional-access/index.ts';
import { termsHandlers } from './terms.ts';
import type { Caller, Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { ourselves, recordChange } from '../platform/directory-audit.ts';
import { createGroupCommands } from './directory/groups.ts';
import { graphDirectoryHandlers, type DirectoryCommands } from './directory/graph/index.ts';
import { publishEverybody } from './directory/identity-info.ts';
import { createPeopleCommands } from './directory/people.ts';
import { directoryHandlers } from './directory/routes.ts';
import { createFederation, type Federation } from './federation/index.ts';
import { createLdap } from './ldap/index.ts';
import { createInvitations } from './invitations.ts';
import { directoryPeople } from './directory/store.ts';
import { createDecisions } from './live/decide.ts';
import { createWatch } from './live/watch.ts';
import { createMethods } from './methods.ts';
import { peopleHandlers } from './people.ts';
import { identityHandlers } from './routes.ts';
import {
  createDeviceCommands,
  createProofs,
  deviceHandlers,
  deviceRows,
  graphDeviceHandlers,
} from './devices/index.ts';
import { scimHandlers } from './scim/index.ts';
import { securityInfoHandlers } from './security-info.ts';
import { createSessions } from './sessions.ts';
import { createSetup } from './setup.ts';
import { createSignIn } from './sign-in.ts';
import { createTemporaryAccessPasses } from './temporary-access-passes.ts';
import { removeStale } from './store.ts';

export { createGroupCommands } from './directory/groups.ts';
export { publishPeople } from './directory/identity-info.ts';
export { createDeviceFacts } from './devices/index.ts';
export { createAskForToken } from './live/tokens.ts';
export { scimErrorFace } from './scim/index.ts';
export { directory, type Directory } from './people.ts';
export { methodModes } from './method-modes.ts';
export { methodNames } from './sign-in-log.ts';
export type { Person, SignInMethod } from './store.ts';
export { checkPassword } from './secrets.ts';

export interface Identity extends Domain<Handlers<typeof sessionRoutes>> {
  readonly people: Handlers<typeof peopleRoutes>;
  readonly directory: Handlers<typeof directoryRoutes>;
  /** What people do about their own ways to sign in, and passes. */
  readonly securityInfo: Handlers<typeof securityInfoRoutes>;
  /** LDAP directories. */
  readonly ldap: Handlers<typeof ldapRoutes>;
  /** Brings what changed in an LDAP directory; a job does it by itself. */
  readonly syncDirectory: (id: string) => Promise<LdapSyncResult>;
  /** Identity providers elsewhere. */
  readonly federation: Federation;
  /** For directories elsewhere that bring people and groups. */
  readonly scim: Handlers<typeof scimRoutes>;
  /** Terms of use within a sign-in. */
  readonly terms: Handlers<typeof termsOfUseRoutes>;
  readonly devices: Handlers<typeof deviceRoutes>;
  readonly graphDevices: Handlers<typeof graphDeviceRoutes>;
  /** The device whose key made a proof; nothing for any other text. */
  readonly deviceOf: (proof: string) => Promise<{ readonly deviceId: string } | undefined>;
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphDirectoryRoutes>;
  /** Whose session this cookie is; undefined when it is unknown, over or revoked. */
  readonly callerOfSession: (
    secret: string,
    from: { ipAddress: string; userAgent: string },
  ) => Promise<Caller | undefined>;
  /** What signals of other systems do here. */
  readonly signalled: {
    /** Ends all sessions of a person, or one of them. Answers how many were live. */
    endSessions(personId: string, sessionId: string | undefined, by: string): Promise<number>;
    /** Answers the device's name; undefined when there is none of that id. */
    setCompliance(deviceId: string, isCompliant: boolean, by: string): Promise<string | undefined>;
  };
  /** Decides on sessions that something has changed for; `start` does so by itself. Answers how many. */
  decideAgain(): Promise<number>;
  /** The one-time link for the first administrator; undefined when there is an administrator. */
  issueSetupLink(): Promise<string | undefined>;
}

export interface IdentityParts {
  readonly gate: Gate;
  readonly terms: Terms;
  readonly access: Pick<Access, 'assignments' | 'effective'>;
}

/** People, how they sign in, and their sessions. */
export function createIdentity(platform: Platform, { gate, terms, access }: IdentityParts): Identity {
  const decisions = createDecisions(platform, gate);
  const watch = createWatch(platform, decisions);
  const { assignments, effective } = access;
  const sessions = createSessions(platform, { decisions, effective });
  const setup = createSetup(platform, { sessions, assignments });
  const commands: DirectoryCommands = {
    people: createPeopleCommands(platform, { assignments }),
    groups: createGroupCommands(platform),
    endSessions: (personId, by) =>
      platform.database.transaction(async (tx) => {
        const target = { id: personId, name: (await directoryPeople.get(tx, personId)).userPrincipalName };
        await recordChange(platform.audit, { activity: 'Update StsRefreshTokenValidFrom Timestamp', target }, by, tx);
        return sessions.revokeAll(personId, tx);
      }),
  };
  platform.jobs.schedule('identity-remove-stale', '17 * * * *', (job) =>
    job.step('remove', () => removeStale(platform.database, platform.clock.now())),
  );
  platform.jobs.schedule('identity-directory', '40 2 * * 0', async (job) => {
    await job.step('purge', () => commands.people.purge());
    await job.step('publish', () => publishEverybody(platform));
  });
  const passes = createTemporaryAccessPasses(platform);
  const methods = createMethods(platform);
  const proofs = createProofs(platform);
  const devices = createDeviceCommands(platform, proofs);
  const signIn = createSignIn(platform, sessions, { gate, passes, proofs });
  const ldap = createLdap(platform, { ...commands, signIn });
  return {
    handlers: identityHandlers(setup, signIn, sessions, methods),
    securityInfo: securityInfoHandlers(platform, { methods, sessions, passes, signIn }),
    people: peopleHandlers(platform, commands.groups),
    directory: directoryHandlers(platform, {
      ...commands,
      sessions,
      invitations: createInvitations(platform),
      methods,
    }),
    terms: termsHandlers(platform, { terms, signIn }),
    devices: deviceHandlers(platform, devices, proofs),
    graphDevices: graphDeviceHandlers(platform, devices),
    deviceOf: (proof) => proofs.deviceOf(proof),
    ldap: ldap.handlers,
    syncDirectory: (id) => ldap.sync.run(id),
    federation: createFederation(platform, { ...commands, signIn, assignments }),
    scim: scimHandlers(platform, commands),
    graph: graphDirectoryHandlers(platform, commands),
    callerOfSession: (secret, from) => sessions.callerOf(secret, from),
    issueSetupLink: () => setup.issueLink(),
    signalled: {
      endSessions: (personId, sessionId, by) =>
        platform.database.transaction(async (tx) => {
          const target = { id: personId, name: (await directoryPeople.get(tx, personId)).userPrincipalName };
          const activity = 'Update StsRefreshTokenValidFrom Timestamp';
          await recordChange(platform.audit, { activity, target }, ourselves(by), tx);
          if (sessionId === undefined) return sessions.revokeAll(personId, tx);
          return tx.execute(
            'UPDATE sessions SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL',
            [sessionId, personId, platform.clock.now()],
          );
        }),
      setCompliance: async (deviceId, isCompliant, by) => {
        const device = await deviceRows.byDeviceId(platform.database, deviceId);
        return device && (await devices.update(device.id, { isCompliant }, ourselves(by))).displayName;
      },
    },
    decideAgain: () => watch.look(),
    start: () => {
      watch.start();
      return Promise.resolve();
    },
    stop: () => watch.stop(),
  };
}
