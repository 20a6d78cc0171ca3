import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { KqlType } from './file.ts';

const Name = z.string().regex(/^[A-Za-z_]\w*$/);
const Names = { filtering: z.array(Name).min(1), plain: z.array(Name).min(1) };

/** A file of content/asim: one schema of ASIM, the table of its normalised rows, and the functions that show all of its sources as one. */
const SchemaFile = z.strictObject({
  schema: Name,
  link: z.url(),
  table: Name,
  /** Names of the unifying function that filters, and of the one that takes nothing. */
  ...Names,
  /** What the filtering function takes. `where` is KQL, true where the parameter was not given. */
  parameters: z.array(z.strictObject({ name: Name, type: KqlType, default: z.string(), where: z.string() })),
  /** Part of the schema under names of its own. */
  variants: z.array(z.strictObject({ where: z.string(), ...Names })).default([]),
  /** Columns that the schema defines as other names of columns, as KQL. */
  aliases: z.record(Name, z.string()),
});
export type AsimSchema = z.infer<typeof SchemaFile>;

/** The folder of ASIM's schemas that ships with Sallyport. */
export const shippedAsim = fileURLToPath(new URL('../../../../content/asim', import.meta.url));

/** Reads `*.yml` of a folder, by name. Throws Error naming the file. */
export async function loadAsim(folder: string = shippedAsim): Promise<readonly AsimSchema[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yml')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const path = join(folder, file);
      try {
        const schema = SchemaFile.parse(parse(await readFile(path, 'utf8')));
        if (schema.schema !== basename(file, '.yml')) throw new Error(`the schema of this file is ${schema.schema}`);
        return schema;
      } catch (error) {
        throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }),
  );
}

/** Whether a stored function is a parser of the schema: it shows rows of another table in the schema's columns. */
export const isParserOf = (schema: string, name: string): boolean =>
  name.startsWith(`vim${schema}`) && /^[A-Z]/.test(name.slice(`vim${schema}`.length));

interface Composed {
  readonly name: string;
  readonly description: string;
  readonly parameters: string;
  readonly body: string;
}

/**
 * The unifying functions of a schema: `_Im_Dns(…)` and its other names over the schema's own table and every parser among `functions`. Filters stand once,
 * behind the union; the compiler takes them down to the tables.
 */
export function unifying(schema: AsimSchema, functions: readonly { readonly name: string }[]): Composed[] {
  const parsers = functions.filter((f) => isParserOf(schema.schema, f.name)).map((f) => `${f.name}()`);
  const own = `(${schema.table} | extend EventUid = _ItemId)`;
  const union = `union isfuzzy=true ${[own, ...parsers].join(', ')}`;
  const aliases = Object.entries(schema.aliases).map(([name, kql]) => `${name} = ${kql}`);
  const seen = `| extend EventSchema = '${schema.schema}', ${aliases.join(', ')}`;
  const filters = schema.parameters.map((p) => `| where ${p.where}`);
  const declared = schema.parameters.map((p) => `${p.name}:${p.type}=${p.default}`);
  // `pack` asks the public functions for AdditionalFields, which ours always have.
  const parameters = `(${[...declared, 'disabled:bool=false', 'pack:bool=false'].join(', ')})`;
  const described = `Events of the ASIM schema ${schema.schema}, of all sources that have them`;
  const whole = { where: undefined, filtering: schema.filtering, plain: schema.plain };
  return [whole, ...schema.variants].flatMap(({ where, filtering, plain }) => {
    const part = where === undefined ? [] : [`| where ${where}`];
    return [
      ...filtering.map((name) => ({
        name,
        description: described,
        parameters,
        body: [union, '| where not(disabled)', ...part, ...filters, seen].join('\n'),
      })),
      ...plain.map((name) => ({
        name,
        description: described,
        parameters: '()',
        body: [union, ...part, seen].join('\n'),
      })),
    ];
  });
}
