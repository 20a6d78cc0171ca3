import { identifier, sql, type Sql } from './sql.ts';

/** Kusto's scalar types. In the engine: see docs/ARCHITECTURE.md, "Types in the engine". */
export const kqlTypes = [
  'bool',
  'datetime',
  'decimal',
  'dynamic',
  'guid',
  'int',
  'long',
  'real',
  'string',
  'timespan',
] as const;
export type KqlType = (typeof kqlTypes)[number];

export interface Column {
  readonly name: string;
  readonly type: KqlType;
}

export interface TableSchema {
  readonly name: string;
  readonly columns: readonly Column[];
  /** It holds no row now: `union *`, `search` and `find` leave it out where it is not named. The catalogue's `held` must say so too. */
  readonly empty?: boolean;
  /** Of the columns, those that the table does not store: see standard-columns.ts. */
  readonly standard?: readonly string[];
  /** Members of dynamics that the table keeps as columns of their own. */
  readonly promoted?: readonly PromotedPath[];
  /** The engine's column that tells which device a row is of: for conditions of `Within`. KQL does not see it. */
  readonly deviceKey?: string;
  /**
   * It is no log but what is so now, read from here: whole, whatever time or arrival a query is bounded to, and not told of in `reads`.
   */
  readonly reference?: Sql;
  /** It is a table of another workspace. */
  readonly place?: TablePlace;
}

/** The table itself in the engine: for what a caller reads it from instead (`CompileOptions.source`). */
export function storedTable({ name, place }: Pick<TableSchema, 'name' | 'place'>): Sql {
  return place ? sql`${identifier(place.database)}.${identifier(place.table)}` : identifier(name);
}

/** Where a table of another workspace is. */
export interface TablePlace {
  /** Of the engine. */
  readonly database: string;
  readonly table: string;
  /** What its rows say as TenantId. */
  readonly tenantId: string;
  /** As a query names it. */
  readonly shown: string;
}

/** Another workspace, with the same tables. */
export interface WorkspaceSchema {
  /** What `workspace()` and `database()` may call it, its name first. */
  readonly names: readonly string[];
  readonly database: string;
  /** Its GUID. */
  readonly tenantId: string;
}

/** A watchlist as `_GetWatchlist('alias')` gives it. */
export interface WatchlistSchema {
  readonly alias: string;
  /** A name that no table or function has: a word, at most 12 characters. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** A table expression with these columns. */
  readonly from: Sql;
}

/** A member of a dynamic whose text (`tostring(column.key[0])`) the table keeps, too. */
export interface PromotedPath {
  readonly column: string;
  /** Names, and indexes of arrays from 0. */
  readonly keys: readonly (string | number)[];
  /** The engine's column, which KQL does not see. It holds `JSONExtract(column, keys…, 'String')`, '' where an index is of no array. */
  readonly stored: string;
}

/** A stored function as Kusto keeps it. */
export interface FunctionDefinition {
  readonly name: string;
  /** Kusto's own text of the parameters: `(x:long, y:string='z')`; `()` for none. */
  readonly parameters: string;
  /** The text between the braces. */
  readonly body: string;
}

/** What names mean. Equal `version`s must mean equal contents, but for which tables are `empty`, which `held` tells: bound state is cached by them. */
export interface KqlCatalogue {
  readonly version: string;
  /** Default: none is. */
  readonly held?: string;
  readonly tables: readonly TableSchema[];
  readonly functions: readonly FunctionDefinition[];
  /** Watchlists that are here; see watchlists.ts. The version must change with whatever they say. */
  readonly watchlists?: readonly WatchlistSchema[];
  /** Tables are spread over several shards. */
  readonly distributed?: boolean;
  /** What this workspace may be called in `workspace()`, `database()` and `cluster()`. All names but these and those of `workspaces` are refused. */
  readonly names?: readonly string[];
  /** Other workspaces that queries may read: see workspaces.ts. Another list each time they change. */
  readonly workspaces?: readonly WorkspaceSchema[];
}

/** Rows that the engine writes as JSON text: one column, one text a row, each begins with a comma and has no line break. */
export interface JsonRows {
  readonly shape: 'array' | 'object';
  /** How a dynamic stands in the row: as the JSON value that it is, or as a string with its text. */
  readonly dynamic: 'value' | 'text';
  /** Writes a long past 2^53 as a string, as the contracts' `Cell` does: for readers whose numbers are doubles. Default: each long is a number. */
  readonly safeLongs?: boolean;
}

/**
 * Settings of the engine that compiled SQL takes for granted, for every statement in which it stands: JSON text with plain slashes, as
 * Kusto writes it, and cells as the contracts' `Cell`. The lake sets them.
 */
export const engineSettings = {
  output_format_json_escape_forward_slashes: 0,
  output_format_json_quote_64bit_integers: 0,
  date_time_output_format: 'iso',
  use_variant_as_common_type: 1,
  enable_materialized_cte: 1,
  // Its rewrite of `match(…) OR match(…)` fails over aggregates, and reads Unicode's classes otherwise.
  optimize_or_like_chain: 0,
  // It repeats what stands over a union in each of its parts: seconds of planning where these are many.
  query_plan_lift_up_union: 0,
} as const;

/** What the compiler does to make a query faster. Each gives the same rows on and off. */
export const everyRewrite = {
  /** Steps that follow each other in one SELECT. */
  mergeSteps: true,
  /** Conditions stand as near to the tables as they can. */
  pushFilters: true,
  /** A table that is read several times is computed once, where that pays. */
  shareTables: true,
  /** Members of a dynamic that are read together are taken out of its JSON together. */
  sharePaths: true,
  /** Patterns of `parse` are cut at their texts, where that gives what their regular expression gives. */
  cutPatterns: true,
  /** Members of dynamics are read from the columns that tables keep them in. */
  promotePaths: true,
  /** Over `distributed` tables what stands in `in` is asked for once and sent to every shard, not asked for by each. */
  globalIn: true,
  /** Over `distributed` tables a join by rows of one table is made in its shards: the other side is sent to every shard. */
  globalJoin: true,
};
export type Rewrites = Readonly<Record<keyof typeof everyRewrite, boolean>>;

/** What a query asks of other addresses. `columns` are those of the table that stands for the answer. */
export type ExternalRequest = ExternalDataRequest | HttpRequest;

/** What `externaldata` asks for. */
export interface ExternalDataRequest {
  readonly kind: 'externaldata';
  readonly addresses: readonly string[];
  readonly columns: readonly Column[];
  /** Lower case; undefined when the query leaves it to the address. */
  readonly format: string | undefined;
  /** All of `with (…)`, names in lower case. */
  readonly properties: Readonly<Record<string, string>>;
}

/** What `evaluate http_request(…)` and `evaluate http_request_post(…)` ask for: one row, the answer's headers and its body. */
export interface HttpRequest {
  readonly kind: 'http_request' | 'http_request_post';
  readonly uri: string;
  /** As the query writes them: nothing has looked at names or values. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, for `http_request_post`. */
  readonly content: string | undefined;
  readonly columns: readonly Column[];
}

/** Dictionaries of the engine that functions look up, by their names as SQL's `dictGet` takes them. */
export interface Lookups {
  /** What `geo_info_from_ip_address` asks. None given: a query that calls it is refused. */
  readonly ipLocation?: IpLocation;
  /** What `identity_info` and `device_info` ask. None given: likewise. */
  readonly entities?: Entities;
}

/** Where addresses are. */
export interface IpLocation {
  /** By address (IPv6, or IPv4 as such): `place`, a UInt64. */
  readonly networks: string;
  /** By place: `info`, what `geo_info_from_ip_address` answers as JSON text. */
  readonly places: string;
}

/** Who accounts and devices are. */
export interface Entities {
  /** By what names an identity, in lower case: `id`, a UInt64, 0 for none. */
  readonly identityKeys: string;
  /** By id: `info`, what `identity_info` answers as JSON text. */
  readonly identities: string;
  readonly deviceKeys: string;
  readonly devices: string;
}

/** A condition on single rows of a table: see row-condition.ts. */
export interface RowCondition {
  /** Over the row `alias`, as SQL that is true, false or null. Only what is true counts. */
  readonly sql: (alias: Sql, of: RowScope) => Sql;
}
/** What an expression over a row may say beside it. */
export interface RowScope {
  /** What TenantId is in rows that say none. */
  readonly tenantId: string | undefined;
  readonly lookups: Lookups | undefined;
  /** In ticks since 0001-01-01. */
  readonly now: () => bigint;
  /** Whether the row is one of the table itself, with columns that KQL does not see, and not of what is read in its place. */
  readonly isStored: boolean;
}

/** What somebody may see of the tables. */
export interface Within {
  /** Equal keys mean equal answers of `of`: what is compiled is kept by them. */
  readonly key: string;
  /** `whole`: each row. `nothing`: no row, and wildcards pass the table over. */
  readonly of: (table: TableSchema) => 'whole' | 'nothing' | RowCondition;
}

export interface CompileOptions {
  /** What `now()` answers and `ago()` counts from. */
  readonly now: Date;
  /** `TimeGenerated >= from and TimeGenerated < to` on every base table read that has the column. */
  readonly timespan?: { readonly from: Date; readonly to: Date };
  /** ClickHouse database of the tables. Default: the connection's. */
  readonly database?: string;
  /** What TenantId is in rows that say none: the workspace's GUID. */
  readonly tenantId?: string;
  /** What a base table is read from, when not the table of that name. */
  readonly source?: (table: TableSchema) => Sql | undefined;
  /** Which rows of base tables there are for whoever asks. Default: all. */
  readonly within?: Within;
  /** What `source` answers has no row outside of `within` already. */
  readonly sourceIsWithin?: boolean;
  /**
   * What stands for the data of `externaldata`, `http_request` and `http_request_post`: a table expression with its columns in their engine types. Undefined, or none given: the
   * query is refused. Who gives one has checked the addresses.
   */
  readonly external?: (request: ExternalRequest) => Sql | undefined;
  /** What functions look up in dictionaries of the engine. */
  readonly lookups?: Lookups;
  /** The time zone of datetimes in text that say none: an IANA name, such as `Europe/Berlin`. Default: UTC, as in Kusto. */
  readonly zone?: string;
  /** `json` (default): cells as the contracts' `Cell`. `engine`: engine types, for INSERT … SELECT and subqueries. Or rows as text. */
  readonly output?: 'json' | 'engine' | JsonRows;
  /** A query may give several tables (`fork`, `facet`, several statements): `further` has them. Without this such a query is refused. */
  readonly several?: boolean;
  /** Values for `declare query_parameters`, each the text of a KQL constant: `42`, `datetime(2024-01-01)`, `"a"`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Adds LIMIT maxRows + 1, so that a caller sees whether there was more. */
  readonly maxRows?: number;
  /** Adds `plan` to each table: for `kql explain`. */
  readonly plan?: boolean;
  /** Tables are spread over several shards. Default: as the catalogue says. */
  readonly distributed?: boolean;
  /** Rewrites to switch off, to compare; all are on. */
  readonly rewrites?: Partial<Rewrites>;
  /**
   * Takes what only the data knows as it is over tables without a row: for callers of `compile` that want to know whether a query is
   * right and what it reads. Names that `bag_unpack` or `pivot` would have to give are then dynamic columns of nulls.
   */
  readonly noData?: boolean;
}

/** One read of a base table inside a query. */
export interface TableRead {
  readonly table: string;
  /** Set of a table of another workspace; `table` is then its name there. */
  readonly database?: string;
  /**
   * SELECT of that table with the filters that stand directly on it and the timespan. When none of a query's reads gives a row,
   * the query answers as over empty tables.
   */
  readonly filteredSql: string;
  /**
   * Those of these filters that don't depend on the moment, without the timespan, as SQL over a row of what the table is read from under the alias `r`: it holds of each
   * row that `filteredSql` could give at any time. `true` where there is none.
   */
  readonly condition: string;
}

export interface Visualization {
  readonly kind: string;
  readonly properties: Record<string, string>;
}

/** One table of an answer. */
export interface CompiledTable {
  readonly sql: string;
  readonly columns: readonly Column[];
  /** What `as` or `fork` named it. */
  readonly name?: string;
  /** The plan behind the SQL, as text, where it was asked for. */
  readonly plan?: string;
  readonly visualization?: Visualization;
}

/** The answer's first table, and with `several` the others. */
export interface Compiled extends CompiledTable {
  /** The tables after the first: of further statements, `fork` and `facet`. */
  readonly further?: readonly CompiledTable[];
  readonly reads: readonly TableRead[];
}
