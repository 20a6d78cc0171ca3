import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { appendPatiently, batchBytesMax, type HostPart, type HostServices } from './types.ts';

/** How far a file that is seen for the first time is read back, bytes. */
const firstBytesMax = 4 * 1024 * 1024;
const pollMs = 2_000;
/** Most bytes of a line; a longer one is cut. */
const lineBytesMax = 256 * 1024;

/** Where in a file reading goes on. The inode tells a rotated file from its successor. */
const Place = z.object({ inode: z.number(), offset: z.number().min(0) });
type Place = z.infer<typeof Place>;

interface Chunk {
  /** Whole lines, without the last line feed; empty when there are none yet. */
  readonly lines: Buffer;
  readonly next: Place;
}

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw error;
};

/**
 * Whole lines of a file from `offset`, a batch at most, without the last line feed, and where they end. Undefined when there is none yet; a line that is too long to wait for its end is
 * taken as it is.
 */
export async function wholeLines(
  file: FileHandle,
  offset: number,
  size: number,
): Promise<{ readonly lines: Buffer; readonly end: number } | undefined> {
  const length = Math.min(batchBytesMax, size - offset);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  const bytes = buffer.subarray(0, bytesRead);
  const end = bytes.lastIndexOf(0x0a);
  if (end !== -1) return { lines: bytes.subarray(0, end), end: offset + end + 1 };
  return bytesRead < lineBytesMax ? undefined : { lines: bytes, end: offset + bytesRead };
}

/**
 * The next lines of a file after `place`. A shorter or another file (rotation) is read from its beginning. Undefined when there is nothing new,
 * or no file.
 */
export async function nextLines(path: string, place: Place | undefined): Promise<Chunk | undefined> {
  const file = await open(path, 'r').catch(ignoreMissing);
  if (file === undefined) return undefined;
  try {
    const { size, ino } = await file.stat();
    const same = place !== undefined && place.inode === ino && place.offset <= size;
    const offset = same ? place.offset : place === undefined ? Math.max(0, size - firstBytesMax) : 0;
    if (offset === size)
      return place !== undefined && same ? undefined : { lines: Buffer.alloc(0), next: { inode: ino, offset } };
    const found = await wholeLines(file, offset, size);
    if (found === undefined) return undefined;
    const { lines, end } = found;
    // Somewhere inside a file, the first line is half a line.
    const start = place === undefined && offset > 0 ? lines.indexOf(0x0a) + 1 : 0;
    return { lines: lines.subarray(start), next: { inode: ino, offset: end } };
  } finally {
    await file.close();
  }
}

/** The rest of a file that was renamed away (`<path>.1`) after `place`. */
async function restOfRotated(path: string, place: Place | undefined): Promise<Chunk | undefined> {
  if (place === undefined) return undefined;
  const current = await stat(path).catch(ignoreMissing);
  if (current === undefined || current.ino === place.inode) return undefined;
  const rotated = await stat(`${path}.1`).catch(ignoreMissing);
  return rotated?.ino === place.inode ? nextLines(`${path}.1`, place) : undefined;
}

async function follow(services: HostServices, path: string, stream: string, signal: AbortSignal): Promise<void> {
  const memory = services.memory(`tail ${path}`);
  let place = Place.optional()
    .catch(undefined)
    .parse(await memory.read());
  const file = join(services.root, path);
  while (!signal.aborted) {
    const chunk = (await restOfRotated(file, place)) ?? (await nextLines(file, place));
    if (chunk !== undefined) {
      if (chunk.lines.length > 0) await appendPatiently(services, stream, chunk.lines, signal);
      place = chunk.next;
      // Lines between append and this write come twice when the server is killed here: better than not at all.
      await memory.write(place);
    }
    if (chunk === undefined || chunk.lines.length === 0) await services.clock.sleep(pollMs, signal);
  }
}

async function readable(path: string): Promise<'yes' | 'no' | 'missing'> {
  try {
    await (await open(path, 'r')).close();
    return 'yes';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'no';
  }
}

/** Follows log files through rotation. Files that appear later are followed from then on. */
export function tailPart(name: string, stream: string, paths: readonly string[]): HostPart {
  return {
    name,
    run: async (services, signal, report) => {
      const states = await Promise.all(
        paths.map(async (path) => ({ path, state: await readable(join(services.root, path)) })),
      );
      const of = (state: string) => states.filter((s) => s.state === state).map((s) => s.path);
      const [good, bad] = [of('yes'), of('no')];
      if (bad.length > 0) report('limited', `may not read ${bad.join(', ')}`);
      else report('running', good.length > 0 ? `follows ${good.join(', ')}` : `waits for ${paths.join(', ')}`);
      const followed = states.filter((s) => s.state !== 'no');
      // Rights may be given later.
      if (followed.length === 0) await services.clock.sleep(3_600_000, signal);
      await Promise.all(followed.map(({ path }) => follow(services, path, stream, signal)));
    },
  };
}
