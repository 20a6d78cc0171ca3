import type { S3Client } from '@aws-sdk/client-s3';
import type { Page, PollContext } from '../types.ts';
import { s3Error } from './client.ts';
import { beginSweep, endSweep, listNext, oldestNew, type Checkpoint, type Sweep } from './listing.ts';
import { fetchPage, itemOfObject, newestOf, pagesOf, removePage } from './object-pages.ts';

/** Pages of the objects that a walk over all keys finds to be new. Answers the checkpoint after it. `caughtUp`: whether nothing follows then. */
export async function* sweepPages(
  context: PollContext<'s3'>,
  client: S3Client,
  checkpoint: Checkpoint,
  caughtUp: boolean,
): AsyncGenerator<Page, Checkpoint> {
  const { settings, services, signal, folder } = context;
  let sweep: Sweep = checkpoint.sweep ?? beginSweep(checkpoint, services.clock.now());
  for (;;) {
    const listed = await listNext(client, settings, checkpoint, sweep, signal).catch((error: unknown) => {
      throw s3Error(settings, error, `the list of ${settings.bucket}`, signal);
    });
    const taken = await context.taken(listed.objects.map(itemOfObject));
    const fresh = listed.objects.filter((object) => !taken.has(itemOfObject(object)));
    for (const objects of pagesOf(fresh)) {
      const fetched = await fetchPage(client, context, objects);
      sweep = { ...sweep, after: objects.at(-1)?.key ?? sweep.after, newest: newestOf(objects, sweep.newest) };
      const newest = newestOf(objects, null);
      yield {
        ...fetched,
        checkpoint: { ...checkpoint, sweep } satisfies Checkpoint,
        items: objects.map((object) => ({ item: itemOfObject(object), at: object.changedAt })),
        ...(newest === null ? {} : { newestAt: new Date(newest) }),
        caughtUp: false,
      };
      await removePage(folder, fetched, objects.length);
    }
    sweep = { ...sweep, newest: newestOf(listed.objects, sweep.newest) };
    if (listed.after === undefined) break;
    sweep = { ...sweep, after: listed.after };
    yield { bytes: 0, checkpoint: { ...checkpoint, sweep } satisfies Checkpoint, caughtUp: false };
  }
  const done = endSweep(checkpoint, sweep);
  yield { bytes: 0, checkpoint: done, forgetBefore: oldestNew(done), caughtUp };
  return done;
}
