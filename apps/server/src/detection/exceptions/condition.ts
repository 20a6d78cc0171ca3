import { SallyportError } from '@sallyport/contracts';
import type { Column } from '@sallyport/kql';
import type { Queries } from '../../hunting/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { bare, split } from '../sweep/kql-text.ts';
import { rowLevelPart, type ColumnsOf } from '../sweep/row-level.ts';
import { exceptionColumn } from './left-out.ts';

/** Why a text can't be one condition inside of brackets; undefined when it can. Names and types are the compiler's to judge. */
export function conditionFault(text: string): string | undefined {
  const blanked = bare(text);
  let depth = 0;
  for (const char of blanked) {
    if ('([{'.includes(char)) depth++;
    if (')]}'.includes(char) && --depth < 0) return 'a bracket is closed that was not opened';
  }
  if (depth > 0) return 'a bracket is not closed';
  if (split(text, '|').length > 1)
    return 'one condition is expected, and no operator: `|` may stand inside of brackets only';
  if (split(text, ';').length > 1) return 'one condition is expected, and no statement';
  return undefined;
}

const entityName = /(?<![\w.'"\]])([A-Z][A-Za-z]+)_([A-Z][A-Za-z]+)\b/g;

/**
 * A condition in the words of one rule: `Account_Name` is the column that the rule maps to the entity's identifier. Where it maps several entities of the kind, the
 * condition is asked of each. Names that it maps nothing to stay as they are.
 */
export function inWordsOf(condition: string, rule: Pick<AnalyticsRule, 'entityMappings'>): string {
  const columns = (kind: string, identifier: string): string[] =>
    rule.entityMappings
      .filter((mapping) => mapping.kind.toLowerCase() === kind.toLowerCase())
      .flatMap((mapping) => mapping.columns)
      .filter((one) => one.identifier.toLowerCase() === identifier.toLowerCase())
      .map(({ column }) => column);
  const blanked = bare(condition);
  const names = [...blanked.matchAll(entityName)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    columns: columns(match[1] ?? '', match[2] ?? ''),
  }));
  const variants = names.reduce((most, one) => Math.max(most, one.columns.length), 0);
  if (variants === 0) return condition;
  const nth = (n: number): string => {
    let text = condition;
    for (const { start, end, columns: found } of names.toReversed()) {
      const column = found[Math.min(n, found.length - 1)];
      if (column !== undefined) text = `${text.slice(0, start)}tostring(['${column}'])${text.slice(end)}`;
    }
    return text;
  };
  return Array.from({ length: variants }, (_, n) => `(${nth(n)}\n)`).join(' or ');
}

/** A condition, and the exception that it is of. */
export interface Marker {
  readonly id: string;
  readonly condition: string;
}

const marking = (markers: readonly Marker[]): string =>
  `extend ${exceptionColumn} = case(${markers.map(({ id, condition }) => `(${condition}\n), '${id}'`).join(', ')}, '')`;

type Compiler = Pick<Queries, 'compile'>;

/** The fault of a query over the tables that there are; undefined when it has none. */
function faultOf(queries: Compiler, query: string, now: Date): string | undefined {
  try {
    queries.compile(query, { now, noData: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return error.message;
  }
}

/** KQL of a table of no row with these columns. */
export const emptyTable = (columns: readonly Column[]): string =>
  `datatable(${columns.map(({ name, type }) => `['${name.replaceAll(/[\\']/g, (c) => `\\${c}`)}']:${type}`).join(', ')})[]`;

export interface MarkedRule {
  /** The rule with a query that says of each row which exception it is under; the rule itself when none applies. */
  readonly rule: AnalyticsRule;
  /** Exceptions that can't be asked of its rows, and why. */
  readonly faults: ReadonlyMap<string, string>;
}

/**
 * A rule whose rows say which exception they fall under. A condition is asked of the rows that the query gives; where these lack what it names, and the rule looks at
 * rows one by one, of the rows that it reads. The first exception that is true counts.
 */
export function marked(
  queries: Compiler,
  rule: AnalyticsRule,
  markers: readonly Marker[],
  options: { readonly now: Date; readonly columnsOf: ColumnsOf },
): MarkedRule {
  const faults = new Map<string, string>();
  const atEnd: Marker[] = [];
  const atSource: Marker[] = [];
  const columns = columnsOf(queries, rule, options.now);
  if (typeof columns === 'string') return { rule, faults: new Map(markers.map(({ id }) => [id, columns])) };
  const parts = sourceOf(rule.query, options.columnsOf);
  for (const { id, condition } of markers) {
    const own = { id, condition: inWordsOf(condition, rule) };
    const test = `| where (${own.condition}\n)`;
    const fault = faultOf(queries, `${emptyTable(columns)}\n${test}`, options.now);
    if (fault === undefined) atEnd.push(own);
    else if (parts && faultOf(queries, `${parts.before}${parts.source}\n${test}`, options.now) === undefined)
      atSource.push(own);
    else faults.set(id, fault);
  }
  const query =
    atSource.length > 0 && parts
      ? // One mark for all: those of the end can be asked of the source's rows only where their columns are there, so they come last.
        withEnd(markedAtSource(parts, atSource), atEnd)
      : atEnd.length > 0
        ? `${trimmed(rule.query)}\n| ${marking(atEnd)}`
        : undefined;
  return { rule: query === undefined ? rule : { ...rule, query, plainQuery: rule.plainQuery ?? rule.query }, faults };
}

const trimmed = (query: string): string => query.replace(/[\s;]+$/, '');

function withEnd(query: string, atEnd: readonly Marker[]): string {
  if (atEnd.length === 0) return query;
  const cases = atEnd.map(({ id, condition }) => `(${condition}\n), '${id}'`).join(', ');
  return `${query}\n| extend ${exceptionColumn} = case(isnotempty(${exceptionColumn}), ${exceptionColumn}, ${cases}, '')`;
}

interface SourceParts {
  /** `let` statements, with their ends. */
  readonly before: string;
  readonly source: string;
  readonly operators: readonly string[];
}

/** A query that looks at rows one by one, cut behind where its rows come from; undefined of others. */
function sourceOf(query: string, columnsOf: ColumnsOf): SourceParts | undefined {
  if (rowLevelPart(query, columnsOf)?.whole !== true) return undefined;
  const statements = split(query, ';').filter((statement) => bare(statement).trim() !== '');
  const [source = '', ...operators] = split(statements.at(-1) ?? '', '|');
  return {
    before: statements
      .slice(0, -1)
      .map((one) => `${one};\n`)
      .join(''),
    source,
    operators,
  };
}

/** The mark comes first, and every choice of columns keeps it. */
function markedAtSource({ before, source, operators }: SourceParts, markers: readonly Marker[]): string {
  const kept = operators.map((operator) =>
    /^\s*project(?:-keep)?\s(?!-)/.test(bare(operator)) ? `${operator}\n, ${exceptionColumn}` : operator,
  );
  return `${before}${[source, `${marking(markers)}\n`, ...kept].join('\n|')}`;
}

const known = new WeakMap<AnalyticsRule, readonly Column[] | string>();
/** The columns that a rule's query gives, or why it has none. A rule is compiled once. */
function columnsOf(queries: Compiler, rule: AnalyticsRule, now: Date): readonly Column[] | string {
  const before = known.get(rule);
  if (before !== undefined) return before;
  let found: readonly Column[] | string;
  try {
    found = queries.compile(rule.query, { now, noData: true }).columns;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    found = error.message;
  }
  known.set(rule, found);
  return found;
}
