import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EntityKind } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';

/** What says which things many share. See docs/correlation.md. */
export const shippedShared = fileURLToPath(new URL('../../../../../content/correlation', import.meta.url));

const SharedFile = z.strictObject({
  description: z.string().min(1).max(500),
  kind: EntityKind,
  /** In words, with `{Breadth}`. */
  reason: z.string().includes('{Breadth}').max(200),
  /** On how many days of two weeks it must be found: one day of it may be the attack itself. */
  days: z.int().min(1).max(14).default(2),
  /** KQL over one day: `Breadth` (how many share it) and `Identifiers` (a bag, as entity mappings name them). */
  query: z.string().min(1),
});
export interface SharedQuery extends z.infer<typeof SharedFile> {
  /** The file's name. */
  readonly name: string;
}

/** Reads the folder. Throws Error naming the file. */
export async function loadSharedQueries(folder = shippedShared): Promise<SharedQuery[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const result = SharedFile.safeParse(parse(await readFile(join(folder, file), 'utf8')));
      if (!result.success) throw new Error(`${join(folder, file)}: ${z.prettifyError(result.error)}`);
      return { name: basename(file, '.yaml'), ...result.data };
    }),
  );
}
