import { importMarks } from '../sources/lines.ts';
import { validUtf8 } from './text.ts';

/** Bytes of lines that go to the spool at once. Each segment costs the engine the analysis of every statement, so few large ones are best. */
const batchBytes = 24 * 1024 * 1024;

const [newline, tab] = [Buffer.from('\n'), Buffer.from('\t')];
const marks = {
  whole: Buffer.from(importMarks.whole),
  broken: Buffer.from(importMarks.broken),
  lines: Buffer.from(importMarks.lines),
};

/** What stands in front of a file's lines: `<part> <name>`. The part is its number in this import: rows carry it in `_SegmentId`. */
export interface FileTag {
  readonly part: string;
  readonly bytes: Buffer;
}

const nameLengthMax = 400;

export function fileTag(index: number, name: string): FileTag {
  const part = `f${index.toString(36)}`;
  const text = name
    .toWellFormed()
    .replaceAll(/[\t\r\n]/g, ' ')
    .slice(0, nameLengthMax);
  return { part, bytes: Buffer.from(`${part} ${text}`) };
}

interface Batch {
  readonly lines: Buffer[];
  readonly parts: Set<string>;
  bytes: number;
}

/** Takes a batch over: lines without the last line feed, the parts that have lines in it, and how many lines there are. */
export type Flush = (stream: string, lines: Uint8Array, parts: ReadonlySet<string>, records: number) => Promise<void>;

/** A record of several lines is written as a JSON string, since a segment is lines. */
function marked(record: Uint8Array, tag: FileTag): Uint8Array[] {
  if (!record.includes(0x0a)) return [marks.whole, tag.bytes, tab, record];
  return [marks.lines, tag.bytes, tab, Buffer.from(JSON.stringify(validUtf8(Buffer.from(record)).toString()))];
}

const oneLine = (record: Uint8Array): Uint8Array => record.map((byte) => (byte === 0x0a ? 0x20 : byte));

/**
 * Gathers the records of files into lines `<mark><part> <name>\t<record>` (see `importMarks`), stream by stream. `add` never waits: call `settle`
 * between chunks, which writes what is full.
 */
export class Batches {
  readonly #streams = new Map<string, Batch>();
  readonly #flush: Flush;

  constructor(flush: Flush) {
    this.#flush = flush;
  }

  add(stream: string, tag: FileTag, record: Uint8Array, broken: boolean): void {
    let batch = this.#streams.get(stream);
    if (batch === undefined) this.#streams.set(stream, (batch = { lines: [], parts: new Set(), bytes: 0 }));
    // The record's bytes are the splitter's own buffer, so they are copied.
    const line = Buffer.concat([
      ...(broken ? [marks.broken, tag.bytes, tab, oneLine(record)] : marked(record, tag)),
      newline,
    ]);
    batch.lines.push(line);
    batch.parts.add(tag.part);
    batch.bytes += line.length;
  }

  /** Writes batches that are full. */
  async settle(): Promise<void> {
    for (const [stream, batch] of this.#streams) if (batch.bytes >= batchBytes) await this.#write(stream, batch);
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    for (const [stream, batch] of this.#streams) await this.#write(stream, batch);
  }

  async #write(stream: string, { lines, parts }: Batch): Promise<void> {
    this.#streams.delete(stream);
    const bytes = validUtf8(Buffer.concat(lines));
    await this.#flush(stream, bytes.subarray(0, bytes.length - 1), parts, lines.length);
  }
}
