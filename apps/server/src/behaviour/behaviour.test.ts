import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFunctions, readDatabases } from '@sallyport/lake';
import { writeMmdb } from '@sallyport/testkit';
import type { Anomaly } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHunting, type Queries } from '../hunting/index.ts';
import { manualClock } from '../platform/clock.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { createBehaviour, type Behaviour } from './index.ts';
import { readAnomalies } from './read.ts';
import { loadSettings, enabledRules, checkedValues } from './rules.ts';
import { preview, runRules, runWindow, type Parts } from './run.ts';
import { progress, saveRule } from './store.ts';
import { plants } from './plants.ts';
import { ordinaryDay, person, signIn, writer, type Rows } from './testing.ts';
import { dayMs, hourMs, type DueWindow } from './windows.ts';
import { systemPrincipal } from '../platform/principal.ts';

/** A Friday on which everything is planted; the five days before are learned. */
const planted = new Date('2026-03-20T00:00:00Z');
const at = (days: number): Date => new Date(planted.getTime() + days * dayMs);
const clock = manualClock(at(1));
let platform: OpenPlatform;
let queries: Queries;
let behaviour: Behaviour;
let parts: Parts;
let stop: () => Promise<void>;

beforeAll(async () => {
  const ephemeral = await startEphemeralPlatform({ clock });
  ({ platform } = ephemeral);
  queries = createHunting(platform, { functions: await loadFunctions() }).queries;
  behaviour = await createBehaviour(platform, { queries, scheduled: false });
  parts = { platform, queries, content: behaviour.content, onStored: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'behaviour-'));
  const place = (country_code: string, latitude: number, longitude: number) => ({ country_code, latitude, longitude });
  await writeFile(
    join(folder, 'places.mmdb'),
    writeMmdb([
      ['203.0.113.0/24', place('NL', 52.4, 4.9)],
      ['198.51.100.64/26', place('PA', 9, -79.5)],
    ]),
  );
  await platform.lake.loadIpLocations(await readDatabases([join(folder, 'places.mmdb')]));
  stop = async () => {
    await ephemeral.stop();
    await rm(folder, { recursive: true });
  };
  const rows: Rows = {};
  for (let back = -5; back <= 0; back++) ordinaryDay(at(back), writer(rows, at(back)));
  for (const { plant } of Object.values(plants)) plant(writer(rows, at(0)));
  for (const [table, list] of Object.entries(rows)) await platform.lake.insertRows(table, list);
  for (let back = -5; back < 0; back++) await runWindow(parts, dayWindow(back, false), []);
}, 900_000);
afterAll(() => stop());

const dayWindow = (days: number, judged = true): DueWindow => ({
  from: at(days),
  to: at(days + 1),
  grain: 'day',
  judged,
});
const rules = async () => enabledRules(await loadSettings(platform.database, behaviour.content));
const told = async (status: 'Production' | 'Flighting' = 'Production') =>
  (
    await readAnomalies(
      queries,
      { from: at(0), to: at(1), status, minimumScore: 0, search: '', limit: 1_000 },
      { as: systemPrincipal('test'), now: at(1) },
    )
  ).anomalies;
const isAbout = (a: Anomaly, of: string): boolean =>
  [a.user, a.sourceIp, a.destinationDevice, a.description].some((text) => text.includes(of));
/** What else is told of, rightly: what was planted for another kind. */
const alsoTold: Readonly<Record<string, readonly string[]>> = {
  'aws-calls-from-outside': [person(4)],
  'aws-writes': [person(4)],
  'unusual-region': [person(4), person(9), 'deploy'],
};
const ask = async (query: string): Promise<unknown[][]> =>
  (await queries.run({ query, now: clock.now(), as: systemPrincipal('test'), operation: 'hunting' })).rows;
const slugOf = (id: string): string => behaviour.content.anomalies.get(id)?.slug ?? id;

describe('a day on which something of every kind happens', () => {
  beforeAll(async () => {
    await runWindow(parts, dayWindow(0), await rules());
  }, 900_000);

  it('no part fails', async () => {
    expect(await platform.database.query('SELECT part, error FROM behaviour_runs WHERE error IS NOT NULL')).toEqual([]);
  });

  it('every template has its plant', () => {
    const slugs = [...behaviour.content.anomalies.values()].map(({ slug }) => slug);
    expect(Object.keys(plants).toSorted()).toEqual(slugs.toSorted());
  });

  it('each kind tells of its plant, with the numbers', async () => {
    const anomalies = await told();
    const missed = Object.entries(plants).filter(
      ([slug, { of }]) => !anomalies.some((a) => slugOf(a.templateId) === slug && isAbout(a, of)),
    );
    expect(missed.map(([slug]) => slug)).toEqual([]);
    for (const a of anomalies) {
      expect(a.score).toBeGreaterThan(0);
      expect(a.score).toBeLessThanOrEqual(1);
      expect(a.reasons.length).toBeGreaterThan(0);
      expect(a.observed).toBeGreaterThanOrEqual(a.expected ?? Infinity);
    }
  });

  it('nobody else is told of', async () => {
    const expected = (slug: string): string[] => [plants[slug]?.of ?? '', ...(alsoTold[slug] ?? [])];
    const others = (await told()).filter((a) => !expected(slugOf(a.templateId)).some((of) => isAbout(a, of)));
    expect(others.map((a) => `${slugOf(a.templateId)}: ${a.description}`)).toEqual([]);
  });

  it('activities say what is unlike, as Microsoft names it', async () => {
    const [row] = await ask(
      `BehaviorAnalytics | where UserPrincipalName == '${person(6)}' and ActionType == 'Sign-in' | top 1 by InvestigationPriority desc
       | project InvestigationPriority, tostring(ActivityInsights.FirstTimeUserConnectedFromCountry), tostring(ActivityInsights.FirstTimeConnectionFromCountryObservedInTenant),
         tostring(ActivityInsights.FirstTimeUserPerformedAction), SourceIPLocation, array_length(ActivityInsights.InvestigationPriorityReasons)`,
    );
    expect(row).toEqual([9, 'True', 'True', 'False', 'PA', expect.any(Number)]);
    expect(
      await ask(
        `BehaviorAnalytics | where UserPrincipalName in ('${person(1)}', '${person(2)}') and InvestigationPriority > 2`,
      ),
    ).toEqual([]);
    const [joined] = await ask(
      'BehaviorAnalytics | where NativeTableName == "SigninLogs" | join kind=inner SigninLogs on $left.SourceRecordId == $right._ItemId | count',
    );
    expect(joined?.[0]).toBeGreaterThan(10);
  });

  it('everybody is known, Windows accounts too, and who works as whom', async () => {
    const known = 'IdentityInfo | summarize arg_max(TimeGenerated, *) by AccountUPN';
    expect(
      await ask(
        `${known} | where AccountUPN startswith "p" | summarize count(), countif(AccountSID startswith "S-1-5-21")`,
      ),
    ).toEqual([[12, 12]]);
    expect(
      await ask(
        `UserPeerAnalytics | where UserPrincipalName == '${person(1)}' and Rank == 1 | project PeerUserPrincipalName`,
      ),
    ).toEqual([[person(2)]]);
  });
});

describe('tuning', () => {
  const template = () => [...behaviour.content.anomalies.values()].find(({ slug }) => slug === 'aws-writes')!;

  it('takes values in their range only', () => {
    expect(checkedValues(template(), { minimum: 400, trainingDays: 21 })).toEqual({ minimum: 400 });
    expect(() => checkedValues(template(), { minimum: 0 })).toThrow('must be from 1');
    expect(() => checkedValues(template(), { trainingDays: 3.5 })).toThrow('whole number');
    expect(() => checkedValues(template(), { nonsense: 1 })).toThrow('no parameter');
  });

  it('can be tried first', { timeout: 300_000 }, async () => {
    const rule = { template: template(), status: 'Flighting', configVersion: 0 } as const;
    const rows = async (parameters: Record<string, number>) =>
      (await preview(parts, { ...rule, parameters }, dayWindow(0), systemPrincipal('test'))).rows.length;
    expect(await rows({ minimum: 250 })).toBe(1);
    expect(await rows({ minimum: 10_000 })).toBe(0);
  });

  it('flies beside production', { timeout: 300_000 }, async () => {
    await saveRule(platform.database, {
      template_id: template().id,
      status: 'Flighting',
      enabled: true,
      parameters: { minimum: 250 },
      by: 'anna@contoso.com',
      now: clock.now(),
    });
    const both = (await rules()).filter((rule) => rule.template.slug === 'aws-writes');
    expect(both.map(({ status }) => status)).toEqual(['Production', 'Flighting']);
    const before = (await told()).map(({ id }) => id).toSorted();
    await runRules(parts, dayWindow(0), both);
    expect((await told('Flighting')).map(({ user, parameters }) => [user, parameters['minimum']])).toEqual([
      [person(4), 250],
    ]);
    // Run again, production says the same.
    expect((await told()).map(({ id }) => id).toSorted()).toEqual(before);
    expect(await ask('Anomalies | summarize count() by Id | where count_ > 1')).toEqual([]);
  });
});

it('goes on by itself where it was, and makes a day of its hours when it is over', { timeout: 300_000 }, async () => {
  const never = at(365);
  await progress(platform.database).write({ doneTo: new Date(at(1).getTime() - hourMs), judgeFrom: never });
  clock.advance(hourMs + 11 * 60_000);
  await platform.lake.insertRows('SigninLogs', [{ TimeGenerated: at(1).toISOString(), ...signIn(1) }]);
  expect(await behaviour.catchUp()).toEqual({ windows: 2, anomalies: 0 });
  expect(await behaviour.catchUp()).toEqual({ windows: 0, anomalies: 0 });
  const grains = `BehaviorDaily_CL | where TimeGenerated >= datetime(${at(0).toISOString()})
    | summarize by Grain, Day = bin(TimeGenerated, 1d) | order by Day asc | project Grain`;
  expect(await ask(grains)).toEqual([['day'], ['hour']]);
  await behaviour.learnAgain(1);
  expect((await progress(platform.database).read())?.doneTo).toEqual(at(0));
});
