import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { readAll, type Connection } from '../connection.ts';
import type { ClusterDdl } from '../ddl.ts';
import { sqlName, sqlString } from '../sql.ts';
import { LocationRows, type LocationDatabases } from './database.ts';

/** The dictionaries that compiled KQL asks, by their full names. */
export interface IpLocationNames {
  /** By address: `place` and `asn`. */
  readonly networks: string;
  /** By place: `info` (JSON as Kusto's geo_info_from_ip_address() gives it), `country` (ISO 3166-1), `country_name`, `region`, `city`, `latitude`, `longitude`. */
  readonly places: string;
  /** By number of an autonomous system: `organisation`. */
  readonly systems: string;
}

export interface IpLocationResult {
  /** False: the same databases were stored already. */
  readonly changed: boolean;
  readonly networks: number;
  /** Of the dictionaries, as the engine counts it. */
  readonly memoryBytes: number;
}

interface Part {
  readonly name: 'networks' | 'places' | 'systems';
  readonly key: string;
  /** Columns with their types, the key first. */
  readonly columns: readonly (readonly [string, string])[];
  readonly layout: string;
  readonly format: 'TabSeparated' | 'JSONEachRow';
}

/**
 * Networks name their place by number, since one place has thousands of them: a million networks take 40 MB so, and four times as much with the place's names
 * in each. Filled and exchanged in another order: see `replace`.
 */
const parts: Readonly<Record<Part['name'], Part>> = {
  networks: {
    name: 'networks',
    key: 'network',
    columns: [
      ['network', 'String'],
      ['place', 'UInt64'],
      ['asn', 'UInt32'],
    ],
    layout: 'IP_TRIE',
    format: 'TabSeparated',
  },
  places: {
    name: 'places',
    key: 'place',
    columns: [
      ['place', 'UInt64'],
      ['country', 'String'],
      ['country_name', 'String'],
      ['region', 'String'],
      ['city', 'String'],
      ['latitude', 'Nullable(Float64)'],
      ['longitude', 'Nullable(Float64)'],
      ['info', 'String'],
    ],
    layout: 'HASHED_ARRAY',
    format: 'JSONEachRow',
  },
  systems: {
    name: 'systems',
    key: 'asn',
    columns: [
      ['asn', 'UInt64'],
      ['organisation', 'String'],
    ],
    layout: 'HASHED_ARRAY',
    format: 'JSONEachRow',
  },
};
const all = Object.values(parts);

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Tables of a fill that did not end are dropped when they are this old. */
const abandonedHours = 6;
/** Loading a dictionary of some ten million networks. */
const reloadSeconds = 600;

/** Where addresses are: three tables of the workspace, and a dictionary over each, which the engine loads when it is first asked. */
export class IpLocations {
  readonly names: IpLocationNames;
  readonly #connection: Connection;
  readonly #database: string;
  readonly #cluster: ClusterDdl | undefined;
  readonly #credentials: Credentials;

  constructor(connection: Connection, database: string, cluster: ClusterDdl | undefined, credentials: Credentials) {
    this.#connection = connection;
    this.#database = database;
    this.#cluster = cluster;
    this.#credentials = credentials;
    const full = (name: Part['name']): string => `${database}.${dictionaryOf(name)}`;
    this.names = { networks: full('networks'), places: full('places'), systems: full('systems') };
  }

  /** Makes what is missing, empty: compiled SQL always finds its dictionaries. */
  async open(): Promise<void> {
    const [row] = await this.#connection.rows(
      `SELECT currentUser() AS user, (SELECT groupArray(name) FROM system.tables
         WHERE database = ${sqlString(this.#database)} AND name LIKE '\\_ip\\_%') AS names`,
    );
    const { user, names } = z.object({ user: z.string(), names: z.array(z.string()) }).parse(row);
    const known = new Set(names);
    // The engine that is ours knows no users; in another a dictionary reads its table as one of them.
    const as = user === this.#credentials.username ? this.#credentials : undefined;
    for (const part of all) {
      if (!known.has(tableOf(part.name))) await this.#createTable(part, tableOf(part.name), '', 'IF NOT EXISTS ');
      // A password may have changed since.
      if (!known.has(dictionaryOf(part.name)) || as) await this.#createDictionary(part, as);
    }
  }

  /** Stores the databases when they are others than those stored, and loads the dictionaries. Throws MmdbError; then what was there stays. */
  async load(given: LocationDatabases): Promise<IpLocationResult> {
    const changed = (await this.#mark()) !== given.mark;
    if (changed) await this.#replace(given);
    else await this.#loadMissing();
    const [row] = await this.#connection.rows(
      `SELECT sum(bytes_allocated) AS bytes, sumIf(element_count, name = ${sqlString(dictionaryOf('networks'))}) AS networks
       FROM system.dictionaries WHERE database = ${sqlString(this.#database)} AND name LIKE '\\_ip\\_%'`,
    );
    const { bytes, networks } = z.object({ bytes: z.number(), networks: z.number() }).parse(row);
    return { changed, networks, memoryBytes: bytes };
  }

  /** The engine loads a dictionary when it is first asked; that is seconds for a query that need not wait for them. */
  async #loadMissing(): Promise<void> {
    const loaded = await this.#connection.rows(
      `SELECT name FROM system.dictionaries WHERE database = ${sqlString(this.#database)} AND status = 'LOADED'`,
    );
    const names = new Set(loaded.map((row) => z.object({ name: z.string() }).parse(row).name));
    for (const part of all) if (!names.has(dictionaryOf(part.name))) await this.#reload(part);
  }

  /** Which databases are stored: a comment of the table of networks, so that it comes with its rows. */
  async #mark(): Promise<string> {
    const [row] = await this.#connection.rows(
      `SELECT comment FROM system.tables WHERE database = ${sqlString(this.#database)} AND name = ${sqlString(tableOf('networks'))}`,
    );
    return z.object({ comment: z.string() }).parse(row ?? { comment: '' }).comment;
  }

  /**
   * Fills new tables and exchanges them. Networks come last, and places keep the old ones meanwhile, so that a query finds the place of every network at every
   * moment: numbers of places are the same in all versions.
   */
  async #replace({ databases, mark }: LocationDatabases): Promise<void> {
    await this.#dropAbandoned();
    const fill = randomUUID().slice(0, 8);
    const fresh = (part: Part): string => `${tableOf(part.name)}_fill_${fill}`;
    try {
      for (const part of all) await this.#createTable(part, fresh(part), part.name === 'networks' ? mark : '');
      const rows = new LocationRows(databases);
      await this.#insert(parts.networks, fresh(parts.networks), rows.networks());
      for (const part of [parts.places, parts.systems]) {
        await this.#insert(part, fresh(part), rows[part.name as 'places' | 'systems']());
        await this.#keepOld(part, fresh(part));
        await this.#exchange(part, fresh(part));
      }
      await this.#exchange(parts.networks, fresh(parts.networks));
    } finally {
      for (const part of all) await this.#drop(fresh(part));
    }
    await this.#forgetOld();
  }

  async #insert(part: Part, table: string, lines: AsyncGenerator<string>): Promise<void> {
    // A generator that fails would only break the request: its own error says more.
    let failed: unknown;
    const watched = async function* (): AsyncGenerator<string> {
      try {
        yield* lines;
      } catch (error) {
        failed = error;
        throw error;
      }
    };
    try {
      const reply = await this.#connection.sendOnce({
        sql: `INSERT INTO ${this.#at(table)} (${part.columns.map(([name]) => sqlName(name)).join(', ')}) FORMAT ${part.format}`,
        settings: { wait_end_of_query: 1, max_execution_time: reloadSeconds },
        values: Readable.from(watched(), { objectMode: false }),
      });
      await readAll(reply.stream);
    } catch (error) {
      throw failed ?? error;
    }
  }

  #keepOld(part: Part, fresh: string): Promise<void> {
    const columns = part.columns.map(([name]) => sqlName(name)).join(', ');
    const known = `SELECT ${sqlName(part.key)} FROM ${this.#at(fresh)}`;
    return this.#connection.command(
      `INSERT INTO ${this.#at(fresh)} (${columns}) SELECT ${columns} FROM ${this.#at(tableOf(part.name))} WHERE ${sqlName(part.key)} NOT IN (${known})`,
    );
  }

  /** They are few, and gone from memory at the next load. */
  async #forgetOld(): Promise<void> {
    for (const part of [parts.places, parts.systems])
      await this.#connection.command(
        `ALTER TABLE ${this.#at(tableOf(part.name))}${this.#on()} DELETE WHERE ${sqlName(part.key)} NOT IN (SELECT ${sqlName(part.key)} FROM ${this.#at(tableOf('networks'))})`,
        { mutations_sync: '0', allow_nondeterministic_mutations: 1 },
      );
  }

  async #exchange(part: Part, fresh: string): Promise<void> {
    if (this.#cluster) await this.#connection.command(`SYSTEM SYNC REPLICA${this.#on()} ${this.#at(fresh)}`);
    await this.#connection.command(
      `EXCHANGE TABLES ${this.#at(tableOf(part.name))} AND ${this.#at(fresh)}${this.#on()}`,
    );
    await this.#reload(part);
  }

  #reload(part: Part): Promise<void> {
    return this.#connection.command(`SYSTEM RELOAD DICTIONARY${this.#on()} ${this.#at(dictionaryOf(part.name))}`, {
      max_execution_time: reloadSeconds,
    });
  }

  #createTable(part: Part, table: string, comment: string, how = ''): Promise<void> {
    const columns = part.columns.map(([name, type]) => `${sqlName(name)} ${type}`).join(', ');
    const engine = this.#cluster
      ? `ReplicatedMergeTree('/clickhouse/tables/${this.#database}/${table}/{uuid}', '{replica}')`
      : 'MergeTree';
    return this.#connection.command(
      `CREATE TABLE ${how}${this.#at(table)}${this.#on()} (${columns}) ENGINE = ${engine} ORDER BY ${sqlName(part.key)}` +
        ` SETTINGS fsync_after_insert = 1, fsync_part_directory = 1${comment === '' ? '' : ` COMMENT ${sqlString(comment)}`}`,
    );
  }

  #createDictionary(part: Part, as: Credentials | undefined): Promise<void> {
    const columns = part.columns.map(([name, type]) => `${sqlName(name)} ${type}`).join(', ');
    const user = as ? ` USER ${sqlString(as.username)} PASSWORD ${sqlString(as.password)}` : '';
    const source = `CLICKHOUSE(TABLE ${sqlString(tableOf(part.name))} DB ${sqlString(this.#database)}${user})`;
    const create = as ? 'CREATE OR REPLACE DICTIONARY ' : 'CREATE DICTIONARY IF NOT EXISTS ';
    return this.#connection.command(
      `${create}${this.#at(dictionaryOf(part.name))}${this.#on()} (${columns}) PRIMARY KEY ${sqlName(part.key)}` +
        ` SOURCE(${source}) LAYOUT(${part.layout}()) LIFETIME(0)`,
    );
  }

  #drop(table: string): Promise<void> {
    return this.#connection.command(`DROP TABLE IF EXISTS ${this.#at(table)}${this.#on()} SYNC`);
  }

  async #dropAbandoned(): Promise<void> {
    const rows = await this.#connection.rows(
      `SELECT name FROM system.tables WHERE database = ${sqlString(this.#database)} AND match(name, '^_ip_[a-z]+_fill_[0-9a-f]{8}$')
       AND metadata_modification_time < now() - INTERVAL ${abandonedHours} HOUR`,
    );
    for (const row of rows) await this.#drop(z.object({ name: z.string() }).parse(row).name);
  }

  #at(name: string): string {
    return `${sqlName(this.#database)}.${sqlName(name)}`;
  }

  #on(): string {
    return this.#cluster ? ` ON CLUSTER ${sqlName(this.#cluster.cluster)}` : '';
  }
}

const dictionaryOf = (name: Part['name']): string => `_ip_${name}_lookup`;

/** The same without the workspace, for SQL that the lake runs in it: what is loaded. */
export const ipLocationNames: IpLocationNames = {
  networks: dictionaryOf('networks'),
  places: dictionaryOf('places'),
  systems: dictionaryOf('systems'),
};

const tableOf = (name: Part['name']): string => `_ip_${name}`;
