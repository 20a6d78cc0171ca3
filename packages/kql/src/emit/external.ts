import { KqlError } from '../errors.ts';
import { identifier, join, sql } from '../sql.ts';
import type { ExternalRequest } from '../types.ts';
import type { Block } from './block.ts';
import type { Context, RelOf } from './context.ts';

/** The setting that allows hosts, by what asks. */
const settings: Readonly<Record<ExternalRequest['kind'], string>> = {
  externaldata: 'externalDataHosts',
  http_request: 'httpRequestHosts',
  http_request_post: 'httpRequestHosts',
};

/** Data that a query names by its address. Nothing here reads an address: the caller says what stands for it, or the query is refused. */
export function emitExternal(e: Context, rel: RelOf<'external'>, needed: ReadonlySet<string>): Block {
  const fields = rel.fields.filter((f) => needed.has(f.name));
  const given = e.options.external?.(rel.request);
  const { kind } = rel.request;
  if (!given)
    throw new KqlError(
      'UnsupportedOperator',
      `${kind} is off: a query reads no other address here, unless an administrator allows its host (setting \`${settings[kind]}\`). Keep the rows in a watchlist or a table of your own and name that`,
      rel.span,
    );
  const names = fields.map((f) => f.name);
  return e.asFrom(
    sql`SELECT ${names.length ? join(names.map(identifier)) : sql`1 AS ${identifier('$$one')}`} FROM ${given}`,
    names,
  );
}
