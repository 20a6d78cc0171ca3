import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive, startedAt } from './processes.ts';

const Holder = z.object({
  pid: z.int(),
  /** See `startedAt`. */
  started: z.string(),
  address: z.string(),
});
type Holder = z.infer<typeof Holder>;

/** Another supervisor holds the data folder. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
  readonly pid: number;
  readonly address: string;

  constructor(holder: Holder, dataDir: string) {
    super(`Sallyport is already running (pid ${holder.pid}, ${holder.address}) for ${dataDir}`);
    this.pid = holder.pid;
    this.address = holder.address;
  }
}

function read(path: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

const isHeld = (holder: Holder | undefined): holder is Holder =>
  holder !== undefined && holder.pid !== process.pid && isAlive(holder.pid) && startedAt(holder.pid) === holder.started;

/**
 * Takes the data folder for this process: `supervisor.lock` in it. A lock whose process has ended, however it did, is taken over.
 * Throws AlreadyRunning. Answers what releases it.
 */
export function lockDataFolder(dataDir: string, address: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const path = join(dataDir, 'supervisor.lock');
  const own = `${path}.${process.pid}`;
  const holder: Holder = { pid: process.pid, started: startedAt(process.pid), address };
  writeFileSync(own, JSON.stringify(holder), { mode: 0o644 });
  try {
    // A link is made whole or not at all, and never over another.
    for (let attempts = 0; ; attempts++)
      try {
        linkSync(own, path);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempts > 5) throw error;
        removeStale(path, dataDir);
      }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (read(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

function removeStale(path: string, dataDir: string): void {
  const holder = read(path);
  if (isHeld(holder)) throw new AlreadyRunning(holder, dataDir);
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another start has removed it
  }
  // Between reading and renaming, another start may have taken the lock: give it back to it.
  const taken = read(aside);
  if (isHeld(taken)) {
    renameSync(aside, path);
    throw new AlreadyRunning(taken, dataDir);
  }
  rmSync(aside, { force: true });
}
