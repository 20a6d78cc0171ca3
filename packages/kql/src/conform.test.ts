import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { conform } from './index.ts';

const suite = new URL('../../../../shared/suites/kql/', import.meta.url);
const here = existsSync(suite);
if (!here) console.warn('skipped: ../shared/suites/kql is not there');

describe('conform', () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    engine = openEngine();
    folder = await mkdtemp(join(tmpdir(), 'sallyport-conform-'));
  });
  afterAll(async () => {
    engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells right rows, wrong rows and refusals apart', async () => {
    const file = join(folder, 'cases.jsonl');
    const cases = [
      { id: 'right', query: 'print x=1', expected: { columns: ['x'], types: ['Int64'], rows: [[1]] } },
      { id: 'wrong', query: 'print x=1', expected: { columns: ['x'], types: ['Int64'], rows: [[2]] } },
      { id: 'name', query: 'print x=1', expected: { columns: ['y'], rows: [[1]] } },
      { id: 'set', query: 'datatable(x:long)[1,2]', expected: { columns: ['x'], rows: [[2], [1]] } },
      { id: 'order', query: 'datatable(x:long)[1,2] | sort by x asc', expected: { columns: ['x'], rows: [[2], [1]] } },
      { id: 'refused', query: 'print nope(1)', expected: { columns: ['x'], rows: [] } },
      { id: 'rejected', query: 'print nope(1)', error: 'SEM' },
    ];
    await writeFile(file, cases.map((c) => JSON.stringify(c)).join('\n'));
    const report = await conform(file, (sql) => engine.rows(sql));
    expect(report.cases.map((c) => [c.id, c.state])).toEqual([
      ['right', 'passed'],
      ['wrong', 'failed'],
      ['name', 'failed'],
      ['set', 'passed'],
      ['order', 'failed'],
      ['refused', 'errored'],
      ['rejected', 'passed'],
    ]);
    expect([report.total, report.passed, report.failed, report.errored]).toEqual([7, 3, 3, 1]);
  });

  // The figures are a floor: raise them with every case gained, so that none is lost unseen.
  it.skipIf(!here)(
    'the recorded answers of the real engine',
    async () => {
      const report = await conform(new URL('cases.jsonl', suite).pathname, (sql) => engine.rows(sql));
      expect(report.passed).toBeGreaterThanOrEqual(1368);
      expect(report.failed).toBeLessThanOrEqual(8);
    },
    600_000,
  );
});
