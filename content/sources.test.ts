import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { Catalogue } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinedSplitter } from '../apps/server/src/ingest/importer/splitter.ts';
import { loadSources, type Source } from '../apps/server/src/ingest/sources/load.ts';
import { recognise, sampleRecord, type Recognised } from '../apps/server/src/ingest/sources/recognise.ts';
import { compileStream } from '../apps/server/src/ingest/sources/statements.ts';

// Each `fixtures/<name>.jsonl|log` is recognised, loaded by the real engine, and compared with `<name>.expected.json`: the rows of each table, showing only
// the columns that are set. RECORD=1 writes that file anew: read its difference before it is committed. `-t squid` looks at the fixtures of one source.

const root = import.meta.dirname + '/sources';
/** `now()` in the transforms: decides the year of times that have none. */
const now = new Date('2026-01-10T00:00:00Z');
/** Where every accepted row ends up, in one of them. The other tables repeat some events as Defender XDR has them. */
const primary = ['SecurityEvent', 'WindowsEvent', 'Syslog'];
/** Sources whose rows stand each in one of these tables, and which have more tables for it. */
const mixed = ['keycloak', 'linux-services', 'marklogic', 'microsoft-exchange', 'mikrotik-routeros', 'microsoft-sql-server', 'oracle-weblogic', 'selfhosted-applications', 'wazuh', 'web-proxies'];
const normalised = ['ASimWebSessionLogs', 'ASimAuthenticationEventLogs', 'ASimAuditEventLogs', 'ASimNetworkSessionLogs', 'GenericEvents_CL'];

type Rows = Record<string, Record<string, unknown>[]>;
let bench: TestLake;
let catalogue: Catalogue;
let sources: readonly Source[];

beforeAll(async () => {
  catalogue = await Catalogue.load();
  bench = await startTestLake({ catalogue });
  const loaded = await loadSources(root);
  if (loaded.problems.length > 0) throw new Error(JSON.stringify(loaded.problems));
  sources = loaded.sources;
});
afterAll(() => bench.stop());

async function fixtures(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries.filter((name) => /fixtures\/[\w-]+\.(jsonl|log)$/.test(name)).toSorted();
}

/** The records of several lines that a stream sees in the text, as the importer does. */
function joinedRecords(text: string): { records: string[]; found: Recognised } | undefined {
  for (const source of sources)
    for (const stream of source.streams) {
      if (stream.begins === undefined) continue;
      const records: string[] = [];
      const splitter = joinedSplitter((record) => records.push(Buffer.from(record).toString()), stream.begins);
      splitter.push(Buffer.from(text));
      splitter.end();
      const found = recognise([{ ...source, streams: [stream] }], records.map(sampleRecord));
      if (found) return { records, found };
    }
  return undefined;
}

let segments = 0;
async function load(fixture: string): Promise<{ lines: number; source: string; rows: Rows }> {
  const text = await readFile(join(root, fixture), 'utf8');
  const joined = joinedRecords(text);
  const lines = joined?.records ?? text.split('\n').filter((line) => line.trim() !== '');
  const found = joined?.found ?? recognise(sources, lines.map(sampleRecord));
  if (!found) throw new Error('no source recognises it');
  const compiled = compileStream(found.stream, { compile, table: (name) => catalogue.get(name), now: () => now });
  if (compiled.problems.length > 0) throw new Error(JSON.stringify(compiled.problems));
  const id = `fixture${segments++}`;
  const path = join(bench.spoolDir, id);
  await writeFile(path, joined ? lines.map((RawData) => JSON.stringify({ RawData })).join('\n') : text);
  await chmod(path, 0o644);
  const { loads } = compiled.statements(joined ? 'wrapped' : 'door');
  await bench.lake.load({ id, path, reader: { kind: 'lines' }, retry: false }, loads);
  const rows: Rows = {};
  for (const table of new Set(loads.map((one) => one.table))) {
    const answer = await rowsOf(table, id);
    if (answer.length > 0) rows[table] = answer;
  }
  return { lines: lines.length, source: found.source.id, rows };
}

/** Rows of one segment, without what is empty and what the lake itself adds. */
async function rowsOf(table: string, segment: string): Promise<Record<string, unknown>[]> {
  const text = `${table} | where _SegmentId == '${segment}' | order by TimeGenerated asc`;
  const definition = catalogue.get(table);
  if (!definition) throw new Error(`no table ${table}`);
  const own = { name: '_SegmentId', type: 'string' } as const;
  const compiled = compile(
    text,
    { version: `${table} with segments`, tables: [{ name: table, columns: [...definition.columns, own] }], functions: [] },
    { now, database: bench.lake.workspace },
  );
  const { rows } = await bench.lake.query(compiled.sql, { who: 'test' });
  const left = new Set(['_SegmentId', 'Type', 'TenantId', ...(table === 'DCRLogErrors' ? ['TimeGenerated'] : [])]);
  const named = rows.map((row) =>
    Object.fromEntries(
      compiled.columns.flatMap(({ name }, i) => (left.has(name) || isEmpty(row[i]) ? [] : [[name, row[i]]])),
    ),
  );
  return named.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
const isEmpty = (cell: unknown): boolean => cell === null || cell === undefined || cell === '';

// Several at a time: the engine loads some while another is compiled.
describe.concurrent('recognises each fixture and stores the rows it says', async () => {
  it.each(await fixtures())('%s', { timeout: 300_000 }, async (fixture) => {
    const { lines, source, rows } = await load(fixture);
    expect(source).toBe(fixture.split('/')[0]);
    const file = join(root, fixture.replace(/\.\w+$/, '.expected.json'));
    if (process.env['RECORD']) await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
    expect(rows).toEqual(JSON.parse(await readFile(file, 'utf8')) as Rows);
    const count = (table: string): number => rows[table]?.length ?? 0;
    const tables = mixed.includes(source) ? [...primary, ...normalised] : primary;
    const stored = tables.map(count).reduce((a, b) => a + b);
    const accepted = lines - count('DCRLogErrors');
    // Sources that write no log table at all have nothing to count here.
    expect(stored === 0 ? accepted : stored).toBe(accepted);
  });
});

it.each([
  ['zeek', '    Uid = tostring('],
  ['infoblox-nios', "    'other')"],
  ['citrix-adc', "    'other')"],
])('begins every flow of %s with the same head', async (source, lastLine) => {
  const folder = join(root, source);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.kql'));
  const heads = await Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      const end = text.indexOf('\n', text.indexOf(lastLine));
      return text.slice(0, end);
    }),
  );
  expect(heads.length).toBeGreaterThan(3);
  expect(new Set(heads).size).toBe(1);
});

it('prepares Windows events to the same columns, whichever shape they came in', () => {
  const streams = sources.find(({ id }) => id === 'microsoft-windows-event')?.streams ?? [];
  const columns = streams.map((stream) => {
    const compiled = compileStream(stream, { compile, table: (name) => catalogue.get(name), now: () => now });
    return compiled.flowColumns.map(({ name, type }) => `${name}: ${type}`).toSorted();
  });
  expect(columns).toHaveLength(3);
  expect(columns[1]).toEqual(columns[0]);
  expect(columns[2]).toEqual(expect.arrayContaining(columns[0] ?? []));
});
