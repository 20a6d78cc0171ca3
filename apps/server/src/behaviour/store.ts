import { z } from 'zod';
import { remembered, type Queryable } from '../platform/database/index.ts';

export interface RuleRow {
  readonly template_id: string;
  readonly status: 'Production' | 'Flighting';
  readonly enabled: boolean;
  readonly parameters: Readonly<Record<string, number>>;
  readonly config_version: number;
  readonly updated_by: string;
  readonly updated_at: Date;
}

export const loadRuleRows = (db: Queryable): Promise<RuleRow[]> =>
  db.query<RuleRow>('SELECT * FROM anomaly_rules LIMIT 10000');

/** Its version goes up with every change. */
export async function saveRule(
  tx: Queryable,
  rule: Pick<RuleRow, 'template_id' | 'status' | 'enabled' | 'parameters'> & {
    readonly by: string;
    readonly now: Date;
  },
): Promise<void> {
  await tx.execute(
    `INSERT INTO anomaly_rules (template_id, status, enabled, parameters, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (template_id, status) DO UPDATE SET enabled = $3, parameters = $4, updated_by = $5, updated_at = $6,
       config_version = anomaly_rules.config_version + 1`,
    [rule.template_id, rule.status, rule.enabled, JSON.stringify(rule.parameters), rule.by, rule.now],
  );
}

/** Answers whether there was one. */
export const deleteRule = async (tx: Queryable, templateId: string, status: RuleRow['status']): Promise<boolean> =>
  (await tx.execute('DELETE FROM anomaly_rules WHERE template_id = $1 AND status = $2', [templateId, status])) > 0;

export interface RunRow {
  readonly part: string;
  readonly window_from: Date;
  readonly window_to: Date;
  readonly started_at: Date;
  readonly elapsed_seconds: number;
  readonly rows: number;
  /** Public text. */
  readonly error: string | null;
}

export async function saveRun(db: Queryable, run: RunRow): Promise<void> {
  await db.execute(
    `INSERT INTO behaviour_runs (part, window_from, window_to, started_at, elapsed_seconds, rows, error) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (part) DO UPDATE SET window_from = excluded.window_from, window_to = excluded.window_to, started_at = excluded.started_at,
       elapsed_seconds = excluded.elapsed_seconds, rows = excluded.rows, error = excluded.error`,
    [
      run.part,
      run.window_from,
      run.window_to,
      run.started_at,
      run.elapsed_seconds,
      run.rows,
      run.error?.replaceAll('\0', '').slice(0, 2_000) ?? null,
    ],
  );
}

export const loadRuns = (db: Queryable): Promise<RunRow[]> => db.query<RunRow>('SELECT * FROM behaviour_runs');

const Progress = z.object({ doneTo: z.coerce.date(), judgeFrom: z.coerce.date() });
export type Progress = z.infer<typeof Progress>;

/** Up to where time has been learned, and from where on it is judged. */
export function progress(db: Queryable) {
  const place = remembered(db, 'behaviour');
  return {
    /** Undefined: nothing was done yet. */
    read: async (): Promise<Progress | undefined> => Progress.safeParse(await place.read()).data,
    write: (value: Progress): Promise<void> => place.write(value),
  };
}
