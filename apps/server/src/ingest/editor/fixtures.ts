import type { SourceFiles, SourceReport } from '@sallyport/contracts';
import { compile } from '@sallyport/kql';
import { z } from 'zod';
import { canonicalJson } from '../../platform/canonical-json.ts';
import type { IngestCore } from '../core.ts';
import {
  previewBytesMax,
  previewRecords,
  previewRecordsMax,
  type PreviewOptions,
  type PreviewRecord,
  type PreviewTable,
} from '../preview/preview.ts';
import type { SourceStream } from '../sources/load.ts';
import type { OwnSource } from '../sources/own.ts';
import { recognise, sampleRecord } from '../sources/recognise.ts';
import { compileStream } from '../sources/statements.ts';
import { recordsOf, untakenOf } from './draft.ts';

type FixtureReport = SourceReport['fixtures'][number];
type Rows = Record<string, Record<string, unknown>[]>;

/** `now()` in fixtures: decides the year of times that have none. The test of the shipped sources has the same. */
const fixtureNow = new Date('2026-01-10T00:00:00Z');
/** Differences told of one table, and characters of each. */
const toldMax = 10;
const rowLengthMax = 4_000;

const Expected = z.record(z.string(), z.array(z.record(z.string(), z.unknown())));

/** Names of fixtures, without their endings' `.expected.json`: `fixtures/a.log`. */
export const fixturesOf = (files: Readonly<SourceFiles>): string[] =>
  Object.keys(files)
    .filter((path) => /^fixtures\/.*\.(log|jsonl)$/.test(path))
    .toSorted();

export const expectedOf = (fixture: string): string => fixture.replace(/\.(log|jsonl)$/, '.expected.json');

/** Rows as `<fixture>.expected.json` has them: what is set of each, in an order of their own. */
function rowsOf(tables: readonly PreviewTable[], core: Pick<IngestCore, 'lake'>): Rows {
  const rows: Rows = {};
  for (const { table, columns, rows: cells } of tables) {
    const order = (core.lake.catalogue.get(table)?.columns ?? []).map((c) => c.name);
    const place = (name: string): number => order.indexOf(name);
    const named = cells.map((row) =>
      Object.fromEntries(
        columns
          .flatMap(({ name }, i): [string, unknown][] => (row[i] === null || row[i] === '' ? [] : [[name, row[i]]]))
          .toSorted(([a], [b]) => place(a) - place(b)),
      ),
    );
    rows[table] = [...(rows[table] ?? []), ...named];
  }
  return Object.fromEntries(
    Object.entries(rows).map(([table, list]) => [
      table,
      list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ]),
  );
}

interface Taken {
  readonly stream: SourceStream;
  readonly records: readonly PreviewRecord[];
}

/** The stream of the source that a fixture is of, and its records: lines, or several where the stream says how they begin. */
function takenBy(source: OwnSource, text: string): Taken | undefined {
  const asLines = recordsOf(text, false);
  const knows = (stream: SourceStream, records: readonly PreviewRecord[]): boolean =>
    recognise(
      [{ ...source, streams: [stream] }],
      records.map((r) => sampleRecord(r.text)),
    ) !== undefined;
  for (const stream of source.streams) {
    const records = stream.begins === undefined ? asLines : recordsOf(text, false, stream.begins);
    if (knows(stream, records)) return { stream, records };
  }
  const [only, ...others] = source.streams;
  if (only === undefined || others.length > 0 || only.recognise.length > 0) return undefined;
  return { stream: only, records: only.begins === undefined ? asLines : recordsOf(text, false, only.begins) };
}

async function resultOf(
  core: Pick<IngestCore, 'lake'>,
  source: OwnSource,
  text: string,
  options: PreviewOptions,
): Promise<{ rows: Rows; untaken: number } | { message: string }> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return { message: 'it has no record' };
  if (lines.length > previewRecordsMax || Buffer.byteLength(text) > previewBytesMax)
    return { message: `a fixture has at most ${previewRecordsMax} records and ${previewBytesMax / 1024} KiB` };
  const taken = takenBy(source, text);
  if (taken === undefined) return { message: 'no stream of the source recognises it' };
  const { stream, records } = taken;
  const services = { lake: core.lake, compile, now: () => fixtureNow };
  const compiled = compileStream(stream, {
    compile,
    table: (name) => core.lake.catalogue.get(name),
    now: () => fixtureNow,
  });
  const found = await previewRecords(services, compiled.statements('import'), records, options);
  const [failure] = found.failures;
  if (failure !== undefined) return { message: `${failure.table}: ${failure.message}` };
  const refused = found.refused.map((i) => ({
    InputStreamId: stream.name,
    OperationName: 'Parse',
    Message: records[i]?.text ?? '',
  }));
  const rows = rowsOf(found.tables, core);
  if (refused.length > 0)
    rows['DCRLogErrors'] = refused.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { rows, untaken: untakenOf(records.length, found).length };
}

/** Rows of one and not of the other, each as often as it is there too much. */
function without(rows: readonly Record<string, unknown>[], others: readonly Record<string, unknown>[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(canonicalJson(row), (left.get(canonicalJson(row)) ?? 0) + 1);
  const more: string[] = [];
  for (const row of rows) {
    const key = canonicalJson(row);
    const have = left.get(key) ?? 0;
    if (have > 0) left.set(key, have - 1);
    else more.push(JSON.stringify(row).slice(0, rowLengthMax));
  }
  return more.slice(0, toldMax);
}

function differencesOf(expected: Rows, rows: Rows): FixtureReport['differences'] {
  return [...new Set([...Object.keys(expected), ...Object.keys(rows)])]
    .map((table) => ({
      table,
      missing: without(expected[table] ?? [], rows[table] ?? []),
      unexpected: without(rows[table] ?? [], expected[table] ?? []),
    }))
    .filter(({ missing, unexpected }) => missing.length + unexpected.length > 0);
}

function parseExpected(text: string | undefined): Rows | { message: string } {
  if (text === undefined) return { message: 'it has no expected rows yet: look at those that come, and accept them' };
  try {
    return Expected.parse(JSON.parse(text));
  } catch {
    return { message: 'its expected rows are not JSON of tables with rows' };
  }
}

const isMessage = (value: Rows | { message: string }): value is { message: string } =>
  typeof value['message'] === 'string';

/**
 * Runs each fixture through the source, by the engine. Answers what differs from what is expected, and the expected rows of those in `record`, as they come now.
 */
export async function checkFixtures(
  core: Pick<IngestCore, 'lake'>,
  source: OwnSource,
  files: Readonly<SourceFiles>,
  record: ReadonlySet<string>,
  options: PreviewOptions,
): Promise<{ reports: FixtureReport[]; recorded: SourceFiles }> {
  const reports: FixtureReport[] = [];
  const recorded: Record<string, string> = {};
  for (const fixture of fixturesOf(files)) {
    const result = await resultOf(core, source, files[fixture] ?? '', options);
    const tell = (message: string): void => void reports.push({ fixture, differences: [], message });
    if ('message' in result) {
      tell(result.message);
      continue;
    }
    if (result.untaken > 0)
      tell(`${result.untaken} accepted records are taken by no flow: they would be lost from sight`);
    if (record.has(fixture)) {
      recorded[expectedOf(fixture)] = `${JSON.stringify(result.rows, null, 2)}\n`;
      continue;
    }
    const expected = parseExpected(files[expectedOf(fixture)]);
    if (isMessage(expected)) {
      tell(expected.message);
      continue;
    }
    const differences = differencesOf(expected, result.rows);
    if (differences.length > 0) reports.push({ fixture, differences });
  }
  return { reports, recorded };
}
