import type { Binder } from '../../bind/binder.ts';
import type { SyntaxNode } from '../../bind/kusto.ts';
import type { Graph } from '../../plan/graph.ts';
import type { NamedExpr, Rel } from '../../plan/plan.ts';

/** The graph that a graph operator reads. */
export function graphOf(input: Rel, node: SyntaxNode, b: Binder): Graph {
  return input.kind === 'graph'
    ? input.graph
    : b.fail('InvalidArgument', 'this operator reads a graph: make-graph makes one', node);
}
/** The partition of a match, as a hidden column; it is said of a node. */
export const partitionItem = ({ partition }: Graph): NamedExpr[] =>
  partition ? [{ name: partition.key, expr: { kind: 'column', name: '$$partition', type: 'string' } }] : [];
