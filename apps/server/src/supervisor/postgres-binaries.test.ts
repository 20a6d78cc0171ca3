import { chmodSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { removeDataFolder, temporaryFolder } from './temporary.ts';
import { postgresBinaries } from './postgres-binaries.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach(removeDataFolder));

/** A package as npm leaves it when install scripts may not run: no symbolic links. */
function packageWithoutLinks(): { native: string; spare: string } {
  const root = temporaryFolder();
  folders.push(root);
  const native = join(root, 'package', 'native');
  for (const folder of ['bin', 'lib']) mkdirSync(join(native, folder), { recursive: true });
  writeFileSync(join(native, 'bin', 'postgres'), '');
  writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'pq');
  writeFileSync(join(native, '..', 'package.json'), '{"version":"18.4.0"}');
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  return { native, spare: join(root, 'spare') };
}

describe('binaries of PostgreSQL', () => {
  it('are used in place, with the links made that npm left out', () => {
    const { native, spare } = packageWithoutLinks();
    expect(postgresBinaries(spare, false, native)).toBe(native);
    expect(readlinkSync(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  });

  it('are copied once for another user who cannot reach them', () => {
    const { native, spare } = packageWithoutLinks();
    chmodSync(join(native, '..'), 0o700);
    const copy = postgresBinaries(spare, true, native);
    expect(copy).toBe(join(spare, '18.4.0', 'native'));
    expect(readFileSync(join(copy, 'lib', 'libpq.so.5'), 'utf8')).toBe('pq');
    writeFileSync(join(copy, 'bin', 'postgres'), 'mine');
    expect(postgresBinaries(spare, true, native)).toBe(copy);
    expect(readFileSync(join(copy, 'bin', 'postgres'), 'utf8')).toBe('mine');
  });
});
