/**
 * Logs through Sallyport's doors, durable before acknowledged, beside the engine's plain insert of the parsed rows and beside rsyslog writing the same lines to
 * disk, in one run. The client is a process of its own on the same machine. Prints one JSON object.
 *
 *   node bench/ingest.ts [--formats json,cef,rfc5424,windows-xml,cloudtrail] [--megabytes 100] [--runs 3]
 *   node bench/ingest.ts --steady 60 [--rate 10000] [--formats json]
 *
 * Figures are of the best run, rows/s. `acknowledged`: until every row is synced to disk; the engine loads meanwhile. `stored`: until every row is in its tables.
 * `plain`: rows that are parsed already. `cpu`: processor seconds, which don't depend on what else the machine does. The steady part sends `rate` rows/s in ten
 * batches a second for so many seconds, and tells the cores that were used and how long after it was sent a batch's last row was seen by a query.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makeAdministrator, startTestServer, type TestServer } from '../apps/server/src/testing.ts';
import { engineCpu, PlainEngine } from './ingest/engine.ts';
import { formats, type BenchFormat } from './ingest/formats.ts';
import { freePort } from '@sallyport/testkit/running';
import { intoRsyslog, rsyslogVersion } from './ingest/rsyslog.ts';
import type { SenderSays, SenderTask, SteadyTask } from './ingest/sender.ts';

const { values: options } = parseArgs({
  options: {
    formats: { type: 'string' },
    megabytes: { type: 'string', default: '100' },
    runs: { type: 'string', default: '3' },
    steady: { type: 'string' },
    rate: { type: 'string', default: '10000' },
  },
});
const megabytes = Number(options.megabytes);
const runs = Number(options.runs);
const chosen = formats.filter(({ id }) =>
  (options.formats ?? (options.steady ? 'json' : 'json,cef,rfc5424,windows-xml,cloudtrail')).split(',').includes(id),
);

class Sender {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, 'ingest/sender.ts'), { stdio: 'inherit' });
  readonly #said: SenderSays[] = [];
  #wake: () => void = () => {};
  constructor() {
    this.#child.on('message', (message: SenderSays) => {
      this.#said.push(message);
      this.#wake();
    });
    this.#child.on('exit', (code) => {
      this.#said.push({ kind: 'failed', message: `the sender ended with ${code}` });
      this.#wake();
    });
  }
  tell(task: SenderTask | SteadyTask | 'go'): void {
    this.#child.send(task);
  }
  async hear(): Promise<SenderSays> {
    while (this.#said.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const message = this.#said.shift()!;
    if (message.kind === 'failed') throw new Error(message.message);
    return message;
  }
  async expect<K extends SenderSays['kind']>(kind: K): Promise<Extract<SenderSays, { kind: K }>> {
    const message = await this.hear();
    if (message.kind !== kind) throw new Error(`the sender said ${message.kind} instead of ${kind}`);
    return message as Extract<SenderSays, { kind: K }>;
  }
  kill(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill();
  }
}

interface Bench {
  readonly test: TestServer;
  readonly sender: Sender;
  readonly target: (format: BenchFormat) => Pick<SenderTask, 'port' | 'ca' | 'token'>;
}

async function withServer<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const syslogPort = await freePort();
  const test = await startTestServer({
    settings: { collectHost: 'off', host: '127.0.0.1', syslogTcpPort: String(syslogPort), spoolMaxBytes: '4 GiB' },
  });
  const sender = new Sender();
  try {
    await sender.expect('ready');
    await test.server.domains.ingest.start();
    const port = await test.server.http.listen({ host: '127.0.0.1', port: 0 });
    const ca = readFileSync(join(test.platform.config.dataDir, 'tls', 'ca.pem'), 'utf8');
    const browser = test.browser();
    await makeAdministrator(test, browser);
    const token = (await browser.createToken({ body: { name: 'bench', scopes: ['data.ingest'] } })).secret;
    return await work({
      test,
      sender,
      target: ({ door }) => ({ port: door === 'syslog-tcp' ? syslogPort : port, ca, token }),
    });
  } finally {
    sender.kill();
    await test.server.domains.ingest.stop();
    await test.stop();
  }
}

/** Rows that doors acknowledged so far. */
async function acknowledged({ platform }: TestServer): Promise<number> {
  const metric = await platform.metrics.registry.getSingleMetric('sallyport_ingest_rows_total')?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

const rowsOf = async ({ platform }: TestServer, table: string): Promise<number> =>
  Number((await platform.lake.query(`SELECT count() FROM ${table}`)).rows[0]?.[0]);

async function burst({ test, sender, target }: Bench, format: BenchFormat): Promise<object> {
  const { platform } = test;
  const { ingest } = test.server.domains;
  const best = { acknowledged: Infinity, stored: Infinity, server: Infinity, loading: Infinity };
  const refusedBefore = await rowsOf(test, 'DCRLogErrors');
  const task = { ...target(format), format: format.id, bytes: megabytes * 1_000_000 };
  let sent = { rows: 0, bytes: 0 };
  for (let run = 0; run < runs; run++) {
    sender.tell(task);
    sent = await sender.expect('prepared');
    const [rowsBefore, engineBefore, cpuBefore] = [await acknowledged(test), engineCpu(), process.cpuUsage()];
    const started = performance.now();
    sender.tell('go');
    await sender.expect('sent');
    while ((await acknowledged(test)) < rowsBefore + sent.rows) {
      if (performance.now() - started > 600_000) throw new Error(`${format.id}: not acknowledged within ten minutes`);
      await sleep(2);
    }
    best.acknowledged = Math.min(best.acknowledged, (performance.now() - started) / 1_000);
    const { user, system } = process.cpuUsage(cpuBefore);
    best.server = Math.min(best.server, (user + system) / 1_000_000);
    await ingest.flush();
    best.stored = Math.min(best.stored, (performance.now() - started) / 1_000);
    best.loading = Math.min(best.loading, engineCpu() - engineBefore);
  }
  const path = join(platform.spool.folder, 'bench.ndjson');
  const plain = await new PlainEngine(platform.config.lakeUrl, platform.config.workspace).insertParsed(
    format.table,
    path,
    runs,
  );
  const rowsInTable = await rowsOf(test, format.table);
  const rsyslog =
    format.door === 'syslog-tcp'
      ? await intoRsyslog(async (port) => {
          sender.tell({ ...task, port });
          await sender.expect('prepared');
          sender.tell('go');
          await sender.expect('sent');
        }, sent.bytes)
      : undefined;
  const perSecond = (seconds: number): number => Math.round(sent.rows / seconds);
  return {
    format: format.id,
    door: format.door,
    rows: sent.rows,
    bytes: sent.bytes,
    rowsPerSecond: {
      acknowledged: perSecond(best.acknowledged),
      stored: perSecond(best.stored),
      plain: Math.round(rowsInTable / plain.seconds),
      ...(rsyslog === undefined ? {} : { rsyslog: perSecond(rsyslog) }),
    },
    megabytesPerSecond: {
      acknowledged: Number((sent.bytes / best.acknowledged / 1e6).toFixed(1)),
      stored: Number((sent.bytes / best.stored / 1e6).toFixed(1)),
    },
    cpu: { server: best.server, engineLoading: Number(best.loading.toFixed(2)) },
    ratioToPlain: Number((plain.seconds / rowsInTable / (best.acknowledged / sent.rows)).toFixed(3)),
    expectedRows: sent.rows * runs,
    rowsInTable,
    refused: (await rowsOf(test, 'DCRLogErrors')) - refusedBefore,
  };
}

async function steady({ test, sender, target }: Bench, format: BenchFormat, seconds: number): Promise<object> {
  const rowsPerSecond = Number(options.rate);
  const waiting: { rows: number; sentAt: number }[] = [];
  const delays: number[] = [];
  let [done, sentRows, seen] = [false, 0, 0];
  const cpuBefore = process.cpuUsage();
  const engineBefore = engineCpu();
  const started = Date.now();
  sender.tell({ ...target(format), format: format.id, steady: { rowsPerSecond, seconds } });
  const listening = (async () => {
    for (;;) {
      const message = await sender.hear();
      if (message.kind === 'sent') break;
      if (message.kind !== 'batch') continue;
      sentRows = message.lastRow + 1;
      waiting.push({ rows: sentRows, sentAt: message.sentAt });
    }
    done = true;
  })();
  // Batches may overtake each other, so that a count sees a batch a little late, never early.
  while (!(done && waiting.length === 0)) {
    if (Date.now() - started > seconds * 1_000 + 120_000) throw new Error('rows did not come within two minutes');
    seen = await rowsOf(test, format.table);
    const now = Date.now();
    while (waiting[0] !== undefined && waiting[0].rows <= seen) delays.push(now - waiting.shift()!.sentAt);
    await sleep(50);
  }
  await listening;
  const elapsed = (Date.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  delays.sort((a, b) => a - b);
  const at = (share: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? 0;
  return {
    format: format.id,
    rowsPerSecond,
    seconds,
    sentRows,
    rowsInTable: seen,
    cores: {
      server: Number(((user + system) / 1e6 / elapsed).toFixed(3)),
      engine: Number(((engineCpu() - engineBefore) / elapsed).toFixed(3)),
    },
    visibleMs: { p50: at(0.5), p99: at(0.99), worst: at(1) },
  };
}

const results = await withServer(async (bench) => {
  const figures: object[] = [];
  for (const format of chosen) {
    process.stderr.write(`${format.id}\n`);
    figures.push(await (options.steady ? steady(bench, format, Number(options.steady)) : burst(bench, format)));
  }
  return figures;
});
console.log(
  JSON.stringify(
    {
      bench: 'ingest',
      cores: cpus().length,
      load: loadavg()[0],
      megabytes,
      runs,
      rsyslog: rsyslogVersion() ?? null,
      results,
    },
    null,
    1,
  ),
);
