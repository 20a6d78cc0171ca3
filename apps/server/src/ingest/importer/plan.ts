import type { Source } from '../sources/load.ts';
import { recognise, type Recognised } from '../sources/recognise.ts';
import type { Streams } from '../sources/streams.ts';
import { framingsOf, type Framing } from './kind.ts';
import { lineSplitter } from './splitter.ts';

/** How a file is read: cut how, to which stream. */
export interface Plan {
  readonly framing: Pick<Framing, 'splitter'>;
  /** What takes its records, and what that is called in the result: a source, or a table. */
  readonly taker: { readonly name: string; readonly stream: string } | undefined;
}

const takerOf = ({ source, stream }: Recognised): Plan['taker'] => ({ name: source.id, stream: stream.name });

/** `tableRows`: the table whose rows a sample holds, if it is one that people may load. */
export function planOf(
  sources: readonly Source[],
  head: Uint8Array,
  complete: boolean,
  pinned: boolean,
  tableRows: (sample: Framing['sample']) => Plan['taker'],
): Plan {
  const framings = framingsOf(head, complete);
  for (const framing of framings) {
    const recognised = recognise(sources, framing.sample);
    if (recognised !== undefined) return { framing, taker: takerOf(recognised) };
  }
  for (const framing of pinned ? [] : framings) {
    const taker = tableRows(framing.sample);
    if (taker !== undefined) return { framing, taker };
  }
  const [source] = sources;
  const [stream] = source?.streams ?? [];
  const recognised = pinned && source !== undefined && stream !== undefined ? { source, stream } : undefined;
  return {
    framing: recognised === undefined ? { splitter: lineSplitter } : (framings[0] ?? { splitter: lineSplitter }),
    taker: recognised === undefined ? undefined : takerOf(recognised),
  };
}

/** Reads a file for a stream that a person chose, whatever it looks like. The stream must be one that `streams` has. */
export function planFor(streams: Streams, stream: string, head: Uint8Array, complete: boolean): Plan {
  const framings = framingsOf(head, complete);
  const source = streams.sources.find((one) => one.streams.some(({ name }) => name === stream));
  const own = source === undefined ? [] : [{ ...source, streams: source.streams.filter((s) => s.name === stream) }];
  const hasObjects = ({ sample }: Framing): boolean => sample.some((record) => record.object !== undefined);
  const framing =
    framings.find(({ sample }) => recognise(own, sample) !== undefined) ??
    (streams.takesLines(stream) ? undefined : framings.find(hasObjects)) ??
    framings[0];
  const name = source?.id ?? streams.tablesOf(stream)[0] ?? stream;
  return { framing: framing ?? { splitter: lineSplitter }, taker: { name, stream } };
}
