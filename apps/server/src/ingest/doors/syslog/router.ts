import type { Source, SourceStream } from '../../sources/load.ts';
import type { StreamPins } from '../../pins/stream-pins.ts';
import { fits, sampleRecord, type SampleRecord } from '../../sources/recognise.ts';
import { containerLine, type ContainerLine } from '../../sources/container.ts';
import { StreamIndex } from '../../sources/stream-index.ts';
import { jsonMessage, withHost } from './header.ts';

/** A line on its way to a stream of the spool. Its bytes may be those that were given. */
export interface Routed {
  readonly stream: string;
  readonly line: Uint8Array;
  /** The time zone of its time, where that says none. Undefined: UTC. */
  readonly zone?: string | undefined;
  /** The workspace that it goes to. Undefined: the first. */
  readonly workspaceId?: string | undefined;
}

export interface RouterOptions {
  /** Another list each time they change. */
  readonly sources: () => readonly Source[];
  /** The stream of plain syslog, for what no other source recognises. */
  readonly plainStream: string;
  readonly now: () => Date;
  /** What people say of senders. */
  readonly pins?: () => StreamPins;
  /** What a stream that is pinned takes; undefined when there is none of that name. */
  readonly takes?: (stream: string) => 'lines' | 'objects' | undefined;
}

interface Candidate {
  readonly stream: SourceStream;
  /** Sources that take any line of syslog: others may know it better. */
  readonly general: boolean;
}

/** What is remembered of a sender. */
interface Sender {
  /** Streams that its lines went to, in the order in which they are asked. */
  known: Candidate[];
  /** Where its lines go, whatever they look like. */
  readonly pinned: string | undefined;
  readonly zone: string | undefined;
  readonly workspaceId: string | undefined;
}

/** Senders remembered; the one that was heard first is forgotten. */
const sendersMax = 10_000;
/** Streams remembered for one sender, which may be a relay for many. */
const knownMax = 32;

/**
 * Finds each line's source by its content. What several would take goes to one that its sender's lines went to before. Each line goes to a stream that it fits
 * itself, so a relay may mix what it likes.
 */
export class Router {
  #index = new StreamIndex<Candidate>([]);
  #order: ReadonlyMap<Candidate, number> = new Map();
  #sources: readonly Source[] = [];
  #pins: StreamPins | undefined;
  readonly #options: RouterOptions;
  readonly #senders = new Map<string, Sender>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#takeSources();
    this.#takePins();
  }

  /** Sources and pins that have changed count from the next line on. */
  #takeChanges(): void {
    if (this.#options.sources() !== this.#sources) this.#takeSources();
    if (this.#options.pins?.() !== this.#pins) this.#takePins();
  }

  #takePins(): void {
    this.#pins = this.#options.pins?.();
    this.#senders.clear();
  }

  #takeSources(): void {
    this.#sources = this.#options.sources();
    const candidates = this.#sources.flatMap((source) =>
      source.streams.map((stream) => ({ stream, general: source.priority < 0 })),
    );
    this.#index = new StreamIndex(candidates);
    this.#order = new Map(candidates.map((candidate, index) => [candidate, index]));
    this.#senders.clear();
  }

  route(address: string, bytes: Uint8Array): Routed {
    this.#takeChanges();
    const sender = this.#sender(address);
    const { stream, line } = this.#route(sender, address, bytes);
    return { stream, line, zone: sender.zone, workspaceId: sender.workspaceId };
  }

  #route(sender: Sender, address: string, bytes: Uint8Array): Routed {
    const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const whole = given.toString();
    const text = isOneLine(whole) ? whole : oneLine(whole);
    const line = text === whole ? given : Buffer.from(text);
    const record = sampleRecord(text);
    const pinned = this.#toPinned(sender, address, record, line);
    if (pinned !== undefined) return pinned;
    const found = this.#find(sender, record);
    if (found !== undefined && !found.general) return { stream: found.stream.name, line };
    const contained = containerLine(record);
    if (contained !== undefined) return this.#toContained(sender, address, contained);
    const json = jsonMessage(text);
    if (json !== undefined) {
      const inner = this.#find(sender, sampleRecord(json));
      if (inner !== undefined && isJson(inner.stream)) return { stream: inner.stream.name, line: Buffer.from(json) };
    }
    if (found !== undefined && found.stream.name !== this.#options.plainStream)
      return { stream: found.stream.name, line };
    return this.#toPlain(address, text, line);
  }

  /** The line that a container's program wrote, for what knows it; else as plain syslog of the time at which its runtime took it. */
  #toContained(sender: Sender, address: string, { time, text }: ContainerLine): Routed {
    const found = this.#find(sender, sampleRecord(text));
    if (found !== undefined) return { stream: found.stream.name, line: Buffer.from(text) };
    return this.#toPlain(address, `<13>${time} ${address} ${text}`, Buffer.from(`<13>${time} ${address} ${text}`));
  }

  #toPlain(address: string, text: string, line: Uint8Array): Routed {
    const named = withHost(text, address, this.#options.now);
    return { stream: this.#options.plainStream, line: named === undefined ? line : Buffer.from(named) };
  }

  /** Where a pin sends the line; undefined without one, and where the stream is gone or takes objects and the line is none: that goes by what it looks like. */
  #toPinned({ pinned }: Sender, address: string, record: SampleRecord, line: Uint8Array): Routed | undefined {
    if (pinned === undefined) return undefined;
    if (pinned === this.#options.plainStream) return this.#toPlain(address, record.text, line);
    const takes = this.#options.takes?.(pinned);
    if (takes === 'lines' || (takes === 'objects' && record.object !== undefined)) return { stream: pinned, line };
    const json = takes === 'objects' ? jsonMessage(record.text) : undefined;
    if (json === undefined || sampleRecord(json).object === undefined) return undefined;
    return { stream: pinned, line: Buffer.from(json) };
  }

  /**
   * The first candidate that takes the record, unless one that the sender is known for takes it too. General ones are no such: what they took before may have been
   * the lines of a program whose source is found now.
   */
  #find(sender: Sender, record: SampleRecord): Candidate | undefined {
    const found = this.#index.find(record);
    if (found === undefined || sender.known.includes(found)) return found;
    const takes = ({ stream, general }: Candidate): boolean =>
      !general && (!isJson(stream) || record.object !== undefined) && fits(stream, record);
    const known = sender.known.find(takes);
    if (known === undefined) this.#remember(sender, found);
    return known ?? found;
  }

  #remember(sender: Sender, found: Candidate): void {
    if (sender.known.includes(found)) return;
    const place = (candidate: Candidate): number => this.#order.get(candidate) ?? 0;
    sender.known = [...sender.known.slice(-knownMax + 1), found].toSorted((a, b) => place(a) - place(b));
  }

  #sender(address: string): Sender {
    let sender = this.#senders.get(address);
    if (sender === undefined) {
      const [oldest] = this.#senders.keys();
      if (this.#senders.size >= sendersMax && oldest !== undefined) this.#senders.delete(oldest);
      this.#senders.set(
        address,
        (sender = {
          known: [],
          pinned: this.#pins?.ofSender(address),
          zone: this.#pins?.zoneOf(address),
          workspaceId: this.#pins?.workspaceOf(address),
        }),
      );
    }
    return sender;
  }
}

const isJson = (stream: SourceStream): boolean => stream.format !== 'lines';

/** What a line of the spool's own begins with. */
const mark = '\x01';

const isOneLine = (text: string): boolean => !text.includes('\n') && !text.includes('\r') && !text.startsWith(mark);

/** Line ends inside (a counted frame or a datagram may hold some) become blanks, since the spool keeps lines; and a first byte that would make it a mark. */
const oneLine = (text: string): string =>
  (text.startsWith(mark) ? ` ${text.slice(1)}` : text).replaceAll(/[\r\n]/g, ' ');
