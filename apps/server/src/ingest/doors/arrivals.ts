import type { IngestCore } from '../core.ts';
import { inWorkspace, originOf, pageStream, wrappedStream, type StoredPage } from '../loading.ts';
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

/** Groups of a call that are recognised each for itself; what comes after them is one group more. Each costs a look at every source's expressions. */
const groupsMax = 64;

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

/** Where a group goes, and what of each arrival; `undefined` where that is nothing. */
interface Route {
  readonly stream: string;
  readonly textOf: (arrival: Arrival) => string | undefined;
}

const asItIs = ({ content, kind }: Arrival): string | undefined => (kind === 'value' ? undefined : content);
const objectOnly = ({ content, kind }: Arrival): string | undefined => (kind === 'object' ? content : undefined);
/** The line that an agent has put into an object of its own. */
const innerText = ({ content, kind }: Arrival): string | undefined =>
  kind === 'object' ? lineInside(sampleRecord(content).object) : undefined;

/** As Elastic's and Fluent's agents write it; `event.original` is the line before the agent has worked on it. */
function lineInside(object: Readonly<Record<string, unknown>> | undefined): string | undefined {
  if (object === undefined) return undefined;
  const { event, message, log } = object;
  const original =
    typeof event === 'object' && event !== null
      ? (event as Record<string, unknown>)['original']
      : object['event.original'];
  return [original, message, log].find((text) => typeof text === 'string' && text !== '') as string | undefined;
}

/** The stream that a group names, else that whose source recognises its content, or the lines inside of it, else the generic one. */
function routeOf({ streams }: IngestCore, group: readonly Arrival[]): Route {
  const to = (stream: string): Route => ({ stream, textOf: streams.takesLines(stream) ? asItIs : objectOnly });
  const named = group[0]?.names.find((name) => streams.has(name));
  if (named !== undefined) return to(named);
  const sample = sampleOf(group);
  const known = recognise(streams.sources, sample);
  if (known !== undefined) return to(known.stream.name);
  const inside = sample.flatMap(({ object }) => lineInside(object) ?? []).map(sampleRecord);
  const wrapped = inside.length * 2 < sample.length ? undefined : recognise(streams.sources, inside);
  if (wrapped === undefined) return { stream: genericStream, textOf: () => undefined };
  const stream = wrapped.stream.name;
  const isObject = (text: string): boolean => sampleRecord(text).object !== undefined;
  const takesLines = streams.takesLines(stream);
  return {
    stream,
    textOf: (arrival) => {
      const text = innerText(arrival);
      return text === undefined || takesLines || isObject(text) ? text : undefined;
    },
  };
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
  /** Which of the call's arrivals are in it. */
  readonly from: readonly number[];
}

/** The payload of a stream of lines. An event of several lines goes in an object, so that it stays one. */
function linesPayload(stream: string, texts: readonly string[]): Omit<Payload, 'from'> {
  if (!texts.some((text) => /[\r\n]/.test(text))) return { stream, bytes: Buffer.from(texts.join('\n')) };
  const objects = texts.map((text) => JSON.stringify({ RawData: text }));
  return { stream: wrappedStream(stream), bytes: jsonPayload(objects) };
}

interface Numbered {
  readonly arrival: Arrival;
  readonly from: number;
}

function groupsOf({ streams }: IngestCore, arrivals: readonly Arrival[]): Iterable<readonly Numbered[]> {
  const groups = new Map<string, Numbered[]>();
  for (const [from, arrival] of arrivals.entries()) {
    const own = groups.has(arrival.group) || groups.size < groupsMax;
    // Those that name a stream are never mixed with others.
    const key = own ? arrival.group : JSON.stringify(['other', arrival.names.find((name) => streams.has(name))]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ arrival, from }]);
    else group.push({ arrival, from });
  }
  return groups.values();
}

type Sorted = ReadonlyMap<string, { readonly texts: string[]; readonly from: number[] }>;

/** What goes into which stream. */
function sorted(core: IngestCore, door: string, arrivals: readonly Arrival[]): Sorted {
  const byStream = new Map<string, { texts: string[]; from: number[] }>();
  const add = (stream: string, text: string, from: number): void => {
    const lines = byStream.get(stream) ?? { texts: [], from: [] };
    byStream.set(stream, lines);
    lines.texts.push(text);
    lines.from.push(from);
  };
  for (const group of groupsOf(core, arrivals)) {
    const { stream, textOf } = routeOf(
      core,
      group.map(({ arrival }) => arrival),
    );
    for (const { arrival, from } of group) {
      // A text is no row of a stream of objects; it must not be lost in a segment of them.
      const text = stream === genericStream ? undefined : textOf(arrival);
      if (text === undefined) add(genericStream, genericRow(door, arrival), from);
      else add(stream, text, from);
    }
  }
  return byStream;
}

/** The stream that each would go to. */
export function arrivalStreams(core: IngestCore, arrivals: readonly Arrival[]): string[] {
  const streams = arrivals.map(() => genericStream);
  for (const [stream, { from }] of sorted(core, '', arrivals)) for (const place of from) streams[place] = stream;
  return streams;
}

/** Payloads of the spool. Throws SallyportError BadRequest where an event’s JSON is none. */
const payloadsOf = (core: IngestCore, door: string, arrivals: readonly Arrival[]): Payload[] =>
  [...sorted(core, door, arrivals)].map(([stream, { texts, from }]) => ({
    ...(core.streams.takesLines(stream) ? linesPayload(stream, texts) : { stream, bytes: jsonPayload(texts) }),
    from,
  }));

/** Which door they came through, and who sent them. */
export interface Origin {
  readonly door: string;
  readonly sender: string;
  /** Where they go. Default: the first. */
  readonly workspaceId?: string | undefined;
}

/**
 * Makes events durable, each group in its stream. Answers what went wrong with those that are not, by their place. Throws SallyportError BadRequest when one is not
 * such JSON as the engine takes, and then nothing is stored. `page`: the page of a connector that they are of, and may be taken back as.
 */
export async function tryArrivals(
  core: IngestCore,
  { door, sender, workspaceId }: Origin,
  given: readonly Arrival[],
  page?: StoredPage,
): Promise<ReadonlyMap<number, unknown>> {
  const failed = new Map<number, unknown>();
  const pinned = core.pins.current().ofSenderOfCalls(sender);
  const arrivals =
    pinned === undefined ? given : given.map((arrival) => ({ ...arrival, names: [...arrival.names, pinned] }));
  const payloads = payloadsOf(core, door, arrivals);
  const store = async (payload: Payload): Promise<void> => {
    try {
      const { stream, bytes, from } = payload;
      const paged = page === undefined ? stream : pageStream(page, stream);
      await core.spool.append(inWorkspace(workspaceId, paged), bytes, sender);
      core.metrics.accepted({ door, sender, stream: originOf(stream).stream, rows: from.length, bytes: bytes.length });
    } catch (error) {
      for (const place of payload.from) failed.set(place, error);
    }
  };
  await Promise.all(payloads.map(store));
  return failed;
}

/** The same for doors that answer a call as a whole: when it throws, some may be stored already, and a client sends all of them again. */
export async function storeArrivals(
  core: IngestCore,
  origin: Origin,
  arrivals: readonly Arrival[],
  page?: StoredPage,
): Promise<void> {
  const failed = await tryArrivals(core, origin, arrivals, page);
  for (const error of failed.values()) throw error;
}
