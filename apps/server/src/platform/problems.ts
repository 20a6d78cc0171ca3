import { statfs } from 'node:fs/promises';
import type { Problem } from '@sallyport/contracts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What is wrong now, in words for a person; undefined when nothing is. */
export type ProblemCheck = () => Promise<Omit<Problem, 'id' | 'since'> | undefined>;

const everyMs = 5_000;
const checkMaxMs = 2_000;

export interface Problems {
  /** What was wrong at the last look, errors first. */
  list(): readonly Problem[];
  /** Looks now. */
  look(): Promise<void>;
  /** Looks every five seconds until the signal says so. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Keeps an eye on what stops Sallyport from doing its work. Each check has two seconds; one that fails or takes longer is a problem of its own. What begins and
 * what ends is logged, and counted in the metric `problems`.
 */
export function createProblems(
  { clock, log, metrics }: { clock: Clock; log: Log; metrics: Metrics },
  checks: Readonly<Record<string, ProblemCheck>>,
): Problems {
  const gauge = metrics.gauge('problems', 'What is wrong now: 1 a problem', ['problem']);
  let problems: readonly Problem[] = [];

  const checked = async (id: string, check: ProblemCheck): Promise<Omit<Problem, 'id' | 'since'> | undefined> => {
    const stop = new AbortController();
    const late = clock.sleep(checkMaxMs, stop.signal).then(() => {
      if (!stop.signal.aborted) throw new Error(`no answer within ${checkMaxMs / 1_000} s`);
      return undefined;
    });
    try {
      return await Promise.race([check(), late]);
    } catch (error) {
      return {
        severity: 'error',
        title: `The state of ${id} can't be told`,
        detail: error instanceof Error ? error.message : String(error),
      };
    } finally {
      stop.abort();
    }
  };

  const look = async (): Promise<void> => {
    const now = clock.now().toISOString();
    const found = await Promise.all(
      Object.entries(checks).map(async ([id, check]): Promise<Problem | undefined> => {
        const problem = await checked(id, check);
        const before = problems.find((known) => known.id === id);
        gauge.set({ problem: id }, problem ? 1 : 0);
        if (problem && !before) log.warn({ problem: id, ...problem }, 'a problem began');
        if (!problem && before) log.info({ problem: id, since: before.since }, 'a problem ended');
        return problem && { id, since: before?.since ?? now, ...problem };
      }),
    );
    const rank = { error: 0, warning: 1 } as const;
    problems = found
      .filter((problem) => problem !== undefined)
      .toSorted((a, b) => rank[a.severity] - rank[b.severity] || a.since.localeCompare(b.since));
  };

  return {
    list: () => problems,
    look,
    run: async (signal) => {
      while (!signal.aborted) {
        await look();
        await clock.sleep(everyMs, signal);
      }
    },
  };
}

const gib = 2 ** 30;
const shown = (bytes: number): string =>
  bytes >= gib ? `${(bytes / gib).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;

/** The disk under a folder: a warning below 5 % or 5 GiB of room, whichever is less; an error below a tenth of that. */
export function diskCheck(
  folder: string,
  what: string,
  room: (folder: string) => Promise<{ bavail: number; blocks: number; bsize: number }> = statfs,
): ProblemCheck {
  return async () => {
    const { bavail, blocks, bsize } = await room(folder);
    const [free, warnBelow] = [bavail * bsize, Math.min(5 * gib, blocks * bsize * 0.05)];
    if (free >= warnBelow) return undefined;
    const full = free < warnBelow / 10;
    return {
      severity: full ? 'error' : 'warning',
      title: full ? 'The disk is full' : 'The disk is nearly full',
      detail: `${shown(free)} of ${shown(blocks * bsize)} are free where ${what} lies (${folder}). Make room, or shorten the retention of large tables: when nothing is left, doors refuse logs and nothing can be changed.`,
    };
  };
}

interface SpoolState {
  readonly bytes: number;
  readonly oldestMs: number;
  readonly poisonedSegments: number;
  readonly refusedMs: number | undefined;
}
/** Senders that are asked to come again do so within a minute. */
const refusedLatelyMs = 60_000;

/** Logs that wait for the engine. */
export function spoolCheck(stats: () => SpoolState | undefined, totalBytes: number): ProblemCheck {
  return async () => {
    const now = stats();
    if (now === undefined) return undefined;
    const { bytes, oldestMs, poisonedSegments, refusedMs } = now;
    const waiting = `${shown(bytes)} of logs wait on disk for the log engine (room for ${shown(totalBytes)}), the oldest for ${Math.round(oldestMs / 1_000)} s.`;
    if (bytes > totalBytes * 0.95)
      return {
        severity: 'error',
        title: 'Doors refuse logs: the spool is full',
        detail: `${waiting} Senders are asked to come again (429), datagrams are dropped. It empties by itself once the engine takes logs again.`,
      };
    // A sender alone, and a stream, may fill three quarters: the rest is kept for others.
    if (refusedMs !== undefined && refusedMs < refusedLatelyMs)
      return {
        severity: 'error',
        title: 'Doors refuse logs: a sender or a stream has filled its share of the spool',
        detail: `${waiting} It is asked to come again (429), its datagrams are dropped; others still have room. The spool empties by itself once the engine takes logs again.`,
      };
    if (bytes > totalBytes * 0.5 || oldestMs > 60_000)
      return { severity: 'warning', title: 'Logs come in faster than they are stored', detail: waiting };
    if (poisonedSegments > 0)
      return {
        severity: 'warning',
        title: 'Some logs could not be stored',
        detail: `${poisonedSegments} pieces are kept in the spool's folder “poison”, each with its error beside it.`,
      };
    return undefined;
  };
}
