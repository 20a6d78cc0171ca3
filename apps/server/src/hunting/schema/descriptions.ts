import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = new URL('../../../../../content/schema/', import.meta.url);
const Texts = z.record(z.string(), z.string());
const read = async (name: string): Promise<ReadonlyMap<string, string>> =>
  new Map(Object.entries(Texts.parse(parse(await readFile(fileURLToPath(new URL(name, folder)), 'utf8')))));

/** What tables and columns hold, in a line each; empty where nothing is written of it. */
export interface Descriptions {
  table(name: string): string;
  column(table: string, column: string): string;
}

/** Reads `content/schema`. Throws when a file is not as it should be. */
export async function loadDescriptions(): Promise<Descriptions> {
  const [tables, columns] = await Promise.all([read('tables.yml'), read('columns.yml')]);
  return {
    table: (name) => tables.get(name) ?? '',
    column: (table, column) => columns.get(`${table}.${column}`) ?? columns.get(column) ?? '',
  };
}
