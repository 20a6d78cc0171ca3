import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

// What the page Hunting says of tables and columns is of those that there are. Tables are read as text: their columns stand one a line.

const here = import.meta.dirname;
const Texts = z.record(z.string(), z.string().regex(/^[^\s].*\.$/s));
const described = async (name: string): Promise<string[]> =>
  Object.keys(Texts.parse(parse(await readFile(join(here, 'schema', name), 'utf8'))));
const column = /^ {2}"?([A-Za-z_]\w*)"?:/gm;
/** Given to every table, or made from a schema of ASIM. */
const everywhere = new Set(['_IngestedAt']);

it('what is described is there', { timeout: 120_000 }, async () => {
  const files = (await readdir(join(here, 'tables'))).filter((name) => name.endsWith('.yml'));
  const known = new Set(everywhere);
  for (const file of files) {
    const text = await readFile(join(here, 'tables', file), 'utf8');
    const table = file.replace(/\.yml$/, '');
    known.add(`table ${table}`);
    for (const [, name = ''] of text.matchAll(column)) known.add(name).add(`${table}.${name}`);
  }
  expect((await described('tables.yml')).filter((name) => !known.has(`table ${name}`))).toEqual([]);
  expect((await described('columns.yml')).filter((name) => !known.has(name))).toEqual([]);
});
