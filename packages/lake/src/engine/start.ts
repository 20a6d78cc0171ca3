import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { setPriority, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { coldPolicy } from '../retention/storage.ts';
import type { Config } from './main.ts';

export interface EngineOptions {
  /** Folder that the engine owns; made when missing. */
  readonly dataDir: string;
  /** Folder of spool segments: the only place that `file()` may read. Must exist before segments are loaded. */
  readonly spoolDir?: string;
  /** Folder, on a cheaper disk, for rows of the long-term tier; made when missing. Once rows are there, the engine does not start without it. */
  readonly coldDir?: string;
  /** Loopback port; 0 (default) takes a free one. A supervisor that restarts the engine gives the same port and password again. */
  readonly port?: number;
  /** Default: random, 32 bytes. At least 16 characters. */
  readonly password?: string;
  /** Statements that run side by side. Default 8. */
  readonly poolSize?: number;
  /** Statements that may wait beyond those; more are answered 503. Default 256. */
  readonly queueSize?: number;
  /** Largest body of one insert, bytes. Default 4 GiB. */
  readonly bodyBytesMax?: number;
  /** Memory of the whole engine, bytes; a statement that would pass it fails with MEMORY_LIMIT_EXCEEDED. Default: half of the machine's. */
  readonly memoryBytes?: number;
  /** More of ClickHouse's server configuration, as XML elements (macros, remote_servers). */
  readonly configXml?: string;
  /** Wait for readiness, ms. Default 60,000. */
  readonly startTimeoutMs?: number;
  /** Lines the child prints, and notes of our own. */
  readonly log?: (line: string) => void;
}

export interface EngineExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Engine {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly pid: number;
  /** Group that must be able to read spool segments, when the engine runs as another user than this process. */
  readonly gid: number | undefined;
  /** Settles when the process has ended, whyever. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /** Does the process answer a request within `ms`? Its statements may take as long as they like. Never rejects. */
  answers(ms: number): Promise<boolean>;
  /** Ends the process at once; false when it has ended already. What was acknowledged is on disk. */
  kill(): boolean;
  /** Lets running statements end (5 s), then ends the process; one that does not hear is killed. Idempotent. */
  stop(): Promise<void>;
}

/** Longer than the engine itself gives its statements. */
const stopMs = 10_000;

/** User and group `nobody`: what the engine runs as when this process is root. */
const nobody = { uid: 65534, gid: 65534 };
const username = 'sallyport';

/** Bytes; in a container, what it may have. */
const machineMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity);

/** Can another user reach `path` through all folders above it? */
async function reachable(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function giveTo(folder: string, owner: { uid: number; gid: number }): Promise<void> {
  if ((await stat(folder)).uid === owner.uid) return;
  const entries = await readdir(folder, { recursive: true });
  for (const entry of entries) {
    const path = join(folder, entry);
    if (!(await lstat(path)).isSymbolicLink()) await chown(path, owner.uid, owner.gid);
  }
  await chown(folder, owner.uid, owner.gid);
}

/** Whom the child becomes, or undefined to stay as we are: we are not root, or `nobody` could not reach its own data. */
async function chooseDrop(folders: readonly string[]): Promise<typeof nobody | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const within = await Promise.all(folders.map(reachable));
  return within.every(Boolean) ? nobody : undefined;
}

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The engine's own disk first, and the folder behind it, for `TTL … TO VOLUME`. */
const coldStorage = (folder: string): string =>
  `<storage_configuration><disks><cold><path>${xml(folder)}/</path></cold></disks><policies><${coldPolicy.name}><volumes>` +
  `<${coldPolicy.hot}><disk>default</disk></${coldPolicy.hot}><${coldPolicy.cold}><disk>cold</disk></${coldPolicy.cold}>` +
  `</volumes></${coldPolicy.name}></policies></storage_configuration>`;

const Ready = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.number() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);

function waitReady(child: ChildProcess, config: Config, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the lake engine did not start: ${message}`));
    };
    const timer = setTimeout(() => fail(`not ready after ${timeoutMs} ms`), timeoutMs);
    const ended = (code: number | null, signal: string | null): void => fail(`ended with ${signal ?? code}`);
    child.once('exit', ended);
    child.once('error', (error) => fail(error.message));
    child.once('message', (raw) => {
      const message = Ready.parse(raw);
      if (message.type === 'failed') return fail(message.message);
      clearTimeout(timer);
      child.off('exit', ended);
      resolve(message.port);
    });
    child.send(config);
  });
}

/**
 * Starts the embedded engine as a child process: no environment of ours, umask 077, user `nobody` when we are root and the folders allow it,
 * ends when this process ends. Resolves when it answers; throws when it does not within `startTimeoutMs`.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const dataDir = resolve(options.dataDir);
  const spoolDir = options.spoolDir === undefined ? undefined : resolve(options.spoolDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const coldDir = options.coldDir === undefined ? undefined : resolve(options.coldDir);
  if (coldDir !== undefined) await mkdir(coldDir, { recursive: true, mode: 0o700 });
  const log = options.log ?? (() => undefined);
  const drop = await chooseDrop([dataDir, spoolDir, coldDir].filter((path) => path !== undefined));
  if (drop) for (const path of [dataDir, coldDir]) if (path !== undefined) await giveTo(path, drop);
  if (!drop && process.getuid?.() === 0) log(`the engine runs as root: ${dataDir} can't be reached by another user`);
  const poolSize = options.poolSize ?? 8;
  const password = options.password ?? randomBytes(32).toString('base64url');
  const child = fork(new URL('./main.ts', import.meta.url), [dataDir], {
    // Each running statement holds a thread of libuv's pool; four are left for files and compression.
    env: { UV_THREADPOOL_SIZE: String(poolSize + 4), TZ: 'UTC', HOME: dataDir, LANG: 'C.UTF-8' },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // On a busy machine whoever answers and acknowledges goes first; a load that comes a little later loses nothing.
  if (child.pid !== undefined) setPriority(child.pid, 5);
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => log(line.slice(0, 2_000)));
  const exited = new Promise<EngineExit>((settle) => {
    child.on('exit', (code, signal) => settle({ code, signal }));
  });
  const port = await waitReady(
    child,
    {
      dataDir,
      port: options.port ?? 0,
      username,
      password,
      fileFolders: spoolDir === undefined ? [] : [spoolDir],
      poolSize,
      queueSize: options.queueSize ?? 256,
      memoryBytes: options.memoryBytes ?? machineMemory() / 2,
      configXml: `${options.configXml ?? ''}${coldDir === undefined ? '' : coldStorage(coldDir)}`,
      bodyBytesMax: options.bodyBytesMax ?? 4 * 2 ** 30,
      ...(drop ? { drop } : {}),
    },
    options.startTimeoutMs ?? 60_000,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    username,
    password,
    pid: child.pid ?? 0,
    gid: drop?.gid,
    exited,
    answers: (ms) =>
      fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(ms) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    kill: () => child.kill('SIGKILL'),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null && child.connected) child.send({ type: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
