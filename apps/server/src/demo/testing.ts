import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { contoso, type ContosoOptions } from './contoso.ts';
import type { DemoBatch } from './sink.ts';

/** Helpers of this folder's tests. */
export const testEnd = new Date('2026-11-19T16:20:00Z');
export const testPeople = 30;

export async function allBatches(options: Partial<ContosoOptions> = {}): Promise<DemoBatch[]> {
  return collect(contoso({ seed: 'test', end: testEnd, people: testPeople, ...options }));
}

export async function collect(batches: AsyncIterable<DemoBatch>): Promise<DemoBatch[]> {
  const all: DemoBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** The text of each event of a batch, with its stream before it. */
export const eventTexts = (batch: DemoBatch): string[] => lines(batch).map((line) => `${batch.stream} ${line}`);
const lines = (batch: DemoBatch): string[] => batch.payload.toString().split('\n');

export type ParsedRow = Readonly<Record<string, unknown>>;
const Row = z.record(z.string(), z.unknown());

/** The rows of the `Microsoft-…` batches, by table. */
export function rowsByTable(batches: readonly DemoBatch[]): Map<string, ParsedRow[]> {
  const tables = new Map<string, ParsedRow[]>();
  for (const batch of batches) {
    if (!batch.stream.startsWith('Microsoft-')) continue;
    const table = batch.stream.slice('Microsoft-'.length);
    const rows = lines(batch).map((line) => Row.parse(JSON.parse(line)));
    const known = tables.get(table);
    if (known) known.push(...rows);
    else tables.set(table, rows);
  }
  return tables;
}

/** The lines of a raw stream. */
export const linesOf = (batches: readonly DemoBatch[], stream: string): string[] =>
  batches.filter((b) => b.stream === stream).flatMap(lines);

const Columns = z.record(z.string(), z.string());
const TableFile = z.object({ name: z.string(), columns: Columns });

/** Column types by table: of `content/tables`, or of the reference beside the repository when that folder is not there. */
export function knownColumns(tables: readonly string[]): Map<string, Record<string, string>> {
  const content = fileURLToPath(new URL('../../../../content/tables/', import.meta.url));
  const found = new Map<string, Record<string, string>>();
  if (existsSync(content) && readdirSync(content).length > 0) {
    for (const table of tables) {
      const file = `${content}${table}.yml`;
      if (existsSync(file))
        found.set(table, { TimeGenerated: 'datetime', ...TableFile.parse(parse(readFileSync(file, 'utf8'))).columns });
    }
    return found;
  }
  const reference = fileURLToPath(new URL('../../../../../shared/reference/tables.json', import.meta.url));
  const all = z.record(z.string(), Columns).parse(JSON.parse(readFileSync(reference, 'utf8')));
  for (const table of tables) if (all[table]) found.set(table, all[table]);
  return found;
}
