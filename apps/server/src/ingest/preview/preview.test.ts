import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedSources } from '../sources/load.ts';
import { compileStream } from '../sources/statements.ts';
import { recognise, sampleRecord } from '../sources/recognise.ts';
import { startTestIngest, type TestIngest } from '../testing/core.ts';
import { previewRecords, type StreamPreview } from './preview.ts';

let test: TestIngest;
beforeAll(async () => {
  test = await startTestIngest();
}, 60_000);
afterAll(() => test[Symbol.asyncDispose]());

const now = new Date('2026-01-10T00:00:00Z');
const services = () => ({ lake: test.core.lake, compile, now: () => now });

async function preview(source: string, fixture: string): Promise<StreamPreview> {
  const text = await readFile(join(shippedSources, source, 'fixtures', fixture), 'utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const found = recognise(test.core.streams.sources, lines.map(sampleRecord));
  const compiled = compileStream(found!.stream, {
    compile,
    table: (name) => test.core.lake.catalogue.get(name),
    now: () => now,
  });
  const records = lines.map((line) => ({ text: line, broken: false }));
  return previewRecords(services(), compiled.statements('import'), records);
}

const expected = async (source: string, fixture: string): Promise<Record<string, Record<string, unknown>[]>> =>
  JSON.parse(
    await readFile(join(shippedSources, source, 'fixtures', fixture.replace(/\.\w+$/, '.expected.json')), 'utf8'),
  ) as Record<string, Record<string, unknown>[]>;

describe('a preview', () => {
  it.each(['nginx', 'okta-system-log', 'linux-dpkg', 'aws-cloudtrail', 'netgate-pfsense', 'microsoft-sysmon-linux'])(
    'of %s gives what its fixtures say is stored',
    async (source) => {
      const [fixture] = (await readdir(join(shippedSources, source, 'fixtures'))).filter((f) =>
        /\.(log|jsonl)$/.test(f),
      );
      const rows = await expected(source, fixture!);
      const found = await preview(source, fixture!);
      expect(found.failures).toEqual([]);
      expect(found.refused.length).toBe(rows['DCRLogErrors']?.length ?? 0);
      const shown = Object.fromEntries(
        found.tables.map(({ table, columns, rows: cells }) => [
          table,
          cells
            .map((row) =>
              Object.fromEntries(
                columns.flatMap(({ name }, i) => (row[i] === null || row[i] === '' ? [] : [[name, row[i]]])),
              ),
            )
            .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
        ]),
      );
      const byTable = Object.entries(rows).filter(([table]) => table !== 'DCRLogErrors');
      for (const [table, own] of byTable) expect([table, canonical(shown[table])]).toEqual([table, canonical(own)]);
      expect(Object.keys(shown).toSorted()).toEqual(byTable.map(([table]) => table).toSorted());
    },
  );
});

/** Without the time of arrival, and in an order of its own. */
const canonical = (rows: readonly Record<string, unknown>[] | undefined): unknown =>
  rows?.map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();
