import { KqlError } from '../errors.ts';
import { identifier, join, sql } from '../sql.ts';
import type { Block } from './block.ts';
import type { Context, RelOf } from './context.ts';

/** Data that a query names by its address. Nothing here reads an address: the caller says what stands for it, or the query is refused. */
export function emitExternal(e: Context, rel: RelOf<'external'>, needed: ReadonlySet<string>): Block {
  const fields = rel.fields.filter((f) => needed.has(f.name));
  const given = e.options.external?.(rel.request);
  if (!given)
    throw new KqlError(
      'UnsupportedOperator',
      'externaldata is off: a query reads no other address here, unless an administrator allows it. Keep the rows in a watchlist or a table of your own and name that',
      rel.span,
    );
  const names = fields.map((f) => f.name);
  return e.asFrom(
    sql`SELECT ${names.length ? join(names.map(identifier)) : sql`1 AS ${identifier('$$one')}`} FROM ${given}`,
    names,
  );
}
