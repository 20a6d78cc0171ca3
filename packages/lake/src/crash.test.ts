import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Catalogue } from './catalogue/catalogue.ts';
import { startEngine, type Engine } from './engine/start.ts';
import { Lake } from './lake.ts';
import type { LoadStatement } from './load.ts';
import { Spool } from './spool/spool.ts';

let folder: string;
let spoolDir: string;
let engine: Engine;
let stopping = false;
let kills = 0;
let killed = 0;
let restarts: Promise<void> = Promise.resolve();

/** Starts the engine again on the same port and password whenever it dies, as the server's supervisor does. */
const supervise = async (port?: number, password?: string): Promise<void> => {
  engine = await startEngine({
    dataDir: join(folder, 'data'),
    spoolDir,
    poolSize: 4,
    ...(port === undefined ? {} : { port }),
    ...(password === undefined ? {} : { password }),
  });
  const { port: same, password: secret } = engine;
  void engine.exited.then(() => {
    if (!stopping) restarts = supervise(same, secret);
  });
};
/** Kills the engine, if it is up again since the last time. */
const kill = (): void => {
  if (engine.pid === killed) return;
  killed = engine.pid;
  kills++;
  process.kill(engine.pid, 'SIGKILL');
};
const restarted = (): Promise<void> => expect.poll(() => engine.pid, { timeout: 20_000 }).not.toBe(killed);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-crash-'));
  await chmod(folder, 0o711);
  spoolDir = join(folder, 'spool');
  await mkdir(spoolDir);
  await chmod(spoolDir, 0o711);
  await supervise();
});
afterAll(async () => {
  stopping = true;
  await restarts;
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const connect = async (transport: 'file' | 'body', retryMs = 20_000): Promise<Lake> => {
  const { url, username, password } = engine;
  const catalogue = await Catalogue.load();
  return Lake.connect({ url, username, password, workspace: 'main', catalogue, transport, retryMs });
};

const columns = [
  { name: 'Computer', type: 'string' },
  { name: 'SyslogMessage', type: 'string' },
] as const;
const store: LoadStatement = {
  table: 'Syslog',
  columns: ['Computer', 'SyslogMessage'],
  select: (source) => `SELECT Computer, SyslogMessage FROM ${source}`,
};

describe.each(['file', 'body'] as const)('the engine is killed in the middle of a load (%s)', (transport) => {
  test('and the segment is stored once', async () => {
    const lake = await connect(transport);
    await lake.ensureTables(['Syslog']);
    const rows = 300_000;
    const id = randomUUID();
    const path = join(spoolDir, id);
    const line = (i: number): string => JSON.stringify({ Computer: id, SyslogMessage: `message ${i}` });
    await writeFile(path, Array.from({ length: rows }, (_, i) => line(i)).join('\n'), { mode: 0o644 });
    const loading = lake.load({ id, path, reader: { kind: 'json', columns }, retry: false }, [store, store]);
    for (const pause of [150, 300]) {
      await sleep(pause);
      kill();
      await restarted();
    }
    const result = await loading;
    const { rows: counted } = await lake.query(
      `SELECT count(), uniqExact(SyslogMessage) FROM Syslog WHERE Computer = '${id}'`,
    );
    expect(counted).toEqual([[2 * rows, rows]]);
    expect(result.rows).toEqual({ Syslog: 2 * rows });
    await lake.close();
  }, 60_000);
});

test('a query that dies with the engine is asked again', async () => {
  const lake = await connect('file');
  const answer = lake.query('SELECT count(), sleepEachRow(0.1) FROM numbers(5) GROUP BY 2', {
    settings: { max_block_size: '1' },
  });
  await sleep(200);
  kill();
  expect((await answer).rows).toEqual([[5, 0]]);
  await lake.close();
});

test('an engine that does not come back is Unavailable', async () => {
  const lake = await connect('file', 300);
  await expect(
    Lake.connect({
      url: 'http://127.0.0.1:1',
      username: 'x',
      password: 'x',
      workspace: 'w',
      catalogue: new Catalogue([]),
      retryMs: 200,
    }),
  ).rejects.toMatchObject({ code: 'Unavailable' });
  await lake.close();
});

test('what the spool acknowledged is stored once, while the engine is killed again and again', async () => {
  const lake = await connect('file', 500);
  const spool = await Spool.open({
    folder: spoolDir,
    gid: engine.gid,
    sealMs: 50,
    load: async (segment) => {
      await lake.load({ ...segment, reader: { kind: 'json', columns } }, [store]);
    },
  });
  const source = randomUUID();
  let acknowledged = 0;
  const end = Date.now() + 4_000;
  const killer = setInterval(kill, 700);
  const send = async (stream: string): Promise<void> => {
    while (Date.now() < end) {
      const first = acknowledged;
      acknowledged += 20;
      const payload = Array.from({ length: 20 }, (_, i) =>
        JSON.stringify({ Computer: source, SyslogMessage: `${first + i}` }),
      );
      await spool.append(stream, Buffer.from(payload.join('\n')));
      await sleep(5);
    }
  };
  await Promise.all(['a', 'b', 'c'].map(send));
  clearInterval(killer);
  await spool.flush();
  const { rows } = await lake.query(
    `SELECT count(), uniqExact(SyslogMessage) FROM Syslog WHERE Computer = '${source}'`,
  );
  expect(rows).toEqual([[acknowledged, acknowledged]]);
  expect(spool.stats()).toMatchObject({ bytes: 0, readySegments: 0, poisonedSegments: 0 });
  await spool.close();
  await lake.close();
  expect(kills).toBeGreaterThan(4);
}, 60_000);
