import { roles, SallyportError, type GrantedPermission, type Group, type peopleRoutes } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';

const listedMax = 5_000;
const groupsMax = 1_000;

/** Who people are, by their ids. Who may not sign in is left out. */
export interface Directory {
  /**
   * Whom names stand for: user principal names, and names of groups for their members. By the name as it was given; one that stands for nobody is not in
   * the answer.
   */
  named(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Those whose role holds a permission. */
  holding(db: Queryable, permission: GrantedPermission): Promise<readonly string[]>;
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
  holding: async (db, permission) => {
    const able = Object.entries(roles).flatMap(([role, held]) =>
      (held as readonly GrantedPermission[]).includes(permission) ? [role] : [],
    );
    const rows = await db.query<{ id: string }>(
      'SELECT id FROM people WHERE role = ANY($1) AND disabled_at IS NULL LIMIT $2',
      [able, listedMax],
    );
    return rows.map(({ id }) => id);
  },
};

const groupsSql = `SELECT g.id, g.name, coalesce(array_agg(p.user_principal_name ORDER BY lower(p.user_principal_name)) FILTER (WHERE p.id IS NOT NULL), '{}') AS members
  FROM groups g LEFT JOIN group_members m ON m.group_id = g.id LEFT JOIN people p ON p.id = m.person_id`;

export function peopleHandlers({ database }: Pick<Platform, 'database'>): Handlers<typeof peopleRoutes> {
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
      return database.transaction(async (tx) => {
        const other = await tx.first('SELECT 1 FROM groups WHERE lower(name) = lower($1) AND id <> $2', [name, id]);
        if (other) throw new SallyportError('Conflict', `there is a group ${name}`, { target: 'body.name' });
        const held = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM groups WHERE id <> $1', [id]);
        if ((held?.n ?? 0) >= groupsMax)
          throw new SallyportError('BadRequest', `there are at most ${groupsMax} groups`);
        const known = await tx.query<{ id: string; name: string }>(
          'SELECT id, lower(user_principal_name) AS name FROM people WHERE lower(user_principal_name) = ANY($1)',
          [members.map((member) => member.toLowerCase())],
        );
        const missing = members.find((member) => !known.some((row) => row.name === member.toLowerCase()));
        if (missing !== undefined)
          throw new SallyportError('BadRequest', `there is nobody called ${missing}`, { target: 'body.members' });
        await tx.execute(
          'INSERT INTO groups (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name',
          [id, name],
        );
        await tx.execute('DELETE FROM group_members WHERE group_id = $1', [id]);
        await tx.execute(
          'INSERT INTO group_members (group_id, person_id) SELECT $1, id FROM unnest($2::uuid[]) AS x(id)',
          [id, known.map((row) => row.id)],
        );
        const saved = await tx.first<Group>(`${groupsSql} WHERE g.id = $1 GROUP BY g.id`, [id]);
        if (!saved) throw new Error('no group was saved');
        return saved;
      });
    },
    deleteGroup: async (context, { params: { id } }) => {
      const gone = await database.first<{ name: string }>('DELETE FROM groups WHERE id = $1 RETURNING name', [id]);
      if (!gone) throw new SallyportError('NotFound', `there is no group ${id}`);
      context.audit({ target: `group ${gone.name}` });
      return {};
    },
  };
}
