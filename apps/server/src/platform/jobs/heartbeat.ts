import { setTimeout as delay } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Database } from '../database/types.ts';
import type { Log } from '../log.ts';

/** How often a server says that it lives, and after how long a silence it is taken for dead. Milliseconds. */
export interface HeartbeatTimes {
  readonly beat: number;
  readonly deadAfter: number;
}

/** Five beats missed. A server that is only slow and comes back finds its jobs taken: DBOS then drops what it would still write for them. */
export const defaultTimes: HeartbeatTimes = { beat: 2_000, deadAfter: 10_000 };
/** Any number, the same for all servers: one at a time takes over from the dead. */
const takeoverLock = 7_255_989;
const takeoverJobsMax = 10_000;

/** Ended jobs are kept for looking at, and so that their ids can't be used again. */
const keptDays = { schedule: 1, job: 30 } as const;
const removedAtOnce = 500;
const beatsPerCleaning = 300;

/**
 * Says that this server lives, and takes up the jobs of servers that have been silent. DBOS by itself only takes up jobs of an executor
 * that comes back under the same name.
 */
export async function startHeartbeat(options: {
  database: Database;
  log: Log;
  serverId: string;
  times: HeartbeatTimes;
}): Promise<() => Promise<void>> {
  const { database, log, serverId, times } = options;
  const stopping = new AbortController();

  const beat = () =>
    database.execute('INSERT INTO servers (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()', [serverId]);
  // When the database itself was away, every server has been silent: the living get the time of two beats to say so.
  let inRow = 0;
  let last = -Infinity;
  const countBeat = () => {
    const now = performance.now();
    inRow = now - last < 2 * times.beat ? inRow + 1 : 0;
    last = now;
  };
  const run = async () => {
    for (let beats = 1; !stopping.signal.aborted; beats++) {
      await delay(times.beat, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        await beat();
        countBeat();
        if (inRow >= 2) await takeOver(options);
        if (beats % beatsPerCleaning === 0) await removeOld();
      } catch (err) {
        log.warn({ err }, 'heartbeat failed');
      }
    }
  };

  await beat();
  countBeat();
  const loop = run();
  return async () => {
    stopping.abort();
    await loop;
    // Taken for dead at once: what it leaves unfinished needn't wait.
    await database.execute("UPDATE servers SET seen_at = 'epoch' WHERE id = $1", [serverId]).catch(() => undefined);
  };
}

/** Puts the unfinished jobs of dead servers back in their queues. */
async function takeOver(options: {
  database: Database;
  log: Log;
  serverId: string;
  times: HeartbeatTimes;
}): Promise<void> {
  const { database, log, serverId, times } = options;
  const silent = `FROM servers WHERE seen_at < now() - $2 * interval '1 millisecond' AND id <> $1`;
  if (!(await database.first(`SELECT 1 ${silent}`, [serverId, times.deadAfter]))) return;
  await database.transaction(async (tx) => {
    // Under the lock, or else a second survivor could put a job back that the first has begun to run.
    await tx.query('SELECT pg_advisory_xact_lock($1)', [takeoverLock]);
    for (const { id } of await tx.query<{ id: string }>(`SELECT id ${silent}`, [serverId, times.deadAfter])) {
      const jobs = await DBOS.listWorkflows({
        executorId: id,
        status: 'PENDING',
        limit: takeoverJobsMax,
        loadInput: false,
        loadOutput: false,
      });
      for (const [queue, ids] of Object.entries(Object.groupBy(jobs, (job) => job.queueName ?? '')))
        await DBOS.resumeWorkflows(
          ids!.map((job) => job.workflowID),
          queue === '' ? {} : { queueName: queue },
        );
      if (jobs.length < takeoverJobsMax) await tx.execute('DELETE FROM servers WHERE id = $1', [id]);
      log.warn({ deadServer: id, jobs: jobs.length }, 'took over from a server that stopped');
    }
  });
}

async function removeOld(): Promise<void> {
  for (const [prefix, days] of Object.entries({ 'sched-': keptDays.schedule, '': keptDays.job })) {
    const old = await DBOS.listWorkflows({
      ...(prefix === '' ? {} : { workflow_id_prefix: prefix }),
      completedBefore: new Date(Date.now() - days * 86_400_000).toISOString(),
      limit: removedAtOnce,
      loadInput: false,
      loadOutput: false,
    });
    if (old.length > 0) await DBOS.deleteWorkflows(old.map((job) => job.workflowID));
  }
}
