import { tactics as knownTactics, type Cell, type Severity } from '@sallyport/contracts';
import {
  mergeEntities,
  readEntities,
  resolveEntities,
  type MappedEntity,
  type ResolvedEntity,
} from '../../incidents/index.ts';
import { hasOwnQuery, type AnalyticsRule } from '../rules/index.ts';
import type { ResultTable } from './table.ts';

type Row = readonly Cell[];

/** Reference 04: entities of one alert, shared equally among the rule's mappings. */
const entitiesPerAlertMax = 500;

/** The entities of an alert's rows by the rule's mappings, each once, in order of first appearance. */
export function entitiesOf(rule: AnalyticsRule, table: ResultTable, rows: readonly Row[]): ResolvedEntity[] {
  // Of kinds that tell of alerts the entities may stand in a column, as alerts have them.
  const inColumn = rule.entityMappings.length === 0 && hasOwnQuery(rule.kind) && table.has('Entities');
  const share = Math.floor(entitiesPerAlertMax / Math.max(1, rule.entityMappings.length));
  const found = new Map<string, ResolvedEntity>();
  const perKind = new Map<string, number>();
  const kindMax = (kind: string) =>
    inColumn ? entitiesPerAlertMax : share * rule.entityMappings.filter((mapping) => mapping.kind === kind).length;
  const mappedIn = (row: Row): MappedEntity[] =>
    inColumn
      ? readEntities(table.text(row, 'Entities'))
      : rule.entityMappings.flatMap((mapping) => mapped(mapping, table, row));
  for (const row of rows)
    for (const entity of resolveEntities(mappedIn(row))) {
      const twin = found.get(entity.id);
      if (!twin) {
        const count = perKind.get(entity.kind) ?? 0;
        if (count >= kindMax(entity.kind)) continue;
        perKind.set(entity.kind, count + 1);
      }
      found.set(entity.id, twin ? mergeEntities(twin, entity) : entity);
    }
  return [...found.values()];
}

/** The entity of a row by one mapping; several when a column holds an array (`make_set`): one for each value of it. */
function mapped(
  { kind, columns }: AnalyticsRule['entityMappings'][number],
  table: ResultTable,
  row: Row,
): MappedEntity[] {
  const values = columns.map(({ identifier, column }) => [identifier, table.values(row, column)] as const);
  const count = Math.min(entitiesPerAlertMax, Math.max(0, ...values.map(([, all]) => all.length)));
  const many = values.filter(([, all]) => all.length > 1).length;
  // Two arrays side by side don't say which value goes with which: only the first is spread, the other identifiers must be single.
  const spread = values.find(([, all]) => all.length > 1)?.[0];
  return Array.from({ length: count }, (_, index) => ({
    kind,
    identifiers: Object.fromEntries(
      values.flatMap(([identifier, all]) => {
        if (identifier === spread) return all[index] === undefined ? [] : [[identifier, all[index]]];
        return all.length === 1 && (many <= 1 || index === 0) ? [[identifier, all[0]!]] : [];
      }),
    ),
  }));
}

/** Reference 04: values of one custom detail, and bytes of all together. */
const detailValuesMax = 50;
const detailBytesMax = 2 * 1_024;

/** The rule's custom details over an alert's rows: each value once. */
export function customDetailsOf(
  rule: AnalyticsRule,
  table: ResultTable,
  rows: readonly Row[],
): Record<string, string[]> {
  const details: Record<string, string[]> = {};
  let bytes = 0;
  for (const [name, column] of Object.entries(rule.customDetails)) {
    const values = new Set<string>();
    for (const row of rows) {
      for (const value of table.values(row, column)) if (values.size < detailValuesMax) values.add(value);
      if (values.size >= detailValuesMax) break;
    }
    const kept: string[] = [];
    for (const value of values) {
      const size = Buffer.byteLength(value);
      if (bytes + size > detailBytesMax) continue;
      bytes += size;
      kept.push(value);
    }
    if (kept.length > 0) details[name] = kept;
  }
  return details;
}

/** Reference 04: bytes of an overridden name and description. */
const nameBytesMax = 256;
const descriptionBytesMax = 5 * 1_024;

/** Reference 04: values of a list that an override takes. */
const overrideValuesMax = 50;

/** `{{Column}}` in a template, filled from the alert's first row; of a list its first 50 values. Columns that the answer lacks become empty. */
export function fill(template: string, table: ResultTable, row: Row | undefined): string {
  return template.replaceAll(/\{\{\s*([^{}]{1,128}?)\s*\}\}/g, (_, column: string) => {
    if (!row) return '';
    const values = table.values(row, column);
    return values.length > overrideValuesMax
      ? JSON.stringify(values.slice(0, overrideValuesMax))
      : table.text(row, column);
  });
}

export interface Wording {
  readonly name: string;
  readonly description: string;
  readonly severity: Severity;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** SecurityAlert column → value. */
  readonly properties: Readonly<Record<string, string>>;
}

const tacticByLetters = new Map<string, string>(knownTactics.map((name) => [name.toLowerCase(), name]));
/** `Initial Access` is `InitialAccess`; a name that is none stays as it is. */
const tacticOf = (text: string): string | undefined => {
  const letters = text.replaceAll(/[^A-Za-z]/g, '');
  return tacticByLetters.get(letters.toLowerCase()) ?? (letters === '' ? undefined : letters);
};

const isScore = (text: string): boolean => /^(?:0?\.\d+|[01](?:\.\d+)?)$/.test(text) && Number(text) <= 1;

const severities: readonly Severity[] = ['High', 'Medium', 'Low', 'Informational'];

/** Name, description, severity and tactics of an alert: the rule's, or what its overrides take from the first row. */
export function wordingOf(rule: AnalyticsRule, table: ResultTable, rows: readonly Row[]): Wording {
  const { overrides } = rule;
  const [first] = rows;
  const from = (column: string | undefined) => (column && first ? table.text(first, column).trim() : '');
  const severity = severities.find((s) => s.toLowerCase() === from(overrides.severityColumn).toLowerCase());
  // A column of text may name several, with commas between.
  const listed = (column: string | undefined): string[] =>
    first && column
      ? table
          .values(first, column)
          .slice(0, overrideValuesMax)
          .flatMap((text) => text.split(','))
          .map((text) => text.trim())
      : [];
  const tactics = listed(overrides.tacticsColumn).flatMap((text) => tacticOf(text) ?? []);
  const techniques = [overrides.properties['Techniques'], overrides.properties['SubTechniques']]
    .flatMap(listed)
    .flatMap((text) => /\bT\d{4}(?:\.\d{3})?\b/.exec(text)?.[0] ?? []);
  return {
    name: clip((overrides.name && fill(overrides.name, table, first).trim()) || rule.name, nameBytesMax),
    description: clip(
      (overrides.description && fill(overrides.description, table, first).trim()) || rule.description,
      descriptionBytesMax,
    ),
    severity: severity ?? rule.severity,
    tactics: tactics.length > 0 ? [...new Set(tactics)] : rule.tactics,
    techniques: techniques.length > 0 ? [...new Set(techniques)] : rule.techniques,
    properties: Object.fromEntries(
      Object.entries(overrides.properties).flatMap(([property, column]) => {
        const value = from(column);
        // A number from 0 to 1; anything else would be refused with the row.
        const isNone = property === 'ConfidenceScore' ? !isScore(value) : value === '';
        return isNone || property === 'Techniques' || property === 'SubTechniques' ? [] : [[property, value]];
      }),
    ),
  };
}

function clip(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  // A cut in the middle of a character leaves U+FFFD, which goes too.
  return bytes.length <= bytesMax
    ? text
    : bytes
        .subarray(0, bytesMax - 3)
        .toString('utf8')
        .replace(/\uFFFD+$/, '') + '…';
}
