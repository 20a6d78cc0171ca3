import { open } from 'node:fs/promises';
import type { SpoolSegment } from '@sallyport/lake';
import { originOf } from '../loading.ts';
import { sampleRecord } from '../sources/recognise.ts';
import type { Streams } from '../sources/streams.ts';

/** Bytes from a segment's beginning that are looked at, and records in them. */
const sampleBytes = 256 * 1024;
const recordsMax = 200;
/** Names of deeper objects are mostly data: ids as keys. */
const depthMax = 4;
const pathsMax = 1_000;
const fieldsMax = 200;
const everyMs = 3_600_000;

/** Paths of the fields of an object that hold something: `System.EventID`. Into arrays it does not look. */
function* pathsOf(
  object: Readonly<Record<string, unknown>>,
  head: readonly string[] = [],
): Generator<readonly string[]> {
  for (const [name, value] of Object.entries(object)) {
    if (value === null || value === '') continue;
    const path = [...head, name];
    const isObject = typeof value === 'object' && !Array.isArray(value);
    if (isObject && path.length < depthMax) yield* pathsOf(value as Record<string, unknown>, path);
    else yield path;
  }
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Whether KQL reads a field of `RawData`: it says the field's name, or takes a whole object around it (its name with no `.` or `[` behind it). Names are
 * looked for in the text alone, so that a name which stands there for another reason counts as read: better too few told than too many.
 */
export function readsField(kql: string, path: readonly string[]): boolean {
  const name = path.at(-1) ?? '';
  const says = (text: string, behind: string): boolean =>
    new RegExp(`(?<![\\w])${escaped(text)}(?![\\w])${behind}`).test(kql);
  if (says(name, '')) return true;
  return ['RawData', ...path.slice(0, -1)].some((around) => says(around, `(?!['"]?\\]?\\??[.[])`));
}

/** What of a stream's records nothing reads: paths, sorted. Undefined for streams whose records have no named fields. */
export function unreadFields(streams: Streams, stream: string, records: readonly string[]): string[] | undefined {
  const source = streams.sources.flatMap((one) => one.streams).find(({ name }) => name === stream);
  const objects = records.flatMap((record) => sampleRecord(record).object ?? []);
  if (source?.format === 'lines' || objects.length === 0) return undefined;
  const kql =
    source === undefined ? undefined : [source.accept, ...source.flows.map(({ transform }) => transform)].join('\n');
  const columns = new Set(
    source?.columns?.map(({ name }) => name) ??
      streams.statements(stream, 'door').loads.flatMap(({ columns: all }) => all),
  );
  const paths = new Map<string, readonly string[]>();
  for (const object of objects)
    for (const path of pathsOf(object as Record<string, unknown>))
      if (paths.size < pathsMax) paths.set(path.join('.'), path);
  // Where columns are declared, they are read whole.
  const isRead = (path: readonly string[]): boolean =>
    kql === undefined || source?.columns !== undefined ? columns.has(path[0] ?? '') : readsField(kql, path);
  const unread = [...paths].flatMap(([name, path]) => (isRead(path) ? [] : [name]));
  return unread.toSorted().slice(0, fieldsMax);
}

async function recordsIn(path: string): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // The last may be cut.
    return lines.slice(0, -1).slice(0, recordsMax);
  } finally {
    await file.close();
  }
}

/** Looks once an hour at some records of each stream as they came, while their segment is still there. */
export class FieldSampler {
  readonly #lookedAt = new Map<string, number>();
  #found = new Map<string, readonly string[]>();

  /** Called before the segment is removed. */
  async look(segment: SpoolSegment, streams: Streams, now: Date): Promise<void> {
    const { stream, framing } = originOf(segment.stream);
    if (framing !== 'door' || now.getTime() - (this.#lookedAt.get(stream) ?? 0) < everyMs) return;
    this.#lookedAt.set(stream, now.getTime());
    const unread = unreadFields(streams, stream, await recordsIn(segment.path));
    if (unread !== undefined) this.#found.set(stream, unread);
  }

  /** What was found since the last call, by stream. */
  take(): ReadonlyMap<string, readonly string[]> {
    const found = this.#found;
    this.#found = new Map();
    return found;
  }
}
