/** The client, in a process of its own: sends records of a format as fast as the door takes them, or at a steady rate. */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { formats, records, type BenchFormat } from './formats.ts';

const batchBytes = 1_000_000;
const concurrency = 8;
const connections = 4;

export interface SenderTask {
  readonly format: string;
  readonly port: number;
  readonly ca: string;
  readonly token: string;
  readonly bytes: number;
}

export interface SteadyTask extends Omit<SenderTask, 'bytes'> {
  readonly steady: { readonly rowsPerSecond: number; readonly seconds: number };
}

/** What the sender says: `sent` when all is written (syslog) or acknowledged (HTTP); `batch` of each batch of a steady run. */
export type SenderSays =
  | { readonly kind: 'ready' }
  | { readonly kind: 'prepared'; readonly rows: number; readonly bytes: number }
  | { readonly kind: 'sent'; readonly seconds: number }
  | { readonly kind: 'batch'; readonly lastRow: number; readonly sentAt: number }
  | { readonly kind: 'failed'; readonly message: string };

const say = (message: SenderSays): void => void process.send?.(message);

function packed(format: BenchFormat, rows: readonly string[]): Buffer {
  return Buffer.from(format.door === 'syslog-tcp' ? `${rows.join('\n')}\n` : `[${rows.join(',')}]`);
}

function batches(format: BenchFormat, bytes: number): { bodies: Buffer[]; rows: number } {
  const bodies: Buffer[] = [];
  let [batch, size, rows]: [string[], number, number] = [[], 2, 0];
  for (const record of records(format, bytes)) {
    if (size + record.length + 1 > batchBytes) {
      bodies.push(packed(format, batch));
      [batch, size] = [[], 2];
    }
    batch.push(record);
    size += record.length + 1;
    rows++;
  }
  if (batch.length > 0) bodies.push(packed(format, batch));
  return { bodies, rows };
}

let agent: Agent | undefined;

function post(
  { port, ca, token }: Pick<SenderTask, 'port' | 'ca' | 'token'>,
  stream: string,
  body: Buffer,
): Promise<void> {
  agent ??= new Agent({ ca, keepAlive: true, maxSockets: concurrency });
  const options = {
    host: 'localhost',
    port,
    path: `/dataCollectionRules/dcr-default/streams/${stream}?api-version=2023-01-01`,
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      authorization: `Bearer ${token}`,
    },
  };
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 204 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function overTcp(port: number, queue: IterableIterator<Buffer>): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (const body of queue) if (!socket.write(body)) await once(socket, 'drain');
  socket.end();
  await once(socket, 'close');
}

async function burst(task: SenderTask, format: BenchFormat): Promise<void> {
  const { bodies, rows } = batches(format, task.bytes);
  say({ kind: 'prepared', rows, bytes: bodies.reduce((sum, body) => sum + body.length, 0) });
  await once(process, 'message');
  const started = performance.now();
  const queue = bodies.values();
  await Promise.all(
    format.door === 'syslog-tcp'
      ? Array.from({ length: connections }, () => overTcp(task.port, queue))
      : Array.from({ length: concurrency }, async () => {
          for (const body of queue) await post(task, format.stream, body);
        }),
  );
  say({ kind: 'sent', seconds: (performance.now() - started) / 1_000 });
}

/** Ten batches a second, each sent when its time has come, whatever became of the one before. */
async function steady(task: SteadyTask, format: BenchFormat): Promise<void> {
  const { rowsPerSecond, seconds } = task.steady;
  const perBatch = Math.round(rowsPerSecond / 10);
  const socket = format.door === 'syslog-tcp' ? connect(task.port, '127.0.0.1') : undefined;
  const started = Date.now();
  const sending: Promise<void>[] = [];
  for (let batch = 0; batch < seconds * 10; batch++) {
    await sleep(Math.max(0, started + batch * 100 - Date.now()));
    const rows = Array.from({ length: perBatch }, (_, i) => format.record(batch * perBatch + i));
    const body = packed(format, rows);
    const lastRow = (batch + 1) * perBatch - 1;
    if (socket) socket.write(body);
    else sending.push(post(task, format.stream, body));
    say({ kind: 'batch', lastRow, sentAt: Date.now() });
    if (sending.length >= 100) await Promise.all(sending.splice(0, 50));
  }
  await Promise.all(sending);
  socket?.end();
  say({ kind: 'sent', seconds: (Date.now() - started) / 1_000 });
}

process.on('message', (task: SenderTask | SteadyTask | 'go') => {
  if (task === 'go') return;
  const format = formats.find(({ id }) => id === task.format);
  const work =
    format === undefined
      ? Promise.reject(new Error(`no format ${task.format}`))
      : 'steady' in task
        ? steady(task, format)
        : burst(task, format);
  work.catch((error: unknown) => say({ kind: 'failed', message: String(error) }));
});
say({ kind: 'ready' });
