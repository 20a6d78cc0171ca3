import { importMarks } from '../sources/statements.ts';
import { validUtf8 } from './text.ts';

/** Bytes of lines that go to the spool at once. */
const batchBytes = 4 * 1024 * 1024;

const [newline, tab] = [Buffer.from('\n'), Buffer.from('\t')];

/** A file's name as it stands in front of its lines. */
const fileTag = (name: string): string =>
  name
    .toWellFormed()
    .replaceAll(/[\t\r\n]/g, ' ')
    .slice(0, 400);

/**
 * Gathers the records of files into lines `<mark><file>\t<record>` (see `importMarks`), stream by stream. `flush` gets a batch and takes it over;
 * `add` never waits: call `settle` between chunks, which writes what is full.
 */
export class Batches {
  readonly #streams = new Map<string, { parts: Buffer[]; bytes: number }>();
  readonly #flush: (stream: string, lines: Uint8Array) => Promise<void>;
  readonly #tags = new Map<string, Buffer>();

  constructor(flush: (stream: string, lines: Uint8Array) => Promise<void>) {
    this.#flush = flush;
  }

  /** What stands for a file in front of its lines: its name, told apart from others of the same name. */
  tagOf(name: string): string {
    const base = fileTag(name);
    let tag = base;
    for (let count = 2; this.#tags.has(tag); count++) tag = `${base} #${count}`;
    this.#tags.set(tag, Buffer.from(tag));
    return tag;
  }

  add(stream: string, tag: string, record: Uint8Array, broken: boolean): void {
    let batch = this.#streams.get(stream);
    if (batch === undefined) this.#streams.set(stream, (batch = { parts: [], bytes: 0 }));
    const name = this.#tags.get(tag) ?? Buffer.from(tag);
    const mark = Buffer.from(broken ? importMarks.broken : importMarks.whole);
    // The record's bytes are the splitter's own buffer.
    batch.parts.push(Buffer.concat([mark, name, tab, record, newline]));
    batch.bytes += name.length + record.length + 3;
  }

  /** Writes batches that are full. */
  async settle(): Promise<void> {
    for (const [stream, batch] of this.#streams) if (batch.bytes >= batchBytes) await this.#write(stream, batch.parts);
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    for (const [stream, batch] of this.#streams) if (batch.bytes > 0) await this.#write(stream, batch.parts);
  }

  async #write(stream: string, parts: readonly Buffer[]): Promise<void> {
    this.#streams.delete(stream);
    // The spool adds the last line feed.
    const lines = validUtf8(Buffer.concat(parts));
    await this.#flush(stream, lines.subarray(0, lines.length - 1));
  }
}
