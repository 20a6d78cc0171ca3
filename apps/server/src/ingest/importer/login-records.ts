import { recordBytesMax, type RecordSink, type Splitter } from './splitter.ts';

/** Size of `struct utmp` on Linux with 64 bits, and what of it is said here: https://man7.org/linux/man-pages/man5/utmp.5.html */
const recordBytes = 384;
const at = {
  type: 0,
  pid: 4,
  line: 8,
  id: 40,
  user: 44,
  host: 76,
  exit: 332,
  session: 336,
  seconds: 340,
  micros: 344,
  address: 348,
} as const;
/** `ut_type`: from EMPTY to ACCOUNTING. */
const typeMax = 9;

/** Records looked at to know a file, and times that they may have: the format has no signature. */
const knownRecords = 4;
const seconds = { min: Date.UTC(1990, 0) / 1_000, max: Date.UTC(2100, 0) / 1_000 } as const;

const isRecord = (bytes: Buffer, from: number): boolean => {
  const type = bytes.readInt16LE(from + at.type);
  const time = bytes.readInt32LE(from + at.seconds) >>> 0;
  const isZero = bytes.subarray(from, from + recordBytes).every((byte) => byte === 0);
  const unused = bytes.subarray(from + recordBytes - 20, from + recordBytes);
  return (
    isZero ||
    (type >= 0 && type <= typeMax && time > seconds.min && time < seconds.max && unused.every((byte) => byte === 0))
  );
};

/** Whether a file that begins so is one of login records (`wtmp`, `btmp`, `utmp`). `complete`: the head is the whole file. */
export function isLoginRecords(head: Uint8Array, complete: boolean): boolean {
  if (head.length < recordBytes || (complete && head.length % recordBytes !== 0)) return false;
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const count = Math.min(knownRecords, Math.floor(bytes.length / recordBytes));
  const offsets = Array.from({ length: count }, (_, i) => i * recordBytes);
  return offsets.every((from) => isRecord(bytes, from)) && bytes.subarray(0, count * recordBytes).some((b) => b !== 0);
}

/** A text of a fixed length, ended by NUL when it is shorter. */
function textAt(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** IPv4 stands in the first four of the sixteen bytes. */
function addressAt(bytes: Buffer, from: number): string {
  const parts = [...bytes.subarray(from, from + 16)];
  if (parts.every((part) => part === 0)) return '';
  if (parts.slice(4).every((part) => part === 0)) return parts.slice(0, 4).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(from + i * 2).toString(16));
  return groups.join(':');
}

function recordOf(bytes: Buffer, from: number): object {
  const micros = bytes.readInt32LE(from + at.micros);
  const ms = (bytes.readInt32LE(from + at.seconds) >>> 0) * 1_000;
  return {
    ut_type: bytes.readInt16LE(from + at.type),
    ut_pid: bytes.readInt32LE(from + at.pid),
    ut_line: textAt(bytes, from + at.line, 32),
    ut_id: textAt(bytes, from + at.id, 4),
    ut_user: textAt(bytes, from + at.user, 32),
    ut_host: textAt(bytes, from + at.host, 256),
    ut_exit: bytes.readInt16LE(from + at.exit + 2),
    ut_session: bytes.readInt32LE(from + at.session),
    ut_tv: `${new Date(ms).toISOString().slice(0, 19)}.${String(Math.min(Math.max(micros, 0), 999_999)).padStart(6, '0')}Z`,
    ut_addr_v6: addressAt(bytes, from + at.address),
  };
}

/** Login records as JSON objects, by the names of `struct utmp`. An empty one is none; what is no record, or is cut off, is a broken one in hexadecimal. */
export function loginRecordSplitter(sink: RecordSink): Splitter {
  let pending = Buffer.alloc(0);
  const broken = (bytes: Buffer): void => {
    if (bytes.some((byte) => byte !== 0)) sink(Buffer.from(bytes.subarray(0, recordBytesMax).toString('hex')), true);
  };
  return {
    push(chunk) {
      pending = Buffer.concat([pending, chunk]);
      let from = 0;
      for (; from + recordBytes <= pending.length; from += recordBytes) {
        const bytes = pending.subarray(from, from + recordBytes);
        if (!isRecord(bytes, 0)) broken(bytes);
        else if (bytes.some((byte) => byte !== 0)) sink(Buffer.from(JSON.stringify(recordOf(bytes, 0))), false);
      }
      pending = pending.subarray(from);
    },
    end() {
      broken(pending);
      pending = Buffer.alloc(0);
    },
  };
}
