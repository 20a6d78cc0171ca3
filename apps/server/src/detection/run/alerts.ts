import { createHash } from 'node:crypto';
import { triggers, type Cell, type RuleKind } from '@sallyport/contracts';
import { entitiesColumn, entitiesThatFit, type NewAlert } from '../../incidents/index.ts';
import type { RowObject } from '../../platform/types.ts';
import { idOf, isByArrival, type AnalyticsRule } from '../rules/index.ts';
import { customDetailsOf, entitiesOf, wordingOf, type Wording } from './details.ts';
import { productAlerts } from './product-alerts.ts';
import type { ResultTable } from './table.ts';
import { groupRows } from './trigger.ts';
import { uuidOf } from './uuid.ts';
import { valueOf } from './values.ts';

export interface RuleWindow {
  readonly from: Date;
  /** End, exclusive. */
  readonly to: Date;
}

/** The window of a run that ends at `to`. */
export const windowOf = (rule: Pick<AnalyticsRule, 'queryPeriod'>, to: Date): RuleWindow => ({
  from: new Date(to.getTime() - rule.queryPeriod * 1_000),
  to,
});

/**
 * The alerts of a rule's run: none when the threshold isn't met. Pure. The same rows of the same window give alerts of the same ids.
 */
export function alertsOf(
  rule: AnalyticsRule,
  window: RuleWindow,
  table: ResultTable,
  now: Date,
  /** What makes equal rows of two runs different alerts. */
  key = window.to.toISOString(),
): NewAlert[] {
  if (rule.isFlighting || !triggers(rule, table.rows.length)) return [];
  if (rule.kind === 'MicrosoftSecurityIncidentCreation') return productAlerts(rule, table);
  const seen = new Map<string, number>();
  const byValue = rule.suppression > 0 && rule.suppressionFields.length > 0;
  const same = byValue ? (row: readonly Cell[]) => valueOf(rule, table, row) : undefined;
  return groupRows(rule, table.rows, same).map((rows) => {
    const fingerprint = fingerprintOf(table, rows);
    // Equal rows of one run are different alerts.
    const nth = seen.get(fingerprint) ?? 0;
    seen.set(fingerprint, nth + 1);
    const id = uuidOf(rule.id, key, fingerprint, String(nth));
    return alertOf(rule, window, table, rows, id, now);
  });
}

export function fingerprintOf(table: ResultTable, rows: readonly (readonly Cell[])[]): string {
  const hash = createHash('sha256');
  for (const text of rows.map((row) => table.fingerprint(row)).toSorted()) hash.update(text).update('\n');
  return hash.digest('base64url');
}

function alertOf(
  rule: AnalyticsRule,
  window: RuleWindow,
  table: ResultTable,
  rows: readonly (readonly Cell[])[],
  id: string,
  now: Date,
): NewAlert {
  const wording = wordingOf(rule, table, rows);
  const alert = {
    id,
    ruleId: idOf(rule),
    ...(rule.of ? { workspaceId: rule.of.workspaceId } : {}),
    name: wording.name,
    description: wording.description,
    severity: wording.severity,
    tactics: wording.tactics,
    techniques: wording.techniques,
    ...timesOf(window, table, rows, !isByArrival(rule.kind)),
    entities: entitiesThatFit(entitiesOf(rule, table, rows)),
    customDetails: customDetailsOf(rule, table, rows),
    query: rule.plainQuery ?? rule.query,
    queryFrom: window.from,
    queryTo: window.to,
    createIncident: rule.createIncident,
    grouping: rule.grouping,
    ...(rule.kind === 'Fusion' ? { tellsOf: alertIdsIn(table, rows) } : {}),
  };
  return { ...alert, row: securityAlertRow(rule, alert, { wording, rows: rows.length, now }) };
}

/**
 * When what the rows tell of began and ended: their own times, within the window (of an NRT rule, whose window is of arrival, as they are); the window
 * where they have none.
 */
function timesOf(
  window: RuleWindow,
  table: ResultTable,
  rows: readonly (readonly Cell[])[],
  clamped: boolean,
): { startTime: Date; endTime: Date } {
  const starts = timesIn(table, rows, ['StartTimeUtc', 'StartTime', 'TimeGenerated', 'Timestamp']);
  const ends = timesIn(table, rows, ['EndTimeUtc', 'EndTime', 'TimeGenerated', 'Timestamp']);
  if (starts.length === 0 && ends.length === 0) return { startTime: window.from, endTime: window.to };
  const all = [...starts, ...ends];
  const within = (at: number) => (clamped ? Math.min(Math.max(at, window.from.getTime()), window.to.getTime()) : at);
  const startTime = within(Math.min(...all));
  return { startTime: new Date(startTime), endTime: new Date(Math.max(startTime, within(Math.max(...all)))) };
}

function timesIn(table: ResultTable, rows: readonly (readonly Cell[])[], columns: readonly string[]): number[] {
  const column = columns.find((name) => table.has(name));
  return column === undefined ? [] : rows.flatMap((row) => table.time(row, column) ?? []);
}

/** As many alerts as an attack is told of by. */
const toldMax = 1_000;

/** The ids in `AlertIds`, where rows tell of alerts: lists, or lists of those. */
const alertIdsIn = (table: ResultTable, rows: readonly (readonly Cell[])[]): string[] => [
  ...new Set(
    rows.flatMap((row) =>
      [...table.text(row, 'AlertIds').matchAll(uuids)].slice(0, toldMax).map(([id]) => id.toLowerCase()),
    ),
  ),
];
const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

type Facts = Omit<NewAlert, 'row'>;

/** Columns that `alertDynamicProperties` may set. */
const settable = new Set([
  'AlertLink',
  'ConfidenceLevel',
  'ConfidenceScore',
  'ExtendedLinks',
  'ProductName',
  'ProviderName',
  'ProductComponentName',
  'RemediationSteps',
  'Techniques',
  'SubTechniques',
]);
/** As Sentinel calls what raised an alert. */
const provider: Readonly<Record<RuleKind, string>> = {
  Scheduled: 'ASI Scheduled Alerts',
  NRT: 'ASI NRT Alerts',
  MicrosoftSecurityIncidentCreation: '',
  Fusion: 'Fusion',
  ThreatIntelligence: 'Threat Intelligence Alerts',
  Anomaly: 'ASI Anomaly Alerts',
};
const component: Readonly<Record<RuleKind, string>> = {
  Scheduled: 'Scheduled Alerts',
  NRT: 'NRT Alerts',
  MicrosoftSecurityIncidentCreation: '',
  Fusion: 'Fusion',
  ThreatIntelligence: 'Threat Intelligence Alerts',
  Anomaly: 'Anomalies',
};
const spokenOperators = {
  GreaterThan: 'Greater Than',
  LessThan: 'Less Than',
  Equal: 'Equal',
  NotEqual: 'Not Equal',
} as const;

/**
 * The alert's row of `SecurityAlert`, as Sentinel fills it for its own rules.
 * https://learn.microsoft.com/azure/sentinel/security-alert-schema
 */
function securityAlertRow(
  rule: AnalyticsRule,
  alert: Facts,
  { wording, rows, now }: { wording: Wording; rows: number; now: Date },
): RowObject {
  return {
    TimeGenerated: now,
    SystemAlertId: alert.id,
    VendorOriginalId: alert.id,
    DisplayName: alert.name,
    AlertName: alert.name,
    AlertSeverity: alert.severity,
    Description: alert.description,
    AlertType: idOf(rule),
    ProviderName: provider[rule.kind],
    VendorName: 'Sallyport',
    ProductName: 'Sallyport',
    ProductComponentName: component[rule.kind],
    ConfidenceLevel: '',
    ConfidenceScore: null,
    IsIncident: false,
    StartTime: alert.startTime,
    EndTime: alert.endTime,
    ProcessingEndTime: now,
    RemediationSteps: '',
    Status: 'New',
    CompromisedEntity: alert.entities.find((e) => e.kind === 'Host' || e.kind === 'Account')?.name ?? '',
    Tactics: alert.tactics.join(', '),
    Techniques: JSON.stringify([...new Set(alert.techniques.map((t) => t.split('.')[0]!))]),
    SubTechniques: JSON.stringify(alert.techniques.filter((t) => t.includes('.'))),
    Entities: entitiesColumn(alert.entities),
    ExtendedProperties: JSON.stringify({
      'Query Period': timespanText(rule.queryPeriod),
      'Trigger Operator': spokenOperators[rule.triggerOperator],
      'Trigger Threshold': String(rule.triggerThreshold),
      'Query Start Time UTC': alert.queryFrom.toISOString(),
      'Query End Time UTC': alert.queryTo.toISOString(),
      'Search Query Results Overall Count': String(rows),
      'Event Grouping': rule.eventGrouping,
      'Analytic Rule Ids': JSON.stringify([idOf(rule)]),
      'Analytic Rule Name': rule.name,
      'Custom Details': JSON.stringify(alert.customDetails),
      ProcessedBySentinel: 'True',
      'Alert generation status': 'Full alert created',
      Query: rule.plainQuery ?? rule.query,
    }),
    Type: 'SecurityAlert',
    ...(rule.of ? { TenantId: rule.of.workspaceId } : {}),
    ...Object.fromEntries(Object.entries(wording.properties).filter(([column]) => settable.has(column))),
  };
}

/** `d.hh:mm:ss`, as .NET writes it. */
function timespanText(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return days > 0 ? `${days}.${clock}` : clock;
}
