import type { Platform } from './types.ts';

/** What one server saves is in use on the others this long after. */
const pollMs = 2_000;

/** Looks again and again for what other servers saved. A look that fails is logged as `complaint`, and tried again. */
export class Follower {
  readonly #platform: Pick<Platform, 'clock' | 'log'>;
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(platform: Pick<Platform, 'clock' | 'log'>) {
    this.#platform = platform;
  }

  start(look: () => Promise<unknown>, complaint: string): void {
    this.#stopping = new AbortController();
    this.#loop = this.#run(look, complaint, this.#stopping.signal);
  }

  /** Resolves once a look that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(look: () => Promise<unknown>, complaint: string, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#platform;
    for (;;) {
      await clock.sleep(pollMs, signal);
      if (signal.aborted) return;
      await look().catch((err: unknown) => log.warn({ err }, complaint));
    }
  }
}
