import type { graphIdentityProtectionRoutes, identityProtectionRoutes, RiskSubjectKind } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { SendMail } from '../notifications/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { refreshAddresses } from './addresses.ts';
import { createCommands, type Author, type Commands, type Judgement } from './commands.ts';
import { loadRiskContent, type RiskContent } from './content.ts';
import { graphIdentityProtectionHandlers } from './faces/graph/index.ts';
import { checkLeaked, type CheckPassword } from './leaked.ts';
import { learnDue } from './learn.ts';
import { mailWindowMs, noteForMail, sendUsersAtRisk, sendWeeklyDigest, type MailParts } from './mails.ts';
import { runDue, type OfflineParts } from './offline.ts';
import { resolvePeople } from './people.ts';
import { authorOf, identityProtectionHandlers } from './routes.ts';
import { createSignInRisk, type SignInRisk } from './sign-in-risk.ts';
import type { DetectionRow, RiskListener, RiskSubject } from './types.ts';

export type { RemediationDetail } from './commands.ts';
export type { RiskAttempt, SignInRisk, SignInRiskAnswer } from './sign-in-risk.ts';
export type { RiskChange, RiskListener } from './types.ts';

export interface IdentityProtection extends Domain<Handlers<typeof identityProtectionRoutes>> {
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphIdentityProtectionRoutes>;
  /** The risk of a sign-in, for the gate. */
  readonly signInRisk: SignInRisk;
  readonly content: RiskContent;
  /** Takes the risk of one sign-in (`requestId`) or of a person away: a second factor, a password that was changed. */
  readonly remediate: Commands['remediate'];
  /** Somebody else says that a person's credentials are in wrong hands. The same `key` counts once. */
  raiseCompromise(
    person: { readonly id: string; readonly userPrincipalName: string },
    told: { readonly by: string; readonly key: string; readonly at: Date },
  ): Promise<void>;
  /** Told of every change of somebody's risk, in the transaction that stores it. Before the server starts. */
  listen(listener: RiskListener): void;
  /** Learns what the lake got, and asks what was concluded of it. `start` does both by itself. Answers the detections that are new. */
  run(): Promise<readonly DetectionRow[]>;
  /** Brings indicators of addresses up to date. */
  refreshAddresses(): Promise<number>;
  readonly mails: { usersAtRisk(): Promise<number>; weeklyDigest(): Promise<boolean> };
}

export interface IdentityProtectionOptions {
  readonly queries: () => Queries;
  readonly mail: () => SendMail | undefined;
  readonly isTrusted: (address: string) => Promise<boolean>;
  readonly checkPassword: CheckPassword;
  /** Run as time passes. Default true. */
  readonly scheduled?: boolean;
}

/** Risk of sign-ins, people and service principals: found, told, and taken away. */
export async function createIdentityProtection(
  platform: Platform,
  options: IdentityProtectionOptions,
): Promise<IdentityProtection> {
  const { queries, mail, isTrusted, checkPassword } = options;
  const content = await loadRiskContent();
  const listeners: RiskListener[] = [noteForMail];
  const commands = createCommands(platform, listeners);
  const parts: OfflineParts = { platform, queries, content, commands };
  const mailParts: MailParts = { platform, mail };
  const find =
    (kind: RiskSubjectKind) =>
    async (id: string): Promise<RiskSubject | undefined> =>
      kind === 'user'
        ? [...(await resolvePeople(platform.database, [{ id, name: '' }])).values()].find(({ name }) => name !== '')
        : undefined;
  const judge = (kind: RiskSubjectKind, ids: readonly string[], judgement: Judgement, by: Author): Promise<void> =>
    commands.judge(kind, ids, judgement, by, find(kind));
  if (options.scheduled !== false) schedule(platform.jobs, parts, mailParts);
  const stopping = new AbortController();
  let mailing: Promise<void> | undefined;
  return {
    content,
    handlers: identityProtectionHandlers(platform, {
      commands,
      judge,
      leaked: (input) => checkLeaked({ platform, commands, checkPassword }, input),
    }),
    graph: graphIdentityProtectionHandlers(platform, judge, authorOf),
    signInRisk: createSignInRisk({ platform, queries, content, commands, isTrusted }),
    remediate: commands.remediate,
    raiseCompromise: async ({ id, userPrincipalName: name }, { by, key, at }) => {
      const known = await find('user')(id);
      await commands.raise([
        {
          key: `${id}|${key}`,
          subject: known ?? { kind: 'user', id, name, displayName: name },
          riskEventType: 'leakedCredentials',
          riskLevel: 'high',
          timing: 'offline',
          activityAt: at,
          source: by,
          ipAddress: '',
          place: {},
          requestId: '',
          correlationId: '',
          additionalInfo: [{ Key: 'riskReasons', Value: [`told by ${by}`] }],
        },
      ]);
    },
    listen: (listener) => void listeners.push(listener),
    run: async () => {
      await learnDue(parts);
      return runDue(parts);
    },
    refreshAddresses: () => refreshAddresses(parts),
    mails: { usersAtRisk: () => sendUsersAtRisk(mailParts), weeklyDigest: () => sendWeeklyDigest(mailParts) },
    start: () => {
      mailing = mailLoop(mailParts, stopping.signal);
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      await mailing;
    },
  };
}

function schedule(jobs: Platform['jobs'], parts: OfflineParts, mailParts: MailParts): void {
  jobs.schedule('identity-protection-learn', '* * * * *', async () => {
    await learnDue(parts);
  });
  jobs.schedule('identity-protection-addresses', '2-59/5 * * * *', async () => {
    await refreshAddresses(parts);
  });
  jobs.schedule('identity-protection-detect', '*/5 * * * *', async () => {
    await runDue(parts);
  });
  jobs.schedule('identity-protection-age', '23 4 * * *', async (job) => {
    await job.step('age', () => parts.commands.age());
  });
  jobs.schedule('identity-protection-digest', '0 8 * * 1', async (job) => {
    await job.step('send', () => sendWeeklyDigest(mailParts));
  });
}

async function mailLoop(parts: MailParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts.platform;
  while (!signal.aborted) {
    await clock.sleep(mailWindowMs, signal);
    if (signal.aborted) return;
    await sendUsersAtRisk(parts).catch((err: unknown) => log.warn({ err }, 'a mail of users at risk was not sent'));
  }
}
