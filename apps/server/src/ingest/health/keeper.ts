import type { Lake, SpoolSegment } from '@sallyport/lake';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/types.ts';
import type { Log } from '../../platform/log.ts';
import type { LoadedSegment } from '../loading.ts';
import { addCounts, saveEventTimes, saveUnreadFields } from '../store.ts';
import type { HealthBook } from './book.ts';
import type { Streams } from '../sources/streams.ts';
import { EventClock } from './event-times.ts';
import { FieldSampler } from './fields.ts';

/** How often counts go to the database. What a killed server had gathered since is lost: these are figures, not logs. */
const writeEveryMs = 5_000;
/** How often the lake is asked when events were: in writes. */
const writesPerLook = 12;
/** Segments of a stream that are remembered between two writes. */
const segmentsMax = 8;

export interface KeeperServices {
  readonly book: HealthBook;
  readonly database: Database;
  readonly lake: Lake;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes what was counted on this server to the database, now and then. */
export class HealthKeeper {
  readonly #services: KeeperServices;
  readonly #events = new EventClock();
  readonly #fields = new FieldSampler();
  #segments = new Map<string, string[]>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(services: KeeperServices) {
    this.#services = services;
  }

  /** A segment was stored. */
  loaded(segment: LoadedSegment): void {
    this.#services.book.loaded(segment);
    this.#events.add(segment);
    if (segment.origin.importId !== undefined) return;
    const ids = this.#segments.get(segment.origin.stream) ?? [];
    this.#segments.set(segment.origin.stream, [segment.id, ...ids].slice(0, segmentsMax));
  }

  /** Looks at the records of a stored segment before it goes. */
  sample(segment: SpoolSegment, streams: Streams): Promise<void> {
    return this.#fields.look(segment, streams, this.#services.clock.now());
  }

  start(): void {
    const { clock, log } = this.#services;
    const { signal } = this.#stopping;
    this.#loop = (async () => {
      for (let writes = 1; !signal.aborted; writes++) {
        await clock.sleep(writeEveryMs, signal);
        await this.write().catch((err: unknown) => log.warn({ err }, 'could not write the health of sources'));
        if (writes % writesPerLook !== 0 || signal.aborted) continue;
        await this.look().catch((err: unknown) => log.warn({ err }, 'could not look up when events were'));
      }
    })();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** Writes what was gathered; keeps it for the next time when that fails. */
  async write(): Promise<void> {
    const { book, database, clock } = this.#services;
    const counts = book.take();
    const segments = this.#segments;
    this.#segments = new Map();
    try {
      await database.transaction((tx) => addCounts(tx, counts, segments, clock.now()));
    } catch (error) {
      book.giveBack(counts);
      throw error;
    }
  }

  /** Asks the lake when the events of the last minute's rows were, and keeps what samples showed. */
  async look(): Promise<void> {
    const { lake, database, clock } = this.#services;
    const times = await this.#events.look(lake);
    await saveEventTimes(database, times, clock.now());
    await saveUnreadFields(database, this.#fields.take(), clock.now());
  }
}
