import { randomUUID } from 'node:crypto';
import { huntLimits, SallyportError, type Hunt } from '@sallyport/contracts';
import { requireCaller, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Asking } from '../asking.ts';
import { bookmarksBy } from './bookmark-store.ts';
import { toBookmark, toHuntQuery, toHuntSummary } from './objects.ts';
import {
  allHunts,
  changeHunt,
  huntBy,
  huntComments,
  huntQueries,
  insertHunt,
  insertHuntComment,
  insertHuntQuery,
  noteRun,
  removeHunt,
  removeHuntQuery,
  touchHunt,
  type CountedHuntRow,
  type HuntQueryRow,
  type HuntText,
  type NewHuntQuery,
} from './store.ts';

/** Rows that a run counts. */
const countedRowsMax = 10_000;
const bookmarksShown = 1_000;
const dayMs = 86_400_000;

/** Investigations by name: a hypothesis, the queries that test it, the rows that were kept, and what people say of it. */
export class Hunts {
  readonly #platform: Pick<Platform, 'database' | 'clock'>;
  readonly #asking: Asking;

  constructor(platform: Pick<Platform, 'database' | 'clock'>, asking: Asking) {
    this.#platform = platform;
    this.#asking = asking;
  }

  list(): Promise<CountedHuntRow[]> {
    return allHunts(this.#platform.database);
  }

  /** Throws NotFound. */
  async get(id: string): Promise<Hunt> {
    const { database } = this.#platform;
    const [hunt, queries, bookmarks, comments] = await Promise.all([
      huntBy(database, id),
      huntQueries(database, id),
      bookmarksBy(database, { hunt: id }, { limit: bookmarksShown, offset: 0 }),
      huntComments(database, id),
    ]);
    return {
      ...toHuntSummary(hunt ?? none(id)),
      queries: queries.map(toHuntQuery),
      bookmarks: bookmarks.map(toBookmark),
      comments: comments.map((one) => ({ ...one, at: one.at.toISOString() })),
    };
  }

  /** Throws Conflict when there are 100. */
  async create(text: HuntText, by: string): Promise<Hunt> {
    const { database, clock } = this.#platform;
    const id = randomUUID();
    if (!(await insertHunt(database, { id, text, by, at: clock.now() })))
      throw new SallyportError('Conflict', `there are ${huntLimits.hunts} hunts already: delete one that is over`);
    return this.get(id);
  }

  async change(id: string, change: Partial<HuntText>, by: string): Promise<Hunt> {
    const { database, clock } = this.#platform;
    await database.transaction(async (tx) => {
      const before = (await huntBy(tx, id)) ?? none(id);
      await changeHunt(tx, id, { ...before, ...change }, by, clock.now());
    });
    return this.get(id);
  }

  async remove(id: string): Promise<void> {
    if ((await removeHunt(this.#platform.database, id)) === 0) none(id);
  }

  /** Throws NotFound, Conflict when the hunt would have more than 200. */
  async addQueries(id: string, queries: readonly NewHuntQuery[], by: string): Promise<Hunt> {
    const { database, clock } = this.#platform;
    await database.transaction(async (tx) => {
      const hunt = (await huntBy(tx, id)) ?? none(id);
      if (hunt.query_count + queries.length > huntLimits.queries)
        throw new SallyportError('Conflict', `a hunt has at most ${huntLimits.queries} queries`);
      const at = clock.now();
      for (const query of queries) await insertHuntQuery(tx, id, { id: randomUUID(), query, by, at });
      await touchHunt(tx, id, by, at);
    });
    return this.get(id);
  }

  async removeQuery(id: string, queryId: string, by: string): Promise<Hunt> {
    const { database, clock } = this.#platform;
    if ((await removeHuntQuery(database, id, queryId)) === 0) noQuery(queryId);
    await touchHunt(database, id, by, clock.now());
    return this.get(id);
  }

  /** Runs a query of the hunt over the last days, and keeps how many rows it gave or why it failed. Throws NotFound, and what ended the asker's request. */
  async run(context: RequestContext, id: string, queryId: string, days: number): Promise<HuntQueryRow> {
    const { database, clock } = this.#platform;
    const query = (await huntQueries(database, id)).find((one) => one.id === queryId) ?? noQuery(queryId);
    const now = clock.now();
    const run = { at: now.toISOString(), by: requireCaller(context).name, days };
    const lastRun = await this.#asking
      .run(context, {
        query: query.query,
        timespan: { from: new Date(now.getTime() - days * dayMs), to: now },
        maxRows: countedRowsMax,
        client: 'Portal',
        target: '/api/hunts',
      })
      .then(
        ({ rows, partial }) => ({ ...run, rows: rows.length, more: partial !== undefined, error: null }),
        (error: unknown) => {
          if (!(error instanceof SallyportError)) throw error;
          return { ...run, rows: null, more: false, error: error.message };
        },
      );
    await noteRun(database, queryId, lastRun);
    return { ...query, last_run: lastRun };
  }

  async comment(id: string, text: string, by: string): Promise<Hunt> {
    const { database, clock } = this.#platform;
    await database.transaction(async (tx) => {
      const hunt = (await huntBy(tx, id)) ?? none(id);
      if (hunt.comment_count >= huntLimits.comments)
        throw new SallyportError('Conflict', `a hunt has at most ${huntLimits.comments} comments`);
      const at = clock.now();
      await insertHuntComment(tx, id, { id: randomUUID(), at, by, text });
      await touchHunt(tx, id, by, at);
    });
    return this.get(id);
  }
}

const none = (id: string): never => {
  throw new SallyportError('NotFound', `there is no hunt ${id}`);
};
const noQuery = (id: string): never => {
  throw new SallyportError('NotFound', `the hunt has no query ${id}`);
};
