import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceFiles } from '@sallyport/contracts';

const isFileOfSource = (path: string): boolean => SourceFiles.safeParse({ [path]: '' }).success;

/** The texts of a shipped source's folder, by path. */
export async function shippedFiles(folder: string): Promise<SourceFiles> {
  const files: SourceFiles = {};
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  for (const name of names.toSorted())
    if (isFileOfSource(name)) files[name] = await readFile(join(folder, name), 'utf8');
  return files;
}

/** What a source does, as one hash: its definition and transforms, without fixtures and README. */
export function hashOf(files: Readonly<SourceFiles>): string {
  const hash = createHash('sha256');
  for (const [path, text] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (path === 'source.yml' || path.endsWith('.kql')) hash.update(`${path.length}:${path}${text.length}:${text}`);
  return hash.digest('hex');
}
