import type { Queryable } from '../platform/database/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Platform } from '../platform/types.ts';
import { managers } from './managers.ts';
import { queueMails } from './notify.ts';
import { allRoles } from './roles.ts';

const weekMs = 7 * 86_400_000;
const topRoles = 5;

/** What a week of privileged access came to. https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-email-notifications */
export interface WeekOfAccess {
  readonly activated: number;
  readonly permanent: number;
  readonly inside: number;
  readonly outside: number;
  readonly roles: readonly { readonly name: string; readonly activations: number }[];
}

export async function weekOf(db: Queryable, since: Date, until: Date): Promise<WeekOfAccess> {
  const counts = await db.first<Omit<WeekOfAccess, 'roles'>>(
    `SELECT count(DISTINCT principal_id) FILTER (WHERE assignment_type = 'Activated')::int AS activated,
       count(DISTINCT principal_id) FILTER (WHERE assignment_type = 'Assigned' AND kind = 'active' AND ends_at IS NULL)::int AS permanent,
       count(DISTINCT principal_id) FILTER (WHERE assignment_type = 'Assigned' AND request_id IS NOT NULL)::int AS inside,
       count(DISTINCT principal_id) FILTER (WHERE assignment_type = 'Assigned' AND kind = 'active' AND request_id IS NULL)::int AS outside
     FROM role_assignments WHERE created_at >= $1 AND created_at < $2`,
    [since, until],
  );
  const rows = await db.query<{ roleId: string; activations: number }>(
    `SELECT role_id AS "roleId", count(*)::int AS activations FROM role_assignments WHERE assignment_type = 'Activated' AND created_at >= $1 AND created_at < $2
     GROUP BY role_id ORDER BY count(*) DESC, role_id LIMIT ${topRoles}`,
    [since, until],
  );
  const names = new Map((await allRoles(db)).map(({ id, name }) => [id, name]));
  return {
    ...(counts ?? { activated: 0, permanent: 0, inside: 0, outside: 0 }),
    roles: rows.map(({ roleId, activations }) => ({ name: names.get(roleId) ?? roleId, activations })),
  };
}

export function digestOf(week: WeekOfAccess, since: Date, until: Date, url: string): { subject: string; text: string } {
  const day = (at: Date): string => at.toISOString().slice(0, 10);
  return {
    subject: 'PIM: weekly digest',
    text: [
      `From ${day(since)} to ${day(until)}:`,
      '',
      `  People who activated a role: ${week.activated}`,
      `  People made permanent: ${week.permanent}`,
      `  People assigned roles in privileged access: ${week.inside}`,
      `  People assigned roles outside of it: ${week.outside}`,
      '',
      ...(week.roles.length === 0 ? [] : ['Roles that were activated most:']),
      ...week.roles.map(({ name, activations }) => `  ${name.replaceAll(/\p{Cc}+/gu, ' ')}: ${activations}`),
      '',
      `${url}/privileged-access`,
      '',
    ].join('\n'),
  };
}

/** Of the last seven days, to those who manage authorization; once a day at most. */
export async function queueDigest({
  database,
  clock,
  config,
}: Pick<Platform, 'database' | 'clock' | 'config'>): Promise<void> {
  const now = clock.now();
  const since = new Date(now.getTime() - weekMs);
  await database.transaction(async (tx) => {
    const to = (await managers(tx, now)).map(({ name }) => name).filter((name) => /.@./.test(name));
    const written = digestOf(await weekOf(tx, since, now), since, now, publicUrlOf(config));
    await queueMails(tx, `digest ${now.toISOString().slice(0, 10)}`, to, written, now);
  });
}
