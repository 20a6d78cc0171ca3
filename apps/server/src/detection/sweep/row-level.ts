import { bare, split, withoutComments } from './kql-text.ts';

/** The part of a query that looks at each row by itself. */
export interface RowLevelPart {
  /** KQL of that part, with the `let` statements before it. */
  readonly text: string;
  /** Nothing comes after it: the whole query is of this kind. */
  readonly whole: boolean;
  /** The operators after it, as they stand. */
  readonly rest: readonly string[];
  /** What names stand for at its end. */
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

/** The columns of a table; undefined of what is none. */
export type ColumnsOf = (table: string) => readonly { readonly name: string }[] | undefined;

/** What names stand for at a place of a query. A column comes before a table or `let` of its name, as in Kusto. */
export interface Names {
  /** A table, or a `let` that is rows of tables. */
  readonly isTabular: (name: string) => boolean;
  /** Columns that the rows surely have there. */
  readonly columns: ReadonlySet<string>;
}

/**
 * The longest beginning of a query (`Table | where … | extend …`, or a `union` of such) that treats rows one by one and keeps their TimeGenerated, or
 * undefined when there is none. The answer of such a part over a window is the rows of its answer over any longer time whose TimeGenerated lies in the
 * window. Conservative, by the text: what it does not know ends the part. The caller has still to see that the part gives TimeGenerated.
 */
export function rowLevelPart(query: string, columnsOf: ColumnsOf): RowLevelPart | undefined {
  const statements = split(query, ';').filter((statement) => bare(statement).trim() !== '');
  const last = statements.at(-1);
  if (last === undefined) return undefined;
  const lets = new Map<string, ReadonlySet<string>>();
  const tables: Tables = (name) => lets.get(name) ?? nameSet(columnsOf(name));
  const none: Names = { isTabular: (name) => tables(name) !== undefined, columns: new Set() };
  for (const statement of statements.slice(0, -1)) {
    const [, name, value] = /^\s*let\s+(\w+)\s*=([\s\S]*)$/.exec(withoutComments(statement)) ?? [];
    if (name === undefined || value === undefined) return undefined;
    if (isConstant(bare(value), none)) continue;
    const columns = columnsOfRows(value, tables);
    if (!columns) return undefined;
    lets.set(name, columns);
  }
  const [source = '', ...operators] = split(last, '|');
  const columns = columnsOfSource(source, tables);
  if (!columns) return undefined;
  let names: Names = { ...none, columns };
  let end = 0;
  for (const operator of operators) {
    if (!isOfTheRow(bare(operator), names)) break;
    names = namesAfter(bare(operator), names);
    end++;
  }
  const text = [...statements.slice(0, -1), [source, ...operators.slice(0, end)].join('|')].join(';\n');
  return { text, whole: end === operators.length, rest: operators.slice(end), names };
}

type Tables = (name: string) => ReadonlySet<string> | undefined;
const nameSet = (columns: ReturnType<ColumnsOf>) => columns && new Set(columns.map(({ name }) => name));

/** The columns of a whole tabular expression that treats rows one by one; undefined of others. */
function columnsOfRows(text: string, tables: Tables): ReadonlySet<string> | undefined {
  const [source = '', ...operators] = split(text, '|');
  const columns = columnsOfSource(source, tables);
  if (!columns) return undefined;
  let names: Names = { isTabular: (name) => tables(name) !== undefined, columns };
  for (const operator of operators) {
    if (!isOfTheRow(bare(operator), names)) return undefined;
    names = namesAfter(bare(operator), names);
  }
  return names.columns;
}

function columnsOfSource(text: string, tables: Tables): ReadonlySet<string> | undefined {
  const source = withoutComments(text).trim();
  const name = /^(?:(\w+)|\['([^']+)'\])$/.exec(source);
  if (name) return tables(name[1] ?? name[2] ?? '');
  if (/^\([\s\S]*\)$/.test(source) && split(source, ',').length === 1)
    return columnsOfRows(source.slice(1, -1), tables);
  const union = /^union\b((?:\s+(?:kind|isfuzzy)\s*=\s*\w+)*)([\s\S]*)$/.exec(source);
  if (!union) return undefined;
  const parts = split(union[2] ?? '', ',').map((part) => columnsOfSource(part, tables));
  // Where two parts have a column of one name and several types, it gets another name: only what all have is sure, and that nearly.
  return parts.reduce((all, part) => (all && part ? all.intersection(part) : undefined));
}

export function isOfTheRow(operator: string, names: Names): boolean {
  // A pipe inside brackets is another query.
  return (
    rowOperators.has(operatorName(operator)) &&
    !operator.includes('|') &&
    !changesTime.test(operator) &&
    isConstant(operator, names)
  );
}

const operatorName = (operator: string): string => /^\s*([\w-]+)/.exec(operator)?.[1] ?? '';

/** What names stand for behind an operator (without its texts and comments). A column that may be gone is no longer one. */
export function namesAfter(operator: string, names: Names): Names {
  const columns = columnsAfter(operator, names.columns);
  return columns === names.columns ? names : { ...names, columns };
}

function columnsAfter(operator: string, columns: ReadonlySet<string>): ReadonlySet<string> {
  const name = operatorName(operator);
  const said = operator.trimStart().slice(name.length);
  switch (name) {
    case 'extend':
      return columns.union(assigned(said));
    case 'project-away':
      return said.includes('*') ? new Set() : columns.difference(new Set(said.match(/\w+/g)));
    case 'project-rename':
      return columns.difference(new Set(said.match(/\w+/g))).union(assigned(said));
    case 'project':
    case 'project-keep':
    case 'distinct':
    case 'summarize': {
      const items = split(said.replaceAll(/\bby\b/g, ','), ',').map((item) => item.trim());
      return columns.intersection(new Set(items)).union(assigned(said));
    }
    default:
      return rowOperators.has(name) ? columns : new Set();
  }
}

/** The names that `name = …` gives a value, outside of brackets. */
const assigned = (items: string): ReadonlySet<string> =>
  new Set(
    split(items.replaceAll(/\bby\b/g, ','), ',').flatMap((item) => /^\s*(\w+)\s*=(?![=~])/.exec(item)?.[1] ?? []),
  );

/** Says the same whenever and beside whatever it is asked: no clock, no other rows. */
export const isConstant = (text: string, { isTabular, columns }: Names): boolean =>
  !text.includes('|') &&
  !notOfTheRow.test(text) &&
  // What stands before `=` is given a value there.
  !(text.replaceAll(/\b\w+\s*=(?![=~])/g, '=').match(/\w+/g) ?? []).some(
    (name) => !columns.has(name) && isTabular(name),
  );

/** Whether a query could have rows over empty tables: it counts without groups, or brings rows of its own. Errs towards yes. */
export function mayGiveRowsOfNothing(query: string): boolean {
  const text = bare(query);
  if (
    /\b(print|datatable|range|make-series|externaldata|evaluate|invoke|cluster|fork|scan|getschema)\b|\|\s*count\b(?!\s*\()/.test(
      text,
    )
  )
    return true;
  return text
    .split(/\bsummarize\b/)
    .slice(1)
    .some((rest) => !/\bby\b/.test(rest.split('|', 1)[0] ?? ''));
}
