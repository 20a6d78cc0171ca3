import { createHash } from 'node:crypto';
import type { Queryable } from '../../platform/database/types.ts';
import type { ResultTable } from './table.ts';

/** How rows come to be looked at: as they arrive, or in a window. */
export type Looked = 'arrived' | 'window';

/** Rows looked for or noted in one statement. */
const keysAtOnce = 5_000;
const dayMs = 86_400_000;
/** As rows arrive, those are looked at whose time is no longer ago. What windows of before alerted of needn't be noted for that. */
export const arrivedLatestMs = dayMs;
/** A back-fill goes back 90 days. */
const liveKeptDays = 95;
const windowKeptDays = 3;

/** What tells rows of an answer from each other, in whichever run they come: what they say. None where they have no time of their own, so that different events may look alike. */
export function rowKeys(table: ResultTable): readonly string[] {
  if (!table.columns.some(({ name, type }) => name === 'TimeGenerated' && type === 'datetime')) return [];
  return table.rows.map((row) => createHash('sha256').update(table.fingerprint(row)).digest('base64url').slice(0, 27));
}

/**
 * Those of a rule's rows that were alerted of the other way (as they arrived: either way) already, and notes the others. Call in the transaction that stores
 * the alerts, under the lock of suppression. `at`: the window's end.
 */
export async function alertedRows(
  tx: Queryable,
  {
    ruleId,
    keys,
    looked,
    at,
    now,
  }: {
    readonly ruleId: string;
    readonly keys: readonly string[];
    readonly looked: Looked;
    readonly at: Date;
    readonly now: Date;
  },
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const all = [...new Set(keys)];
  const isLive = looked === 'arrived';
  for (let from = 0; from < all.length; from += keysAtOnce) {
    const some = all.slice(from, from + keysAtOnce);
    const rows = await tx.query<{ row_key: string }>(
      'SELECT row_key FROM rule_rows WHERE rule_id = $1 AND row_key = ANY($2) AND (live OR $3)',
      [ruleId, some, isLive],
    );
    for (const { row_key } of rows) known.add(row_key);
    if (!isLive && now.getTime() - at.getTime() > arrivedLatestMs + dayMs) continue;
    await tx.execute(
      'INSERT INTO rule_rows (rule_id, row_key, live, alerted_at) SELECT $1, unnest($2::text[]), $3, $4 ON CONFLICT DO NOTHING',
      [ruleId, some.filter((key) => !known.has(key)), isLive, now],
    );
  }
  return known;
}

/** How many rows of a rule were alerted of as they arrived since then. */
export async function liveSince(db: Queryable, ruleId: string, since: Date): Promise<number> {
  const row = await db.first<{ n: number }>(
    'SELECT count(*)::int AS n FROM rule_rows WHERE rule_id = $1 AND live AND alerted_at > $2',
    [ruleId, since],
  );
  return row?.n ?? 0;
}

export async function forgetAlertedRows(db: Queryable, now: Date): Promise<void> {
  const ago = (days: number): Date => new Date(now.getTime() - days * dayMs);
  await db.execute('DELETE FROM rule_rows WHERE alerted_at < $1 OR (NOT live AND alerted_at < $2)', [
    ago(liveKeptDays),
    ago(windowKeptDays),
  ]);
}
