import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { catalogue } from '../test/golden.ts';
import { golden, refused } from '../test/golden/graph.ts';
import { compile, KqlError } from './index.ts';

const now = new Date('2026-01-03T00:00:00Z');
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
});
afterAll(() => engine.close());

describe('graph operators', { timeout: 120_000 }, () => {
  it.each(golden)('$name', (g) => {
    const compiled = compile(g.kql, catalogue, { now });
    const names = compiled.columns.map((c) => c.name);
    expect(names).toEqual(g.columns ?? names);
    expect(engine.rows(compiled.sql)).toEqual(g.rows);
  });

  it.each(refused)('refuses $kql', ({ kql, at, message }) => {
    let fault: unknown;
    try {
      compile(kql, catalogue, { now });
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(KqlError);
    const { span, message: said } = fault as KqlError;
    expect(said).toMatch(message);
    expect(kql.slice(span.start, span.end).startsWith(at)).toBe(true);
  });
});
