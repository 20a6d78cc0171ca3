import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { itemOf } from '../batch.ts';
import type { FetchedFile, Page, PollContext } from '../types.ts';
import { s3Error } from './client.ts';
import type { FoundObject } from './listing.ts';
import { fetchObject } from './objects.ts';

/** A page of objects: many small ones make few segments, and few large ones need little room on the disk. */
export const pageMax = { objects: 64, bytes: 64 * 1024 ** 2 };
const fetchesAtOnce = 4;

/** Cuts objects into pages. */
export function* pagesOf(objects: readonly FoundObject[]): Generator<readonly FoundObject[]> {
  let next: FoundObject[] = [];
  let bytes = 0;
  for (const object of objects) {
    if (next.length > 0 && (next.length >= pageMax.objects || bytes + object.bytes > pageMax.bytes)) {
      yield next;
      [next, bytes] = [[], 0];
    }
    next.push(object);
    bytes += object.bytes;
  }
  if (next.length > 0) yield next;
}

/** What an object that was taken is known by. */
export const itemOfObject = ({ key, etag }: Pick<FoundObject, 'key' | 'etag'>): string => itemOf(key, etag);

/** Fetches objects to the poll's folder, as the files of a page, with what was passed over. */
export async function fetchPage(
  client: S3Client,
  { settings, folder, signal }: PollContext<'s3'>,
  objects: readonly FoundObject[],
): Promise<{ readonly files: readonly FetchedFile[]; readonly note?: string; readonly bytes: number }> {
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
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  return { files, bytes, ...(notes.length === 0 ? {} : { note: notes.slice(0, 3).join('; ') }) };
}

/** Removes what a page has fetched, once it is stored. */
export async function removePage(folder: string, { files = [] }: Pick<Page, 'files'>, count: number): Promise<void> {
  await Promise.all(files.map(({ path }) => rm(path, { force: true })));
  await Promise.all(Array.from({ length: count }, (_, i) => rm(join(folder, `object-${i}`), { force: true })));
}

/** ISO 8601 of the newest, or `before` where that is newer. */
export const newestOf = (objects: readonly FoundObject[], before: string | null): string | null =>
  objects.reduce<string | null>((newest, { changedAt }) => {
    const at = changedAt.toISOString();
    return newest === null || at > newest ? at : newest;
  }, before);
