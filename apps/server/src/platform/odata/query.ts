import type { Queryable } from '../database/index.ts';
import { pageSql, type ListOptions } from './page.ts';
import type { Parameters, Properties, Property } from './sql.ts';

export interface PageQuery {
  readonly columns: string;
  /** Up to and with a condition, to which more are added: `people p WHERE p.deleted_at IS NULL`. */
  readonly from: string;
  readonly properties: Properties;
  readonly order: { readonly key: Property; readonly defaultOrder: ListOptions['orderBy'] };
  readonly options: ListOptions;
  /** With what `from` has bound. */
  readonly parameters: Parameters;
  /** Of a page that is not said to be smaller, and of any. */
  readonly pageDefault: number;
  readonly pageMax: number;
}

export interface QueriedPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page begins; undefined: this is the last. */
  readonly next: string[] | undefined;
  /** All that the filter leaves, where `$count` asks for it. */
  readonly count: number | undefined;
}

/** A page of rows as the options of a list say. */
export async function queryPage<Row extends object>(db: Queryable, query: PageQuery): Promise<QueriedPage<Row>> {
  const { columns, from, properties, order, options, parameters, pageDefault, pageMax } = query;
  const page = pageSql(options, properties, order, parameters);
  const filterValues = parameters.values.slice(0, page.filterParameters);
  const size = Math.min(options.top ?? pageDefault, pageMax);
  const rows = await db.query<Row & { cursor: string[] }>(
    `SELECT ${columns}, ${page.cursor} AS cursor FROM ${from} AND ${page.where} ORDER BY ${page.orderBy}
     LIMIT ${parameters.bind(size + 1)} OFFSET ${parameters.bind(options.skip)}`,
    parameters.values,
  );
  const count = options.count
    ? (await db.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${from} AND ${page.filter}`, filterValues))?.n
    : undefined;
  return { rows: rows.slice(0, size), next: rows.length > size ? rows[size - 1]?.cursor : undefined, count };
}
