/**
 * JSON rows through the HTTPS door (batches of 1 MB, durable before acknowledged) beside the engine's own insert of the same rows from a file, in one run.
 * The client is a process of its own on the same machine. Prints one JSON object.
 *
 *   node bench/ingest-door.ts [megabytes=100] [runs=3]
 *
 * doorRowsPerSecond: until every batch is acknowledged (synced to disk); the engine loads meanwhile. storedRowsPerSecond: until every row is in its table.
 */
import { fork } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { makeAdministrator, startTestServer } from '../apps/server/src/testing.ts';

const batchBytes = 1_000_000;
const concurrency = 8;

const columns = [
  { name: 'UserPrincipalName', type: 'string' },
  { name: 'UserId', type: 'string' },
  { name: 'IPAddress', type: 'string' },
  { name: 'AppDisplayName', type: 'string' },
  { name: 'ResultType', type: 'string' },
  { name: 'ResultDescription', type: 'string' },
  { name: 'LocationDetails', type: 'dynamic' },
  { name: 'DeviceDetail', type: 'dynamic' },
  { name: 'DurationMs', type: 'long' },
  { name: 'IsInteractive', type: 'bool' },
] as const;

/** A sign-in, as Entra logs it, made from its number alone. */
const row = (n: number): string =>
  JSON.stringify({
    TimeGenerated: new Date(Date.UTC(2026, 0, 1) + n * 40).toISOString(),
    UserPrincipalName: `user${(n * 7_919) % 500}@contoso.com`,
    UserId: `00000000-0000-4000-8000-${String((n * 7_919) % 500).padStart(12, '0')}`,
    IPAddress: `10.${(n * 31) % 256}.${(n * 17) % 256}.${n % 256}`,
    AppDisplayName: ['Azure Portal', 'Office 365', 'Teams', 'Exchange Online'][n % 4],
    ResultType: ['0', '0', '0', '50126', '50074'][n % 5],
    ResultDescription: n % 5 === 3 ? 'Invalid username or password' : '',
    LocationDetails: { city: 'Oslo', countryOrRegion: 'NO', geoCoordinates: { latitude: 59.9, longitude: 10.7 } },
    DeviceDetail: { deviceId: '', operatingSystem: 'Windows 11', browser: 'Edge 126.0' },
    DurationMs: (n * 13) % 900,
    IsInteractive: n % 2 === 0,
  });

/** Rows in batches of at most `batchBytes` as a JSON array; the same for client and engine. */
function batches(megabytes: number): string[][] {
  const all: string[][] = [];
  let [batch, bytes, total]: [string[], number, number] = [[], 2, 0];
  for (let n = 0; total < megabytes * 1_000_000; n++) {
    const text = row(n);
    if (bytes + text.length + 1 > batchBytes) {
      all.push(batch);
      total += bytes;
      [batch, bytes] = [[], 2];
    }
    batch.push(text);
    bytes += text.length + 1;
  }
  return all;
}

/** Writes the rows as lines; answers how many. Nothing of it stays in memory, where it would burden the server's garbage collector. */
function writeRows(path: string, megabytes: number): number {
  const all = batches(megabytes);
  writeFileSync(path, all.map((batch) => batch.join('\n')).join('\n'), { mode: 0o644 });
  return all.reduce((sum, batch) => sum + batch.length, 0);
}

interface ClientTask {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
  readonly stream: string;
  readonly megabytes: number;
}

/** In a process of its own: sends every batch as often as it is asked to, and tells how long that took. */
function client(): void {
  let bodies: Buffer[] | undefined;
  let agent: Agent | undefined;
  process.on('message', (task: ClientTask) => {
    bodies ??= batches(task.megabytes).map((batch) => Buffer.from(`[${batch.join(',')}]`));
    agent ??= new Agent({ ca: task.ca, keepAlive: true, maxSockets: concurrency });
    const queue = bodies.values();
    const one = (body: Buffer): Promise<void> =>
      new Promise((resolve, reject) => {
        const call = request(
          {
            host: 'localhost',
            port: task.port,
            path: `/dataCollectionRules/dcr-default/streams/${task.stream}?api-version=2023-01-01`,
            method: 'POST',
            agent,
            headers: {
              'content-type': 'application/json',
              'content-length': body.length,
              authorization: `Bearer ${task.token}`,
            },
          },
          (response) => {
            response.resume();
            response.on('end', () =>
              response.statusCode === 204 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
            );
          },
        );
        call.on('error', reject);
        call.end(body);
      });
    const started = performance.now();
    void Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (const body of queue) await one(body);
      }),
    ).then(
      () => process.send?.({ seconds: (performance.now() - started) / 1_000 }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.send?.({ ready: true });
}

async function main(): Promise<void> {
  const megabytes = Number(process.argv[2] ?? 100);
  const runs = Number(process.argv[3] ?? 3);
  const test = await startTestServer({ settings: { collectHost: 'off' } });
  const { server, platform } = test;
  const { ingest } = server.domains;
  const sender = fork(import.meta.filename, ['client'], { stdio: 'inherit' });
  const said = (): Promise<{ seconds?: number; error?: string }> =>
    new Promise((resolve) => sender.once('message', (message) => resolve(message as { seconds?: number })));
  try {
    await said();
    await ingest.start();
    const port = await server.http.listen({ host: '127.0.0.1', port: 0 });
    const ca = readFileSync(join(platform.config.dataDir, 'tls', 'ca.pem'), 'utf8');
    const browser = test.browser();
    await makeAdministrator(test, browser);
    const token = (await browser.createToken({ body: { name: 'bench', scopes: ['data.ingest'] } })).secret;
    for (const name of ['Door_CL', 'Plain_CL']) await platform.lake.createTable({ name, columns });

    const path = join(platform.spool.folder, 'bench.ndjson');
    const rows = writeRows(path, megabytes);
    const best = {
      engine: Infinity,
      acknowledged: Infinity,
      stored: Infinity,
      serverCpu: Infinity,
      plainCpu: Infinity,
      loadCpu: Infinity,
    };
    for (let run = 0; run < runs; run++) {
      const idle = engineCpu();
      const engine = await insertPlain(platform.config.lakeUrl, platform.config.workspace, path);
      best.engine = Math.min(best.engine, engine);
      const before = engineCpu();
      best.plainCpu = Math.min(best.plainCpu, before - idle);
      const started = performance.now();
      const cpu = process.cpuUsage();
      sender.send({ port, ca, token, stream: 'Custom-Door_CL', megabytes } satisfies ClientTask);
      const { seconds, error } = await said();
      if (seconds === undefined) throw new Error(error ?? 'the client said nothing');
      const { user, system } = process.cpuUsage(cpu);
      best.serverCpu = Math.min(best.serverCpu, (user + system) / 1_000_000);
      await ingest.flush();
      best.loadCpu = Math.min(best.loadCpu, engineCpu() - before);
      best.stored = Math.min(best.stored, (performance.now() - started) / 1_000);
      best.acknowledged = Math.min(best.acknowledged, seconds);
    }
    const counted = await platform.lake.query('SELECT (SELECT count() FROM Door_CL), (SELECT count() FROM Plain_CL)');
    const perSecond = (seconds: number): number => Math.round(rows / seconds);
    const ratio = (seconds: number): number => Number((best.engine / seconds).toFixed(3));
    console.log(
      JSON.stringify({
        bench: 'ingest-door',
        rows,
        bytes: statSync(path).size,
        runs,
        doorRowsPerSecond: perSecond(best.acknowledged),
        storedRowsPerSecond: perSecond(best.stored),
        engineRowsPerSecond: perSecond(best.engine),
        // Processor seconds don't depend on what else the machine does.
        cpuSeconds: { server: best.serverCpu, engineLoading: best.loadCpu, engineInsert: best.plainCpu },
        ratio: ratio(best.acknowledged),
        storedRatio: ratio(best.stored),
        expectedRows: rows * runs,
        rowsInTables: counted.rows[0],
      }),
    );
  } finally {
    sender.kill();
    await ingest.stop();
    await test.stop();
  }
}

/** Processor seconds so far of the engine that this process started (Linux); 0 where that can't be seen. */
function engineCpu(): number {
  const fields = (pid: string): string[] => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    } catch {
      return [];
    }
  };
  const isEngine = (pid: string): boolean => {
    if (fields(pid)[1] !== String(process.pid)) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine/main.ts');
  };
  try {
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isEngine(name));
    const [user = '0', system = '0'] = pid === undefined ? [] : fields(pid).slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}

/** The engine's own insert of the same rows from a file on its disk, into a table of the same kind. Seconds. */
async function insertPlain(lakeUrl: string, database: string, path: string): Promise<number> {
  const url = new URL(lakeUrl);
  const headers = {
    'x-clickhouse-user': decodeURIComponent(url.username),
    'x-clickhouse-key': decodeURIComponent(url.password),
  };
  const types = { string: 'String', dynamic: 'String', long: 'Nullable(Int64)', bool: 'Nullable(Bool)' } as const;
  const structure = columns.map(({ name, type }) => `${name} ${types[type]}`).join(', ');
  const settings = 'date_time_input_format=best_effort&input_format_json_read_objects_as_strings=1';
  const names = ['TimeGenerated', ...columns.map((c) => c.name)].join(', ');
  const sql = `INSERT INTO Plain_CL (${names}) SELECT ${names} FROM file('${path}', 'JSONEachRow', 'TimeGenerated DateTime64(7), ${structure}', 'none')`;
  const started = performance.now();
  const response = await fetch(`${url.origin}/?database=${database}&${settings}`, {
    method: 'POST',
    body: sql,
    headers,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return (performance.now() - started) / 1_000;
}

if (process.argv[2] === 'client') client();
else await main();
