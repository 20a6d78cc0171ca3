import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SallyportError } from '@sallyport/contracts';
import type { FetchedContent } from './content-file.ts';
import { GitAnswer, type GitRequest } from './git-request.ts';

/** Longest that one repository is read. */
const timeoutMs = 5 * 60_000;
/** Memory that reading it may take: a small pack may unpack to anything. */
const memoryMax = 1024 ** 3;
const heapMiB = 512;
const lookMs = 100;

/**
 * The content of a Git repository at the newest commit of a branch; undefined where that is `known` already. Nothing of it is written to disk but the pack, and nothing of it is
 * run. Throws SallyportError BadRequest with the reason.
 */
export async function readGit(
  asked: Omit<GitRequest, 'scratch'>,
  signal?: AbortSignal,
): Promise<FetchedContent | undefined> {
  const scratch = await mkdtemp(join(tmpdir(), 'sallyport-git-'));
  const request: GitRequest = { ...asked, scratch };
  const worker = new Worker(new URL('./git-thread.ts', import.meta.url), {
    workerData: request,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const before = process.memoryUsage.rss();
  const refused = (reason: string) => new SallyportError('BadRequest', reason);
  const watching = Promise.withResolvers<never>();
  const looking = setInterval(() => {
    if (process.memoryUsage.rss() - before > memoryMax)
      watching.reject(refused(`it takes more than ${memoryMax / 1024 ** 3} GiB of memory to unpack`));
  }, lookMs);
  const timer = setTimeout(
    () => watching.reject(refused(`it takes more than ${timeoutMs / 60_000} minutes to read`)),
    timeoutMs,
  );
  const aborted = () => watching.reject(refused('the server stops'));
  signal?.addEventListener('abort', aborted, { once: true });
  try {
    const answered = new Promise<unknown>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread ended')));
    });
    const answer = GitAnswer.parse(await Promise.race([answered, watching.promise]));
    if ('fault' in answer) throw refused(answer.fault);
    return answer.content ? { commit: answer.commit, ...answer.content } : undefined;
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError('BadRequest', 'it could not be read: it takes too much memory, or is broken', {
      cause: error,
    });
  } finally {
    clearInterval(looking);
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
    watching.promise.catch(() => undefined);
    await worker.terminate();
    await rm(scratch, { recursive: true, force: true });
  }
}
