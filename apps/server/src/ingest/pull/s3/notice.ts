import { z } from 'zod';

/** An object that a message tells of. */
export interface ToldObject {
  readonly bucket: string;
  readonly key: string;
  /** '' where the message does not say. */
  readonly etag: string;
  readonly bytes: number | undefined;
}

const Bucket = z.object({ name: z.string().min(1) });

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const OfS3 = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z
        .object({
          bucket: Bucket,
          object: z.object({ key: z.string().min(1), size: z.number().optional(), eTag: z.string().optional() }),
        })
        .optional(),
    }),
  ),
});

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const OfEventBridge = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  detail: z.object({
    bucket: Bucket,
    object: z.object({ key: z.string().min(1), size: z.number().optional(), etag: z.string().optional() }),
  }),
});

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html */
const OfCloudTrail = z.object({ s3Bucket: z.string().min(1), s3ObjectKey: z.array(z.string().min(1)) });

/** What S3 sends when its notifications are set up. */
const OfTest = z.object({ Event: z.literal('s3:TestEvent') });

/** A topic of SNS puts what it brings into an object of its own, unless it delivers raw. */
const Envelope = z.object({ Type: z.literal('Notification'), Message: z.string() });

/** Keys in S3's own notifications are written as in a form. */
const plainKey = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function told(message: unknown): readonly ToldObject[] | undefined {
  const s3 = OfS3.safeParse(message);
  if (s3.success)
    return s3.data.Records.flatMap(({ eventName, s3: at }) =>
      at === undefined || !/^(s3:)?ObjectCreated:/.test(eventName)
        ? []
        : [
            {
              bucket: at.bucket.name,
              key: plainKey(at.object.key),
              etag: at.object.eTag ?? '',
              bytes: at.object.size,
            },
          ],
    );
  const bridge = OfEventBridge.safeParse(message);
  if (bridge.success) {
    const { bucket, object } = bridge.data.detail;
    if (bridge.data['detail-type'] !== 'Object Created') return [];
    return [{ bucket: bucket.name, key: object.key, etag: object.etag ?? '', bytes: object.size }];
  }
  const trail = OfCloudTrail.safeParse(message);
  if (trail.success)
    return trail.data.s3ObjectKey.map((key) => ({ bucket: trail.data.s3Bucket, key, etag: '', bytes: undefined }));
  return OfTest.safeParse(message).success ? [] : undefined;
}

/**
 * The objects that a message of a queue says were created: as S3, EventBridge and CloudTrail tell of them, with or without SNS around. None where it tells of something else
 * that S3 says; undefined where it is no such message.
 */
export function objectsIn(body: string): readonly ToldObject[] | undefined {
  try {
    const message = json(body);
    const envelope = Envelope.safeParse(message);
    return told(envelope.success ? json(envelope.data.Message) : message);
  } catch (error) {
    // A key that is not written as in a form.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
