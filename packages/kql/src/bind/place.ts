import type { AggregateItem, Expr, FieldType, Rel, WindowItem } from '../plan/plan.ts';
import type { Binder } from './binder.ts';
import type { Env } from './env.ts';
import type { SyntaxNode } from './kusto.ts';

/** What names and functions mean where a graph's elements are at hand. */
export interface ElementNames {
  /** Whether a path is an element's property. */
  owns(node: SyntaxNode): boolean;
  property(node: SyntaxNode, place: Place, b: Binder): Expr | undefined;
  name(name: string, node: SyntaxNode): Expr | undefined;
  call(name: string, node: SyntaxNode, args: readonly SyntaxNode[], place: Place, b: Binder): Expr | undefined;
}

/** Where an expression stands: the names, the row it reads, and where aggregates and window functions go. */
export interface Place {
  readonly env: Env;
  readonly input?: Rel;
  readonly aggregate?: (item: Omit<AggregateItem, 'name'>) => Expr;
  readonly window?: (item: Omit<WindowItem, 'name'>, node: SyntaxNode) => Expr;
  /** Puts an answer of several columns into a hidden tuple of a step beneath, and answers its name. */
  readonly beneath?: (expr: Expr) => string;
  /** The right side of a join's `on`. */
  readonly right?: Rel;
  /** The steps of a scan. */
  readonly step?: StepColumn;
  /** Columns that other tables of a `search` or `find` have: null here. */
  readonly absent?: ReadonlyMap<string, FieldType>;
  /** The clauses of a graph operator. */
  readonly graph?: ElementNames;
}

/** What `step.column` of a scan reads; undefined when the first name is no step. */
export type StepColumn = (step: string, column: string, node: SyntaxNode) => Expr | undefined;

/** Binds one kind of expression. */
export type Bind = (node: SyntaxNode, place: Place, b: Binder) => Expr;
