import { readdir, readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second. */
const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

/** Seconds of processor that this process and all below it have used, those that ended and were waited for too. Linux only. */
export async function treeCpuSeconds(): Promise<number> {
  const stats = new Map<number, Stat>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readStat(name);
    if (stat) stats.set(Number(name), stat);
  }
  let ticks = 0;
  for (const [pid, stat] of stats) if (isBelow(pid, stats)) ticks += stat.ticks;
  return ticks / ticksPerSecond;
}

function isBelow(pid: number, stats: ReadonlyMap<number, Stat>): boolean {
  let at = pid;
  for (let depth = 0; depth < 20; depth++) {
    if (at === process.pid) return true;
    const parent = stats.get(at)?.parent;
    if (parent === undefined || parent <= 1) return false;
    at = parent;
  }
  return false;
}

/** Undefined when the process has just ended. */
async function readStat(pid: string): Promise<Stat | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [parent, ...used] = [fields[1], fields[11], fields[12], fields[13], fields[14]].map(Number);
    return { parent: parent ?? 0, ticks: used.reduce((sum, ticks) => sum + ticks, 0) };
  } catch {
    return undefined;
  }
}
