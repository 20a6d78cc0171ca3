import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SallyportError } from '@sallyport/contracts';

/** Most bytes of all files that wait here. */
const bytesMax = 4 * 2 ** 30;
/** What is left to the lake and the spool, which are mostly on the same disk. */
const freeBytesMin = 2 ** 30;

const holderFile = 'holder';

/** The folder of files on their way from a browser to the importer. */
export class UploadPlace {
  readonly #folder: string;
  #holder = '';

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'uploads');
  }

  /** Makes the folder, and gives it a name for all time: that of the server whose disk it is on. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, holderFile);
    this.#holder = await readFile(path, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      const made = randomUUID();
      await writeFile(path, made, { mode: 0o600 });
      return made;
    });
  }

  get holder(): string {
    return this.#holder;
  }

  path(id: string): string {
    return join(this.#folder, id);
  }

  /** Saves `body` under a new id. Answers the id and the bytes. Throws what `body` ends with, and Conflict when there is no room; nothing is left then. */
  async receive(body: Readable): Promise<{ id: string; bytes: number }> {
    const id = randomUUID();
    const path = this.path(id);
    try {
      let left = await this.#room();
      const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
        for await (const chunk of chunks) {
          left -= chunk.length;
          if (left < 0) throw noRoom();
          yield chunk;
        }
      };
      await pipeline(body, counted, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
      return { id, bytes: (await stat(path)).size };
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  async has(id: string): Promise<boolean> {
    return (await stat(this.path(id)).catch(() => undefined)) !== undefined;
  }

  /** Removes what is not in `kept`. */
  async removeOthers(kept: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) if (name !== holderFile && !kept.has(name)) await this.remove(name);
  }

  /** Bytes that may come; files that come at the same time share it. */
  async #room(): Promise<number> {
    let used = 0;
    for (const name of await readdir(this.#folder))
      used += (await stat(join(this.#folder, name)).catch(() => undefined))?.size ?? 0;
    const disk = await statfs(this.#folder);
    const room = Math.min(bytesMax - used, disk.bavail * disk.bsize - freeBytesMin);
    if (room <= 0) throw noRoom();
    return room;
  }
}

const noRoom = (): SallyportError =>
  new SallyportError('Conflict', 'there is no room for more files that wait: load or discard some');
