import { randomUUID } from 'node:crypto';
import { SallyportError, type NamedEntity, type Severity } from '@sallyport/contracts';
import type { Platform, RowObject } from '../platform/types.ts';
import { alertsPerIncidentMax } from './correlation/index.ts';
import {
  entitiesColumn,
  entitiesThatFit,
  resolveEntities,
  type Inventory,
  type ResolvedEntity,
} from './entities/index.ts';
import { createIncident } from './manual.ts';
import { moveAlerts } from './moves.ts';
import { raise } from './raise.ts';
import { findingRuleId } from './store.ts';

/** What a person found by looking, to be kept as an alert. */
export interface Finding {
  /** A UUID, which becomes the alert's: found again, it is the same alert. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** When what was found happened. */
  readonly at: Date;
  readonly entities: readonly NamedEntity[];
  readonly query: string;
  readonly queryFrom: Date;
  readonly queryTo: Date;
}

/** The incident that findings go to: its number, or what a new one is called. */
export type FindingTarget = { readonly number: number } | { readonly title: string; readonly severity: Severity };

/**
 * Makes each finding an alert and puts them into one incident, as Defender's “link to incident” does. Answers the incident's number. Done again after it was
 * cut short, it makes nothing twice but the incident. Throws NotFound, Conflict for a merged incident, BadRequest when it is full.
 */
export async function addFindings(
  platform: Pick<Platform, 'clock' | 'database' | 'outbox'> & { readonly inventory: Inventory },
  findings: readonly Finding[],
  target: FindingTarget,
  by: string,
): Promise<number> {
  const { clock, database } = platform;
  const now = clock.now();
  const severity = 'severity' in target ? target.severity : await roomIn(platform, target.number, findings.length);
  const alerts = findings.map((finding) => {
    const entities = entitiesThatFit(resolveEntities(finding.entities));
    return {
      ...finding,
      ruleId: findingRuleId,
      severity,
      startTime: finding.at,
      endTime: finding.at,
      entities,
      customDetails: {},
      createIncident: false,
      grouping: undefined,
      row: alertRow(finding, severity, entities, now),
    };
  });
  await database.transaction((tx) => raise(platform, alerts, tx));
  const times = findings.map(({ at }) => at.getTime());
  const number =
    'number' in target
      ? target.number
      : await createIncident(
          platform,
          {
            name: randomUUID(),
            workspaceId: null,
            change: { title: target.title, severity, status: 'New' },
            firstActivity: new Date(Math.min(...times)),
            lastActivity: new Date(Math.max(...times)),
          },
          by,
        );
  await moveAlerts(
    platform,
    findings.map(({ id }) => id),
    number,
    by,
  );
  return number;
}

/** The severity of an incident that has room for so many alerts. */
async function roomIn({ database }: Pick<Platform, 'database'>, number: number, alerts: number): Promise<Severity> {
  const incident = await database.first<{ severity: Severity; alert_count: number; redirected_to: number | null }>(
    'SELECT severity, alert_count, redirected_to FROM incidents WHERE number = $1',
    [number],
  );
  if (!incident) throw new SallyportError('NotFound', `there is no incident ${number}`);
  if (incident.redirected_to !== null)
    throw new SallyportError('Conflict', `incident ${number} was merged into incident ${incident.redirected_to}`);
  if (incident.alert_count + alerts > alertsPerIncidentMax)
    throw new SallyportError('BadRequest', `an incident holds at most ${alertsPerIncidentMax} alerts`);
  return incident.severity;
}

/** https://learn.microsoft.com/azure/sentinel/security-alert-schema */
const alertRow = (finding: Finding, severity: Severity, entities: readonly ResolvedEntity[], now: Date): RowObject => ({
  TimeGenerated: now,
  SystemAlertId: finding.id,
  VendorOriginalId: finding.id,
  DisplayName: finding.name,
  AlertName: finding.name,
  AlertSeverity: severity,
  Description: finding.description,
  AlertType: findingRuleId,
  ProviderName: 'Bookmark',
  VendorName: 'Sallyport',
  ProductName: 'Sallyport',
  ProductComponentName: 'Hunting',
  IsIncident: false,
  StartTime: finding.at,
  EndTime: finding.at,
  ProcessingEndTime: now,
  Status: 'New',
  CompromisedEntity: entities.find(({ kind }) => kind === 'Host' || kind === 'Account')?.name ?? '',
  Tactics: finding.tactics.join(', '),
  Techniques: JSON.stringify([...new Set(finding.techniques.map((one) => one.split('.')[0]!))]),
  SubTechniques: JSON.stringify(finding.techniques.filter((one) => one.includes('.'))),
  Entities: entitiesColumn(entities),
  ExtendedProperties: JSON.stringify({
    Query: finding.query,
    'Query Start Time UTC': finding.queryFrom.toISOString(),
    'Query End Time UTC': finding.queryTo.toISOString(),
  }),
  Type: 'SecurityAlert',
});
