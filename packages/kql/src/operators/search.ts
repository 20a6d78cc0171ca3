import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import type { Place } from '../bind/place.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, type SyntaxNode } from '../bind/kusto.ts';
import { literal, type Rel } from '../plan/plan.ts';
import { allLegs, legName, legsOf, type Leg } from './legs.ts';
import { parametersOf, passAll, projectTo, type OperatorBinder, type SourceBinder } from './shared.ts';
import { isNever, termCondition } from './terms.ts';
import { stacked } from './union.ts';

/** search: rows of a table, of named tables, or of all tables, with the name of their table in `$table`. */

const sourceColumn = '$table';

/** The rows that the condition keeps; undefined when it can keep none. */
function filtered(node: SyntaxNode, input: Rel, absent: Absent, env: Env, b: Binder): Rel | undefined {
  const kind = parametersOf(node).text('kind') ?? 'default';
  if (!['default', 'case_sensitive', 'case_insensitive'].includes(kind))
    return b.fail('InvalidArgument', `search kind=${kind} is not known`, node);
  const place = { env, input, absent };
  const predicate = termCondition(child(node, 'Condition'), { place, caseSensitive: kind === 'case_sensitive', b });
  if (isNever(predicate)) return undefined;
  if (predicate.kind === 'literal' && predicate.value === true) return input;
  return { kind: 'filter', input, predicate, fields: input.fields, order: input.order };
}
/** The types of columns that other tables of the search have. */
type Absent = NonNullable<Place['absent']>;
const absentColumns = (node: SyntaxNode): Absent => new Map(resultColumns(node).map((c) => [c.name, c.type]));

const none = (input: Rel): Rel => ({
  kind: 'filter',
  input,
  predicate: literal('bool', false),
  fields: input.fields,
  order: input.order,
});

export const search: OperatorBinder = (node, input, env, b) => {
  const rel = filtered(node, input, absentColumns(node), env, b) ?? none(input);
  const parent = node.Parent;
  const name = parent && kindOf(parent) === 'PipeExpression' ? legName(child(parent, 'Expression'), env, b) : '';
  const columns = passAll(rel);
  if (columns.some((c) => c.name === sourceColumn)) return projectTo(rel, columns, b);
  return projectTo(rel, [{ name: sourceColumn, expr: literal('string', name || 'search_arg0') }, ...columns], b);
};

/** `search …` over everything, and `search in (A, B) …`. */
export const searchSource: SourceBinder = (node, env, b) => {
  const clause = childOrNone(node, 'InClause');
  const legs = clause ? legsOf(elements(clause, 'Expressions'), env, b) : allLegs(env, node, b);
  const absent = absentColumns(node);
  return stacked(
    legs.map((leg) => ({ ...leg, ...rowsOf(node, leg, absent, env, b) })),
    { source: sourceColumn, unnamed: 'search_arg' },
    b,
  );
};
/** A table that no row can come from still gives its columns. */
function rowsOf(
  node: SyntaxNode,
  { rel, never }: Leg,
  absent: Absent,
  env: Env,
  b: Binder,
): Partial<Leg> & { rel: Rel } {
  const rows = never ? undefined : filtered(node, rel, absent, env, b);
  return rows ? { rel: rows } : { rel, never: true };
}
