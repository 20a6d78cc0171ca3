import { SallyportError, type ConnectorSettings } from '@sallyport/contracts';
import type { Kind, Page, PollContext } from '../types.ts';
import { createS3, endpointOf, queueTargetOf, targetOf } from './client.ts';
import { Checkpoint, firstCheckpoint } from './listing.ts';
import { queuePages } from './queue-pages.ts';
import { sweepPages } from './sweep-pages.ts';

async function* pages(context: PollContext<'s3'>): AsyncGenerator<Page> {
  const { settings, secrets, services } = context;
  const client = createS3(settings, secrets['secretAccessKey'] ?? '', services);
  const parsed = Checkpoint.safeParse(context.checkpoint);
  const { queued, ...kept } = parsed.success ? parsed.data : firstCheckpoint(context.createdAt, settings.lookBackDays);
  const byQueue = settings.newObjects === 'sqs';
  // What was there before the queue told of anything is listed once, unless that is not asked for.
  const isSwept = byQueue && (queued === true || (!parsed.success && settings.lookBackDays === 0));
  try {
    const reached = isSwept ? kept : yield* sweepPages(context, client, kept, !byQueue);
    if (byQueue) yield* queuePages(context, client, reached);
  } finally {
    client.destroy();
  }
}

/**
 * Buckets of S3 and what speaks like it. What is new is told by listing, by objects' time and ETag and not by their key, so that late ones are not missed; or by messages of a
 * queue. Both know by key and ETag what was taken, so that one can follow the other.
 */
export const s3Kind: Kind<'s3'> = {
  identity: (settings: ConnectorSettings<'s3'>) =>
    JSON.stringify([endpointOf(settings).origin, settings.bucket, settings.prefix]),
  destination: (settings) =>
    settings.newObjects === 'sqs'
      ? `${endpointOf(settings).origin} ${URL.parse(settings.queueUrl)?.origin ?? ''}`
      : endpointOf(settings).origin,
  check: (settings, secrets, { outbound }) => {
    outbound.check(targetOf(settings));
    if (settings.newObjects === 'sqs') {
      if (settings.queueUrl === '')
        throw new SallyportError('BadRequest', 'the address of the queue is missing', {
          target: 'body.settings.queueUrl',
        });
      outbound.check(queueTargetOf(settings));
    }
    if (secrets['secretAccessKey'] === undefined)
      throw new SallyportError('BadRequest', 'the secret access key is missing', {
        target: 'body.secrets.secretAccessKey',
      });
  },
  pages,
};
