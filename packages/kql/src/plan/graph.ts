import type { Span } from '../errors.ts';
import type { Expr, Field, FieldType, Rel } from './plan.ts';

/**
 * A graph of `make-graph`: not a table, so nothing but a graph operator reads it. Expressions over a node or an edge name its
 * properties as columns, and these hidden ones besides: `$$in` and `$$out` (a node's degrees), `$$id` (its identifier as text), `$$hash`
 * (the identifier's hash, as `graph-to-table` gives it), `$$partition` (as text).
 */
export interface Graph {
  readonly edges: Rel;
  /** Columns of `edges` with the identifiers of the nodes that an edge connects. */
  readonly source: string;
  readonly target: string;
  readonly nodeTables: readonly { readonly rel: Rel; readonly id: string }[];
  /** The property that holds the identifier where there are no tables of nodes (`with_node_id`). */
  readonly idProperty: string | undefined;
  /**
   * `partitioned-by`: a column of the edges and of all tables of nodes; nodes of different values are different nodes. Tables that are made
   * of the graph carry it hidden, as `key`.
   */
  readonly partition: { readonly column: string; readonly key: string } | undefined;
  readonly nodeFields: readonly Field[];
  readonly edgeFields: readonly Field[];
  /** Conditions that nodes or edges had to meet, in order. An edge stays where both of its nodes do. */
  readonly steps: readonly { readonly of: 'nodes' | 'edges'; readonly predicate: Expr }[];
  /** Properties of nodes that number the components, of what the steps left. */
  readonly components: readonly { readonly name: string; readonly strong: boolean }[];
}

export interface PatternNode {
  /** Each must be true of the node. */
  readonly predicates: readonly Expr[];
}
export interface PatternEdge {
  /** Pattern nodes, left and right of the edge as written. */
  readonly from: number;
  readonly to: number;
  readonly direction: 'right' | 'left' | 'any';
  /** Set when the edge may be walked several times. */
  readonly range: { readonly min: number; readonly max: number } | undefined;
  /** Each must be true of every edge walked. */
  readonly predicates: readonly Expr[];
  /** Each must be true of every node between the walked edges. */
  readonly inner: readonly Expr[];
  readonly span: Span;
}

/** One field of the matches: something said of a pattern element. */
export type GraphValue = { readonly name: string; readonly type: FieldType } & (
  | { readonly kind: 'node'; readonly of: number; readonly expr: Expr }
  | { readonly kind: 'edge'; readonly of: number; readonly expr: Expr }
  /** Over the edges of a walk, or the nodes between them. The expression may read other values by name, too. */
  | {
      readonly kind: 'list';
      readonly of: number;
      readonly over: 'edges' | 'inner';
      readonly how: 'map' | 'all' | 'any';
      readonly expr: Expr;
    }
);

/** The matches of a pattern, a row each. */
export interface GraphMatch {
  readonly graph: Graph;
  readonly nodes: readonly PatternNode[];
  readonly edges: readonly PatternEdge[];
  /** `all`: walks as they come. `unique_edges`: no edge twice in a match. `none`: no node twice. */
  readonly cycles: 'all' | 'none' | 'unique_edges';
  /** Only the shortest of the matches of each pair of end nodes: one of them, or all. */
  readonly shortest: 'any' | 'all' | undefined;
  /** What the whole match must meet before the shortest are taken. Reads values by name. */
  readonly condition: Expr | undefined;
  readonly values: readonly GraphValue[];
  readonly span: Span;
}
