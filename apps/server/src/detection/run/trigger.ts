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

/**
 * The rows of each alert of a run. Without rows, one alert with none: a rule that fires on absence. `same` tells rows that are of one thing, of which a
 * rule that is quiet about what it has alerted of makes one alert.
 */
export function groupRows<Row>(
  rule: Pick<AnalyticsRule, 'eventGrouping' | 'kind'>,
  rows: readonly Row[],
  same?: (row: Row) => string,
): (readonly Row[])[] {
  if (rule.eventGrouping === 'SingleAlert' || rows.length === 0) return [rows];
  const max = rule.kind === 'NRT' ? alertsPerRunMax.NRT : alertsPerRunMax.Scheduled;
  const groups = same ? [...Map.groupBy(rows, same).values()] : rows.map((row) => [row]);
  if (groups.length <= max) return groups;
  return [...groups.slice(0, max - 1), rows];
}
