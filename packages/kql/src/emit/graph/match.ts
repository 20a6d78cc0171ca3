import { KqlError } from '../../errors.ts';
import type { GraphMatch, GraphValue } from '../../plan/graph.ts';
import { identifier, join, sql, type Sql } from '../../sql.ts';
import { columnsOf, type Block } from '../block.ts';
import type { Context, RelOf } from '../context.ts';
import { emitExpression, emitPredicate, type Scope } from '../expression.ts';
import { GraphSql } from './build.ts';
import type { Using } from './using.ts';
import { markComponents } from './components.ts';
import { elementSql, type Matches } from './lists.ts';
import { shortestWalks } from './shortest.ts';
import { walkPattern } from './walk.ts';

/** A graph where a table is needed. */
export function emitGraph(rel: RelOf<'graph'>): never {
  throw new KqlError(
    'InvalidArgument',
    'a graph is not a table: end with graph-match, graph-shortest-paths or graph-to-table',
    rel.span,
  );
}

/** The match with the values that are needed, and those that they and the condition read. */
function needing(match: GraphMatch, needed: ReadonlySet<string>): GraphMatch {
  const wanted = new Set(needed);
  if (match.condition) columnsOf(match.condition, wanted);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const value of match.values)
      if (value.kind === 'list' && wanted.has(value.name)) columnsOf(value.expr, wanted);
  }
  return { ...match, values: match.values.filter((v) => wanted.has(v.name)) };
}

const readsDegrees = (match: GraphMatch): boolean => {
  const read = new Set<string>();
  for (const node of match.nodes) node.predicates.forEach((p) => columnsOf(p, read));
  for (const edge of match.edges) edge.inner.forEach((p) => columnsOf(p, read));
  for (const value of match.values) columnsOf(value.expr, read);
  return read.has('$$in') || read.has('$$out');
};

/** SELECT of the values of all matches of a pattern. */
export function emitGraphMatch(e: Context, rel: RelOf<'graphMatch'>, needed: ReadonlySet<string>): Block {
  const match = needing(rel.match, needed);
  const graph = new GraphSql(e, match.graph);
  const components = match.graph.components;
  const alone = match.edges.length === 0 || match.edges.some((edge) => edge.range?.min === 0);
  graph.lonely = alone || components.length > 0;
  graph.onlyTested =
    !graph.lonely &&
    match.graph.steps.length === 0 &&
    match.edges.every((edge) => edge.predicates.length > 0) &&
    !readsDegrees(match);
  for (const { name, strong } of components) graph.addComponents(name, markComponents(graph, strong));
  const condition = (found: Matches, u: Using): Sql | undefined =>
    match.condition && emitPredicate(match.condition, valueScope(match, found, u));
  const found = match.shortest === undefined ? walkPattern(graph, match) : shortestWalks(graph, match, condition);
  const given = match.values.filter((v) => needed.has(v.name));
  const select = graph.select((u) => {
    const items = given.map((value) => sql`${valueSql(match, found, value, u)} AS ${identifier(value.name)}`);
    return sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM (${found.select})`;
  });
  return e.asFrom(
    graph.statement(select),
    given.map((v) => v.name),
  );
}

/** Reads values of the same match by name. */
function valueScope(match: GraphMatch, found: Matches, u: Using): Scope {
  const column = (name: string): Sql => {
    const value = match.values.find((v) => v.name === name);
    if (!value) throw new Error(`no value of the match is named ${name}`);
    return valueSql(match, found, value, u);
  };
  return { ...u.nodeScope(sql`0`), column };
}

function valueSql(match: GraphMatch, found: Matches, value: GraphValue, u: Using): Sql {
  if (value.kind === 'node') return emitExpression(value.expr, u.nodeScope(found.node(value.of))).sql;
  if (value.kind === 'edge') return emitExpression(value.expr, u.edgeScope(found.edge(value.of))).sql;
  const made = found.list(value);
  if (made) return value.how === 'map' ? arrayText(made) : sql`${made} = 1`;
  // The expression reads other elements of the match, which are known only now.
  const x = identifier('$$x');
  const outer = valueScope(match, found, u);
  const element = elementSql(value, x, u, outer);
  const list = value.over === 'edges' ? found.walk(value.of) : found.inner(value.of, u);
  if (value.how === 'map') return arrayText(sql`arrayMap(${x} -> ${element}, ${list})`);
  return value.how === 'all'
    ? sql`arrayAll(${x} -> ${element}, ${list}) = 1`
    : sql`arrayExists(${x} -> ${element}, ${list}) = 1`;
}
const arrayText = (elements: Sql): Sql => sql`concat('[', arrayStringConcat(${elements}, ','), ']')`;
