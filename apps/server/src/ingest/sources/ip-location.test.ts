import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { readDatabases } from '@sallyport/lake';
import { startTestLake, writeMmdb, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSources, shippedSources } from './load.ts';
import { compileStream } from './statements.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-places-'));
let bench: TestLake;
beforeAll(async () => {
  bench = await startTestLake();
});
afterAll(async () => {
  await bench.stop();
  rmSync(folder, { recursive: true });
});

const line = (client: string): string =>
  `${client} - - [10/Jan/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5.0"`;

it('a transform that asks where an address is stores it with the row', async () => {
  const database = join(folder, 'private.mmdb');
  writeFileSync(
    database,
    writeMmdb([
      [
        '203.0.113.0/24',
        { country_code: 'AU', state1: 'New South Wales', city: 'Sydney', latitude: -33.5, longitude: 151.25 },
      ],
      ['2001:db8::/32', { country_code: 'FR' }],
    ]),
  );
  await bench.lake.loadIpLocations(await readDatabases([database]));
  const { sources } = await loadSources(shippedSources);
  const stream = sources
    .find(({ id }) => id === 'nginx')!
    .streams.find(({ flows }) => flows.some((flow) => flow.table === 'ASimWebSessionLogs'))!;
  const compiled = compileStream(stream, {
    compile,
    table: (name) => bench.lake.catalogue.get(name),
    now: () => new Date('2026-01-10T09:00:00Z'),
  });
  expect(compiled.problems).toEqual([]);
  const path = join(bench.spoolDir, 'places');
  await writeFile(path, `${['203.0.113.7', '2001:db8::7', '198.51.100.7', '10.0.0.1'].map(line).join('\n')}\n`);
  await chmod(path, 0o644);
  await bench.lake.load(
    { id: 'places', path, reader: { kind: 'lines' }, retry: false },
    compiled.statements('door').loads,
  );
  const { rows } = await bench.lake.query(
    `SELECT SrcIpAddr, SrcGeoCountry, SrcGeoRegion, SrcGeoCity, SrcGeoLatitude, SrcGeoLongitude FROM ASimWebSessionLogs ORDER BY SrcIpAddr`,
  );
  expect(rows).toEqual([
    ['10.0.0.1', '', '', '', null, null],
    ['198.51.100.7', '', '', '', null, null],
    ['2001:db8::7', 'France', '', '', null, null],
    ['203.0.113.7', 'Australia', 'New South Wales', 'Sydney', -33.5, 151.25],
  ]);
});
