import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { inForce, overEverything, reaching } from './assignment-store.ts';
import { rolesHolding } from './role-store.ts';

/** Nobody would be left who can sign in and manage roles. */
export class LastAdministrator extends SallyportError {
  constructor() {
    super('Conflict', 'this is the last administrator who can sign in; make another one first');
  }
}

/** Changes of who administers queue here, so that two that are each harmless can't together leave nobody. */
const administratorsLock = 7_255_992;

/** `p` has a role of `$2` over everything, without an end, at `$1`; and may sign in. */
const administers = `p.disabled_at IS NULL AND p.deleted_at IS NULL AND EXISTS (
  SELECT 1 FROM role_assignments a WHERE a.role_id = ANY ($2::uuid[]) AND a.ends_at IS NULL AND ${inForce('$1')} AND ${overEverything} AND ${reaching('p.id')})`;
const hasAWayIn =
  '(EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = p.id) OR EXISTS (SELECT 1 FROM passwords w WHERE w.person_id = p.id))';

const managing = (db: Queryable) => rolesHolding(db, 'authorization.manage');

/** The first of those who can manage roles over everything, for good. */
export async function firstAdministrator(db: Queryable, now: Date) {
  return db.first<{ id: string; name: string }>(
    `SELECT p.id, p.user_principal_name AS name FROM people p WHERE ${administers} ORDER BY p.created_at, p.id LIMIT 1`,
    [now, await managing(db)],
  );
}

/** Whether anybody has been made administrator, whether they can sign in now or not. */
export async function isAdministered(db: Queryable): Promise<boolean> {
  const row = await db.first(
    `SELECT 1 FROM role_assignments a WHERE a.role_id = ANY ($1::uuid[]) AND a.kind = 'active' AND a.removed_at IS NULL AND a.ends_at IS NULL AND ${overEverything} LIMIT 1`,
    [await managing(db)],
  );
  return row !== undefined;
}

const canAdminister = async (db: Queryable, now: Date): Promise<boolean> =>
  (await db.first(`SELECT 1 FROM people p WHERE ${administers} AND ${hasAWayIn} LIMIT 1`, [
    now,
    await managing(db),
  ])) !== undefined;

/**
 * Does what may take rights from somebody. Throws LastAdministrator when nobody would be left who can sign in and manage roles over everything without an end; the
 * transaction is then to be rolled back. Where there was nobody before, nothing is asked.
 */
export async function keepingAnAdministrator<T>(tx: Queryable, now: Date, work: () => Promise<T>): Promise<T> {
  await tx.execute('SELECT pg_advisory_xact_lock($1)', [administratorsLock]);
  const before = await canAdminister(tx, now);
  const done = await work();
  if (before && !(await canAdminister(tx, now))) throw new LastAdministrator();
  return done;
}
