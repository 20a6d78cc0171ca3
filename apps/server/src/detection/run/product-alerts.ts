import { tactics as knownTactics, Severity, type Cell } from '@sallyport/contracts';
import { entitiesThatFit, readEntities, resolveEntities, type NewAlert } from '../../incidents/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { ResultTable } from './table.ts';
import { uuidOf } from './uuid.ts';

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const tacticOf = new Map<string, string>(knownTactics.map((name) => [name.toLowerCase(), name]));

/**
 * Alerts that another product raised, one for each row of `SecurityAlert`, under their own names and ids: they go into incidents and are not written to that table again. Pure.
 */
export const productAlerts = (rule: AnalyticsRule, table: ResultTable): NewAlert[] =>
  table.rows.flatMap((row) => productAlert(rule, table, row) ?? []);

function productAlert(rule: AnalyticsRule, table: ResultTable, row: readonly Cell[]): NewAlert | undefined {
  const text = (column: string): string => table.text(row, column);
  const own = text('SystemAlertId');
  const made = table.time(row, 'TimeGenerated');
  if (own === '' || made === undefined) return undefined;
  const quoted = JSON.stringify(own);
  const start = table.time(row, 'StartTime') ?? made;
  const severity = Severity.options.find((name) => name.toLowerCase() === text('AlertSeverity').toLowerCase());
  const tactics = text('Tactics')
    .split(',')
    .flatMap((one) => tacticOf.get(one.replaceAll(/[^A-Za-z]/g, '').toLowerCase()) ?? []);
  return {
    id: guid.test(own) ? own.toLowerCase() : uuidOf('SecurityAlert', own),
    ruleId: rule.id,
    name: (text('AlertName') || text('DisplayName') || rule.name).slice(0, 256),
    description: text('Description').slice(0, 5_000),
    severity: severity ?? rule.severity,
    tactics: tactics.length > 0 ? [...new Set(tactics)] : rule.tactics,
    techniques: [...`${text('Techniques')} ${text('SubTechniques')}`.matchAll(/\bT\d{4}(?:\.\d{3})?\b/g)].map(
      ([technique]) => technique,
    ),
    startTime: new Date(start),
    endTime: new Date(Math.max(start, table.time(row, 'EndTime') ?? made)),
    entities: entitiesThatFit(resolveEntities(readEntities(text('Entities')))),
    customDetails: {},
    query: `SecurityAlert | where SystemAlertId == ${quoted} or VendorOriginalId == ${quoted} | top 1 by TimeGenerated`,
    queryFrom: new Date(made),
    queryTo: new Date(made + 1),
    createIncident: rule.createIncident,
    grouping: rule.grouping,
    row: undefined,
  };
}
