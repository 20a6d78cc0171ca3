import { neverNull } from '../functions/convert.ts';
import type { Expr, Rel } from '../plan/plan.ts';
import { join, sql, type Sql } from '../sql.ts';

/**
 * One SELECT being put together. `columns` are expressions over `from`; `plain` when each is only a reference, so that a further
 * condition or expression may be written over them without saying anything twice. A `closed` one has a GROUP BY, LIMIT or window
 * and takes nothing more: it becomes a subquery first.
 */
export interface Block {
  readonly from: Sql;
  readonly columns: ReadonlyMap<string, { readonly sql: Sql; readonly plain: boolean }>;
  readonly where: readonly Sql[];
  /** Named expressions, for the WITH of this SELECT. Grows while expressions are written over the block. */
  readonly names: { readonly name: Sql; readonly expression: Sql }[];
  readonly tail?: Sql;
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
export function withClause(block: Block, body: Sql): Sql {
  let text = body.text;
  const used = block.names.toReversed().filter((n) => {
    const found = text.includes(n.name.text);
    if (found) text += n.expression.text;
    return found;
  });
  return used.length
    ? sql`WITH ${join(used.toReversed().map((n) => sql`${n.expression} AS ${n.name}`))} ${body}`
    : body;
}

export const whereClause = (block: Block): Sql =>
  block.where.length
    ? sql` WHERE ${join(
        block.where.map((w) => sql`(${w})`),
        sql` AND `,
      )}`
    : sql``;

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

export function hasQuery(expr: Expr): boolean {
  if (expr.kind === 'scalarQuery' || expr.kind === 'inQuery') return true;
  return (expr.kind === 'call' || expr.kind === 'rowTuple') && expr.args.some(hasQuery);
}
