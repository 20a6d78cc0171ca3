import { sql, sqlIdentifier, sqlInteger, type CompileOptions, type Sql } from '@sallyport/kql';
import type { Queries } from '../../hunting/index.ts';
import type { NewAlert } from '../../incidents/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { alertsOf, type RuleWindow } from './alerts.ts';
import { ResultTable } from './table.ts';

export interface Evaluation {
  readonly rows: number;
  readonly alerts: readonly NewAlert[];
}

export interface EvaluateOptions {
  /** When the alerts are made; default the window's end. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
  /** What base tables are read from instead. */
  readonly source?: CompileOptions['source'];
  /** The window is of the time of arrival (`_IngestedAt`), as for NRT rules, not of TimeGenerated. */
  readonly byArrival?: boolean;
}

/** Rows of a run that are looked at. A rule that gives more has found nothing in particular; the threshold is still counted right. */
const rowsMax = 10_000;
export const rowsLookedAt = (rule: AnalyticsRule): number => Math.max(rowsMax, rule.triggerThreshold + 1);
/** One run may not hold the engine longer. */
export const limits = { seconds: 120 };

/**
 * Asks a rule's query over a window and makes its alerts, without storing them. `now()` in the query is the window's end. Throws SallyportError as
 * `Queries.run` does.
 */
export async function evaluate(
  queries: Queries,
  rule: AnalyticsRule,
  window: RuleWindow,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const answer = await queries.run({
    query: rule.query,
    now: window.to,
    ...(options.byArrival ? { source: arrivedIn(window) } : { timespan: window }),
    ...(options.source ? { source: options.source } : {}),
    maxRows: rowsLookedAt(rule),
    who: `rule ${rule.id}`,
    operation: 'rule',
    limits,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const table = new ResultTable(answer.columns, answer.rows);
  const alerts = alertsOf(rule, window, table, options.now ?? window.to);
  return { rows: answer.rows.length, alerts: options.byArrival ? alerts.map(asOfItsRows) : alerts };
}

/** What arrived in a window, of each table. */
const arrivedIn =
  ({ from, to }: RuleWindow): NonNullable<CompileOptions['source']> =>
  (table) =>
    sql`(SELECT * FROM ${sqlIdentifier(table.name)} WHERE _IngestedAt >= ${instant(from)} AND _IngestedAt < ${instant(to)})`;

/** A moment as the engine's own type. */
export const instant = (at: Date): Sql => sql`fromUnixTimestamp64Milli(${sqlInteger(at.getTime())}, 'UTC')`;

/** The query of an alert is asked again over TimeGenerated; the rows that arrived in the window may be of another time. */
export const asOfItsRows = (alert: NewAlert): NewAlert => ({
  ...alert,
  queryFrom: alert.startTime,
  queryTo: new Date(alert.endTime.getTime() + 1),
});
