import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Platform } from '../../platform/types.ts';
import type { Sweep, UploadStore } from './store.ts';

/** Runs the enabled rules over what an upload brought, as `Detection.sweep` does. Doing it again changes nothing. */
export type RunRules = (options: {
  readonly from: Date;
  readonly to: Date;
  /** Where its rows are. Undefined: in the first. */
  readonly workspaceId: string | undefined;
  /** What its rows have in `_SegmentId`. */
  readonly segments?: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    done: number;
    total: number;
    alerts: number;
    incidents: readonly number[];
  }) => void;
}) => Promise<{
  readonly alerts: number;
  readonly incidents: readonly number[];
  readonly failures: readonly { readonly ruleName: string; readonly message: string }[];
}>;

const jobName = 'upload-sweep';
const tellEveryMs = 500;
const failuresTold = 5;

const Input = z.object({ uploadId: z.uuid() });
type Input = z.infer<typeof Input>;

export interface Sweeps {
  /** Queues the rules over a loaded upload; once, however often it is asked. Resolves when that is durable. */
  queue(uploadId: string): Promise<void>;
}

/** The rules over uploads, as durable jobs: one that its server left is begun again by another, and stores no alert twice. Call before the jobs start. */
export function defineSweeps(
  platform: Pick<Platform, 'jobs' | 'clock' | 'log'>,
  store: UploadStore,
  run: RunRules,
): Sweeps {
  const { jobs, clock, log } = platform;
  const queue = (uploadId: string): Promise<void> => jobs.start<Input>(jobName, `upload:${uploadId}`, { uploadId });
  jobs.define<Input>(
    jobName,
    async (job) => {
      const { uploadId } = Input.parse(job.input);
      await job
        .step('sweep', () => sweepUpload(store, run, clock, uploadId))
        .catch(async (error: unknown) => {
          log.error({ err: error, uploadId }, 'the rules could not be run over an upload');
          const why = error instanceof SallyportError ? error.message : 'an error that is in the server’s log';
          await store.end(uploadId, 'failed', `the rows are stored, and the rules could not be run over them: ${why}`);
        });
    },
    { concurrency: 1 },
  );
  // A server may end between the last row and the job: then this queues it.
  jobs.schedule('uploads-due', '* * * * *', async () => {
    for (const { id } of await store.inState('sweeping')) await queue(id);
  });
  return { queue };
}

async function sweepUpload(
  store: UploadStore,
  run: RunRules,
  clock: Platform['clock'],
  uploadId: string,
): Promise<void> {
  const row = await store.beginSweep(uploadId);
  const range = row?.outcome?.range;
  if (row === undefined || !range) return;
  // What an attempt before this one found is there already, and is not told as new again.
  const before = row.sweep ?? { done: 0, total: 0, alerts: 0, incidents: [] };
  let now: Sweep = { ...before, done: 0, total: 0 };
  const ended = new AbortController();
  const stopped = new AbortController();
  const telling = (async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(tellEveryMs, ended.signal);
      if (await store.saveSweep(uploadId, now).catch(() => false)) stopped.abort();
    }
  })();
  const withBefore = (alerts: number, incidents: readonly number[]) => ({
    alerts: before.alerts + alerts,
    incidents: [...new Set([...before.incidents, ...incidents])].toSorted((a, b) => a - b),
  });
  try {
    const result = await run({
      from: new Date(range.from),
      to: new Date(range.to),
      workspaceId: row.workspace_id ?? undefined,
      ...(row.row_segments === null ? {} : { segments: row.row_segments }),
      signal: stopped.signal,
      onProgress: ({ done, total, alerts, incidents }) => {
        now = { done, total, ...withBefore(alerts, incidents) };
      },
    });
    now = { ...now, ...withBefore(result.alerts, result.incidents) };
    await finish();
    await store.end(uploadId, 'done', failureText(result.failures));
  } catch (error) {
    await finish();
    if (!stopped.signal.aborted) throw error;
    await store.end(uploadId, 'cancelled', 'the rows are stored; the rules were stopped before their end');
  }

  async function finish(): Promise<void> {
    ended.abort();
    await telling;
    await store.saveSweep(uploadId, now);
  }
}

function failureText(failures: readonly { readonly ruleName: string; readonly message: string }[]): string | null {
  if (failures.length === 0) return null;
  const told = failures.slice(0, failuresTold).map(({ ruleName, message }) => `${ruleName}: ${message}`);
  const more = failures.length > failuresTold ? `, and ${failures.length - failuresTold} more` : '';
  return `${failures.length} rules could not be run: ${told.join('; ')}${more}`;
}
