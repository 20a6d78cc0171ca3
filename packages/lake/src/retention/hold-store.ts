import { z } from 'zod';
import type { Connection } from '../connection.ts';
import type { ClusterDdl } from '../ddl.ts';
import { sqlName, sqlString } from '../sql.ts';
import { covers, heldRows, isActive, LegalHold } from './holds.ts';

const registry = '_sallyport_holds';

/** Legal holds of a workspace, kept in the workspace itself: they are where the rows are. Holds that ended stay as a record. */
export class Holds {
  readonly #connection: Connection;
  readonly #at: string;
  readonly #database: string;
  readonly #cluster: ClusterDdl | undefined;
  #all: readonly LegalHold[] = [];

  constructor(connection: Connection, database: string, cluster: ClusterDdl | undefined) {
    this.#connection = connection;
    this.#database = database;
    this.#cluster = cluster;
    this.#at = `${sqlName(database)}.${sqlName(registry)}`;
  }

  async open(): Promise<void> {
    const on = this.#cluster ? ` ON CLUSTER ${sqlName(this.#cluster.cluster)}` : '';
    const engine = this.#cluster
      ? `ReplicatedReplacingMergeTree('/clickhouse/tables/${this.#database}/${registry}', '{replica}', version)`
      : 'ReplacingMergeTree(version)';
    await this.#connection.command(
      `CREATE TABLE IF NOT EXISTS ${this.#at}${on} (id String, definition String, version UInt64)
       ENGINE = ${engine} ORDER BY id SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
    );
  }

  /** Reads again what other servers may have changed. */
  async reload(): Promise<void> {
    const rows = await this.#connection.rows(
      `SELECT argMax(definition, version) AS definition FROM ${this.#at} GROUP BY id`,
    );
    const Row = z.object({ definition: z.string() });
    this.#all = rows
      .map((row) => LegalHold.parse(JSON.parse(Row.parse(row).definition)))
      .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** Newest first, those that ended too, as last read. */
  get all(): readonly LegalHold[] {
    return this.#all;
  }

  active(now: Date): readonly LegalHold[] {
    return this.#all.filter((hold) => isActive(hold, now));
  }

  covers(hold: LegalHold, table: string): boolean {
    return covers(hold, table);
  }

  /** SQL of the rows of a table that are held: 'true' for all, undefined for none. */
  rows(table: string, now: Date): string | undefined {
    return heldRows(table, this.#all, now);
  }

  async save(hold: LegalHold): Promise<void> {
    await this.#connection.command(
      `INSERT INTO ${this.#at} SELECT ${sqlString(hold.id)}, ${sqlString(JSON.stringify(hold))}, toUnixTimestamp64Nano(now64(9))`,
    );
    await this.reload();
  }
}
