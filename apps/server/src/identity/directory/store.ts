import { SallyportError, type PersonAttributes } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';

/** A person as the directory has it. */
export interface DirectoryPerson {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly attributes: PersonAttributes;
  readonly managerId: string | null;
  readonly source: PersonSource;
  readonly externalId: string | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly disabledAt: Date | null;
  readonly deletedAt: Date | null;
  readonly revision: number;
}
export type PersonSource = 'local' | 'scim' | 'ldap' | 'federation';

export interface DirectoryGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly membershipRule: string | null;
  readonly source: PersonSource;
  readonly externalId: string | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly revision: number;
}

export const personColumns = `p.id, p.user_principal_name AS "userPrincipalName", p.display_name AS "displayName", p.attributes,
  p.manager_id AS "managerId", p.source, p.external_id AS "externalId", p.created_at AS "createdAt", p.modified_at AS "modifiedAt",
  p.disabled_at AS "disabledAt", p.deleted_at AS "deletedAt", p.revision`;
export const groupColumns = `g.id, g.name, g.description, g.membership_rule AS "membershipRule", g.source, g.external_id AS "externalId",
  g.created_at AS "createdAt", g.modified_at AS "modifiedAt", g.revision`;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** In Graph's words. */
export const noSuch = (id: string): SallyportError =>
  new SallyportError(
    'NotFound',
    `Resource '${id.slice(0, 260)}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const directoryPeople = {
  /** Writers queue: groups by rule, bounds and the last administrator are judged on what is there. */
  lock: (tx: Queryable) => tx.execute('LOCK TABLE people, groups IN SHARE ROW EXCLUSIVE MODE'),
  find: (db: Queryable, id: string): Promise<DirectoryPerson | undefined> =>
    uuid.test(id)
      ? db.first<DirectoryPerson>(`SELECT ${personColumns} FROM people p WHERE p.id = $1`, [id])
      : Promise.resolve(undefined),
  /** By id or user principal name. Throws NotFound, for the deleted too. */
  get: async (db: Queryable, idOrName: string): Promise<DirectoryPerson> => {
    const by = uuid.test(idOrName) ? 'p.id = $1' : 'lower(p.user_principal_name) = lower($1)';
    const row = idOrName.includes('\0')
      ? undefined
      : await db.first<DirectoryPerson>(`SELECT ${personColumns} FROM people p WHERE ${by} AND p.deleted_at IS NULL`, [
          idOrName,
        ]);
    if (!row) throw noSuch(idOrName);
    return row;
  },
  insert: (tx: Queryable, row: DirectoryPerson) =>
    tx.execute(
      `INSERT INTO people (id, user_principal_name, display_name, attributes, manager_id, source, external_id, created_at, modified_at, disabled_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        row.id,
        row.userPrincipalName,
        row.displayName,
        JSON.stringify(row.attributes),
        row.managerId,
        row.source,
        row.externalId,
        row.createdAt,
        row.modifiedAt,
        row.disabledAt,
      ],
    ),
  change: (tx: Queryable, row: DirectoryPerson) =>
    tx.execute(
      `UPDATE people SET user_principal_name = $2, display_name = $3, attributes = $4, manager_id = $5, source = $6, external_id = $7,
         modified_at = $8, disabled_at = $9, deleted_at = $10, revision = revision + 1 WHERE id = $1`,
      [
        row.id,
        row.userPrincipalName,
        row.displayName,
        JSON.stringify(row.attributes),
        row.managerId,
        row.source,
        row.externalId,
        row.modifiedAt,
        row.disabledAt,
        row.deletedAt,
      ],
    ),
  count: async (db: Queryable): Promise<number> =>
    (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM people WHERE deleted_at IS NULL'))?.n ?? 0,
};

export const directoryGroups = {
  get: async (db: Queryable, id: string): Promise<DirectoryGroup> => {
    const row = uuid.test(id)
      ? await db.first<DirectoryGroup>(`SELECT ${groupColumns} FROM groups g WHERE g.id = $1`, [id])
      : undefined;
    if (!row) throw noSuch(id);
    return row;
  },
  withRule: (db: Queryable) =>
    db.query<DirectoryGroup>(`SELECT ${groupColumns} FROM groups g WHERE g.membership_rule IS NOT NULL`),
  ofPerson: (db: Queryable, personId: string) =>
    db.query<DirectoryGroup>(
      `SELECT ${groupColumns} FROM groups g JOIN group_members m ON m.group_id = g.id WHERE m.person_id = $1 ORDER BY lower(g.name)`,
      [personId],
    ),
  count: async (db: Queryable): Promise<number> =>
    (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM groups'))?.n ?? 0,
  insert: (tx: Queryable, row: DirectoryGroup) =>
    tx.execute(
      'INSERT INTO groups (id, name, description, membership_rule, external_id, created_at, modified_at, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        row.id,
        row.name,
        row.description,
        row.membershipRule,
        row.externalId,
        row.createdAt,
        row.modifiedAt,
        row.source,
      ],
    ),
  change: (tx: Queryable, row: DirectoryGroup) =>
    tx.execute(
      `UPDATE groups SET name = $2, description = $3, membership_rule = $4, external_id = $5, modified_at = $6, revision = revision + 1 WHERE id = $1`,
      [row.id, row.name, row.description, row.membershipRule, row.externalId, row.modifiedAt],
    ),
  remove: (tx: Queryable, id: string) => tx.execute('DELETE FROM groups WHERE id = $1', [id]),
  /** Answers who was none yet. */
  addMembers: (tx: Queryable, groupId: string, personIds: readonly string[]) =>
    tx.query<{ id: string; name: string }>(
      `WITH added AS (INSERT INTO group_members (group_id, person_id) SELECT $1, p.id FROM people p WHERE p.id = ANY($2::uuid[]) AND p.deleted_at IS NULL
         ON CONFLICT DO NOTHING RETURNING person_id)
       SELECT p.id, p.user_principal_name AS name FROM people p JOIN added a ON a.person_id = p.id`,
      [groupId, personIds],
    ),
  /** Answers who was one. */
  removeMembers: (tx: Queryable, groupId: string, personIds: readonly string[]) =>
    tx.query<{ id: string; name: string }>(
      `WITH removed AS (DELETE FROM group_members WHERE group_id = $1 AND person_id = ANY($2::uuid[]) RETURNING person_id)
       SELECT p.id, p.user_principal_name AS name FROM people p JOIN removed r ON r.person_id = p.id`,
      [groupId, personIds],
    ),
  memberIds: async (db: Queryable, groupId: string): Promise<string[]> =>
    (await db.query<{ id: string }>('SELECT person_id AS id FROM group_members WHERE group_id = $1', [groupId])).map(
      ({ id }) => id,
    ),
};
