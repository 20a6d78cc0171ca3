import { SallyportError } from '@sallyport/contracts';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { readAll, type Connection } from './connection.ts';
import type { ClusterDdl } from './ddl.ts';
import { sqlName, sqlString } from './sql.ts';

/** One item as it is written. */
export interface WatchlistItemRow {
  /** Sorts as the items of a list shall stand. */
  readonly id: string;
  readonly searchKey: string;
  /** JSON text of a bag. */
  readonly item: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** Of several writings of one item the highest counts. */
  readonly version: number;
  readonly deleted: boolean;
  /** By position of the list's columns. */
  readonly values: readonly string[];
}

/** Columns of such a table; after them one for each column of the list, `watchlistColumn(i)`. */
export const watchlistItemColumns = [
  ['id', 'String'],
  ['search_key', 'String'],
  ['item', 'String'],
  ['created_at', "DateTime64(3, 'UTC')"],
  ['created_by', 'LowCardinality(String)'],
  ['updated_at', "DateTime64(3, 'UTC')"],
  ['updated_by', 'LowCardinality(String)'],
  ['version', 'UInt64'],
  ['deleted', 'UInt8'],
] as const;
/** The engine's name of a list's column, from 0: what lists call them is other people's text. */
export const watchlistColumn = (index: number): string => `c${index}`;
const tableName = /^_watchlist_[a-z0-9_]{1,60}$/;

/** Writing some ten million items. */
const insertSeconds = 3_600;

/**
 * The items of watchlists: a table each, in which the newest writing of an item counts. A list that is brought anew gets a new table; which one is in use, the
 * server's database says.
 */
export class WatchlistTables {
  readonly #connection: Connection;
  readonly #database: string;
  readonly #cluster: ClusterDdl | undefined;

  constructor(connection: Connection, database: string, cluster: ClusterDdl | undefined) {
    this.#connection = connection;
    this.#database = database;
    this.#cluster = cluster;
  }

  async create(table: string, columns: number): Promise<void> {
    const all = [
      ...watchlistItemColumns,
      ...Array.from({ length: columns }, (_, i) => [watchlistColumn(i), 'String'] as const),
    ];
    const kept = this.#cluster
      ? `ReplicatedReplacingMergeTree('/clickhouse/tables/${this.#database}/${table}/{uuid}', '{replica}', version, deleted)`
      : 'ReplacingMergeTree(version, deleted)';
    const ddl = all.map(([name, type]) => `${sqlName(name)} ${type} CODEC(ZSTD(1))`).join(', ');
    await this.#connection.command(
      `CREATE TABLE IF NOT EXISTS ${this.#at(table)}${this.#on()} (${ddl}) ENGINE = ${kept} ORDER BY id` +
        ` SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
    );
  }

  /**
   * Writes items in their order. Writing the same again changes nothing, so a list is sent again where the connection broke or the engine was busy. Throws what `rows` throws,
   * and SallyportError.
   */
  async write(table: string, rows: AsyncIterable<WatchlistItemRow> | Iterable<WatchlistItemRow>): Promise<void> {
    let failed: unknown;
    const lines = async function* (): AsyncGenerator<string> {
      try {
        yield* batches(rows);
      } catch (error) {
        failed = error;
        throw error;
      }
    };
    const send = async (): Promise<void> => {
      const reply = await this.#connection.sendOnce({
        sql: `INSERT INTO ${this.#at(table)} FORMAT JSONCompactEachRow`,
        settings: { wait_end_of_query: 1, max_execution_time: insertSeconds, date_time_input_format: 'basic' },
        values: Readable.from(lines(), { objectMode: false }),
      });
      await readAll(reply.stream);
    };
    try {
      await (Array.isArray(rows) ? this.#connection.repeat(send) : send());
    } catch (error) {
      if (failed !== undefined) throw failed;
      throw error instanceof SallyportError
        ? error
        : new SallyportError('Unavailable', 'the log engine did not take the items', { cause: error });
    }
  }

  /** Lays what was written together, so that reading needs not sort it. */
  async settle(table: string): Promise<void> {
    await this.#connection.command(`OPTIMIZE TABLE ${this.#at(table)}${this.#on()} FINAL`, {
      max_execution_time: insertSeconds,
    });
  }

  /** Takes all items of another such table over; `columns` are those of both. */
  async copy(from: string, to: string, columns: number): Promise<void> {
    const names = [
      ...watchlistItemColumns.map(([name]) => name),
      ...Array.from({ length: columns }, (_, i) => watchlistColumn(i)),
    ];
    const list = names.map(sqlName).join(', ');
    await this.#connection.command(
      `INSERT INTO ${this.#at(to)} (${list}) SELECT ${list} FROM ${this.#at(from)} FINAL`,
      { max_execution_time: insertSeconds },
    );
  }

  /** Items that there are. */
  async count(table: string): Promise<number> {
    const [row] = await this.#connection.rows(`SELECT count() AS n FROM ${this.#at(table)} FINAL`);
    return z.object({ n: z.number() }).parse(row).n;
  }

  async drop(table: string): Promise<void> {
    await this.#connection.command(`DROP TABLE IF EXISTS ${this.#at(table)}${this.#on()} SYNC`);
  }

  /** Those that were made more than `hours` ago. */
  async olderThan(hours: number): Promise<string[]> {
    const rows = await this.#connection.rows(
      `SELECT name FROM system.tables WHERE database = ${sqlString(this.#database)} AND startsWith(name, '_watchlist_')
         AND metadata_modification_time < now() - INTERVAL ${Math.max(0, Math.trunc(hours))} HOUR`,
    );
    return rows.map((row) => z.object({ name: z.string() }).parse(row).name);
  }

  /**
   * Writes all items into the table `Watchlist`, as Sentinel does every twelve days: those who read the table itself find them within its retention.
   * `shared`: what stands in the columns that all rows share, by name. With `Delete`, that they are no more.
   */
  async publish(
    table: string,
    shared: Readonly<Record<string, string>>,
    status: 'Create' | 'Delete',
    at: Date,
  ): Promise<void> {
    const time = `toDateTime64('${at.toISOString().slice(0, 23).replace('T', ' ')}', 7, 'UTC')`;
    const own: Record<string, string> = {
      TimeGenerated: time,
      _DTTimestamp: time,
      _DTItemId: 'id',
      WatchlistItemId: 'id',
      _DTItemType: `'watchlist-item'`,
      _DTItemStatus: sqlString(status),
      SearchKey: 'search_key',
      WatchlistItem: 'item',
      CreatedTimeUTC: 'created_at',
      LastUpdatedTimeUTC: 'updated_at',
      CreatedBy: `concat('{"name":', toJSONString(toString(created_by)), '}')`,
      UpdatedBy: `concat('{"name":', toJSONString(toString(updated_by)), '}')`,
      _SegmentId: sqlString(`${table} ${status} ${at.getTime()}`),
    };
    for (const [name, value] of Object.entries(shared)) own[name] = sqlString(value);
    await this.#connection.command(
      `INSERT INTO ${sqlName(this.#database)}.\`Watchlist\` (${Object.keys(own).map(sqlName).join(', ')})` +
        ` SELECT ${Object.values(own).join(', ')} FROM ${this.#at(table)} FINAL`,
      { max_execution_time: insertSeconds },
    );
  }

  #at(table: string): string {
    if (!tableName.test(table)) throw new Error(`not a table of a watchlist: ${table}`);
    return `${sqlName(this.#database)}.${sqlName(table)}`;
  }

  #on(): string {
    return this.#cluster ? ` ON CLUSTER ${sqlName(this.#cluster.cluster)}` : '';
  }
}

const batchBytes = 1_000_000;

/** Rows as lines of JSON, some at a time. */
async function* batches(rows: AsyncIterable<WatchlistItemRow> | Iterable<WatchlistItemRow>): AsyncGenerator<string> {
  let text = '';
  for await (const r of rows) {
    text += `${JSON.stringify([
      r.id,
      r.searchKey,
      r.item,
      instant(r.createdAt),
      r.createdBy,
      instant(r.updatedAt),
      r.updatedBy,
      r.version,
      r.deleted ? 1 : 0,
      ...r.values,
    ])}\n`;
    if (text.length < batchBytes) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

const instant = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
