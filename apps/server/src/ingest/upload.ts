import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Files on their way from a browser to the importer. */
export class Uploads {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'uploads');
  }

  /** Makes the folder, and removes what a killed server left. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#folder)) await rm(join(this.#folder, name), { force: true });
  }

  /** Saves `body`, does `work` with its path, and removes it. Throws what `body` ends with. */
  async with<T>(body: Readable, work: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.#folder, randomUUID());
    try {
      await pipeline(body, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
      return await work(path);
    } finally {
      await rm(path, { force: true });
    }
  }
}
