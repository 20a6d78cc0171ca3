import type { Cell } from '@sallyport/contracts';
import type { NewAlert } from '../../incidents/index.ts';
import { leftOutOf, sortOut, type LeftOut } from '../exceptions/left-out.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { Cost } from '../store.ts';
import { alertsOf, type RuleWindow } from './alerts.ts';
import { rowKeys } from './alerted-rows.ts';
import { ResultTable } from './table.ts';
import { valueOf } from './values.ts';

/** What a run over a window found, not stored yet. */
export interface Evaluation {
  /** Those under no exception. */
  readonly rows: number;
  /** What exceptions kept from becoming alerts. */
  readonly leftOut: readonly LeftOut[];
  /** What its query took; undefined where it was asked with others. */
  readonly cost?: Cost;
  readonly alerts: readonly NewAlert[];
  /** What its rows are of, to the rule's suppression; see `valueOf`. None for a rule without suppression. */
  readonly values: readonly string[];
  /** What tells its rows apart, in the order of `values`; see `rowKeys`. None for a rule that is not looked at both as rows arrive and in windows. */
  readonly keys: readonly string[];
  /** The alerts that are left without the rows of some values, and without some rows. */
  without(values: ReadonlySet<string>, keys: ReadonlySet<string>): readonly NewAlert[];
}

export interface EvaluationOptions {
  /** When the alerts are made. */
  readonly now: Date;
  /** What makes equal rows of two runs different alerts. Default: the window's end. */
  readonly key?: string;
  readonly cost?: Cost;
  /** Its rows may be looked at as they arrive, and in a window. Default false. */
  readonly twice?: boolean;
  /** The window is not of TimeGenerated: the alerts' rows are asked for again over their own times. */
  readonly byRows?: boolean;
}

/** What a rule makes of its query's answer over a window. Pure. */
export function evaluationOf(
  rule: AnalyticsRule,
  window: RuleWindow,
  answer: ResultTable,
  { now, key, cost, byRows = false, twice = false }: EvaluationOptions,
): Evaluation {
  const sorted = sortOut(answer);
  const table = sorted.kept;
  const alertsFrom = (rows: readonly (readonly Cell[])[]): readonly NewAlert[] => {
    const found = alertsOf(rule, window, rows === table.rows ? table : new ResultTable(table.columns, rows), now, key);
    return byRows ? found.map(asOfItsRows) : found;
  };
  const values =
    rule.suppression === 0 ? [] : table.rows.length === 0 ? [''] : table.rows.map((row) => valueOf(rule, table, row));
  const alerts = alertsFrom(table.rows);
  const keys = twice ? rowKeys(table) : [];
  return {
    rows: table.rows.length,
    leftOut: leftOutOf(rule, window, sorted, alerts.length, key),
    ...(cost ? { cost } : {}),
    alerts,
    values,
    keys,
    // The threshold was met by all rows, and is not asked of those that are left.
    without: (quiet, known) => {
      const left = table.rows.filter((_, i) => !quiet.has(values[i] ?? '') && !known.has(keys[i] ?? ''));
      return left.length === 0 ? [] : alertsFrom(left);
    },
  };
}

/** The query of an alert is asked again over TimeGenerated; the rows that arrived in the window may be of another time. */
const asOfItsRows = (alert: NewAlert): NewAlert => ({
  ...alert,
  queryFrom: alert.startTime,
  queryTo: new Date(alert.endTime.getTime() + 1),
});
