/**
 * Whether alerts that belong together are in one incident, and what that costs. Prints one JSON object.
 *
 *   node bench/correlate.ts [--people 60] [--days 2] [--noise 300] [--orders 4] [--rules PATH]... [--seed TEXT] [--why]
 *                                                                                attacks on the demo estate, beside baselines; another seed: other people, another order;
 *                                                                                --why: what joined alerts that do not belong together, and which of a story are apart
 *   node bench/correlate.ts --recordings FOLDER                                    recorded attacks (zips and JSON lines), each one story
 *   node bench/correlate.ts --alerts 1000000                                       the cost of an alert, by tenths of 24 hours
 *   node bench/correlate.ts --queue 100000                                         the queue's and an incident's answer
 *
 * Read processor seconds and shares: they do not depend on what else the machine does.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { raiseMany } from '../apps/server/src/correlate/load.ts';
import { measureQueue } from '../apps/server/src/correlate/queue.ts';
import { recordingFigures } from '../apps/server/src/correlate/recordings.ts';
import { correlateStories } from '../apps/server/src/correlate/stories.ts';
import { createHunting } from '../apps/server/src/hunting/index.ts';
import { createIncidents, type Incidents } from '../apps/server/src/incidents/index.ts';
import type { Platform } from '../apps/server/src/platform/types.ts';
import { withEphemeralPlatform } from '../apps/server/src/supervisor/ephemeral-platform.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '60' },
    days: { type: 'string', default: '2' },
    noise: { type: 'string', default: '300' },
    orders: { type: 'string', default: '4' },
    rules: { type: 'string', multiple: true },
    seed: { type: 'string' },
    why: { type: 'boolean', default: false },
    recordings: { type: 'string' },
    alerts: { type: 'string' },
    queue: { type: 'string' },
  },
});
const note = (text: string): void => void process.stderr.write(`${text}\n`);

const withIncidents = <T>(work: (platform: Platform, incidents: Incidents) => Promise<T>): Promise<T> =>
  withEphemeralPlatform({}, (platform) =>
    work(platform, createIncidents(platform, { queries: createHunting(platform).queries })),
  );

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(zip|jsonl?)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function measure(): Promise<object> {
  if (values.recordings !== undefined)
    return { recordings: await recordingFigures(await filesBelow(values.recordings), note) };
  if (values.alerts !== undefined) {
    const count = Number(values.alerts);
    return withIncidents((platform, incidents) => raiseMany(platform, incidents, count, note));
  }
  if (values.queue !== undefined) {
    const count = Number(values.queue);
    return withIncidents((platform, incidents) => measureQueue(platform, incidents, count));
  }
  const [people, days, noise, orders] = [values.people, values.days, values.noise, values.orders].map(Number);
  return correlateStories({
    people: people ?? 60,
    days: days ?? 2,
    noise: noise ?? 300,
    orders: orders ?? 4,
    why: values.why,
    ...(values.rules ? { rules: values.rules } : {}),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    onProgress: note,
  });
}

process.stdout.write(`${JSON.stringify({ bench: 'correlate', ...(await measure()) })}\n`);
