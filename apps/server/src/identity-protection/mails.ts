import { createHash } from 'node:crypto';
import { builtInRoles, heightOfRisk, RiskNotifications } from '@sallyport/contracts';
import { inForce, reaching } from '../access/index.ts';
import type { SendMail } from '../notifications/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { kept } from './store.ts';
import type { RiskListener, SubjectRow } from './types.ts';

/** https://learn.microsoft.com/entra/id-protection/howto-identity-protection-configure-notifications */

const settingsName = 'notifications';
const defaults: RiskNotifications = {
  usersAtRisk: { enabled: true, level: 'high', addresses: [] },
  weeklyDigest: { enabled: true, addresses: [] },
};
/** Who is told by role, the first of each. */
const rolesTold = (['Global Administrator', 'Security Administrator', 'Security Reader'] as const).map(
  (name) => builtInRoles[name].id,
);
const membersOfARole = 20;
/** What happens within it is one mail. */
export const mailWindowMs = 5_000;
const usersInAMail = 50;
const dayMs = 86_400_000;

export async function readNotifications(db: Queryable): Promise<RiskNotifications> {
  const known = RiskNotifications.safeParse(await kept.read(db, settingsName));
  return known.success ? known.data : defaults;
}
export const writeNotifications = (db: Queryable, settings: RiskNotifications): Promise<number> =>
  kept.write(db, settingsName, settings);

async function recipients(db: Queryable, more: readonly string[], now: Date): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT DISTINCT name FROM (SELECT p.user_principal_name AS name, row_number() OVER (PARTITION BY a.role_id ORDER BY p.created_at, p.id) AS place
       FROM people p JOIN role_assignments a ON ${reaching('p.id')}
       WHERE a.role_id = ANY($2::uuid[]) AND ${inForce('$1')} AND p.disabled_at IS NULL AND p.user_principal_name LIKE '%_@_%') p WHERE place <= $3`,
    [now, rolesTold, membersOfARole],
  );
  return [...new Set([...rows.map(({ name }) => name), ...more])];
}

/** Notes whom a mail is to be about: each time that a risk reaches the level, or is worked out anew at it or above. */
export const noteForMail: RiskListener = async (change, tx) => {
  const { subject, riskLevel, riskState, activityAt } = change;
  if (subject.kind !== 'user' || (riskState !== 'atRisk' && riskState !== 'confirmedCompromised')) return;
  const { usersAtRisk } = await readNotifications(tx);
  if (!usersAtRisk.enabled || heightOfRisk(riskLevel) < heightOfRisk(usersAtRisk.level)) return;
  // What is of a sign-in before the last mail was known to whoever read that.
  await tx.execute(
    `INSERT INTO risk_mails (subject_id, at) SELECT id, $2 FROM risky_subjects WHERE kind = 'user' AND id = $1 AND (mailed_at IS NULL OR mailed_at < $2)
     ON CONFLICT DO NOTHING`,
    [subject.id, activityAt],
  );
};

export interface MailParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'log' | 'config'>;
  /** Undefined: no mail server is set. */
  readonly mail: () => SendMail | undefined;
}

/** Sends one mail of all who were noted. Answers how many users it was about. A mail that can't be sent is tried again by the next call, for a day. */
export async function sendUsersAtRisk({ platform, mail }: MailParts): Promise<number> {
  const { database, clock, config } = platform;
  return database.transaction(async (tx) => {
    const now = clock.now();
    await tx.execute('DELETE FROM risk_mails WHERE at < $1', [new Date(now.getTime() - dayMs)]);
    const noted = await tx.query<{ subject_id: string }>(
      'SELECT subject_id FROM risk_mails ORDER BY at, subject_id LIMIT 1000 FOR UPDATE SKIP LOCKED',
    );
    if (noted.length === 0) return 0;
    const ids = [...new Set(noted.map((row) => row.subject_id))];
    const users = await tx.query<SubjectRow>(
      `SELECT * FROM risky_subjects WHERE kind = 'user' AND id = ANY($1) ORDER BY updated_at DESC, id`,
      [ids],
    );
    await tx.execute('DELETE FROM risk_mails WHERE subject_id = ANY($1)', [ids]);
    await tx.execute(`UPDATE risky_subjects SET mailed_at = $2 WHERE kind = 'user' AND id = ANY($1)`, [ids, now]);
    const send = mail();
    const to = await recipients(tx, (await readNotifications(tx)).usersAtRisk.addresses, now);
    if (!send || to.length === 0 || users.length === 0) return 0;
    const id = `risk-${createHash('sha256').update(`${now.toISOString()}${ids.join()}`).digest('hex').slice(0, 32)}`;
    await send({ id, to, ...usersAtRiskMail(users, publicUrlOf(config)) });
    return users.length;
  });
}

export function usersAtRiskMail(users: readonly SubjectRow[], url: string): { subject: string; text: string } {
  const lines = users
    .slice(0, usersInAMail)
    .map((user) => `  ${oneLine(user.name)}: ${user.risk_level} (${user.risk_state})`);
  const rest = users.length > usersInAMail ? [`  and ${users.length - usersInAMail} more`] : [];
  const many = users.length === 1 ? '1 user' : `${users.length} users`;
  return {
    subject: `Users at risk detected: ${many}`,
    text: [
      `${many} at risk ${users.length === 1 ? 'was' : 'were'} detected:`,
      '',
      ...lines,
      ...rest,
      '',
      `See the report: ${url}/identity-protection?tab=users`,
      '',
    ].join('\n'),
  };
}

/** Of the last seven days. Answers whether it was sent. */
export async function sendWeeklyDigest({ platform, mail }: MailParts): Promise<boolean> {
  const { database, clock, config } = platform;
  const { weeklyDigest } = await readNotifications(database);
  const send = mail();
  if (!weeklyDigest.enabled || !send) return false;
  const to = await recipients(database, weeklyDigest.addresses, clock.now());
  if (to.length === 0) return false;
  const now = clock.now();
  const since = new Date(now.getTime() - 7 * dayMs);
  const counts = await database.first<{ users: number; signIns: number }>(
    `SELECT (SELECT count(*)::int FROM (SELECT subject_id FROM risk_history WHERE kind = 'user' AND risk_state IN ('atRisk', 'confirmedCompromised') GROUP BY subject_id HAVING min(at) >= $1) u) AS users,
       (SELECT count(DISTINCT request_id)::int FROM risk_detections WHERE activity = 'signin' AND timing = 'realtime' AND detected_at >= $1) AS "signIns"`,
    [since],
  );
  const url = publicUrlOf(config);
  await send({
    id: `risk-digest-${now.toISOString().slice(0, 10)}`,
    to,
    subject: 'Identity protection: weekly digest',
    text: [
      `From ${since.toISOString().slice(0, 10)} to ${now.toISOString().slice(0, 10)}:`,
      '',
      `  New risky users: ${counts?.users ?? 0}  ${url}/identity-protection?tab=users`,
      `  New risky sign-ins (found as they happened): ${counts?.signIns ?? 0}  ${url}/identity-protection?tab=sign-ins`,
      '',
    ].join('\n'),
  });
  return true;
}

/** Names come from logs: none starts a line of its own. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 320);
