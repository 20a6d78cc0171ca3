import { boundPlan } from '../compile.ts';
import { child, children, elements, kindOf, nameOf, parseOnly, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { columnsOf, hasQuery } from '../emit/block.ts';
import { emitExpression, emitPredicate } from '../emit/expression.ts';
import { ofTheRow } from '../emit/of-the-row.ts';
import { KqlError } from '../errors.ts';
import type { Expr, NamedExpr, Rel } from '../plan/plan.ts';
import { visibleColumns } from '../plan/plan.ts';
import { versionFor } from '../held-tables.ts';
import { binaryOperators } from '../functions/operators.ts';
import { identifier, sql, type Sql } from '../sql.ts';
import type { Column, KqlCatalogue } from '../types.ts';
import { alternativesOf, type At, type Need } from './clauses.ts';

/** A query that looks at the rows of one source one by one. */
export interface RowQuery {
  /** KQL of where its rows come from: a table, a stored function, a union of such. */
  readonly source: string;
  /** Columns of the source that the condition reads. */
  readonly columns: readonly Column[];
  /**
   * SQL over a row of the source in engine types, its columns under the alias `r`. True or false (NULL is false). True for every row of which the query
   * makes something; what depends on the moment is left out, so it may be true for more.
   */
  readonly condition: string;
  /**
   * What each row for which the condition is true has: of one of the alternatives, of each of its clauses, at least one literal. An alternative without
   * clauses says nothing; without an alternative, no row has it.
   */
  readonly alternatives: readonly (readonly Clause[])[];
}
export type Clause = readonly Literal[];

/** A text that is in a value of the row, or (`absent`) is not. */
export interface Literal {
  /** SQL of the value as text, never NULL, over the row's columns as in the condition. */
  readonly subject: string;
  /** Printable ASCII. Lower case unless `cased`. */
  readonly text: string;
  readonly at: At;
  readonly absent: boolean;
  /** Whether the case of letters counts. Else that of ASCII's letters does not, nor, unless `absent`, that of others. */
  readonly cased: boolean;
}

export interface NotRowLevel {
  /** In words. */
  readonly fault: string;
}

/** What stands for the source while the rest is analysed. No name of a table. */
const standIn = 'SourceOfRows';

/**
 * The query as a condition on each row, or why it is none. What is none may still be a right query: only `compile` knows. Never throws for a text.
 */
export function rowQuery(text: string, catalogue: KqlCatalogue): RowQuery | NotRowLevel {
  try {
    const { head, before, after } = headOf(text);
    const known = catalogue.tables.some(({ name }) => name === head);
    const rel = known
      ? boundPlan(text, catalogue)
      : boundPlan(`${before}${standIn}${after}`, overSource(head, catalogue));
    return { source: head, ...conditionOf(rel) };
  } catch (error) {
    if (error instanceof Fault || error instanceof KqlError) return { fault: error.message };
    throw error;
  }
}

/** Columns of a source's rows. Throws KqlError. Undefined where its rows are not made one by one. */
export function sourceColumns(source: string, catalogue: KqlCatalogue): readonly Column[] | undefined {
  const rel = boundPlan(source, catalogue);
  return isOfRows(rel) ? visibleColumns(rel) : undefined;
}

class Fault extends Error {}

/** Sources of which the columns are kept. */
const sourcesMax = 200;
const sources = new Map<string, KqlCatalogue>();
/** A catalogue in which the source is a table. */
function overSource(source: string, catalogue: KqlCatalogue): KqlCatalogue {
  const version = versionFor(source, catalogue);
  const key = `${version}\0${source}`;
  const known = sources.get(key);
  if (known) return known;
  const columns = sourceColumns(source, catalogue);
  if (!columns) throw new Fault('its source does not make its rows one by one');
  const over = {
    version: `${version} rows of ${source}`,
    tables: [{ name: standIn, columns }],
    functions: catalogue.functions,
  };
  sources.set(key, over);
  if (sources.size > sourcesMax) sources.delete(sources.keys().next().value!);
  return over;
}

/** Where the last statement's pipe begins. */
function headOf(text: string): { head: string; before: string; after: string } {
  const { Syntax } = parseOnly(text);
  const statements = elements(Syntax, 'Statements').filter((one) => kindOf(one) !== 'EmptyStatement');
  const last = statements.at(-1);
  if (!last || kindOf(last) !== 'ExpressionStatement') throw new Fault('it is no query');
  const lets = new Set<string>();
  for (const statement of statements.slice(0, -1)) {
    if (kindOf(statement) !== 'LetStatement') throw new Fault('it has a statement that is no `let`');
    lets.add(nameOf(child(statement, 'Name')));
  }
  let node = child(last, 'Expression');
  while (kindOf(node) === 'PipeExpression') node = child(node, 'Expression');
  const names: string[] = [];
  const visit = (one: SyntaxNode): void => {
    if (kindOf(one) === 'NameReference') names.push(nameOf(one));
    children(one).forEach(visit);
  };
  visit(node);
  if (names.some((name) => lets.has(name))) throw new Fault('its source is made by a `let`');
  const source = textOf(node);
  const bare = /^\[\s*(['"])([^'"\\]+)\1\s*\]$/.exec(source)?.[2] ?? source;
  return { head: bare, before: text.slice(0, node.TextStart), after: text.slice(node.End) };
}

/** Whether each row comes of one row of a base table. */
function isOfRows(rel: Rel): boolean {
  switch (rel.kind) {
    case 'read':
      // What arrives in another workspace is not seen here.
      return rel.table.place === undefined;
    case 'filter':
      return !hasQuery(rel.predicate) && isOfRows(rel.input);
    case 'project':
    case 'unnest':
      return !rel.items.some(({ expr }) => hasQuery(expr)) && isOfRows(rel.input);
    case 'union':
      return rel.inputs.every(({ rel: input, items }) => !items.some(({ expr }) => hasQuery(expr)) && isOfRows(input));
    default:
      return false;
  }
}

type Names = ReadonlyMap<string, Expr>;

function conditionOf(root: Rel): Omit<RowQuery, 'source'> {
  if (!isOfRows(root)) throw new Fault('it looks at several rows together');
  const steps: Rel[] = [];
  let rel = root;
  for (; rel.kind === 'filter' || rel.kind === 'project' || rel.kind === 'unnest'; rel = rel.input) steps.unshift(rel);
  if (rel.kind !== 'read') throw new Fault('it reads more than one source');
  const { table, fields } = rel;
  if (table.standard?.length) throw new Fault('it reads columns that its source does not store');
  const stored = new Set(table.columns.map(({ name }) => name));
  let names: Names = new Map(fields.map(({ name, type }) => [name, { kind: 'column', name, type }]));
  const conditions: Expr[] = [];
  for (const step of steps) {
    if (step.kind === 'filter') conditions.push(...conjuncts(through(step.predicate, names)));
    else if (step.kind === 'project') names = projected(step.items, names);
    // Rows are of parts of rows from here on.
    else if (step.kind === 'unnest') break;
  }
  if (conditions.some((one) => columnsOf(one).has('TenantId'))) throw new Fault('rows do not store their TenantId');
  return emitted(conditions, stored, table.columns);
}

const conjuncts = (expr: Expr): readonly Expr[] =>
  expr.kind === 'call' && expr.fn.name === 'and' ? expr.args.flatMap(conjuncts) : [expr];

const projected = (items: readonly NamedExpr[], names: Names): Names =>
  new Map(items.map(({ name, expr }) => [name, through(expr, names)]));

/** The expression over the source's own columns. */
function through(expr: Expr, names: Names): Expr {
  switch (expr.kind) {
    case 'column': {
      const meant = names.get(expr.name);
      if (!meant) throw new Fault(`\`${expr.name}\` is not of the row`);
      return meant;
    }
    case 'call':
    case 'rowTuple':
      return { ...expr, args: expr.args.map((arg) => through(arg, names)) };
    case 'literal':
      return expr;
    default:
      throw new Fault('it holds another query');
  }
}

/** Longest condition: what `extend` builds up may grow when it is put in each place. */
const conditionMax = 200_000;

function emitted(
  conditions: readonly Expr[],
  stored: ReadonlySet<string>,
  all: readonly Column[],
): Omit<RowQuery, 'source'> {
  const kept: Expr[] = [];
  const texts: string[] = [];
  let length = 0;
  for (const condition of conditions) {
    const text = ofTheRow(inRow(stored), (scope) => emitPredicate(condition, scope));
    if (text === undefined) continue;
    length += text.length;
    if (length > conditionMax) throw new Fault('its condition is too long');
    kept.push(condition);
    texts.push(`(${text})`);
  }
  const used = kept.reduce((names, one) => columnsOf(one, names), new Set<string>());
  const memo = new Map<Expr, string | undefined>();
  const known = (need: Need): Literal | undefined => literalOf(need, stored, memo);
  return {
    columns: all.filter(({ name }) => used.has(name)),
    condition: texts.length ? texts.join(' AND ') : 'true',
    alternatives: alternativesOf(allOf(kept)).map((clauses) =>
      clauses.flatMap((clause) => {
        const literals = clause.flatMap((need) => known(need) ?? []);
        return literals.length === clause.length ? [literals] : [];
      }),
    ),
  };
}

const allOf = (conditions: readonly Expr[]): Expr => {
  const [first, ...others] = conditions;
  return others.reduce<Expr>(
    (all, one) => ({
      kind: 'call',
      fn: binaryOperators.get('AndExpression')!,
      args: [all, one],
      type: 'bool',
      span: { start: 0, end: 0 },
    }),
    first ?? { kind: 'literal', type: 'bool', value: true },
  );
};

function literalOf(
  { subject, text, at, absent, cased }: Need,
  stored: ReadonlySet<string>,
  memo: Map<Expr, string | undefined>,
): Literal | undefined {
  const made = memo.has(subject)
    ? memo.get(subject)
    : ofTheRow(inRow(stored), (scope) => {
        const { sql: value, type, nullable } = emitExpression(subject, scope);
        const asText = type === 'string' ? value : sql`toString(${value})`;
        return nullable ? sql`ifNull(${asText}, '')` : asText;
      });
  memo.set(subject, made);
  return made === undefined ? undefined : { subject: made, text: cased ? text : text.toLowerCase(), at, absent, cased };
}

/** The source's own columns under the alias `r`. */
const inRow =
  (stored: ReadonlySet<string>) =>
  (name: string): Sql | undefined =>
    stored.has(name) ? sql`r.${identifier(name)}` : undefined;
