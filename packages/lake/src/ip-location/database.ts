import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { MmdbError, mmdbBytesMax, openMmdb, type Mmdb } from './mmdb.ts';
import { factsOf, idOf, infoOf, together, type NetworkFacts, type Place } from './record.ts';
import { networks, type Network } from './walk.ts';

/** Databases that were read, and a mark that differs where they do. */
export interface LocationDatabases {
  readonly databases: readonly Mmdb[];
  readonly mark: string;
}

/** What is in tables of the lake changes with this. */
const shape = 1;

/** The database of countries that ships with Sallyport. */
export const shippedLocations = (): string =>
  createRequire(import.meta.url).resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb');

/** Reads databases whole. Throws MmdbError naming the file. */
export async function readDatabases(paths: readonly string[]): Promise<LocationDatabases> {
  const hash = createHash('sha256').update(`${shape}`);
  const databases: Mmdb[] = [];
  for (const path of paths) {
    const bytes = await read(path);
    hash.update(`\0${bytes.length}\0`).update(bytes);
    databases.push(openMmdb(basename(path), bytes));
  }
  return { databases, mark: hash.digest('hex') };
}

async function read(path: string): Promise<Buffer> {
  const failed = (why: string): MmdbError =>
    new MmdbError(`the database of IP locations \`${path}\` can't be read: ${why}`);
  try {
    const { size } = await stat(path);
    if (size > mmdbBytesMax) throw failed(`it is larger than ${mmdbBytesMax} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof MmdbError) throw error;
    throw failed(error instanceof Error ? error.message : String(error));
  }
}

/** Lines of a table, of about this many characters together. */
const chunkLength = 256 * 1024;

/** The rows of the lake's tables of IP locations. Networks come first, whole; what they name is known once they are through. */
export class LocationRows {
  readonly #databases: readonly Mmdb[];
  readonly #facts: Map<number, NetworkFacts>[];
  readonly #known: boolean[];
  readonly #places = new Map<bigint, Place>();
  readonly #ids = new WeakMap<Place, bigint>();
  readonly #systems = new Map<number, string>();
  readonly #rests = new Map<number, string>();
  #count = 0;

  constructor(databases: readonly Mmdb[]) {
    this.#databases = databases;
    this.#facts = databases.map(() => new Map());
    this.#known = databases.map(() => false);
  }

  /** How many networks have come. */
  get count(): number {
    return this.#count;
  }

  /**
   * Lines `network, place, asn`, TabSeparated, in chunks; others have their turn in between. Throws MmdbError for a broken database, and at the end for one
   * that says nothing of places or systems.
   */
  async *networks(): AsyncGenerator<string> {
    let lines = '';
    for (const network of networks(this.#databases)) {
      const rest = this.#restOf(network);
      if (rest === '') continue;
      lines += `${network.cidr}${rest}`;
      this.#count++;
      if (lines.length < chunkLength) continue;
      yield lines;
      lines = '';
      await turn();
    }
    const empty = this.#databases.find((_, i) => !this.#known[i]);
    if (empty)
      throw new MmdbError(`\`${empty.name}\` (${empty.type}) says nothing of countries, cities or autonomous systems`);
    if (lines !== '') yield lines;
  }

  /** Lines of JSON, in chunks. */
  async *places(): AsyncGenerator<string> {
    yield* chunked(this.#places, ([id, place]) => {
      const { country = '', countryName = '', region = '', city = '', latitude = null, longitude = null } = place;
      const columns = { country, country_name: countryName, region, city, latitude, longitude, info: infoOf(place) };
      return JSON.stringify({ place: String(id), ...columns });
    });
  }

  /** Lines of JSON, in chunks. */
  async *systems(): AsyncGenerator<string> {
    yield* chunked(this.#systems, ([asn, organisation]) => JSON.stringify({ asn, organisation }));
  }

  /** What follows the network in its line; '' when nothing is known of it. Of one database most networks say what one before them said. */
  #restOf({ address, records }: Network): string {
    const alone = records.length === 1 ? records[0] : undefined;
    const known = alone === undefined ? undefined : this.#rests.get(alone);
    if (known !== undefined) return known;
    const { place, system } = together(records.map((record, i) => this.#factsOf(i, record, address)));
    if (system) this.#systems.set(system.asn, system.organisation);
    const rest = place || system ? `\t${place ? this.#idOf(place) : 0}\t${system?.asn ?? 0}\n` : '';
    if (alone !== undefined) this.#rests.set(alone, rest);
    return rest;
  }

  #factsOf(database: number, record: number | undefined, address: string): NetworkFacts {
    if (record === undefined) return {};
    const facts = this.#facts[database]!;
    const known = facts.get(record);
    if (known) return known;
    const made = factsOf(this.#databases[database]!.dataAt(address));
    if (made.place ?? made.system) this.#known[database] = true;
    facts.set(record, made);
    return made;
  }

  #idOf(place: Place): bigint {
    const known = this.#ids.get(place);
    if (known !== undefined) return known;
    const id = idOf(place);
    this.#ids.set(place, id);
    this.#places.set(id, place);
    return id;
  }
}

async function* chunked<T>(items: Iterable<T>, line: (item: T) => string): AsyncGenerator<string> {
  let lines = '';
  for (const item of items) {
    lines += `${line(item)}\n`;
    if (lines.length < chunkLength) continue;
    yield lines;
    lines = '';
    await turn();
  }
  if (lines !== '') yield lines;
}
