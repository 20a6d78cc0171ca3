import type { ExceptionScope } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';
import type { LeftOut } from './left-out.ts';

const Row = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(['rule', 'table', 'global']),
  target: z.string().nullable(),
  condition: z.string(),
  reason: z.string(),
  owner: z.string(),
  enabled: z.boolean(),
  expires_at: z.date().nullable(),
  expired_at: z.date().nullable(),
  created_at: z.date(),
  created_by: z.string(),
  updated_at: z.date(),
  updated_by: z.string(),
});
export type ExceptionRow = z.infer<typeof Row>;

export interface HitTotals {
  readonly exception_id: string;
  readonly runs: number;
  readonly rows: number;
  readonly alerts: number;
  readonly last_at: Date;
}

const HitRow = z.object({
  rule_id: z.string(),
  window_to: z.date(),
  at: z.date(),
  rows_left_out: z.int(),
  alerts_left_out: z.int(),
  sample: z.array(z.record(z.string(), z.string())),
});
export type HitRow = z.infer<typeof HitRow>;

export interface NewException {
  readonly id: string;
  readonly name: string;
  readonly scope: ExceptionScope;
  readonly target: string | null;
  readonly condition: string;
  readonly reason: string;
  readonly owner: string;
  readonly expiresAt: Date | null;
  readonly by: string;
  readonly at: Date;
}
export type ExceptionChange = Partial<
  Pick<ExceptionRow, 'name' | 'condition' | 'reason' | 'owner' | 'enabled' | 'expires_at'>
>;

/** Days for which is kept what was left out. */
export const hitDays = 90;
const dayMs = 86_400_000;

const one = async (found: Promise<object[]>): Promise<ExceptionRow | undefined> => z.array(Row).parse(await found)[0];
const raise = (tx: Queryable) => tx.execute('UPDATE exceptions_revision SET revision = revision + 1');

/** Exceptions, in the database: all servers have the same. */
export function exceptionStore(db: Database) {
  const get = (id: string): Promise<ExceptionRow | undefined> =>
    one(db.query('SELECT * FROM exceptions WHERE id = $1', [id]));
  return {
    /** Goes up with every change. */
    revision: async (): Promise<number> =>
      (await db.first<{ revision: number }>('SELECT revision FROM exceptions_revision'))?.revision ?? 0,
    all: async (most: number): Promise<ExceptionRow[]> =>
      z.array(Row).parse(await db.query('SELECT * FROM exceptions ORDER BY created_at, id LIMIT $1', [most])),
    get,
    create: (e: NewException): Promise<ExceptionRow> =>
      db.transaction(async (tx) => {
        await raise(tx);
        const row = await one(
          tx.query(
            `INSERT INTO exceptions (id, name, scope, target, condition, reason, owner, expires_at, created_at, created_by, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10) RETURNING *`,
            [e.id, e.name, e.scope, e.target, e.condition, e.reason, e.owner, e.expiresAt, e.at, e.by],
          ),
        );
        return row!;
      }),
    /** Undefined when it is gone. */
    change: (id: string, change: ExceptionChange, by: string, at: Date): Promise<ExceptionRow | undefined> =>
      db.transaction(async (tx) => {
        const before = await one(tx.query('SELECT * FROM exceptions WHERE id = $1 FOR UPDATE', [id]));
        if (!before) return undefined;
        await raise(tx);
        const to = { ...before, ...change };
        return one(
          tx.query(
            `UPDATE exceptions SET name = $2, condition = $3, reason = $4, owner = $5, enabled = $6, expires_at = $7,
               expired_at = CASE WHEN $7::timestamptz > $8 THEN NULL ELSE expired_at END, updated_at = $8, updated_by = $9 WHERE id = $1 RETURNING *`,
            [id, to.name, to.condition, to.reason, to.owner, to.enabled, to.expires_at, at, by],
          ),
        );
      }),
    remove: (id: string): Promise<boolean> =>
      db.transaction(async (tx) => {
        await raise(tx);
        return (await tx.execute('DELETE FROM exceptions WHERE id = $1', [id])) > 0;
      }),
    /** Notes those that have come to their end, and answers them. */
    expire: (now: Date): Promise<ExceptionRow[]> =>
      db.transaction(async (tx) => {
        const ended = await tx.query(
          'UPDATE exceptions SET expired_at = $1 WHERE expires_at <= $1 AND expired_at IS NULL RETURNING *',
          [now],
        );
        if (ended.length > 0) await raise(tx);
        return z.array(Row).parse(ended);
      }),
    forgetHits: (now: Date): Promise<number> =>
      db.execute('DELETE FROM exception_hits WHERE at < $1', [new Date(now.getTime() - hitDays * dayMs)]),
    totals: async (): Promise<Map<string, HitTotals>> => {
      const rows = await db.query<HitTotals>(
        `SELECT exception_id, count(*)::int AS runs, sum(rows_left_out)::int AS rows, sum(alerts_left_out)::int AS alerts, max(at) AS last_at
         FROM exception_hits GROUP BY exception_id`,
      );
      return new Map(rows.map((row) => [row.exception_id, row]));
    },
    hits: async (id: string, most: number): Promise<HitRow[]> =>
      z
        .array(HitRow)
        .parse(
          await db.query(
            'SELECT rule_id, window_to, at, rows_left_out, alerts_left_out, sample FROM exception_hits WHERE exception_id = $1 ORDER BY at DESC LIMIT $2',
            [id, most],
          ),
        ),
  };
}
export type ExceptionStore = ReturnType<typeof exceptionStore>;

/** Counts what runs left out, each once however often a run is done. Of an exception that is gone meanwhile nothing is kept. */
export async function saveLeftOut(tx: Queryable, hits: readonly LeftOut[], now: Date): Promise<void> {
  if (hits.length === 0) return;
  await tx.execute(
    `INSERT INTO exception_hits (id, exception_id, rule_id, window_to, at, rows_left_out, alerts_left_out, sample)
     SELECT x.id, x.exception_id, x.rule_id, x.window_to, $2, x.rows_left_out, x.alerts_left_out, x.sample
     FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, exception_id uuid, rule_id text, window_to timestamptz, rows_left_out int, alerts_left_out int, sample jsonb)
     JOIN exceptions e ON e.id = x.exception_id
     ON CONFLICT (id) DO NOTHING`,
    [
      JSON.stringify(
        hits.map((hit) => ({
          id: hit.id,
          exception_id: hit.exceptionId,
          rule_id: hit.ruleId,
          window_to: hit.windowTo,
          rows_left_out: hit.rows,
          alerts_left_out: hit.alerts,
          sample: hit.sample,
        })),
      ).replaceAll('\\u0000', ''),
      now,
    ],
  );
}
