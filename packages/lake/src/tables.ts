import { SallyportError } from '@sallyport/contracts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { define, promotedPaths, type Catalogue, type Column, type TableDefinition } from './catalogue/catalogue.ts';
import { deviceKeyDdl, deviceKeyOf, deviceKeyPrefix } from './catalogue/device.ts';
import { promotedDdl, promotedPrefix } from './catalogue/promoted.ts';
import type { Connection } from './connection.ts';
import {
  alterTargets,
  columnDdl,
  columnType,
  ddl,
  isStored,
  onCluster,
  ownColumns,
  restorage,
  type ClusterDdl,
  type Place,
} from './ddl.ts';
import type { LegalHold } from './retention/holds.ts';
import { readPhysical, type Physical } from './physical.ts';
import { Holds } from './retention/hold-store.ts';
import { coldPolicy, interactiveRows, longTermAfter, type Retention, type Storage } from './retention/storage.ts';
import { sqlName, sqlString } from './sql.ts';
import { Entry, fromRecord, registry, toRecord, withAdded } from './table-entry.ts';

export interface TablesOptions {
  readonly cluster: ClusterDdl | undefined;
  readonly now: () => Date;
  /** Those of the workspace that says which tables there are and what is held: see `Lake.beside`. */
  readonly first?: Tables;
}

interface Ready {
  /** What was made; another definition has to be looked at again. */
  readonly table: TableDefinition;
  readonly done: Promise<void>;
}

/** `_SRCH`: what a search job found. */
const customName = /^[A-Za-z][A-Za-z0-9_]{0,57}_(?:CL|SRCH)$/;

/**
 * The tables of a workspace: which there are (catalogue and custom), and that the physical ones exist and have their columns.
 * Physical tables are made when first asked for.
 */
export class Tables {
  readonly #connection: Connection;
  readonly #database: string;
  readonly #cluster: ClusterDdl | undefined;
  #own: Catalogue;
  /** What was read of the registry, to see what changed. */
  readonly #entries = new Map<string, string>();
  /** Columns that were added to shipped tables. */
  readonly #added = new Map<string, Entry['columns']>();
  readonly #ready = new Map<string, Ready>();
  /** Members that were promoted here, beside those that ship. */
  readonly #promotedHere = new Map<string, Entry['promoted']>();
  readonly #first: Tables | undefined;
  /** Of the first: those beside it. */
  readonly #others: Tables[] = [];
  /** Columns of promoted members and of devices that are there, as `table/column`. */
  #stored: ReadonlySet<string> = new Set();
  /** Physical tables that were there when last looked, or were made since. */
  #made: ReadonlySet<string> = new Set();
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** What stands between the rows and every way to delete them. */
  readonly holds: Holds;
  readonly #options: TablesOptions;
  /** Whether the engine has a volume for old rows. */
  #cold = false;
  /** Changes of storage go one after the other. */
  #storing: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, catalogue: Catalogue, database: string, options: TablesOptions) {
    this.#connection = connection;
    this.#own = catalogue;
    this.#database = database;
    this.#cluster = options.cluster;
    this.#options = options;
    this.#first = options.first;
    this.holds = options.first?.holds ?? new Holds(connection, database, options.cluster);
    if (options.first) options.first.#others.push(this);
  }

  /** Shipped tables and custom ones, with the changes users made. */
  get catalogue(): Catalogue {
    return this.#root.#own;
  }

  get #catalogue(): Catalogue {
    return this.#root.#own;
  }

  get #root(): Tables {
    return this.#first ?? this;
  }

  /** All that have these tables, the first in front. */
  get #all(): readonly Tables[] {
    return [this.#root, ...this.#root.#others];
  }

  /** Forgets a workspace that is closed. */
  leave(): void {
    const others = this.#root.#others;
    const at = others.indexOf(this);
    if (at >= 0) others.splice(at, 1);
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
    if (this.#first) {
      this.#cold = this.#first.#cold;
      return this.#look();
    }
    await this.#connection.command(
      `CREATE TABLE IF NOT EXISTS ${this.#at(registry)}${on} (name String, definition String, version UInt64)
       ENGINE = ${engine} ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
    );
    const [policy] = await this.#connection.rows(
      `SELECT count() AS n FROM system.storage_policies WHERE policy_name = ${sqlString(coldPolicy.name)}`,
    );
    this.#cold = Number(policy?.['n'] ?? 0) > 0;
    await this.holds.open();
    await this.reload();
  }

  /** Reads again what other servers may have changed. */
  async reload(): Promise<void> {
    if (this.#first) {
      await this.#first.reload();
      return this.#look();
    }
    const rows = await this.#connection.rows(
      `SELECT name, argMax(definition, version) AS definition FROM ${this.#at(registry)} GROUP BY name`,
    );
    const Row = z.object({ name: z.string(), definition: z.string() });
    for (const row of rows) {
      const { name, definition } = Row.parse(row);
      if (this.#entries.get(name) === definition) continue;
      this.#entries.set(name, definition);
      this.#apply(name, Entry.parse(JSON.parse(definition)));
    }
    await this.holds.reload();
    await this.#look();
  }

  /** Conditions that ordinary queries add to tables that keep rows longer than these may find: by full name. */
  get interactive(): Readonly<Record<string, string>> {
    const filters: Record<string, string> = {};
    for (const table of this.#catalogue.tables.values()) {
      const rows = interactiveRows(table);
      // A query may read other workspaces beside its own.
      if (rows !== undefined) for (const one of this.#all) filters[`${one.#database}.${table.name}`] = rows;
    }
    return filters;
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

  /** Whether each is spread over the shards of a cluster. */
  get isDistributed(): boolean {
    return this.#cluster !== undefined;
  }

  /** Columns of promoted members and of devices that were there when last looked (`made`), as `table/column`. */
  get stored(): ReadonlySet<string> {
    return this.#stored;
  }

  async #look(): Promise<void> {
    const rows = await this.#connection.rows(
      `SELECT name FROM system.tables WHERE database = ${sqlString(this.#database)}`,
    );
    this.#note(rows.map((row) => z.object({ name: z.string() }).parse(row).name));
    const stored = await this.#connection.rows(
      `SELECT concat(table, '/', name) AS stored FROM system.columns WHERE database = ${sqlString(this.#database)} AND (${[promotedPrefix, deviceKeyPrefix].map((prefix) => `startsWith(name, ${sqlString(prefix)})`).join(' OR ')})`,
    );
    const now = new Set(stored.map((row) => z.object({ stored: z.string() }).parse(row).stored));
    // Sets that say the same stay the same: catalogues are kept by them.
    if (now.symmetricDifference(this.#stored).size > 0) this.#stored = now;
  }

  #note(names: readonly string[]): void {
    if (names.some((name) => !this.#made.has(name))) this.#made = new Set([...this.#made, ...names]);
  }

  /** Throws SallyportError NotFound. */
  get(name: string): TableDefinition {
    const table = this.#catalogue.get(name);
    if (!table) throw new SallyportError('NotFound', `no table is named \`${name}\``, { target: name });
    return table;
  }

  /** Makes the physical tables that are missing, and adds missing columns. Throws SallyportError NotFound, or Conflict when a column's type changed. */
  async ensure(names: Iterable<string>): Promise<void> {
    const missing = [...new Set(names)].filter((name) => {
      const ready = this.#ready.get(name);
      return ready === undefined || ready.table !== this.#catalogue.get(name);
    });
    if (missing.length > 0) await this.#ensureNew(missing);
    await this.#settled(names);
  }

  /** The same in the workspace of that database, where it is one of these. */
  async ensureIn(database: string | undefined, names: Iterable<string>): Promise<void> {
    await (this.#all.find((one) => one.#database === database) ?? this).ensure(names);
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
    await this.#save(input.name, {
      custom: true,
      columns: toRecord(input.columns),
      plan: 'Analytics',
      retentionDays,
      promoted: [],
    });
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
    const all = table.custom ? toRecord([...table.columns, ...columns]) : { ...this.#root.#added.get(name), ...given };
    return this.#change(name, { columns: all });
  }

  /** Adds a column of our own making to any table; nothing when it has it. */
  async addOwnColumn(name: string, column: Column): Promise<TableDefinition> {
    const table = this.get(name);
    if (table.columns.some((present) => present.name === column.name)) return table;
    const before = table.custom ? toRecord(table.columns) : this.#root.#added.get(name);
    return this.#change(name, { columns: { ...before, ...toRecord([column]) } });
  }

  /**
   * Keeps members of dynamics (`Column.member[0]`) as columns from now on, which queries then read in place of the JSON; rows that are there compute them
   * until they are merged. Throws SallyportError NotFound, and BadRequest for what is no member of a dynamic.
   */
  async promote(name: string, paths: readonly string[]): Promise<TableDefinition> {
    const table = this.get(name);
    const promoted = [...new Set([...(this.#root.#promotedHere.get(name) ?? []), ...paths])];
    try {
      promotedPaths(promoted, table.columns, name);
    } catch (error) {
      throw new SallyportError('BadRequest', error instanceof Error ? error.message : String(error), {
        target: 'paths',
      });
    }
    const changed = await this.#change(name, { promoted });
    await this.#look();
    return changed;
  }

  /** How rows are kept from now on, those already there too. Throws SallyportError NotFound. */
  setRetention(name: string, retention: Retention): Promise<TableDefinition> {
    const { plan, interactiveDays, retentionDays } = retention;
    return this.#change(name, { plan, interactiveDays, retentionDays });
  }

  /** Deletes a custom table with its rows. Throws SallyportError NotFound, BadRequest, and Conflict when a hold covers it. */
  async dropTable(name: string): Promise<void> {
    await this.reload();
    const table = this.get(name);
    if (!table.custom) throw new SallyportError('BadRequest', `\`${name}\` is not a custom table`, { target: 'name' });
    const hold = this.holds.active(this.#options.now()).find((one) => this.holds.covers(one, name));
    if (hold) throw new SallyportError('Conflict', `\`${name}\` is under the legal hold \`${hold.name}\``);
    await this.#save(name, {
      custom: true,
      columns: {},
      plan: 'Analytics',
      retentionDays: 1,
      promoted: [],
      dropped: true,
    });
    for (const tables of this.#all) await tables.#drop(name);
  }

  async #drop(name: string): Promise<void> {
    for (const target of alterTargets(name, this.#place).toReversed())
      await this.#connection.command(`DROP TABLE IF EXISTS ${target} SYNC`);
    this.#ready.delete(name);
    this.#made = this.#made.difference(new Set([name]));
  }

  /** SQL of the rows of a table that nothing may delete, as the workspace now has it: 'true' for all, undefined for none. */
  async heldRows(name: string): Promise<string | undefined> {
    await this.holds.reload();
    return this.holds.rows(name, this.#options.now());
  }

  /** When this resolves, nothing deletes the rows that the hold keeps. What the engine can't hold by is refused, and nothing is changed. */
  async saveHold(hold: LegalHold): Promise<void> {
    for (const [name, condition] of Object.entries(hold.conditions)) await this.#checkHold(this.get(name), condition);
    await this.holds.save(hold);
    await this.applyStorage();
  }

  /** Makes a table of the same columns for a moment: TTL takes fewer expressions than queries do. */
  async #checkHold(table: TableDefinition, condition: string): Promise<void> {
    const changing = /\b(rand\w*|generateUUID\w*|now\w*|today|yesterday)\s*\(/i.exec(condition)?.[1];
    if (changing !== undefined)
      throw new SallyportError('BadRequest', `rows can't be held by what changes from one moment to the next`, {
        target: 'filter',
      });
    const probe = { ...table, name: `_hold_check_${randomUUID().slice(0, 8)}` };
    const place = { database: this.#database };
    const storage = { ...this.#storage(table), held: `ifNull((${condition}), false)`, cold: false };
    try {
      for (const statement of ddl(probe, place, storage)) await this.#connection.command(statement);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SallyportError('BadRequest', `rows can't be held by this filter: ${why.slice(0, 300)}`, {
        target: 'filter',
      });
    } finally {
      await this.#connection.command(`DROP TABLE IF EXISTS ${this.#at(probe.name)} SYNC`);
    }
  }

  /** Has the engine keep the rows of every physical table as retention and holds now say. */
  async applyStorage(): Promise<void> {
    await this.reload();
    for (const tables of this.#all) await tables.#again([...tables.#made]);
  }

  /** Of a table, as ALTER has to say them; the first holds the rows. */
  physicalNames(name: string): readonly string[] {
    return alterTargets(name, this.#place);
  }

  get #place(): Place {
    return { database: this.#database, cluster: this.#cluster };
  }

  #storage(table: TableDefinition): Storage {
    const { plan, interactiveDays, retentionDays } = table;
    const held = this.holds.rows(table.name, this.#options.now());
    return { plan, interactiveDays, retentionDays, held, cold: this.#cold };
  }

  async #change(name: string, change: Partial<Entry>): Promise<TableDefinition> {
    const table = this.get(name);
    const { custom, plan, interactiveDays, retentionDays } = table;
    const columns = custom ? toRecord(table.columns) : (this.#root.#added.get(name) ?? {});
    const promoted = this.#root.#promotedHere.get(name) ?? [];
    await this.#save(name, { custom, columns, plan, interactiveDays, retentionDays, promoted, ...change });
    for (const tables of this.#all) await tables.#again([name]);
    await this.ensure([name]);
    return this.get(name);
  }

  /** Looks again at those of these tables that have a place here. */
  async #again(names: readonly string[]): Promise<void> {
    for (const name of names) this.#ready.delete(name);
    await this.ensure(names.filter((name) => this.#made.has(name) && this.#catalogue.get(name)));
  }

  #at(name: string): string {
    return `${sqlName(this.#database)}.${sqlName(name)}`;
  }

  #apply(name: string, entry: Entry): void {
    const known = this.#own.get(name);
    if (entry.dropped) {
      this.#own = this.#own.without(name);
      return;
    }
    const { plan, retentionDays, columns } = entry;
    this.#promotedHere.set(name, entry.promoted);
    const retention = { plan, retentionDays, interactiveDays: entry.interactiveDays ?? retentionDays };
    if (entry.custom) {
      const table = define({ name, columns, retentionDays, promoted: entry.promoted }, true);
      this.#own = this.#own.with([{ ...table, ...retention }]);
    } else if (known) {
      this.#added.set(name, columns);
      const all = withAdded(known, fromRecord(columns));
      // What shipped once may have gone since.
      const here = promotedPaths(entry.promoted, all, name).filter(
        (p) => !known.promoted.some((k) => k.stored === p.stored),
      );
      this.#own = this.#own.with([{ ...known, columns: all, promoted: [...known.promoted, ...here], ...retention }]);
    }
  }

  async #save(name: string, entry: Entry): Promise<void> {
    // Throws before anything is stored when the definition contradicts itself.
    if (entry.custom) define({ name, columns: entry.columns, retentionDays: entry.retentionDays }, true);
    const root = this.#root;
    const definition = JSON.stringify(entry);
    await root.#connection.command(
      `INSERT INTO ${root.#at(registry)} SELECT ${sqlString(name)}, ${sqlString(definition)}, toUnixTimestamp64Nano(now64(9))`,
    );
    root.#entries.set(name, definition);
    root.#apply(name, entry);
  }

  async #ensureNew(names: readonly string[]): Promise<void> {
    const tables = names.map((name) => this.get(name));
    const physical = readPhysical(this.#connection, this.#database, names);
    for (const table of tables) {
      const done = physical.then((all) => this.#makeOne(table, all.get(table.name)));
      const ready: Ready = { table, done };
      this.#ready.set(table.name, ready);
      done.catch(() => {
        if (this.#ready.get(table.name) === ready) this.#ready.delete(table.name);
      });
    }
    await this.#settled(names);
  }

  async #settled(names: Iterable<string>): Promise<void> {
    await Promise.all([...names].map((name) => this.#ready.get(name)?.done ?? Promise.resolve()));
  }

  async #makeOne(table: TableDefinition, physical: Physical | undefined): Promise<void> {
    const place = this.#place;
    if (!physical) {
      await this.holds.reload();
      const storage = this.#storage(table);
      for (const statement of ddl(table, place, storage)) await this.#connection.command(statement);
      if (longTermAfter(storage) !== undefined) await this.#store(table.name);
      this.#note([table.name]);
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
    for (const path of table.promoted)
      if (!physical.columns.has(path.stored)) added.push(`ADD COLUMN IF NOT EXISTS ${promotedDdl(path)}`);
    const device = deviceKeyOf(table.columns);
    if (device && !physical.columns.has(device.stored)) added.push(`ADD COLUMN IF NOT EXISTS ${deviceKeyDdl(device)}`);
    for (const own of ownColumns)
      if (!physical.columns.has(own.name)) added.push(`ADD COLUMN IF NOT EXISTS ${own.ddl}`);
    if (added.length > 0)
      for (const target of alterTargets(table.name, place))
        await this.#connection.command(`ALTER TABLE ${target} ${added.join(', ')}`);
    if (!isStored(table, this.#storage(table), physical)) await this.#store(table.name);
  }

  /** Tells the engine, one table after the other, by what the workspace says at this moment: another server may have put a hold on it. */
  #store(name: string): Promise<void> {
    const work = async (): Promise<void> => {
      await this.reload();
      const table = this.get(name);
      const statements = restorage(table, this.#place, this.#storage(table));
      try {
        for (const statement of statements.slice(0, -1)) await this.#connection.command(statement);
      } finally {
        await this.#connection.command(statements.at(-1) ?? 'SELECT 1');
      }
    };
    const done = this.#storing.then(work);
    this.#storing = done.catch(() => undefined);
    return done;
  }
}
