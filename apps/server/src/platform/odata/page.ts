import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import { instantOf, parseFilter, type Filter } from './filter.ts';
import { filterSql, propertyAt, rankOf, type Bind, type Parameters, type Properties, type Property } from './sql.ts';

/** What a caller wants of a list. https://learn.microsoft.com/graph/query-parameters */
export interface ListOptions {
  readonly filter: Filter | undefined;
  readonly orderBy: readonly { readonly path: string; readonly descending: boolean }[];
  readonly top: number | undefined;
  readonly skip: number;
  readonly count: boolean;
  readonly select: readonly string[] | undefined;
  readonly expand: readonly string[];
  /** Where the page before ended. */
  readonly after: readonly string[] | undefined;
}

export type RawQuery = Readonly<Record<string, string | readonly string[]>>;

const known = ['$filter', '$orderby', '$top', '$skip', '$count', '$select', '$expand', '$skiptoken'] as const;
type Known = (typeof known)[number];
/** Rows that may be left out by number; past this one follows the links. */
const skipMax = 100_000;
const orderMax = 5;

const bad = (name: string, message: string): SallyportError =>
  new SallyportError('BadRequest', `${name}: ${message}`, { target: `query.${name}` });

/** Reads OData's system options, named in any case; others (`api-version`) are left alone. Throws BadRequest for those that are not served and values that are none. */
export function readListOptions(query: RawQuery, served: readonly Known[] = known): ListOptions {
  const given = new Map<string, string | readonly string[]>();
  for (const [name, value] of Object.entries(query)) {
    if (!name.startsWith('$')) continue;
    const option = name.toLowerCase();
    if (!served.some((known) => known === option)) throw bad(name, 'is not supported here');
    if (given.has(option)) throw bad(name, 'stands twice');
    given.set(option, value);
  }
  const one = (name: Known): string | undefined => {
    const value = given.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw bad(name, 'stands twice');
  };
  const filter = one('$filter');
  const select = one('$select');
  return {
    filter: filter?.trim() ? parseFilter(filter) : undefined,
    orderBy: orderOf(one('$orderby')),
    top: whole('$top', one('$top'), Number.MAX_SAFE_INTEGER),
    skip: whole('$skip', one('$skip'), skipMax) ?? 0,
    count: flag(one('$count')),
    select: select === undefined ? undefined : listOf(select),
    expand: listOf(one('$expand') ?? ''),
    after: cursorOf(one('$skiptoken')),
  };
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function orderOf(text: string | undefined): ListOptions['orderBy'] {
  const parts = listOf(text ?? '');
  if (parts.length > orderMax) throw bad('$orderby', `at most ${orderMax} properties`);
  return parts.map((part) => {
    const [, path, direction] = /^([\w/]+)(?:\s+(asc|desc))?$/i.exec(part) ?? [];
    if (path === undefined) throw bad('$orderby', `\`${part}\` is no property with \`asc\` or \`desc\``);
    return { path, descending: direction?.toLowerCase() === 'desc' };
  });
}

function whole(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value <= max)) throw bad(name, `a whole number from 0 to ${max}`);
  return value;
}

function flag(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw bad('$count', '`true` or `false`');
}

const Cursor = z
  .array(z.string().max(2_048))
  .min(1)
  .max(orderMax + 1);
/** The `$skiptoken` of a row's place. */
export const skipToken = (values: readonly string[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url');
function cursorOf(token: string | undefined): readonly string[] | undefined {
  if (token === undefined) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw bad('$skiptoken', 'is none of this service');
  }
  const cursor = Cursor.safeParse(values);
  if (!cursor.success) throw bad('$skiptoken', 'is none of this service');
  return cursor.data;
}

interface SortKey {
  readonly property: Property;
  /** Never null. */
  readonly sql: string;
  readonly descending: boolean;
}

/** A page of a list as SQL: parts of a statement over the rows, and how its rows' places become the next page's token. */
export interface PageSql {
  readonly where: string;
  /** The filter alone, for a count. Its parameters are the first `filterParameters`. */
  readonly filter: string;
  readonly filterParameters: number;
  readonly orderBy: string;
  /** An expression of `text[]`, to be selected as `cursor`. */
  readonly cursor: string;
}

/**
 * Pages go by the place of the last row, not by counting, so that rows which come or go in between neither repeat nor hide others. `key` is a property that no two
 * rows share, and sorts last. `defaultOrder` is used without `$orderby`.
 */
export function pageSql(
  options: ListOptions,
  properties: Properties,
  { key, defaultOrder }: { key: Property; defaultOrder: ListOptions['orderBy'] },
  parameters: Parameters,
): PageSql {
  const { bind } = parameters;
  const filter = options.filter ? filterSql(options.filter, properties, bind) : 'true';
  const filterParameters = parameters.values.length;
  const order = options.orderBy.length > 0 ? options.orderBy : defaultOrder;
  const keys = order.map(({ path, descending }): SortKey => {
    const property = propertyAt(properties, path);
    if (!property) throw bad('$orderby', `could not find a property named \`${path}\``);
    return { property, sql: sortable(property), descending };
  });
  keys.push({ property: key, sql: sortable(key), descending: order.at(-1)?.descending ?? false });
  return {
    filter,
    filterParameters,
    where: options.after ? `${filter} AND ${afterCursor(keys, options.after, bind)}` : filter,
    orderBy: keys.map(({ sql, descending }) => `${sql} ${descending ? 'DESC' : 'ASC'}`).join(', '),
    cursor: `ARRAY[${keys.map(({ property, sql }) => placeText(property, sql)).join(', ')}]::text[]`,
  };
}

const nothing = { string: "''", datetime: "'-infinity'::timestamptz", number: '-1', boolean: 'false' } as const;
function sortable(property: Property): string {
  if (property.values) return `coalesce(${rankOf(property)}, 0)`;
  if (property.type === 'string') return `coalesce(${property.sql}, '') COLLATE "C"`;
  return property.nullable ? `coalesce(${property.sql}, ${nothing[property.type]})` : property.sql;
}
const placeText = ({ type, values }: Property, sql: string): string =>
  type === 'datetime' && !values
    ? `CASE WHEN isfinite(${sql}) THEN to_char(${sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE '' END`
    : `(${sql})::text`;

function afterCursor(keys: readonly SortKey[], after: readonly string[], bind: Bind): string {
  if (after.length !== keys.length) throw bad('$skiptoken', 'is of another order');
  const places = keys.map(({ property }, index) => placeOf(property, after[index] ?? '', bind));
  const alternatives = keys.map(({ sql, descending }, index) => {
    const equal = keys.slice(0, index).map((key, earlier) => `${key.sql} = ${places[earlier]}`);
    return `(${[...equal, `${sql} ${descending ? '<' : '>'} ${places[index]}`].join(' AND ')})`;
  });
  return `(${alternatives.join(' OR ')})`;
}

function placeOf({ type, values }: Property, text: string, bind: Bind): string {
  const none = bad('$skiptoken', 'is of another order');
  if (type === 'number' || values) {
    if (!/^-?\d{1,9}$/.test(text)) throw none;
    return `${bind(text)}::int`;
  }
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw none;
    return `${bind(text)}::boolean`;
  }
  if (type === 'string') {
    if (text.includes('\0')) throw none;
    return `${bind(text)}::text`;
  }
  if (text === '') return nothing.datetime;
  if (instantOf(text) === undefined) throw none;
  return `${bind(text)}::timestamptz`;
}

/** The address of the page after a row's place: the same call, from there on. `url` is the call's path and query. */
export function nextLink(url: string, host: string, place: readonly string[]): string {
  const next = new URL(url, `https://${host}`);
  const places = [...next.searchParams.keys()].filter((name) => /^\$skip(?:token)?$/i.test(name));
  for (const name of places) next.searchParams.delete(name);
  next.searchParams.set('$skipToken', skipToken(place));
  return next.href;
}
