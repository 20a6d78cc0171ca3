import type { AnalyticsRule } from '../rules/index.ts';

/** Whether a run with that many rows raises an alert. */
export function triggers(rule: Pick<AnalyticsRule, 'triggerOperator' | 'triggerThreshold'>, rows: number): boolean {
  switch (rule.triggerOperator) {
    case 'GreaterThan':
      return rows > rule.triggerThreshold;
    case 'LessThan':
      return rows < rule.triggerThreshold;
    case 'Equal':
      return rows === rule.triggerThreshold;
    case 'NotEqual':
      return rows !== rule.triggerThreshold;
  }
}

/** Reference 04: alerts of one run with a rule that raises one for each row. The last one summarises all rows. */
const alertsPerRunMax = { Scheduled: 150, NRT: 30 } as const;

/** The rows of each alert of a run. Without rows, one alert with none: a rule that fires on absence. */
export function groupRows<Row>(
  rule: Pick<AnalyticsRule, 'eventGrouping' | 'kind'>,
  rows: readonly Row[],
): (readonly Row[])[] {
  if (rule.eventGrouping === 'SingleAlert' || rows.length === 0) return [rows];
  const max = alertsPerRunMax[rule.kind];
  if (rows.length <= max) return rows.map((row) => [row]);
  return [...rows.slice(0, max - 1).map((row) => [row]), rows];
}
