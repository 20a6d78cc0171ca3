import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../platform/log.ts';
import { openToAll, postgresBinaries } from './postgres-binaries.ts';
import { isAlive } from './processes.ts';

const majorVersion = '18';
/** `nobody`: PostgreSQL refuses to run as root. */
const unprivilegedId = 65_534;
const startPatienceMs = 60_000;
const stopPatienceMs = 15_000;

export interface EmbeddedPostgres {
  /** With the password in it. Stays the same when `restart` is called. */
  readonly url: string;
  readonly pid: number;
  /** Its first line is the number of the process that runs now, also after a restart. */
  readonly pidFile: string;
  /** Resolves when the process has ended, whatever the reason. */
  readonly exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back. Kills after 15 s. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The data folder of Sallyport; PostgreSQL's own is below it. */
  readonly dataDir: string;
  readonly log: Log;
  /** Take this port; default a free one. */
  readonly port?: number;
  /** For tests and replay: nothing is synced to disk, so that a crash of the machine may lose all. */
  readonly ephemeral?: boolean;
}

/**
 * Where PostgreSQL lives: `postgres` in the data folder. As root it runs as `nobody`, who can't pass through a closed folder above it
 * (`/root`); then it is in /var/lib/sallyport, by a name made from the data folder's.
 */
export function postgresHome(dataDir: string, asRoot: boolean): string {
  if (!asRoot || openToAll(dataDir)) return join(dataDir, 'postgres');
  return join('/var/lib/sallyport', createHash('sha256').update(dataDir).digest('hex').slice(0, 16), 'postgres');
}

/** Starts PostgreSQL in the data folder, making the cluster when there is none, and waits until it answers. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: unprivilegedId, gid: unprivilegedId } : {};
  mkdirSync(options.dataDir, { recursive: true, mode: asRoot ? 0o711 : 0o700 });
  const home = postgresHome(options.dataDir, asRoot);
  mkdirSync(home, { recursive: true, mode: asRoot ? 0o755 : 0o700 });
  const binaries = postgresBinaries(join(home, 'binaries'), asRoot);
  const cluster = join(home, 'cluster');
  const passwordFile = join(home, 'password');
  const context: Context = { ...options, binaries, cluster, passwordFile, user };
  await stopLeftover(context);
  await makeCluster(context);
  const port = options.port ?? (await freePort());
  const child = launch(context, port);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const password = readFileSync(passwordFile, 'utf8').trim();
  const url = `postgres://sallyport:${password}@127.0.0.1:${port}/sallyport`;
  await waitUntilReady(url, child, options.log);
  return {
    url,
    pid: child.pid!,
    pidFile: join(cluster, 'postmaster.pid'),
    exited,
    stop: () => stopChild(child, exited),
  };
}

interface Context extends PostgresOptions {
  readonly binaries: string;
  readonly cluster: string;
  readonly passwordFile: string;
  readonly user: { uid?: number; gid?: number };
}

const environment = { LANG: 'C', LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

async function makeCluster(context: Context): Promise<void> {
  const { cluster, passwordFile, binaries, user, ephemeral } = context;
  const versionFile = join(cluster, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, 'utf8').trim();
    if (version === majorVersion) return;
    throw new Error(
      `${cluster} belongs to PostgreSQL ${version}; this Sallyport brings ${majorVersion}. Dump and restore it`,
    );
  }
  if (existsSync(cluster)) throw new Error(`${cluster} is there, but is no PostgreSQL cluster: it has no PG_VERSION`);
  // Made aside and then renamed, so that a start that is cut off leaves nothing that looks whole.
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  if (user.uid !== undefined) for (const path of [fresh, passwordFile]) chownSync(path, user.uid, user.gid!);
  await run(join(binaries, 'bin', 'initdb'), user, [
    '-D',
    fresh,
    '--username=sallyport',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    ...(ephemeral ? ['--no-sync'] : []),
  ]);
  await createDatabase(context, fresh);
  renameSync(fresh, cluster);
}

/** In single-user mode, so that no half-made cluster is ever served. */
const createDatabase = ({ binaries, user, ephemeral }: Context, cluster: string) =>
  run(
    join(binaries, 'bin', 'postgres'),
    user,
    ['--single', ...(ephemeral ? ['-F'] : []), '-D', cluster, 'postgres'],
    'CREATE DATABASE sallyport;\n',
  );

function run(file: string, user: Context['user'], args: readonly string[], input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...user, env: environment, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(String(chunk)));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${file} ended with ${code}: ${output.join('').slice(-2_000)}`)),
    );
    child.stdin.end(input);
  });
}

function launch({ binaries, cluster, user, ephemeral, log }: Context, port: number): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '64MB',
    jit: 'off',
    // Reads are few and small here; workers would only be three more processes.
    io_method: 'sync',
    max_parallel_workers_per_gather: '0',
    // Of disks that don't turn. With the default of 4, five hundred keys are looked for by reading the whole table.
    random_page_cost: '1.1',
    // Statements hold people's data, which has no place in a log.
    log_min_error_statement: 'panic',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(ephemeral ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A group of its own: Ctrl-C in the terminal must reach the supervisor only, which stops things in order.
  const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', cluster, ...args], {
    ...user,
    env: environment,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  createInterface({ input: child.stderr! }).on('line', (line) => {
    // While it starts, our own asking whether it is ready makes it say that it isn't.
    const serious = /\b(?:ERROR|FATAL|PANIC):(?! {2}the database system is (?:starting up|shutting down))/.test(line);
    log[serious ? 'warn' : 'debug']({ process: 'postgres' }, line);
  });
  return child;
}

async function waitUntilReady(url: string, child: ChildProcess, log: Log): Promise<void> {
  const deadline = Date.now() + startPatienceMs;
  let failed: Error | undefined;
  child.once('error', (error) => (failed = error));
  for (;;) {
    if (failed) throw failed;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`PostgreSQL ended while starting (${child.exitCode ?? child.signalCode}); its log says why`);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error('PostgreSQL did not become ready', { cause: error });
      log.trace({ err: error }, 'PostgreSQL is not ready yet');
      await delay(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const stopped = await Promise.race([exited.then(() => true), delay(stopPatienceMs, false, { ref: false })]);
  if (stopped) return;
  child.kill('SIGQUIT');
  await Promise.race([exited, delay(2_000, undefined, { ref: false })]);
  child.kill('SIGKILL');
}

/** A supervisor that was killed can't stop its PostgreSQL: the next one does, going by the file that PostgreSQL keeps. */
async function stopLeftover({ cluster, log }: Context): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  if (lines[1] !== cluster || !Number.isInteger(pid) || !isAlive(pid) || !isPostgres(pid)) return;
  log.warn({ postgresPid: pid }, 'stopping a PostgreSQL left over from a supervisor that was killed');
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    process.kill(pid, signal);
    const deadline = Date.now() + stopPatienceMs;
    while (isAlive(pid) && Date.now() < deadline) await delay(25);
    if (!isAlive(pid)) break;
  }
  // Only SIGKILL leaves it behind; the postmaster would find it stale by itself, unless the number has been taken by another process.
  rmSync(file, { force: true });
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return process.platform !== 'linux';
  }
}

/** A port that was free a moment ago on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
