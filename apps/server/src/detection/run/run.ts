import { SallyportError } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Incidents } from '../../incidents/index.ts';
import type { Platform } from '../../platform/types.ts';
import { healthRow } from '../health.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { loadState, noteFailure, noteSuccess, saveRuns, setEnabled, type RunRecord } from '../store.ts';
import type { RuleWindow } from './alerts.ts';
import { evaluate, type Evaluation } from './evaluate.ts';

export interface Parts {
  readonly platform: Platform;
  readonly queries: Queries;
  readonly incidents: Incidents;
}

export type RunOutcome =
  | {
      readonly state: 'succeeded';
      readonly rows: number;
      readonly alerts: number;
      readonly incidents: readonly number[];
    }
  | { readonly state: 'failed'; readonly error: string }
  /** Its own suppression keeps the rule quiet. */
  | { readonly state: 'suppressed' };

/** A rule that fails this often in a row is disabled. */
export const failuresMax = 10;

/**
 * Runs a rule over a window and stores what it found: alerts, incidents, their rows, the run and its health row, in one transaction. Doing it again
 * gives the same. A rule's own fault is an outcome; throws only what will pass (Unavailable), so that the job is tried again.
 */
export async function runRule(parts: Parts, rule: AnalyticsRule, window: RuleWindow): Promise<RunOutcome> {
  const { clock, database } = parts.platform;
  const startedAt = clock.now();
  const started = performance.now();
  const run = (found: { rows: number; alerts: number; error?: string }): RunRecord => ({
    ruleId: rule.id,
    windowFrom: window.from,
    windowTo: window.to,
    startedAt,
    elapsedSeconds: (performance.now() - started) / 1_000,
    ...found,
  });
  if (rule.suppression > 0) {
    const suppressedTo = (await loadState(database, rule.id))?.suppressed_to;
    if (suppressedTo && suppressedTo >= window.to) return { state: 'suppressed' };
  }
  let found: Evaluation;
  try {
    found = await evaluate(parts.queries, rule, window, { now: startedAt, byArrival: rule.kind === 'NRT' });
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code === 'Unavailable' || error.code === 'TooManyRequests')
      throw error;
    await recordFailure(parts.platform, rule, run({ rows: 0, alerts: 0, error: error.message }));
    return { state: 'failed', error: error.message };
  }
  return recordSuccess(parts, rule, found, run({ rows: found.rows, alerts: found.alerts.length }));
}

async function recordSuccess(
  { platform, incidents }: Parts,
  rule: AnalyticsRule,
  found: Evaluation,
  run: RunRecord,
): Promise<RunOutcome> {
  return platform.database.transaction(async (tx) => {
    await saveRuns(tx, [run]);
    const quiet = rule.suppression > 0 && found.alerts.length > 0;
    const suppressedTo = quiet ? new Date(run.windowTo.getTime() + rule.suppression * 1_000) : undefined;
    await noteSuccess(tx, rule.id, run.startedAt, suppressedTo);
    const raised = await incidents.raise(found.alerts, tx);
    await platform.outbox.write(
      'SentinelHealth',
      [
        healthRow(rule, {
          now: run.startedAt,
          status: 'Success',
          description: 'Rule executed successfully',
          properties: {
            ...windowProperties(run),
            QueryResultAmount: run.rows,
            AlertsGeneratedAmount: raised.alertIds.length,
          },
        }),
      ],
      tx,
    );
    return { state: 'succeeded', rows: found.rows, alerts: raised.alertIds.length, incidents: raised.incidents };
  });
}

/** Notes a failed run, and disables a rule that fails again and again. */
export async function recordFailure(
  { database, outbox, audit }: Platform,
  rule: AnalyticsRule,
  run: RunRecord,
): Promise<void> {
  await database.transaction(async (tx) => {
    await saveRuns(tx, [run]);
    const failures = await noteFailure(tx, rule.id, run.startedAt);
    const reason = run.error ?? '';
    const rows = [
      healthRow(rule, {
        now: run.startedAt,
        status: 'Failure',
        description: 'Rule run failed',
        reason,
        properties: windowProperties(run),
      }),
    ];
    if (failures >= failuresMax) {
      const disabled = `disabled after ${failures} failures in a row; the last: ${reason}`;
      await setEnabled(tx, { ruleId: rule.id, enabled: false, reason: disabled, by: 'system', now: run.startedAt });
      rows.push(
        healthRow(rule, {
          now: run.startedAt,
          status: 'Failure',
          operation: 'Rule disabled',
          description: disabled,
          reason,
        }),
      );
    }
    await outbox.write('SentinelHealth', rows, tx);
    if (failures >= failuresMax)
      await audit.record(
        {
          actor: 'system',
          operation: 'DisableRule',
          target: `rule ${rule.id}`,
          result: 'success',
          ipAddress: '',
          details: { failures, reason },
        },
        tx,
      );
  });
}

const windowProperties = (run: RunRecord) => ({
  QueryStartTimeUTC: run.windowFrom.toISOString(),
  QueryEndTimeUTC: run.windowTo.toISOString(),
  ExecutionTimeSeconds: run.elapsedSeconds,
});
