import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadAsim, unifying } from './asim.ts';
import type { KqlFunction } from './catalogue.ts';

/** A file of content/functions. */
export const FunctionFile = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  description: z.string().min(1),
  /** What the function follows. */
  link: z.url().optional(),
  /** As Kusto writes them: `(x:long, y:string='z')`. */
  parameters: z.string().regex(/^\([\s\S]*\)$/),
  /** KQL: what stands between the braces. */
  body: z.string().min(1),
});

/** A stored function that ships with Sallyport. */
export interface ShippedFunction extends KqlFunction {
  readonly description: string;
}

/** The folder of stored functions that ships with Sallyport. */
export const shippedFunctions = fileURLToPath(new URL('../../../../content/functions', import.meta.url));

/** The folder of what Sigma's log sources are in our tables. */
export const shippedLogSources = fileURLToPath(new URL('../../../../content/sigma', import.meta.url));

/**
 * The stored functions that ship: the files of content/functions, those that unify the parsers of ASIM among them, and the views of Sigma's log sources
 * (`_Sigma_…`). Throws Error naming a file.
 */
export async function loadFunctions(): Promise<readonly ShippedFunction[]> {
  const [files, schemas, views] = await Promise.all([
    readFunctions(shippedFunctions),
    loadAsim(),
    readLogSourceViews(shippedLogSources),
  ]);
  return [...files, ...schemas.flatMap((schema) => unifying(schema, files)), ...views];
}

/** The view's part of a file of content/sigma; `packages/sigma` reads the rest. */
const LogSourceView = z.object({ description: z.string().min(1), body: z.string().min(1) });

async function readLogSourceViews(folder: string): Promise<readonly ShippedFunction[]> {
  return readFiles(folder, (file, content) => ({
    name: `_Sigma_${basename(file, '.yml')}`,
    parameters: '()',
    ...LogSourceView.parse(content),
  }));
}

/** Reads `*.yml` of a folder, by name. Throws Error naming the file. */
export async function readFunctions(folder: string): Promise<readonly ShippedFunction[]> {
  return readFiles(folder, (file, content) => {
    const { name, description, parameters, body } = FunctionFile.parse(content);
    if (name !== basename(file, '.yml')) throw new Error(`the function of this file is ${name}`);
    return { name, description, parameters, body };
  });
}

async function readFiles(
  folder: string,
  read: (file: string, content: unknown) => ShippedFunction,
): Promise<readonly ShippedFunction[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yml')).toSorted();
  return Promise.all(
    names.map(async (file) => {
      const path = join(folder, file);
      try {
        return read(file, parse(await readFile(path, 'utf8')));
      } catch (error) {
        throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }),
  );
}
