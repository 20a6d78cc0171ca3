import { ruleKinds, tactics } from '@sallyport/contracts';
import { z } from 'zod';
import { Duration } from './duration.ts';

const minute = 60;
const day = 86_400;

/** A name in any case, as one of `names`. */
const oneOf = <const T extends readonly [string, ...string[]]>(
  names: T,
  aliases: Readonly<Record<string, T[number]>> = {},
) =>
  z.string().transform((text, context): T[number] => {
    const lower = text.trim().toLowerCase();
    const found = names.find((name) => name.toLowerCase() === lower) ?? aliases[lower];
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `expected one of ${names.join(', ')}` });
    return z.NEVER;
  });

/** Absent, null and an empty value are all "none" in public rules; one value without a list is a list of it. */
const listOf = <T extends z.ZodType>(item: T, max: number) =>
  z.preprocess((value) => {
    if (value === undefined || value === null || value === '') return [];
    return Array.isArray(value) ? value : [value];
  }, z.array(item).max(max));

const tacticByLetters = new Map<string, string>(tactics.map((tactic) => [tactic.toLowerCase(), tactic]));
/** `Initial access` and `InitialAccess` are one tactic; a name that is none is kept as it is. */
const Tactic = z
  .string()
  .max(64)
  .transform((text) => tacticByLetters.get(text.replaceAll(/[^a-z]/gi, '').toLowerCase()) ?? text.trim());

const EntityMapping = z.looseObject({
  entityType: z.string().max(64),
  fieldMappings: listOf(z.looseObject({ identifier: z.string().max(64), columnName: z.string().max(128) }), 100),
});

const Grouping = z.looseObject({
  enabled: z.boolean().default(false),
  reopenClosedIncident: z.boolean().default(false),
  lookbackDuration: Duration({ min: minute, max: 30 * day }).default(5 * 3_600),
  matchingMethod: oneOf(['AllEntities', 'AnyAlert', 'Selected'], {
    all: 'AllEntities',
    none: 'AnyAlert',
    custom: 'Selected',
  }).default('AllEntities'),
  groupByEntities: listOf(z.string().max(64), 32),
  groupByAlertDetails: listOf(oneOf(['DisplayName', 'Severity']), 2),
  groupByCustomDetails: listOf(z.string().max(128), 20),
});

const Incidents = z.looseObject({
  createIncident: z.boolean().optional(),
  groupingConfiguration: Grouping.nullish(),
});

const Overrides = z.looseObject({
  alertDisplayNameFormat: z.string().max(5_000).nullish(),
  alertDescriptionFormat: z.string().max(20_000).nullish(),
  alertSeverityColumnName: z.string().max(128).nullish(),
  alertTacticsColumnName: z.string().max(128).nullish(),
  alertDynamicProperties: listOf(z.looseObject({ alertProperty: z.string().max(64), value: z.string().max(128) }), 50),
});

/**
 * A Microsoft Sentinel analytics rule as its YAML has it, field names as `foldKeys` leaves them. Fields that are not here are kept.
 * https://learn.microsoft.com/azure/sentinel/scheduled-rules-overview
 */
export const RuleDocument = z.looseObject({
  id: z.string().trim().min(1).max(128),
  name: z.string().trim().min(1).max(256),
  description: z.string().max(20_000).nullish(),
  kind: oneOf(ruleKinds, { mlbehavioranalytics: 'Anomaly' }).default('Scheduled'),
  // Required of kinds without one of their own, as is the query.
  severity: oneOf(['High', 'Medium', 'Low', 'Informational']).optional(),
  enabled: z.boolean().default(true),
  version: z.union([z.string().max(32), z.number()]).nullish(),
  // Sentinel allows 10,000 characters. That bound is the vendor's, not ours.
  query: z.string().trim().min(1).max(100_000).optional(),
  // Sentinel: 5 min to 14 d for both. A minute is enough work apart, and a longer look back costs only its reader.
  queryFrequency: Duration({ min: minute, max: 14 * day }).optional(),
  queryPeriod: Duration({ min: minute, max: 90 * day }).optional(),
  triggerOperator: oneOf(['GreaterThan', 'LessThan', 'Equal', 'NotEqual'], {
    gt: 'GreaterThan',
    lt: 'LessThan',
    eq: 'Equal',
    equals: 'Equal',
    ne: 'NotEqual',
    notequals: 'NotEqual',
  }).default('GreaterThan'),
  triggerThreshold: z.int().min(0).max(1_000_000).default(0),
  tactics: listOf(Tactic, 32),
  relevantTechniques: listOf(z.string().max(32), 100),
  techniques: listOf(z.string().max(32), 100),
  subTechniques: listOf(z.string().max(32), 100),
  eventGroupingSettings: z
    .looseObject({ aggregationKind: oneOf(['SingleAlert', 'AlertPerResult']).optional() })
    .nullish(),
  suppressionEnabled: z.boolean().optional(),
  suppressionDuration: Duration({ min: minute, max: 30 * day }).nullish(),
  // Ours: columns of the answer. Quiet is what was alerted of with the same values in them, not the whole rule.
  suppressionFields: listOf(z.string().trim().min(1).max(128), 10),
  // Sentinel: at most 10 entity types a rule, 20 custom details. More is read and cut, with a warning.
  entityMappings: listOf(EntityMapping, 100),
  customDetails: z.record(z.string().max(128), z.string().max(128)).nullish(),
  alertDetailsOverride: Overrides.nullish(),
  incidentConfiguration: Incidents.nullish(),
  // Of MicrosoftSecurityIncidentCreation: whose alerts become incidents, and which of them. Names are parts of the alert's.
  productFilter: z.string().trim().min(1).max(128).optional(),
  severitiesFilter: listOf(oneOf(['High', 'Medium', 'Low', 'Informational']), 4),
  displayNamesFilter: listOf(z.string().min(1).max(256), 100),
  displayNamesExcludeFilter: listOf(z.string().min(1).max(256), 100),
  // Of Anomaly. Flighting: it is tried, and its rows are shown in its runs, without alerts. The name and the score are ours.
  settingsStatus: oneOf(['Production', 'Flighting']).default('Production'),
  anomalyName: z.string().trim().min(1).max(256).optional(),
  anomalyScoreThreshold: z.number().min(0).max(1).default(0),
  frequency: Duration({ min: minute, max: 14 * day }).optional(),
});
export type RuleDocument = z.infer<typeof RuleDocument>;

const aliases: Readonly<Record<string, string>> = {
  displayname: 'name',
  eventgroupsettings: 'eventGroupingSettings',
  alertdisplaynameformat: 'alertDisplayNameFormat',
  entitiesmatchingmethod: 'matchingMethod',
};
const known = new Map<string, string>(
  [
    ...Object.keys(RuleDocument.shape),
    ...Object.keys(EntityMapping.shape),
    ...Object.keys(Grouping.shape),
    ...Object.keys(Incidents.shape),
    ...Object.keys(Overrides.shape),
    'aggregationKind',
    'identifier',
    'columnName',
    'alertProperty',
    'value',
  ].map((name) => [name.toLowerCase(), name]),
);
/** Its keys are the author's own names. */
const opaque = new Set(['customDetails']);

/** Public rules write `Query`, `DisplayName` and `EventGroupSettings` too: known field names in the spelling of the schema, others as they are. */
export function foldKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(foldKeys);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const folded: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const key = fieldName(name);
    // `name` beside `displayName`: the field's own name wins.
    if (key in folded && key !== name) continue;
    folded[key] = opaque.has(key) ? inner : foldKeys(inner);
  }
  return folded;
}

export const fieldName = (name: string): string => known.get(name.toLowerCase()) ?? aliases[name.toLowerCase()] ?? name;
