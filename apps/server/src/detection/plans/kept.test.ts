import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../../platform/clock.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { createQueries, type Queries } from '../../hunting/index.ts';
import { KeptPlans } from './kept.ts';
import { databasePlans, folderPlans, layered } from './store.ts';

const clock = manualClock(new Date('2026-01-01T00:00:00Z'));
let platform: OpenPlatform;
let queries: Queries;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  queries = createQueries(platform.lake);
  // Else it hears of its own tables meanwhile.
  await platform.lake.reloadTables();
}, 60_000);
afterAll(() => stop());

/** A server's plans, and the texts that it had to make one of. */
function server() {
  const made: string[] = [];
  const plans = new KeptPlans({
    kql: queries.kql,
    store: databasePlans(platform.database, clock),
    kind: 'length',
    schema: z.number(),
    make: (text) => {
      made.push(text);
      return text.length;
    },
  });
  return { plans, made };
}
const texts = ['Syslog | take 1', 'Own_CL | take 10', 'union * | take 100'];

it('makes a plan once, for later servers too', async () => {
  const one = server();
  expect([...(await one.plans.of(texts))]).toEqual(texts.map((text) => [text, text.length]));
  await one.plans.of(texts);
  expect(one.made).toEqual(texts);
  const next = server();
  expect(await next.plans.of(texts)).toEqual(new Map(texts.map((text) => [text, text.length])));
  expect(next.made).toEqual([]);
});

it('makes those anew that name what has changed', async () => {
  const before = server();
  await before.plans.of(texts);
  await platform.lake.createTable({ name: 'Own_CL', columns: [{ name: 'A', type: 'string' }] });
  await before.plans.of(texts);
  expect(before.made).toEqual(texts.slice(1));
  await platform.lake.addColumns('Own_CL', [{ name: 'B', type: 'int' }]);
  await before.plans.of(texts.slice(0, 2));
  expect(before.made).toEqual([...texts.slice(1), texts[1]]);
});

it('makes those anew that can’t be read', async () => {
  await platform.database.execute(`UPDATE query_plans SET plan = '\\x00'`);
  const one = server();
  await one.plans.of(texts);
  expect(one.made).toEqual(texts);
});

it('forgets what nobody asks for', async () => {
  const count = async () => (await platform.database.query('SELECT 1 FROM query_plans')).length;
  clock.advance(20 * 86_400_000);
  await server().plans.of(texts.slice(0, 1));
  clock.advance(20 * 86_400_000);
  await server().plans.of(['Syslog | take 2']);
  expect(await count()).toBe(2);
});

it('keeps plans in a folder beside the database: what one lacks, the other has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plans-'));
  try {
    const plans = new Map<string, unknown>([
      ['first', { fault: 'it counts rows' }],
      ['second', 2],
    ]);
    await folderPlans(folder).save(plans);
    expect(await folderPlans(folder).load(['first', 'second', 'third'])).toEqual(plans);
    await databasePlans(platform.database, clock).save(new Map([['third', 3]]));
    const both = layered([databasePlans(platform.database, clock), folderPlans(folder)]);
    expect(await both.load(['third', 'second', 'fourth'])).toEqual(
      new Map([
        ['third', 3],
        ['second', 2],
      ]),
    );
    await writeFile(join(folder, 'fi', 'first'), 'no plan');
    expect(await folderPlans(folder).load(['first'])).toEqual(new Map());
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('goes on where the folder can’t be written to', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'plans-')), 'file');
  await writeFile(file, '');
  await folderPlans(file).save(new Map([['first', 1]]));
  expect(await folderPlans(file).load(['first'])).toEqual(new Map());
  await rm(dirname(file), { recursive: true });
});
