import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { removeDataFolder, temporaryFolder } from './temporary.ts';
import { freePort } from './postgres.ts';
import { isAlive } from './processes.ts';

// Whole systems are started and killed here: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const entry = fileURLToPath(new URL('./test-supervisor.ts', import.meta.url));
let dataDir: string;
let port: number;
let supervisor: Started;

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  output(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

function start(): Started {
  const child = spawn(process.execPath, [entry, dataDir, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  return {
    child,
    pid: child.pid!,
    output: () => output,
    ended: once(child, 'exit').then(([code]: (number | null)[]) => code ?? null),
  };
}

const until = <T>(check: () => T | Promise<T>, timeout = 30_000) => vi.waitFor(check, { timeout, interval: 100 });
const isReady = (started: Started) => until(() => expect(started.output()).toContain('Sallyport is ready at'));

async function get(path: string): Promise<{ status: number; body: string }> {
  const agent = new Agent({ ca: readFileSync(join(dataDir, 'tls', 'ca.pem')) });
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const sent = request(`https://localhost:${port}${path}`, { agent, timeout: 5_000 }, (response) => {
    let body = '';
    response.on('data', (chunk: Buffer) => (body += String(chunk)));
    response.on('end', () => resolve({ status: response.statusCode!, body }));
    response.on('error', reject);
  });
  sent.on('error', reject).end();
  return promise.finally(() => agent.destroy());
}
const servesAgain = () => until(async () => expect((await get('/readyz')).status).toBe(200));

/** The three processes of the supervisor, by what they run. */
function children(): Record<'server' | 'engine' | 'postgres', number> {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=', '-ww'], { encoding: 'utf8' }).split('\n');
  const own = lines.flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === supervisor.pid ? [{ pid: Number(pid), args: args! }] : [];
  });
  const find = (part: string) => own.find(({ args }) => args.includes(part))?.pid ?? 0;
  return { server: find('server/src/main.ts'), engine: find('engine/main.ts'), postgres: find('bin/postgres') };
}

beforeAll(async () => {
  dataDir = temporaryFolder();
  port = await freePort();
  supervisor = start();
  await isReady(supervisor);
});
afterAll(async () => {
  supervisor.child.kill('SIGTERM');
  await supervisor.ended;
  removeDataFolder(dataDir);
});

describe('the supervisor', () => {
  it('prints the address and a link for the first administrator', () => {
    expect(supervisor.output()).toContain(`Sallyport is ready at https://localhost:${port}`);
    expect(supervisor.output()).toMatch(/https:\/\/localhost:\d+\/setup#token=[\w-]{43}/);
  });

  it('says of a second start that one is running', async () => {
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(
      `Sallyport is already running (pid ${supervisor.pid}, https://localhost:${port}) for ${dataDir}`,
    );
  });

  it.each(['server', 'engine', 'postgres'] as const)('starts the %s again when it is killed', async (name) => {
    const before = children();
    process.kill(before[name], 'SIGKILL');
    await until(() => expect(isAlive(before[name])).toBe(false));
    await servesAgain();
    const after = children();
    expect(after).toEqual({ ...before, [name]: after[name] });
    expect(after[name]).not.toBe(before[name]);
  });

  it('starts the engine again when it lives and answers nothing', async () => {
    const before = children();
    process.kill(before.engine, 'SIGSTOP');
    await until(() => expect(isAlive(before.engine)).toBe(false), 60_000);
    await servesAgain();
    const after = children();
    expect(after).toEqual({ ...before, engine: after.engine });
    expect(supervisor.output()).toContain('the lake engine did not answer, and was killed');
  });

  it('leaves no process behind when it is killed itself, and starts again on what it left', async () => {
    const orphans = Object.values(children());
    supervisor.child.kill('SIGKILL');
    await until(() => expect(orphans.filter(isAlive)).toEqual([]));
    supervisor = start();
    await isReady(supervisor);
    await servesAgain();
  });

  it('stops everything in order on SIGTERM', async () => {
    const all = Object.values(children());
    supervisor.child.kill('SIGTERM');
    expect(await supervisor.ended).toBe(0);
    expect(all.filter(isAlive)).toEqual([]);
    expect(existsSync(join(dataDir, 'supervisor.lock'))).toBe(false);
  });
});
