import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { SallyportError, type JobName } from '@sallyport/contracts';
import type { Database } from '../database/types.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Tracing } from '../tracing.ts';
import type { Work } from '../work.ts';
import { defaultTimes, startHeartbeat, type HeartbeatTimes } from './heartbeat.ts';
import { dbosLogger } from './log.ts';
import type { JobRun, Jobs, ScheduledRun } from './types.ts';

export type { HeartbeatTimes } from './heartbeat.ts';
export type { JobRun, Jobs, ScheduledRun } from './types.ts';

/** Raise it when the steps of a job in flight can't be gone on with by newer code: such jobs then stay where they are. */
const stepsVersion = 'sallyport-1';
/** How often a server looks whether there is a job for it. Each look is several queries, for each kind of job. */
const pollMs = 500;
/** The same for what is due by the clock, of which there are many kinds. */
const schedulePollMs = 2_000;
/** A step that finds the database or the lake away is tried again: 1 s, 2 s, … for about two minutes in all. */
const stepAttempts = 7;

export interface JobRunner extends Jobs {
  /** Begins to run jobs, after everything has been defined. One runner a process: DBOS is global. */
  launch(): Promise<void>;
  /** Takes no new job, lets those that run end for `drainTime` milliseconds, and leaves the rest to other servers. */
  stop(drainTime: number): Promise<void>;
  /** Forgets what was defined, so that another runner of this process may define it. After `stop`. */
  close(): Promise<void>;
  readonly running: boolean;
  /** Of what has been defined. */
  readonly names: readonly string[];
}

interface Definition {
  readonly queue: string;
  readonly concurrency: number;
  readonly workflow: (input: unknown) => Promise<void>;
}
interface Schedule {
  readonly queue: string;
  readonly cron: string;
  readonly workflow: (dueAt: Date, context: unknown) => Promise<void>;
}

/** Durable jobs on the state's PostgreSQL (DBOS), each as its part of Sallyport: queued once by id, stepwise, taken up by another server when theirs dies. */
export function createJobs(options: {
  database: Database;
  log: Log;
  metrics: Metrics;
  tracing: Tracing;
  work: Work;
  heartbeat?: HeartbeatTimes;
}): JobRunner {
  const { database, log, metrics, tracing, work } = options;
  const definitions = new Map<string, Definition>();
  const schedules = new Map<string, Schedule>();
  const finished = metrics.counter('jobs_total', 'Jobs that ended on this server', ['job', 'result']);
  const seconds = metrics.histogram('job_seconds', 'Time a job took', ['job'], [0.01, 0.1, 1, 10, 60, 600]);
  let stopHeartbeat: (() => Promise<void>) | undefined;
  let running = false;

  const observed = async (name: string, run: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    try {
      await tracing.span(`job ${name}`, { 'job.id': DBOS.workflowID ?? '' }, run);
      finished.inc({ job: name, result: 'success' });
    } catch (err) {
      finished.inc({ job: name, result: 'failure' });
      log.error({ err, job: name, workflowId: DBOS.workflowID }, 'job failed');
      throw err;
    } finally {
      seconds.observe({ job: name }, (performance.now() - started) / 1000);
    }
  };

  const mustNotRun = (name: string) => {
    if (running) throw new Error(`job ${name} is defined after the start`);
    if (definitions.has(name) || schedules.has(name)) throw new Error(`job ${name} is defined twice`);
  };

  return {
    define: <Input>(name: JobName, run: (job: JobRun<Input>) => Promise<void>, { concurrency = 2 } = {}) => {
      mustNotRun(name);
      const workflow = DBOS.registerWorkflow(
        (input: unknown) =>
          observed(name, async () =>
            run({ as: await work.begin(name), input: input as Input, workflowId: DBOS.workflowID ?? '', step }),
          ),
        { name: `job-${name}` },
      );
      definitions.set(name, { queue: `job-${name}`, concurrency, workflow });
    },

    schedule: (name: JobName, cron: string, run: (job: ScheduledRun) => Promise<void>) => {
      mustNotRun(name);
      const workflow = DBOS.registerWorkflow(
        (dueAt: Date, _context: unknown) =>
          observed(name, async () =>
            run({ as: await work.begin(name), dueAt, workflowId: DBOS.workflowID ?? '', step }),
          ),
        { name: `schedule-${name}` },
      );
      schedules.set(name, { queue: `schedule-${name}`, cron, workflow });
    },

    start: async (name, workflowId, input) => {
      const definition = definitions.get(name);
      if (!definition) throw new Error(`job ${name} is not defined`);
      await DBOS.startWorkflow(definition.workflow, { workflowID: workflowId, queueName: definition.queue })(input);
    },

    result: async (workflowId) => {
      await DBOS.retrieveWorkflow(workflowId).getResult();
    },

    launch: async () => {
      const serverId = `server-${randomUUID()}`;
      DBOS.setConfig({
        name: 'sallyport',
        systemDatabaseUrl: database.url,
        systemDatabaseSchemaName: 'dbos',
        systemDatabasePoolSize: 8,
        executorID: serverId,
        applicationVersion: stepsVersion,
        schedulerPollingIntervalMs: 5_000,
        logger: dbosLogger(log),
        tracingEnabled: false,
      });
      // DBOS gives up at once when the database is away; this waits for it.
      await database.ping();
      await DBOS.launch();
      running = true;
      for (const { queue, concurrency } of definitions.values())
        await DBOS.registerQueue(queue, {
          workerConcurrency: concurrency,
          minPollingIntervalMs: pollMs,
          onConflict: 'always_update',
        });
      await applySchedules(schedules);
      stopHeartbeat = await startHeartbeat({ database, log, serverId, times: options.heartbeat ?? defaultTimes });
    },

    stop: async (drainTime) => {
      if (!running) return;
      running = false;
      await DBOS.shutdown({ workflowCompletionTimeoutMS: drainTime });
      await stopHeartbeat?.();
    },

    close: async () => {
      if (definitions.size + schedules.size > 0) await DBOS.shutdown({ deregister: true });
    },

    get running() {
      return running;
    },
    get names() {
      return [...definitions.keys(), ...schedules.keys()];
    },
  };
}

const step = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  DBOS.runStep(work, {
    name,
    retriesAllowed: true,
    maxAttempts: stepAttempts,
    intervalSeconds: 1,
    backoffRate: 2,
    shouldRetry: (error) => error instanceof SallyportError && error.code === 'Unavailable',
  });

/** Schedules live in the database. Those of ours are as the code has them, and others, of older code, go. */
async function applySchedules(schedules: ReadonlyMap<string, Schedule>): Promise<void> {
  // One run of a schedule at a time over all servers: a slow one puts the next off and doesn't meet it.
  for (const { queue } of schedules.values())
    await DBOS.registerQueue(queue, {
      globalConcurrency: 1,
      minPollingIntervalMs: schedulePollMs,
      onConflict: 'always_update',
    });
  await DBOS.applySchedules(
    [...schedules].map(([scheduleName, { cron, queue, workflow }]) => ({
      scheduleName,
      workflowFn: workflow,
      schedule: cron,
      cronTimezone: 'UTC',
      queueName: queue,
    })),
  );
  for (const { scheduleName } of await DBOS.listSchedules())
    if (!schedules.has(scheduleName)) await DBOS.deleteSchedule(scheduleName);
}
