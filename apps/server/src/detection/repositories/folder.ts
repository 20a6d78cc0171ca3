import { open, opendir, realpath } from 'node:fs/promises';
import { constants } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { repositoryLimits, SallyportError } from '@sallyport/contracts';
import { ContentFiles, depthMax, isContent, namesMax, type FetchedContent } from './content-file.ts';

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/**
 * The content of a folder of the server. It must lie, once every link was followed, in one of the folders that the machine's administrator allows; links below it are not
 * followed. Throws SallyportError BadRequest.
 */
export async function readFolder(
  location: string,
  folder: string,
  allowed: readonly string[],
): Promise<FetchedContent> {
  const root = await realFolder(isAbsolute(location) ? join(location, folder) : location, allowed);
  const content = new ContentFiles();
  let names = 0;
  const visit = async (path: string, shown: string, depth: number): Promise<void> => {
    if (depth > depthMax) return content.leaveOut(shown, `deeper than ${depthMax} folders`);
    const entries: { name: string; kind: 'file' | 'folder' | 'link' }[] = [];
    for await (const entry of await opendir(path)) {
      if (++names > namesMax) throw new SallyportError('BadRequest', `the folder has more than ${namesMax} names`);
      if (entry.isSymbolicLink()) entries.push({ name: entry.name, kind: 'link' });
      else if (entry.isDirectory()) entries.push({ name: entry.name, kind: 'folder' });
      else if (entry.isFile()) entries.push({ name: entry.name, kind: 'file' });
    }
    for (const { name, kind } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside = shown === '' ? name : `${shown}/${name}`;
      if (kind === 'folder') {
        if (!name.startsWith('.')) await visit(join(path, name), inside, depth + 1);
      } else if (!isContent(inside)) continue;
      else if (kind === 'link') content.leaveOut(inside, 'a link');
      else await readInto(content, join(path, name), inside);
    }
  };
  try {
    await visit(root, '', 0);
  } catch (error) {
    if (error instanceof RangeError) throw new SallyportError('BadRequest', error.message, { cause: error });
    throw error;
  }
  return content.done('');
}

async function readInto(content: ContentFiles, path: string, shown: string): Promise<void> {
  // A file may become a link after it was listed.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (!file) return content.leaveOut(shown, 'it can’t be read');
  try {
    const { size } = await file.stat();
    if (size > repositoryLimits.fileBytes)
      return content.leaveOut(shown, `larger than ${repositoryLimits.fileBytes / 1_048_576} MiB`);
    content.add(shown, await file.readFile());
  } finally {
    await file.close();
  }
}

/** The folder's real path. Throws SallyportError BadRequest when it is not there, or not in one that may be read. */
export async function realFolder(path: string, allowed: readonly string[]): Promise<string> {
  if (allowed.length === 0)
    throw new SallyportError(
      'BadRequest',
      'no folder of this machine may be read; its administrator allows some with the setting `repositoryFolders`',
    );
  const refused = new SallyportError(
    'BadRequest',
    `${path} is not in a folder that may be read: ${allowed.join(', ')} (setting \`repositoryFolders\`)`,
  );
  // Before the disk is asked: what is there outside of the folders is not told.
  const plain = join(path, '.');
  if (!isAbsolute(path) || !allowed.some((folder) => isWithin(plain, join(folder, '.')))) throw refused;
  const real = await realpath(plain).catch(() => undefined);
  if (real === undefined) throw new SallyportError('BadRequest', `there is no folder ${path}`);
  const folders = await Promise.all(allowed.map((folder) => realpath(folder).catch(() => undefined)));
  if (!folders.some((folder) => folder !== undefined && isWithin(real, folder))) throw refused;
  return real;
}
