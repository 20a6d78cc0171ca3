import type { Clock } from '../platform/clock.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Log } from '../platform/log.ts';
import type { LoadedSegment } from './loading.ts';
import { addStreamCounts, type StreamCount } from './store.ts';

/** How often counts go to the database. What a killed server had gathered since is lost: these are figures, not logs. */
const writeEveryMs = 5_000;

/** Streams counted between two writes; senders can name tables' own streams only, so this is never near. */
const streamsMax = 10_000;

/** Gathers what streams brought, and writes it to the database now and then. */
export class StreamCounter {
  #counts = new Map<string, { rows: number; refused: number; bytes: number }>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  add({ origin, rows, bytes }: LoadedSegment): void {
    if (!this.#counts.has(origin.stream) && this.#counts.size >= streamsMax) return;
    const count = this.#counts.get(origin.stream) ?? { rows: 0, refused: 0, bytes: 0 };
    this.#counts.set(origin.stream, count);
    for (const [table, stored] of Object.entries(rows))
      if (table === 'DCRLogErrors') count.refused += stored;
      else count.rows += stored;
    count.bytes += bytes;
  }

  start(database: Queryable, clock: Clock, log: Log): void {
    const { signal } = this.#stopping;
    this.#loop = (async () => {
      while (!signal.aborted) {
        await clock.sleep(writeEveryMs, signal);
        await this.write(database, clock.now()).catch((err: unknown) =>
          log.warn({ err }, 'could not write counts of streams'),
        );
      }
    })();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** Writes what was gathered; keeps it for the next time when that fails. */
  async write(database: Queryable, at: Date): Promise<void> {
    const counts = [...this.#counts].map(([stream, count]): StreamCount => ({ stream, ...count }));
    const taken = this.#counts;
    this.#counts = new Map();
    try {
      await addStreamCounts(database, counts, at);
    } catch (error) {
      for (const [stream, count] of this.#counts) {
        const old = taken.get(stream);
        taken.set(stream, {
          rows: count.rows + (old?.rows ?? 0),
          refused: count.refused + (old?.refused ?? 0),
          bytes: count.bytes + (old?.bytes ?? 0),
        });
      }
      this.#counts = taken;
      throw error;
    }
  }
}
