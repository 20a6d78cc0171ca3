import { isMap, isScalar, parseDocument, Scalar, type Document } from 'yaml';
import { z } from 'zod';

/** A rule's text to begin with. */
export const newRule = (id: string): string => `id: ${id}
name: New rule
description: ''
kind: Scheduled
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: []
relevantTechniques: []
query: |-
  SecurityEvent
  | where EventID == 4625
eventGroupingSettings:
  aggregationKind: SingleAlert
entityMappings: []
version: 1.0.0
`;

const text = z.preprocess((value) => (value === undefined || value === null ? '' : value), z.coerce.string()).catch('');
const list = z.preprocess((value) => (Array.isArray(value) ? value : []), z.array(z.coerce.string())).catch([]);

const overrides = {
  alertDisplayNameFormat: text,
  alertDescriptionFormat: text,
  alertSeverityColumnName: text,
  alertTacticsColumnName: text,
};
const noOverrides = z.object(overrides).parse({});

const grouping = {
  enabled: z.boolean().catch(false),
  lookbackDuration: text,
  matchingMethod: text,
  reopenClosedIncident: z.boolean().catch(false),
  groupByEntities: list,
  groupByAlertDetails: list,
  groupByCustomDetails: list,
};
const noGrouping = z.object(grouping).parse({});

/** What the form shows of a rule; what is not there, or not readable, is empty. */
const Fields = z.object({
  id: text,
  name: text,
  description: text,
  kind: text,
  severity: text,
  queryFrequency: text,
  queryPeriod: text,
  triggerOperator: text,
  triggerThreshold: text,
  tactics: list,
  relevantTechniques: list,
  query: text,
  suppressionEnabled: z.boolean().optional().catch(undefined),
  suppressionFields: list,
  productFilter: text,
  severitiesFilter: list,
  displayNamesFilter: list,
  displayNamesExcludeFilter: list,
  settingsStatus: text,
  anomalyName: text,
  anomalyScoreThreshold: text,
  suppressionDuration: text,
  eventGroupingSettings: z.object({ aggregationKind: text }).catch({ aggregationKind: '' }),
  entityMappings: z
    .array(
      z.object({
        entityType: text,
        fieldMappings: z.array(z.object({ identifier: text, columnName: text })).catch([]),
      }),
    )
    .catch([]),
  customDetails: z.record(z.string(), text).catch({}),
  alertDetailsOverride: z.object(overrides).catch(noOverrides),
  incidentConfiguration: z
    .object({
      createIncident: z.boolean().optional().catch(undefined),
      groupingConfiguration: z.object(grouping).catch(noGrouping),
    })
    .catch({ createIncident: undefined, groupingConfiguration: noGrouping }),
});
export type RuleFields = z.infer<typeof Fields>;

const read = (yaml: string): Document.Parsed => parseDocument(yaml, { uniqueKeys: false, logLevel: 'silent' });

/** The fields of a rule's YAML; undefined while it can't be read. */
export function fieldsOf(yaml: string): RuleFields | undefined {
  const document = read(yaml);
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const parsed = Fields.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** The YAML with another value of one field, the rest as its author wrote it; undefined as a value takes the field away. */
export function withField(yaml: string, path: readonly [string, ...string[]], value: unknown): string {
  const document = read(yaml);
  if (document.errors.length > 0 || !isMap(document.contents)) return yaml;
  if (value === undefined) document.deleteIn(path);
  else if (typeof value === 'string' && value.includes('\n')) {
    const block = new Scalar(value);
    block.type = Scalar.BLOCK_LITERAL;
    document.setIn(path, block);
  } else {
    const before: unknown = document.getIn(path, true);
    if (isScalar(before) && typeof value === 'string') {
      before.value = value;
      delete before.type;
    } else document.setIn(path, document.createNode(value));
  }
  return document.toString({ lineWidth: 0 });
}
