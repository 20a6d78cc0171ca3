import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresHome } from './postgres.ts';
import { isAlive, startedAt } from './processes.ts';

const prefix = 'sallyport-';
const ownerFile = 'owner';

const ownerLine = (pid: number) => `${pid} ${startedAt(pid)}`;

/**
 * A temporary data folder that PostgreSQL's user can pass through. Clears up what processes that were killed left behind: their folders,
 * and a PostgreSQL that still runs there.
 */
export function temporaryFolder(): string {
  for (const name of readdirSync(tmpdir())) if (name.startsWith(prefix)) removeAbandoned(join(tmpdir(), name));
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, ownerFile), ownerLine(process.pid));
  return folder;
}

/** Removes a data folder with all in it, PostgreSQL's part too where that is elsewhere. */
export function removeDataFolder(folder: string): void {
  for (const path of [postgresHome(folder, process.getuid?.() === 0), folder])
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function removeAbandoned(folder: string): void {
  try {
    const owner = readFileSync(join(folder, ownerFile), 'utf8');
    const pid = Number.parseInt(owner, 10);
    if (isAlive(pid) && owner === ownerLine(pid)) return;
    const pidFile = join(postgresHome(folder, process.getuid?.() === 0), 'cluster', 'postmaster.pid');
    if (existsSync(pidFile)) {
      const [postmaster, cluster] = readFileSync(pidFile, 'utf8').split('\n');
      // SIGQUIT: at once, without a checkpoint. The folder goes anyway.
      if (cluster?.startsWith(folder) && isAlive(Number(postmaster))) process.kill(Number(postmaster), 'SIGQUIT');
    }
    removeDataFolder(folder);
  } catch {
    // No owner file: not ours. Or another process clears up at the same time.
  }
}
