import { crc32 } from 'node:zlib';

/**
 * The journal beside a segment: a first line of JSON (`{"version":1,"stream":"…"}`), then 12 bytes a payload: length, CRC-32 of the payload, CRC-32 of
 * these 8 bytes; big endian. In the segment each payload is followed by one line feed. What the journal does not vouch for was never acknowledged.
 */
export const recordBytes = 12;

/** A payload's length must fit the record, and a Buffer. */
export const payloadBytesMax = 512 * 2 ** 20;

export const journalHead = (stream: string): Buffer =>
  Buffer.from(`${JSON.stringify({ version: 1, stream })}\n`, 'utf8');

export function journalRecord(payload: Uint8Array): Buffer {
  const record = Buffer.alloc(recordBytes);
  record.writeUInt32BE(payload.length, 0);
  record.writeUInt32BE(crc32(payload), 4);
  record.writeUInt32BE(crc32(record.subarray(0, 8)), 8);
  return record;
}

export interface JournalEntry {
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

export interface Journal {
  readonly stream: string;
  readonly headBytes: number;
  readonly entries: readonly JournalEntry[];
}

/** Reads a journal up to its first torn record. Undefined when not even the head is whole. */
export function readJournal(bytes: Buffer): Journal | undefined {
  const end = bytes.indexOf(10);
  if (end < 0) return undefined;
  const stream = streamOf(bytes.toString('utf8', 0, end));
  if (stream === undefined) return undefined;
  const entries: JournalEntry[] = [];
  let offset = 0;
  for (let at = end + 1; at + recordBytes <= bytes.length; at += recordBytes) {
    if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) break;
    const length = bytes.readUInt32BE(at);
    entries.push({ offset, length, crc: bytes.readUInt32BE(at + 4) });
    offset += length + 1;
  }
  return { stream, headBytes: end + 1, entries };
}

function streamOf(head: string): string | undefined {
  try {
    const parsed = JSON.parse(head) as { version?: unknown; stream?: unknown };
    return parsed.version === 1 && typeof parsed.stream === 'string' ? parsed.stream : undefined;
  } catch {
    return undefined;
  }
}
