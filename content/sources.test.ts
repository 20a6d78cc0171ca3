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
// the columns that are set. What recognition can't choose lies in `fixtures/<stream>/` and is loaded as that stream's. RECORD=1 writes that file anew: read its difference before it is committed. `-t squid` looks at the fixtures of one source.

const root = import.meta.dirname + '/sources';
/** `now()` in the transforms: decides the year of times that have none. */
const now = new Date('2026-01-10T00:00:00Z');
/** Where every accepted row ends up, in one of them. The other tables repeat some events as Defender XDR has them. */
const primary = ['SecurityEvent', 'WindowsEvent', 'Syslog'];
/** Sources whose rows stand each in one of these tables, and which have more tables for it. */
const mixed = ['infoblox-nios', 'keycloak', 'linux-services', 'marklogic', 'microsoft-exchange', 'mikrotik-routeros', 'microsoft-sql-server', 'oracle-weblogic', 'selfhosted-applications', 'wazuh', 'web-proxies'];
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
}, 180_000);
afterAll(() => bench.stop());

async function fixtures(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries.filter((name) => /fixtures\/(Custom-\w+\/)?[\w-]+\.(jsonl|log)$/.test(name)).toSorted();
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

/** The stream that a fixture's folder names. */
function pinned(fixture: string): Recognised | undefined {
  const name = /\/(Custom-\w+)\//.exec(fixture)?.[1];
  for (const source of sources)
    for (const stream of source.streams) if (stream.name === name) return { source, stream };
  return undefined;
}

/** A fixture that is stored. */
interface Stored {
  readonly lines: number;
  readonly source: string;
  /** Of which segment its rows are. */
  readonly segment: string;
  readonly tables: readonly string[];
}

async function store(fixture: string, segment: string): Promise<Stored> {
  const text = await readFile(join(root, fixture), 'utf8');
  const pin = pinned(fixture);
  const joined = pin ? undefined : joinedRecords(text);
  const lines = joined?.records ?? text.split('\n').filter((line) => line.trim() !== '');
  const found = pin ?? joined?.found ?? recognise(sources, lines.map(sampleRecord));
  if (!found) throw new Error('no source recognises it');
  const compiled = compileStream(found.stream, { compile, table: (name) => catalogue.get(name), now: () => now });
  if (compiled.problems.length > 0) throw new Error(JSON.stringify(compiled.problems));
  const path = join(bench.spoolDir, segment);
  await writeFile(path, joined ? lines.map((RawData) => JSON.stringify({ RawData })).join('\n') : text);
  await chmod(path, 0o644);
  const { loads } = compiled.statements(joined ? 'wrapped' : 'door');
  const { rows } = await bench.lake.load({ id: segment, path, reader: { kind: 'lines' }, retry: false }, loads);
  const tables = Object.keys(rows).filter((table) => rows[table] !== 0);
  return { lines: lines.length, source: found.source.id, segment, tables };
}

/** Rows of a table by segment, without what is empty and what the lake itself adds. */
async function rowsOf(table: string): Promise<ReadonlyMap<string, Record<string, unknown>[]>> {
  const definition = catalogue.get(table);
  if (!definition) throw new Error(`no table ${table}`);
  const own = { name: '_SegmentId', type: 'string' } as const;
  const compiled = compile(
    `${table} | order by TimeGenerated asc`,
    { version: `${table} with segments`, tables: [{ name: table, columns: [...definition.columns, own] }], functions: [] },
    { now, database: bench.lake.workspace },
  );
  const { rows } = await bench.lake.query(compiled.sql, { who: 'test' });
  const left = new Set(['_SegmentId', 'Type', 'TenantId', ...(table === 'DCRLogErrors' ? ['TimeGenerated'] : [])]);
  const segmentAt = compiled.columns.findIndex(({ name }) => name === own.name);
  return new Map(
    [...Map.groupBy(rows, (row) => String(row[segmentAt]))].map(([segment, group]) => [
      segment,
      group
        .map((row) =>
          Object.fromEntries(
            compiled.columns.flatMap(({ name }, i) => (left.has(name) || isEmpty(row[i]) ? [] : [[name, row[i]]])),
          ),
        )
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ]),
  );
}
const isEmpty = (cell: unknown): boolean => cell === null || cell === undefined || cell === '';

/** Does the work of each, a few at a time: the engine loads some while another is compiled. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

describe('recognises each fixture and stores the rows it says', async () => {
  const stored = new Map<string, Stored>();
  const failed = new Map<string, unknown>();
  const tables = new Map<string, ReadonlyMap<string, Record<string, unknown>[]>>();

  // All are stored before any is read, so that a table is read once.
  // oxlint-disable-next-line no-empty-pattern -- Vitest takes nothing but a pattern before the suite.
  beforeAll(async ({}, suite) => {
    const asked = suite.tasks.filter(({ mode }) => mode !== 'skip' && mode !== 'todo').map(({ name }) => name);
    await eachOf([...asked.entries()], async ([n, fixture]) => {
      try {
        stored.set(fixture, await store(fixture, `fixture${n}`));
      } catch (error) {
        failed.set(fixture, error);
      }
    });
    const filled = new Set([...stored.values()].flatMap((one) => one.tables));
    await eachOf([...filled], async (table) => void tables.set(table, await rowsOf(table)));
  }, 1_800_000);

  it.each(await fixtures())('%s', async (fixture) => {
    const one = stored.get(fixture);
    if (one === undefined) throw failed.get(fixture);
    const { lines, source, segment, tables: names } = one;
    const rows: Rows = Object.fromEntries(names.map((table) => [table, tables.get(table)?.get(segment) ?? []]));
    expect(source).toBe(fixture.split('/')[0]);
    const file = join(root, fixture.replace(/\.\w+$/, '.expected.json'));
    if (process.env['RECORD']) await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
    expect(rows).toEqual(JSON.parse(await readFile(file, 'utf8')) as Rows);
    const count = (table: string): number => rows[table]?.length ?? 0;
    const counted = mixed.includes(source) ? [...primary, ...normalised] : primary;
    const total = counted.map(count).reduce((a, b) => a + b);
    const accepted = lines - count('DCRLogErrors');
    // Sources that write no log table at all have nothing to count here.
    expect(total === 0 ? accepted : total).toBe(accepted);
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

it('prepares Windows events to the same columns, whichever shape they came in', { timeout: 120_000 }, () => {
  const streams = sources.find(({ id }) => id === 'microsoft-windows-event')?.streams ?? [];
  const columns = streams.map((stream) => {
    const compiled = compileStream(stream, { compile, table: (name) => catalogue.get(name), now: () => now });
    return compiled.flowColumns.map(({ name, type }) => `${name}: ${type}`).toSorted();
  });
  expect(columns).toHaveLength(3);
  expect(columns[1]).toEqual(columns[0]);
  expect(columns[2]).toEqual(expect.arrayContaining(columns[0] ?? []));
});
