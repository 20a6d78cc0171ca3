/** The embedded engine's process: loads chDB, drops its rights, serves ClickHouse's HTTP interface on loopback, ends with its parent. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { httpHandler } from './http.ts';
import { loadNative } from './native.ts';
import { Pool } from './pool.ts';

export const Config = z.object({
  dataDir: z.string(),
  port: z.int().min(0).max(65535),
  username: z.string(),
  password: z.string().min(16),
  fileFolders: z.array(z.string()),
  poolSize: z.int().min(1).max(64),
  queueSize: z.int().min(0).max(100_000),
  bodyBytesMax: z.number(),
  /** Memory of the whole engine, bytes. */
  memoryBytes: z.number().positive(),
  /** More of ClickHouse's server configuration: XML elements. */
  configXml: z.string(),
  drop: z.object({ uid: z.int(), gid: z.int() }).optional(),
});
export type Config = z.infer<typeof Config>;

/** How long running statements may go on after `stop`, and how often it is looked whether they do, ms. */
const stopPollMs = 20;
const stopGraceMs = 5_000;

/** An insert's statement stands in the URL; ClickHouse takes 1 MiB there (http_max_uri_size). */
const headerBytesMax = 1024 * 1024 + 16 * 1024;

const die = (): void => void process.kill(process.pid, 'SIGKILL');

/** One process owns a data folder: a second one would corrupt it. Throws when the owner still lives. */
function takeLock(path: string): void {
  let owner = 0;
  try {
    owner = Number(readFileSync(path, 'utf8'));
  } catch {
    // No lock: nobody was here, or the last one left in order.
  }
  if (owner > 0 && owner !== process.pid && isEngine(owner, dirname(path)))
    throw new Error(`the data folder is in use by process ${owner}`);
  writeFileSync(path, String(process.pid));
}

/** Pids are used again: it is an engine of this folder only if its command line says so. */
function isEngine(pid: number, dataDir: string): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return line.some((word) => word.endsWith('engine/main.ts')) && line.includes(dataDir);
  } catch {
    try {
      return process.kill(pid, 0) && process.platform !== 'linux';
    } catch {
      return false;
    }
  }
}

function dropRights(drop: Config['drop']): void {
  process.umask(0o077);
  if (!drop || process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(drop.gid);
  process.setuid?.(drop.uid);
}

/** Sized for a small machine: ClickHouse's own defaults are for one that it has to itself. */
function serverConfig({ memoryBytes, configXml }: Config): string {
  const settings = {
    max_server_memory_usage: Math.round(memoryBytes),
    mark_cache_size: Math.round(memoryBytes / 16),
    primary_index_cache_size: Math.round(memoryBytes / 16),
    background_pool_size: 4,
    background_merges_mutations_concurrency_ratio: 2,
    background_schedule_pool_size: 8,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_common_pool_size: 2,
  };
  const elements = Object.entries(settings).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<clickhouse>\n${[...elements, configXml].join('\n')}\n</clickhouse>\n`;
}

function serve(config: Config): void {
  const native = loadNative();
  dropRights(config.drop);
  const lock = join(config.dataDir, 'engine.pid');
  takeLock(lock);
  const tempDir = join(config.dataDir, 'incoming');
  rmSync(tempDir, { recursive: true, force: true });
  mkdirSync(tempDir, { recursive: true });
  const configPath = join(config.dataDir, 'engine.xml');
  writeFileSync(configPath, serverConfig(config));
  const pool = new Pool(native, {
    dataDir: join(config.dataDir, 'store'),
    size: config.poolSize,
    queue: config.queueSize,
    args: [`--config-file=${configPath}`],
  });
  const { username, password, fileFolders, bodyBytesMax } = config;
  const handle = httpHandler({
    pool,
    username,
    password,
    version: native.EngineVersion(),
    tempDir,
    fileFolders,
    bodyBytesMax,
  });
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0, maxHeaderSize: headerBytesMax }, handle);
  server.on('error', (error) => {
    process.send?.({ type: 'failed', message: error.message });
    die();
  });
  server.listen(config.port, '127.0.0.1', () => {
    const address = server.address();
    process.send?.({ type: 'ready', port: typeof address === 'object' && address ? address.port : 0 });
  });
  process.on('message', (message) => {
    if ((message as { type?: string }).type !== 'stop') return;
    const finish = (): void => {
      // Closing the engine under a statement that is still being cancelled would wait for ever, and hold up this thread.
      if (pool.busy > 0) {
        setTimeout(finish, stopPollMs);
        return;
      }
      pool.close();
      rmSync(lock, { force: true });
      process.exit(0);
    };
    server.close(() => finish());
    server.closeIdleConnections();
    setTimeout(die, stopGraceMs).unref();
  });
}

// Nobody is left to answer to: acknowledged rows are on disk, and a native query would hold up a softer end.
process.on('disconnect', die);
process.on('SIGINT', () => undefined);
process.once('message', (message) => {
  try {
    serve(Config.parse(message));
  } catch (error) {
    process.send?.(
      { type: 'failed', message: error instanceof Error ? error.message : String(error) },
      undefined,
      {},
      die,
    );
  }
});
