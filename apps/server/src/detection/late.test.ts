import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHunting, type Hunting } from '../hunting/index.ts';
import { createIncidents, type Incidents } from '../incidents/index.ts';
import { manualClock } from '../platform/clock.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { createDetection, type Detection } from './index.ts';
import { lookedUpTo, runLate } from './late.ts';

// Rows arrive by the engine's clock, so that the others follow it.
const minute = 60_000;
const hour = 60 * minute;
const clock = manualClock(new Date());
let platform: OpenPlatform;
let stop: () => Promise<void>;
let hunting: Hunting;
let incidents: Incidents;
let detection: Detection;
let folder: string;

const rule = (id: string, frequency: string, period: string, query: string, more = '') =>
  `id: ${id}\nname: ${id}\nkind: Scheduled\nseverity: Low\nqueryFrequency: ${frequency}\nqueryPeriod: ${period}\n${more}query: ${query}\n`;
const rules = {
  'each.yaml': rule(
    'each',
    '5m',
    '5m',
    'SecurityEvent | where EventID == 1102',
    'eventGroupingSettings: { aggregationKind: AlertPerResult }\n',
  ),
  'long.yaml': rule('long', '1h', '14d', 'SecurityEvent | where EventID == 1102 | summarize count() by Computer'),
  'quiet.yaml': rule(
    'quiet',
    '5m',
    '5m',
    'SecurityEvent | where EventID == 1102',
    'suppressionEnabled: true\nsuppressionDuration: 5h\n',
  ),
  'other.yaml': rule('other', '5m', '5m', 'Syslog'),
  'absent.yaml': rule(
    'absent',
    '5m',
    '5m',
    'SecurityEvent | where EventID == 1102',
    'triggerOperator: eq\ntriggerThreshold: 0\n',
  ),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
  for (const [name, text] of Object.entries(rules)) await writeFile(join(folder, name), text);
  ({ platform, stop } = await startEphemeralPlatform({ clock }));
  hunting = createHunting(platform);
  incidents = createIncidents(platform, { queries: hunting.queries });
  const options = { queries: hunting.queries, incidents, ruleFolders: [folder], scheduled: false };
  detection = await createDetection(platform, options);
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

const look = async (): Promise<void> => {
  clock.set(new Date(Date.now() + 2 * minute));
  const byId = new Map(detection.rules.rules.map((one) => [one.id, one]));
  await runLate({ platform, queries: hunting.queries, incidents }, byId);
};
const alerts = async (): Promise<Record<string, number>> => {
  const rows = await platform.database.query<{ rule_id: string; n: number }>(
    'SELECT rule_id, count(*)::int AS n FROM alerts GROUP BY rule_id',
  );
  return Object.fromEntries(rows.map((row) => [row.rule_id, row.n]));
};
const insert = (agoMs: number, Computer: string): Promise<void> => {
  const TimeGenerated = new Date(Date.now() - agoMs).toISOString();
  return platform.lake.insertRows('SecurityEvent', [{ TimeGenerated, EventID: 1102, Computer }]);
};

it('rows that come late are looked at, once, and nothing else is', async () => {
  await insert(3 * hour, 'before');
  // Where nothing was looked at yet there is nothing to make up for.
  await look();
  expect(await alerts()).toEqual({});
  await platform.database.execute(
    `INSERT INTO rule_suppressions (rule_id, value, alerted_at, made_at) VALUES ('quiet', '', now() - interval '3 hours', now())`,
  );
  await lookedUpTo(platform.database).write(new Date().toISOString());
  // In time, late, and too late.
  await insert(1 * minute, 'in-time');
  await insert(2 * hour, 'late');
  await insert(30 * hour, 'too-late');
  await look();
  // The long rule's next window has the row, and the quiet one keeps quiet.
  expect(await alerts()).toEqual({ each: 1 });
  await look();
  expect(await alerts()).toEqual({ each: 1 });
});
