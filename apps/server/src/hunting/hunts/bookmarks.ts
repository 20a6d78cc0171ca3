import { randomUUID } from 'node:crypto';
import { huntLimits, SallyportError, type NamedEntity, type NewBookmark, type Severity } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import {
  bookmarkBy,
  bookmarksBy,
  changeBookmark,
  countBookmarks,
  huntingBookmarkRow,
  insertBookmark,
  lockedBookmarks,
  removeBookmark,
  type BookmarkFilter,
  type BookmarkRow,
} from './bookmark-store.ts';

/** What incidents do for hunting. */
export interface IncidentDoor {
  /** Their names, GUIDs, and numbers; undefined for one that there is not. */
  numberOf(name: string): Promise<number | undefined>;
  nameOf(number: number): Promise<string | undefined>;
  /** Entities as Sentinel's clients get them, under a workspace's root. */
  entityResources(entities: readonly NamedEntity[], root: string): readonly { readonly kind: string }[];
  /** Takes the alert of a finding out of its incident. */
  removeFinding(id: string, by: string): Promise<void>;
  /** Makes findings alerts of an incident, and answers its number. */
  addFindings(
    findings: readonly {
      readonly id: string;
      readonly name: string;
      readonly description: string;
      readonly tactics: readonly string[];
      readonly techniques: readonly string[];
      readonly at: Date;
      readonly entities: readonly NamedEntity[];
      readonly query: string;
      readonly queryFrom: Date;
      readonly queryTo: Date;
    }[],
    target: { readonly number: number } | { readonly title: string; readonly severity: Severity },
    by: string,
  ): Promise<number>;
}

export type BookmarkChange = Partial<
  Pick<BookmarkRow, 'name' | 'notes' | 'labels' | 'tactics' | 'techniques' | 'entities' | 'hunt_id'>
>;

/** An alert's query shows its rows from so long before the row's time to so long after it, when nothing bounded the query. */
const aroundMs = 3_600_000;
/** An incident's description is bounded (reference 04: 5,000). */
const descriptionMax = 5_000;

/** Rows that people keep, with what they noted. Each change is a row of `HuntingBookmark`, too. */
export class Bookmarks {
  readonly #platform: Pick<Platform, 'database' | 'clock' | 'outbox'>;
  readonly #incidents: IncidentDoor;

  constructor(platform: Pick<Platform, 'database' | 'clock' | 'outbox'>, incidents: IncidentDoor) {
    this.#platform = platform;
    this.#incidents = incidents;
  }

  async list(filter: BookmarkFilter, page: { limit: number; offset: number }) {
    const { database } = this.#platform;
    const [total, rows] = await Promise.all([countBookmarks(database, filter), bookmarksBy(database, filter, page)]);
    return { total, rows };
  }
  /** All that a hunt may hold. */
  ofHunt(hunt: string): Promise<BookmarkRow[]> {
    return bookmarksBy(this.#platform.database, { hunt }, { limit: huntLimits.bookmarks, offset: 0 });
  }
  /** Throws NotFound. */
  async get(id: string): Promise<BookmarkRow> {
    return (await bookmarkBy(this.#platform.database, id)) ?? none(id);
  }
  find(id: string): Promise<BookmarkRow | undefined> {
    return bookmarkBy(this.#platform.database, id);
  }

  /** All or none. Throws BadRequest for a row that is too large or a hunt that there is not, Conflict when there are too many. */
  async create(bookmarks: readonly (NewBookmark & { readonly id?: string })[], by: string): Promise<BookmarkRow[]> {
    const { database, clock } = this.#platform;
    const at = clock.now();
    return database.transaction(async (tx) => {
      if ((await countBookmarks(tx)) + bookmarks.length > huntLimits.bookmarks)
        throw new SallyportError('Conflict', `there are ${huntLimits.bookmarks} bookmarks already`);
      const rows: BookmarkRow[] = [];
      for (const [index, { id = randomUUID(), ...bookmark }] of bookmarks.entries()) {
        if (Buffer.byteLength(JSON.stringify(bookmark.row)) > huntLimits.rowBytes)
          throw new SallyportError('BadRequest', `a row has at most ${huntLimits.rowBytes} bytes`, {
            target: `body.bookmarks.${index}.row`,
          });
        await knownHunt(tx, bookmark.huntId);
        const eventAt = timeOf(bookmark.row);
        rows.push(await insertBookmark(tx, { id, bookmark: { ...bookmark, eventAt }, by, at }));
      }
      await this.#publish(tx, rows, at);
      return rows;
    });
  }

  /** Throws NotFound, BadRequest. `check` sees it as it was. */
  async change(
    id: string,
    change: BookmarkChange,
    by: string,
    check: (before: BookmarkRow) => void = () => undefined,
  ): Promise<BookmarkRow> {
    const { database, clock } = this.#platform;
    return database.transaction(async (tx) => {
      const before = (await bookmarkBy(tx, id, true)) ?? none(id);
      check(before);
      await knownHunt(tx, change.hunt_id ?? null);
      const at = clock.now();
      const row = await changeBookmark(tx, { ...before, ...change }, by, at);
      await this.#publish(tx, [row], at);
      return row;
    });
  }

  /** Throws NotFound. */
  async remove(id: string): Promise<BookmarkRow> {
    const { database, clock, outbox } = this.#platform;
    return database.transaction(async (tx) => {
      const row = (await bookmarkBy(tx, id, true)) ?? none(id);
      await removeBookmark(tx, id);
      await outbox.write('HuntingBookmark', [huntingBookmarkRow(row, clock.now(), true)], tx);
      return row;
    });
  }

  /**
   * Puts bookmarks into an incident, or makes them one: each becomes an alert with its entities. Answers the incident. Throws NotFound, Conflict for one that
   * is in an incident already, BadRequest when the incident would hold more than 20.
   */
  async promote(
    ids: readonly string[],
    target: { readonly incident: number | null; readonly title?: string | undefined; readonly severity: Severity },
    by: string,
  ): Promise<number> {
    const { database, clock } = this.#platform;
    const rows: BookmarkRow[] = [];
    for (const id of new Set(ids)) rows.push(await this.get(id));
    const taken = rows.find((row) => row.incident_number !== null && row.incident_number !== target.incident);
    if (taken)
      throw new SallyportError('Conflict', `“${taken.name}” is in incident ${taken.incident_number ?? 0} already`);
    const before = target.incident === null ? 0 : await countBookmarks(database, { incident: target.incident });
    const fresh = rows.filter((row) => row.incident_number === null);
    if (before + fresh.length > huntLimits.bookmarksPerIncident)
      throw new SallyportError('BadRequest', `an incident holds at most ${huntLimits.bookmarksPerIncident} bookmarks`);
    if (fresh.length === 0 && target.incident !== null) return target.incident;
    const number = await this.#incidents.addFindings(
      fresh.map((row) => findingOf(row, clock.now())),
      target.incident === null
        ? { title: target.title ?? rows[0]!.name, severity: target.severity }
        : { number: target.incident },
      by,
    );
    const at = clock.now();
    await database.transaction(async (tx) => {
      const changed: BookmarkRow[] = [];
      const locked = await lockedBookmarks(
        tx,
        fresh.map(({ id }) => id),
      );
      for (const row of locked) changed.push(await changeBookmark(tx, { ...row, incident_number: number }, by, at));
      await this.#publish(tx, changed, at);
    });
    return number;
  }

  /** Takes a bookmark and its alert out of their incident. Throws NotFound. */
  async demote(id: string, by: string): Promise<void> {
    const { incident_number: incident } = await this.get(id);
    if (incident === null) return;
    await this.#incidents.removeFinding(id, by);
    const { database, clock } = this.#platform;
    await database.transaction(async (tx) => {
      const at = clock.now();
      const rows = await lockedBookmarks(tx, [id]);
      for (const row of rows) await changeBookmark(tx, { ...row, incident_number: null }, by, at);
      await this.#publish(tx, rows, at);
    });
  }

  #publish(tx: Queryable, rows: readonly BookmarkRow[], at: Date): Promise<void> {
    return this.#platform.outbox.write(
      'HuntingBookmark',
      rows.map((row) => huntingBookmarkRow(row, at)),
      tx,
    );
  }
}

const none = (id: string): never => {
  throw new SallyportError('NotFound', `there is no bookmark ${id}`);
};

async function knownHunt(tx: Queryable, id: string | null): Promise<void> {
  if (id === null || (await tx.first('SELECT 1 FROM hunts WHERE id = $1', [id]))) return;
  throw new SallyportError('BadRequest', `there is no hunt ${id}`, { target: 'body.huntId' });
}

/** The row's own time. */
function timeOf(row: NewBookmark['row']): Date | null {
  const text = row['TimeGenerated'] ?? row['Timestamp'];
  const at = typeof text === 'string' ? new Date(text) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at : null;
}

function findingOf(row: BookmarkRow, now: Date) {
  const at = row.event_at ?? row.created_at;
  return {
    id: row.id,
    name: row.name,
    description: row.notes.slice(0, descriptionMax),
    tactics: row.tactics,
    techniques: row.techniques,
    at,
    entities: row.entities,
    query: row.query,
    queryFrom: row.query_from ?? new Date(at.getTime() - aroundMs),
    queryTo: row.query_to ?? new Date(Math.min(at.getTime() + aroundMs, now.getTime())),
  };
}
