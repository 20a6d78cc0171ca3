import { HeadObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Page, PollContext } from '../types.ts';
import { createSqs, s3Error, sqsError } from './client.ts';
import type { Checkpoint, FoundObject } from './listing.ts';
import type { ToldObject } from './notice.ts';
import { fetchPage, itemOfObject, pageMax, pagesOf, removePage } from './object-pages.ts';
import { receive, release, remove, type QueueMessage } from './queue.ts';

const dayMs = 86_400_000;
/** A queue keeps a message for 14 days at most: so long an object may be told of again. */
const rememberedMs = 15 * dayMs;
/** Where listing goes on, should it follow the queue: what was taken since is known. */
const listedBackMs = 14 * dayMs;
/** Asks of the queue for one page. */
const receivesMax = 20;

/** What some messages tell of. */
interface Told {
  readonly objects: readonly FoundObject[];
  readonly notes: readonly string[];
}

/** S3's notifications write an ETag without its quotes, and listings with them. */
const quoted = (etag: string): string => (etag === '' || etag.startsWith('"') ? etag : `"${etag}"`);

/** The object with what its message does not say; undefined where it is gone. */
async function known(client: S3Client, bucket: string, told: ToldObject, now: Date, signal: AbortSignal) {
  const { key, etag, bytes } = told;
  if (etag !== '' && bytes !== undefined) return { key, etag: quoted(etag), bytes, changedAt: now };
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    return { key, etag: head.ETag ?? '', bytes: head.ContentLength ?? 0, changedAt: now };
  } catch (error) {
    // An answer to HEAD has no body that would name the error.
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  }
}

const noteOf = (notes: readonly string[]): { readonly note?: string } =>
  notes.length === 0 ? {} : { note: [...new Set(notes)].slice(0, 3).join('; ') };

/** Takes messages until they make a page. They are in `messages` as soon as they are taken, so that the caller can give them back. */
async function gather(
  context: PollContext<'s3'>,
  s3: S3Client,
  sqs: SQSClient,
  messages: QueueMessage[],
): Promise<Told> {
  const { settings, services, signal, rehearsal } = context;
  const { bucket, prefix, exclude, queueUrl } = settings;
  const objects = new Map<string, FoundObject>();
  const notes: string[] = [];
  let bytes = 0;
  const isMeant = (key: string): boolean =>
    key.startsWith(prefix) && !key.endsWith('/') && !exclude.some((part) => key.includes(part));
  for (let asked = 0; asked < (rehearsal ? 1 : receivesMax); asked++) {
    const received = await receive(sqs, queueUrl, !rehearsal, signal).catch((error: unknown) => {
      throw sqsError(settings, error, 'the queue', signal);
    });
    if (received.length === 0) break;
    for (const message of received) {
      if (message.objects === undefined) {
        // It comes again until the queue gives it up, or a person takes it off.
        notes.push('a message of the queue is no notification of S3, and is left there');
        continue;
      }
      messages.push(message);
      for (const told of message.objects) {
        if (told.bucket !== bucket) notes.push(`s3://${told.bucket}: another bucket than this connector’s`);
        if (told.bucket !== bucket || !isMeant(told.key)) continue;
        const object = await known(s3, bucket, told, services.clock.now(), signal).catch((error: unknown) => {
          throw s3Error(settings, error, told.key, signal);
        });
        if (object === undefined) notes.push(`s3://${bucket}/${told.key}: it was deleted meanwhile`);
        if (object === undefined || object.bytes === 0 || objects.has(itemOfObject(object))) continue;
        objects.set(itemOfObject(object), object);
        bytes += object.bytes;
      }
    }
    if (objects.size >= pageMax.objects || bytes >= pageMax.bytes) break;
  }
  const taken = await context.taken([...objects.keys()]);
  return { objects: [...objects].flatMap(([item, object]) => (taken.has(item) ? [] : object)), notes };
}

/**
 * Pages of the objects that the queue's messages tell of. A message is deleted once its objects are durable and known as taken, and comes again where that did not happen; what
 * it tells of is read once all the same.
 */
export async function* queuePages(context: PollContext<'s3'>, s3: S3Client, reached: Checkpoint): AsyncGenerator<Page> {
  const { settings, secrets, services, rehearsal, folder } = context;
  const sqs = createSqs(settings, secrets['secretAccessKey'] ?? '', services);
  const checkpointAt = (now: Date): Checkpoint => {
    const back = new Date(now.getTime() - listedBackMs).toISOString();
    return { since: back > reached.since ? back : reached.since, fullAt: reached.fullAt, queued: true };
  };
  let messages: QueueMessage[] = [];
  try {
    for (;;) {
      const { objects, notes } = await gather(context, s3, sqs, messages);
      const now = services.clock.now();
      for (const part of pagesOf(objects)) {
        const fetched = await fetchPage(s3, context, part);
        yield {
          ...fetched,
          checkpoint: checkpointAt(now),
          items: part.map((object) => ({ item: itemOfObject(object), at: now })),
          newestAt: now,
          caughtUp: false,
        };
        await removePage(folder, fetched, part.length);
      }
      if (!rehearsal) await remove(sqs, settings.queueUrl, messages);
      const isEmpty = messages.length === 0 || rehearsal;
      messages = [];
      yield {
        bytes: 0,
        checkpoint: checkpointAt(now),
        forgetBefore: new Date(now.getTime() - rememberedMs),
        caughtUp: isEmpty,
        ...noteOf(notes),
      };
      if (isEmpty) return;
    }
  } finally {
    // Those whose poll did not come to its end are for the next one.
    if (!rehearsal) await release(sqs, settings.queueUrl, messages).catch(() => undefined);
    sqs.destroy();
  }
}
