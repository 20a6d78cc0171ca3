import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { beginsWith, continues, look, type Look } from './look.ts';
import { isInside } from './places.ts';

const Print = z.object({ bytes: z.number(), hash: z.string() });
const time = z.iso.datetime();

/** A file as it was when it was read last. */
export const Entry = z.object({
  path: z.string(),
  inode: z.number(),
  size: z.number(),
  /** Where reading goes on. */
  offset: z.number().min(0),
  head: Print,
  tail: Print,
  /** Read once and whole: it does not grow. */
  whole: z.boolean(),
  /** What its lines were recognised as. */
  stream: z.string().nullable(),
  seenAt: time,
  /** When it last had something new. */
  grewAt: time,
});
export type Entry = z.infer<typeof Entry>;

/** Files beside a log that are looked at for what it was before. */
const siblingsMax = 200;
/** So long a file that is gone is remembered, should it come back. */
const goneMs = 7 * 86_400_000;
/** So long a file that was rotated away from the patterns is still read: some write on into it for a while. */
const rotatedMs = 3_600_000;

/** What rotation makes of `app.log`: `app.log.1`, `app.log-20261125`, `app-20261125.log.gz`. */
export async function siblingsOf(path: string, folders: readonly string[]): Promise<Look[]> {
  const [folder, name] = [dirname(path), basename(path)];
  const stem = name.replace(/(?<=.)\.[^.]*$/, '');
  const names = (await readdir(folder).catch(() => [])).filter((other) => other !== name && other.startsWith(stem));
  const looks: Look[] = [];
  for (const other of names.toSorted().slice(0, siblingsMax)) {
    const real = await realpath(join(folder, other)).catch(() => undefined);
    const seen = real === undefined || !isInside(real, folders) ? undefined : await look(real);
    if (seen !== undefined) looks.push(seen);
  }
  return looks;
}

/** How an entry is found again: as the file that goes on, as a gzipped copy, as one read whole, or not. */
export type Found =
  | { readonly as: 'same' | 'whole'; readonly look: Look }
  | { readonly as: 'gzip'; readonly looks: readonly Look[] }
  | undefined;

async function among(entry: Entry, looks: readonly Look[], others: ReadonlySet<number>): Promise<Found> {
  const inFavour = looks.toSorted((a, b) => Number(b.inode === entry.inode) - Number(a.inode === entry.inode));
  // An entry of which nothing was read yet is like any file.
  if (entry.head.bytes === 0) return undefined;
  for (const one of inFavour)
    if ((one.inode === entry.inode || !others.has(one.inode)) && (await continues(one, entry)))
      return { as: 'same', look: one };
  const zipped = looks.filter(
    (one) => one.form === 'gzip' && !others.has(one.inode) && beginsWith(one.head, entry.head),
  );
  return zipped.length === 0 ? undefined : { as: 'gzip', looks: zipped };
}

/** Looks for an entry's file among those that fit the patterns, and else beside where it was. `others`: inodes of other entries. */
export async function findAgain(
  entry: Entry,
  looks: readonly Look[],
  others: ReadonlySet<number>,
  siblings: () => Promise<readonly Look[]>,
): Promise<Found> {
  if (entry.whole) {
    const own = looks.find(
      (one) =>
        one.form !== 'lines' && one.size === entry.size && one.head.length > 0 && beginsWith(one.head, entry.head),
    );
    return own && { as: 'whole', look: own };
  }
  const own = looks.find((one) => one.inode === entry.inode);
  if (own !== undefined && (await continues(own, entry))) return { as: 'same', look: own };
  return (await among(entry, looks, others)) ?? among(entry, await siblings(), others);
}

/** Whether an entry is forgotten. */
export function isOver(entry: Entry, found: boolean, fitsPatterns: boolean, now: Date): boolean {
  const since = (text: string): number => now.getTime() - Date.parse(text);
  if (!found) return since(entry.seenAt) > goneMs;
  return !fitsPatterns && since(entry.grewAt) > rotatedMs;
}
