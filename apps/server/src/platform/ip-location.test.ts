import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMmdb } from '@sallyport/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startEphemeralPlatform } from '../supervisor/ephemeral-platform.ts';
import type { OpenPlatform } from './create.ts';
import { keepIpLocations } from './ip-location.ts';
import { silentLog } from './log.ts';

const cities = join(tmpdir(), `sallyport-cities-${process.pid}.mmdb`);
const systems = join(tmpdir(), `sallyport-systems-${process.pid}.mmdb`);
let platform: OpenPlatform;
let stop: () => Promise<void>;
beforeAll(async () => {
  writeFileSync(
    cities,
    writeMmdb([['203.0.113.0/24', { country_code: 'AU', city: 'Sydney', latitude: -33.5, longitude: 151.25 }]]),
  );
  writeFileSync(systems, writeMmdb([['203.0.113.0/25', { autonomous_system_number: 64_500 }]]));
  ({ platform, stop } = await startEphemeralPlatform({ settings: { ipLocationFile: `${cities}, ${systems}` } }));
});
afterAll(async () => {
  await stop();
  for (const file of [cities, systems]) rmSync(file);
});

/** Keeps them for as long as `until` takes to be true. */
async function keepUntil(until: () => Promise<boolean> | boolean, log = silentLog): Promise<void> {
  const stopping = new AbortController();
  const keeping = keepIpLocations({ ...platform, log }, stopping.signal);
  await expect.poll(until).toBe(true);
  stopping.abort();
  await keeping;
}

it('loads the configured databases, and sign-ins say where they came from', async () => {
  const row = (IPAddress: string) => ({ UserPrincipalName: IPAddress, IPAddress, LocationDetails: {} });
  await platform.outbox.write('SigninLogs', [row('203.0.113.1')]);
  await platform.outbox.flush();
  await keepUntil(async () => (await platform.lake.locate(['203.0.113.1'])).size === 1);
  await platform.outbox.write('SigninLogs', [
    row('203.0.113.2'),
    row('::1'),
    { ...row('203.0.113.3'), Location: 'NZ' },
  ]);
  await platform.outbox.flush();
  const { rows } = await platform.lake.query(
    'SELECT IPAddress, Location, LocationDetails, AutonomousSystemNumber FROM SigninLogs ORDER BY IPAddress',
  );
  const details = '{"city":"Sydney","countryOrRegion":"AU","geoCoordinates":{"latitude":-33.5,"longitude":151.25}}';
  expect(rows).toEqual([
    ['203.0.113.1', '', '{}', ''],
    ['203.0.113.2', 'AU', details, '64500'],
    ['203.0.113.3', 'NZ', '{}', ''],
    ['::1', '', '{}', ''],
  ]);
});

it('tells of a database that is broken, and keeps what the lake has', async () => {
  writeFileSync(systems, 'not a database');
  const error = vi.fn<(facts: { err: Error }, text: string) => void>();
  await keepUntil(() => error.mock.calls.length > 0, { ...silentLog, error } as unknown as typeof silentLog);
  expect(error.mock.calls[0]![0].err.message).toMatch(
    /^`sallyport-systems-\d+\.mmdb` is not a database of IP locations: /,
  );
  expect((await platform.lake.locate(['203.0.113.1'])).get('203.0.113.1')).toMatchObject({
    city: 'Sydney',
    asn: 64_500,
  });
});
