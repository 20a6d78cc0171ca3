import type { GraphValue, PatternEdge, PatternNode } from '../../plan/graph.ts';
import type { Expr } from '../../plan/plan.ts';
import { columnsOf } from '../../emit/block.ts';

/** Conditions of a pattern, moved to the elements that they speak of. */

/** The expression with other expressions for some of its columns. */
function substitute(expr: Expr, by: ReadonlyMap<string, Expr>): Expr {
  if (expr.kind === 'column') return by.get(expr.name) ?? expr;
  if (expr.kind === 'call') return { ...expr, args: expr.args.map((a) => substitute(a, by)) };
  if (expr.kind === 'inQuery') return { ...expr, value: substitute(expr.value, by) };
  return expr;
}

export function pushDown(
  nodes: number,
  edges: readonly Omit<PatternEdge, 'predicates' | 'inner'>[],
  conditions: readonly Expr[],
  values: readonly GraphValue[],
): { nodes: PatternNode[]; edges: PatternEdge[]; rest: Expr[] } {
  const byName = new Map(values.map((v) => [v.name, v]));
  const own = { node: lists(nodes), edge: lists(edges.length), inner: lists(edges.length) };
  const rest: Expr[] = [];
  for (const condition of conditions) {
    const read = [...columnsOf(condition)].map((name) => byName.get(name)!);
    const [first] = read;
    const plain = new Map(read.map((v) => [v.name, v.expr]));
    if (first && first.kind !== 'list' && read.every((v) => v.kind === first.kind && v.of === first.of))
      own[first.kind][first.of]!.push(substitute(condition, plain));
    else if (condition.kind === 'column' && first?.kind === 'list' && first.how === 'all' && standsAlone(first, byName))
      own[first.over === 'edges' ? 'edge' : 'inner'][first.of]!.push(first.expr);
    else rest.push(condition);
  }
  return {
    nodes: own.node.map((predicates) => ({ predicates })),
    edges: edges.map((edge, i) => ({ ...edge, predicates: own.edge[i]!, inner: own.inner[i]! })),
    rest,
  };
}
const lists = (count: number): Expr[][] => Array.from({ length: count }, () => []);
/** Whether an expression over an element reads nothing else of the match. */
const standsAlone = (value: GraphValue, byName: ReadonlyMap<string, GraphValue>): boolean =>
  [...columnsOf(value.expr)].every((name) => !byName.has(name));
