import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Database } from './types.ts';

/** How soon a lost connection is made anew. */
const retryMs = 1_000;

/**
 * Hears `NOTIFY` on a channel, over a connection of its own. `heard` is also called whenever the connection is made, since something may have been
 * missed without it; `lost` whenever it is lost. Neither may throw. Texts of notifications are not passed on: what they tell of is in the tables.
 */
export class Listener {
  readonly #platform: { readonly database: Pick<Database, 'url'>; readonly clock: Clock; readonly log: Log };
  readonly #channel: string;
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  /** `channel`: an identifier of PostgreSQL, in small letters. */
  constructor(
    platform: { readonly database: Pick<Database, 'url'>; readonly clock: Clock; readonly log: Log },
    channel: string,
  ) {
    if (!/^[a-z_]{1,63}$/.test(channel)) throw new TypeError('a channel is named by small letters');
    this.#platform = platform;
    this.#channel = channel;
  }

  start(heard: () => void, lost: () => void = () => undefined): void {
    this.#stopping = new AbortController();
    this.#loop = this.#run(heard, lost, this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(heard: () => void, lost: () => void, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#platform;
    while (!signal.aborted) {
      try {
        await this.#once(heard, signal);
      } catch (err) {
        log.warn({ err, channel: this.#channel }, 'lost the connection that hears of changes');
      }
      lost();
      if (!signal.aborted) await clock.sleep(retryMs, signal);
    }
  }

  /** Until the connection is lost, or `signal` says so. */
  async #once(heard: () => void, signal: AbortSignal): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#platform.database.url,
      application_name: 'sallyport listen',
      keepAlive: true,
    });
    const { promise: over, resolve, reject } = Promise.withResolvers<void>();
    client.on('error', reject);
    client.on('end', resolve);
    client.on('notification', heard);
    signal.addEventListener('abort', () => resolve(), { once: true });
    try {
      await client.connect();
      await client.query(`LISTEN ${this.#channel}`);
      heard();
      await over;
    } finally {
      // A connection that is lost already can't be ended in order.
      await client.end().catch(() => undefined);
    }
  }
}
