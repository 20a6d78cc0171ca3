/**
 * Writes content/tables/<Name>.yml from a table reference (`{ table: { column: kqlType } }`), for every table of it. What a person added to a
 * file (description, sortKey, retentionDays, further columns) is kept.
 *
 *   node packages/lake/tools/make-tables.ts [reference.json] [out folder]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KqlType, TableFile, parseTableFile } from '../src/catalogue/file.ts';
import { writeTableFile } from '../src/catalogue/write.ts';
import { sortKeys } from './sort-keys.ts';

const root = new URL('../../../', import.meta.url).pathname;
const [reference = join(root, '../shared/reference/tables.json'), out] = process.argv.slice(2);
const outDir = out ?? join(root, 'content/tables');

/** Names in the reference which are parsers (functions) and not tables. */
const parsers = /^(im[A-Z]|_|.*_parser$)/;

function kept(path: string): Partial<TableFile> {
  try {
    return parseTableFile(readFileSync(path, 'utf8'), path);
  } catch {
    return {};
  }
}

const Reference = z.record(z.string(), z.record(z.string(), KqlType));
const tables = Reference.parse(JSON.parse(readFileSync(reference, 'utf8')));
const chosen = Object.keys(tables)
  .filter((name) => /^[A-Za-z_]\w*$/.test(name) && !parsers.test(name))
  .toSorted();
mkdirSync(outDir, { recursive: true });
for (const name of chosen) {
  const path = join(outDir, `${name}.yml`);
  const given = tables[name] ?? {};
  const before = kept(path);
  // A few vendors' pages give it as text; rows are parted and sorted by it, so here it is a time.
  const typed = 'TimeGenerated' in given ? { ...given, TimeGenerated: 'datetime' as const } : given;
  const columns = { ...before.columns, ...typed };
  const sortKey = before.sortKey ?? sortKeys(name, columns);
  writeFileSync(path, writeTableFile({ ...before, name, columns, ...(sortKey.length > 0 ? { sortKey } : {}) }));
}
console.log(JSON.stringify({ tables: chosen.length, of: Object.keys(tables).length }));
