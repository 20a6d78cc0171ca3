import { randomBytes, randomUUID } from 'node:crypto';
import {
  SallyportError,
  watchlistLimits,
  type WatchlistFormat,
  type WatchlistPreview,
  type WatchlistProblem,
} from '@sallyport/contracts';
import { sql, sqlIdentifier, sqlJoin, type WatchlistSchema } from '@sallyport/kql';
import { watchlistColumn, type WatchlistItemRow } from '@sallyport/lake';
import type { KnownWatchlists } from '../../hunting/index.ts';
import { Follower } from '../../platform/follow.ts';
import type { Platform } from '../../platform/types.ts';
import { itemIds } from './ids.ts';
import { changeItems, type ItemChanges } from './items.ts';
import { deletePublished, publishAll } from './publish.ts';
import { bagOf, columnFault, readItems, type ReadLine } from './read.ts';
import {
  allWatchlists,
  changeWatchlist,
  insertWatchlist,
  notePublished,
  raiseRevision,
  removeWatchlist,
  retireTable,
  watchlistBy,
  watchlistRevision,
  type NewWatchlist,
  type WatchlistRow,
} from './store.ts';

export interface UploadOptions {
  readonly format?: WatchlistFormat | undefined;
  readonly skipLines: number;
  readonly mode: 'replace' | 'append';
  readonly skipFaulty: boolean;
  readonly searchKey?: string | undefined;
  readonly source?: string | undefined;
}

export interface UploadResult {
  readonly watchlist: WatchlistRow;
  readonly added: number;
  readonly faulty: number;
  readonly problems: readonly WatchlistProblem[];
}

const problemsMax = 100;
const previewRows = 50;
/** Keys that a preview remembers, to find those that come again. */
const keysMax = 2_000_000;

/**
 * The watchlists. What a list is stands in the database, its items in the lake in a table of their own, from which `_GetWatchlist('alias')` reads; the table
 * `Watchlist` has them as rows, too, as Sentinel does. A file that is brought fills a new table, which then takes the old one's place at once.
 */
export class Watchlists {
  readonly #platform: Platform;
  readonly #follower: Follower;
  #revision = -1;
  #known: KnownWatchlists = { version: '', watchlists: [] };

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#follower = new Follower(platform);
  }

  /** What queries are compiled by. */
  readonly known = (): KnownWatchlists => this.#known;

  async refresh(): Promise<void> {
    const { database } = this.#platform;
    const revision = await watchlistRevision(database);
    if (revision === this.#revision) return;
    const rows = await allWatchlists(database, watchlistLimits.lists);
    this.#known = { version: String(revision), watchlists: rows.map(schemaOf) };
    this.#revision = revision;
  }
  follow(): void {
    this.#follower.start(() => this.refresh(), 'could not look for watchlists that changed');
  }
  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  list(): Promise<WatchlistRow[]> {
    return allWatchlists(this.#platform.database, watchlistLimits.lists);
  }
  /** Throws NotFound. */
  async get(alias: string): Promise<WatchlistRow> {
    return (await watchlistBy(this.#platform.database, alias)) ?? fail(alias);
  }

  /** Throws Conflict when the alias is taken, BadRequest. */
  async create(list: Omit<NewWatchlist, 'id' | 'at'>): Promise<WatchlistRow> {
    const { database, lake, clock } = this.#platform;
    const fault = columnFault(list.columns);
    if (fault !== undefined) throw new SallyportError('BadRequest', fault, { target: 'body.columns' });
    keyIn(list.columns, list.itemsSearchKey);
    if ((await this.list()).length >= watchlistLimits.lists)
      throw new SallyportError('Conflict', `there are ${watchlistLimits.lists} watchlists already`);
    const at = clock.now();
    const made = await database.transaction(async (tx) => {
      const row = await insertWatchlist(tx, { ...list, id: randomUUID(), at });
      if (!row) throw new SallyportError('Conflict', `there is a watchlist \`${list.alias}\` already`);
      const table = tableOf(row, at);
      await lake.watchlists.create(table, list.columns.length);
      await raiseRevision(tx);
      return changeWatchlist(tx, row, { lake_table: table }, list.by, at);
    });
    await this.refresh();
    return made;
  }

  async describe(
    alias: string,
    change: Partial<Pick<WatchlistRow, 'name' | 'description' | 'provider' | 'source' | 'labels'>>,
    by: string,
  ): Promise<WatchlistRow> {
    const { database, clock } = this.#platform;
    return database.transaction(async (tx) => {
      const row = (await watchlistBy(tx, alias, true)) ?? fail(alias);
      return changeWatchlist(tx, row, change, by, clock.now());
    });
  }

  async remove(alias: string): Promise<WatchlistRow> {
    const { database, clock } = this.#platform;
    const gone = await database.transaction(async (tx) => {
      const row = (await watchlistBy(tx, alias, true)) ?? fail(alias);
      await removeWatchlist(tx, row);
      await retireTable(tx, row.lake_table, clock.now());
      await raiseRevision(tx);
      return row;
    });
    // The rows first: once the alias is unknown, queries go to them.
    await deletePublished(this.#platform, gone);
    await this.refresh();
    return gone;
  }

  /** Adds, changes and removes items. What it answers is there for the next query. Throws NotFound, BadRequest. */
  change(alias: string, changes: ItemChanges, by: string) {
    return changeItems(this.#platform, alias, changes, by);
  }

  /** What a file would bring. Throws BadRequest. */
  async preview(
    body: AsyncIterable<Buffer>,
    options: { format?: WatchlistFormat | undefined; skipLines: number; searchKey?: string | undefined },
  ): Promise<WatchlistPreview> {
    const file = await readItems(body, options);
    const key = options.searchKey === undefined ? -1 : file.columns.indexOf(options.searchKey);
    const tally = new Tally(key, true);
    const rows: string[][] = [];
    for await (const read of file.lines) if (tally.take(read) && rows.length < previewRows) rows.push([...read.values]);
    return {
      format: file.format,
      columns: [...file.columns],
      rows,
      items: tally.items,
      faulty: tally.faulty,
      problems: tally.problems,
      repeatedKeys: tally.repeated,
    };
  }

  /** Brings items, all or none. Throws BadRequest with the lines that are none, NotFound. */
  async upload(alias: string, body: AsyncIterable<Buffer>, options: UploadOptions, by: string): Promise<UploadResult> {
    const { lake, clock, log } = this.#platform;
    const before = await this.get(alias);
    const file = await readItems(body, options);
    const appends = options.mode === 'append';
    const columns = appends ? before.columns : file.columns;
    const searchKey = (appends ? undefined : options.searchKey) ?? before.items_search_key;
    const places = placesOf(file.columns, columns);
    const tally = new Tally(keyIn(file.columns, searchKey), false);
    const at = clock.now();
    const table = tableOf(before, at);
    await lake.watchlists.create(table, columns.length);
    try {
      const items = itemsOf(file.lines, tally, { columns, places, by, at: at.getTime(), same: !appends });
      await lake.watchlists.write(table, items);
      if (tally.faulty > 0 && !options.skipFaulty) throw faultyLines(tally);
      if (!appends) await lake.watchlists.settle(table);
      const now = await this.#putInPlace(before, {
        table,
        columns,
        searchKey,
        appends,
        by,
        at,
        source: options.source,
      });
      await this.refresh();
      if (!appends) await deletePublished(this.#platform, before);
      await publishAll(this.#platform, now).then(
        () => notePublished(this.#platform.database, now, at),
        (err: unknown) => log.warn({ err, alias }, 'a watchlist’s rows were not written; that is done again'),
      );
      return { watchlist: now, added: tally.items, faulty: tally.faulty, problems: tally.problems };
    } catch (error) {
      // Of one that is in use this drops nothing: that was the last step that could fail.
      const used = (await watchlistBy(this.#platform.database, alias))?.lake_table;
      if (used !== table) await lake.watchlists.drop(table);
      throw error;
    }
  }

  async #putInPlace(
    known: WatchlistRow,
    fresh: {
      table: string;
      columns: readonly string[];
      searchKey: string;
      appends: boolean;
      by: string;
      at: Date;
      source: string | undefined;
    },
  ): Promise<WatchlistRow> {
    const { database, lake } = this.#platform;
    return database.transaction(async (tx) => {
      const row = (await watchlistBy(tx, known.alias, true)) ?? fail(known.alias);
      if (fresh.appends) {
        if (row.columns.join('\0') !== fresh.columns.join('\0'))
          throw new SallyportError('Conflict', 'the columns of the watchlist were changed meanwhile');
        await lake.watchlists.copy(row.lake_table, fresh.table, fresh.columns.length);
        await lake.watchlists.settle(fresh.table);
      }
      const change = {
        lake_table: fresh.table,
        columns: [...fresh.columns],
        items_search_key: fresh.searchKey,
        items: await lake.watchlists.count(fresh.table),
        version: Math.max(row.version + 1, fresh.at.getTime()),
        published_at: null,
        ...(fresh.source === undefined ? {} : { source: fresh.source }),
      };
      await retireTable(tx, row.lake_table, fresh.at);
      await raiseRevision(tx);
      return changeWatchlist(tx, row, change, fresh.by, fresh.at);
    });
  }
}

const tableOf = ({ number }: WatchlistRow, at: Date): string =>
  `_watchlist_${number}_${at.getTime().toString(36)}${randomBytes(3).toString('hex')}`;

const fail = (alias: string): never => {
  throw new SallyportError('NotFound', `there is no watchlist \`${alias}\``);
};

/** The place of the search key. Throws BadRequest when it is none of the columns. */
function keyIn(columns: readonly string[], key: string): number {
  const at = columns.indexOf(key);
  if (at >= 0) return at;
  throw new SallyportError('BadRequest', `the search key ${JSON.stringify(key)} is none of the columns`, {
    target: 'itemsSearchKey',
  });
}

/** Where each column stands in the file; -1 for those that it lacks. Throws BadRequest at one that the list lacks. */
function placesOf(from: readonly string[], to: readonly string[]): number[] {
  const strange = from.find((name) => !to.includes(name));
  if (strange !== undefined)
    throw new SallyportError('BadRequest', `the watchlist has no column ${JSON.stringify(strange)}`, {
      target: 'body',
    });
  return to.map((name) => from.indexOf(name));
}

/** Columns that `_GetWatchlist` gives before those of the list. */
const fixed = [
  { name: '_DTItemId', type: 'string' },
  { name: 'LastUpdatedTimeUTC', type: 'datetime' },
  { name: 'SearchKey', type: 'string' },
  { name: 'WatchlistItem', type: 'dynamic' },
] as const;

function schemaOf(row: WatchlistRow): WatchlistSchema {
  const own = row.columns.map((name, i) => ({ name, i })).filter(({ name }) => !fixed.some((f) => f.name === name));
  const columns = own.map(({ name, i }) => sql`${sqlIdentifier(watchlistColumn(i))} AS ${sqlIdentifier(name)}`);
  return {
    alias: row.alias,
    name: `_wl_${row.number.toString(36)}`,
    columns: [...fixed, ...own.map(({ name }) => ({ name, type: 'string' as const }))],
    from: sql`(SELECT ${sqlJoin([sql`id AS _DTItemId`, sql`toDateTime64(updated_at, 7, 'UTC') AS LastUpdatedTimeUTC`, sql`search_key AS SearchKey`, sql`item AS WatchlistItem`, ...columns])} FROM ${sqlIdentifier(row.lake_table)} FINAL)`,
  };
}

/** What became of the lines of a file. */
class Tally {
  items = 0;
  faulty = 0;
  repeated = 0;
  readonly problems: WatchlistProblem[] = [];
  readonly #key: number;
  readonly #seen: Set<string> | undefined;

  constructor(key: number, findsRepeated: boolean) {
    this.#key = key;
    this.#seen = findsRepeated && key >= 0 ? new Set() : undefined;
  }

  key(values: readonly string[]): string {
    return values[this.#key] ?? '';
  }

  take(read: ReadLine): read is Extract<ReadLine, { values: readonly string[] }> {
    const fault =
      'fault' in read
        ? read.fault
        : this.#key >= 0 && this.key(read.values) === ''
          ? 'it has no search key'
          : undefined;
    if (fault !== undefined || 'fault' in read) {
      this.faulty++;
      if (this.problems.length < problemsMax) this.problems.push({ line: read.line, message: fault ?? '' });
      return false;
    }
    this.items++;
    if (this.#seen) {
      const key = this.key(read.values);
      if (this.#seen.has(key)) this.repeated++;
      else if (this.#seen.size < keysMax) this.#seen.add(key);
    }
    return true;
  }
}

const faultyLines = (tally: Tally): SallyportError =>
  new SallyportError('BadRequest', `${tally.faulty} lines are no item: nothing was changed`, {
    target: 'body',
    details: tally.problems.map(({ line, message }) => ({ code: 'BadRequest', message, target: `line ${line}` })),
  });

async function* itemsOf(
  lines: AsyncIterable<ReadLine>,
  tally: Tally,
  to: { columns: readonly string[]; places: readonly number[]; by: string; at: number; same: boolean },
): AsyncGenerator<WatchlistItemRow> {
  const id = itemIds(to.at);
  for await (const read of lines) {
    if (!tally.take(read)) continue;
    if (tally.items > watchlistLimits.items)
      throw new SallyportError('PayloadTooLarge', `a watchlist has at most ${watchlistLimits.items} items`);
    const values = to.same ? read.values : to.places.map((place) => read.values[place] ?? '');
    yield {
      id: id(),
      searchKey: tally.key(read.values),
      item: to.same ? read.item : bagOf(to.columns, values),
      createdAt: to.at,
      createdBy: to.by,
      updatedAt: to.at,
      updatedBy: to.by,
      version: to.at,
      deleted: false,
      values,
    };
  }
}
