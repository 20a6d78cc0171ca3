import { createHash } from 'node:crypto';
import type { NotificationRule, RuleId } from '@sallyport/contracts';
import type { SendMail } from '../notifications/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { approversOf, type StepRow } from './approvers.ts';
import { managers } from './managers.ts';
import type { Policies, Policy } from './policies.ts';
import { nameOrId, principalsOf } from './targets.ts';
import { targetOf, type Author, type RequestRow } from './types.ts';

/** https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-email-notifications */

/** What mails are of. */
export type NotifiedEvent =
  | 'eligible'
  | 'active'
  | 'activated'
  | 'approvalRequested'
  | 'approved'
  | 'denied'
  | 'timedOut';
export type Tell = (event: NotifiedEvent, request: RequestRow, by: Author, tx: Queryable) => Promise<void>;

/** As many as Microsoft sends for an event. */
export const recipientsMax = 1_000;
/** Whom one mail is to at once: each server of mail has a bound. */
const recipientsOfMail = 50;
const attemptsMax = 8;
const mailsAtOnce = 50;
const dayMs = 86_400_000;

type Recipient = NotificationRule['recipientType'];
const groups: Readonly<Record<NotifiedEvent, 'Admin_Eligibility' | 'Admin_Assignment' | 'EndUser_Assignment'>> = {
  eligible: 'Admin_Eligibility',
  active: 'Admin_Assignment',
  activated: 'EndUser_Assignment',
  approvalRequested: 'EndUser_Assignment',
  approved: 'EndUser_Assignment',
  denied: 'EndUser_Assignment',
  timedOut: 'EndUser_Assignment',
};
/** Of extensions and renewals it is the rules of assignments. */
const groupOf = (event: NotifiedEvent, request: RequestRow) =>
  request.action === 'selfExtend' || request.action === 'selfRenew'
    ? request.kind === 'eligible'
      ? 'Admin_Eligibility'
      : 'Admin_Assignment'
    : groups[event];
/** Who is told of what: approvers that something waits for them, and then how it ended. */
const told: Readonly<Record<NotifiedEvent, readonly Recipient[]>> = {
  eligible: ['Admin', 'Requestor'],
  active: ['Admin', 'Requestor'],
  activated: ['Admin', 'Requestor'],
  approvalRequested: ['Approver'],
  approved: ['Admin', 'Requestor', 'Approver'],
  denied: ['Requestor', 'Approver'],
  timedOut: ['Requestor', 'Approver'],
};
/** What asks for something to be done. */
const isCritical = (event: NotifiedEvent): boolean => event === 'approvalRequested';

function ruleOf(policy: Policy, recipient: Recipient, group: ReturnType<typeof groupOf>): NotificationRule | undefined {
  const id: RuleId = `Notification_${recipient}_${group}`;
  const rule = policy.rules[id];
  return 'notificationLevel' in rule ? rule : undefined;
}

const isSent = ({ notificationLevel: level }: NotificationRule, event: NotifiedEvent): boolean =>
  level === 'All' || (level === 'Critical' && isCritical(event));

/** Puts the mails of an event by, in the transaction that makes it. */
export function createTell({ clock, config }: Pick<Platform, 'clock' | 'config'>, policies: Policies): Tell {
  return async (event, request, by, tx) => {
    const now = clock.now();
    const target = targetOf(request);
    const policy = await policies.one(target, tx);
    const names = await principalsOf([request.principal_id], tx);
    const principal = names.get(request.principal_id);
    const defaults: Readonly<Record<Recipient, () => Promise<readonly string[]>>> = {
      Admin: async () => (await managers(tx, now)).map(({ name }) => name),
      Requestor: () => Promise.resolve(principal?.type === 'user' ? [principal.name] : []),
      Approver: () => approverNames(tx, request, now, by),
    };
    const written = mailOf(event, request, {
      target: await nameOrId(target, tx),
      principal: principal?.displayName ?? request.principal_id,
      by: by.name,
      url: publicUrlOf(config),
    });
    for (const recipient of told[event]) {
      const rule = ruleOf(policy, recipient, groupOf(event, request));
      if (!rule || !isSent(rule, event)) continue;
      const own = rule.isDefaultRecipientsEnabled ? await defaults[recipient]() : [];
      const to = [...new Set([...own, ...rule.notificationRecipients])].filter((name) => /.@./.test(name));
      await queueMails(tx, `${request.id} ${event} ${recipient} ${now.toISOString()}`, to, written, now);
    }
  };
}

async function approverNames(db: Queryable, request: RequestRow, now: Date, by: Author): Promise<string[]> {
  const steps = await db.query<StepRow>(
    `SELECT * FROM privileged_approval_steps WHERE request_id = $1 AND status <> 'Initializing'`,
    [request.id],
  );
  const open = steps.filter(({ status }) => status === 'InProgress');
  const ids = new Set<string>();
  for (const step of open.length > 0 ? open : steps)
    for (const id of await approversOf(db, step, request, now)) ids.add(id);
  // Whoever decided knows.
  if (open.length === 0) ids.delete(by.id);
  const people = await principalsOf([...ids], db);
  return [...people.values()].map(({ name }) => name);
}

interface Written {
  readonly subject: string;
  readonly text: string;
}

/** Each part once, whatever is tried again. */
export async function queueMails(
  tx: Queryable,
  key: string,
  to: readonly string[],
  { subject, text }: Written,
  now: Date,
): Promise<void> {
  const all = to.slice(0, recipientsMax);
  for (let at = 0; at < all.length; at += recipientsOfMail) {
    const id = createHash('sha256').update(`${key} ${at}`).digest('hex').slice(0, 40);
    await tx.execute(
      `INSERT INTO privileged_mails (id, recipients, subject, body, created_at, next_at) VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING`,
      [id, all.slice(at, at + recipientsOfMail), subject, text, now],
    );
  }
}

interface Facts {
  readonly target: string;
  readonly principal: string;
  readonly by: string;
  readonly url: string;
}
/** Names come from others: none starts a line of its own. */
const oneLine = (text: string, max = 320): string => text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, max);

export function mailOf(event: NotifiedEvent, request: RequestRow, facts: Facts): Written {
  const [target, principal, by] = [facts.target, facts.principal, facts.by].map((name) => oneLine(name));
  const asked = { selfExtend: 'an extension of ', selfRenew: 'a renewal of ' }[String(request.action)] ?? '';
  const titles: Readonly<Record<NotifiedEvent, string>> = {
    eligible: `${principal} was made eligible for ${target}`,
    active: `${principal} was assigned ${target}`,
    activated: `${principal} activated ${target}`,
    approvalRequested: `Review ${principal}’s request for ${asked}${target}`,
    approved: `${principal}’s request for ${asked}${target} was approved`,
    denied: `${principal}’s request for ${asked}${target} was denied`,
    timedOut: `${principal}’s request for ${asked}${target} was not decided on in time`,
  };
  const pages: Partial<Record<NotifiedEvent, string>> = { approvalRequested: 'my-access?tab=approvals' };
  const lines: readonly (readonly [string, string])[] = [
    ['Who', principal ?? ''],
    ['What', target ?? ''],
    ['By', by ?? ''],
    ['Justification', oneLine(request.justification, 500)],
    ['Ticket', oneLine(`${request.ticket_system} ${request.ticket_number}`.trim())],
    ['For', request.expiration.type === 'afterDuration' ? request.expiration.duration : ''],
    ['Until', request.expiration.type === 'afterDateTime' ? request.expiration.endDateTime : ''],
  ];
  const title = titles[event];
  return {
    subject: `PIM: ${title}`,
    text: [
      title,
      '',
      ...lines.flatMap(([name, value]) => (value === '' ? [] : [`  ${name}: ${value}`])),
      '',
      `${facts.url}/${pages[event] ?? 'my-access'}`,
      '',
    ].join('\n'),
  };
}

/** Sends what is due. Answers how many mails went. One that can't be sent is tried again, ever later, for about a day. */
export async function deliverMails(
  { database, clock, log }: Pick<Platform, 'database' | 'clock' | 'log'>,
  send: SendMail | undefined,
): Promise<number> {
  const now = clock.now();
  await database.execute('DELETE FROM privileged_mails WHERE created_at < $1', [new Date(now.getTime() - 7 * dayMs)]);
  if (!send) return 0;
  return database.transaction(async (tx) => {
    const due = await tx.query<{ id: string; recipients: string[]; subject: string; body: string; attempts: number }>(
      `SELECT id, recipients, subject, body, attempts FROM privileged_mails WHERE sent_at IS NULL AND next_at <= $1 AND attempts < ${attemptsMax}
       ORDER BY created_at, id LIMIT ${mailsAtOnce} FOR UPDATE SKIP LOCKED`,
      [now],
    );
    let sent = 0;
    for (const { id, recipients, subject, body, attempts } of due)
      try {
        await send({ id: `pim-${id}`, to: recipients, subject, text: body });
        await tx.execute('UPDATE privileged_mails SET sent_at = $2 WHERE id = $1', [id, now]);
        sent += 1;
      } catch (err) {
        log.warn({ err }, 'a mail of privileged access was not sent');
        await tx.execute('UPDATE privileged_mails SET attempts = attempts + 1, next_at = $2 WHERE id = $1', [
          id,
          new Date(now.getTime() + 30_000 * 4 ** Math.min(attempts, 5)),
        ]);
      }
    return sent;
  });
}
