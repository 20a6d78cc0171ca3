import { neverNull } from '../functions/convert.ts';
import type { Expr, Rel } from '../plan/plan.ts';
import { join, sql, type Sql } from '../sql.ts';

export interface BlockColumn {
  readonly sql: Sql;
  readonly plain: boolean;
  /** Known by its place alone, as in a further part of a UNION. */
  readonly unnamed?: boolean;
}

/**
 * One SELECT being put together. `columns` are expressions over `from`; `plain` when each is only a reference, so that a further
 * condition or expression may be written over them without saying anything twice. One with `grouping` has its columns from a GROUP BY
 * (of one group when it is empty): more may be computed of them, and a condition on them is HAVING. A `closed` one has a LIMIT or
 * window and takes nothing more: it becomes a subquery first.
 */
export interface Block {
  readonly from: Sql;
  readonly columns: ReadonlyMap<string, BlockColumn>;
  readonly where: readonly Sql[];
  /** Conditions that the engine has tried on a row of a table before anything else looks at it. */
  readonly first?: readonly Sql[];
  /** Named expressions, for the WITH of this SELECT. Grows while expressions are written over the block. */
  readonly names: { readonly name: Sql; readonly expression: Sql }[];
  readonly grouping?: Sql;
  readonly having?: readonly Sql[];
  readonly tail?: Sql;
  /** Closed by a LIMIT alone: other columns may still be computed of its rows. `count` when that is a constant, `order` as in the tail. */
  readonly limited?: { readonly order: Sql; readonly count: bigint | undefined };
  readonly closed: boolean;
}

export const union = (...sets: readonly Iterable<string>[]): Set<string> => new Set(sets.flatMap((s) => [...s]));

export const nullable = (block: Block, rel: Rel): Block => ({
  ...block,
  columns: new Map(
    [...block.columns].map(([name, column]) => {
      const type = rel.fields.find((f) => f.name === name)?.type ?? 'dynamic';
      return [name, neverNull(type) ? column : { sql: sql`toNullable(${column.sql})`, plain: false }];
    }),
  ),
});

/** WITH, for the names that the statement uses, straight or through each other. */
export function withClause(block: Block, body: Sql, first: readonly Sql[] = []): Sql {
  let text = body.text;
  const used = block.names.toReversed().filter((n) => {
    const found = text.includes(n.name.text);
    if (found) text += n.expression.text;
    return found;
  });
  const all = [...first, ...used.toReversed().map((n) => sql`${n.expression} AS ${n.name}`)];
  return all.length ? sql`WITH ${join(all)} ${body}` : body;
}

const allOf = (conditions: readonly Sql[]): Sql =>
  join(
    conditions.map((condition) => sql`(${condition})`),
    sql` AND `,
  );

/** All that follows FROM. */
export const clauses = (block: Block): Sql => {
  const having = block.having?.length ? sql` HAVING ${allOf(block.having)}` : sql``;
  return sql`${whereClause(block)}${block.grouping ?? sql``}${having}${block.tail ?? sql``}`;
};

export const whereClause = ({ first, where }: Pick<Block, 'first' | 'where'>): Sql =>
  sql`${first?.length ? sql` PREWHERE ${allOf(first)}` : sql``}${where.length ? sql` WHERE ${allOf(where)}` : sql``}`;

/** Columns that an expression reads. */
export function columnsOf(expr: Expr, into: Set<string> = new Set()): Set<string> {
  switch (expr.kind) {
    case 'column':
      into.add(expr.name);
      break;
    case 'element':
      into.add(expr.tuple);
      break;
    case 'call':
    case 'rowTuple':
      for (const arg of expr.args) columnsOf(arg, into);
      break;
    case 'inQuery':
      columnsOf(expr.value, into);
      break;
    case 'literal':
    case 'scalarQuery':
      break;
  }
  return into;
}

/** How often each column is read, at least. */
export function usesOf(exprs: Iterable<Expr>): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const count = (name: string): unknown => uses.set(name, (uses.get(name) ?? 0) + 1);
  const visit = (expr: Expr): void => {
    if (expr.kind === 'column') count(expr.name);
    else if (expr.kind === 'element') count(expr.tuple);
    else if (expr.kind === 'inQuery') visit(expr.value);
    else if (expr.kind === 'call' || expr.kind === 'rowTuple') expr.args.forEach(visit);
  };
  for (const expr of exprs) visit(expr);
  return uses;
}

export function hasQuery(expr: Expr): boolean {
  if (expr.kind === 'scalarQuery' || expr.kind === 'inQuery') return true;
  return (expr.kind === 'call' || expr.kind === 'rowTuple') && expr.args.some(hasQuery);
}
