import { KqlError } from './errors.ts';
import type { FunctionDefinition, KqlCatalogue, TableSchema, WorkspaceSchema } from './types.ts';

/**
 * `workspace('other').T`: a table of another workspace, by that one's name, GUID or resource id; in the catalogue it stands under a name of its own. So
 * does `database('other').T`. https://learn.microsoft.com/azure/azure-monitor/logs/cross-workspace-query
 */

/** Workspaces that one query may name beside its own. */
export const workspacesPerQuery = 100;

/** A text or a comment, which are passed over; or a call with the name it is given, and the table behind it. */
const token =
  /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|\b(workspace|database)\s*\(\s*h?(?:"([^"\\\n]*)"|'([^'\\\n]*)')\s*\)\s*\.\s*([A-Za-z_]\w*(?![\w*])(?!\s*\()|\[\s*"\w+"\s*\]|\[\s*'\w+'\s*\])?|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
const mayName = /\b(?:workspace|database)\s*\(/;

/** A text, with the catalogue in which it means what was asked. */
export interface Placed {
  readonly text: string;
  readonly catalogue: KqlCatalogue;
}

const called = (name: string, names: readonly string[]): boolean => {
  const bare = (/\/workspaces\/([^/]+)\/?$/i.exec(name)?.[1] ?? name).toLowerCase();
  return names.some((one) => one.toLowerCase() === bare);
};

/** Tables of other workspaces that texts name, under the names that stand for them. */
class Named {
  readonly tables = new Map<string, TableSchema>();
  readonly #catalogue: KqlCatalogue;
  readonly #byName: ReadonlyMap<string, TableSchema>;
  readonly #used = new Set<WorkspaceSchema>();

  constructor(catalogue: KqlCatalogue) {
    this.#catalogue = catalogue;
    this.#byName = tablesByName(catalogue.tables);
  }

  /** The text with these names; every place stays where it was. Throws KqlError at a workspace, or a table of one, that is not known. */
  text(text: string): string {
    if (!mayName.test(text)) return text;
    // A pattern may have such a name.
    const patterns = new Set([...text.matchAll(/\bdeclare\s+pattern\s+(\w+)/g)].map(([, name]) => name));
    return text.replaceAll(token, (whole: string, kind?: string, a?: string, b?: string, table?: string, at = 0) => {
      if (kind === undefined || patterns.has(kind)) return whole;
      const name = a ?? b ?? '';
      if (called(name, this.#catalogue.names ?? [])) return whole;
      const index = this.#catalogue.workspaces?.findIndex(({ names }) => called(name, names)) ?? -1;
      const place = `${kind}(${JSON.stringify(name)})`;
      const fail = (code: 'InvalidArgument' | 'UnsupportedExpression' | 'TooComplex', message: string): never => {
        throw new KqlError(code, message, { start: at, end: at + whole.length });
      };
      const workspace = this.#catalogue.workspaces?.[index];
      if (!workspace) {
        if (kind === 'database') return whole;
        return fail('InvalidArgument', `${place} could not be resolved: there is no workspace of this name or id`);
      }
      const plain = table?.replaceAll(/[[\]'"\s]/g, '');
      const known = plain === undefined ? undefined : this.#byName.get(plain);
      if (!known || known.reference)
        return fail('UnsupportedExpression', `${place} is followed by the name of a table, and by nothing else`);
      this.#used.add(workspace);
      if (this.#used.size > workspacesPerQuery)
        return fail('TooComplex', `a query reads at most ${workspacesPerQuery} other workspaces`);
      const own = `_w${index}_${known.name}`;
      this.tables.set(own, tableIn(workspace, known, own));
      return whole.replaceAll(/[^\n]/g, ' ').slice(0, whole.length - own.length) + own;
    });
  }
}

/** The text under the names of the catalogue that comes with it. */
export function inWorkspaces(text: string, catalogue: KqlCatalogue): Placed {
  if (!mayName.test(text)) return { text, catalogue };
  const named = new Named(catalogue);
  const placed = named.text(text);
  return { text: placed, catalogue: withTables(catalogue, named) };
}

/** The catalogue with the tables that its stored functions read in other workspaces. A function that names what is not known stays as it is, and fails where it is called. */
export function withWorkspaces(catalogue: KqlCatalogue): KqlCatalogue {
  if (!catalogue.functions.some(({ body }) => mayName.test(body))) return catalogue;
  const named = new Named(catalogue);
  const functions = catalogue.functions.map((one): FunctionDefinition => {
    try {
      const body = named.text(one.body);
      return body === one.body ? one : { ...one, body };
    } catch (error) {
      if (error instanceof KqlError) return one;
      throw error;
    }
  });
  return { ...withTables(catalogue, named), functions };
}

function withTables(catalogue: KqlCatalogue, { tables }: Named): KqlCatalogue {
  // A stored function may name what the text names too.
  const known = tablesByName(catalogue.tables);
  const added = [...tables.values()].filter(({ name }) => !known.has(name));
  if (added.length === 0) return catalogue;
  const which = added.map(({ name, place }) => `${name}=${place?.database}`);
  return {
    ...catalogue,
    version: `${catalogue.version} beside ${which.join(',')}`,
    tables: [...catalogue.tables, ...added],
  };
}

const maps = new WeakMap<readonly TableSchema[], ReadonlyMap<string, TableSchema>>();
function tablesByName(tables: readonly TableSchema[]): ReadonlyMap<string, TableSchema> {
  const made = maps.get(tables) ?? new Map(tables.map((table) => [table.name, table]));
  maps.set(tables, made);
  return made;
}

/** The same object for the same: what the library makes of a table is kept by it. `union *` and `search` do not come to it. */
function tableIn(
  { names, database, tenantId }: WorkspaceSchema,
  { columns, ...table }: TableSchema,
  name: string,
): TableSchema {
  const source = tableOfColumns(columns);
  const key = `${name} ${database} ${names[0]}`;
  const made = source.get(key) ?? {
    name,
    columns,
    empty: true,
    place: { database, table: table.name, tenantId, shown: `workspace("${names[0] ?? database}").${table.name}` },
  };
  source.set(key, made);
  return made;
}
const byColumns = new WeakMap<TableSchema['columns'], Map<string, TableSchema>>();
function tableOfColumns(columns: TableSchema['columns']): Map<string, TableSchema> {
  const made = byColumns.get(columns) ?? new Map<string, TableSchema>();
  byColumns.set(columns, made);
  return made;
}
