import type { Queryable } from '../../platform/database/types.ts';
import type { SharedKeys } from '../correlation/index.ts';

export const dayMs = 86_400_000;
/** So long what was learned counts. */
const backDays = 14;
/** Learned things are kept a little longer than they are asked for, since alerts may come late. */
const keptDays = 60;

export interface SharedThing {
  readonly key: string;
  readonly breadth: number;
  /** On how many of the last days it must be so, to count. */
  readonly days: number;
  /** In words, for people: `an address of 64 accounts`. */
  readonly reason: string;
}

/** Sets what many share on a day (its start, UTC). */
export async function saveShared(tx: Queryable, day: Date, things: readonly SharedThing[]): Promise<void> {
  await tx.execute('DELETE FROM shared_things WHERE day = $1::date', [dateOf(day)]);
  if (things.length === 0) return;
  await tx.execute(
    `INSERT INTO shared_things SELECT key, $2::date, max(breadth), (array_agg(reason ORDER BY days, reason))[1], min(days)
     FROM jsonb_to_recordset($1::jsonb) AS x(key text, breadth int, reason text, days smallint) GROUP BY key`,
    [JSON.stringify(things), dateOf(day)],
  );
}

export const forgetShared = (db: Queryable, before: Date): Promise<number> =>
  db.execute('DELETE FROM shared_things WHERE day < $1::date', [dateOf(new Date(before.getTime() - keptDays * dayMs))]);

/** What of the keys many shared, as seen from a time (milliseconds): decided by the time of an alert, not by when it comes. */
export type SharedAt = (at: number) => SharedKeys;

/** Reads once for alerts between two times (milliseconds). */
export async function loadShared(
  tx: Queryable,
  keys: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<SharedAt> {
  const rows = await tx.query<{ key: string; day: string; reason: string; days: number }>(
    'SELECT key, day::text AS day, reason, days FROM shared_things WHERE key = ANY($1) AND day > $2::date AND day <= $3::date ORDER BY day',
    [keys, dateOf(new Date(from - backDays * dayMs)), dateOf(new Date(to))],
  );
  const byDay = new Map<string, SharedKeys>();
  return (at) => {
    const day = dateOf(new Date(at));
    const known = byDay.get(day);
    if (known) return known;
    const first = dateOf(new Date(at - backDays * dayMs));
    const within = Map.groupBy(
      rows.filter((row) => row.day > first && row.day <= day),
      (row) => row.key,
    );
    const shared = new Map(
      [...within].flatMap(([key, found]) =>
        found.length >= Math.min(...found.map(({ days }) => days)) ? [[key, found.at(-1)!.reason] as const] : [],
      ),
    );
    byDay.set(day, shared);
    return shared;
  };
}

const dateOf = (at: Date): string => at.toISOString().slice(0, 10);
