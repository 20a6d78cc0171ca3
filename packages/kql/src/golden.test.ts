import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { catalogue, data, golden } from '../test/golden.ts';
import { compile } from './index.ts';

const now = new Date('2026-01-03T00:00:00Z');
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  for (const table of catalogue.tables) engine.create(table);
  for (const insert of data) engine.run(insert);
});
afterAll(() => engine.close());

describe('golden: query, SQL and rows', () => {
  it.each(golden)('$name', (g) => {
    const compiled = compile(g.kql, catalogue, { now });
    for (const part of g.sql ?? []) expect(compiled.sql).toContain(part);
    const names = compiled.columns.map((c) => c.name);
    expect(names).toEqual(g.columns ?? names);
    expect(engine.rows(compiled.sql)).toEqual(g.rows);
  });
});

describe('options', () => {
  const day = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-01T02:00:00Z') };

  it('bounds every table read by the timespan, its end left out', () => {
    const { sql } = compile('union SigninLogs, Devices | count', catalogue, { now, timespan: day });
    expect(engine.rows(sql)).toEqual([[4]]);
  });

  it('ago() counts from the given moment', () => {
    const { sql } = compile('SigninLogs | where TimeGenerated > ago(36h) | count', catalogue, { now });
    expect(engine.rows(sql)).toEqual([[1]]);
  });

  it('reads give each table with the filters that stand on it', () => {
    const query =
      "SigninLogs | where ResultType == '50126' or Attempts > 100 | where Attempts > 3 | join kind=inner (Devices | where Device has 'PHONE') on $left.UserPrincipalName == $right.User";
    const { reads } = compile(query, catalogue, { now, timespan: day });
    expect(reads.map((r) => r.table)).toEqual(['SigninLogs', 'Devices']);
    expect(engine.rows(reads[0]!.filteredSql)).toEqual([]);
    expect(engine.rows(reads[1]!.filteredSql)).toHaveLength(1);
    expect(engine.rows(compile(query, catalogue, { now }).reads[0]!.filteredSql)).toHaveLength(1);
  });

  it('maxRows asks for one row more, so that a caller sees the cut', () => {
    expect(engine.rows(compile('SigninLogs', catalogue, { now, maxRows: 2 }).sql)).toHaveLength(3);
  });

  it('engine output gives the engine’s types, for INSERT … SELECT', () => {
    const { sql } = compile('SigninLogs | project TimeGenerated, Attempts, span=1h, d=LocationDetails', catalogue, {
      now,
      output: 'engine',
    });
    const types = engine.rows(
      `SELECT toTypeName(TimeGenerated), toTypeName(Attempts), toTypeName(span), toTypeName(d) FROM (${sql}) LIMIT 1`,
    );
    expect(types).toEqual([["Nullable(DateTime64(7, 'UTC'))", 'Nullable(Int64)', 'Nullable(Int64)', 'String']]);
  });
});
