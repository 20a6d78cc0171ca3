import { z } from 'zod';
import type { Connection } from './connection.ts';
import { sqlString } from './sql.ts';

/** What the engine has of a table. */
export interface Physical {
  readonly columns: ReadonlyMap<string, string>;
  readonly ttlDays: number | undefined;
  readonly comment: string;
}

/** Those of the tables that are there, by name. */
export async function readPhysical(
  connection: Connection,
  database: string,
  names: readonly string[],
): Promise<Map<string, Physical>> {
  const list = `(${names.map(sqlString).join(', ')})`;
  const where = `database = ${sqlString(database)} AND`;
  const Row = z.object({
    table: z.string(),
    names: z.array(z.string()),
    types: z.array(z.string()),
    ddl: z.string(),
    comment: z.string(),
  });
  const rows = await connection.rows(
    `SELECT c.table AS table, c.names AS names, c.types AS types, t.create_table_query AS ddl, t.comment AS comment
       FROM (SELECT table, groupArray(name) AS names, groupArray(type) AS types FROM system.columns WHERE ${where} table IN ${list} GROUP BY table) AS c
       INNER JOIN (SELECT name, create_table_query, comment FROM system.tables WHERE ${where} name IN ${list}) AS t ON c.table = t.name`,
  );
  return new Map(
    rows.map((raw) => {
      const row = Row.parse(raw);
      const columns = new Map(row.names.map((name, i) => [name, row.types[i] ?? '']));
      const days = /\bTTL .*?toIntervalDay\((\d+)\)/.exec(row.ddl)?.[1];
      return [row.table, { columns, ttlDays: days === undefined ? undefined : Number(days), comment: row.comment }];
    }),
  );
}
