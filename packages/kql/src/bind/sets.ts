import { aggregateFunctions } from '../functions/index.ts';
import { setFunctions } from '../functions/operators.ts';
import { columnOf, literal, type Expr, type Rel } from '../plan/plan.ts';
import type { Binder } from './binder.ts';
import { child, elements, SymbolKind, type SyntaxNode } from './kusto.ts';
import type { Bind, Place } from './place.ts';

/** `in`, `has_any`, `has_all` over lists and queries. */

/** A dynamic constant's elements as literals. */
function listOf(expr: Expr): Expr[] | undefined {
  if (expr.kind !== 'literal' || expr.type !== 'dynamic' || typeof expr.value !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(expr.value);
    if (!Array.isArray(parsed)) return undefined;
    return parsed.map((v: unknown) =>
      typeof v === 'string' ? literal('string', v) : literal('dynamic', v === null ? null : JSON.stringify(v)),
    );
  } catch {
    return undefined;
  }
}

export const isTabular = (node: SyntaxNode): boolean => node.ResultType?.Kind === SymbolKind.table;

export const inList =
  (caseInsensitive: boolean, negated: boolean): Bind =>
  (node, place, b) => {
    const value = b.expr(child(node, 'Left'), place);
    const items = elements(child(node, 'Right'), 'Expressions');
    const single = items.length === 1 ? items[0]! : undefined;
    if (single && isTabular(single)) return inQuery(single, value, { caseInsensitive, negated }, place, b);
    const bound = items.flatMap((i) => {
      const e = b.expr(i, place);
      return listOf(e) ?? [e];
    });
    const name = `$in${caseInsensitive ? '~' : ''}${negated ? '!' : ''}`;
    return b.call(setFunctions.get(name)!, [value, ...bound], 'bool', node);
  };
const inQuery = (
  query: SyntaxNode,
  value: Expr,
  flags: { caseInsensitive: boolean; negated: boolean },
  place: Place,
  b: Binder,
): Expr => {
  const rel = b.rel(query, place.env);
  const first = rel.fields.find((f) => !f.name.startsWith('$$'));
  if (!first) return b.fail('InvalidArgument', 'the list has no column', query);
  const cast = value.type !== first.type && value.type !== 'tuple' && first.type !== 'tuple';
  if (!cast) return { kind: 'inQuery', value, rel, ...flags, type: 'bool' };
  const type = value.type === 'dynamic' ? first.type : value.type;
  const item = { name: first.name, expr: b.cast(columnOf(first), type as 'string', query) };
  const projected = {
    kind: 'project',
    input: rel,
    items: [item],
    fields: [{ name: first.name, type }],
    order: [],
  } as const;
  return { kind: 'inQuery', value: b.cast(value, type as 'string', query), rel: projected, ...flags, type: 'bool' };
};

/** The values of a query's first column, gathered into one list. */
export function listOfQuery(rel: Rel, query: SyntaxNode, b: Binder): Expr {
  const first = rel.fields.find((f) => !f.name.startsWith('$$'));
  if (!first) return b.fail('InvalidArgument', 'the list has no column', query);
  const value = b.cast(columnOf(first), 'string', query);
  const fn = aggregateFunctions.get('make_set')!;
  const list: Rel = {
    kind: 'aggregate',
    input: rel,
    keys: [],
    aggregates: [{ name: 'list', fn, args: [value], type: 'dynamic', span: b.span(query) }],
    fields: [{ name: 'list', type: 'dynamic' }],
    order: [],
  };
  return { kind: 'scalarQuery', rel: list, type: 'dynamic' };
}
function hasQuery(name: string, query: SyntaxNode, node: SyntaxNode, place: Place, b: Binder): Expr {
  const gathered = listOfQuery(b.rel(query, place.env), query, b);
  return b.call(setFunctions.get(name)!, [b.expr(child(node, 'Left'), place), gathered], 'bool', node);
}

export const hasSet =
  (name: string): Bind =>
  (node, place, b) => {
    const items = elements(child(node, 'Right'), 'Expressions');
    const single = items.length === 1 ? items[0]! : undefined;
    if (single && isTabular(single)) return hasQuery(name, single, node, place, b);
    const bound = items.flatMap((i) => {
      const e = b.expr(i, place);
      return listOf(e) ?? [e];
    });
    return b.call(setFunctions.get(name)!, [b.expr(child(node, 'Left'), place), ...bound], 'bool', node);
  };
