import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { sqlName } from '../sql.ts';
import type { Tables } from '../tables.ts';

/** What a deletion would take. */
export interface Deletion {
  readonly rows: number;
  /** On disk, by the share of the rows: the engine compresses rows together. */
  readonly bytesOnDisk: number;
  /** Rows that it would take were they not held. */
  readonly heldRows: number;
}

/** Longest a purge may take, s: the engine writes anew every part that has such a row. */
const purgeSeconds = 3_600;

const Counts = z.object({ all: z.number(), taken: z.number(), held: z.number(), bytes: z.number() });

async function count(connection: Connection, tables: Tables, name: string, condition: string): Promise<Deletion> {
  await tables.ensure([name]);
  const held = (await tables.heldRows(name)) ?? 'false';
  const [row] = await connection.rows(
    `SELECT count() AS all, countIf(c AND NOT h) AS taken, countIf(c AND h) AS held,
       (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database:String} AND table = {table:String}) AS bytes
     FROM (SELECT ifNull(${condition}, false) AS c, (${held}) AS h FROM ${sqlName(tables.database)}.${sqlName(name)})`,
    { database: tables.database, table: name },
  );
  const { all, taken, held: kept, bytes } = Counts.parse(row);
  return { rows: taken, bytesOnDisk: all === 0 ? 0 : Math.round((bytes * taken) / all), heldRows: kept };
}

const olderThan = (days: number): string => `_IngestedAt < now64(7, 'UTC') - INTERVAL ${days} DAY`;

/** What keeping a table's rows for `days` would delete at once. Throws SallyportError NotFound. */
export const expiring = (connection: Connection, tables: Tables, name: string, days: number): Promise<Deletion> =>
  count(connection, tables, name, olderThan(days));

/** What a purge by this condition (SQL over the table's columns) would delete. */
export const purgeable = count;

/** Deletes the rows for which the condition is true and that no hold keeps, off the disk. Answers what it deleted. */
export async function purge(
  connection: Connection,
  tables: Tables,
  name: string,
  condition: string,
): Promise<Deletion> {
  const deletion = await count(connection, tables, name, condition);
  if (deletion.rows === 0) return deletion;
  const held = (await tables.heldRows(name)) ?? 'false';
  const [stored = ''] = tables.physicalNames(name);
  await connection.command(`ALTER TABLE ${stored} DELETE WHERE ifNull(${condition}, false) AND NOT (${held})`, {
    mutations_sync: '2',
    max_execution_time: purgeSeconds,
  });
  return deletion;
}
