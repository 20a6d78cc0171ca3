import { toJsonElement } from '../../functions/convert.ts';
import type { GraphMatch, GraphValue, PatternEdge } from '../../plan/graph.ts';
import { identifier, sql, type Sql } from '../../sql.ts';
import { columnsOf } from '../block.ts';
import { emitExpression, emitPredicate, type Scope } from '../expression.ts';
import type { Lists } from './build.ts';
import type { Using } from './using.ts';

/** Lists over the edges and nodes of a walk, and what every way to find matches gives. */

export type ListValue = GraphValue & { readonly kind: 'list' };

/** Rows of matches: numbers of nodes and edges, and how to read them. */
export interface Matches {
  readonly select: Sql;
  readonly node: (index: number) => Sql;
  readonly edge: (index: number) => Sql;
  /** A list that was made while walking; undefined when it was not. */
  readonly list: (value: ListValue) => Sql | undefined;
  /** The edges of a walk, as the pattern reads them, from left to right. */
  readonly walk: (index: number) => Sql;
  /** The nodes between them. */
  readonly inner: (index: number, u: Using) => Sql;
}

/** What a list says of one edge or node: JSON text, or a truth. */
export function elementSql(value: ListValue, at: Sql, u: Using, outer?: Scope): Sql {
  const scope = value.over === 'edges' ? u.edgeScope(at, outer) : u.nodeScope(at, outer);
  return value.how === 'map'
    ? toJsonElement(emitExpression(value.expr, scope))
    : sql`ifNull(${emitPredicate(value.expr, scope)}, false)`;
}

/** The edge as it is walked from one of its nodes: which of the node's edges are tried. */
export const walkedAs = (edge: PatternEdge, backward: boolean): Lists =>
  edge.direction === 'any' ? 'any' : (edge.direction === 'right') === backward ? 'in' : 'out';

/** Lists over one walk that can be made while it is walked: those that read nothing else of the match. */
export const listsOver = (match: GraphMatch, index: number): ListValue[] =>
  match.values.filter(
    (v): v is ListValue =>
      v.kind === 'list' && v.of === index && [...columnsOf(v.expr)].every((name) => !name.startsWith('$$match')),
  );
export const listColumn = (value: GraphValue): Sql => identifier(`$$list ${value.name}`);
/** An empty list, and the list with one more element at its end. */
export const emptyList = (value: ListValue): Sql =>
  value.how === 'map' ? sql`CAST([], 'Array(String)')` : sql`toUInt8(${value.how === 'all' ? sql`1` : sql`0`})`;
export function longerList(value: ListValue, at: Sql, u: Using): Sql {
  const element = elementSql(value, at, u);
  const list = listColumn(value);
  if (value.how === 'map') return sql`arrayPushBack(${list}, ${element})`;
  return sql`toUInt8(${list} ${value.how === 'all' ? sql`AND` : sql`OR`} ${element})`;
}
