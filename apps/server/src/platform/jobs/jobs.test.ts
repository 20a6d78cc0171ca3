import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEphemeralDatabase, type EphemeralDatabase } from '../../supervisor/ephemeral-database.ts';

const worker = fileURLToPath(new URL('./test-worker.ts', import.meta.url));
let ephemeral: EphemeralDatabase;
let servers: ChildProcess[];

async function startWorker(): Promise<ChildProcess> {
  const child = fork(worker, [ephemeral.url], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return child;
}

const seen = (where: string) =>
  ephemeral.database.query<{ job: string; step: string; pid: number }>(
    `SELECT job, step, pid FROM seen WHERE ${where} ORDER BY n`,
  );
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 100 });

beforeAll(async () => {
  ephemeral = await startEphemeralDatabase();
  await ephemeral.database.execute('CREATE TABLE seen (n serial, job text, step text, pid integer)');
  await ephemeral.database.execute('CREATE TABLE gate ()');
  // One after the other: the first one makes DBOS's tables.
  servers = [await startWorker(), await startWorker()];
});
afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  await ephemeral.stop();
});

describe('two servers on one database', () => {
  it('share jobs, each run once however often it was queued', async () => {
    for (let i = 0; i < 20; i++) for (const server of servers) server.send({ job: 'repository', id: `short-${i}` });
    await eventually(async () => expect(await seen("job LIKE 'short-%'")).toHaveLength(20));
    const rows = await seen("job LIKE 'short-%'");
    expect(new Set(rows.map(({ job }) => job)).size).toBe(20);
    expect(new Set(rows.map(({ pid }) => pid)).size).toBe(2);
  });

  it('run a schedule once each due time', async () => {
    await eventually(async () => expect((await seen("step = 'tick'")).length).toBeGreaterThan(2));
    const due = (await seen("step = 'tick'")).map(({ job }) => job);
    expect(new Set(due).size).toBe(due.length);
  });

  it('take up the job of one that is killed, after its last finished step', async () => {
    servers[0]!.send({ job: 'investigation', id: 'long-1' });
    await eventually(async () => expect(await seen("job = 'long-1'")).toHaveLength(2));
    const [first] = await seen("job = 'long-1'");
    const victim = servers.find(({ pid }) => pid === first!.pid)!;
    const survivor = servers.find(({ pid }) => pid !== first!.pid)!;
    victim.kill('SIGKILL');
    await ephemeral.database.execute('INSERT INTO gate DEFAULT VALUES');
    await eventually(async () => expect(await seen("job = 'long-1' AND step = 'third'")).toHaveLength(1));
    expect(await seen("job = 'long-1'")).toEqual([
      { job: 'long-1', step: 'first', pid: victim.pid },
      { job: 'long-1', step: 'second', pid: victim.pid },
      { job: 'long-1', step: 'second', pid: survivor.pid },
      { job: 'long-1', step: 'third', pid: survivor.pid },
    ]);
  });

  it('run no job whose part does not hold what it takes, and tell so once', async () => {
    const survivor = servers.find(({ exitCode, signalCode }) => exitCode === null && signalCode === null)!;
    for (const id of ['refused-1', 'refused-2']) survivor.send({ job: 'uploads-due', id });
    survivor.send({ job: 'repository', id: 'short-after' });
    await eventually(async () => expect(await seen("job = 'short-after'")).toHaveLength(1));
    await eventually(async () =>
      expect((await seen("job = 'uploads-due'")).map(({ step }) => step)).toEqual([
        'denied: {"missing":["data.ingest"]}',
      ]),
    );
    expect(await seen("job LIKE 'refused-%'")).toEqual([]);
  });
});
