import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError, type ConnectorSettings } from '@sallyport/contracts';
import type { S3Client } from '@aws-sdk/client-s3';
import { itemOf } from '../batch.ts';
import type { FetchedFile, Kind, Page, PollContext } from '../types.ts';
import { createS3, endpointOf, s3Error, targetOf } from './client.ts';
import {
  beginSweep,
  Checkpoint,
  endSweep,
  firstCheckpoint,
  listNext,
  oldestNew,
  type FoundObject,
  type Sweep,
} from './listing.ts';
import { fetchObject } from './objects.ts';

type Context = PollContext<'s3'>;

/** A page of objects: many small ones make few segments, and few large ones need little room on the disk. */
const page = { objects: 64, bytes: 64 * 1024 ** 2 };
const fetchesAtOnce = 4;

/** Cuts a listing into pages. */
function* pagesOf(objects: readonly FoundObject[]): Generator<readonly FoundObject[]> {
  let next: FoundObject[] = [];
  let bytes = 0;
  for (const object of objects) {
    if (next.length > 0 && (next.length >= page.objects || bytes + object.bytes > page.bytes)) {
      yield next;
      [next, bytes] = [[], 0];
    }
    next.push(object);
    bytes += object.bytes;
  }
  if (next.length > 0) yield next;
}

async function fetchPage(client: S3Client, context: Context, objects: readonly FoundObject[]) {
  const { settings, folder, signal } = context;
  const files: FetchedFile[] = [];
  const notes: string[] = [];
  for (let at = 0; at < objects.length; at += fetchesAtOnce) {
    const fetched = await Promise.all(
      objects.slice(at, at + fetchesAtOnce).map(async (object, i) => {
        try {
          return await fetchObject(client, settings, object, { folder, name: `object-${at + i}`, signal });
        } catch (error) {
          throw s3Error(settings, error, object.key, signal);
        }
      }),
    );
    for (const one of fetched)
      if ('note' in one) notes.push(one.note);
      else files.push(one);
  }
  return { files, notes };
}

const newestOf = (objects: readonly FoundObject[], before: string | null): string | null =>
  objects.reduce<string | null>((newest, { changedAt }) => {
    const at = changedAt.toISOString();
    return newest === null || at > newest ? at : newest;
  }, before);

const itemOfObject = ({ key, etag }: FoundObject): string => itemOf(key, etag);

async function* pages(context: Context): AsyncGenerator<Page> {
  const { settings, secrets, services, signal } = context;
  const client = createS3(settings, secrets['secretAccessKey'] ?? '', services);
  const parsed = Checkpoint.safeParse(context.checkpoint);
  const checkpoint = parsed.success ? parsed.data : firstCheckpoint(context.createdAt, settings.lookBackDays);
  let sweep: Sweep = checkpoint.sweep ?? beginSweep(checkpoint, services.clock.now());
  try {
    for (;;) {
      const listed = await listNext(client, settings, checkpoint, sweep, signal).catch((error: unknown) => {
        throw s3Error(settings, error, `the list of ${settings.bucket}`, signal);
      });
      const taken = await context.taken(listed.objects.map(itemOfObject));
      const fresh = listed.objects.filter((object) => !taken.has(itemOfObject(object)));
      for (const objects of pagesOf(fresh)) {
        const { files, notes } = await fetchPage(client, context, objects);
        sweep = { ...sweep, after: objects.at(-1)?.key ?? sweep.after, newest: newestOf(objects, sweep.newest) };
        const newest = newestOf(objects, null);
        yield {
          files,
          bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
          checkpoint: { ...checkpoint, sweep } satisfies Checkpoint,
          items: objects.map((object) => ({ item: itemOfObject(object), at: object.changedAt })),
          ...(newest === null ? {} : { newestAt: new Date(newest) }),
          caughtUp: false,
          ...(notes.length === 0 ? {} : { note: notes.slice(0, 3).join('; ') }),
        };
        await Promise.all(files.map(({ path }) => rm(path, { force: true })));
        await Promise.all(objects.map((_, i) => rm(join(context.folder, `object-${i}`), { force: true })));
      }
      sweep = { ...sweep, newest: newestOf(listed.objects, sweep.newest) };
      if (listed.after === undefined) break;
      sweep = { ...sweep, after: listed.after };
      yield { bytes: 0, checkpoint: { ...checkpoint, sweep } satisfies Checkpoint, caughtUp: false };
    }
    const done = endSweep(checkpoint, sweep);
    yield { bytes: 0, checkpoint: done, forgetBefore: oldestNew(done), caughtUp: true };
  } finally {
    client.destroy();
  }
}

/** Buckets of S3 and what speaks like it, by listing: which objects are new is told by their time and ETag, not by their key, so that late ones are not missed. */
export const s3Kind: Kind<'s3'> = {
  identity: (settings: ConnectorSettings<'s3'>) =>
    JSON.stringify([endpointOf(settings).origin, settings.bucket, settings.prefix]),
  destination: (settings) => endpointOf(settings).origin,
  check: (settings, secrets, { outbound }) => {
    outbound.check(targetOf(settings));
    if (secrets['secretAccessKey'] === undefined)
      throw new SallyportError('BadRequest', 'the secret access key is missing', {
        target: 'body.secrets.secretAccessKey',
      });
  },
  pages,
};
