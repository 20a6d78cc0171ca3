import { alertsPerRunMax } from '@sallyport/contracts';
import type { AnalyticsRule } from '../rules/index.ts';

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
  const max = alertsPerRunMax(rule);
  const groups = same ? [...Map.groupBy(rows, same).values()] : rows.map((row) => [row]);
  if (groups.length <= max) return groups;
  return [...groups.slice(0, max - 1), rows];
}
