import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HuntingQuery } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';

/** The folder of the queries that ship: `<tactic>/<name>.yaml`, in Microsoft Sentinel's form. */
export const shippedQueries = fileURLToPath(new URL('../../../../content/hunting/', import.meta.url));

const filesMax = 2_000;
const File = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tactics: z.array(z.string()),
  relevantTechniques: z.array(z.string()),
  query: z.string(),
});

/** Reads the hunting queries under a folder, by name; the first 2,000 files. Throws when one can't be read. */
export async function loadHuntingQueries(folder: string): Promise<readonly HuntingQuery[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yaml')).toSorted();
  const read = async (name: string): Promise<HuntingQuery> => {
    const { relevantTechniques, ...query } = File.parse(parse(await readFile(join(folder, name), 'utf8')));
    return {
      ...query,
      description: query.description.trim(),
      query: query.query.trim(),
      techniques: relevantTechniques,
    };
  };
  const queries = await Promise.all(names.slice(0, filesMax).map(read));
  return queries.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}
