import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalogue, Lake, startEngine } from '@sallyport/lake';

/** Runs `work` on an engine of its own with the shipped tables, all empty, in a temporary folder that is gone afterwards. */
export async function withScratchLake<T>(work: (lake: Lake) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  // The engine runs as another user when this one is root, and must be able to pass.
  await chmod(folder, 0o711);
  const engine = await startEngine({ dataDir: join(folder, 'lake') });
  try {
    const { url, username, password } = engine;
    const catalogue = await Catalogue.load();
    const lake = await Lake.connect({ url, username, password, workspace: 'main', catalogue });
    try {
      return await work(lake);
    } finally {
      await lake.close();
    }
  } finally {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
