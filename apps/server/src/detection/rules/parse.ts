import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { identifierOf, kindOf } from '../../incidents/index.ts';
import { factsOf, hasOwnQuery, isByArrival, type KindFacts } from './kinds.ts';
import type { AnalyticsRule, EntityMapping } from './rule.ts';
import { fieldName, foldKeys, RuleDocument } from './schema.ts';

export interface Problem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly level: 'error' | 'warning';
  readonly code: 'InvalidYaml' | 'InvalidRule' | 'InvalidQuery' | 'DuplicateId' | 'TooLarge' | 'Ignored';
  readonly message: string;
}

export interface ParsedRule {
  readonly rule?: AnalyticsRule;
  readonly problems?: readonly Problem[];
  /** Why the text is no analytics rule at all. */
  readonly skipped?: string;
}

const ruleCharsMax = 1_024 * 1_024;
/** Reference 04: at most ten entity types a rule, three identifiers each, twenty custom details. */
const mappingsMax = 10;
const identifiersMax = 3;
const customDetailsMax = 20;

/** Reads one rule. `path` is only what problems say. Never throws: what is wrong comes back with its line. */
export function parseRule(text: string, path: string): ParsedRule {
  const problem = (
    line: number,
    code: Problem['code'],
    message: string,
    level: Problem['level'] = 'error',
  ): Problem => ({
    path,
    line,
    level,
    code,
    message,
  });
  if (text.length > ruleCharsMax) return { problems: [problem(1, 'TooLarge', `more than ${ruleCharsMax} characters`)] };
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  if (document.errors.length > 0)
    return {
      problems: document.errors
        .slice(0, 10)
        .map((error) => problem(error.linePos?.[0].line ?? 1, 'InvalidYaml', firstLine(error.message))),
    };
  const value = toValue(document);
  const skipped = whyNoRule(value);
  if (skipped !== undefined) return { skipped };
  const parsed = RuleDocument.safeParse(foldKeys(value));
  if (!parsed.success)
    return {
      problems: parsed.error.issues
        .slice(0, 20)
        .map((issue) => problem(lineOf(document, lines, issue.path), 'InvalidRule', messageOf(issue))),
    };
  const warnings: Problem[] = [];
  const rule = toRule(parsed.data, text, path, (field, message) =>
    warnings.push(problem(lineOf(document, lines, field), 'Ignored', message, 'warning')),
  );
  if (typeof rule === 'string') return { problems: [problem(1, 'InvalidRule', rule)] };
  return { rule, problems: warnings };
}

function toValue(document: Document.Parsed): unknown {
  try {
    // Aliases are expanded at most this often: a "billion laughs" file is refused.
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    return undefined;
  }
}

function whyNoRule(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a YAML mapping';
  const fields = new Set(Object.keys(value).map((name) => fieldName(name)));
  const kind = Object.entries(value).find(([name]) => fieldName(name) === 'kind')?.[1] as unknown;
  const ownQuery = typeof kind === 'string' && hasOwnQuery(kind);
  if (!fields.has('query') && !ownQuery) return 'no query';
  if (fields.has('InputEntityType')) return 'an entity query';
  // Hunting queries share the format, and some carry left-over fields of a schedule.
  if (!fields.has('kind') && !(fields.has('severity') && fields.has('queryFrequency')))
    return 'a hunting query or function: it has no kind, severity and schedule';
  return undefined;
}

const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;

/** The line of the field at `path`, or of the nearest field above it that exists. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const segment of path) {
    const items: unknown[] = isCollection(node) ? node.items : [];
    const next = typeof segment === 'number' ? items[segment] : items.find((item) => isPairOf(item, String(segment)));
    if (next === undefined) break;
    const place = isPair(next) ? next.key : next;
    offset = rangeOf(place) ?? offset;
    node = isPair(next) ? next.value : next;
  }
  return lines.linePos(offset).line || 1;
}

interface YamlPair {
  readonly key: { readonly value: unknown; readonly range?: readonly number[] };
  readonly value: unknown;
}
const isCollection = (node: unknown): node is { items: unknown[] } =>
  typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);
const isPair = (node: unknown): node is YamlPair => typeof node === 'object' && node !== null && 'key' in node;
const isPairOf = (node: unknown, name: string): boolean => isPair(node) && fieldName(String(node.key.value)) === name;
const rangeOf = (node: unknown): number | undefined =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? (node.range[0] as number)
    : undefined;
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

type Warn = (field: readonly PropertyKey[], message: string) => void;

function toRule(document: RuleDocument, yaml: string, path: string, warn: Warn): AnalyticsRule | string {
  const facts = factsOf(document);
  const schedule = scheduleOf(document, facts);
  if (typeof schedule === 'string') return schedule;
  const query = document.query ?? facts.query;
  if (query === undefined) return 'query: required for a rule of this kind';
  const severity = document.severity ?? facts.severity;
  if (severity === undefined) return 'severity: required for a rule of this kind';
  if (document.kind === 'MicrosoftSecurityIncidentCreation' && document.productFilter === undefined)
    return 'productFilter: required for a rule of this kind';
  // What a kind says of its alerts goes with its own query.
  const said = document.query === undefined ? (facts.overrides ?? {}) : {};
  const quiet = document.suppressionEnabled ?? (document.query === undefined && facts.suppression !== undefined);
  const ownFields = document.suppressionFields.length > 0 || document.query !== undefined;
  if (schedule.queryFrequency > schedule.queryPeriod)
    warn(
      ['queryFrequency'],
      'queryFrequency is longer than queryPeriod, so rows between two windows are never looked at',
    );
  const overrides = document.alertDetailsOverride;
  const grouping = document.incidentConfiguration?.groupingConfiguration;
  return {
    id: document.id,
    name: document.name,
    description: (document.description ?? '')
      .trim()
      .replace(/^'([\s\S]*)'$/, '$1')
      .trim(),
    kind: document.kind,
    severity,
    enabled: document.enabled,
    version: String(document.version ?? '1.0.0'),
    query,
    queryOfKind: document.query === undefined,
    kindFields: kindFieldsOf(document),
    isFlighting: document.kind === 'Anomaly' && document.settingsStatus === 'Flighting',
    ...schedule,
    triggerOperator: document.triggerOperator,
    triggerThreshold: document.triggerThreshold,
    tactics: [...new Set(document.tactics)],
    techniques: [...new Set([...document.relevantTechniques, ...document.techniques, ...document.subTechniques])],
    eventGrouping: document.eventGroupingSettings?.aggregationKind ?? facts.eventGrouping ?? 'SingleAlert',
    suppression: quiet ? (document.suppressionDuration ?? facts.suppression?.seconds ?? 5 * 3_600) : 0,
    suppressionFields: [...new Set(ownFields ? document.suppressionFields : (facts.suppression?.fields ?? []))],
    entityMappings: mappingsOf(document, warn),
    customDetails: customDetailsOf(document, warn),
    overrides: {
      ...said,
      ...(overrides?.alertDisplayNameFormat ? { name: overrides.alertDisplayNameFormat } : {}),
      ...(overrides?.alertDescriptionFormat ? { description: overrides.alertDescriptionFormat } : {}),
      ...(overrides?.alertSeverityColumnName ? { severityColumn: overrides.alertSeverityColumnName } : {}),
      ...(overrides?.alertTacticsColumnName ? { tacticsColumn: overrides.alertTacticsColumnName } : {}),
      properties: Object.fromEntries((overrides?.alertDynamicProperties ?? []).map((p) => [p.alertProperty, p.value])),
    },
    createIncident: document.incidentConfiguration?.createIncident ?? facts.createIncident ?? true,
    grouping: grouping?.enabled
      ? {
          lookbackSeconds: grouping.lookbackDuration,
          matchingMethod: grouping.matchingMethod,
          entities: grouping.groupByEntities.flatMap((name) => kindOf(name) ?? []),
          alertDetails: grouping.groupByAlertDetails,
          customDetails: grouping.groupByCustomDetails,
          reopenClosedIncident: grouping.reopenClosedIncident,
        }
      : undefined,
    yaml,
    path,
  };
}

function scheduleOf(
  document: RuleDocument,
  facts: KindFacts,
): { queryFrequency: number; queryPeriod: number } | string {
  // These have no schedule of their own: every minute, over what arrived in the minute before (reference 04).
  if (isByArrival(document.kind)) return { queryFrequency: 60, queryPeriod: 60 };
  const queryFrequency = document.queryFrequency ?? document.frequency ?? facts.queryFrequency;
  const queryPeriod = document.queryPeriod ?? document.frequency ?? facts.queryPeriod;
  if (queryFrequency === undefined) return `queryFrequency: required for a ${document.kind} rule`;
  if (queryPeriod === undefined) return `queryPeriod: required for a ${document.kind} rule`;
  return { queryFrequency, queryPeriod };
}

function kindFieldsOf(document: RuleDocument): Record<string, unknown> {
  switch (document.kind) {
    case 'MicrosoftSecurityIncidentCreation':
      return {
        productFilter: document.productFilter,
        ...named('severitiesFilter', document.severitiesFilter),
        ...named('displayNamesFilter', document.displayNamesFilter),
        ...named('displayNamesExcludeFilter', document.displayNamesExcludeFilter),
      };
    case 'Anomaly':
      return {
        settingsStatus: document.settingsStatus,
        ...(document.anomalyName === undefined ? {} : { anomalyName: document.anomalyName }),
        ...(document.anomalyScoreThreshold > 0 ? { anomalyScoreThreshold: document.anomalyScoreThreshold } : {}),
      };
    default:
      return {};
  }
}
const named = (name: string, values: readonly string[]): Record<string, unknown> =>
  values.length > 0 ? { [name]: values } : {};

function mappingsOf(document: RuleDocument, warn: Warn): EntityMapping[] {
  const mappings = document.entityMappings.flatMap(({ entityType, fieldMappings }, index): EntityMapping[] => {
    const kind = kindOf(entityType);
    if (!kind) {
      warn(['entityMappings', index], `entity type \`${entityType}\` is not known; the mapping is ignored`);
      return [];
    }
    if (fieldMappings.length > identifiersMax)
      warn(['entityMappings', index], `more than ${identifiersMax} identifiers; the rest is ignored`);
    const columns = fieldMappings.slice(0, identifiersMax).flatMap(({ identifier, columnName }) => {
      const name = identifierOf(kind, identifier);
      if (name) return [{ identifier: name, column: columnName }];
      warn(['entityMappings', index], `${kind} has no identifier \`${identifier}\`; it is ignored`);
      return [];
    });
    return columns.length > 0 ? [{ kind, columns }] : [];
  });
  if (mappings.length > mappingsMax) warn(['entityMappings'], `more than ${mappingsMax} mappings; the rest is ignored`);
  return mappings.slice(0, mappingsMax);
}

function customDetailsOf(document: RuleDocument, warn: Warn): Record<string, string> {
  const details = Object.entries(document.customDetails ?? {});
  if (details.length > customDetailsMax)
    warn(['customDetails'], `more than ${customDetailsMax} custom details; the rest is ignored`);
  return Object.fromEntries(details.slice(0, customDetailsMax));
}
