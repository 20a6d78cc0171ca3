import type { Source, SourceStream } from './load.ts';
import type { StreamRecogniser } from './schema.ts';

/** A record of a sample: the line as it is, and the JSON object it holds, if any. */
export interface SampleRecord {
  readonly text: string;
  readonly object: Readonly<Record<string, unknown>> | undefined;
}

export interface Recognised {
  readonly source: Source;
  readonly stream: SourceStream;
}

/** At least this share of a sample must fit: logs have odd lines at their start and between. */
const shareMin = 0.5;

export function sampleRecord(text: string): SampleRecord {
  if (!/^\s*\{/.test(text)) return { text, object: undefined };
  try {
    return { text, object: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { text, object: undefined };
  }
}

function hasPath(object: unknown, path: string, names: readonly string[]): boolean {
  let at: unknown = object;
  if (typeof at === 'object' && at !== null && Object.hasOwn(at, path)) return true;
  for (const name of names) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false;
    at = (at as Record<string, unknown>)[name];
  }
  return true;
}

/** Regular expressions meet at most this much of a line. */
export const lineLengthMax = 4_096;

const namesOf = new WeakMap<
  StreamRecogniser,
  readonly { readonly path: string; readonly names: readonly string[] }[]
>();

/** Whether a recogniser takes a record. */
export function takes(recogniser: StreamRecogniser, { text, object }: SampleRecord): boolean {
  const { line, json = [] } = recogniser;
  if (line !== undefined) return line.test(text.length > lineLengthMax ? text.slice(0, lineLengthMax) : text);
  if (object === undefined) return false;
  let paths = namesOf.get(recogniser);
  if (paths === undefined) namesOf.set(recogniser, (paths = json.map((path) => ({ path, names: path.split('.') }))));
  return paths.every(({ path, names }) => hasPath(object, path, names));
}

/** Whether one record alone looks like the stream's. For doors, which ask this line by line. */
export const fits = (stream: SourceStream, record: SampleRecord): boolean =>
  stream.recognise.some((recogniser) => takes(recogniser, record));

/**
 * The first stream, in the order of `sources`, that at least half of the sample looks like; undefined when there is none. A source's streams are asked in the order
 * in which it declares them. An empty sample has no stream.
 */
export function recognise(sources: readonly Source[], sample: readonly SampleRecord[]): Recognised | undefined {
  if (sample.length === 0) return undefined;
  for (const source of sources)
    for (const stream of source.streams)
      if (sample.filter((record) => fits(stream, record)).length >= sample.length * shareMin) return { source, stream };
  return undefined;
}
