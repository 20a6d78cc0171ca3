/** A Sallyport of its own, a steady sender whose every acknowledged row is known, and what is asked of them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@sallyport/contracts';
import { firstAdministrator, startSallyport, type RunningSallyport } from '@sallyport/testkit/running';
import { freePort } from '@sallyport/testkit/running';

export const table = 'Faults_CL';
const rowsPerBatch = 100;
/** For a minute: so long may it take until another engine stands. */
const engineAttemptsMax = 120;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Estate {
  readonly running: RunningSallyport;
  readonly admin: Client;
  readonly token: string;
  readonly port: number;
  readonly syslogPort: number;
  readonly ca: string;
  readonly sender: SteadySender;
  /** One call; `status` 0 where the connection ended without an answer, `text` then says how. */
  call(method: string, path: string, body: Buffer, headers?: Record<string, string>): Promise<Answer>;
  /** The first cell of a query. */
  ask: (query: string) => Promise<number>;
  /** Titles of the problems that the portal shows. */
  problems(): Promise<string[]>;
  /** Seconds until it is ready; throws after `seconds`. */
  ready(seconds: number): Promise<number>;
  /** Resident megabytes of a process: server, lake (`engine/main.ts`) or another part of its command. */
  megabytes(command: string): number;
  pid(command: string): number;
  /** Stops or wakes the engine, as soon as there is one: Sallyport starts another when one hangs. */
  signalEngine(signal: 'SIGSTOP' | 'SIGCONT'): Promise<number>;
  stop(): Promise<void>;
}

/** Sends small batches one after the other, and keeps the numbers of those that were acknowledged. */
export class SteadySender {
  readonly acknowledged = new Set<number>();
  /** Of calls that were answered, ms. */
  readonly took: number[] = [];
  refused = 0;
  unanswered = 0;
  #next = 0;
  #stop = new AbortController();
  #loop: Promise<void> | undefined;
  readonly #send: (body: Buffer) => Promise<Answer>;
  constructor(send: (body: Buffer) => Promise<Answer>) {
    this.#send = send;
  }

  /** Every number that was sent. */
  get sent(): number {
    return this.#next;
  }

  start(pauseMs = 20, padding = 20): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#loop = (async () => {
      while (!signal.aborted) {
        const first = this.#next;
        this.#next += rowsPerBatch;
        const rows = Array.from({ length: rowsPerBatch }, (_, i) => ({
          TimeGenerated: new Date().toISOString(),
          Number_d: first + i,
          Text_s: 'x'.repeat(padding),
        }));
        const started = performance.now();
        const { status } = await this.#send(Buffer.from(JSON.stringify(rows)));
        if (status === 204) for (let i = 0; i < rowsPerBatch; i++) this.acknowledged.add(first + i);
        if (status === 204) this.took.push(performance.now() - started);
        else if (status === 0) this.unanswered++;
        else this.refused++;
        await sleep(status === 204 ? pauseMs : 250);
      }
    })();
  }
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }
}

function newestProcess(parent: number, command: string): number {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines) {
    const [, pid, ppid, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(ppid) === parent && args.includes(command)) return Number(pid);
  }
  throw new Error(`no process ${command}`);
}

export async function openEstate(options: { dataDir?: string; args?: readonly string[] } = {}): Promise<Estate> {
  const syslogPort = await freePort();
  const running = await startSallyport({
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    args: [
      '--collect-host',
      'off',
      '--syslog-tcp-port',
      String(syslogPort),
      '--host',
      '127.0.0.1',
      ...(options.args ?? []),
    ],
  });
  const { client: admin } = await firstAdministrator(running);
  await admin.createTable({
    body: {
      name: table,
      columns: [
        { name: 'Number_d', type: 'long' },
        { name: 'Text_s', type: 'string' },
      ],
    },
  });
  const token = (await admin.createToken({ body: { name: 'faults', scopes: ['data.ingest'] } })).secret;
  const ca = readFileSync(join(running.dataDir, 'tls', 'ca.pem'), 'utf8');
  const port = Number(new URL(running.url).port);
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 16 });
  const call: Estate['call'] = (method, path, body, headers = {}) =>
    new Promise((resolve) => {
      const asked: RequestOptions = {
        host: 'localhost',
        port,
        path,
        method,
        agent,
        timeout: 60_000,
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          authorization: `Bearer ${token}`,
          ...headers,
        },
      };
      const made = request(asked, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
        response.on('error', () => resolve({ status: 0, text: '' }));
      });
      made.on('timeout', () => made.destroy(new Error('no answer in 60 s')));
      made.on('error', (error) => resolve({ status: 0, text: error.message }));
      made.end(body);
    });
  const pid = (command: string): number => newestProcess(running.child.pid!, command);
  const signalEngine: Estate['signalEngine'] = async (signal) => {
    for (let attempt = 0; ; attempt++)
      try {
        const engine = pid('engine/main.ts');
        process.kill(engine, signal);
        return engine;
      } catch (error) {
        if (attempt >= engineAttemptsMax) throw error;
        await sleep(500);
      }
  };
  return {
    running,
    admin,
    token,
    port,
    syslogPort,
    ca,
    call,
    sender: new SteadySender((body) => call('POST', `/dataCollectionRules/dcr-default/streams/Custom-${table}`, body)),
    ask: async (query) => Number((await admin.runQuery({ body: { query } })).rows[0]?.[0]),
    problems: async () => (await admin.listProblems()).problems.map(({ title }) => title),
    ready: async (seconds) => {
      const started = Date.now();
      while (Date.now() - started < seconds * 1_000) {
        if ((await call('GET', '/readyz', Buffer.alloc(0))).status === 200) return (Date.now() - started) / 1_000;
        await sleep(200);
      }
      throw new Error(`not ready after ${seconds} s: ${running.output().slice(-3_000)}`);
    },
    pid,
    signalEngine,
    megabytes: (command) =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid(command)}/status`, 'utf8'))?.[1]) / 1_024,
    stop: async () => {
      agent.destroy();
      await running.stop();
    },
  };
}

/** Waits until all that was acknowledged can be found, and counts what is missing and what is there twice. */
export async function accounted(
  { sender, ask }: Estate,
  seconds = 300,
): Promise<{ acknowledged: number; missing: number; twice: number }> {
  const acknowledged = sender.acknowledged.size;
  const started = Date.now();
  let [stored, distinct] = [0, 0];
  do {
    await sleep(500);
    stored = await ask(`${table} | where Number_d >= 0 | count`).catch(() => 0);
    distinct = await ask(`${table} | where Number_d >= 0 | summarize count_distinct(Number_d)`).catch(() => 0);
  } while (distinct < acknowledged && Date.now() - started < seconds * 1_000);
  stored = await ask(`${table} | where Number_d >= 0 | count`);
  // Calls whose answer was lost may be stored too: what counts is that each acknowledged number is there.
  const ranges: [number, number][] = [];
  for (const number of [...sender.acknowledged].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  let found = 0;
  for (let at = 0; at < ranges.length; at += 50) {
    const where = ranges.slice(at, at + 50).map(([from, to]) => `Number_d between (${from} .. ${to})`);
    found += await ask(`${table} | where ${where.join(' or ')} | summarize count_distinct(Number_d)`);
  }
  return { acknowledged, missing: acknowledged - found, twice: stored - distinct };
}
