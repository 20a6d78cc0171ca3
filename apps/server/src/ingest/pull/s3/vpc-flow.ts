import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, constants, gunzipSync } from 'node:zlib';

/**
 * The fields of flow logs in the order in which Amazon describes them, versions 2 to 5: records without a header have them so.
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
 */
const fields =
  `version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type
   pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path`.split(
    /\s+/,
  );
const versionTwo = 14;

/** Which columns of a line make a record in the described order; undefined when the line is no header of flow logs. */
export function columnsOf(header: string): readonly number[] | undefined {
  const names = header.trim().split(/\s+/);
  if (!names.includes('srcaddr') && !names.includes('interface-id')) return undefined;
  if (!names.every((name) => /^[a-z][a-z0-9-]*$/.test(name))) return undefined;
  const columns = fields.map((name) => names.indexOf(name));
  return columns.slice(versionTwo).some((at) => at !== -1) ? columns : columns.slice(0, versionTwo);
}

const headBytes = 64 * 1024;

async function firstLine(path: string): Promise<{ readonly line: string; readonly gzip: boolean } | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const head = gzip
      ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * headBytes })
      : bytes;
    return { line: head.toString('latin1').split('\n', 1)[0] ?? '', gzip };
  } catch {
    // Damaged, or no text: the importer says so.
    return undefined;
  } finally {
    await file.close();
  }
}

async function* inOrder(lines: AsyncIterable<string>, columns: readonly number[]): AsyncGenerator<string> {
  let isHeader = true;
  for await (const line of lines) {
    const values = isHeader ? [] : line.trim().split(/\s+/);
    isHeader = false;
    if (values.length > 1) yield `${columns.map((at) => values[at] ?? '-').join(' ')}\n`;
  }
}

/**
 * Where a file is flow logs with a header, which may name any fields in any order: writes them in the order of records without one to `<path>.ordered` and answers that path; else
 * `path`. Fields of containers and reasons of rejection are left out, since the table has no columns for them.
 */
export async function orderedFlowLog(path: string): Promise<string> {
  const first = await firstLine(path);
  const columns = first && columnsOf(first.line);
  if (columns === undefined) return path;
  const raw = createReadStream(path);
  const text: NodeJS.ReadableStream =
    first?.gzip === true ? raw.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : raw;
  const lines = createInterface({ input: text, crlfDelay: Infinity });
  const ordered = `${path}.ordered`;
  await pipeline(Readable.from(inOrder(lines, columns)), createWriteStream(ordered, { mode: 0o600 }));
  return ordered;
}
