/**
 * Lake.load of a generated JSON segment beside the engine's plain insert of the same file. Prints one JSON object.
 *
 *   node bench/lake-insert.ts [megabytes=100] [runs=3]
 */
import { createWriteStream } from 'node:fs';
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

const best = async (work: (run: number) => Promise<unknown>): Promise<number> => {
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work(run);
    least = Math.min(least, (performance.now() - start) / 1_000);
  }
  return least;
};

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
  const response = await fetch(`${engine.url}/?database=main&date_time_input_format=best_effort`, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
};
const structure = columns.map(({ name, type }) => `${name} ${engineType(type)}`).join(', ');
await send(`CREATE TABLE plain (${structure}) ENGINE = MergeTree ORDER BY (ResultType, UserPrincipalName)`);
const plain = await best(() =>
  send(`INSERT INTO plain SELECT * FROM file(${sqlString(path)}, 'JSONEachRow', ${sqlString(structure)}, 'none')`),
);
const load = await best((run) =>
  lake.load({ id: `bench-${run}`, path, reader: { kind: 'json', columns }, retry: false }, statements),
);
const stored = await lake.query('SELECT count() FROM SigninLogs');
const lines = await best((run) =>
  lake.load({ id: `lines-${run}`, path, reader: { kind: 'lines' }, retry: false }, [
    {
      table: 'SigninLogs',
      columns: ['UserPrincipalName', 'ResultType'],
      select: (source) =>
        `SELECT JSONExtractString(RawData, 'UserPrincipalName'), JSONExtractString(RawData, 'ResultType') FROM ${source}`,
    },
  ]),
);
console.log(
  JSON.stringify({
    bench: 'lake-insert',
    bytes: size,
    rows,
    storedRows: stored.rows[0]?.[0],
    expectedRows: rows * runs,
    plainRowsPerSecond: Math.round(rows / plain),
    loadRowsPerSecond: Math.round(rows / load),
    linesRowsPerSecond: Math.round(rows / lines),
    ratio: Number((plain / load).toFixed(3)),
  }),
);
