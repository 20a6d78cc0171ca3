import type { AnalyticsRule } from './rule.ts';
import { formatDuration } from './duration.ts';
import { isByArrival } from './kinds.ts';
import { yamlOf } from './yaml.ts';

/** A rule as the fields of Sentinel's YAML; what is as by default is left out. */
export function sentinelFields(rule: AnalyticsRule): Record<string, unknown> {
  const { id, name, description, kind, severity, version, enabled, query } = rule;
  return {
    id,
    name,
    ...(description === '' ? {} : { description }),
    kind,
    severity,
    ...(enabled ? {} : { enabled }),
    ...scheduleOf(rule),
    triggerOperator: rule.triggerOperator,
    triggerThreshold: rule.triggerThreshold,
    tactics: rule.tactics,
    relevantTechniques: rule.techniques,
    ...(rule.queryOfKind ? {} : { query }),
    ...rule.kindFields,
    ...restOf(rule),
    version,
  };
}

/** A rule as a text of Sentinel's YAML: its author's, where it is one. */
export const exportYaml = (rule: AnalyticsRule, format: 'sentinel' | 'sigma'): string =>
  format === 'sentinel' ? rule.yaml : yamlOf(sentinelFields(rule));

/**
 * Rules as one ARM template, to be deployed to a workspace of Microsoft Sentinel.
 * https://learn.microsoft.com/azure/sentinel/import-export-analytics-rules
 */
export function exportArm(rules: readonly AnalyticsRule[]): string {
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: { workspace: { type: 'String' } },
    resources: rules.map((rule) => {
      // Anomalies are no alert rules there, but settings beside them.
      const type = rule.kind === 'Anomaly' ? 'securityMLAnalyticsSettings' : 'alertRules';
      return {
        id: `[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'), 'Microsoft.SecurityInsights'),'/${type}/${quoted(rule.id)}')]`,
        name: `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/${quoted(rule.id)}')]`,
        type: `Microsoft.OperationalInsights/workspaces/providers/${type}`,
        apiVersion: '2023-12-01-preview',
        kind: rule.kind,
        properties: escaped(armProperties(rule)),
      };
    }),
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

const quoted = (text: string): string => text.replaceAll("'", "''");

/** A text that looks like an expression and is none. */
export function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('[') ? `[${value}` : value;
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, escaped(inner)]));
}

/** A rule as the properties of Azure Resource Manager's `alertRules`. */
export function armProperties(rule: AnalyticsRule): Record<string, unknown> {
  return {
    displayName: rule.name,
    description: rule.description,
    severity: rule.severity,
    enabled: rule.enabled,
    ...(rule.queryOfKind ? {} : { query: rule.query }),
    ...rule.kindFields,
    ...scheduleOf(rule),
    triggerOperator: rule.triggerOperator,
    triggerThreshold: rule.triggerThreshold,
    tactics: rule.tactics,
    // Sentinel's interface takes techniques and their sub-techniques apart.
    techniques: rule.techniques.filter((technique) => !technique.includes('.')),
    subTechniques: rule.techniques.filter((technique) => technique.includes('.')),
    ...restOf(rule),
    templateVersion: rule.version,
  };
}

const scheduleOf = (rule: AnalyticsRule): Record<string, unknown> =>
  isByArrival(rule.kind)
    ? {}
    : { queryFrequency: formatDuration(rule.queryFrequency), queryPeriod: formatDuration(rule.queryPeriod) };

function restOf(rule: AnalyticsRule): Record<string, unknown> {
  const { overrides, grouping, suppression } = rule;
  const override = {
    ...(overrides.name === undefined ? {} : { alertDisplayNameFormat: overrides.name }),
    ...(overrides.description === undefined ? {} : { alertDescriptionFormat: overrides.description }),
    ...(overrides.severityColumn === undefined ? {} : { alertSeverityColumnName: overrides.severityColumn }),
    ...(overrides.tacticsColumn === undefined ? {} : { alertTacticsColumnName: overrides.tacticsColumn }),
    ...(Object.keys(overrides.properties).length === 0
      ? {}
      : {
          alertDynamicProperties: Object.entries(overrides.properties).map(([alertProperty, value]) => ({
            alertProperty,
            value,
          })),
        }),
  };
  return {
    suppressionEnabled: suppression > 0,
    ...(suppression > 0 ? { suppressionDuration: formatDuration(suppression) } : {}),
    ...(rule.suppressionFields.length > 0 ? { suppressionFields: rule.suppressionFields } : {}),
    eventGroupingSettings: { aggregationKind: rule.eventGrouping },
    entityMappings: rule.entityMappings.map(({ kind, columns }) => ({
      entityType: kind,
      fieldMappings: columns.map(({ identifier, column }) => ({ identifier, columnName: column })),
    })),
    ...(Object.keys(rule.customDetails).length === 0 ? {} : { customDetails: rule.customDetails }),
    ...(Object.keys(override).length === 0 ? {} : { alertDetailsOverride: override }),
    incidentConfiguration: {
      createIncident: rule.createIncident,
      ...(grouping
        ? {
            groupingConfiguration: {
              enabled: true,
              reopenClosedIncident: grouping.reopenClosedIncident,
              lookbackDuration: formatDuration(grouping.lookbackSeconds),
              matchingMethod: grouping.matchingMethod,
              groupByEntities: grouping.entities,
              groupByAlertDetails: grouping.alertDetails,
              groupByCustomDetails: grouping.customDetails,
            },
          }
        : {}),
    },
  };
}
