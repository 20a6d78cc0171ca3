import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestLake, writeMmdb, type TestLake } from '@sallyport/testkit';
import { Reader, type Response } from 'mmdb-lib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocationRows, readDatabases, shippedLocations } from './database.ts';
import { MmdbError, openMmdb } from './mmdb.ts';
import { factsOf, infoOf } from './record.ts';
import { networks } from './walk.ts';

const suite = fileURLToPath(new URL('../../../../../shared/data/maxmind-test-data', import.meta.url));
const good = join(suite, 'test-data');
let bench: TestLake;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-mmdb-'));
  bench = await startTestLake();
});
afterAll(async () => {
  await bench.stop();
  await rm(folder, { recursive: true });
});

async function database(name: string, entries: Parameters<typeof writeMmdb>[0]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, writeMmdb(entries));
  return path;
}
const linesOf = async (rows: LocationRows): Promise<string[]> => {
  let text = '';
  for await (const lines of rows.networks()) text += lines;
  return text.trim().split('\n');
};

const attempt = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('a database', () => {
  it('is walked network by network, and says of each what a look-up says', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const cidr = fc.tuple(byte, byte, byte, byte, fc.integer({ min: 9, max: 32 }));
    fc.assert(
      fc.property(fc.uniqueArray(cidr, { maxLength: 20, selector: ([a]) => a }), (list) => {
        const entries = list.map(([a, b, c, d, bits], i) => {
          const whole = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
          const cut = bits === 32 ? whole : Math.floor(whole / 2 ** (32 - bits)) * 2 ** (32 - bits);
          const text = [cut >>> 24, (cut >>> 16) & 255, (cut >>> 8) & 255, cut & 255].join('.');
          return [`${text}/${bits}`, { country_code: `N${i}` }] as const;
        });
        const bytes = writeMmdb(entries);
        const reader = new Reader<Response>(bytes);
        const walked = [...networks([openMmdb('x', bytes)])];
        expect(walked.map(({ cidr }) => cidr).toSorted()).toEqual(entries.map(([cidr]) => cidr).toSorted());
        for (const { cidr, address } of walked)
          expect(reader.getWithPrefixLength(address)[1]).toBe(Number(cidr.split('/')[1]));
      }),
      { numRuns: 50 },
    );
  });

  it('is laid over another: the finer network counts', async () => {
    const city = await database('city.mmdb', [
      ['192.0.2.0/24', { country: { iso_code: 'AU', names: { en: 'Australia' } }, city: { names: { en: 'Sydney' } } }],
      ['2001:db8::/32', { country_code: 'FR' }],
    ]);
    const asn = await database('asn.mmdb', [
      ['192.0.2.0/25', { autonomous_system_number: 64_500, autonomous_system_organization: 'Example' }],
      ['198.51.100.0/24', { autonomous_system_number: 64_501, autonomous_system_organization: 'Other' }],
    ]);
    const { databases } = await readDatabases([city, asn]);
    const lines = await linesOf(new LocationRows(databases));
    const [place] = lines[0]!.split('\t').slice(1);
    expect(lines.map((line) => line.replace(place!, 'P').replace(/\t\d{10,}\t/, '\tQ\t'))).toEqual([
      '192.0.2.0/25\tP\t64500',
      '192.0.2.128/25\tP\t0',
      '198.51.100.0/24\t0\t64501',
      '2001:db8::/32\tQ\t0',
    ]);
  });

  it('is refused when bytes of it are changed, or read as something; it never hangs', async () => {
    const whole = writeMmdb(
      Array.from({ length: 8 }, (_, i) => [`192.0.2.${i * 32}/27`, { country_code: 'AU', city: `${i}` }]),
    );
    const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const failure = await attempt(() => linesOf(new LocationRows([openMmdb('x', bytes)])));
        expect(failure instanceof MmdbError ? undefined : failure).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('reads records of several makers', () => {
    expect(factsOf({ country_code: 'HK' }).place).toMatchObject({ country: 'HK', countryName: 'Hong Kong' });
    expect(factsOf({ country: 'Germany', country_code: 'DE', asn: 'AS64500', as_name: 'X' })).toMatchObject({
      place: { country: 'DE', countryName: 'Germany' },
      system: { asn: 64_500, organisation: 'X' },
    });
    expect(factsOf({ location: { latitude: 1e300, longitude: 'x' }, country: 7 })).toEqual({});
    expect(infoOf({ country: 'ZZ', latitude: 1.5 })).toBe('{"country":"ZZ","latitude":1.5}');
  });

  it.skipIf(!existsSync(good))(
    'of the format’s own suite is read or refused as it should (needs the suite)',
    async () => {
      const read = async (path: string): Promise<number> => {
        const rows = new LocationRows([openMmdb('x', await readFile(path))]);
        for await (const _ of rows.networks());
        return rows.count;
      };
      expect(await read(join(good, 'GeoLite2-City-Test.mmdb'))).toBeGreaterThan(200);
      expect(await read(join(good, 'GeoLite2-ASN-Test.mmdb'))).toBe(412);
      expect(await read(join(good, 'GeoIP2-ISP-Test.mmdb'))).toBeGreaterThan(500);
      const broken = readdirSync(join(suite, 'bad-data'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.mmdb'))
        .map((name) => join(suite, 'bad-data', name));
      const alsoBroken = ['broken-pointers-24', 'broken-search-tree-24'].map((n) =>
        join(good, `MaxMind-DB-test-${n}.mmdb`),
      );
      const others = ['GeoIP2-Domain-Test.mmdb', 'GeoIP2-City-Test-Invalid-Node-Count.mmdb'].map((n) => join(good, n));
      expect(broken.length).toBeGreaterThan(10);
      for (const path of [...broken, ...alsoBroken, ...others])
        expect([path, (await attempt(() => read(path))) instanceof MmdbError]).toEqual([path, true]);
    },
  );
});

describe('the lake', () => {
  it('knows no address at first, and those of a database once it is loaded', async () => {
    const { lake } = bench;
    expect(await lake.locate(['192.0.2.1', 'x'])).toEqual(new Map());
    const first = await database('first.mmdb', [
      ['192.0.2.0/24', { country_code: 'AU', city: 'Sydney', latitude: -33.5, longitude: 151.25 }],
    ]);
    const given = await readDatabases([first]);
    expect(await lake.loadIpLocations(given)).toMatchObject({ changed: true, networks: 1 });
    expect(await lake.loadIpLocations(given)).toMatchObject({ changed: false, networks: 1 });
    const sydney = { country: 'AU', countryName: 'Australia', city: 'Sydney', latitude: -33.5, longitude: 151.25 };
    expect(await lake.locate(['192.0.2.1', '::ffff:192.0.2.9', '10.0.0.1', 'x', ''])).toEqual(
      new Map(['192.0.2.1', '::ffff:192.0.2.9'].map((address) => [address, sydney])),
    );
    const second = await database('second.mmdb', [
      [
        '198.51.100.0/24',
        { country_code: 'FR', autonomous_system_number: 64_500, autonomous_system_organization: "O'X" },
      ],
    ]);
    expect(await lake.loadIpLocations(await readDatabases([second]))).toMatchObject({ changed: true, networks: 1 });
    expect(await lake.locate(['192.0.2.1', '198.51.100.7'])).toEqual(
      new Map([['198.51.100.7', { country: 'FR', countryName: 'France', asn: 64_500, organisation: "O'X" }]]),
    );
    const left = await lake.query(`SELECT name FROM system.tables WHERE name LIKE '%_fill_%'`);
    expect(left.rows).toEqual([]);
  });

  it('keeps what it has when a database is broken, and says which', async () => {
    const { lake } = bench;
    const known = await database('known.mmdb', [['192.0.2.0/24', { country_code: 'AU' }]]);
    await lake.loadIpLocations(await readDatabases([known]));
    const path = await database('other.mmdb', [['192.0.2.0/24', { domain: 'example.org' }]]);
    await expect(lake.loadIpLocations(await readDatabases([path]))).rejects.toThrow(
      '`other.mmdb` (Test) says nothing of countries, cities or autonomous systems',
    );
    await expect(readDatabases([join(folder, 'none.mmdb')])).rejects.toThrow(/none\.mmdb` can't be read: ENOENT/);
    expect((await lake.locate(['192.0.2.1'])).size).toBe(1);
  });

  it('lets a query ask a dictionary, and do nothing else to it', async () => {
    const { lake } = bench;
    const { networks: name } = lake.lookups.ipLocation;
    const ask = `SELECT dictGetOrDefault('${name}', 'asn', toIPv6OrDefault('192.0.2.1'), toUInt32(7))`;
    expect((await lake.query(ask)).rows).toEqual([[0]]);
    for (const sql of [
      `SYSTEM RELOAD DICTIONARY ${name}`,
      `DROP DICTIONARY ${name}`,
      `CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)`,
      `INSERT INTO _ip_networks VALUES ('192.0.2.0/24', 1, 1)`,
    ])
      await expect(lake.query(sql)).rejects.toThrow('the engine refused the query');
  });

  it('is asked by a connection of another kind too', async () => {
    const lake = await bench.connect({ transport: 'body' });
    expect((await lake.locate(['192.0.2.1'])).get('192.0.2.1')).toMatchObject({ country: 'AU' });
  });
});

it('ships a database of countries', async () => {
  const { databases } = await readDatabases([shippedLocations()]);
  expect(databases[0]!.nodeCount).toBeGreaterThan(100_000);
  expect(factsOf(databases[0]!.dataAt('8.8.8.8')).place).toMatchObject({ country: 'US', countryName: 'United States' });
});
