import { SettingsMap, type ClickHouseSettings } from '@clickhouse/client';
import { SallyportError } from '@sallyport/contracts';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Catalogue, Column, KqlCatalogue, KqlFunction, TableDefinition } from './catalogue/catalogue.ts';
import { Connection, readAll, type ConnectionOptions, type Reply, type Statistics } from './connection.ts';
import { createDatabase } from './ddl.ts';
import { engineCode } from './errors.ts';
import type { LocationDatabases } from './ip-location/database.ts';
import { locateMax, locateSql, locationsOf, type Location } from './ip-location/locate.ts';
import { ipLocationNames, IpLocations, type IpLocationNames, type IpLocationResult } from './ip-location/store.ts';
import { Entities, entityNames, type EntitiesResult, type EntityNames } from './entities/store.ts';
import { Loader, type LoadResult, type LoadSegment, type LoadStatement } from './load.ts';
import { insertStatement, encodeRows } from './rows.ts';
import { expiring, purge, purgeable, type Deletion } from './retention/deleting.ts';
import type { LegalHold } from './retention/holds.ts';
import type { Retention } from './retention/storage.ts';
import { tableStatus, type TableStatus } from './retention/table-status.ts';
import { liftSettings } from './settings.ts';
import { Tables } from './tables.ts';
import { WatchlistTables } from './watchlists.ts';

export interface LakeOptions extends ConnectionOptions {
  /** The database that holds the tables. Letters, digits and `_`; begins with a letter. */
  readonly workspace: string;
  readonly catalogue: Catalogue;
  /** `file` when the engine runs on this machine and may read the spool folder; `body` (default) sends segments with the request. */
  readonly transport?: 'file' | 'body';
  /** For when holds end. Default: the machine's. */
  readonly now?: () => Date;
  /** A cluster of the servers' `remote_servers`: tables become Replicated and Distributed. */
  readonly clusterName?: string;
}

/** Bounds of one query. */
export interface Limits {
  /** Seconds. Default 60. Past it: QueryLimitExceeded. */
  readonly seconds: number;
  /** Memory in the engine, bytes. Default 2 GiB. Past it: QueryLimitExceeded. */
  readonly memoryBytes: number;
  /** Rows of the result. Default 500,000. Past it the result is cut, and says so in `partial`. */
  readonly rows: number;
  /** Bytes of the result as JSON. Default 64 MB. Past it the result is cut, and says so in `partial`. */
  readonly bytes: number;
}

/** `CompileOptions.lookups` of packages/kql. */
export interface LookupNames {
  readonly ipLocation: IpLocationNames;
  readonly entities: EntityNames;
}

/** The same without the workspace, for SQL that the lake runs in it: what is loaded. */
export const lookupNames: LookupNames = { ipLocation: ipLocationNames, entities: entityNames };

export const defaultLimits: Limits = { seconds: 60, memoryBytes: 2 * 2 ** 30, rows: 500_000, bytes: 64_000_000 };

/** A result that is this many times `limits.bytes` is not worth carrying over to be cut. */
const hardBytesFactor = 4;

export interface QueryOptions {
  /** To `kill` it by; default random. */
  readonly queryId?: string;
  /** Who asks: a person's, rule's or job's id. For the engine's log. */
  readonly who?: string;
  /** What for: `hunting`, `rule`, … For the engine's log. */
  readonly operation?: string;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
  /** Values of `{name:Type}` in the SQL. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Tables that are read, to be made when missing. Others are found by the engine's complaint, one by one. */
  readonly tables?: readonly string[];
  readonly settings?: ClickHouseSettings;
  /** Also rows that are past their table's interactive time. */
  readonly longTerm?: boolean;
}

export interface QueryResult {
  /** Types are the engine's. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly statistics: Statistics;
  /** Which limit cut the result, and at what number. */
  readonly partial?: { readonly reason: string };
}

/** A statement that is over: who asked it, what for, and what it took. */
export interface Asked {
  readonly who: string;
  readonly operation: string | undefined;
  readonly statistics: Statistics;
}

/** An answer as the engine's bytes. */
export interface ReadAnswer {
  readonly stream: Readable;
  readonly statistics: QueryResult['statistics'];
}

/** What compiled KQL takes for granted: `engineSettings` of packages/kql; a test compares both. */
export const compiledSqlSettings: ClickHouseSettings = {
  output_format_json_escape_forward_slashes: 0,
  output_format_json_quote_64bit_integers: 0,
  date_time_output_format: 'iso',
  use_variant_as_common_type: 1,
  optimize_or_like_chain: 0,
  query_plan_lift_up_union: 0,
  // Newer than the client's list of settings.
  ...({ enable_materialized_cte: 1 } as ClickHouseSettings),
};

/** What every query runs with. */
export const querySettings: ClickHouseSettings = {
  // Compiled KQL is longer and deeper than what people write: a term searched in every column of many tables, a large array of values.
  max_query_size: String(16 * 2 ** 20),
  max_ast_elements: '2000000',
  max_expanded_ast_elements: '4000000',
  max_parser_depth: '10000',
  output_format_json_quote_denormals: 1,
  output_format_json_quote_decimals: 1,
  // More values than this are not sorted to be looked for in an index: with a million that takes ten times what the query does.
  use_index_for_in_with_subqueries_max_values: '100000',
  // On a cluster, for SQL that compiled KQL did not say GLOBAL in.
  distributed_product_mode: 'global',
  session_timezone: 'UTC',
  ...compiledSqlSettings,
};

/** The line of an answer that stands before its rows. */
const Head = z.object({ meta: z.array(z.object({ name: z.string(), type: z.string() })) });
/** What was read so far, told now and then; the engine leaves out what is 0. */
const Progress = z.object({
  read_rows: z.coerce.number().default(0),
  read_bytes: z.coerce.number().default(0),
  elapsed_ns: z.coerce.number(),
});
/** The others. Rows are not looked at one by one: they may be many, and the format is fixed. */
const Lines = z.custom<{ readonly row?: unknown[]; readonly progress?: unknown; readonly meta?: unknown }[]>(
  Array.isArray,
);

const loadSettings: ClickHouseSettings = {
  // Replayed logs may span many months, and a segment is stored whole or not at all.
  max_partitions_per_insert_block: '0',
  insert_null_as_default: 1,
  max_execution_time: 600,
  max_memory_usage: String(3 * 2 ** 30),
  date_time_input_format: 'best_effort',
  session_timezone: 'UTC',
  ...compiledSqlSettings,
};

/** At most this many missing tables are made for one query that did not name them. */
const unknownTablesMax = 64;

interface LakeParts {
  readonly connection: Connection;
  readonly tables: Tables;
  readonly loader: Loader;
  readonly ipLocations: IpLocations;
  readonly entities: Entities;
  readonly watchlists: WatchlistTables;
}

/** The tables of one workspace, and the only door to the engine. */
export class Lake {
  readonly workspace: string;
  /** The items of watchlists. */
  readonly watchlists: WatchlistTables;
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #loader: Loader;
  readonly #ipLocations: IpLocations;
  readonly #entities: Entities;
  readonly #now: () => Date;
  readonly #options: LakeOptions;
  readonly #first: Lake;
  readonly #listeners: ((asked: Asked) => void)[];

  private constructor(parts: LakeParts, options: LakeOptions, first?: Lake) {
    const { connection, tables, loader, ipLocations, entities, watchlists } = parts;
    this.watchlists = watchlists;
    this.workspace = options.workspace;
    this.#now = options.now ?? ((): Date => new Date());
    this.#connection = connection;
    this.#tables = tables;
    this.#loader = loader;
    this.#ipLocations = ipLocations;
    this.#entities = entities;
    this.#options = options;
    this.#first = first ?? this;
    this.#listeners = first ? first.#listeners : [];
  }

  /** Connects and makes the workspace when it is not there. Waits `retryMs` for an engine that is not up. Throws SallyportError Unavailable. */
  static connect(options: LakeOptions): Promise<Lake> {
    return Lake.#connect(options);
  }

  /**
   * The lake of another workspace of this engine, made when it is not there. It has the same tables: what is changed of one, of how its rows are kept and of what is held, is so
   * in all of them. Rows are its own, and so is what is known of accounts and devices; where addresses are is known in common. To be closed by itself.
   */
  beside(workspace: string): Promise<Lake> {
    return Lake.#connect({ ...this.#options, workspace }, this.#first);
  }

  static async #connect(options: LakeOptions, first?: Lake): Promise<Lake> {
    const { workspace } = options;
    if (!/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(workspace)) throw new Error(`not a workspace name: ${workspace}`);
    const cluster = options.clusterName === undefined ? undefined : { cluster: options.clusterName };
    const now = options.now ?? ((): Date => new Date());
    const connection = new Connection(options, workspace);
    const tables = new Tables(connection, options.catalogue, workspace, {
      cluster,
      now,
      ...(first ? { first: first.#tables } : {}),
    });
    const ipLocations = first ? first.#ipLocations : new IpLocations(connection, workspace, cluster, options);
    const entities = new Entities(connection, tables, cluster, options);
    const outside = new Connection(options);
    try {
      await outside.command(createDatabase(workspace, cluster));
      await tables.open();
      if (!first) await ipLocations.open();
      await entities.open();
    } catch (error) {
      tables.leave();
      await connection.close();
      throw error;
    } finally {
      await outside.close();
    }
    const loader = new Loader({
      connection,
      database: workspace,
      transport: options.transport ?? 'body',
      settings: { ...loadSettings, ...(cluster ? { distributed_foreground_insert: 1 } : {}) },
      logComment: comment(workspace, { operation: 'load' }),
    });
    const watchlists = new WatchlistTables(connection, workspace, cluster);
    return new Lake({ connection, tables, loader, ipLocations, entities, watchlists }, options, first);
  }

  /** Shipped and custom tables as they now are. */
  get catalogue(): Catalogue {
    return this.#tables.catalogue;
  }

  /** The catalogue for `compile` of packages/kql. */
  kqlCatalogue(functions?: readonly KqlFunction[]): KqlCatalogue {
    const { catalogue, stored, isDistributed } = this.#tables;
    const known = catalogue.kql(functions, this.#tables.made(performance.now()), stored);
    return isDistributed ? { ...known, distributed: true } : known;
  }

  /**
   * Runs one SELECT of ours, without any right to write, to set, or to reach files and other machines. Tried again when the engine dies meanwhile.
   * Throws SallyportError: QueryLimitExceeded, InvalidQuery, TooManyRequests, Unavailable; the signal's reason when aborted.
   */
  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const limits = { ...defaultLimits, ...options.limits };
    const tooMuch = (): SallyportError =>
      new SallyportError('QueryLimitExceeded', `the result is far over its limit of ${limits.bytes} bytes`);
    const how = { format: 'JSONCompactEachRowWithProgress', wait: true, bytes: limits.bytes };
    const answer = this.#read(sql, how, options, limits, async ({ stream, statistics }) =>
      cut(await readAll(stream, limits.bytes * hardBytesFactor, tooMuch), statistics, limits),
    );
    return this.#told(answer, options);
  }

  /** Has every statement of `query` told of when it is over. */
  onAsked(listener: (asked: Asked) => void): void {
    this.#listeners.push(listener);
  }

  async #told(answer: Promise<QueryResult>, { who, operation }: QueryOptions): Promise<QueryResult> {
    if (this.#listeners.length === 0) return answer;
    const started = performance.now();
    const tell = (statistics: Statistics): void => {
      for (const listener of this.#listeners) listener({ who: who ?? 'system', operation, statistics });
    };
    try {
      const result = await answer;
      tell(result.statistics);
      return result;
    } catch (error) {
      // The engine does not say what a failed one took. One that was stopped at a limit took about its time.
      const elapsedSeconds = (performance.now() - started) / 1_000;
      const isStopped = error instanceof SallyportError && error.code === 'QueryLimitExceeded';
      tell({ elapsedSeconds, rowsRead: 0, bytesRead: 0, cpuSeconds: isStopped ? elapsedSeconds : 0 });
      throw error;
    }
  }

  /**
   * The engine's own bytes, as they come, in `format` (default JSONCompactEachRow). Limits of time and memory hold; rows and bytes are the reader's
   * to bound. An error after the first bytes breaks the stream with an error. Destroying the stream cancels the query.
   */
  async stream(sql: string, options: QueryOptions & { readonly format?: string } = {}): Promise<Readable> {
    const limits = { ...defaultLimits, rows: 0, ...options.limits };
    const how = { format: options.format ?? 'JSONCompactEachRow', wait: false };
    return this.#read(sql, how, options, limits, ({ stream }) => Promise.resolve(stream));
  }

  /**
   * The bytes of an answer that the engine has whole before the first of them comes: it is known to have worked, and what it took. The engine stops
   * after the block in which it has made `limits.bytes` bytes; cutting exactly is the reader's.
   */
  async read(sql: string, options: QueryOptions & { readonly format: string }): Promise<ReadAnswer> {
    const limits = { ...defaultLimits, rows: 0, ...options.limits };
    const how = { format: options.format, wait: true, bytes: limits.bytes };
    return this.#read(sql, how, options, limits, ({ stream, statistics }) => Promise.resolve({ stream, statistics }));
  }

  /** Stores rows given as objects (a few thousand at most), exactly once for one `segmentId`. Columns unknown to the table throw BadRequest. */
  async insertRows(
    table: string,
    rows: readonly Readonly<Record<string, unknown>>[],
    options: { readonly segmentId?: string; readonly retry?: boolean } = {},
  ): Promise<void> {
    if (rows.length === 0) return;
    await this.#tables.ensure([table]);
    const definition = this.#tables.get(table);
    const encoded = encodeRows(definition, rows);
    const id = options.segmentId ?? randomUUID();
    const log_comment = comment(this.workspace, { operation: 'insert' });
    let doubt = options.retry ?? false;
    await this.#connection.repeat(async () => {
      if (doubt) await this.#loader.forget(id, [table]);
      doubt = true;
      const reply = await this.#connection.sendOnce({
        sql: insertStatement(this.workspace, definition, encoded.columns, id),
        queryId: `load-${id}-0`,
        settings: { ...loadSettings, ...encoded.settings, log_comment, wait_end_of_query: 1 },
        values: Readable.from([encoded.body]),
      });
      await readAll(reply.stream);
    });
  }

  /**
   * Stores a segment through its statements, exactly once: give `segment.retry` when an earlier call for the same id did not answer (a crash, an
   * error). Throws SallyportError: Unavailable or TooManyRequests (again later, with `retry`), others for good; then no row of it is stored.
   */
  async load(segment: LoadSegment, statements: readonly LoadStatement[]): Promise<LoadResult> {
    await this.#tables.ensure(statements.map(({ table }) => table));
    return this.#loader.load(segment, statements);
  }

  /**
   * Stores in `table` what compiled KQL of ours gives (`output: 'engine'`), under `segmentId`: what it stored under that id before goes, so a repeated call leaves
   * the same rows. `columns` are the query's, in order; others take their defaults. Answers how many rows. Limits of time and memory hold (default as of a
   * query). Throws SallyportError: QueryLimitExceeded, InvalidQuery, TooManyRequests, Unavailable; then no row is stored.
   */
  async insertSelect(
    table: string,
    columns: readonly string[],
    sql: string,
    options: {
      readonly segmentId: string;
      readonly tables?: readonly string[];
      readonly limits?: Partial<Pick<Limits, 'seconds' | 'memoryBytes'>>;
    },
  ): Promise<number> {
    await this.#tables.ensure([table, ...(options.tables ?? []).filter((name) => this.catalogue.get(name))]);
    const limits = { ...defaultLimits, ...options.limits };
    const lifted = liftSettings(sql);
    const settings: ClickHouseSettings = {
      ...querySettings,
      ...lifted.settings,
      max_execution_time: limits.seconds,
      max_memory_usage: String(limits.memoryBytes),
      insert_null_as_default: 1,
    };
    const insert = { table, columns, select: lifted.sql, settings };
    return this.#makingTables(() => this.#loader.insertSelect(options.segmentId, insert));
  }

  /** Deletes what a segment brought, of those tables. It must not be on its way any more. */
  async forget(segmentId: string, tables: readonly string[]): Promise<void> {
    await this.#tables.ensure(tables);
    await this.#loader.forget(segmentId, tables);
  }

  /** Makes physical tables and columns that are missing. Throws SallyportError NotFound, Conflict. */
  ensureTables(names: Iterable<string>): Promise<void> {
    return this.#tables.ensure(names);
  }

  /** Makes a custom table. Throws SallyportError BadRequest, Conflict. */
  createTable(input: { name: string; columns: readonly Column[]; retentionDays?: number }): Promise<TableDefinition> {
    return this.#tables.createTable(input);
  }

  addColumns(table: string, columns: readonly Column[]): Promise<TableDefinition> {
    return this.#tables.addColumns(table, columns);
  }

  /** Adds a column of our own making to any table; nothing when it has it. Throws SallyportError NotFound. */
  addOwnColumn(table: string, column: Column): Promise<TableDefinition> {
    return this.#tables.addOwnColumn(table, column);
  }

  /** Keeps members of dynamics as columns, too: see `Tables.promote`. */
  promote(table: string, paths: readonly string[]): Promise<TableDefinition> {
    return this.#tables.promote(table, paths);
  }

  /** How rows are kept from now on, those already there too. What is then too old is deleted in the background. Throws SallyportError NotFound. */
  setRetention(table: string, retention: Retention): Promise<TableDefinition> {
    return this.#tables.setRetention(table, retention);
  }

  /** What keeping a table's rows for `days` would delete. Throws SallyportError NotFound. */
  expiring(table: string, days: number): Promise<Deletion> {
    return expiring(this.#connection, this.#tables, table, days);
  }

  /** What `purge` would delete. */
  purgeable(table: string, condition: string): Promise<Deletion> {
    return purgeable(this.#connection, this.#tables, table, condition);
  }

  /** Deletes rows off the disk by a condition of ours (SQL over the table's columns), but none that is held. */
  purge(table: string, condition: string): Promise<Deletion> {
    return purge(this.#connection, this.#tables, table, condition);
  }

  /** Deletes a custom table with its rows. Throws SallyportError NotFound, BadRequest, and Conflict when a hold covers it. */
  dropTable(table: string): Promise<void> {
    return this.#tables.dropTable(table);
  }

  /** Legal holds, newest first, those that ended too. */
  async holds(): Promise<readonly LegalHold[]> {
    await this.#tables.holds.reload();
    return this.#tables.holds.all;
  }

  /** Puts a hold in force, or changes one: when this resolves, nothing deletes the rows it keeps. Throws SallyportError when the engine can't hold by its conditions. */
  async saveHold(hold: LegalHold): Promise<void> {
    await this.#tables.saveHold(hold);
  }

  /** Has the engine keep rows as retention and holds now say: for holds that ended by themselves. */
  applyStorage(): Promise<void> {
    return this.#tables.applyStorage();
  }

  /** Reads again what other servers changed of custom tables and retention. */
  reloadTables(): Promise<void> {
    return this.#tables.reload();
  }

  /** The same, for SQL that is loaded in any workspace of this engine. */
  get loadLookups(): LookupNames {
    return { ipLocation: this.#ipLocations.names, entities: entityNames };
  }

  /** The dictionaries of where addresses are and who accounts and devices are, for `compile` of packages/kql. They are there from the start, empty. */
  get lookups(): LookupNames {
    return { ipLocation: this.#ipLocations.names, entities: this.#entities.names };
  }

  /** Has the engine read anew who accounts and devices are, when rows about them came or went since it last did. Throws SallyportError. */
  refreshEntities(): Promise<EntitiesResult> {
    return this.#entities.refresh();
  }

  /** Stores databases of IP locations (`readDatabases`), unless they are stored, and has the engine load them. Throws MmdbError, SallyportError. */
  loadIpLocations(databases: LocationDatabases): Promise<IpLocationResult> {
    return this.#ipLocations.load(databases);
  }

  /** What is known of addresses, by address; unknown ones are missing. At most 10,000 at once. Throws as `query` does. */
  async locate(addresses: readonly string[], options: QueryOptions = {}): Promise<Map<string, Location>> {
    if (addresses.length > locateMax) throw new RangeError(`at most ${locateMax} addresses at once`);
    if (addresses.length === 0) return new Map();
    const sql = locateSql(this.#ipLocations.names);
    const { rows } = await this.query(sql, { operation: 'locate', ...options, params: { addresses } });
    return locationsOf(rows);
  }

  /** Sizes and times of the tables that hold rows, and of all custom ones; by name. */
  tableInfo(): Promise<TableStatus[]> {
    const isHeld = (name: string): boolean => this.#tables.holds.rows(name, this.#now()) !== undefined;
    return tableStatus(this.#connection, this.workspace, this.catalogue, isHeld);
  }

  /** Cancels a running query. No error when it has ended. */
  async kill(queryId: string): Promise<void> {
    if (!/^[\w.-]{1,200}$/.test(queryId))
      throw new SallyportError('BadRequest', 'not a query id', { target: 'queryId' });
    await this.#connection.command(`KILL QUERY WHERE query_id = '${queryId}' ASYNC`);
  }

  /** Does the engine answer? */
  ping(): Promise<boolean> {
    return this.#connection.ping();
  }

  close(): Promise<void> {
    this.#tables.leave();
    return this.#connection.close();
  }

  async #read<T>(
    sql: string,
    how: { readonly format: string; readonly wait: boolean; readonly bytes?: number },
    options: QueryOptions,
    limits: Limits,
    receive: (reply: Reply) => Promise<T>,
  ): Promise<T> {
    if (options.tables) await this.#tables.ensure(options.tables.filter((name) => this.catalogue.get(name)));
    const lifted = liftSettings(sql);
    const settings: ClickHouseSettings = {
      ...querySettings,
      ...lifted.settings,
      ...options.settings,
      ...(options.longTerm ? {} : this.#interactiveOnly()),
      max_execution_time: limits.seconds,
      max_memory_usage: String(limits.memoryBytes),
      ...(limits.rows > 0 ? { max_result_rows: String(limits.rows), result_overflow_mode: 'break' as const } : {}),
      ...(how.bytes ? { max_result_bytes: String(how.bytes), result_overflow_mode: 'break' as const } : {}),
      log_comment: comment(this.workspace, options),
      readonly: '1',
      ...(how.wait ? { wait_end_of_query: 1 as const } : {}),
    };
    const run = (): Promise<T> =>
      this.#connection.repeat(async () => {
        const reply = await this.#connection.sendOnce({
          sql: `${lifted.sql}\nFORMAT ${how.format}`,
          queryId: options.queryId,
          settings,
          ...(options.params ? { params: options.params } : {}),
          signal: options.signal,
        });
        return receive(reply);
      }, options);
    return this.#makingTables(run);
  }

  #interactiveOnly(): ClickHouseSettings {
    const filters = Object.entries(this.#tables.interactive);
    if (filters.length === 0) return {};
    return { additional_table_filters: SettingsMap.from(Object.fromEntries(filters)) };
  }

  /** Runs a query, and makes the tables of the catalogue that the engine does not find. */
  async #makingTables<T>(run: () => Promise<T>): Promise<T> {
    for (let made = 0; ; made++) {
      try {
        return await run();
      } catch (error) {
        const missing = engineCode(error) === 60 ? missingTable(error) : undefined;
        if (missing === undefined || !this.catalogue.get(missing.table) || made >= unknownTablesMax) throw error;
        await this.#tables.ensureIn(missing.database, [missing.table]);
      }
    }
  }
}

function comment(workspace: string, options: { who?: string; operation?: string }): string {
  return JSON.stringify({ workspace, who: options.who ?? 'system', operation: options.operation ?? 'query' });
}

function missingTable(error: unknown): { readonly database: string | undefined; readonly table: string } | undefined {
  const cause = error instanceof SallyportError ? error.cause : error;
  const text = cause instanceof Error ? cause.message : '';
  const [, database, table] = /(?:identifier|Table) [`']?(?:(\w+)[`']?\.)?[`']?(\w+)[`']?/.exec(text) ?? [];
  return table === undefined ? undefined : { database, table };
}

const lineFeed = 10;

/** The rows of an answer, as many as its limits allow. `ended`: what was read, where the answer was ended before it says so. */
function cut(bytes: Buffer, ended: QueryResult['statistics'], limits: Limits): QueryResult {
  const large = bytes.length > limits.bytes;
  const end = large ? bytes.lastIndexOf(lineFeed, limits.bytes) + 1 : bytes.length;
  const lines = Lines.parse(JSON.parse(`[${bytes.toString('utf8', 0, end).trimEnd().replaceAll('\n', ',')}]`));
  const head = Head.safeParse(lines.find(({ meta }) => meta !== undefined));
  if (!head.success)
    throw new SallyportError('QueryLimitExceeded', `the result is far over its limit of ${limits.bytes} bytes`);
  const all = lines.flatMap(({ row }) => (row ? [row] : []));
  const told = lines.findLast(({ progress }) => progress !== undefined);
  const rows = all.length > limits.rows ? all.slice(0, limits.rows) : all;
  const reason =
    rows.length < all.length
      ? `the result has more than ${limits.rows} rows: the first ${limits.rows} are shown`
      : large
        ? `the result is larger than ${limits.bytes} bytes: the first ${rows.length} rows are shown`
        : undefined;
  return {
    columns: head.data.meta,
    rows,
    statistics: told ? { ...ended, ...statisticsOf(Progress.parse(told.progress)) } : ended,
    ...(reason === undefined ? {} : { partial: { reason } }),
  };
}

const statisticsOf = ({
  read_rows,
  read_bytes,
  elapsed_ns,
}: z.infer<typeof Progress>): Omit<Statistics, 'cpuSeconds'> => ({
  elapsedSeconds: elapsed_ns / 1e9,
  rowsRead: read_rows,
  bytesRead: read_bytes,
});
