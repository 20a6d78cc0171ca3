import { SallyportError } from '@sallyport/contracts';
import type { LoadedSegment } from '../loading.ts';

/** What became of an import's segments. */
export interface ImportedSegments {
  readonly segmentIds: readonly string[];
  /** Rows stored, by table; `DCRLogErrors` are the lines refused. */
  readonly rows: Readonly<Record<string, number>>;
  /** Segments that the engine did not take at all. */
  readonly poisoned: readonly string[];
}

interface Import {
  appendedBytes: number;
  loadedBytes: number;
  ended: boolean;
  readonly segmentIds: string[];
  readonly poisoned: string[];
  readonly rows: Map<string, number>;
  readonly done: PromiseWithResolvers<ImportedSegments>;
}

/** Follows the lines of imports through the spool: an import is done when as many bytes are stored as were appended. */
export class ImportTracker {
  readonly #imports = new Map<string, Import>();

  begin(importId: string): void {
    this.#imports.set(importId, {
      appendedBytes: 0,
      loadedBytes: 0,
      ended: false,
      segmentIds: [],
      poisoned: [],
      rows: new Map(),
      done: Promise.withResolvers(),
    });
  }

  /** Before a payload goes to the spool. The spool adds a line feed to each. */
  appending(importId: string, payloadBytes: number): void {
    const one = this.#imports.get(importId);
    if (one !== undefined) one.appendedBytes += payloadBytes + 1;
  }

  /** The spool did not take it. */
  refused(importId: string, payloadBytes: number): void {
    const one = this.#imports.get(importId);
    if (one !== undefined) one.appendedBytes -= payloadBytes + 1;
  }

  loaded({ id, origin, bytes, rows }: LoadedSegment): void {
    const one = this.#of(origin.importId);
    if (one === undefined) return;
    one.segmentIds.push(id);
    one.loadedBytes += bytes;
    for (const [table, count] of Object.entries(rows)) one.rows.set(table, (one.rows.get(table) ?? 0) + count);
    settle(one);
  }

  poisoned(importId: string | undefined, segment: { readonly id: string; readonly bytes: number }): void {
    const one = this.#of(importId);
    if (one === undefined) return;
    one.poisoned.push(segment.id);
    one.loadedBytes += segment.bytes;
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
    for (const one of this.#imports.values())
      one.done.reject(
        new SallyportError('Unavailable', 'the server stops; what was sent is stored after its next start'),
      );
  }

  #of(importId: string | undefined): Import | undefined {
    return importId === undefined ? undefined : this.#imports.get(importId);
  }
}

function settle(one: Import): void {
  if (!one.ended || one.loadedBytes < one.appendedBytes) return;
  const { segmentIds, poisoned, rows } = one;
  one.done.resolve({ segmentIds, poisoned, rows: Object.fromEntries(rows) });
}
