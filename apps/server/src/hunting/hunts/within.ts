import { SallyportError, type Cell } from '@sallyport/contracts';
import { dataScopeOf } from '../../platform/data-scope.ts';
import type { Principal } from '../../platform/principal.ts';
import type { Queries } from '../queries.ts';
import type { BookmarkRow } from './bookmark-store.ts';

/** Rows of a bookmark's query that are looked through for its own. */
const rowsMax = 10_000;
const seconds = 20;
/** Bookmarks that are asked for at once, and those of which is known for a while what a scope showed of them. */
const atOnce = 3;
const knownMax = 5_000;
const knownMs = 60_000;
/** Of a list, those that are tried. */
const triedMax = 200;

interface Known {
  readonly at: number;
  readonly shown: Promise<boolean>;
}

/**
 * Bookmarks for those who see a part of the data: a bookmark holds a row, which is theirs where the bookmark's query gives it to them now. Of one whose query fails for them, or gives other rows, nothing is
 * shown.
 */
export class BookmarksWithin {
  readonly #queries: Queries;
  readonly #known = new Map<string, Known>();

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  isWhole(as: Principal): boolean {
    return dataScopeOf(as).whole;
  }

  /** Those of the rows that `as` may see, in their order; of a long list the first 200 are tried. */
  async of(as: Principal, rows: readonly BookmarkRow[], now: Date, signal?: AbortSignal): Promise<BookmarkRow[]> {
    if (this.isWhole(as)) return [...rows];
    const shown: BookmarkRow[] = [];
    const tried = rows.slice(0, triedMax);
    for (let at = 0; at < tried.length; at += atOnce) {
      const some = tried.slice(at, at + atOnce);
      const theirs = await Promise.all(some.map((row) => this.#isTheirs(as, row, now, signal)));
      shown.push(...some.filter((_, i) => theirs[i]));
    }
    return shown;
  }

  #isTheirs(as: Principal, row: BookmarkRow, now: Date, signal: AbortSignal | undefined): Promise<boolean> {
    const key = `${row.id} ${row.updated_at.getTime()} ${dataScopeOf(as).key}`;
    const before = this.#known.get(key);
    if (before && Math.abs(now.getTime() - before.at) < knownMs) return before.shown;
    const shown = this.#ask(as, row, signal).catch((error: unknown) => {
      this.#known.delete(key);
      throw error;
    });
    this.#known.delete(key);
    this.#known.set(key, { at: now.getTime(), shown });
    if (this.#known.size > knownMax) this.#known.delete(this.#known.keys().next().value!);
    return shown;
  }

  async #ask(
    as: Principal,
    { query, query_from: from, query_to: to, row, created_at: made }: BookmarkRow,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    try {
      const { columns, rows } = await this.#queries.run({
        query,
        // `ago()` counts from when it was kept.
        now: to ?? made,
        ...(from && to ? { timespan: { from, to } } : {}),
        maxRows: rowsMax,
        as,
        operation: 'hunting',
        limits: { seconds },
        ...(signal ? { signal } : {}),
      });
      const names = Object.keys(row);
      const places = names.map((name) => columns.findIndex((column) => column.name === name));
      if (names.length === 0 || places.includes(-1)) return false;
      const own = JSON.stringify(names.map((name) => row[name]));
      return rows.some((cells: readonly Cell[]) => JSON.stringify(places.map((place) => cells[place])) === own);
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code === 'Unavailable' || error.code === 'TooManyRequests')
        throw error;
      return false;
    }
  }
}
