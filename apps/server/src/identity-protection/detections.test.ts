import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFunctions, readDatabases } from '@sallyport/lake';
import { writeMmdb } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHunting } from '../hunting/index.ts';
import { manualClock } from '../platform/clock.ts';
import type { OpenPlatform } from '../platform/create.ts';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import { createCommands } from './commands.ts';
import { loadRiskContent, type RiskContent } from './content.ts';
import { detectionKinds } from './kinds.ts';
import { learn } from './learn.ts';
import { runOffline, type OfflineParts } from './offline.ts';
import { plants, type Row } from './plants.ts';
import type { DetectionRow } from './types.ts';

const now = new Date('2026-03-20T20:00:00Z');
const hourMs = 3_600_000;
const window = { from: new Date(now.getTime() - 2 * hourMs), to: now };
let platform: OpenPlatform;
let stop: () => Promise<void>;
let content: RiskContent;
let parts: OfflineParts;
let found: DetectionRow[];

beforeAll(async () => {
  const ephemeral = await startEphemeralPlatform({ clock: manualClock(now) });
  ({ platform } = ephemeral);
  const folder = await mkdtemp(join(tmpdir(), 'risk-'));
  stop = async () => {
    await ephemeral.stop();
    await rm(folder, { recursive: true });
  };
  const { queries } = createHunting(platform, { functions: await loadFunctions() });
  content = await loadRiskContent();
  parts = { platform, queries: () => queries, content, commands: createCommands(platform, []) };
  const place = (country_code: string, latitude: number, longitude: number) => ({ country_code, latitude, longitude });
  const file = join(folder, 'places.mmdb');
  await writeFile(
    file,
    writeMmdb([
      ['203.0.113.0/24', place('NL', 52.4, 4.9)],
      ['198.51.100.64/26', place('PA', 9, -79.5)],
      ['198.51.100.128/26', place('SG', 1.3, 103.8)],
      ['198.51.100.192/26', place('NL', 52.4, 4.9)],
    ]),
  );
  await platform.lake.loadIpLocations(await readDatabases([file]));
  const rows = new Map<string, Row[]>();
  for (const plant of Object.values(plants))
    plant.rows((table, hours, row) => {
      const TimeGenerated = new Date(now.getTime() - hours * hourMs).toISOString();
      rows.set(table, [...(rows.get(table) ?? []), { TimeGenerated, ...row }]);
    });
  for (const [table, list] of rows) await platform.lake.insertRows(table, list);
  await platform.database.execute(
    `INSERT INTO people (id, user_principal_name, display_name) VALUES ('00000000-0000-4000-8000-000000000001', 'Traveller@contoso.com', 'Traveller')`,
  );
  found = await runOffline(parts, window);
}, 400_000);
afterAll(() => stop());

const subjectsOf = (type: string): string[] =>
  found
    .filter(({ risk_event_type: one }) => one === type)
    .map(({ subject_name: name, subject_id: id, subject_kind: kind }) =>
      kind === 'user' ? name.toLowerCase().replace('@contoso.com', '') : id,
    );

describe('a detection over the lake', () => {
  it.each(Object.entries(plants))('%s tells of what it must, and of nothing else', (type, { fires, quiet }) => {
    const subjects = subjectsOf(type);
    expect(subjects).toContain(fires);
    expect(subjects).not.toContain(quiet);
  });

  it('there is for every kind but those that people, passwords and the sign-in itself tell of', () => {
    const told = new Set(content.detections.map(({ riskEventType }) => riskEventType));
    const others = Object.keys(detectionKinds).filter((type) => !told.has(type as keyof typeof detectionKinds));
    expect(others.toSorted()).toEqual([
      'adminConfirmedServicePrincipalCompromised',
      'adminConfirmedUserCompromised',
      'leakedCredentials',
      'unfamiliarFeatures',
    ]);
    expect(Object.keys(plants).toSorted()).toEqual([...told].toSorted());
    for (const { riskEventType, activity, level, realtime } of content.detections)
      expect({ riskEventType, activity, level, realtime }).toEqual({
        riskEventType,
        activity: detectionKinds[riskEventType].activity,
        level: detectionKinds[riskEventType].level,
        realtime: (detectionKinds[riskEventType].timings as readonly string[]).includes('realtime') && realtime,
      });
  });

  it('raises the same person’s risk whichever provider the log is of, once', async () => {
    const ofTraveller = found.find(({ risk_event_type: type }) => type === 'unlikelyTravel');
    expect(ofTraveller).toMatchObject({
      subject_id: '00000000-0000-4000-8000-000000000001',
      source: 'Okta',
      timing: 'offline',
      location: { country: 'Panama' },
    });
    expect(await runOffline(parts, window)).toEqual([]);
    const user = await platform.database.first(
      `SELECT risk_level, risk_state FROM risky_subjects WHERE id = '00000000-0000-4000-8000-000000000001'`,
    );
    expect(user).toEqual({ risk_level: 'medium', risk_state: 'atRisk' });
    await platform.outbox.flush();
    const { rows } = await platform.lake.query(
      `SELECT UserPrincipalName, RiskLevel, RiskState FROM AADUserRiskEvents WHERE RiskEventType = 'unlikelyTravel' AND UserPrincipalName = 'Traveller@contoso.com'`,
    );
    expect(rows).toEqual([['Traveller@contoso.com', 'medium', 'atRisk']]);
  });

  it('learns sign-ins of the lake once each', async () => {
    const fortnight = { from: new Date(now.getTime() - 15 * 24 * hourMs), to: now };
    const days = await learn(parts, fortnight);
    expect(days).toBeGreaterThan(0);
    expect(await learn(parts, fortnight)).toBe(0);
    const counts = await platform.database.first<{ signIns: number; times: number }>(
      `SELECT (SELECT count(*)::int FROM sign_in_history) AS "signIns", (SELECT sum(times)::int FROM sign_in_values WHERE kinds > 0 AND key LIKE '%address%' AND length(key) < 15) AS times`,
    );
    expect(counts?.signIns).toBe(days);
  });
});
