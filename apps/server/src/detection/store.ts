import { alertWithin, type Sight } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/types.ts';

/** `permanent`: the rule fails until somebody changes it or what it reads. `transient`: trying again can help. */
export type FailureClass = 'permanent' | 'transient';

export interface RuleState {
  readonly rule_id: string;
  /** Null: as the rule's file says. */
  readonly enabled: boolean | null;
  readonly disabled_reason: string | null;
  readonly consecutive_failures: number;
  readonly scheduled_to: Date | null;
  /** Of its newest failures in a row; null when the last run succeeded. */
  readonly failure: FailureClass | null;
  /** Its day's limit is used up: it is not asked before then. */
  readonly resting_to: Date | null;
  readonly resting_reason: string | null;
  readonly updated_by: string;
  /** Where it was when it was switched off, while nothing has been scheduled since. */
  readonly left_off_at: Date | null;
}

export interface RunRecord {
  readonly ruleId: string;
  readonly windowFrom: Date;
  readonly windowTo: Date;
  readonly startedAt: Date;
  readonly elapsedSeconds: number;
  readonly rows: number;
  readonly alerts: number;
  /** Public text; undefined for a run that succeeded. */
  readonly error?: string;
  readonly failure?: FailureClass;
  /** The window is still to be run. */
  readonly retry?: boolean;
  /** Alerts that suppression held back. Default 0. */
  readonly suppressed?: number;
  /** What the run took in the engine. */
  readonly cost?: Cost;
}

export interface Cost {
  readonly cpuSeconds: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

export async function loadStates(db: Queryable): Promise<Map<string, RuleState>> {
  const rows = await db.query<RuleState>('SELECT * FROM rule_states');
  return new Map(rows.map((row) => [row.rule_id, row]));
}

export async function loadState(db: Queryable, ruleId: string): Promise<RuleState | undefined> {
  return db.first<RuleState>('SELECT * FROM rule_states WHERE rule_id = $1', [ruleId]);
}

/** Writes the runs. Of a window that has run before, the newest run counts. */
export async function saveRuns(tx: Queryable, runs: readonly RunRecord[]): Promise<void> {
  if (runs.length === 0) return;
  await tx.execute(
    `INSERT INTO rule_runs (rule_id, window_to, window_from, started_at, elapsed_seconds, state, rows_found, alerts, error, retry, failure, suppressed,
       cpu_seconds, rows_read, bytes_read)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(rule_id text, window_to timestamptz, window_from timestamptz, started_at timestamptz,
       elapsed_seconds float8, state text, rows_found int, alerts int, error text, retry boolean, failure text, suppressed int,
       cpu_seconds float8, rows_read bigint, bytes_read bigint)
     ON CONFLICT (rule_id, window_to) DO UPDATE SET window_from = excluded.window_from, started_at = excluded.started_at,
       elapsed_seconds = excluded.elapsed_seconds, state = excluded.state, rows_found = excluded.rows_found,
       alerts = greatest(rule_runs.alerts, excluded.alerts), error = excluded.error, retry = excluded.retry, failure = excluded.failure,
       suppressed = excluded.suppressed, cpu_seconds = excluded.cpu_seconds, rows_read = excluded.rows_read, bytes_read = excluded.bytes_read,
       attempts = rule_runs.attempts + 1`,
    [
      JSON.stringify(
        runs.map((run) => ({
          rule_id: run.ruleId,
          window_to: run.windowTo,
          window_from: run.windowFrom,
          started_at: run.startedAt,
          elapsed_seconds: run.elapsedSeconds,
          state: run.error === undefined ? 'succeeded' : 'failed',
          rows_found: run.rows,
          alerts: run.alerts,
          retry: run.retry ?? false,
          failure: run.failure ?? null,
          suppressed: run.suppressed ?? 0,
          cpu_seconds: run.cost?.cpuSeconds ?? null,
          rows_read: run.cost?.rowsRead ?? null,
          bytes_read: run.cost?.bytesRead ?? null,
          error: run.error?.replaceAll('\0', '').slice(0, 2_000) ?? null,
        })),
      ),
    ],
  );
}

/** How often a window of a rule was run; 0 for one that was not. */
export const attemptsOf = async (db: Queryable, ruleId: string, windowTo: Date): Promise<number> =>
  (
    await db.first<{ attempts: number }>('SELECT attempts FROM rule_runs WHERE rule_id = $1 AND window_to = $2', [
      ruleId,
      windowTo,
    ])
  )?.attempts ?? 0;

/** Windows that are to be tried again now, and how often that was done: after 1, 2, 4, … and at most 60 minutes. */
export const runsToRetry = (
  db: Queryable,
  since: Date,
  now: Date,
): Promise<{ rule_id: string; window_from: Date; window_to: Date; attempts: number }[]> =>
  db.query(
    `SELECT rule_id, window_from, window_to, attempts FROM rule_runs
     WHERE retry AND window_to > $1 AND started_at <= $2::timestamptz - least(60, power(2, attempts - 1)) * interval '1 minute'
     ORDER BY window_to LIMIT 1000`,
    [since, now],
  );

/** After a run that succeeded: no failures in a row any more. */
export async function noteSuccess(tx: Queryable, ruleId: string, now: Date): Promise<void> {
  await tx.execute(
    `INSERT INTO rule_states (rule_id, updated_at) VALUES ($1, $2)
     ON CONFLICT (rule_id) DO UPDATE SET consecutive_failures = 0, failure = NULL
       WHERE rule_states.consecutive_failures > 0 OR rule_states.failure IS NOT NULL`,
    [ruleId, now],
  );
}

/** The same of many that were not asked. */
export async function noteSuccesses(tx: Queryable, ruleIds: readonly string[]): Promise<void> {
  await tx.execute(
    `UPDATE rule_states SET consecutive_failures = 0, failure = NULL
     WHERE rule_id = ANY($1) AND (consecutive_failures > 0 OR failure IS NOT NULL)`,
    [ruleIds],
  );
}

/** Counts a failure; answers how many permanent ones there are in a row. One that may pass counts for nothing, and begins no row anew. */
export async function noteFailure(tx: Queryable, ruleId: string, failure: FailureClass, now: Date): Promise<number> {
  const row = await tx.first<{ failures: number }>(
    `INSERT INTO rule_states (rule_id, consecutive_failures, failure, updated_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (rule_id) DO UPDATE SET consecutive_failures = rule_states.consecutive_failures + $2, failure = $3
     RETURNING consecutive_failures AS failures`,
    [ruleId, failure === 'permanent' ? 1 : 0, failure, now],
  );
  return row?.failures ?? 1;
}

export async function setEnabled(
  tx: Queryable,
  change: { ruleId: string; enabled: boolean; reason: string | null; by: string; now: Date },
): Promise<void> {
  await tx.execute(
    `INSERT INTO rule_states (rule_id, enabled, disabled_reason, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (rule_id) DO UPDATE SET enabled = $2, disabled_reason = $3, updated_by = $4, updated_at = $5, consecutive_failures = 0,
       -- Of one that is switched off, what to do is still told.
       failure = CASE WHEN $2 THEN NULL ELSE rule_states.failure END,
       -- Enabled again: with the present, not with the windows of the time in between, which become a gap.
       left_off_at = CASE WHEN $2 AND rule_states.enabled IS FALSE THEN coalesce(rule_states.left_off_at, rule_states.scheduled_to)
         ELSE rule_states.left_off_at END,
       scheduled_to = CASE WHEN $2 AND rule_states.enabled IS FALSE THEN NULL ELSE rule_states.scheduled_to END`,
    [change.ruleId, change.enabled, change.reason, change.by, change.now],
  );
}

/** Of rules that are no more, in whichever workspace they ran: `rule@workspace`. */
export async function forgetStates(tx: Queryable, ruleIds: readonly string[]): Promise<void> {
  for (const table of ['rule_states', 'rule_windows', 'rule_gaps'])
    await tx.execute(
      `DELETE FROM ${table} WHERE rule_id = ANY($1) OR (rule_id ~ '@[0-9a-f-]{36}$' AND left(rule_id, -37) = ANY($1))`,
      [ruleIds],
    );
}

export async function setScheduledTo(
  tx: Queryable,
  windows: readonly { ruleId: string; to: Date }[],
  now: Date,
): Promise<void> {
  if (windows.length === 0) return;
  await tx.execute(
    `INSERT INTO rule_states (rule_id, scheduled_to, updated_at)
     SELECT rule_id, scheduled_to, $2 FROM jsonb_to_recordset($1::jsonb) AS x(rule_id text, scheduled_to timestamptz)
     ON CONFLICT (rule_id) DO UPDATE SET scheduled_to = greatest(rule_states.scheduled_to, excluded.scheduled_to), left_off_at = NULL`,
    [JSON.stringify(windows.map(({ ruleId, to }) => ({ rule_id: ruleId, scheduled_to: to }))), now],
  );
}

export interface RunRow {
  readonly window_from: Date;
  readonly window_to: Date;
  readonly started_at: Date;
  readonly elapsed_seconds: number;
  readonly state: 'succeeded' | 'failed';
  readonly rows_found: number;
  readonly alerts: number;
  readonly error: string | null;
  readonly failure: FailureClass | null;
  readonly suppressed: number;
  readonly cpu_seconds: number | null;
  readonly rows_read: number | null;
  readonly bytes_read: number | null;
}

/** The newest runs of a rule, newest first. */
export const newestRuns = (db: Queryable, ruleId: string, limit: number): Promise<RunRow[]> =>
  db.query<RunRow>('SELECT * FROM rule_runs WHERE rule_id = $1 ORDER BY started_at DESC, window_to DESC LIMIT $2', [
    ruleId,
    limit,
  ]);

/** Ends of the newest thousand windows that failed when they were last run, in order of time. */
export async function failedWindows(db: Queryable, ruleId: string, since: Date): Promise<Date[]> {
  const rows = await db.query<{ window_to: Date }>(
    "SELECT window_to FROM rule_runs WHERE rule_id = $1 AND state = 'failed' AND window_to > $2 ORDER BY window_to DESC LIMIT 1000",
    [ruleId, since],
  );
  return rows.map((row) => row.window_to).toReversed();
}

/** The newest run of each rule. */
export async function lastRuns(db: Queryable): Promise<Map<string, RunRow>> {
  const rows = await db.query<RunRow & { rule_id: string }>(
    `SELECT s.rule_id, r.* FROM (SELECT DISTINCT rule_id FROM rule_runs) s
     CROSS JOIN LATERAL (SELECT * FROM rule_runs r WHERE r.rule_id = s.rule_id ORDER BY started_at DESC, window_to DESC LIMIT 1) r`,
  );
  return new Map(rows.map((row) => [row.rule_id, row]));
}

export async function alertCounts(db: Queryable, sight?: Sight): Promise<Map<string, number>> {
  const values: unknown[] = [];
  const within = sight ? alertWithin(sight, (value) => `$${values.push(value)}`) : 'true';
  const rows = await db.query<{ rule_id: string; alerts: number }>(
    `SELECT rule_id, count(*)::int AS alerts FROM alerts a WHERE ${within} GROUP BY rule_id`,
    values,
  );
  return new Map(rows.map((row) => [row.rule_id, row.alerts]));
}
