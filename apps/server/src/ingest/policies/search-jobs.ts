import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError, type BodyOf, type SearchJob, type tableRoutes } from '@sallyport/contracts';
import { compile, KqlError, type Compiled } from '@sallyport/kql';
import { lookupNames, sqlName, type Column } from '@sallyport/lake';
import type { Platform } from '../../platform/types.ts';

type Given = BodyOf<(typeof tableRoutes)['startSearchJob']>;

/** Rows of an answer that are kept. https://learn.microsoft.com/azure/azure-monitor/logs/search-jobs#limitations says as many. */
const rowsMax = 1_000_000;
/** What a job may take: it reads what is stored to be seldom read. */
const limits = { seconds: 3_600, memoryBytes: 2 * 2 ** 30, threads: 1 };
const jobsToldMax = 200;
/** Days for which a job's table is kept. */
const keptDays = 30;
/** Columns that the lake fills by itself. */
const filledByLake = new Set(['TenantId', 'Type', '_ResourceId']);

type Services = Pick<Platform, 'lake' | 'database' | 'clock' | 'log' | 'spool'>;

/**
 * Queries over all rows of tables, those past their interactive time too. The answer is stored once, as a table of its own: `TimeGenerated` stays the event's.
 * A job whose server ends fails.
 */
export class SearchJobs {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  list(): Promise<SearchJob[]> {
    return this.#services.database
      .query<SearchJob & { readonly at: Date; readonly fromAt: Date; readonly toAt: Date }>(
        `SELECT id, table_name AS "table", query, from_at AS "fromAt", to_at AS "toAt", state, stored_rows::float8 AS rows, message,
           created_by AS "createdBy", created_at AS "at" FROM search_jobs ORDER BY created_at DESC LIMIT ${jobsToldMax}`,
      )
      .then((rows) =>
        rows.map(({ at, fromAt, toAt, ...job }) => ({
          ...job,
          from: fromAt.toISOString(),
          to: toAt.toISOString(),
          createdAt: at.toISOString(),
        })),
      );
  }

  /** Makes the table and begins. Throws SallyportError InvalidQuery, BadRequest, and Conflict for a table that is there. */
  async start(given: Given, who: string): Promise<SearchJob> {
    const { lake, database, clock, log } = this.#services;
    const compiled = this.#compile(given);
    const columns = compiled.columns.filter(({ name }) => !filledByLake.has(name) && name !== 'TimeGenerated');
    if (columns.some(({ name }) => name.startsWith('_') || name === ''))
      throw new SallyportError('BadRequest', 'columns of the answer must not begin with `_`', { target: 'body.query' });
    await lake.createTable({ name: given.table, columns, retentionDays: keptDays });
    const id = randomUUID();
    const now = clock.now();
    await database.execute(
      `INSERT INTO search_jobs (id, table_name, query, from_at, to_at, state, created_by, created_at) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7)
       ON CONFLICT (table_name) DO UPDATE SET id = excluded.id, query = excluded.query, from_at = excluded.from_at, to_at = excluded.to_at, state = 'running',
         stored_rows = NULL, message = NULL, ended_at = NULL, created_by = excluded.created_by, created_at = excluded.created_at`,
      [id, given.table, given.query, given.from, given.to, who, now],
    );
    this.#run(id, given.table, compiled).catch((err: unknown) => log.error({ err, id }, 'a search job could not end'));
    const { table, query, from, to } = given;
    const job = { id, table, query, from, to, createdBy: who, createdAt: now.toISOString() };
    return { ...job, state: 'running', rows: null, message: null };
  }

  #compile({ query, from, to }: Given): Compiled {
    const { lake, clock } = this.#services;
    const timespan = { from: new Date(from), to: new Date(to) };
    if (timespan.from >= timespan.to)
      throw new SallyportError('BadRequest', 'must be after `from`', { target: 'body.to' });
    const options = {
      now: clock.now(),
      output: 'engine',
      timespan,
      maxRows: rowsMax,
      lookups: lookupNames,
    } as const;
    try {
      return compile(query, lake.kqlCatalogue(), options);
    } catch (error) {
      if (!(error instanceof KqlError)) throw error;
      throw new SallyportError('InvalidQuery', error.message, { target: 'body.query' });
    }
  }

  async #run(id: string, table: string, compiled: Compiled): Promise<void> {
    const { lake, database, clock, spool } = this.#services;
    const ended = (state: 'succeeded' | 'failed', rows: number | null, message: string | null): Promise<number> =>
      database.execute(
        'UPDATE search_jobs SET state = $2, stored_rows = $3, message = $4, ended_at = $5 WHERE id = $1',
        [id, state, rows, message, clock.now()],
      );
    // The engine reads rows of a segment; this one's statement reads tables instead.
    const path = join(spool.folder, `search-${id}`);
    try {
      await lake.ensureTables(compiled.reads.map((read) => read.table));
      await writeFile(path, '\n', { mode: 0o644 });
      const columns: Column[] = compiled.columns.filter(({ name }) => !filledByLake.has(name));
      const names = columns.map((column) => column.name);
      const select = (): string => `SELECT ${names.map(sqlName).join(', ')} FROM (${compiled.sql}) LIMIT ${rowsMax}`;
      const { rows } = await lake.load({ id, path, reader: { kind: 'lines' }, retry: false, limits }, [
        { table, columns: names, select },
      ]);
      const stored = rows[table] ?? 0;
      await ended('succeeded', stored, stored >= rowsMax ? `the first ${rowsMax} rows are kept` : null);
    } catch (error) {
      await ended('failed', null, error instanceof Error ? error.message.slice(0, 1_000) : 'failed');
    } finally {
      await rm(path, { force: true });
    }
  }
}
