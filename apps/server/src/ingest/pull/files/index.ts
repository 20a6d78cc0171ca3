import type { ConnectorSettings } from '@sallyport/contracts';
import { realpath, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { wholeLines } from '../../host/tail.ts';
import { binaryMessage } from '../../importer/kind.ts';
import type { Kind, Page, PollContext } from '../types.ts';
import { gathered } from './gathered.ts';
import { Entry, findAgain, isOver, siblingsOf } from './entries.ts';
import { linesPage, recognised } from './lines.ts';
import {
  beginsWith,
  continues,
  headBytesMax,
  look,
  openFile,
  printOf,
  tailBefore,
  unpackedAfter,
  type Look,
} from './look.ts';
import { checkPatterns, matching } from './places.ts';

type Context = PollContext<'files'>;

const Checkpoint = z.object({ files: z.array(Entry) });

/** Files that are read whole must have been left alone for this long. */
const quietMs = 15_000;
/** A last line without an end, of a file that was rotated away, is taken after this. */
const unendedMs = 60_000;
/** What is gathered of an unpacked file before it goes out. */
const gatheredBytes = 1024 * 1024;

/** Whether a connector's files are on this machine. */
export function isHere(settings: unknown, computer: string): boolean {
  const named = z.object({ computer: z.string() }).safeParse(settings);
  return named.success && named.data.computer === computer;
}

/** The files of one connector while they are read: entries change as pages go out. */
class Following {
  entries: Entry[];
  readonly #context: Context;

  constructor(context: Context, entries: readonly Entry[]) {
    this.#context = context;
    this.entries = [...entries];
  }

  replace(before: Entry, after: Entry): void {
    this.entries = this.entries.map((entry) => (entry === before ? after : entry));
  }

  page(lines: Buffer, entry: Entry, about: Pick<Page, 'newestAt' | 'note'> = {}): Page {
    return linesPage(this.#context, lines, entry, { ...about, checkpoint: { files: this.entries } });
  }

  /** What a file of lines has after the entry's offset. */
  async *grown(
    entry: Entry,
    { path, inode, size, changedAt, head }: Look,
    now: Date,
    rotated = false,
  ): AsyncGenerator<Page, Entry> {
    const file = await openFile(path);
    const atLast = rotated && now.getTime() - changedAt.getTime() > unendedMs;
    const seenAt = now.toISOString();
    let current: Entry = { ...entry, path, inode, size, seenAt };
    this.replace(entry, current);
    try {
      while (current.offset < size) {
        const next = await wholeLines(file, current.offset, size);
        if (next === undefined && !atLast) break;
        const { lines, end } = next ?? { lines: await readAll(file, current.offset, size), end: size };
        const grown: Entry = {
          ...current,
          offset: end,
          head: printOf(head.subarray(0, Math.min(end, headBytesMax))),
          tail: await tailBefore(file, end),
          stream: current.stream ?? recognised(this.#context, lines),
          grewAt: seenAt,
        };
        this.replace(current, grown);
        current = grown;
        yield this.page(lines, current, { newestAt: changedAt });
      }
      return current;
    } finally {
      await file.close();
    }
  }

  /** The rest of a file that was gzipped meanwhile. Answers whether it was that file. */
  async *zipped(entry: Entry, { path, inode, size, changedAt }: Look, now: Date): AsyncGenerator<Page, boolean> {
    const done: Entry = { ...entry, path, inode, size, whole: true, seenAt: now.toISOString() };
    const rest = unpackedAfter(path, entry.offset, entry.tail);
    let pieces: Buffer[] = [];
    const gathered = (): number => pieces.reduce((sum, piece) => sum + piece.length, 0);
    for (;;) {
      const next = await rest.next();
      if (next.done === true && !next.value) return false;
      if (next.done !== true) pieces.push(next.value);
      const bytes = next.done === true || gathered() > gatheredBytes ? Buffer.concat(pieces) : undefined;
      if (bytes === undefined) continue;
      const end = next.done === true ? bytes.length : bytes.lastIndexOf(0x0a) + 1;
      pieces = [bytes.subarray(end)];
      // The offset stays until the end: a rest that is cut off is read again.
      if (next.done === true) this.replace(entry, done);
      if (end > 0) yield this.page(bytes.subarray(0, end), entry, { newestAt: changedAt });
      else if (next.done === true) yield this.page(Buffer.alloc(0), entry);
      if (next.done === true) return true;
    }
  }
}

async function readAll(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}

const emptyPrint = printOf(Buffer.alloc(0));

const newEntry = ({ path, inode, size, head, form }: Look, now: Date): Entry => ({
  path,
  inode,
  size,
  offset: 0,
  head: form === 'lines' ? emptyPrint : printOf(head),
  tail: emptyPrint,
  whole: form === 'whole',
  stream: null,
  seenAt: now.toISOString(),
  grewAt: now.toISOString(),
});

/** The entry of a file whose content up to now is not wanted. */
async function fromItsEnd(one: Look, now: Date): Promise<Entry> {
  const entry = newEntry(one, now);
  if (one.form !== 'lines') return { ...entry, whole: true };
  const file = await openFile(one.path);
  try {
    return { ...entry, offset: one.size, head: printOf(one.head), tail: await tailBefore(file, one.size) };
  } finally {
    await file.close();
  }
}

/** Whether it is only a copy of what an entry has read already. */
async function isCopy(one: Look, entries: readonly Entry[]): Promise<boolean> {
  for (const entry of entries) {
    if (entry.head.bytes === 0) continue;
    if (
      one.form === 'lines'
        ? one.size === entry.offset && (await continues(one, entry))
        : entry.whole && one.size === entry.size && beginsWith(one.head, entry.head)
    )
      return true;
  }
  return false;
}

async function* pages(context: Context): AsyncGenerator<Page> {
  const { settings, services, signal } = context;
  const parsed = Checkpoint.safeParse(context.checkpoint);
  const following = new Following(context, parsed.success ? parsed.data.files : []);
  const now = services.clock.now();
  const folders = await Promise.all(services.folders.map((folder) => realpath(folder).catch(() => folder)));
  const looks: Look[] = [];
  for (const path of await matching(settings.patterns, services.folders, signal)) {
    const seen = await look(path);
    if (seen !== undefined) looks.push(seen);
  }
  const claimed = new Set<number>();
  let changed = false;

  for (const entry of following.entries) {
    const others = new Set(following.entries.filter((other) => other !== entry).map(({ inode }) => inode));
    const found = await findAgain(entry, looks, others, () => siblingsOf(entry.path, folders));
    let current = entry;
    if (found?.as === 'whole') {
      claimed.add(found.look.inode);
      current = { ...entry, path: found.look.path, inode: found.look.inode, seenAt: now.toISOString() };
      following.replace(entry, current);
    } else if (found?.as === 'same') {
      claimed.add(found.look.inode);
      current = yield* following.grown(entry, found.look, now, !looks.includes(found.look));
    } else if (found?.as === 'gzip')
      for (const one of found.looks)
        if (yield* following.zipped(entry, one, now)) {
          claimed.add(one.inode);
          current = following.entries.find(({ inode }) => inode === one.inode) ?? entry;
          break;
        }
    const isFound = current !== entry;
    if (
      isOver(
        current,
        isFound,
        looks.some(({ path }) => path === current.path),
        now,
      )
    ) {
      following.entries = following.entries.filter((other) => other !== current);
      changed = true;
    }
  }

  for (const one of looks) {
    if (claimed.has(one.inode) || (await isCopy(one, following.entries))) continue;
    if (one.form !== 'lines' && now.getTime() - one.changedAt.getTime() < quietMs) continue;
    changed = true;
    if (!parsed.success && settings.readFrom === 'end') {
      following.entries.push(await fromItsEnd(one, now));
      continue;
    }
    const entry = newEntry(one, now);
    const binary = one.form === 'whole' ? undefined : binaryMessage(one.head);
    const known = { checkpoint: { files: following.entries }, caughtUp: false };
    following.entries.push(binary === undefined ? entry : { ...entry, head: printOf(one.head), whole: true });
    if (binary !== undefined) yield { ...known, bytes: 0, note: `${one.path}: ${binary}` };
    else if (one.form === 'lines') yield* following.grown(entry, one, now);
    else if (one.form === 'gzip') yield* following.zipped(entry, one, now);
    else yield { ...known, files: [{ path: one.path, name: one.path }], bytes: one.size, newestAt: one.changedAt };
  }
  if (changed) yield { bytes: 0, checkpoint: { files: following.entries }, caughtUp: true };
}

/** Log files of this machine: whole lines as they come, through rotation by name, by copy and by gzip. */
export const filesKind: Kind<'files'> = {
  identity: (settings: ConnectorSettings<'files'>) => settings.computer,
  destination: () => '',
  check: ({ patterns }, _secrets, { folders }) => checkPatterns(patterns, folders),
  pages: (context) => gathered(pages(context)),
};
