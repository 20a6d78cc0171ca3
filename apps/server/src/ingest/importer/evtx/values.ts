import { EvtxError } from './bytes.ts';

/** Types of values in binary XML: [MS-EVEN6] 2.2.12, and the further ones that Windows writes. */
export const valueTypes = {
  null: 0x00,
  binaryXml: 0x21,
} as const;

const arrayFlag = 0x80;

/** Most items of an array. */
const itemsMax = 4_096;

const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();

function withoutNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

const utf16 = (bytes: Buffer): string => withoutNuls(bytes.toString('utf16le', 0, bytes.length & ~1).toWellFormed());
const ansi = new TextDecoder('windows-1252');

/** 100 ns since 1601 as Windows writes it: nine decimals, two of them always zero. */
export function fileTime(ticks: bigint): string {
  const milliseconds = Number(ticks / 10_000n) - 11_644_473_600_000;
  const date = new Date(milliseconds);
  // Past the year 9999 there is no text that others read as a time.
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9_999) return ticks.toString();
  const below = (ticks % 10_000_000n).toString().padStart(7, '0');
  return `${date.toISOString().slice(0, 19)}.${below}00Z`;
}

function systemTime(bytes: Buffer): string {
  const [year, month, , day, hour, minute, second, millisecond] = Array.from({ length: 8 }, (_, i) =>
    bytes.readUInt16LE(i * 2),
  ) as [number, number, number, number, number, number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, millisecond));
  return Number.isNaN(date.getTime()) ? hex(bytes) : date.toISOString();
}

function guid(bytes: Buffer): string {
  const head = [bytes.readUInt32LE(0).toString(16).padStart(8, '0')];
  for (const at of [4, 6]) head.push(bytes.readUInt16LE(at).toString(16).padStart(4, '0'));
  return `{${head.join('-')}-${bytes.toString('hex', 8, 10)}-${bytes.toString('hex', 10, 16)}}`.toUpperCase();
}

function sid(bytes: Buffer): string {
  const count = bytes.readUInt8(1);
  const authority = bytes.readUIntBE(2, 6);
  const parts = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(8 + i * 4));
  return ['S', bytes.readUInt8(0), authority, ...parts].join('-');
}

const hexNumber = (bytes: Buffer): string =>
  `0x${(bytes.length >= 8 ? bytes.readBigUInt64LE(0) : bytes.readUInt32LE(0)).toString(16)}`;

/** Windows writes six decimals of a real number; as many as tell it apart lose nothing. */
const real = (value: number): string => String(value);

interface Scalar {
  /** Bytes of one, as an item of an array; undefined where it has no fixed size. */
  readonly size?: number;
  text(bytes: Buffer): string;
}

const scalars: Readonly<Record<number, Scalar>> = {
  0x01: { text: utf16 },
  0x02: { text: (b) => withoutNuls(ansi.decode(b)) },
  0x03: { size: 1, text: (b) => String(b.readInt8(0)) },
  0x04: { size: 1, text: (b) => String(b.readUInt8(0)) },
  0x05: { size: 2, text: (b) => String(b.readInt16LE(0)) },
  0x06: { size: 2, text: (b) => String(b.readUInt16LE(0)) },
  0x07: { size: 4, text: (b) => String(b.readInt32LE(0)) },
  0x08: { size: 4, text: (b) => String(b.readUInt32LE(0)) },
  0x09: { size: 8, text: (b) => String(b.readBigInt64LE(0)) },
  0x0a: { size: 8, text: (b) => String(b.readBigUInt64LE(0)) },
  0x0b: { size: 4, text: (b) => real(b.readFloatLE(0)) },
  0x0c: { size: 8, text: (b) => real(b.readDoubleLE(0)) },
  0x0d: { size: 4, text: (b) => (b.some((byte) => byte !== 0) ? 'true' : 'false') },
  0x0e: { text: hex },
  0x0f: { size: 16, text: guid },
  0x10: { text: hexNumber },
  0x11: { size: 8, text: (b) => fileTime(b.readBigUInt64LE(0)) },
  0x12: { size: 16, text: systemTime },
  0x13: { text: sid },
  0x14: { size: 4, text: hexNumber },
  0x15: { size: 8, text: hexNumber },
};

/** A value's text as Windows writes it in XML; a list of an array. A type that is not known is hexadecimal. Throws EvtxError when the bytes are too few. */
export function valueText(type: number, bytes: Buffer): string | string[] {
  try {
    const scalar = scalars[type & ~arrayFlag];
    if (type === valueTypes.null) return '';
    if (scalar === undefined) return hex(bytes);
    if ((type & arrayFlag) !== 0) return items(type & ~arrayFlag, scalar, bytes);
    return bytes.length === 0 ? '' : scalar.text(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new EvtxError(`${bytes.length} bytes are no value of type 0x${type.toString(16)}`);
  }
}

function items(type: number, scalar: Scalar, bytes: Buffer): string[] {
  if (type === 0x01) {
    const text = withoutNuls(bytes.toString('utf16le', 0, bytes.length & ~1).toWellFormed());
    return text === '' ? [] : bounded(text.split('\0', itemsMax + 1));
  }
  if (type === 0x02) return bounded(withoutNuls(ansi.decode(bytes)).split('\0', itemsMax + 1));
  const { size } = scalar;
  if (size === undefined) return [hex(bytes)];
  const count = Math.floor(bytes.length / size);
  if (count > itemsMax) throw new EvtxError(`an array of ${count} items`);
  return Array.from({ length: count }, (_, i) => scalar.text(bytes.subarray(i * size, (i + 1) * size)));
}

function bounded(texts: string[]): string[] {
  if (texts.length > itemsMax) throw new EvtxError(`an array of more than ${itemsMax} items`);
  return texts;
}
