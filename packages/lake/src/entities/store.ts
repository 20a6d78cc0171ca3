import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Connection } from '../connection.ts';
import type { ClusterDdl } from '../ddl.ts';
import { sqlName, sqlString } from '../sql.ts';
import type { Tables } from '../tables.ts';
import {
  deviceKeysSql,
  devicesSql,
  entityTables,
  identitiesSql,
  identityKeysSql,
  type EntityTable,
} from './queries.ts';

/** The dictionaries that compiled KQL asks, by their full names. */
export interface EntityNames {
  /** By what names an identity, in lower case: `id`. */
  readonly identityKeys: string;
  /** By id: `info`, a bag of columns of the newest row of IdentityInfo, as JSON. */
  readonly identities: string;
  /** By what names a device, in lower case, addresses too: `id`, and `machine_group`, its MachineGroup. */
  readonly deviceKeys: string;
  /** By id: `info`, of DeviceInfo. */
  readonly devices: string;
}

export interface EntitiesResult {
  /** False: no row came or went since the last time, and nothing was read. */
  readonly changed: boolean;
  readonly identities: number;
  readonly devices: number;
  /** Of the dictionaries, as the engine counts it. */
  readonly memoryBytes: number;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface Dictionary {
  readonly name: keyof EntityNames;
  readonly key: 'key' | 'id';
  /** What it is read from; undefined while the table is not there. */
  readonly query: (at: (table: EntityTable) => string | undefined) => string | undefined;
}

const over =
  (table: EntityTable, query: (at: string) => string): Dictionary['query'] =>
  (at) => {
    const place = at(table);
    return place === undefined ? undefined : query(place);
  };

/** In the order they are read in: what a key names is there before the key. */
const dictionaries: readonly Dictionary[] = [
  { name: 'identities', key: 'id', query: over('IdentityInfo', identitiesSql) },
  { name: 'identityKeys', key: 'key', query: over('IdentityInfo', identityKeysSql) },
  { name: 'devices', key: 'id', query: over('DeviceInfo', devicesSql) },
  {
    name: 'deviceKeys',
    key: 'key',
    query: (at) => over('DeviceInfo', (place) => deviceKeysSql(place, at('DeviceNetworkInfo')))(at),
  },
];

const nameOf: Readonly<Record<keyof EntityNames, string>> = {
  identityKeys: '_identity_keys_lookup',
  identities: '_identities_lookup',
  deviceKeys: '_device_keys_lookup',
  devices: '_devices_lookup',
};

/** For SQL that the lake runs in its workspace. */
export const entityNames: EntityNames = nameOf;

const columnsOf = (name: keyof EntityNames): string => {
  if (name === 'deviceKeys') return 'key String, id UInt64, machine_group String';
  return name === 'identityKeys' ? 'key String, id UInt64' : 'id UInt64, info String';
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Reading the tables whole. */
const reloadSeconds = 600;

/**
 * Who accounts and devices are: dictionaries over the newest rows of the tables about them, read whole into the engine's memory when the engine is told to.
 * A table that has no row yet has no place in the engine either, so that a dictionary over it is an empty one until then.
 */
export class Entities {
  readonly names: EntityNames;
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #cluster: ClusterDdl | undefined;
  readonly #credentials: Credentials;
  #as: Credentials | undefined;
  /** What the dictionaries were last read from. */
  #mark: string | undefined;

  constructor(connection: Connection, tables: Tables, cluster: ClusterDdl | undefined, credentials: Credentials) {
    this.#connection = connection;
    this.#tables = tables;
    this.#cluster = cluster;
    this.#credentials = credentials;
    const { database } = tables;
    this.names = {
      identityKeys: `${database}.${nameOf.identityKeys}`,
      identities: `${database}.${nameOf.identities}`,
      deviceKeys: `${database}.${nameOf.deviceKeys}`,
      devices: `${database}.${nameOf.devices}`,
    };
  }

  /** Makes the dictionaries that are missing: compiled SQL always finds them. */
  async open(): Promise<void> {
    const [row] = await this.#connection.rows('SELECT currentUser() AS user');
    const { user } = z.object({ user: z.string() }).parse(row);
    // The engine that is ours knows no users; in another a dictionary reads its table as one of them.
    this.#as = user === this.#credentials.username ? this.#credentials : undefined;
    await this.#create(await this.#places());
  }

  /** Reads the tables anew when rows came or went. */
  async refresh(): Promise<EntitiesResult> {
    const places = await this.#places();
    const mark = await this.#markOf(places);
    const changed = mark !== this.#mark;
    if (changed) {
      await this.#tables.ensure(places.keys());
      await this.#create(places);
      for (const { name } of dictionaries)
        await this.#connection.command(`SYSTEM RELOAD DICTIONARY${this.#on()} ${this.#at(nameOf[name])}`, {
          max_execution_time: reloadSeconds,
        });
      this.#mark = mark;
    }
    const of = (name: keyof EntityNames): string => `sumIf(element_count, name = ${sqlString(nameOf[name])})`;
    const list = Object.values(nameOf).map(sqlString).join(', ');
    const [row] = await this.#connection.rows(
      `SELECT ${of('identities')} AS identities, ${of('devices')} AS devices, sum(bytes_allocated) AS bytes
       FROM system.dictionaries WHERE database = ${sqlString(this.#tables.database)} AND name IN (${list})`,
    );
    const Sums = z.object({ identities: z.number(), devices: z.number(), bytes: z.number() });
    const { identities, devices, bytes } = Sums.parse(row);
    return { changed, identities, devices, memoryBytes: bytes };
  }

  /** Where the tables are, of those that have a place in the engine. */
  async #places(): Promise<ReadonlyMap<EntityTable, string>> {
    const list = entityTables.filter((name) => this.#tables.catalogue.get(name) !== undefined);
    if (list.length === 0) return new Map();
    const rows = await this.#connection.rows(
      `SELECT name FROM system.tables WHERE database = ${sqlString(this.#tables.database)} AND name IN (${list.map(sqlString).join(', ')})`,
    );
    const there = new Set(rows.map((row) => z.object({ name: z.string() }).parse(row).name));
    return new Map(list.filter((name) => there.has(name)).map((name) => [name, this.#at(name)]));
  }

  async #markOf(places: ReadonlyMap<EntityTable, string>): Promise<string> {
    const marks: unknown[] = [];
    for (const [name, place] of places)
      marks.push(name, await this.#connection.rows(`SELECT count() AS n, max(_IngestedAt) AS at FROM ${place}`));
    return JSON.stringify(marks);
  }

  async #create(places: ReadonlyMap<EntityTable, string>): Promise<void> {
    const rows = await this.#connection.rows(
      `SELECT name, comment FROM system.tables WHERE database = ${sqlString(this.#tables.database)} AND engine = 'Dictionary'`,
    );
    const Row = z.object({ name: z.string(), comment: z.string() });
    const known = new Map(rows.map((row) => Row.parse(row)).map(({ name, comment }) => [name, comment]));
    for (const { name, key, query } of dictionaries) {
      const sql = query((table) => places.get(table));
      const comment = hashOf(`${columnsOf(name)} ${sql ?? ''}`);
      // A password may have changed since this server last came up.
      const isStale = this.#as !== undefined && this.#mark === undefined;
      if (known.get(nameOf[name]) === comment && !isStale) continue;
      await this.#createOne(name, key, sql, comment);
    }
  }

  #createOne(name: keyof EntityNames, key: Dictionary['key'], sql: string | undefined, comment: string): Promise<void> {
    const user = this.#as ? ` USER ${sqlString(this.#as.username)} PASSWORD ${sqlString(this.#as.password)}` : '';
    const source = sql === undefined ? 'NULL()' : `CLICKHOUSE(QUERY ${sqlString(sql)}${user})`;
    const layout = key === 'key' ? 'COMPLEX_KEY_HASHED_ARRAY' : 'HASHED_ARRAY';
    return this.#connection.command(
      `CREATE OR REPLACE DICTIONARY ${this.#at(nameOf[name])}${this.#on()} (${columnsOf(name)}) PRIMARY KEY ${key}` +
        ` SOURCE(${source}) LAYOUT(${layout}()) LIFETIME(0) COMMENT ${sqlString(comment)}`,
    );
  }

  #at(name: string): string {
    return `${sqlName(this.#tables.database)}.${sqlName(name)}`;
  }

  #on(): string {
    return this.#cluster ? ` ON CLUSTER ${sqlName(this.#cluster.cluster)}` : '';
  }
}
