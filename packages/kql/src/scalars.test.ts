import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { refusals, scalarCases } from '../test/golden/scalars.ts';
import { compileAsking, type KqlCatalogue } from './index.ts';

const catalogue: KqlCatalogue = { version: 'scalars', tables: [], functions: [] };
const now = new Date('2026-01-03T00:00:00Z');
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

const run = async (kql: string): Promise<unknown[][]> => {
  const compiled = await compileAsking(kql, catalogue, { now }, async (sql) => engine.rows(sql));
  return engine.rows(compiled.sql);
};

describe('scalar and aggregate functions', () => {
  it.each(scalarCases)('$name', async ({ kql, rows }) => {
    expect(await run(kql)).toEqual(rows);
  });
  it.each(refusals)('refuses %s', async (kql, message) => {
    await expect(run(kql)).rejects.toThrow(message);
  });
});
