import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import {
  define,
  withStandardColumns,
  type Catalogue,
  type Column,
  type TableDefinition,
} from './catalogue/catalogue.ts';
import { KqlType } from './catalogue/file.ts';
import type { Connection } from './connection.ts';
import { alterTargets, columnDdl, columnType, ddl, ttl, type ClusterDdl } from './ddl.ts';
import { sqlName, sqlString } from './sql.ts';

/** What users changed of tables, kept in the workspace itself. Of a shipped table `columns` are those that were added to it. */
const registry = '_sallyport_tables';

const Entry = z.object({
  custom: z.boolean(),
  columns: z.record(z.string(), KqlType).default({}),
  retentionDays: z.int().min(1),
});
type Entry = z.infer<typeof Entry>;

interface Physical {
  readonly columns: ReadonlyMap<string, string>;
  readonly retentionDays: number | undefined;
}

const customName = /^[A-Za-z][A-Za-z0-9_]{0,59}_CL$/;

/**
 * The tables of a workspace: which there are (catalogue and custom), and that the physical ones exist and have their columns.
 * Physical tables are made when first asked for.
 */
export class Tables {
  readonly #connection: Connection;
  readonly #database: string;
  readonly #cluster: ClusterDdl | undefined;
  #catalogue: Catalogue;
  /** Columns that were added to shipped tables. */
  readonly #added = new Map<string, Entry['columns']>();
  readonly #ready = new Map<string, Promise<void>>();
  /** Physical tables that were there when last looked, or were made since. */
  readonly #made = new Set<string>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(connection: Connection, catalogue: Catalogue, database: string, cluster: ClusterDdl | undefined) {
    this.#connection = connection;
    this.#catalogue = catalogue;
    this.#database = database;
    this.#cluster = cluster;
  }

  /** Shipped tables and custom ones, with the changes users made. */
  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  get database(): string {
    return this.#database;
  }

  /** Reads the custom tables of the workspace, whose database must be there. */
  async open(): Promise<void> {
    const on = onCluster(this.#cluster);
    const engine = this.#cluster
      ? `ReplicatedReplacingMergeTree('/clickhouse/tables/${this.#database}/${registry}', '{replica}', version)`
      : 'ReplacingMergeTree(version)';
    await this.#connection.command(
      `CREATE TABLE IF NOT EXISTS ${this.#at(registry)}${on} (name String, definition String, version UInt64)
       ENGINE = ${engine} ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
    );
    await this.reload();
  }

  /** Reads again what other servers may have changed. */
  async reload(): Promise<void> {
    const rows = await this.#connection.rows(
      `SELECT name, argMax(definition, version) AS definition FROM ${this.#at(registry)} GROUP BY name`,
    );
    const Row = z.object({ name: z.string(), definition: z.string() });
    for (const row of rows) {
      const { name, definition } = Row.parse(row);
      this.#apply(name, Entry.parse(JSON.parse(definition)));
    }
    await this.#look();
  }

  /**
   * Tables that have a place in the engine; those without one have no rows. What another server makes is seen within seconds: each call looks again when the
   * last look is older than `staleMs`, and answers at once what it knew.
   */
  made(now: number, staleMs = 5_000): ReadonlySet<string> {
    if (now - this.#lookedAt > staleMs) {
      this.#lookedAt = now;
      // A look that fails comes again; a query meets the same engine and tells what is wrong.
      this.#look().catch(() => undefined);
    }
    return this.#made;
  }

  async #look(): Promise<void> {
    const rows = await this.#connection.rows(
      `SELECT name FROM system.tables WHERE database = ${sqlString(this.#database)}`,
    );
    for (const row of rows) this.#made.add(z.object({ name: z.string() }).parse(row).name);
  }

  /** Throws SallyportError NotFound. */
  get(name: string): TableDefinition {
    const table = this.#catalogue.get(name);
    if (!table) throw new SallyportError('NotFound', `no table is named \`${name}\``, { target: name });
    return table;
  }

  /** Makes the physical tables that are missing, and adds missing columns. Throws SallyportError NotFound, or Conflict when a column's type changed. */
  async ensure(names: Iterable<string>): Promise<void> {
    const missing = [...new Set(names)].filter((name) => !this.#ready.has(name));
    if (missing.length > 0) await this.#ensureNew(missing);
    await this.#settled(names);
  }

  async createTable(input: {
    name: string;
    columns: readonly Column[];
    retentionDays?: number;
  }): Promise<TableDefinition> {
    if (!customName.test(input.name))
      throw new SallyportError('BadRequest', 'the name of a custom table ends in `_CL`', { target: 'name' });
    if (this.#catalogue.get(input.name))
      throw new SallyportError('Conflict', `a table named \`${input.name}\` exists`, { target: 'name' });
    const retentionDays = input.retentionDays ?? 90;
    await this.#save(input.name, { custom: true, columns: toRecord(input.columns), retentionDays });
    await this.ensure([input.name]);
    return this.get(input.name);
  }

  /**
   * Adds columns to a custom table, or to a shipped one whose name ends in `_CL`: those are what their senders make of them. Columns that it has with the same type are
   * let be. Throws SallyportError Conflict on another type.
   */
  async addColumns(name: string, columns: readonly Column[]): Promise<TableDefinition> {
    const table = this.get(name);
    if (!table.custom && !customName.test(name))
      throw new SallyportError('BadRequest', `\`${name}\` is not a custom table`, { target: 'name' });
    for (const column of columns) {
      const present = table.columns.find((c) => c.name === column.name);
      if (present && present.type !== column.type)
        throw new SallyportError('Conflict', `column \`${column.name}\` of \`${name}\` is ${present.type}`, {
          target: column.name,
        });
    }
    const given = toRecord(columns.filter((column) => !table.columns.some((c) => c.name === column.name)));
    const all = table.custom ? toRecord([...table.columns, ...columns]) : { ...this.#added.get(name), ...given };
    await this.#save(name, { custom: table.custom, columns: all, retentionDays: table.retentionDays });
    this.#ready.delete(name);
    await this.ensure([name]);
    return this.get(name);
  }

  /** Days that rows are kept after they were stored; applies to rows already there. */
  async setRetention(name: string, retentionDays: number): Promise<TableDefinition> {
    const table = this.get(name);
    const columns = table.custom ? toRecord(table.columns) : (this.#added.get(name) ?? {});
    await this.#save(name, { custom: table.custom, columns, retentionDays });
    this.#ready.delete(name);
    await this.ensure([name]);
    return this.get(name);
  }

  #at(name: string): string {
    return `${sqlName(this.#database)}.${sqlName(name)}`;
  }

  #apply(name: string, entry: Entry): void {
    const shipped = this.#catalogue.get(name);
    if (entry.custom) {
      const table = define({ name, columns: entry.columns, retentionDays: entry.retentionDays }, true);
      this.#catalogue = this.#catalogue.with([table]);
    } else if (shipped) {
      const added = Object.entries(entry.columns).map(([column, type]) => ({ name: column, type }));
      const columns = withAdded(shipped.columns, added);
      this.#catalogue = this.#catalogue.with([{ ...shipped, columns, retentionDays: entry.retentionDays }]);
      this.#added.set(name, entry.columns);
    }
  }

  async #save(name: string, entry: Entry): Promise<void> {
    // Throws before anything is stored when the definition contradicts itself.
    if (entry.custom) define({ name, columns: entry.columns, retentionDays: entry.retentionDays }, true);
    await this.#connection.command(
      `INSERT INTO ${this.#at(registry)} SELECT ${sqlString(name)}, ${sqlString(JSON.stringify(entry))}, toUnixTimestamp64Nano(now64(9))`,
    );
    this.#apply(name, entry);
  }

  async #ensureNew(names: readonly string[]): Promise<void> {
    const tables = names.map((name) => this.get(name));
    const physical = this.#readPhysical(names);
    for (const table of tables) {
      const work = physical.then((all) => this.#makeOne(table, all.get(table.name)));
      this.#ready.set(table.name, work);
      work.catch(() => {
        if (this.#ready.get(table.name) === work) this.#ready.delete(table.name);
      });
    }
    await this.#settled(names);
  }

  async #settled(names: Iterable<string>): Promise<void> {
    await Promise.all([...names].map((name) => this.#ready.get(name) ?? Promise.resolve()));
  }

  async #readPhysical(names: readonly string[]): Promise<Map<string, Physical>> {
    const list = `(${names.map(sqlString).join(', ')})`;
    const where = `database = ${sqlString(this.#database)} AND`;
    const Row = z.object({
      table: z.string(),
      names: z.array(z.string()),
      types: z.array(z.string()),
      ddl: z.string(),
    });
    const rows = await this.#connection.rows(
      `SELECT c.table AS table, c.names AS names, c.types AS types, t.create_table_query AS ddl
       FROM (SELECT table, groupArray(name) AS names, groupArray(type) AS types FROM system.columns WHERE ${where} table IN ${list} GROUP BY table) AS c
       INNER JOIN (SELECT name, create_table_query FROM system.tables WHERE ${where} name IN ${list}) AS t ON c.table = t.name`,
    );
    return new Map(
      rows.map((raw) => {
        const row = Row.parse(raw);
        const columns = new Map(row.names.map((name, i) => [name, row.types[i] ?? '']));
        const days = /\bTTL .*?toIntervalDay\((\d+)\)/.exec(row.ddl)?.[1];
        return [row.table, { columns, retentionDays: days === undefined ? undefined : Number(days) }];
      }),
    );
  }

  async #makeOne(table: TableDefinition, physical: Physical | undefined): Promise<void> {
    const place = { database: this.#database, cluster: this.#cluster };
    if (!physical) {
      for (const statement of ddl(table, place)) await this.#connection.command(statement);
      this.#made.add(table.name);
      return;
    }
    const added: string[] = [];
    for (const column of table.columns) {
      const have = physical.columns.get(column.name);
      if (have === undefined) added.push(`ADD COLUMN IF NOT EXISTS ${columnDdl(table, column)}`);
      else if (have !== columnType(column))
        throw new SallyportError(
          'Conflict',
          `column \`${column.name}\` of table \`${table.name}\` is stored as ${have}, and the catalogue wants ${columnType(column)}`,
          { target: `${table.name}.${column.name}` },
        );
    }
    const [stored = '', ...rest] = alterTargets(table.name, place);
    if (added.length > 0)
      for (const target of [stored, ...rest])
        await this.#connection.command(`ALTER TABLE ${target} ${added.join(', ')}`);
    if (physical.retentionDays !== undefined && physical.retentionDays !== table.retentionDays)
      await this.#connection.command(`ALTER TABLE ${stored} MODIFY TTL ${ttl(table.retentionDays)}`);
  }
}

const onCluster = (cluster: ClusterDdl | undefined): string =>
  cluster ? ` ON CLUSTER ${sqlName(cluster.cluster)}` : '';

export const createDatabase = (name: string, cluster: ClusterDdl | undefined): string =>
  `CREATE DATABASE IF NOT EXISTS ${sqlName(name)}${onCluster(cluster)} ENGINE = Atomic`;

/** A shipped column counts more than one that was added before it shipped. */
const withAdded = (columns: readonly Column[], added: readonly Column[]): readonly Column[] =>
  withStandardColumns([...columns, ...added.filter(({ name }) => !columns.some((c) => c.name === name))]);

const toRecord = (columns: readonly Column[]): Record<string, KqlType> =>
  Object.fromEntries(columns.map(({ name, type }) => [name, type]));
