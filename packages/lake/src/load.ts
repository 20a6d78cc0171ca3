import type { ClickHouseSettings } from '@clickhouse/client';
import { createReadStream } from 'node:fs';
import { readAll, type Connection } from './connection.ts';
import { engineCode } from './errors.ts';
import { goodParts, type Parts, type PayloadRange } from './parts.ts';
import { engineReader, fileSource, inputSource, type Reader } from './reader.ts';
import { sqlName, sqlString } from './sql.ts';

/** A sealed segment: a file of rows that is stored once. */
export interface LoadSegment {
  /** Unique for all time; stored with each row in `_SegmentId`. At most 200 characters of `[A-Za-z0-9._-]`. */
  readonly id: string;
  readonly path: string;
  readonly reader: Reader;
  /** An earlier attempt may have stored rows of it: they are deleted first. */
  readonly retry: boolean;
  /** Where each payload stands, so that one that can't be read does not hold up the others. */
  readonly payloads?: () => Promise<readonly PayloadRange[]>;
}

export interface LoadStatement {
  readonly table: string;
  /** Columns of the table that the SELECT gives, in order. `_SegmentId` is added; those left out take their defaults. */
  readonly columns: readonly string[];
  /** The SELECT, over a subquery (with brackets) that has the reader's columns. Its columns by position. */
  readonly select: (source: string) => string;
  /**
   * `rows` (default): what the reader gives. `rejected`: payloads that the reader can't read, as `RawData` and `ErrorMessage` (strings).
   * Without a statement for these, such a payload fails the load.
   */
  readonly reads?: 'rows' | 'rejected';
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

const rejectedReader: Reader = {
  kind: 'json',
  columns: [
    { name: 'RawData', type: 'string' },
    { name: 'ErrorMessage', type: 'string' },
  ],
};

interface Source {
  readonly path: string;
  readonly reader: Reader;
}

/** Stores segments. Exactly once, when told by `retry` of attempts that came before. */
export class Loader {
  readonly #options: LoaderOptions;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Throws SallyportError; Unavailable and TooManyRequests mean: again later, with `retry`. */
  async load(segment: LoadSegment, statements: readonly LoadStatement[]): Promise<LoadResult> {
    checkId(segment.id);
    const tables = [...new Set(statements.map(({ table }) => table))];
    let doubt = segment.retry;
    return this.#options.connection.repeat(async () => {
      if (doubt) await this.forget(segment.id, tables);
      doubt = true;
      try {
        return await this.#attempt(segment, statements);
      } catch (error) {
        // A failed INSERT may have stored some blocks. When the engine still answers, leave nothing behind.
        if (engineCode(error) !== undefined) await this.forget(segment.id, tables);
        throw error;
      }
    });
  }

  /** Deletes what rows of a segment are there, and ends what still writes them. */
  async forget(id: string, tables: readonly string[]): Promise<void> {
    const { connection, database } = this.#options;
    for (const [index, table] of tables.entries()) {
      await connection.command(`KILL QUERY WHERE query_id = ${sqlString(loadQueryId(id, index))} SYNC`);
      const name = `${sqlName(database)}.${sqlName(table)}`;
      const [row] = await connection.rows(`SELECT count() AS n FROM ${name} WHERE _SegmentId = ${sqlString(id)}`);
      if (Number(row?.['n'] ?? 0) > 0)
        await connection.command(`DELETE FROM ${name} WHERE _SegmentId = ${sqlString(id)}`, {
          lightweight_deletes_sync: '2',
        });
    }
  }

  async #attempt(segment: LoadSegment, statements: readonly LoadStatement[]): Promise<LoadResult> {
    try {
      return { rows: await this.#run(segment.id, segment, onRows(statements)), rejectedPayloads: 0 };
    } catch (error) {
      const code = engineCode(error);
      const rejected = statements.filter(({ reads }) => reads === 'rejected');
      if (code === undefined || !unreadable.has(code) || !segment.payloads || rejected.length === 0) throw error;
      return await this.#loadParts(segment, await segment.payloads(), statements, error);
    }
  }

  /** Sets the payloads apart that can't be read, and loads the others and these separately. */
  async #loadParts(
    segment: LoadSegment,
    payloads: readonly PayloadRange[],
    statements: readonly LoadStatement[],
    cause: unknown,
  ): Promise<LoadResult> {
    const tables = [...new Set(statements.map(({ table }) => table))];
    await this.forget(segment.id, tables);
    await using parts: Parts = await goodParts(segment.path, payloads, (path) => this.#fault(path, segment.reader));
    if (parts.bad === 0) throw cause;
    const rejected = statements.filter(({ reads }) => reads === 'rejected');
    const good = await this.#run(segment.id, { path: parts.goodPath, reader: segment.reader }, onRows(statements));
    const bad = await this.#run(segment.id, { path: parts.badPath, reader: rejectedReader }, rejected);
    return { rows: sum([good, bad]), rejectedPayloads: parts.bad };
  }

  /** Why a file can't be read, or undefined when it can. */
  async #fault(path: string, reader: Reader): Promise<string | undefined> {
    const engine = engineReader(reader);
    try {
      await this.#send(`SELECT ignore(*) FROM ${this.#from(path, reader)} FORMAT Null`, path, engine.settings);
      return undefined;
    } catch (error) {
      const code = engineCode(error);
      if (code === undefined || !unreadable.has(code)) throw error;
      return error instanceof Error ? error.message.slice(0, 500) : 'unreadable';
    }
  }

  async #run(id: string, source: Source, statements: readonly LoadStatement[]): Promise<Record<string, number>> {
    const counts: Record<string, number>[] = [];
    for (const [index, statement] of statements.entries())
      counts.push({ [statement.table]: await this.#insert(id, index, source, statement) });
    return sum(counts);
  }

  async #insert(id: string, index: number, source: Source, statement: LoadStatement): Promise<number> {
    const { database, transport } = this.#options;
    const engine = engineReader(source.reader);
    const columns = [...statement.columns, '_SegmentId'].map(sqlName).join(', ');
    const select = statement.select(engine.source(this.#from(source.path, source.reader)));
    const sql =
      `INSERT INTO ${sqlName(database)}.${sqlName(statement.table)} (${columns}) ` +
      `SELECT *, ${sqlString(id)} FROM (${select})${transport === 'body' ? `\nFORMAT ${engine.format}` : ''}`;
    return this.#send(sql, source.path, engine.settings, loadQueryId(id, index));
  }

  #from(path: string, reader: Reader): string {
    const engine = engineReader(reader);
    return this.#options.transport === 'file' ? fileSource(path, engine) : inputSource(engine);
  }

  async #send(sql: string, path: string, settings: ClickHouseSettings, queryId?: string): Promise<number> {
    const { connection, transport, logComment } = this.#options;
    const reply = await connection.sendOnce({
      sql,
      queryId,
      settings: { ...this.#options.settings, ...settings, log_comment: logComment, wait_end_of_query: 1 },
      ...(transport === 'body' ? { values: createReadStream(path) } : {}),
    });
    await readAll(reply.stream);
    return reply.rowsWritten;
  }
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
