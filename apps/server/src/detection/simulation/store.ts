import { RuleSimulation } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queryable } from '../../platform/database/types.ts';
import { windowAt, type Counted, type SimulatedRule } from './count.ts';

const StoredRule = RuleSimulation.shape.settings.extend({
  id: z.string(),
  query: z.string(),
  queryFrequency: z.number(),
  queryPeriod: z.number(),
});

export interface SimulationRow {
  readonly id: string;
  readonly rule_id: string;
  readonly rule: unknown;
  readonly state: RuleSimulation['state'];
  readonly method: RuleSimulation['method'];
  readonly first_to: Date;
  readonly windows: number;
  readonly rows_found: readonly number[];
  readonly queries: number;
  readonly elapsed_seconds: number;
  readonly rows_read: number;
  readonly bytes_read: number;
  readonly error: string | null;
}

export const ruleOf = (row: SimulationRow): SimulatedRule => StoredRule.parse(row.rule);

export function toSimulation(row: SimulationRow): RuleSimulation {
  const rule = ruleOf(row);
  const range = { firstTo: row.first_to, count: row.windows };
  return {
    id: row.id,
    ruleId: row.rule_id,
    state: row.state,
    firstTo: row.first_to.toISOString(),
    lastTo: windowAt(rule, range, row.windows - 1).to.toISOString(),
    step: rule.queryFrequency,
    period: rule.queryPeriod,
    windows: row.windows,
    settings: RuleSimulation.shape.settings.parse(rule),
    rows: [...row.rows_found],
    method: row.method,
    cost: {
      queries: row.queries,
      elapsedSeconds: row.elapsed_seconds,
      rowsRead: row.rows_read,
      bytesRead: row.bytes_read,
    },
    error: row.error,
  };
}

export const loadSimulation = (db: Queryable, id: string): Promise<SimulationRow | undefined> =>
  db.first<SimulationRow>('SELECT * FROM rule_simulations WHERE id = $1', [id]);

export async function insertSimulation(
  db: Queryable,
  one: {
    id: string;
    rule: SimulatedRule;
    state: RuleSimulation['state'];
    method: RuleSimulation['method'];
    firstTo: Date;
    windows: number;
    by: string;
    at: Date;
  },
): Promise<void> {
  await db.execute(
    `INSERT INTO rule_simulations (id, rule_id, rule, state, method, first_to, windows, asked_by, asked_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      one.id,
      one.rule.id,
      JSON.stringify(StoredRule.parse(one.rule)),
      one.state,
      one.method,
      one.firstTo,
      one.windows,
      one.by,
      one.at,
    ],
  );
}

/** Adds what was counted after the first `known` windows. False when that many are not known (any more), or it was stopped: then nothing is added. */
export async function addCounts(db: Queryable, id: string, known: number, { rows, cost }: Counted): Promise<boolean> {
  const changed = await db.execute(
    `UPDATE rule_simulations SET rows_found = rows_found || $3::float8[], queries = queries + $4, elapsed_seconds = elapsed_seconds + $5,
       rows_read = rows_read + $6, bytes_read = bytes_read + $7,
       state = CASE WHEN cardinality(rows_found) + cardinality($3::float8[]) >= windows THEN 'done' ELSE state END
     WHERE id = $1 AND state = 'running' AND cardinality(rows_found) = $2`,
    [id, known, rows, cost.queries, cost.elapsedSeconds, cost.rowsRead, cost.bytesRead],
  );
  return changed > 0;
}

export async function endSimulation(
  db: Queryable,
  id: string,
  state: 'failed' | 'cancelled',
  error: string | null,
): Promise<void> {
  await db.execute("UPDATE rule_simulations SET state = $2, error = $3 WHERE id = $1 AND state = 'running'", [
    id,
    state,
    error?.replaceAll('\0', '').slice(0, 2_000) ?? null,
  ]);
}

export async function forgetSimulations(db: Queryable, before: Date): Promise<void> {
  await db.execute('DELETE FROM rule_simulations WHERE asked_at < $1', [before]);
}
