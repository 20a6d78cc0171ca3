import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import type { ConnectorSettings } from '@sallyport/contracts';
import { z } from 'zod';
import type { FetchedFile } from '../types.ts';
import type { FoundObject } from './listing.ts';
import { orderedFlowLog } from './vpc-flow.ts';

/** Largest object that is fetched, as it stands in the bucket. */
const objectBytesMax = 1024 ** 3;

const Body = z.instanceof(Readable);

const atMost = (bytesMax: number): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(new Error(`an object of more than ${bytesMax} bytes`));
      else done(null, chunk);
    },
  });
};

/** Reasons for which one object is passed over, and the others are read. */
const passedOver: Readonly<Record<string, string>> = {
  NoSuchKey: 'it was deleted meanwhile',
  PreconditionFailed: 'it was written anew meanwhile, and is read as that',
  InvalidObjectState: 'it is archived, and has to be restored first',
};

/** Fetches an object to `<folder>/<name>`. Answers why it is passed over, if it is; throws what the bucket says else. */
export async function fetchObject(
  client: S3Client,
  { bucket }: ConnectorSettings<'s3'>,
  object: FoundObject,
  place: { readonly folder: string; readonly name: string; readonly signal: AbortSignal },
): Promise<FetchedFile | { readonly note: string }> {
  const { key, bytes } = object;
  const name = `s3://${bucket}/${key}`;
  if (bytes > objectBytesMax)
    return { note: `${name}: larger than ${objectBytesMax / 1024 ** 2} MiB, which is not read` };
  if (/\.parquet$/i.test(key)) return { note: `${name}: Parquet, which is not read; choose text` };
  const path = join(place.folder, place.name);
  try {
    const answer = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...(object.etag === '' ? {} : { IfMatch: object.etag }) }),
      { abortSignal: place.signal },
    );
    await pipeline(Body.parse(answer.Body), atMost(objectBytesMax), createWriteStream(path, { mode: 0o600 }), {
      signal: place.signal,
    });
  } catch (error) {
    const reason = error instanceof S3ServiceException ? passedOver[error.name] : undefined;
    if (reason === undefined) throw error;
    return { note: `${name}: ${reason}` };
  }
  return { path: await orderedFlowLog(path), name };
}
