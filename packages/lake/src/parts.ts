import { open, rm, writeFile, type FileHandle, chown, stat } from 'node:fs/promises';

/** A payload within a segment's file, bytes. */
export interface PayloadRange {
  readonly offset: number;
  readonly length: number;
}

/** A segment in two files: the payloads that can be read, as they were, and those that can't, one JSON object each. Disposing deletes both. */
export interface Parts extends AsyncDisposable {
  readonly goodPath: string;
  readonly badPath: string;
  readonly bad: number;
}

/** Of an unreadable payload this much is kept, bytes. */
const rejectedBytesMax = 1024 * 1024;

async function slice(file: FileHandle, { offset, length }: PayloadRange): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/**
 * Finds the payloads that `fault` calls unreadable, by halving: few bad ones among many cost few tries. `fault` gets the path of a file that holds
 * some payloads, and answers why it can't be read.
 */
export async function goodParts(
  path: string,
  payloads: readonly PayloadRange[],
  fault: (path: string) => Promise<string | undefined>,
): Promise<Parts> {
  const goodPath = `${path}.good`;
  const badPath = `${path}.bad`;
  const dispose = async (): Promise<void> => {
    await Promise.all([goodPath, badPath].map((name) => rm(name, { force: true })));
  };
  const { uid, gid, mode } = await stat(path);
  const write = async (name: string, data: Buffer | string): Promise<void> => {
    await writeFile(name, data, { mode });
    if (process.getuid?.() === 0) await chown(name, uid, gid);
  };
  const bad: string[] = [];
  const good: PayloadRange[] = [];
  const file = await open(path, 'r');
  try {
    const together = async (ranges: readonly PayloadRange[]): Promise<Buffer> =>
      Buffer.concat(
        (await Promise.all(ranges.map((range) => slice(file, range)))).flatMap((b) => [b, Buffer.from('\n')]),
      );
    const sift = async (ranges: readonly PayloadRange[]): Promise<void> => {
      const bytes = await together(ranges);
      await write(goodPath, bytes);
      const reason = await fault(goodPath);
      if (reason === undefined) good.push(...ranges);
      else if (ranges.length === 1)
        bad.push(
          JSON.stringify({ RawData: bytes.subarray(0, rejectedBytesMax).toString('utf8'), ErrorMessage: reason }),
        );
      else {
        const half = ranges.length >> 1;
        await sift(ranges.slice(0, half));
        await sift(ranges.slice(half));
      }
    };
    if (payloads.length > 0) await sift(payloads);
    await write(goodPath, await together(good));
    await write(badPath, bad.join('\n'));
  } catch (error) {
    await dispose();
    throw error;
  } finally {
    await file.close();
  }
  return { goodPath, badPath, bad: bad.length, [Symbol.asyncDispose]: dispose };
}
