import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../test/engine.ts';
import { catalogue } from '../../test/golden.ts';
import { compile, createKql } from '../index.ts';

const now = new Date('2026-01-03T00:00:00Z');
const lookups = { ipLocation: { networks: 'ip_networks', places: 'ip_places' } };
let engine: Engine;

beforeAll(() => {
  engine = openEngine();
  for (const statement of [
    `CREATE TABLE n (network String, place UInt64) ENGINE = Memory`,
    `CREATE TABLE p (place UInt64, info String) ENGINE = Memory`,
    `INSERT INTO n VALUES ('192.0.2.0/24', 1), ('192.0.2.128/25', 2), ('2001:db8::/32', 1)`,
    `INSERT INTO p VALUES (1, '{"country":"Australia","city":"Sydney","latitude":-33.5}'), (2, '{"country":"France"}')`,
    `CREATE DICTIONARY ip_networks (network String, place UInt64) PRIMARY KEY network SOURCE(CLICKHOUSE(TABLE 'n' DB currentDatabase())) LAYOUT(IP_TRIE()) LIFETIME(0)`,
    `CREATE DICTIONARY ip_places (place UInt64, info String) PRIMARY KEY place SOURCE(CLICKHOUSE(TABLE 'p' DB currentDatabase())) LAYOUT(HASHED()) LIFETIME(0)`,
  ])
    engine.run(statement);
});
afterAll(() => engine.close());

it('answers what the dictionaries know of an address, by the finest network', () => {
  const query = `datatable(ip:string) ['192.0.2.1', '192.0.2.200', '2001:db8::1', '::ffff:192.0.2.1', ' 192.0.2.1 ', '10.0.0.1', 'x', '', '300.1.1.1']
    | extend g = geo_info_from_ip_address(ip)
    | project tostring(g.country), tostring(g.city), toreal(g.latitude), isnull(g)`;
  expect(engine.rows(compile(query, catalogue, { now, lookups }).sql)).toEqual([
    ['Australia', 'Sydney', -33.5, false],
    ['France', '', null, false],
    ['Australia', 'Sydney', -33.5, false],
    ['Australia', 'Sydney', -33.5, false],
    ['Australia', 'Sydney', -33.5, false],
    ...Array.from({ length: 4 }, () => ['', '', null, true]),
  ]);
});

it('runs in conditions, groups, constants and stored functions', () => {
  const functions = [
    { name: 'CountryOf', parameters: '(ip:string)', body: 'tostring(geo_info_from_ip_address(ip).country)' },
  ];
  const kql = createKql(() => ({ ...catalogue, version: 'with CountryOf', functions }), { lookups });
  const rows = (query: string): unknown => engine.rows(kql.compile(query, { now }).sql);
  expect(rows(`print CountryOf('192.0.2.200')`)).toEqual([['France']]);
  const ips = `datatable(ip:string) ['192.0.2.1', '192.0.2.2', '192.0.2.200', 'x']`;
  expect(
    rows(`${ips} | summarize n = count() by CountryOf(ip) | sort by n desc, Column1 asc | project Column1, n`),
  ).toEqual([
    ['Australia', 2],
    ['', 1],
    ['France', 1],
  ]);
  expect(rows(`${ips} | where geo_info_from_ip_address(ip).country == 'France'`)).toEqual([['192.0.2.200']]);
});

it('is refused where no database is at hand', () => {
  expect(() => compile(`print geo_info_from_ip_address('192.0.2.1')`, catalogue, { now })).toThrow(
    'geo_info_from_ip_address: no database of IP locations is at hand where this query runs',
  );
});
