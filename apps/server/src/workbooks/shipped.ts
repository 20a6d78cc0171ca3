import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseWorkbook } from '@sallyport/contracts';
import { z } from 'zod';

/** The folder of the workbooks that ship: `<name>.workbook`, in Azure Monitor's form, and what each is called in `workbooks.json`. */
export const shippedWorkbooks = fileURLToPath(new URL('../../../../content/workbooks/', import.meta.url));

export interface ShippedWorkbook {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly document: string;
}

const filesMax = 500;
const Names = z.record(z.string(), z.object({ name: z.string(), description: z.string() }));

/** Reads the workbooks of a folder, by name; the first 500 files. Throws when one can't be read or isn't named. */
export async function loadWorkbooks(folder: string): Promise<readonly ShippedWorkbook[]> {
  const named = Names.parse(JSON.parse(await readFile(join(folder, 'workbooks.json'), 'utf8')));
  const files = (await readdir(folder)).filter((file) => file.endsWith('.workbook')).toSorted();
  const read = async (file: string): Promise<ShippedWorkbook> => {
    const id = basename(file, '.workbook');
    const document = await readFile(join(folder, file), 'utf8');
    parseWorkbook(document);
    const about = named[id];
    if (!about) throw new Error(`${join(folder, file)}: workbooks.json does not name it`);
    return { id, ...about, document };
  };
  const workbooks = await Promise.all(files.slice(0, filesMax).map(read));
  return workbooks.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}
