import type { Platform } from './types.ts';

/** Rows about accounts and devices are known to transforms and queries this long after they came. */
const pauseMs = 60_000;
/** Reading the tables takes no more than this share of the time. */
const busyShare = 0.05;

/** Keeps what `identity_info` and `device_info` answer as the newest rows say, until aborted. Never throws. */
export async function keepEntities(
  { workspaces, clock, log }: Pick<Platform, 'workspaces' | 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const started = performance.now();
    try {
      for (const lake of workspaces.lakes()) {
        const { changed, ...known } = await lake.refreshEntities();
        if (changed) log.info({ workspace: lake.workspace, ...known }, 'identities and devices are read');
      }
    } catch (err) {
      // The engine may end under it when everything stops.
      if (!signal.aborted) log.error({ err }, 'identities and devices could not be read; those of before stay');
    }
    await clock.sleep(Math.max(pauseMs, (performance.now() - started) / busyShare), signal);
  }
}
