import type { peopleRoutes, sessionRoutes } from '@sallyport/contracts';
import type { Gate } from '../conditional-access/index.ts';
import type { Caller, Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { peopleHandlers } from './people.ts';
import { identityHandlers } from './routes.ts';
import { createSessions } from './sessions.ts';
import { createSetup } from './setup.ts';
import { createSignIn } from './sign-in.ts';
import { removeStale } from './store.ts';

export { directory, type Directory } from './people.ts';

export interface Identity extends Domain<Handlers<typeof sessionRoutes>> {
  readonly people: Handlers<typeof peopleRoutes>;
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
  platform.jobs.schedule('identity-remove-stale', '17 * * * *', (job) =>
    job.step('remove', () => removeStale(platform.database, platform.clock.now())),
  );
  return {
    handlers: identityHandlers(setup, createSignIn(platform, sessions, gate), sessions),
    people: peopleHandlers(platform),
    callerOfSession: (secret, from) => sessions.callerOf(secret, from),
    issueSetupLink: () => setup.issueLink(),
  };
}
