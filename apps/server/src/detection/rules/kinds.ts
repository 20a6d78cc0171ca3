import type { RuleKind, Severity } from '@sallyport/contracts';
import type { RuleDocument } from './schema.ts';

/** What of a rule its kind decides, where its text says nothing. Durations are seconds. */
export interface KindFacts {
  readonly query?: string;
  readonly severity?: Severity;
  readonly queryFrequency?: number;
  readonly queryPeriod?: number;
  readonly eventGrouping?: 'SingleAlert' | 'AlertPerResult';
  readonly createIncident?: boolean;
  readonly suppression?: { readonly seconds: number; readonly fields: readonly string[] };
  readonly overrides?: { readonly name?: string; readonly description?: string; readonly tacticsColumn?: string };
}

const minute = 60;
const hour = 3_600;
const day = 86_400;

/** Kinds whose windows are of the time of arrival, each minute, not of TimeGenerated. */
export const isByArrival = (kind: RuleKind): boolean => kind === 'NRT' || kind === 'MicrosoftSecurityIncidentCreation';

/** Rules that can find nothing as long as there is no indicator: they ask many tables, and needn't. */
export const needsIndicators = (kind: RuleKind): boolean => kind === 'ThreatIntelligence';

/** Kinds that need no query of their author's, nor a schedule or severity. */
export const hasOwnQuery = (kind: string): boolean =>
  ['microsoftsecurityincidentcreation', 'fusion', 'threatintelligence', 'anomaly'].includes(kind.toLowerCase());

/**
 * The kinds of analytics rules, as they are in Microsoft Sentinel, and what ours of them ask. Each is KQL: a text may bring its own query, schedule and fields beside what is here.
 * https://learn.microsoft.com/rest/api/securityinsights/alert-rules
 */
export function factsOf(document: RuleDocument): KindFacts {
  switch (document.kind) {
    case 'Scheduled':
      return {};
    case 'NRT':
      return { queryFrequency: minute, queryPeriod: minute };
    case 'MicrosoftSecurityIncidentCreation':
      return {
        query: alertsOfProduct(document),
        severity: 'Medium',
        queryFrequency: minute,
        queryPeriod: minute,
        eventGrouping: 'AlertPerResult',
      };
    case 'Fusion':
      return {
        query: '_Fusion_MultistageAttack()',
        severity: 'High',
        queryFrequency: 15 * minute,
        queryPeriod: 7 * day,
        eventGrouping: 'AlertPerResult',
        // The same attack is told again when it goes on, not each quarter of an hour.
        suppression: { seconds: 7 * day, fields: ['EntityKey', 'Stages'] },
        overrides: {
          name: 'Multistage attack on {{EntityName}}: {{StagesText}}',
          description: '{{Reasons}}',
          tacticsColumn: 'Stages',
        },
      };
    case 'ThreatIntelligence':
      return {
        query: '_ThreatIntelligence_Matches()',
        severity: 'Medium',
        queryFrequency: hour,
        // Indicators may come after what they tell of.
        queryPeriod: day,
        eventGrouping: 'AlertPerResult',
        suppression: { seconds: day, fields: ['ObservableValue', 'EntityKey'] },
        overrides: {
          name: 'Threat intelligence: {{ObservableValue}} was seen ({{Where}})',
          description: '{{Reasons}}',
        },
      };
    case 'Anomaly':
      return {
        query: anomaliesOf(document),
        severity: 'Informational',
        queryFrequency: hour,
        queryPeriod: hour,
        eventGrouping: 'AlertPerResult',
        // An anomaly alone is a hint; Fusion and people make more of it.
        createIncident: false,
        overrides: { description: '{{Description}}', tacticsColumn: 'Tactics' },
      };
  }
}

/** Names under which Microsoft's products stand in rules, and those of their providers in `SecurityAlert`. */
const providers: Readonly<Record<string, readonly string[]>> = {
  'microsoft cloud app security': ['MCAS', 'Microsoft Defender for Cloud Apps'],
  'azure security center': ['Azure Security Center', 'Microsoft Defender for Cloud', 'Detection-WarmPathV2'],
  'azure advanced threat protection': ['AATP', 'Microsoft Defender for Identity', 'Azure Advanced Threat Protection'],
  'azure active directory identity protection': ['IPC', 'Microsoft Entra ID Protection', 'AAD Identity Protection'],
  'azure security center for iot': ['IoTSecurity', 'Microsoft Defender for IoT'],
  'office 365 advanced threat protection': ['OATP', 'Microsoft Defender for Office 365'],
  'microsoft defender advanced threat protection': ['MDATP', 'Microsoft Defender for Endpoint'],
};

/** A literal: KQL's escapes in double quotes are those of JSON. */
const kqlString = (text: string): string => JSON.stringify(text);

const list = (values: readonly string[]): string => values.map((value) => kqlString(value)).join(', ');

/** Alerts that another product raised, each as it is newest; our own never. */
function alertsOfProduct(document: RuleDocument): string {
  const product = document.productFilter ?? '';
  const names = [product, ...(providers[product.toLowerCase()] ?? [])];
  const anyOf = (texts: readonly string[]): string =>
    texts.map((text) => `AlertName contains ${kqlString(text)}`).join(' or ');
  return [
    'SecurityAlert',
    `| where VendorName != 'Sallyport' and (ProductName in~ (${list(names)}) or ProviderName in~ (${list(names)}))`,
    ...(document.severitiesFilter.length > 0 ? [`| where AlertSeverity in~ (${list(document.severitiesFilter)})`] : []),
    '| extend AlertName = iff(isempty(AlertName), DisplayName, AlertName)',
    '| extend SystemAlertId = iff(isempty(SystemAlertId), VendorOriginalId, SystemAlertId)',
    ...(document.displayNamesFilter.length > 0 ? [`| where ${anyOf(document.displayNamesFilter)}`] : []),
    ...(document.displayNamesExcludeFilter.length > 0
      ? [`| where not(${anyOf(document.displayNamesExcludeFilter)})`]
      : []),
    '| summarize arg_max(TimeGenerated, *) by SystemAlertId',
  ].join('\n');
}

/** The rows of one anomaly, as `Anomalies` has them. */
function anomaliesOf(document: RuleDocument): string {
  const names = list([document.anomalyName ?? document.name]);
  return [
    'Anomalies',
    `| where RuleName in~ (${names}) or AnomalyTemplateName in~ (${names})`,
    `| where Score >= ${document.anomalyScoreThreshold} and RuleStatus != 'Flighting'`,
    '| summarize arg_max(TimeGenerated, *) by Id',
  ].join('\n');
}
