import { bare, split, withoutComments } from './kql-text.ts';

/** The part of a query that looks at each row by itself. */
export interface RowLevelPart {
  /** KQL of that part, with the `let` statements before it. */
  readonly text: string;
  /** Nothing comes after it: the whole query is of this kind. */
  readonly whole: boolean;
  /** The operators after it, as they stand. */
  readonly rest: readonly string[];
  readonly names: Names;
}

/** Operators whose answer for a row depends on that row alone (sort: only the order of rows depends on others). */
const rowOperators = new Set([
  'where',
  'filter',
  'extend',
  'project',
  'project-away',
  'project-keep',
  'project-rename',
  'project-reorder',
  'parse',
  'parse-where',
  'parse-kv',
  'mv-expand',
  'mvexpand',
  'sort',
  'order',
]);

/** Functions whose value depends on the time of the question, or on other rows. */
const notOfTheRow =
  /\b(now|ago|prev|next|row_\w+|toscalar|materialize|ingestion_time|table|externaldata|evaluate|rand|new_guid)\s*\(/i;
const changesTime = /\bTimeGenerated\s*=(?![=~])/;

/**
 * The longest beginning of a query (`Table | where … | extend …`, or a `union` of such) that treats rows one by one and keeps their TimeGenerated, or
 * undefined when there is none. The answer of such a part over a window is the rows of its answer over any longer time whose TimeGenerated lies in the
 * window. Conservative, by the text: what it does not know ends the part. The caller has still to see that the part gives TimeGenerated.
 */
export function rowLevelPart(query: string, isTable: (name: string) => boolean): RowLevelPart | undefined {
  const statements = split(query, ';').filter((statement) => bare(statement).trim() !== '');
  const last = statements.at(-1);
  if (last === undefined) return undefined;
  const tabular = new Set<string>();
  const names: Names = { isTabular: (name) => tabular.has(name) || isTable(name) };
  for (const statement of statements.slice(0, -1)) {
    const [, name, value] = /^\s*let\s+(\w+)\s*=([\s\S]*)$/.exec(withoutComments(statement)) ?? [];
    if (name === undefined || value === undefined) return undefined;
    if (isConstant(bare(value), names)) continue;
    if (!isOfRows(value, names)) return undefined;
    tabular.add(name);
  }
  const [source = '', ...operators] = split(last, '|');
  if (!isSourceOfRows(source, names)) return undefined;
  const end = operators.findIndex((operator) => !isOfTheRow(bare(operator), names));
  const kept = end < 0 ? operators : operators.slice(0, end);
  const text = [...statements.slice(0, -1), [source, ...kept].join('|')].join(';\n');
  return { text, whole: end < 0, rest: end < 0 ? [] : operators.slice(end), names };
}

export interface Names {
  /** A table, or a `let` that is rows of tables. */
  readonly isTabular: (name: string) => boolean;
}

/** A whole tabular expression that treats rows one by one. */
function isOfRows(text: string, names: Names): boolean {
  const [source = '', ...operators] = split(text, '|');
  return isSourceOfRows(source, names) && operators.every((operator) => isOfTheRow(bare(operator), names));
}

function isSourceOfRows(text: string, names: Names): boolean {
  const source = withoutComments(text).trim();
  const name = /^(?:(\w+)|\['([^']+)'\])$/.exec(source);
  if (name) return names.isTabular(name[1] ?? name[2] ?? '');
  if (/^\([\s\S]*\)$/.test(source) && split(source, ',').length === 1) return isOfRows(source.slice(1, -1), names);
  const union = /^union\b((?:\s+(?:kind|isfuzzy)\s*=\s*\w+)*)([\s\S]*)$/.exec(source);
  return union !== null && split(union[2] ?? '', ',').every((part) => isSourceOfRows(part, names));
}

export function isOfTheRow(operator: string, names: Names): boolean {
  const name = /^\s*([\w-]+)/.exec(operator)?.[1] ?? '';
  // A pipe inside brackets is another query.
  return (
    rowOperators.has(name) && !operator.includes('|') && !changesTime.test(operator) && isConstant(operator, names)
  );
}

/** Says the same whenever and beside whatever it is asked: no clock, no other rows. */
export const isConstant = (text: string, names: Names): boolean =>
  !text.includes('|') && !notOfTheRow.test(text) && !(text.match(/\w+/g) ?? []).some(names.isTabular);

/** Whether a query could have rows over empty tables: it counts without groups, or brings rows of its own. Errs towards yes. */
export function mayGiveRowsOfNothing(query: string): boolean {
  const text = bare(query);
  if (
    /\b(print|datatable|range|make-series|externaldata|evaluate|invoke|cluster|fork|scan)\b|\|\s*count\b(?!\s*\()/.test(
      text,
    )
  )
    return true;
  return text
    .split(/\bsummarize\b/)
    .slice(1)
    .some((rest) => !/\bby\b/.test(rest.split('|', 1)[0] ?? ''));
}
