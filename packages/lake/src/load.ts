import type { ClickHouseSettings } from '@clickhouse/client';
import { createReadStream } from 'node:fs';
import { readAll, type Connection } from './connection.ts';
import { engineCode } from './errors.ts';
import type { Column } from './catalogue/catalogue.ts';
import { engineType } from './ddl.ts';
import { goodParts, type Parts, type PayloadRange } from './parts.ts';
import { engineReader, fileSource, inputSource, type EngineReader, type Reader } from './reader.ts';
import { sqlName, sqlString } from './sql.ts';

export interface LoadLimits {
  readonly seconds: number;
  readonly memoryBytes: number;
  /** Cores at a time. */
  readonly threads: number;
}

/** A sealed segment: a file of rows that is stored once. */
export interface LoadSegment {
  /** Unique for all time; stored with each row in `_SegmentId`. At most 200 characters of `[A-Za-z0-9._-]`. */
  readonly id: string;
  readonly path: string;
  readonly reader: Reader;
  /** An earlier attempt may have stored rows of it: they are deleted first. */
  readonly retry: boolean;
  /** Of each statement, where it must not take what the others need: past one of them QueryLimitExceeded. */
  readonly limits?: LoadLimits;
  /** Where each payload stands, so that one that can't be read does not hold up the others. */
  readonly payloads?: () => Promise<readonly PayloadRange[]>;
}

/** Rows that several statements of a load read. The embedded engine makes them once, and keeps them in memory until the load ends. */
export interface SharedRows {
  readonly columns: readonly Column[];
  /** The SELECT of those columns, over a subquery that has the reader's. */
  readonly select: (source: string) => string;
}

export interface LoadStatement {
  readonly table: string;
  /** Columns of the table that the SELECT gives, in order. `_SegmentId` is added; those left out take their defaults. */
  readonly columns: readonly string[];
  /**
   * The SELECT, over a subquery (with brackets) that has the reader's columns, or those of `over`. Its columns by position. Given the segment's id, for what
   * counts its rows.
   */
  readonly select: (source: string, segmentId: string) => string;
  readonly over?: SharedRows;
  /**
   * `rows` (default): what the reader gives. `rejected`: payloads that the reader can't read, as `RawData` and `ErrorMessage` (strings).
   * Without a statement for these, such a payload fails the load.
   */
  readonly reads?: 'rows' | 'rejected';
  /**
   * The SELECT gives one column more, named `_part`: text of `[A-Za-z0-9_-]` that says which part of the segment (which file) a row is of. `_SegmentId` is
   * then `<id>.<part>`.
   */
  readonly parted?: boolean;
}

/** Rows that the engine makes of rows that it has. */
export interface SelectedRows {
  readonly table: string;
  readonly columns: readonly string[];
  /** A SELECT without a right to reach files and other machines is the caller's to see to: compiled KQL of ours. */
  readonly select: string;
  readonly settings: ClickHouseSettings;
}

export interface LoadResult {
  /** Rows stored, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Payloads that could not be read. */
  readonly rejectedPayloads: number;
}

export interface LoaderOptions {
  readonly connection: Connection;
  readonly database: string;
  /** `file`: the engine reads the segment itself; `body`: it is sent with the request. */
  readonly transport: 'file' | 'body';
  readonly settings: ClickHouseSettings;
  readonly logComment: string;
}

/** What the engine says of bytes that it can't read as the format. */
const unreadable = new Set([6, 25, 26, 27, 32, 33, 38, 41, 72, 117, 130, 131, 376, 441, 467, 636]);

/**
 * A bound that no segment reaches. With it the engine does not take a statement's conditions into the shared rows, where it would write out all of them for each
 * column that they name: measured, 24 s instead of 0.9 s to plan a statement.
 */
const noPushDown = 'LIMIT 4000000000';

const rejectedReader: Reader = {
  kind: 'json',
  columns: [
    { name: 'RawData', type: 'string' },
    { name: 'ErrorMessage', type: 'string' },
  ],
};

interface Source {
  readonly path: string;
  readonly reader: EngineReader;
  readonly limits?: LoadLimits | undefined;
}

const settingsOf = ({ seconds, memoryBytes, threads }: LoadLimits): ClickHouseSettings => ({
  max_execution_time: seconds,
  max_memory_usage: String(memoryBytes),
  max_threads: threads,
});

/** Stores segments. Exactly once, when told by `retry` of attempts that came before. */
export class Loader {
  readonly #options: LoaderOptions;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Throws SallyportError; Unavailable and TooManyRequests mean: again later, with `retry`. */
  async load(segment: LoadSegment, statements: readonly LoadStatement[]): Promise<LoadResult> {
    checkId(segment.id);
    const tables = tablesOf(statements);
    let doubt = segment.retry;
    return this.#options.connection.repeat(async () => {
      if (doubt) await this.forget(segment.id, tables, statements.length);
      doubt = true;
      try {
        return await this.#attempt(segment, statements);
      } catch (error) {
        // A failed INSERT may have stored some blocks. When the engine still answers, leave nothing behind.
        if (engineCode(error) !== undefined) await this.forget(segment.id, tables, statements.length);
        throw error;
      }
    });
  }

  /**
   * Stores what a SELECT of ours gives, under an id: rows that it stored earlier under this id go. `columns` are the SELECT's, in order. Answers how many rows.
   * Throws SallyportError; past `limits` QueryLimitExceeded.
   */
  async insertSelect(id: string, insert: SelectedRows): Promise<number> {
    checkId(id);
    const { connection, database, logComment, settings } = this.#options;
    const names = [...insert.columns, '_SegmentId'].map(sqlName).join(', ');
    const sql = `INSERT INTO ${sqlName(database)}.${sqlName(insert.table)} (${names}) SELECT *, ${sqlString(id)} FROM (${insert.select})`;
    return connection.repeat(async () => {
      await this.forget(id, [insert.table]);
      try {
        const reply = await connection.sendOnce({
          sql,
          queryId: loadQueryId(id, 0),
          settings: { ...settings, ...insert.settings, log_comment: logComment, wait_end_of_query: 1 },
        });
        await readAll(reply.stream);
        return reply.rowsWritten;
      } catch (error) {
        if (engineCode(error) !== undefined) await this.forget(id, [insert.table]);
        throw error;
      }
    });
  }

  /** Deletes what rows of a segment are there, and ends what still writes them. */
  async forget(id: string, tables: readonly string[], statements = tables.length): Promise<void> {
    const { connection, database } = this.#options;
    for (let index = 0; index < statements; index++)
      await connection.command(`KILL QUERY WHERE query_id = ${sqlString(loadQueryId(id, index))} SYNC`);
    for (const table of tables) {
      const name = `${sqlName(database)}.${sqlName(table)}`;
      // Ids hold no dot, so that one is never the beginning of another's part.
      const mine = `(_SegmentId = ${sqlString(id)} OR startsWith(_SegmentId, ${sqlString(`${id}.`)}))`;
      const [row] = await connection.rows(`SELECT count() AS n FROM ${name} WHERE ${mine}`);
      if (Number(row?.['n'] ?? 0) > 0)
        await connection.command(`DELETE FROM ${name} WHERE ${mine}`, {
          lightweight_deletes_sync: '2',
        });
    }
  }

  /** Reads strictly, then leniently, then payload by payload: each only where the one before could not read. */
  async #attempt(segment: LoadSegment, statements: readonly LoadStatement[]): Promise<LoadResult> {
    const modes = segment.reader.kind === 'json' ? (['strict', 'lenient'] as const) : (['lenient'] as const);
    const rows = onRows(statements);
    let unread: unknown;
    for (const mode of modes) {
      if (unread !== undefined) await this.forget(segment.id, tablesOf(statements), statements.length);
      try {
        const source = { path: segment.path, reader: engineReader(segment.reader, mode), limits: segment.limits };
        return { rows: await this.#run(segment.id, source, rows), rejectedPayloads: 0 };
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        unread = error;
      }
    }
    if (!segment.payloads || rows.length === statements.length) throw unread;
    return this.#loadParts(segment, await segment.payloads(), statements, unread);
  }

  /** Sets the payloads apart that can't be read, and loads the others and these separately. */
  async #loadParts(
    segment: LoadSegment,
    payloads: readonly PayloadRange[],
    statements: readonly LoadStatement[],
    cause: unknown,
  ): Promise<LoadResult> {
    const reader = engineReader(segment.reader);
    await this.forget(segment.id, tablesOf(statements), statements.length);
    const parts: Parts = await goodParts(segment.path, payloads, (path) => this.#fault({ path, reader }));
    try {
      if (parts.bad === 0) throw cause;
      const rejected = statements.filter(({ reads }) => reads === 'rejected');
      const good = await this.#run(segment.id, { path: parts.goodPath, reader }, onRows(statements));
      const bad = await this.#run(segment.id, { path: parts.badPath, reader: engineReader(rejectedReader) }, rejected);
      return { rows: sum([good, bad]), rejectedPayloads: parts.bad };
    } finally {
      await parts[Symbol.asyncDispose]();
    }
  }

  /** Why a file can't be read, or undefined when it can. */
  async #fault(source: Source): Promise<string | undefined> {
    try {
      // An INSERT, since only that may carry rows; into a table function that keeps none.
      await this.#send(`INSERT INTO FUNCTION null('n UInt8') SELECT ignore(*) FROM ${this.#from(source)}`, source);
      return undefined;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return error instanceof Error ? error.message.trim().slice(0, 500) : 'unreadable';
    }
  }

  async #run(id: string, source: Source, statements: readonly LoadStatement[]): Promise<Record<string, number>> {
    const counts: Record<string, number>[] = [];
    const shared = new Map<SharedRows, string>();
    try {
      for (const { over } of statements)
        // What has bounds is made anew for each statement: a table in memory would outlast the statement that was bounded.
        if (over && !source.limits && !shared.has(over) && this.#paysToShare(over, statements))
          shared.set(over, await this.#share(`${id}-${shared.size}`, source, over));
      for (const [index, statement] of statements.entries()) {
        const rows = statement.over && shared.get(statement.over);
        counts.push({ [statement.table]: await this.#insert(id, index, source, statement, rows) });
      }
    } finally {
      for (const name of shared.values()) await this.#options.connection.command(`DROP TABLE IF EXISTS ${name} SYNC`);
    }
    return sum(counts);
  }

  /** Behind a URL there may be several engines, and a table in memory is on one of them. */
  #paysToShare(over: SharedRows, statements: readonly LoadStatement[]): boolean {
    return this.#options.transport === 'file' && statements.filter((statement) => statement.over === over).length > 1;
  }

  /** Makes a table of the rows, in a database that lives in memory alone: what a crash leaves is gone with the engine. Answers its name. */
  async #share(id: string, source: Source, { columns, select }: SharedRows): Promise<string> {
    const { connection, database } = this.#options;
    const folder = sqlName(`${database} segments`);
    const name = `${folder}.${sqlName(id)}`;
    const typed = columns.map((c) => `${sqlName(c.name)} ${engineType(c.type)}`).join(', ');
    await connection.command(`CREATE DATABASE IF NOT EXISTS ${folder} ENGINE = Memory`);
    await connection.command(`DROP TABLE IF EXISTS ${name} SYNC`);
    await connection.command(`CREATE TABLE ${name} (${typed}) ENGINE = Memory`);
    await this.#send(`INSERT INTO ${name} ${select(source.reader.source(this.#from(source)))}`, source);
    return name;
  }

  async #insert(
    id: string,
    index: number,
    source: Source,
    statement: LoadStatement,
    shared: string | undefined,
  ): Promise<number> {
    const columns = [...statement.columns, '_SegmentId'].map(sqlName).join(', ');
    const table = `${sqlName(this.#options.database)}.${sqlName(statement.table)}`;
    const read = source.reader.source(this.#from(source));
    const select = statement.select(
      shared ? `(SELECT * FROM ${shared})` : statement.over ? `(${statement.over.select(read)} ${noPushDown})` : read,
      id,
    );
    const given = statement.parted
      ? `* EXCEPT (_part), if(_part = '', ${sqlString(id)}, concat(${sqlString(`${id}.`)}, _part))`
      : `*, ${sqlString(id)}`;
    return this.#send(
      `INSERT INTO ${table} (${columns}) SELECT ${given} FROM (${select})`,
      source,
      loadQueryId(id, index),
    );
  }

  #from({ path, reader }: Source): string {
    return this.#options.transport === 'file' ? fileSource(path, reader) : inputSource(reader);
  }

  async #send(sql: string, { path, reader, limits }: Source, queryId?: string): Promise<number> {
    const { connection, transport, logComment, settings } = this.#options;
    const body = transport === 'body';
    const reply = await connection.sendOnce({
      sql: body ? `${sql}\nFORMAT ${reader.format}` : sql,
      queryId,
      settings: {
        ...settings,
        ...reader.settings,
        ...(limits === undefined ? {} : settingsOf(limits)),
        log_comment: logComment,
        wait_end_of_query: 1,
      },
      ...(body ? { values: createReadStream(path) } : {}),
    });
    await readAll(reply.stream);
    return reply.rowsWritten;
  }
}

const tablesOf = (statements: readonly LoadStatement[]): readonly string[] => [
  ...new Set(statements.map(({ table }) => table)),
];

function isUnreadable(error: unknown): boolean {
  const code = engineCode(error);
  return code !== undefined && unreadable.has(code);
}

const onRows = (statements: readonly LoadStatement[]): readonly LoadStatement[] =>
  statements.filter(({ reads }) => reads !== 'rejected');

const loadQueryId = (id: string, index: number): string => `load-${id}-${index}`;

function checkId(id: string): void {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(id)) throw new Error(`not a segment id: ${JSON.stringify(id)}`);
}

function sum(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const count of counts)
    for (const [table, rows] of Object.entries(count)) total[table] = (total[table] ?? 0) + rows;
  return total;
}
