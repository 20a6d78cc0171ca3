import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Retention } from '../retention/storage.ts';
import { deviceKeyOf, deviceKeyPrefix } from './device.ts';
import { promotedPath, type PromotedPath } from './promoted.ts';
import { TableFileError, parseTableFile, type KqlType, type TableFile } from './file.ts';

export interface Column {
  readonly name: string;
  readonly type: KqlType;
}

/** `interactiveDays` is all of `retentionDays` unless somebody changed it. */
export interface TableDefinition extends Retention {
  readonly name: string;
  readonly description: string | undefined;
  /** TimeGenerated first, then by name. Without `_IngestedAt` and `_SegmentId`. */
  readonly columns: readonly Column[];
  /** Without TimeGenerated, which always comes last. */
  readonly sortKey: readonly string[];
  readonly partitionBy: 'month' | 'none';
  /** Members of dynamics that are kept as columns of their own. */
  readonly promoted: readonly PromotedPath[];
  /** Made by a user through `createTable`. */
  readonly custom: boolean;
}

/** A stored function, as packages/kql takes it. */
export interface KqlFunction {
  readonly name: string;
  readonly parameters: string;
  readonly body: string;
}

/** The catalogue as packages/kql takes it. */
export interface KqlCatalogue {
  readonly version: string;
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly Column[];
    readonly empty?: boolean;
    readonly promoted?: readonly PromotedPath[];
    readonly deviceKey?: string;
  }[];
  readonly functions: readonly KqlFunction[];
  /** Which of the tables are `empty`, where that is known. */
  readonly held?: string;
  /** Tables are spread over several shards. */
  readonly distributed?: boolean;
}

export const defaultRetentionDays = 90;

/** Columns that every table has. */
const standard: readonly Column[] = [
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'TenantId', type: 'string' },
  { name: 'Type', type: 'string' },
];

/** Of Microsoft's tables only those whose file names it have it; people's own all have. */
const ofOwnTables: Column = { name: '_ResourceId', type: 'string' };

const rank = ({ name }: Column): number => (name === 'TimeGenerated' ? 0 : name.startsWith('_') ? 2 : 1);

/** Columns with the standard ones, in the order in which the table has them. */
export function withStandardColumns(columns: readonly Column[], custom: boolean): readonly Column[] {
  const given = new Set(columns.map(({ name }) => name));
  const all = custom ? [...standard, ofOwnTables] : standard;
  return [...columns, ...all.filter(({ name }) => !given.has(name))].toSorted(
    (a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1),
  );
}

/** Throws Error at what is no path of a dynamic of the table. */
export function promotedPaths(texts: readonly string[], columns: readonly Column[], table: string): PromotedPath[] {
  return texts.map((text) => {
    const path = promotedPath(text);
    if (!path || columns.find((c) => c.name === path.column)?.type !== 'dynamic')
      throw new Error(`${table}: promoted: \`${text}\` is no member of a dynamic column`);
    return path;
  });
}

/** A table file as a definition. Throws Error when the file contradicts itself. */
export function define(file: TableFile, custom = false): TableDefinition {
  if ((file.columns['TimeGenerated'] ?? 'datetime') !== 'datetime')
    throw new Error(`${file.name}: TimeGenerated must be a datetime`);
  const columns = withStandardColumns(
    Object.entries(file.columns).map(([name, type]) => ({ name, type })),
    custom,
  );
  for (const key of file.sortKey ?? []) {
    const column = columns.find(({ name }) => name === key);
    if (!column || column.type === 'dynamic') throw new Error(`${file.name}: sortKey: no column \`${key}\` to sort by`);
  }
  for (const reserved of ['_IngestedAt', '_SegmentId'])
    if (reserved in file.columns) throw new Error(`${file.name}: \`${reserved}\` is the lake's own column`);
  return {
    name: file.name,
    promoted: promotedPaths(file.promoted ?? [], columns, file.name),
    description: file.description,
    columns,
    sortKey: (file.sortKey ?? []).filter((name) => name !== 'TimeGenerated'),
    partitionBy: file.partitionBy ?? 'month',
    plan: 'Analytics',
    interactiveDays: file.retentionDays ?? defaultRetentionDays,
    retentionDays: file.retentionDays ?? defaultRetentionDays,
    custom,
  };
}

interface KnownKql {
  readonly made: ReadonlySet<string> | undefined;
  readonly stored: ReadonlySet<string>;
  readonly catalogue: KqlCatalogue;
}

/** The folder of table files that ships with Sallyport. */
export const shippedTables = fileURLToPath(new URL('../../../../content/tables', import.meta.url));

/** Tables by name; never changes: `with` gives a new one. */
export class Catalogue {
  readonly tables: ReadonlyMap<string, TableDefinition>;
  /** Changes when, and only when, a name, column or type does. */
  readonly version: string;
  static #shipped: Promise<Catalogue> | undefined;
  readonly #kql = new WeakMap<readonly KqlFunction[], KnownKql[]>();

  constructor(tables: Iterable<TableDefinition>) {
    this.tables = new Map([...tables].map((table) => [table.name, table]));
    const shape = [...this.tables.values()].map(({ name, columns }) => [name, columns.map((c) => [c.name, c.type])]);
    this.version = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16);
  }

  /** Reads `*.yml` of a folder; those that ship, which is done once in a process. Throws TableFileError naming file and line. */
  static load(folder: string = shippedTables): Promise<Catalogue> {
    if (folder !== shippedTables) return Catalogue.#read(folder);
    return (Catalogue.#shipped ??= Catalogue.#read(folder));
  }

  static async #read(folder: string): Promise<Catalogue> {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.yml')).toSorted();
    const tables: TableDefinition[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const file = parseTableFile(await readFile(path, 'utf8'), path);
      if (file.name !== basename(name, '.yml'))
        throw new TableFileError(path, 1, `the table of this file is ${file.name}`);
      try {
        tables.push(define(file));
      } catch (error) {
        throw new TableFileError(path, 1, error instanceof Error ? error.message : String(error));
      }
    }
    return new Catalogue(tables);
  }

  get(name: string): TableDefinition | undefined {
    return this.tables.get(name);
  }

  /** This catalogue with tables added, or put in place of those of the same name. */
  with(tables: Iterable<TableDefinition>): Catalogue {
    const all = new Map(this.tables);
    for (const table of tables) all.set(table.name, table);
    return new Catalogue(all.values());
  }

  without(name: string): Catalogue {
    return new Catalogue([...this.tables.values()].filter((table) => table.name !== name));
  }

  /**
   * For `compile` of packages/kql. `made`: tables that have a place in the engine; the others are known to be empty. Default: nothing is known. `stored`: columns of promoted
   * members and of devices that are there, as `table/column`. Default: none. The same arguments give the same object.
   */
  kql(
    functions: readonly KqlFunction[] = noFunctions,
    made?: ReadonlySet<string>,
    stored: ReadonlySet<string> = noneStored,
  ): KqlCatalogue {
    const known = this.#kql.get(functions) ?? [];
    const before = known.find((one) => one.made === made && one.stored === stored);
    if (before) return before.catalogue;
    const tables = [...this.tables.values()].map((table) => {
      if (made?.has(table.name) === false) return schemaOf(table, [], undefined, true);
      const there = table.promoted.filter((path) => stored.has(`${table.name}/${path.stored}`));
      const device = deviceKeyOf(table.columns)?.stored;
      return schemaOf(table, there, stored.has(`${table.name}/${device}`) ? device : undefined, false);
    });
    const [devices, members] = partition([...stored].toSorted(), (name) => name.includes(`/${deviceKeyPrefix}`));
    const version = [
      this.version,
      ...(functions.length ? [fingerprintOf(functions)] : []),
      ...(members.length ? [hash(members)] : []),
    ].join('-');
    // What tells of devices changes what a scope makes of a table, and nothing that names mean.
    const held = made ? { held: hash([...[...made].toSorted(), ...devices]) } : {};
    const catalogue = { version, tables, functions, ...held };
    this.#kql.set(functions, [{ made, stored, catalogue }, ...known].slice(0, knownMax));
    return catalogue;
  }
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

/** Each workspace has its own `made` and `stored`. */
const knownMax = 16;
const noFunctions: readonly KqlFunction[] = [];
const noneStored: ReadonlySet<string> = new Set();

type Schema = KqlCatalogue['tables'][number];
const schemas = new WeakMap<TableDefinition, Map<string, Schema>>();
/** The same object for the same: what the compiler makes of a table is kept by it. */
function schemaOf(
  table: TableDefinition,
  promoted: readonly PromotedPath[],
  deviceKey: string | undefined,
  empty: boolean,
): Schema {
  const known = schemas.get(table) ?? new Map<string, Schema>();
  schemas.set(table, known);
  const key = empty ? 'empty' : [...promoted.map(({ stored }) => stored), deviceKey ?? ''].join('/');
  const { name, columns } = table;
  const made = known.get(key) ?? {
    name,
    columns,
    ...(empty ? { empty } : {}),
    ...(promoted.length ? { promoted } : {}),
    ...(deviceKey === undefined ? {} : { deviceKey }),
  };
  known.set(key, made);
  return made;
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
const fingerprints = new WeakMap<readonly KqlFunction[], string>();
function fingerprintOf(functions: readonly KqlFunction[]): string {
  const made = fingerprints.get(functions) ?? hash(functions.map((f) => [f.name, f.parameters, f.body]));
  fingerprints.set(functions, made);
  return made;
}
