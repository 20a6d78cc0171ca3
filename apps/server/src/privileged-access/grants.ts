import { randomUUID } from 'node:crypto';
import type { PrivilegedTarget } from '@sallyport/contracts';
import { publishPeople } from '../identity/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { holdings } from './store.ts';
import { targetOf, type Holding } from './types.ts';

type Held = Pick<Holding, 'kind' | 'target_type' | 'principal_id'>;
export type NewHolding = Omit<Holding, 'id' | 'scope_id' | 'removed_at' | 'removed_by'>;

/** What somebody's rights are made of: written, ended, and told to the lake, in the transaction of their request. */
export function createGrants(platform: Pick<Platform, 'outbox' | 'clock'>) {
  /** A row of `IdentityInfo` for each whose roles or groups are others by now. */
  const publish = async (tx: Queryable, rows: readonly Held[]): Promise<void> => {
    const changed = rows.filter(
      ({ kind, target_type: type }) => kind === 'active' && (type === 'role' || type === 'group'),
    );
    if (changed.length === 0) return;
    const people = await tx.query<{ id: string }>(
      'SELECT id FROM people WHERE id = ANY($1::uuid[]) UNION SELECT person_id FROM group_members WHERE group_id = ANY($1::uuid[])',
      [changed.map(({ principal_id: id }) => id)],
    );
    await publishPeople(
      platform,
      people.map(({ id }) => id),
      tx,
    );
  };

  /** Writes memberships and application roles whose time has begun. `only`: of one assignment. */
  const applyBegun = async (tx: Queryable, now: Date, only?: string): Promise<number> => {
    const rows = await tx.query<
      Pick<Holding, 'target_type' | 'target_id' | 'access' | 'principal_id' | 'principal_type'>
    >(
      `UPDATE privileged_assignments SET applied_at = $1 WHERE kind = 'active' AND applied_at IS NULL AND removed_at IS NULL AND starts_at <= $1
         AND (ends_at IS NULL OR ends_at > $1) AND ($2::uuid IS NULL OR id = $2) RETURNING target_type, target_id, access, principal_id, principal_type`,
      [now, only ?? null],
    );
    for (const row of rows) await give(tx, row.principal_id, row.principal_type, targetOf(row), now);
    await publish(
      tx,
      rows.map((row) => ({ ...row, kind: 'active' as const })),
    );
    return rows.length;
  };

  /** Grants it: from its start on, it counts on every server. Answers its id. */
  const insert = async (tx: Queryable, row: NewHolding, now: Date): Promise<string> => {
    const id = randomUUID();
    const common = [
      id,
      row.principal_id,
      row.principal_type,
      row.kind,
      row.assignment_type,
      row.activated_from,
      row.starts_at,
      row.ends_at,
      row.created_at,
      row.created_by,
      row.justification,
      row.request_id,
      row.target_id,
    ];
    const columns =
      'id, principal_id, principal_type, kind, assignment_type, activated_from, starts_at, ends_at, created_at, created_by, justification, request_id';
    const places = '$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13';
    if (row.target_type === 'role')
      await tx.execute(`INSERT INTO role_assignments (${columns}, role_id, scope) VALUES (${places}, $14)`, [
        ...common,
        JSON.stringify(row.scope),
      ]);
    else {
      await tx.execute(
        `INSERT INTO privileged_assignments (${columns}, target_id, target_type, access) VALUES (${places}, $14, $15)`,
        [...common, row.target_type, row.access],
      );
      await applyBegun(tx, now, id);
    }
    if (row.target_type === 'role') await publish(tx, [row]);
    return id;
  };

  /** Ends it, and what was activated from it. Answers what was ended; nothing when it was over before. */
  const end = async (tx: Queryable, row: Holding, by: string, at: Date): Promise<Holding[]> => {
    const ended = await tx.execute(
      `UPDATE ${tableOf(row)} SET removed_at = $2, removed_by = $3 WHERE id = $1 AND removed_at IS NULL`,
      [row.id, at, by],
    );
    if (ended === 0) return [];
    if (row.target_type !== 'role' && row.kind === 'active') await takeAway(tx, row);
    const from = row.kind === 'eligible' ? await holdings.activatedFrom(tx, row.id) : [];
    const inner: Holding[] = [];
    for (const one of from) inner.push(...(await end(tx, one, by, at)));
    await publish(tx, [row]);
    return [row, ...inner];
  };

  return { insert, end, applyBegun, publish };
}
export type Grants = ReturnType<typeof createGrants>;

const tableOf = (row: Pick<Holding, 'target_type'>): string =>
  row.target_type === 'role' ? 'role_assignments' : 'privileged_assignments';

export const changeSpan = (
  tx: Queryable,
  row: Holding,
  span: { readonly from: Date; readonly to: Date | null },
): Promise<number> =>
  tx.execute(`UPDATE ${tableOf(row)} SET starts_at = $2, ends_at = $3 WHERE id = $1 AND removed_at IS NULL`, [
    row.id,
    span.from,
    span.to,
  ]);

const principalWords = { user: 'User', group: 'Group', servicePrincipal: 'ServicePrincipal' } as const;

async function give(
  tx: Queryable,
  principalId: string,
  type: Holding['principal_type'],
  { type: targetType, id, access }: PrivilegedTarget,
  now: Date,
): Promise<void> {
  if (targetType === 'group' && access === 'member' && type === 'user')
    await tx.execute('INSERT INTO group_members (group_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      id,
      principalId,
    ]);
  if (targetType === 'application')
    await tx.execute(
      `INSERT INTO app_role_assignments (id, principal_id, principal_type, resource_id, app_role_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (principal_id, resource_id, app_role_id) DO NOTHING`,
      [randomUUID(), principalId, principalWords[type], id, access, now],
    );
}

/** Unless another assignment that is still in force gives the same. */
async function takeAway(tx: Queryable, row: Holding): Promise<void> {
  const { target_type: type, target_id: id, access, principal_id: principalId } = row;
  const other = await tx.first(
    `SELECT 1 FROM privileged_assignments WHERE target_type = $1 AND target_id = $2 AND access = $3 AND principal_id = $4 AND kind = 'active'
       AND removed_at IS NULL AND applied_at IS NOT NULL`,
    [type, id, access, principalId],
  );
  if (other) return;
  if (type === 'group' && access === 'member')
    await tx.execute('DELETE FROM group_members WHERE group_id = $1 AND person_id = $2', [id, principalId]);
  if (type === 'application')
    await tx.execute(
      'DELETE FROM app_role_assignments WHERE principal_id = $1 AND resource_id = $2 AND app_role_id::text = $3',
      [principalId, id, access],
    );
}

/** Whether somebody has it who did not get it here: an assignment here would take it away at its end. */
export async function heldOutside(
  tx: Queryable,
  principalId: string,
  { type, id, access }: PrivilegedTarget,
): Promise<boolean> {
  const own = await tx.first(
    `SELECT 1 FROM privileged_assignments WHERE target_type = $1 AND target_id = $2 AND access = $3 AND principal_id = $4 AND kind = 'active'
       AND removed_at IS NULL AND applied_at IS NOT NULL`,
    [type, id, access, principalId],
  );
  if (own || type === 'role' || type === 'cloudRole') return false;
  const held =
    type === 'group'
      ? access === 'member' &&
        (await tx.first('SELECT 1 FROM group_members WHERE group_id = $1 AND person_id = $2', [id, principalId]))
      : await tx.first(
          'SELECT 1 FROM app_role_assignments WHERE principal_id = $1 AND resource_id = $2 AND app_role_id::text = $3',
          [principalId, id, access],
        );
  return Boolean(held);
}
