import { isActive, type Lake } from '@sallyport/lake';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';

/** How often it is looked whether a hold has ended: rows stay so much longer at most. */
const lookEveryMs = 60_000;

/** Lets rows go when the hold on them ends by its date. Resolves when the signal aborts. */
export async function letGoOfEndedHolds(lake: Lake, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  let before: string | undefined;
  while (!signal.aborted) {
    try {
      const now = clock.now();
      const active = (await lake.holds()).filter((hold) => isActive(hold, now)).map(({ id }) => id);
      // At the start too: one may have ended while no server ran.
      if (before !== active.join()) await lake.applyStorage();
      before = active.join();
    } catch (err) {
      log.warn({ err }, 'could not look which legal holds have ended');
    }
    await clock.sleep(lookEveryMs, signal);
  }
}
