import { glob, realpath } from 'node:fs/promises';
import { normalize, sep } from 'node:path';
import { SallyportError } from '@sallyport/contracts';

/** Files of one connector. */
export const filesMax = 2_000;
/** Names looked at to find them. */
const namesMax = 200_000;

export const isInside = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => {
    const plain = normalize(folder);
    return path.startsWith(plain.endsWith(sep) ? plain : plain + sep);
  });

/** The part of a pattern before the first folder or name that holds a wildcard. */
const fixedPart = (pattern: string): string => pattern.split(/[*?[{]/, 1)[0] ?? '';

/** Throws SallyportError BadRequest when a pattern leads out of the folders that may be read. */
export function checkPatterns(patterns: readonly string[], folders: readonly string[]): void {
  if (folders.length === 0)
    throw new SallyportError(
      'BadRequest',
      'no folder of this machine may be read; its administrator allows some with the setting `connectorFolders`',
    );
  for (const [i, pattern] of patterns.entries()) {
    const out = pattern.split('/').includes('..') || !isInside(normalize(fixedPart(pattern)), folders);
    if (out)
      throw new SallyportError(
        'BadRequest',
        `${pattern} is not in a folder that may be read: ${folders.join(', ')} (setting \`connectorFolders\`)`,
        { target: `body.settings.patterns.${i}` },
      );
  }
}

/** Real paths of files that fit a pattern, inside of the folders once every link was followed, in order of name. Throws SallyportError BadRequest beyond `filesMax`. */
export async function matching(
  patterns: readonly string[],
  folders: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const real = (await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)))).flatMap(
    (folder) => folder ?? [],
  );
  const found = new Set<string>();
  let names = 0;
  for await (const name of glob([...patterns])) {
    signal.throwIfAborted();
    if (++names > namesMax) throw new SallyportError('BadRequest', `the patterns fit more than ${namesMax} names`);
    const path = await realpath(name).catch(() => undefined);
    if (path === undefined || !isInside(path, real)) continue;
    found.add(path);
    if (found.size > filesMax)
      throw new SallyportError('BadRequest', `the patterns fit more than ${filesMax} files; make several connectors`);
  }
  return [...found].toSorted();
}
