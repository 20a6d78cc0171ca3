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
} from '@sallyport/contracts';
import type { Gate } from '../conditional-access/index.ts';
import type { Caller, Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { recordChange } from './directory/author.ts';
import { createGroupCommands } from './directory/groups.ts';
import { graphDirectoryHandlers, type DirectoryCommands } from './directory/graph/index.ts';
import { publishEverybody } from './directory/identity-info.ts';
import { createPeopleCommands } from './directory/people.ts';
import { directoryHandlers } from './directory/routes.ts';
import { createFederation, type Federation } from './federation/index.ts';
import { createLdap } from './ldap/index.ts';
import { createInvitations } from './invitations.ts';
import { directoryPeople } from './directory/store.ts';
import { createMethods } from './methods.ts';
import { peopleHandlers } from './people.ts';
import { identityHandlers } from './routes.ts';
import { createDeviceCommands, createProofs, deviceHandlers, graphDeviceHandlers } from './devices/index.ts';
import { scimHandlers } from './scim/index.ts';
import { securityInfoHandlers } from './security-info.ts';
import { createSessions } from './sessions.ts';
import { createSetup } from './setup.ts';
import { createSignIn } from './sign-in.ts';
import { createTemporaryAccessPasses } from './temporary-access-passes.ts';
import { removeStale } from './store.ts';

export { createDeviceFacts } from './devices/index.ts';
export { scimErrorFace } from './scim/index.ts';
export { directory, type Directory } from './people.ts';
export { methodModes } from './sign-in.ts';
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
  /** The one-time link for the first administrator; undefined when there is an administrator. */
  issueSetupLink(): Promise<string | undefined>;
}

/** People, how they sign in, and their sessions. */
export function createIdentity(platform: Platform, { gate }: { readonly gate: Gate }): Identity {
  const sessions = createSessions(platform);
  const setup = createSetup(platform, sessions);
  const commands: DirectoryCommands = {
    people: createPeopleCommands(platform),
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
    handlers: identityHandlers(setup, signIn, sessions),
    securityInfo: securityInfoHandlers(platform, { methods, sessions, passes, signIn }),
    people: peopleHandlers(platform, commands.groups),
    directory: directoryHandlers(platform, {
      ...commands,
      sessions,
      invitations: createInvitations(platform),
      methods,
    }),
    devices: deviceHandlers(platform, devices, proofs),
    graphDevices: graphDeviceHandlers(platform, devices),
    deviceOf: (proof) => proofs.deviceOf(proof),
    ldap: ldap.handlers,
    syncDirectory: (id) => ldap.sync.run(id),
    federation: createFederation(platform, { ...commands, signIn }),
    scim: scimHandlers(platform, commands),
    graph: graphDirectoryHandlers(platform, commands),
    callerOfSession: (secret, from) => sessions.callerOf(secret, from),
    issueSetupLink: () => setup.issueLink(),
  };
}
