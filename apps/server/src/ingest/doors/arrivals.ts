import type { IngestCore } from '../core.ts';
import { wrappedStream } from '../loading.ts';
import { recognise, sampleRecord, type SampleRecord } from '../sources/recognise.ts';
import { rowsOf } from './rows.ts';

/** An event that a door has taken out of its call. */
export interface Arrival {
  /** A line of text, or the text of a JSON value. */
  readonly content: string;
  /** What `content` is: a JSON object, another JSON value, or text. */
  readonly kind: 'object' | 'value' | 'text';
  /** Names that may be a stream's: the first that is one wins over what the content looks like. */
  readonly names: readonly string[];
  /** Says which arrivals of a call are of one kind, and are recognised together. */
  readonly group: string;
  readonly labels: Labels;
}

/** What the call says of an event, beside the event. Kept where no source knows the event: a source takes all of it from the event itself. */
export interface Labels {
  /** ISO 8601. */
  readonly time?: string | undefined;
  readonly host?: string | undefined;
  readonly source?: string | undefined;
  readonly sourceType?: string | undefined;
  readonly index?: string | undefined;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Where events go that no source knows: the own stream of the table, since a door makes its rows whole. */
export const genericStream = 'Custom-GenericEvents_CL';

/** Records of a group that are looked at to recognise its source. */
const sampleMax = 32;

/** Of a text that may be a JSON object, such as a message that a program wrote as JSON. */
export function arrivalOfText(text: string, rest: Omit<Arrival, 'content' | 'kind'>): Arrival {
  return { content: text, kind: sampleRecord(text).object === undefined ? 'text' : 'object', ...rest };
}

/** Evenly over the group: what a program says at its start is often unlike the rest. */
function sampleOf(arrivals: readonly Arrival[]): SampleRecord[] {
  const step = Math.max(1, Math.floor(arrivals.length / sampleMax));
  return arrivals
    .filter((_, i) => i % step === 0)
    .slice(0, sampleMax)
    .map(({ content, kind }) => (kind === 'text' ? { text: content, object: undefined } : sampleRecord(content)));
}

/** The stream of a group: the one it names, else that whose source recognises its content, else the generic one. */
function streamOf({ streams }: IngestCore, group: readonly Arrival[]): string {
  const [first] = group;
  const named = first?.names.find((name) => streams.has(name));
  return named ?? recognise(streams.sources, sampleOf(group))?.stream.name ?? genericStream;
}

function genericRow(door: string, { content, kind, labels }: Arrival): string {
  const { time, host, source, sourceType, index, fields } = labels;
  const row = JSON.stringify({
    TimeGenerated: time,
    Door: door,
    Computer: host,
    Source: source,
    SourceType: sourceType,
    Index: index,
    Fields: fields,
    Message: kind === 'text' ? content : undefined,
  });
  return kind === 'text' ? row : `${row.slice(0, -1)},"Event":${content}}`;
}

/** JSON lines out of JSON texts, checked to be such as the engine takes. Throws SallyportError BadRequest. */
function jsonPayload(texts: readonly string[]): Uint8Array {
  const { lines } = rowsOf(Buffer.from(`[${texts.join(',')}]`));
  // The spool adds the last line feed.
  return lines.subarray(0, lines.length - 1);
}

interface Payload {
  readonly stream: string;
  readonly bytes: Uint8Array;
}

/** The payload of a stream of lines. An event of several lines goes in an object, so that it stays one. */
function linesPayload(stream: string, texts: readonly string[]): Payload {
  if (!texts.some((text) => /[\r\n]/.test(text))) return { stream, bytes: Buffer.from(texts.join('\n')) };
  const objects = texts.map((text) => JSON.stringify({ RawData: text }));
  return { stream: wrappedStream(stream), bytes: jsonPayload(objects) };
}

/** What goes into which stream of the spool. Throws SallyportError BadRequest where an event’s JSON is none. */
function payloadsOf(core: IngestCore, door: string, arrivals: readonly Arrival[]): Payload[] {
  const byStream = new Map<string, string[]>();
  const add = (stream: string, text: string): void => {
    const texts = byStream.get(stream);
    if (texts === undefined) byStream.set(stream, [text]);
    else texts.push(text);
  };
  for (const group of Map.groupBy(arrivals, (arrival) => arrival.group).values()) {
    const stream = streamOf(core, group);
    const takesLines = core.streams.takesLines(stream);
    for (const arrival of group)
      // A text is no row of a stream of objects; it must not be lost in a segment of them.
      if (stream !== genericStream && (takesLines || arrival.kind === 'object')) add(stream, arrival.content);
      else add(genericStream, genericRow(door, arrival));
  }
  return [...byStream].map(([stream, texts]) =>
    core.streams.takesLines(stream) ? linesPayload(stream, texts) : { stream, bytes: jsonPayload(texts) },
  );
}

/**
 * Makes events durable, each group in its stream. Throws SallyportError BadRequest, and then nothing of them is stored; TooManyRequests or Unavailable when the
 * spool can't take them, and then some may be stored already: a client sends all of them again.
 */
export async function storeArrivals(core: IngestCore, door: string, arrivals: readonly Arrival[]): Promise<void> {
  const payloads = payloadsOf(core, door, arrivals);
  await Promise.all(payloads.map(({ stream, bytes }) => core.spool.append(stream, bytes)));
}
