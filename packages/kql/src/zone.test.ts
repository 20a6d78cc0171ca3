import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile } from './index.ts';

let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());
const rows = (kql: string, zone?: string): unknown =>
  engine.rows(
    compile(kql, { version: 'zone', tables: [], functions: [] }, { now: new Date(0), ...(zone && { zone }) }).sql,
  );

const texts = [
  '2026-07-01 10:00:00',
  '2026-01-01T10:00:00.25',
  '1 Jul 2026 10:00:00',
  '2026-07-01T10:00:00Z',
  '2026-07-01T10:00:00+05:00',
];
const query = `datatable(t:string)[${texts.map((text) => `'${text}'`).join(', ')}] | project todatetime(t)`;

test(
  'a time in text that says no zone is of the one that is given, in summer and in winter',
  { timeout: 120_000 },
  () => {
    expect(rows(query, 'Europe/Berlin')).toEqual([
      ['2026-07-01T08:00:00.0000000Z'],
      ['2026-01-01T09:00:00.2500000Z'],
      ['2026-07-01T08:00:00.0000000Z'],
      ['2026-07-01T10:00:00.0000000Z'],
      ['2026-07-01T05:00:00.0000000Z'],
    ]);
    expect(rows(query)).toEqual(rows(query, 'UTC'));
  },
);

test('so are members of dynamics, what extract and parse find, and parts', { timeout: 120_000 }, () => {
  const given = `datatable(t:string)['2026-07-01 10:00:00'] | extend d = bag_pack('t', t)`;
  for (const expression of [
    'todatetime(d.t)',
    "extract('(.*)', 1, t, typeof(datetime))",
    'make_datetime(toint(substring(t, 0, 4)), 7, 1, 10, 0, 0)',
  ])
    expect([expression, rows(`${given} | project ${expression}`, 'America/New_York')]).toEqual([
      expression,
      [['2026-07-01T14:00:00.0000000Z']],
    ]);
  expect(rows(`${given} | parse t with At:datetime | project At`, 'America/New_York')).toEqual([
    ['2026-07-01T14:00:00.0000000Z'],
  ]);
});
