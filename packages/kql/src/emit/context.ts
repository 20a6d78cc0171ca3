import type { Expr, Rel, SortKey } from '../plan/plan.ts';
import type { Sql } from '../sql.ts';
import type { CompileOptions, Rewrites, TableRead } from '../types.ts';
import type { Block } from './block.ts';
import type { Scope } from './expression.ts';

export type Takes = 'rows' | 'groups' | 'columns';

export type RelOf<K extends Rel['kind']> = Extract<Rel, { kind: K }>;

/** What the emitter of one kind of node may use of the whole. */
export interface Context {
  readonly options: CompileOptions;
  readonly rewrites: Rewrites;
  /** Every read of a base table, as it is written. */
  readonly reads: TableRead[];
  /** The input as a SELECT that gives at least the needed columns. */
  emit(rel: Rel, needed: ReadonlySet<string>): Block;
  /** A query with one column, for use inside an expression. */
  subquery(rel: Rel): Sql;
  /** A fresh name of a table. */
  alias(): Sql;
  /** The moment of compilation, in ticks since 0001-01-01. */
  moment(): bigint;
  /** For expressions over the block. */
  scope(block: Block): Required<Omit<Scope, 'member'>>;
  /** The same, for expressions that may read members of a dynamic together. */
  scopeOf(block: Block, exprs: readonly Expr[]): Scope;
  /** The same where no WITH can name anything. */
  bareScope(block: Block): Scope;
  /** The block as text. */
  render(block: Block, only: ReadonlySet<string>): Sql;
  /** A SELECT's text as the source of a new block. */
  asFrom(text: Sql, names: Iterable<string>): Block;
  /**
   * The block when it can take more over these columns (each with how often it is read; 2 where that is not told), else the block as a
   * subquery. `groups`: the caller's step may also stand on groups: it adds conditions to `having` then, and no grouping of its own.
   * `columns`: it only computes columns, and may stand on a LIMIT too.
   */
  open(block: Block, over: ReadonlyMap<string, number> | Iterable<string>, takes?: Takes): Block;
  asSubquery(block: Block): Block;
  orderBy(keys: readonly SortKey[], block: Pick<Block, 'columns'>): Sql;
}
