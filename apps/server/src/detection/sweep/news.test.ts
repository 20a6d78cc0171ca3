import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../../hunting/index.ts';
import { createIncidents } from '../../incidents/index.ts';
import type { OpenPlatform } from '../../platform/create.ts';
import { startEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import type { Parts } from '../run/run.ts';
import { binsOf, type BinOptions } from './bins.ts';
import { concernedBy, newsOf } from './news.ts';
import { wholeWindows } from './plan.ts';
import type { Bin } from './windows.ts';

let platform: OpenPlatform;
let hunting: Hunting;
let parts: Parts;
let stop: () => Promise<void>;
const segments = ['a', 'b', 'c', 'd'];
const start = Date.UTC(2026, 0, 1);
beforeAll(async () => {
  ({ platform, stop } = await startEphemeralPlatform());
  const view = { name: 'Both', parameters: '()', body: 'union (SecurityEvent | where EventID == 4625), Syslog' };
  hunting = createHunting(platform, { functions: [view] });
  parts = { platform, queries: hunting.queries, incidents: createIncidents(platform, { queries: hunting.queries }) };
  for (const [n, segmentId] of segments.entries()) {
    const rows = Array.from({ length: 12 }, (_, i) => ({
      TimeGenerated: new Date(start + (i * 47 + n * 13) * 60_000 + (i % 3) * 59_999).toISOString(),
      Computer: `pc${(i + n) % 3}`,
    }));
    if (n !== 1)
      await platform.lake.insertRows(
        'SecurityEvent',
        rows.map((row, i) => ({ ...row, EventID: [4624, 4625, 4688][(i + n) % 3], CommandLine: `run ${i}` })),
        { segmentId },
      );
    if (n > 0) await platform.lake.insertRows('Syslog', rows.slice(n, n + 3), { segmentId });
  }
}, 120_000);
afterAll(() => stop());

const queries = [
  'SecurityEvent | where EventID == 4625',
  'SecurityEvent | where EventID == 4625 and CommandLine endswith "1" | summarize count() by Computer',
  `['SecurityEvent'] | where Computer == "pc1"`,
  'Syslog | summarize n = count() by Computer | where n > 1',
  'Both | where Computer == "pc2"',
  'union Syslog, SecurityEvent | where Computer == "pc0" | summarize by Computer',
  'union withsource = T Sys*, (SecurityEvent | where EventID == 4688) | summarize count() by T',
  'search "pc1" | summarize count() by Computer',
  'SecurityEvent | join kind=inner (Syslog | where Computer == "pc2") on Computer',
  'let names = Syslog | distinct Computer; SecurityEvent | where EventID == 4624 and Computer in (names)',
  'SecurityEvent | where EventID == 4688 | where TimeGenerated between (datetime(2026-01-01T02:00Z) .. 2h)',
  'table("Syslog") | where Computer startswith "pc"',
  'SigninLogs | take 1',
  'Nothing_CL | take 1',
  'union isfuzzy=true Nothing_CL, (Syslog | where Computer == "pc1")',
  'SecurityEvent | where Computer matches regex @"(?i)PC[12]" | extend Timestamp = TimeGenerated',
];
const rule = fc
  .record({ query: fc.constantFrom(...queries), minutes: fc.constantFrom(5, 15, 60), periods: fc.constantFrom(1, 3) })
  .map(({ query, minutes, periods }) => {
    const id = `${query} ${minutes} ${periods}`;
    const text = {
      id,
      name: 'n',
      severity: 'Low',
      query,
      queryFrequency: `${minutes}m`,
      queryPeriod: `${minutes * periods}m`,
    };
    const parsed = parseRule(JSON.stringify(text), 'r.yaml').rule;
    if (!parsed) throw new Error(`no rule: ${id}`);
    return parsed;
  });
const time = fc
  .tuple(fc.integer({ min: -60, max: 600 }), fc.integer({ min: 0, max: 600 }))
  .map(([from, length]) => ({ from: new Date(start + from * 60_000), to: new Date(start + (from + length) * 60_000) }));

const equal = (a: readonly Bin[] | undefined, b: readonly Bin[] | undefined): boolean =>
  isDeepStrictEqual(plain(a), plain(b));
const plain = (bins: readonly Bin[] | undefined) =>
  bins?.map(({ at, segments: own }) => ({ at, segments: own.toSorted() }));

it('tells of many rules what is told of each alone', { timeout: 300_000 }, async () => {
  let told = 0;
  let left = 0;
  const alone = async (one: AnalyticsRule, options: BinOptions) => {
    try {
      return await binsOf(platform, hunting.queries, one, { ...options, ...wholeWindows(one, options) });
    } catch {
      return undefined;
    }
  };
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(rule, { minLength: 5, maxLength: 8, selector: ({ id }) => id }),
      fc.subarray(segments, { minLength: 1 }),
      time,
      async (rules, some, range) => {
        const options = { ...range, segments: some };
        const concerned = await concernedBy(parts, rules, options);
        const news = await newsOf(parts, concerned, options);
        const wrong: unknown[] = [];
        for (const one of rules) {
          const expected = await alone(one, options);
          const got = concerned.includes(one) ? news.get(one) : [];
          if (!concerned.includes(one)) left++;
          told += got?.length ?? 0;
          // A query that has a fault is left to be asked alone, where it has something to see.
          const same = got !== undefined && expected === undefined ? got.length === 0 : equal(got, expected);
          if (!same) wrong.push({ query: one.query, got, expected });
        }
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 12 },
  );
  expect(told).toBeGreaterThan(20);
  expect(left).toBeGreaterThan(3);
});
