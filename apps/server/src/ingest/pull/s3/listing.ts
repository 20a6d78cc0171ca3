import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ConnectorSettings } from '@sallyport/contracts';
import { z } from 'zod';

/** How far back of the newest object one is still taken for new: clocks differ, and a large upload bears the time at which it began. */
export const overlapMs = 2 * 3_600_000;
/** Date folders older than this before that are passed over, but for one sweep a day. */
const dateSlackMs = 2 * 86_400_000;
const fullSweepMs = 86_400_000;

const time = z.iso.datetime();

/** How far a bucket was read. */
export const Checkpoint = z.object({
  /** Every object that was changed before this, less the overlap, was looked at. */
  since: time,
  /** When date folders were last looked at whatever their date. */
  fullAt: time,
  /** A walk over all keys that is under way. */
  sweep: z.object({ startedAt: time, full: z.boolean(), after: z.string(), newest: time.nullable() }).optional(),
  /** The queue tells of what is new since a sweep has come to its end. */
  queued: z.literal(true).optional(),
});
export type Checkpoint = z.infer<typeof Checkpoint>;
export type Sweep = NonNullable<Checkpoint['sweep']>;

export interface FoundObject {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  readonly changedAt: Date;
}

/** One answer of the bucket's listing. */
export interface Listed {
  /** Those that may be new. */
  readonly objects: readonly FoundObject[];
  /** Where the next listing begins; undefined at the end. */
  readonly after: string | undefined;
}

/** At the start of a connector. */
export const firstCheckpoint = (createdAt: Date, lookBackDays: number): Checkpoint => ({
  since: new Date(createdAt.getTime() - lookBackDays * 86_400_000 + overlapMs).toISOString(),
  // The first sweep need not look into folders of long ago.
  fullAt: createdAt.toISOString(),
});

export const beginSweep = (checkpoint: Checkpoint, now: Date): Sweep => ({
  startedAt: now.toISOString(),
  full: now.getTime() - Date.parse(checkpoint.fullAt) >= fullSweepMs,
  after: '',
  newest: null,
});

/** After a sweep. What was put while it went on, behind its back, is younger than its start. */
export function endSweep(checkpoint: Checkpoint, sweep: Sweep): Checkpoint {
  const { startedAt, newest, full } = sweep;
  const reached = newest === null ? checkpoint.since : newest < startedAt ? newest : startedAt;
  return {
    since: reached > checkpoint.since ? reached : checkpoint.since,
    fullAt: full ? startedAt : checkpoint.fullAt,
  };
}

export const oldestNew = ({ since }: Checkpoint): Date => new Date(Date.parse(since) - overlapMs);

/** `…/2026/11/25/…`, as most services put their logs, and `…/year=2026/month=11/day=25/…`. */
const dated = /^(.*?\/|)(year=)?(\d{4})\/(month=)?(\d{2})\/(day=)?(\d{2})\//s;

/** The key to go on after, when this one is in a date folder of before `horizon`; undefined when it isn't. */
export function jumpOver(key: string, horizon: Date): string | undefined {
  const [, base, year, y, month, m, day, d] = dated.exec(key) ?? [];
  if (base === undefined || y === undefined) return undefined;
  const [hy = '', hm = '', hd = ''] = horizon.toISOString().slice(0, 10).split('-');
  if (`${y}-${m}-${d}` >= `${hy}-${hm}-${hd}`) return undefined;
  const target = `${base}${year ?? ''}${hy}/${month ?? ''}${hm}/${day ?? ''}${hd}/`;
  return target > key ? target : undefined;
}

/** The next thousand keys of a sweep. */
export async function listNext(
  client: S3Client,
  { bucket, prefix, exclude }: ConnectorSettings<'s3'>,
  checkpoint: Checkpoint,
  sweep: Sweep,
  signal: AbortSignal,
): Promise<Listed> {
  const answer = await client.send(
    new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: 1_000,
      ...(sweep.after === '' ? {} : { StartAfter: sweep.after }),
    }),
    { abortSignal: signal },
  );
  const oldest = oldestNew(checkpoint);
  const horizon = new Date(oldest.getTime() - dateSlackMs);
  const objects: FoundObject[] = [];
  let last = sweep.after;
  for (const { Key: key, ETag: etag = '', Size: bytes = 0, LastModified: changedAt } of answer.Contents ?? []) {
    if (key === undefined || changedAt === undefined) continue;
    last = key;
    const jump = sweep.full ? undefined : jumpOver(key, horizon);
    if (jump !== undefined) return { objects, after: jump };
    if (changedAt < oldest || bytes === 0 || key.endsWith('/') || exclude.some((part) => key.includes(part))) continue;
    objects.push({ key, etag, bytes, changedAt });
  }
  return { objects, after: answer.IsTruncated === true && last > sweep.after ? last : undefined };
}
