import type { JobName } from '@sallyport/contracts';
import type { Principal } from '../principal.ts';

/** What a running job is given. */
export interface JobRun<Input> {
  /** As which part of Sallyport it runs. */
  readonly as: Principal;
  readonly input: Input;
  readonly workflowId: string;
  /**
   * Runs `work` once and remembers its answer (plain JSON), so that a job taken up by another server goes on after the last finished step.
   * When it throws Unavailable it is tried again, seven times in two minutes. A step that was cut off runs again: make it idempotent.
   */
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

export interface ScheduledRun {
  readonly as: Principal;
  /** When this run was due, to the second. A run that came late has the time it should have had. */
  readonly dueAt: Date;
  readonly workflowId: string;
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

export interface Jobs {
  /** Names a kind of job, before the server starts. At most `concurrency` (default 2) of it run at once on one server. */
  define<Input>(name: JobName, run: (job: JobRun<Input>) => Promise<void>, options?: { concurrency?: number }): void;
  /**
   * Runs `run` on a cron schedule (five fields, or six with seconds first; UTC), each due time once among all servers, before the server
   * starts. A due time missed while no server ran is not made up for: a job that must catch up looks at its own state.
   */
  schedule(name: JobName, cron: string, run: (job: ScheduledRun) => Promise<void>): void;
  /** Queues a job. The same `workflowId` again does nothing, until 30 days after it ended. Resolves when it is durable, not when it has run. */
  start<Input>(name: JobName, workflowId: string, input: Input): Promise<void>;
  /** Resolves when the job has run; throws what it threw. */
  result(workflowId: string): Promise<void>;
}
