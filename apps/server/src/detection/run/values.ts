import { createHash } from 'node:crypto';
import type { AnalyticsRule } from '../rules/index.ts';
import type { ResultTable } from './table.ts';

/** What a row is of, to a rule with suppression: a hash of its fields' values, whatever their order in a list; empty where the rule has no fields. */
export function valueOf(rule: AnalyticsRule, table: ResultTable, row: ResultTable['rows'][number]): string {
  if (rule.suppressionFields.length === 0) return '';
  const values = rule.suppressionFields.map((field) => table.values(row, field).toSorted());
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url').slice(0, 22);
}
