import { SallyportError, type GrantedPermission, type Group, type peopleRoutes } from '@sallyport/contracts';
import { inForce, reaching, refuseStrongerGroup, rolesHolding } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import { authorOf } from '../platform/directory-audit.ts';
import type { GroupCommands } from './directory/groups.ts';
import type { Platform } from '../platform/types.ts';

const listedMax = 5_000;

/** Who people are, by their ids. Who may not sign in is left out. */
export interface Directory {
  /**
   * Whom names stand for: user principal names, and names of groups for their members. By the name as it was given; one that stands for nobody is not in
   * the answer.
   */
  named(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Those who hold a permission now, over whatever. */
  holding(db: Queryable, permission: GrantedPermission, now: Date): Promise<readonly string[]>;
}

const peopleNamed: Directory['named'] = async (db, names) => {
  if (names.length === 0) return new Map();
  const rows = await db.query<{ name: string; id: string }>(
    `SELECT n.name, p.id FROM unnest($1::text[]) AS n(name) JOIN people p ON lower(p.user_principal_name) = lower(n.name) WHERE p.disabled_at IS NULL
     UNION
     SELECT n.name, p.id FROM unnest($1::text[]) AS n(name) JOIN groups g ON lower(g.name) = lower(n.name)
       JOIN group_members m ON m.group_id = g.id JOIN people p ON p.id = m.person_id WHERE p.disabled_at IS NULL`,
    [names],
  );
  return new Map([...Map.groupBy(rows, ({ name }) => name)].map(([name, found]) => [name, found.map(({ id }) => id)]));
};

export const directory: Directory = {
  named: peopleNamed,
  holding: async (db, permission, now) => {
    const rows = await db.query<{ id: string }>(
      `SELECT p.id FROM people p WHERE p.disabled_at IS NULL
         AND EXISTS (SELECT 1 FROM role_assignments a WHERE a.role_id = ANY($2::uuid[]) AND ${inForce('$1')} AND ${reaching('p.id')}) LIMIT $3`,
      [now, await rolesHolding(db, permission), listedMax],
    );
    return rows.map(({ id }) => id);
  },
};

const groupsSql = `SELECT g.id, g.name, coalesce(array_agg(p.user_principal_name ORDER BY lower(p.user_principal_name)) FILTER (WHERE p.id IS NOT NULL), '{}') AS members
  FROM groups g LEFT JOIN group_members m ON m.group_id = g.id LEFT JOIN people p ON p.id = m.person_id`;

export function peopleHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  groups: GroupCommands,
): Handlers<typeof peopleRoutes> {
  return {
    listPeople: async () => ({
      people: await database.query<{ userPrincipalName: string; displayName: string }>(
        `SELECT user_principal_name AS "userPrincipalName", display_name AS "displayName" FROM people WHERE disabled_at IS NULL
         ORDER BY lower(display_name), lower(user_principal_name) LIMIT $1`,
        [listedMax],
      ),
      groups: await database.query<Group>(`${groupsSql} GROUP BY g.id ORDER BY lower(g.name) LIMIT $1`, [listedMax]),
    }),
    saveGroup: async (context, { params: { id }, body: { name, members } }) => {
      context.audit({ target: `group ${name}`, details: { members } });
      await refuseStrongerGroup(database, requireCaller(context), id, clock.now());
      const by = authorOf(context);
      await database.transaction(async (tx) => {
        const known = await peopleNamedIn(tx, members);
        const there = await tx.first('SELECT 1 FROM groups WHERE id = $1', [id]);
        if (there) await groups.update(id, { name }, by, tx);
        else await groups.add({ id, name }, [], by, tx);
        await groups.setMembers(id, known, by, tx);
      });
      const saved = await database.first<Group>(`${groupsSql} WHERE g.id = $1 GROUP BY g.id`, [id]);
      if (!saved) throw new Error('no group was saved');
      return saved;
    },
    deleteGroup: async (context, { params: { id } }) => {
      await refuseStrongerGroup(database, requireCaller(context), id, clock.now());
      const name = await groups.remove(id, authorOf(context));
      context.audit({ target: `group ${name}` });
      return {};
    },
  };
}

/** Ids of people by their names. Throws BadRequest when one is nobody's. */
async function peopleNamedIn(tx: Queryable, names: readonly string[]): Promise<string[]> {
  const known = await tx.query<{ id: string; name: string }>(
    `SELECT id, lower(user_principal_name) AS name FROM people WHERE lower(user_principal_name) = ANY($1) AND deleted_at IS NULL`,
    [names.map((name) => name.toLowerCase())],
  );
  const missing = names.find((name) => !known.some((row) => row.name === name.toLowerCase()));
  if (missing !== undefined)
    throw new SallyportError('BadRequest', `there is nobody called ${missing}`, { target: 'body.members' });
  return known.map(({ id }) => id);
}
