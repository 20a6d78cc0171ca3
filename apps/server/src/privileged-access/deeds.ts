import type { Queryable } from '../platform/database/index.ts';

/** Of one grant: what was done with it. */
export const deedsMax = 200;

export interface Deed {
  readonly at: string;
  readonly operation: string;
  readonly target: string;
  readonly result: string;
  readonly ipAddress: string;
}
/** What somebody did within a span, of the audit log: the newest. */
export async function deedsOf(db: Queryable, actor: string, from: Date, to: Date): Promise<Deed[]> {
  const rows = await db.query<Omit<Deed, 'at'> & { at: Date }>(
    `SELECT at, operation, target, result, ip_address AS "ipAddress" FROM audit_log WHERE actor = $1 AND at >= $2 AND at <= $3 ORDER BY sequence DESC LIMIT ${deedsMax}`,
    [actor, from, to],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() })).toReversed();
}
