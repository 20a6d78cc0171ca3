import { SallyportError } from '@sallyport/contracts';
import type { LoadedSegment, SegmentOrigin } from '../loading.ts';

/** What became of an import's segments. */
export interface ImportedSegments {
  readonly segmentIds: readonly string[];
  /** Segments that hold lines of a part, by part. */
  readonly segmentsOfPart: ReadonlyMap<string, readonly string[]>;
  /** Rows stored, by table; `DCRLogErrors` are the lines refused. */
  readonly rows: Readonly<Record<string, number>>;
  /** Segments that the engine did not take at all. */
  readonly poisoned: readonly string[];
}

interface Payload {
  /** With the line feed that the spool adds. */
  readonly bytes: number;
  readonly parts: ReadonlySet<string>;
}

interface Segment {
  readonly id: string;
  readonly bytes: number;
}

interface Import {
  readonly payloads: Map<string, Payload[]>;
  readonly segments: Map<string, Segment[]>;
  waitingBytes: number;
  ended: boolean;
  readonly poisoned: string[];
  readonly rows: Map<string, number>;
  readonly done: PromiseWithResolvers<ImportedSegments>;
}

/** Follows the lines of imports through the spool: an import is done when as many bytes are stored as were appended. */
export class ImportTracker {
  readonly #imports = new Map<string, Import>();

  begin(importId: string): void {
    this.#imports.set(importId, {
      payloads: new Map(),
      segments: new Map(),
      waitingBytes: 0,
      ended: false,
      poisoned: [],
      rows: new Map(),
      done: Promise.withResolvers(),
    });
  }

  /** After the spool took a payload, in that order. */
  appended(importId: string, stream: string, payloadBytes: number, parts: ReadonlySet<string>): void {
    const one = this.#imports.get(importId);
    if (one === undefined) return;
    const bytes = payloadBytes + 1;
    push(one.payloads, stream, { bytes, parts });
    one.waitingBytes += bytes;
  }

  loaded({ id, origin, bytes, rows }: LoadedSegment): void {
    const one = this.#stored(origin, { id, bytes });
    if (one === undefined) return;
    for (const [table, count] of Object.entries(rows)) one.rows.set(table, (one.rows.get(table) ?? 0) + count);
    settle(one);
  }

  poisoned(origin: SegmentOrigin, { id, bytes }: Segment): void {
    const one = this.#stored(origin, { id, bytes });
    if (one === undefined) return;
    one.poisoned.push(id);
    settle(one);
  }

  /** Nothing more is appended: resolves when all is stored. */
  async end(importId: string): Promise<ImportedSegments> {
    const one = this.#imports.get(importId);
    if (one === undefined) throw new Error(`no import ${importId}`);
    one.ended = true;
    settle(one);
    try {
      return await one.done.promise;
    } finally {
      this.#imports.delete(importId);
    }
  }

  /** The spool closes: what waits here would wait for ever. What was appended is stored after the next start. */
  abandon(): void {
    const error = new SallyportError('Unavailable', 'the server stops; what was sent is stored after its next start');
    for (const one of this.#imports.values()) {
      // Nobody may be waiting.
      one.done.promise.catch(() => undefined);
      one.done.reject(error);
    }
  }

  #stored({ importId, stream }: SegmentOrigin, segment: Segment): Import | undefined {
    const one = importId === undefined ? undefined : this.#imports.get(importId);
    if (one === undefined) return undefined;
    push(one.segments, stream, segment);
    one.waitingBytes -= segment.bytes;
    return one;
  }
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** A stored segment may come before the append of its last payload has answered: then the sum is below zero for a moment. */
function settle(one: Import): void {
  if (!one.ended || one.waitingBytes !== 0) return;
  const segments = [...one.segments.values()].flat();
  one.done.resolve({
    segmentIds: segments.map((s) => s.id),
    segmentsOfPart: segmentsOfPart(one),
    poisoned: one.poisoned,
    rows: Object.fromEntries(one.rows),
  });
}

/** The spool writes a stream's payloads one after another, and names segments in the order in which it opens them. */
function segmentsOfPart({ payloads, segments }: Import): Map<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const [stream, list] of payloads) {
    const ordered = (segments.get(stream) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1)).values();
    let segment = ordered.next().value;
    let left = segment?.bytes ?? 0;
    for (const payload of list) {
      if (left === 0) {
        segment = ordered.next().value;
        left = segment?.bytes ?? 0;
      }
      left -= payload.bytes;
      if (segment !== undefined)
        for (const part of payload.parts) found.set(part, (found.get(part) ?? new Set()).add(segment.id));
    }
  }
  return new Map([...found].map(([part, ids]) => [part, [...ids]]));
}
