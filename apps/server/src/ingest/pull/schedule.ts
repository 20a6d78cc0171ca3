import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Platform } from '../../platform/types.ts';
import { isHere } from './files/index.ts';
import { poll, type Puller } from './poll.ts';
import { dueConnectors } from './store.ts';

const pollJob = 'connector-poll';
const PollInput = z.object({ id: z.uuid(), asked: z.boolean() });
type PollInput = z.infer<typeof PollInput>;

/** Connectors that one server polls at once. */
const atOnce = 4;
/** A job that the database's own trouble ended is queued again after this. */
const againMs = 600_000;
/** How often this machine's files are looked at for being due. */
const filesMs = 5_000;

/** Looks four times a minute for connectors that are due, and queues a job for each, once among all servers. */
export function schedulePolls(platform: Platform, puller: Puller): void {
  const { jobs, database, clock } = platform;
  jobs.define<PollInput>(
    pollJob,
    async (job) => {
      const { id, asked } = PollInput.parse(job.input);
      await job.step('poll', () => poll(puller, id, job.workflowId, asked));
    },
    { concurrency: atOnce },
  );
  jobs.schedule('connectors-due', '*/15 * * * * *', async () => {
    const now = clock.now();
    for (const { id, kind, due_at } of await dueConnectors(database, now)) {
      // Files are of one machine, and no other can take them over: see `followFiles`.
      if (kind === 'files') continue;
      const again = Math.floor((now.getTime() - due_at.getTime()) / againMs);
      await jobs.start<PollInput>(pollJob, `connector:${id}:${due_at.toISOString()}:${again}`, { id, asked: false });
    }
  });
}

/** Queues a poll at once. */
export const pollNow = (platform: Platform, id: string): Promise<void> =>
  platform.jobs.start<PollInput>(pollJob, `connector:${id}:${randomUUID()}`, { id, asked: true });

/** Ends a pause before its time. */
export class Waker {
  #controller = new AbortController();

  wake(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  /** Aborts at the next `wake`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
}

/** Polls the connectors of this machine's files when they are due, until the server stops. */
export async function followFiles(platform: Platform, puller: Puller): Promise<void> {
  const { clock, database, log } = platform;
  const { computer } = puller.services;
  const job = `files of ${computer} ${randomUUID()}`;
  while (!puller.signal.aborted) {
    const woken = AbortSignal.any([puller.signal, puller.filesWaker.signal]);
    try {
      for (const { id, kind, settings } of await dueConnectors(database, clock.now()))
        if (kind === 'files' && isHere(settings, computer) && !puller.signal.aborted) await poll(puller, id, job);
    } catch (err) {
      if (!puller.signal.aborted) log.warn({ err }, 'this machine’s files could not be polled');
    }
    await clock.sleep(filesMs, woken);
  }
}
