import { DuckDBInstance } from '@duckdb/node-api';

export interface Duck {
  readonly path: string;
  rows(sql: string): Promise<unknown[][]>;
  /** Rows of a table; -1 when there is none. */
  count(table: string): Promise<number>;
  /** Makes the table of a Parquet file, whose TimeGenerated is microseconds since 1970. */
  load(table: string, parquet: string): Promise<void>;
  version(): Promise<string>;
  close(): void;
}

export async function openDuck(path: string): Promise<Duck> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const rows = async (sql: string): Promise<unknown[][]> => {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowsJson() as unknown[][];
  };
  return {
    path,
    rows,
    count: async (table) => {
      const [found] = await rows(`SELECT count(*) FROM information_schema.tables WHERE table_name = '${table}'`);
      if (Number(found?.[0]) === 0) return -1;
      return Number((await rows(`SELECT count(*) FROM ${table}`))[0]?.[0]);
    },
    load: async (table, parquet) => {
      await connection.run(`DROP TABLE IF EXISTS ${table}`);
      await connection.run(
        `CREATE TABLE ${table} AS SELECT * REPLACE (make_timestamp(TimeGenerated) AS TimeGenerated) FROM read_parquet('${parquet}', binary_as_string = true)`,
      );
      await connection.run('CHECKPOINT');
    },
    version: async () => String((await rows('SELECT version()'))[0]?.[0]),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
