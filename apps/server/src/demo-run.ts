import { daysDefault, loadDemo, liveDemo, type DemoOptions } from './demo/index.ts';
import type { Domains } from './domains.ts';
import { remembered } from './platform/database/index.ts';
import type { Platform } from './platform/types.ts';

const seed = 'contoso';
/** Of the demo's week, what behaviour analytics judges: before it, it learns. */
const judgedDays = 2;

/**
 * Loads the demo estate once for a workspace, runs the rules over its week, and lets its life go on until the signal aborts.
 * Only one server of a database may do this.
 */
export async function runDemo(
  platform: Platform,
  { ingest, incidents, detection, behaviour }: Domains,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, database } = platform;
  const options: DemoOptions & { signal: AbortSignal } = {
    door: { append: (stream, payload) => ingest.append(stream, payload) },
    marker: remembered(database, 'demo'),
    clock,
    log,
    seed,
    signal,
  };
  // That the rules have been over the week is remembered apart from the load: a server killed in between does it again, which changes nothing.
  const swept = remembered(database, 'demo rules');
  const { from, to } = await loadDemo(options);
  if (!signal.aborted && (await swept.read()) === undefined) {
    await ingest.flush();
    await platform.lake.refreshEntities();
    await incidents.learnShared({ from, to });
    const found = await detection.sweep({ from, to });
    // What was learned while the week came in is not all of it.
    await behaviour.learnAgain(daysDefault, judgedDays);
    await swept.write({ alerts: found.alerts });
    const { alerts, elapsedSeconds } = found;
    log.info({ alerts, incidents: found.incidents.length, elapsedSeconds }, 'the rules have been over the demo');
  }
  await liveDemo(options);
}
