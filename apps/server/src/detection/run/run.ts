import { SallyportError } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import { alertsPerRaiseMax, type Incidents, type NewAlert, type Raised } from '../../incidents/index.ts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { healthRow } from '../health.ts';
import { leftOutProperties, saveLeftOut, type Exceptions } from '../exceptions/index.ts';
import { firesOnSingleRows } from '../rows/single.ts';
import { isByArrival, needsIndicators, type AnalyticsRule } from '../rules/index.ts';
import {
  attemptsOf,
  loadState,
  noteFailure,
  noteSuccess,
  saveRuns,
  setEnabled,
  type Cost,
  type FailureClass,
  type RunRecord,
} from '../store.ts';
import type { RuleWindow } from './alerts.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { classOf } from './failures.ts';
import { runProperties } from './health-properties.ts';
import { isQuiet, suppress } from './suppression.ts';

export interface Parts {
  readonly platform: Platform;
  readonly queries: Queries;
  readonly incidents: Incidents;
  /** Conditions under which rows raise no alert. Default: none. */
  readonly exceptions?: Exceptions;
}

export type RunOutcome =
  | {
      readonly state: 'succeeded';
      readonly rows: number;
      readonly alerts: number;
      readonly incidents: readonly number[];
    }
  | { readonly state: 'failed'; readonly failure: FailureClass; readonly error: string }
  /** Its own suppression keeps the rule quiet. */
  | { readonly state: 'suppressed' }
  /** The rule's limit is used up; the window is kept for later. */
  | { readonly state: 'resting' }
  /** `claim` said no: nothing was stored. */
  | { readonly state: 'taken' };

/** What else belongs to the transaction that stores a run. */
export interface RunOptions {
  /** First of all: whether the run may be stored. */
  readonly claim?: (tx: Queryable) => Promise<boolean>;
  /** Last of all. */
  readonly stored?: (tx: Queryable, ran: { readonly alerts: number; readonly failed: boolean }) => Promise<void>;
}

/** A window that takes too much is tried this often. While the lake is away, windows are kept for a day. */
const retriesMax = 4;
/** A rule that fails this often in a row, for good each time, is disabled. */
export const failuresMax = 10;

type Found = Pick<RunRecord, 'rows' | 'alerts' | 'error' | 'failure' | 'cost' | 'retry'>;

/**
 * Runs a rule over a window and stores what it found: alerts, incidents, their rows, the run and its health row, in one transaction. Doing it again
 * gives the same. A rule's own fault is an outcome; throws only what will pass (Unavailable), so that the job is tried again.
 */
export async function runRule(
  parts: Parts,
  rule: AnalyticsRule,
  window: RuleWindow,
  options: RunOptions = {},
): Promise<RunOutcome> {
  const { clock, database } = parts.platform;
  const startedAt = clock.now();
  const started = performance.now();
  const run = (found: Found): RunRecord => ({
    ruleId: rule.id,
    windowFrom: window.from,
    windowTo: window.to,
    startedAt,
    elapsedSeconds: (performance.now() - started) / 1_000,
    ...found,
  });
  const state = await loadState(database, rule.id);
  if (state?.resting_to && state.resting_to > startedAt) {
    const error = state.resting_reason ?? 'the rule rests';
    return withoutRun(database, options, 'resting', (tx) =>
      saveRuns(tx, [run({ rows: 0, alerts: 0, error, failure: 'transient', retry: true })]),
    );
  }
  if (await isQuiet(database, rule, window.to)) return withoutRun(database, options, 'suppressed');
  if (!canFind(parts.platform)(rule)) return recordSuccess(parts, rule, nothing, run({ rows: 0, alerts: 0 }), options);
  let found: Evaluation;
  try {
    const asked = parts.exceptions?.apply(rule) ?? rule;
    found = await evaluate(parts.queries, asked, window, {
      now: startedAt,
      byArrival: isByArrival(rule.kind),
      twice: firesOnSingleRows(parts, rule),
    });
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code === 'Unavailable' || error.code === 'TooManyRequests')
      throw error;
    const failure = classOf(error);
    const retry = failure === 'transient' && (await attemptsOf(database, rule.id, window.to)) < retriesMax;
    const failed = run({ rows: 0, alerts: 0, error: error.message, failure, retry });
    const stored = await recordFailure(parts.platform, rule, failed, options);
    return stored ? { state: 'failed', failure, error: error.message } : { state: 'taken' };
  }
  const succeeded = run({ rows: found.rows, alerts: found.alerts.length, ...costOf(found) });
  return recordSuccess(parts, rule, found, succeeded, options);
}

const nothing: Evaluation = { rows: 0, leftOut: [], alerts: [], values: [], keys: [], without: () => [] };

/** Whether a rule could find anything, as far as that is known without asking. */
export function canFind({ lake }: Pick<Platform, 'lake'>): (rule: AnalyticsRule) => boolean {
  const indicators = lake.kqlCatalogue().tables.find(({ name }) => name === 'ThreatIntelIndicators');
  return (rule) => !(needsIndicators(rule.kind) && indicators?.empty);
}

const withoutRun = (
  database: Platform['database'],
  { claim, stored }: RunOptions,
  state: 'resting' | 'suppressed',
  note?: (tx: Queryable) => Promise<void>,
): Promise<RunOutcome> =>
  database.transaction(async (tx) => {
    if (claim && !(await claim(tx))) return { state: 'taken' };
    await note?.(tx);
    await stored?.(tx, { alerts: 0, failed: false });
    return { state };
  });

export const costOf = ({ cost }: Pick<Evaluation, 'cost'>): { readonly cost?: Cost } => (cost ? { cost } : {});

async function recordSuccess(
  { platform, incidents }: Parts,
  rule: AnalyticsRule,
  found: Evaluation,
  run: RunRecord,
  options: RunOptions,
): Promise<RunOutcome> {
  return platform.database.transaction(async (tx) => {
    if (options.claim && !(await options.claim(tx))) return { state: 'taken' };
    const alerts = await suppress(tx, rule, run.windowTo, found, run.startedAt);
    const suppressed = found.alerts.length - alerts.length;
    await saveRuns(tx, [{ ...run, alerts: alerts.length, suppressed }]);
    await noteSuccess(tx, rule.id, run.startedAt);
    const raised = await raiseAll(incidents, alerts, tx);
    await saveLeftOut(tx, found.leftOut, run.startedAt);
    await platform.outbox.write(
      'SentinelHealth',
      [
        healthRow(rule, {
          now: run.startedAt,
          status: 'Success',
          description: 'Rule executed successfully',
          properties: {
            ...runProperties(rule, run),
            QueryResultAmount: run.rows,
            AlertsGeneratedAmount: raised.alertIds.length,
            AlertsSuppressedAmount: suppressed,
            ...leftOutProperties(found.leftOut),
            EntitiesGeneratedAmount: alerts.reduce((sum, { entities }) => sum + entities.length, 0),
          },
        }),
      ],
      tx,
    );
    await options.stored?.(tx, { alerts: raised.alertIds.length, failed: false });
    return { state: 'succeeded', rows: found.rows, alerts: raised.alertIds.length, incidents: raised.incidents };
  });
}

/** Raises any number of alerts in one transaction. */
async function raiseAll(incidents: Incidents, alerts: readonly NewAlert[], tx: Queryable): Promise<Raised> {
  const alertIds: string[] = [];
  const numbers = new Set<number>();
  for (let at = 0; at < alerts.length; at += alertsPerRaiseMax) {
    const raised = await incidents.raise(alerts.slice(at, at + alertsPerRaiseMax), tx);
    alertIds.push(...raised.alertIds);
    for (const number of raised.incidents) numbers.add(number);
  }
  return { alertIds, incidents: [...numbers] };
}

/** Notes a failed run, and disables a rule that fails for good again and again. False when `claim` said no. */
export async function recordFailure(
  { database, outbox, audit }: Platform,
  rule: AnalyticsRule,
  run: RunRecord,
  options: RunOptions = {},
): Promise<boolean> {
  return database.transaction(async (tx) => {
    if (options.claim && !(await options.claim(tx))) return false;
    await saveRuns(tx, [run]);
    const failure = run.failure ?? 'transient';
    const failures = await noteFailure(tx, rule.id, failure, run.startedAt);
    const isDisabled = failure === 'permanent' && failures >= failuresMax;
    const reason = run.error ?? '';
    const issue = { Code: failure === 'permanent' ? 'PermanentFailure' : 'TransientFailure', Description: reason };
    const rows = [
      healthRow(rule, {
        now: run.startedAt,
        status: 'Failure',
        description: failure === 'permanent' ? 'Rule run failed' : 'Rule run failed; it is tried again',
        reason,
        properties: { ...runProperties(rule, run), Issues: [issue], ConsecutivePermanentFailures: failures },
      }),
    ];
    if (isDisabled) {
      const disabled = `disabled after ${failures} failures in a row; the last: ${reason}`;
      await setEnabled(tx, { ruleId: rule.id, enabled: false, reason: disabled, by: 'system', now: run.startedAt });
      rows.push(
        healthRow(rule, {
          now: run.startedAt,
          status: 'Failure',
          operation: 'Rule disabled',
          description: disabled,
          reason,
          properties: { Issues: [issue] },
        }),
      );
    }
    await outbox.write('SentinelHealth', rows, tx);
    if (isDisabled)
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
    await options.stored?.(tx, { alerts: 0, failed: true });
    return true;
  });
}
