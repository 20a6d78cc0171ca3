import type { Readable } from 'node:stream';

/** Which limit cut an answer, and where it stood. */
export type Cut = { readonly limit: 'rows'; readonly at: number } | { readonly limit: 'bytes'; readonly at: number };

/**
 * Rows as the engine wrote them, in pieces of whole rows: each row is JSON text behind a comma and ends with a line feed, but the very first
 * has no comma. So the pieces, one after the other, are what stands between the brackets of a JSON array.
 */
export interface CutRows extends AsyncIterable<Buffer> {
  /** Rows handed out so far. */
  readonly count: number;
  /** Bytes handed out so far. */
  readonly bytes: number;
  /** Set once the rows are over, when a limit ended them. */
  readonly cut: Cut | undefined;
  /** Lets go of the engine's answer without reading it (on). */
  discard(): void;
}

const lineFeed = 10;

/** Cuts a stream of lines at whole lines. Ends the stream, and with it the query, when a limit is reached. */
export function rowsOf(stream: Readable, limits: { readonly rows: number; readonly bytes: number }): CutRows {
  let count = 0;
  let bytes = 0;
  let cut: Cut | undefined;

  /** The whole rows of a piece that may still go out. */
  const within = (piece: Buffer): Buffer => {
    let end = 0;
    for (let at = piece.indexOf(lineFeed); at >= 0; at = piece.indexOf(lineFeed, end)) {
      const size = at + 1 - end;
      if (count >= limits.rows) cut = { limit: 'rows', at: limits.rows };
      else if (bytes + size > limits.bytes) cut = { limit: 'bytes', at: limits.bytes };
      if (cut) break;
      count++;
      bytes += size;
      end = at + 1;
    }
    return piece.subarray(0, end);
  };

  async function* pieces(): AsyncGenerator<Buffer> {
    let rest: Buffer = Buffer.alloc(0);
    let first = true;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        const piece = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
        const whole = within(piece);
        rest = piece.subarray(whole.length);
        // One row may be larger than all that is allowed.
        if (!cut && rest.length > limits.bytes) cut = { limit: 'bytes', at: limits.bytes };
        if (whole.length > 0) yield first ? whole.subarray(1) : whole;
        if (whole.length > 0) first = false;
        if (cut) return;
      }
    } finally {
      stream.destroy();
    }
  }

  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    get cut() {
      return cut;
    },
    discard: () => stream.destroy(),
    [Symbol.asyncIterator]: pieces,
  };
}
