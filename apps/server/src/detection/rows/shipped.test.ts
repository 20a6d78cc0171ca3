import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createQueries, type Queries } from '../../hunting/index.ts';
import { loadSources, openIngestCore, shippedSources } from '../../ingest/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { shippedRules } from '../index.ts';
import { parseRule } from '../rules/index.ts';
import { evaluate } from '../run/evaluate.ts';
import { fromSegments, RuleTests, storeEvents, type RuleTestBench } from '../testing.ts';
import { evaluateHit, hitsOrAll } from './find.ts';
import { plannerOf } from './plan.ts';
import { loadFunctions } from '@sallyport/lake';

let bench: RuleTestBench;
let queries: Queries;
let platform: Awaited<ReturnType<typeof startEphemeralPlatform>>['platform'];
let stop: () => Promise<void>;
beforeAll(async () => {
  const ephemeral = await startEphemeralPlatform();
  ({ platform } = ephemeral);
  const sizes = { totalBytes: 64 * 2 ** 20, segmentBytes: 2 ** 20, segmentAgeMs: 50 };
  const core = await openIngestCore(platform, await loadSources(shippedSources), sizes);
  stop = async () => {
    await core[Symbol.asyncDispose]();
    await ephemeral.stop();
  };
  queries = createQueries(platform.lake, await loadFunctions());
  bench = { platform, queries, streams: core.streams };
});
afterAll(() => stop());

/** Of all rules that look at rows one by one, every so-manieth: each takes a second. */
const everyNth = 4;

it('rules that ship give in the pass what they give by themselves', { timeout: 300_000 }, async () => {
  const folders = (await readdir(shippedRules, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.name === 'rule.yaml')
    .map((entry) => entry.parentPath)
    .toSorted();
  const planner = plannerOf(queries);
  const window = { from: new Date('1990-01-01T00:00:00Z'), to: systemClock.now() };
  let rowLevel = 0;
  let alerts = 0;
  for (const folder of folders) {
    const { rule } = parseRule(await readFile(join(folder, 'rule.yaml'), 'utf8'), folder);
    if (!rule) throw new Error(folder);
    const { sources } = await planner.plan([rule]);
    const [source] = sources;
    if (!source || rowLevel++ % everyNth !== 0) continue;
    for (const test of RuleTests.parse(parse(await readFile(join(folder, 'tests.yaml'), 'utf8')))) {
      const rows = fromSegments(await storeEvents(test, bench));
      const own = await evaluate(queries, rule, window, { source: rows });
      const found = await hitsOrAll({ platform, queries }, source, { source: rows });
      const [hit] = found;
      const passed = hit ? await evaluateHit({ queries }, hit, () => rows, window) : { rows: 0, alerts: [] };
      expect({ folder, case: test.name, rows: passed.rows }).toEqual({ folder, case: test.name, rows: own.rows });
      const facts = (all: typeof own.alerts) =>
        all.map(({ name, severity, entities, customDetails, tactics }) => ({
          name,
          severity,
          entities,
          customDetails,
          tactics,
        }));
      expect(facts(passed.alerts)).toEqual(facts(own.alerts));
      alerts += own.alerts.length;
    }
  }
  expect(rowLevel).toBeGreaterThan(20);
  expect(alerts).toBeGreaterThan(5);
});
