import { BinaryXml } from './binary-xml.ts';
import { EvtxError } from './bytes.ts';
import { eventJson } from './json.ts';
import { Rendering } from './render.ts';
import { brokenBytesKept, recordBytesMax, type RecordSink, type Splitter } from '../splitter.ts';

/** What an EVTX file begins with. */
export const evtxSignature = Buffer.from('ElfFile\0');
const chunkSignature = Buffer.from('ElfChnk\0');
const recordSignature = Buffer.from([0x2a, 0x2a, 0, 0]);

const headerBytes = 4_096;
const chunkBytes = 65_536;
/** The chunk's own header, with its tables of names and templates. */
const chunkHeadBytes = 512;
/** Signature, size, number and time, and the size again behind the event. */
const recordHeadBytes = 24;
const recordBytesMin = recordHeadBytes + 4;

/** Where the chunk's header says that its free space begins. */
const freeSpaceAt = 48;

/**
 * Windows event logs: a header, then chunks of 64 KiB, each read by itself. Every event becomes a line of JSON; one that is damaged is a broken
 * record with the reason and its bytes, and the others of its chunk are read all the same.
 * https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
 */
export function evtxSplitter(sink: RecordSink): Splitter {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let length = 0;
  /** Bytes of the file's header that are still to come. */
  let header = headerBytes;
  let offset = headerBytes;
  const flush = (): void => {
    readChunk(buffer.subarray(0, length), offset, sink);
    offset += length;
    length = 0;
  };
  return {
    push(chunk) {
      let at = Math.min(header, chunk.length);
      header -= at;
      while (at < chunk.length) {
        const piece = chunk.subarray(at, at + chunkBytes - length);
        buffer.set(piece, length);
        length += piece.length;
        at += piece.length;
        if (length === chunkBytes) flush();
      }
    },
    end() {
      if (length > 0) flush();
    },
  };
}

function readChunk(chunk: Buffer, offset: number, sink: RecordSink): void {
  const signed = chunk.subarray(0, chunkSignature.length).equals(chunkSignature);
  if (!signed && chunk.indexOf(recordSignature) === -1) {
    // Room that was set aside and never written.
    if (chunk.some((byte) => byte !== 0))
      sink(broken(`EVTX chunk at byte ${offset}: no signature, and no events`, chunk), true);
    return;
  }
  const xml = new BinaryXml(chunk);
  const rendering = new Rendering(xml);
  for (const { start, size, whole } of records(chunk, signed)) {
    const bytes = chunk.subarray(start, start + size);
    const line = whole ? readRecord(xml, rendering, start, size) : new EvtxError('cut off');
    const place = `EVTX record at byte ${offset + start}`;
    if (line instanceof EvtxError) sink(broken(`${place}: ${line.message}`, bytes), true);
    else if (line.length > recordBytesMax) sink(line.subarray(0, brokenBytesKept), true);
    else sink(line, false);
  }
}

interface RecordPlace {
  readonly start: number;
  readonly size: number;
  /** Its size is written behind it too. */
  readonly whole: boolean;
}

/**
 * The records of a chunk in order. Where one should be and is none, the next signature is looked for. Behind the free space's beginning are those of
 * earlier times, unless they go on in number: after a crash the header lags.
 */
function* records(chunk: Buffer, signed: boolean): Generator<RecordPlace> {
  const free = signed && chunk.length >= chunkHeadBytes ? chunk.readUInt32LE(freeSpaceAt) : 0;
  const limit = free >= chunkHeadBytes && free <= chunk.length ? free : chunk.length;
  let last: bigint | undefined;
  let at = signed ? chunkHeadBytes : 0;
  for (;;) {
    const start = chunk.indexOf(recordSignature, at);
    if (start === -1 || start + recordBytesMin > chunk.length) return;
    const size = chunk.readUInt32LE(start + 4);
    const id = chunk.readBigUInt64LE(start + 8);
    if (start >= limit && (last === undefined || start !== at || id !== last + 1n)) return;
    const fits = size >= recordBytesMin && size <= chunkBytes - chunkHeadBytes && start + size <= chunk.length;
    const whole = fits && chunk.readUInt32LE(start + size - 4) === size;
    if (whole) {
      yield { start, size, whole };
      last = id;
      at = start + size;
      continue;
    }
    // Up to the next record, since its own size is not to be believed.
    const next = chunk.indexOf(recordSignature, start + 4);
    const end = next === -1 ? Math.max(limit, start + 4) : next;
    if (start < limit) yield { start, size: end - start, whole };
    at = end;
  }
}

function readRecord(xml: BinaryXml, rendering: Rendering, start: number, size: number): Buffer | EvtxError {
  try {
    const nodes = xml.parse(start + recordHeadBytes, start + size - 4, true);
    return Buffer.from(JSON.stringify(eventJson(rendering.children(nodes))));
  } catch (error) {
    if (error instanceof EvtxError) return error;
    throw error;
  }
}

/** What is kept of bytes that can't be read: the reason, and they themselves. */
function broken(reason: string, bytes: Buffer): Buffer {
  const kept = bytes.subarray(0, Math.floor((brokenBytesKept * 3) / 4) - reason.length - 64);
  return Buffer.from(`${reason}; base64 ${kept.toString('base64')}`);
}
