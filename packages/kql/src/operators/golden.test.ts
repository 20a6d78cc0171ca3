import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../test/engine.ts';
import { operatorCases, operatorRefusals } from '../../test/golden/operators.ts';
import { compileAsking, KqlError, type Compiled, type KqlCatalogue } from '../index.ts';

const catalogue: KqlCatalogue = { version: 'operators-golden', tables: [], functions: [] };
const now = new Date('2026-01-03T00:00:00Z');
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

const asked = (kql: string): Promise<Compiled> =>
  compileAsking(kql, catalogue, { now }, (sql) => Promise.resolve(engine.rows(sql)));

describe('operators over stated rows', () => {
  it.each(operatorCases)('$name', async ({ kql, columns, rows }) => {
    const compiled = await asked(kql);
    const names = compiled.columns.map((c) => c.name);
    expect(names).toEqual(columns ?? names);
    expect(engine.rows(compiled.sql)).toEqual(rows);
  });
  it.each(operatorRefusals)('refuses %s', async (kql, at) => {
    const error: unknown = await asked(kql).catch((e: unknown) => e);
    if (!(error instanceof KqlError)) throw new Error(`not refused: ${kql}`);
    expect(kql.slice(error.span.start, error.span.end)).toBe(at);
  });
});
