/**
 * Lake.load of a generated JSON segment beside the engine's plain insert of the same file: into a bare table of the same eleven columns (`plain`), and
 * into the very table that is loaded (`sameTable`: 99 columns, codecs, synced). Prints one JSON object.
 *
 *   node bench/lake-insert.ts [megabytes=100] [runs=3]
 */
import { createWriteStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { Catalogue, engineType, sqlString, type Column, type LoadStatement } from '@sallyport/lake';
import { startTestLake } from '@sallyport/testkit';

const megabytes = Number(process.argv[2] ?? 100);
const runs = Number(process.argv[3] ?? 3);

const columns: readonly Column[] = [
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'UserPrincipalName', type: 'string' },
  { name: 'UserId', type: 'string' },
  { name: 'IPAddress', type: 'string' },
  { name: 'AppDisplayName', type: 'string' },
  { name: 'ResultType', type: 'string' },
  { name: 'ResultDescription', type: 'string' },
  { name: 'LocationDetails', type: 'dynamic' },
  { name: 'DeviceDetail', type: 'dynamic' },
  { name: 'CorrelationId', type: 'string' },
  { name: 'IsInteractive', type: 'bool' },
];

/** A deterministic stream of numbers below `n` (mulberry32). */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

async function generate(path: string, bytes: number): Promise<number> {
  const next = random(7);
  const out = createWriteStream(path, { mode: 0o644 });
  let written = 0;
  let rows = 0;
  while (written < bytes) {
    const lines: string[] = [];
    for (let i = 0; i < 1_000; i++) {
      const user = next(500);
      const row = {
        TimeGenerated: new Date(Date.UTC(2026, 0, 1) + rows * 40).toISOString(),
        UserPrincipalName: `user${user}@contoso.com`,
        UserId: `00000000-0000-4000-8000-${String(user).padStart(12, '0')}`,
        IPAddress: `10.${next(256)}.${next(256)}.${next(256)}`,
        AppDisplayName: ['Azure Portal', 'Office 365', 'Teams', 'Exchange Online'][next(4)],
        ResultType: ['0', '0', '0', '50126', '50074'][next(5)],
        ResultDescription: next(5) === 0 ? 'Invalid username or password' : '',
        LocationDetails: { city: 'Oslo', countryOrRegion: 'NO', geoCoordinates: { latitude: 59.9, longitude: 10.7 } },
        DeviceDetail: { deviceId: '', operatingSystem: 'Windows 11', browser: 'Edge 126.0' },
        CorrelationId: `${next(2 ** 31).toString(16)}-${next(2 ** 31).toString(16)}`,
        IsInteractive: next(2) === 0,
      };
      lines.push(JSON.stringify(row));
      rows++;
    }
    const text = `${lines.join('\n')}\n`;
    written += text.length;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return rows;
}

/** Processor seconds of a process so far (Linux); what others do on the machine does not count. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Runs each work in turn, `runs` times round, so that all meet the same machine; least cost of each. */
async function best(pid: number, works: readonly ((run: number) => Promise<unknown>)[]): Promise<readonly Cost[]> {
  const least = works.map(() => ({ seconds: Infinity, cpuSeconds: Infinity }));
  for (let run = 0; run < runs; run++)
    for (const [index, work] of works.entries()) {
      const start = performance.now();
      const before = cpuSeconds(pid);
      await work(run);
      const cost = least[index]!;
      cost.seconds = Math.min(cost.seconds, (performance.now() - start) / 1_000);
      cost.cpuSeconds = Math.min(cost.cpuSeconds, cpuSeconds(pid) - before);
    }
  return least;
}

await using stack = new AsyncDisposableStack();
const test = stack.adopt(await startTestLake({ catalogue: await Catalogue.load() }), (t) => t.stop());
const path = join(test.spoolDir, 'bench.ndjson');
const rows = await generate(path, megabytes * 1_000_000);
const { size } = await stat(path);
const { lake, engine } = test;
const names = columns.map(({ name }) => name);
const statements: LoadStatement[] = [
  { table: 'SigninLogs', columns: names, select: (source) => `SELECT ${names.join(', ')} FROM ${source}` },
];
await lake.ensureTables(['SigninLogs']);

const send = async (sql: string): Promise<void> => {
  const response = await fetch(
    `${engine.url}/?database=main&date_time_input_format=best_effort&input_format_json_read_objects_as_strings=1`,
    {
      method: 'POST',
      body: sql,
      headers: { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password },
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(text);
};
const structure = columns.map(({ name, type }) => `${name} ${engineType(type)}`).join(', ');
await send(`CREATE TABLE plain (${structure}) ENGINE = MergeTree ORDER BY (ResultType, UserPrincipalName)`);
const insertPlain = (): Promise<void> =>
  send(`INSERT INTO plain SELECT * FROM file(${sqlString(path)}, 'JSONEachRow', ${sqlString(structure)}, 'none')`);
/** The same columns into the same table, without our reader, conversions and segment id. */
const insertSame = (): Promise<void> =>
  send(
    `INSERT INTO SigninLogs (${names.join(', ')}) SELECT * FROM file(${sqlString(path)}, 'JSONEachRow', ${sqlString(structure)}, 'none')`,
  );
const load = (run: number): Promise<unknown> =>
  lake.load({ id: `bench-${run}`, path, reader: { kind: 'json', columns }, retry: false }, statements);
const loadLines = (run: number): Promise<unknown> =>
  lake.load({ id: `lines-${run}`, path, reader: { kind: 'lines' }, retry: false }, [
    {
      table: 'AADNonInteractiveUserSignInLogs',
      columns: ['UserPrincipalName', 'ResultType'],
      select: (source) =>
        `SELECT JSONExtractString(RawData, 'UserPrincipalName'), JSONExtractString(RawData, 'ResultType') FROM ${source}`,
    },
  ]);
await lake.ensureTables(['AADNonInteractiveUserSignInLogs']);
const costs = await best(engine.pid, [insertPlain, insertSame, load, loadLines]);
const [plain, same, loaded, lines] = costs as [Cost, Cost, Cost, Cost];
const stored = await lake.query("SELECT count() FROM SigninLogs WHERE _SegmentId != ''");
console.log(
  JSON.stringify({
    bench: 'lake-insert',
    bytes: size,
    rows,
    storedRows: stored.rows[0]?.[0],
    expectedRows: rows * runs,
    plainRowsPerSecond: Math.round(rows / plain.seconds),
    sameTableRowsPerSecond: Math.round(rows / same.seconds),
    loadRowsPerSecond: Math.round(rows / loaded.seconds),
    linesRowsPerSecond: Math.round(rows / lines.seconds),
    ratio: Number((plain.seconds / loaded.seconds).toFixed(3)),
    cpuSeconds: {
      plain: plain.cpuSeconds,
      sameTable: same.cpuSeconds,
      load: loaded.cpuSeconds,
      lines: lines.cpuSeconds,
    },
    ratioSameTable: Number((same.seconds / loaded.seconds).toFixed(3)),
    cpuRatioSameTable: Number((same.cpuSeconds / loaded.cpuSeconds).toFixed(3)),
    cpuRatio: Number((plain.cpuSeconds / loaded.cpuSeconds).toFixed(3)),
  }),
);
