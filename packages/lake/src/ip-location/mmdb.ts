import { Reader, type Response } from 'mmdb-lib';

/** A MaxMind DB (https://maxmind.github.io/MaxMind-DB/) as a binary tree over the bits of addresses. What is read from it is not trusted. */
export interface Mmdb {
  readonly name: string;
  readonly type: string;
  readonly nodeCount: number;
  /** Where a walk over the 32 bits of IPv4 begins, and one over the 128 of IPv6. */
  readonly root4: number;
  readonly root6: number;
  /** The record at the left or right of a node: below `nodeCount` another node, equal to it nothing, above it data. */
  child(node: number, right: boolean): number;
  /** The data of an address. Throws MmdbError. */
  dataAt(address: string): unknown;
}

/** A file that is no database of this kind, or a broken one. */
export class MmdbError extends Error {
  override readonly name = 'MmdbError';
}

/** Bytes between the tree and the data. */
const separatorBytes = 16;
const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');
/** The format's own bound on how far from the end the metadata begins. */
const metadataBytesMax = 128 * 1024;
const recordSizes = [24, 28, 32];

/** Opens a database held in memory. Throws MmdbError. */
export function openMmdb(name: string, bytes: Buffer): Mmdb {
  const bad = (why: string): MmdbError => new MmdbError(`\`${name}\` is not a database of IP locations: ${why}`);
  const metadataAt = bytes.lastIndexOf(marker);
  if (metadataAt < 0 || bytes.length - metadataAt > metadataBytesMax + marker.length)
    throw bad('it has no MaxMind DB metadata');
  let reader: Reader<Response>;
  try {
    reader = new Reader<Response>(bytes);
  } catch (error) {
    throw bad(`its metadata can't be read (${text(error)})`);
  }
  const { nodeCount, recordSize, ipVersion, binaryFormatMajorVersion, databaseType } = reader.metadata;
  if (binaryFormatMajorVersion !== 2) throw bad(`its format is version ${String(binaryFormatMajorVersion)}, not 2`);
  if (ipVersion !== 4 && ipVersion !== 6) throw bad(`its IP version is ${String(ipVersion)}`);
  if (!recordSizes.includes(recordSize)) throw bad(`its record size is ${String(recordSize)}`);
  const dataAt = (nodeCount * recordSize) / 4 + separatorBytes;
  if (!Number.isSafeInteger(nodeCount) || nodeCount < 1 || dataAt > metadataAt)
    throw bad('its tree is larger than the file');
  const nodeBytes = recordSize / 4;
  const dataEnd = nodeCount + separatorBytes + (metadataAt - dataAt);
  const child = (node: number, right: boolean): number => {
    const record = recordOf(bytes, node * nodeBytes, recordSize, right);
    // Between the tree and the data there is nothing to point to.
    if (record > nodeCount && (record < nodeCount + separatorBytes || record >= dataEnd))
      throw bad(`node ${node} points outside of its data`);
    return record;
  };
  return {
    name,
    type: String(databaseType),
    nodeCount,
    root4: ipVersion === 4 ? 0 : leftmost(child, nodeCount, 96),
    root6: ipVersion === 4 ? nodeCount : 0,
    child,
    dataAt: (address) => {
      try {
        return reader.get(address);
      } catch (error) {
        throw bad(`its data of ${address} can't be read (${text(error)})`);
      }
    },
  };
}

function recordOf(bytes: Buffer, at: number, size: number, right: boolean): number {
  if (size === 24) return bytes.readUIntBE(at + (right ? 3 : 0), 3);
  if (size === 32) return bytes.readUInt32BE(at + (right ? 4 : 0));
  const middle = bytes[at + 3] ?? 0;
  return right
    ? (middle & 0x0f) * 2 ** 24 + bytes.readUIntBE(at + 4, 3)
    : (middle >> 4) * 2 ** 24 + bytes.readUIntBE(at, 3);
}

function leftmost(child: Mmdb['child'], nodeCount: number, bits: number): number {
  let node = 0;
  for (let i = 0; i < bits && node < nodeCount; i++) node = child(node, false);
  return node;
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);

/** A database of a few hundred MB is the largest there is. */
export const mmdbBytesMax = 1_000_000_000;
