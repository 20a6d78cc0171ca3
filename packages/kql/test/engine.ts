import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { engineSettings, type TableSchema } from '../src/index.ts';

const engineTypes = {
  string: 'String',
  bool: 'Nullable(Bool)',
  int: 'Nullable(Int32)',
  long: 'Nullable(Int64)',
  real: 'Nullable(Float64)',
  decimal: 'Nullable(Decimal(38, 18))',
  datetime: "Nullable(DateTime64(7, 'UTC'))",
  timespan: 'Nullable(Int64)',
  guid: 'Nullable(UUID)',
  dynamic: 'String',
} as const;

export interface Engine {
  /** Rows of a SELECT, as arrays of JSON values. */
  rows(sql: string): unknown[][];
  run(sql: string): void;
  create(table: TableSchema): void;
  close(): void;
}

/** A real engine in this process, on a folder of its own. */
export function openEngine(): Engine {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-kql-'));
  const session = new Session(folder);
  for (const [name, value] of Object.entries(engineSettings)) session.query(`SET ${name} = '${value}'`);
  // As the lake has them.
  for (const bound of [
    'max_query_size = 16777216',
    'max_ast_elements = 2000000',
    'max_expanded_ast_elements = 4000000',
  ])
    session.query(`SET ${bound}`);
  const quote = (name: string): string => '`' + name.replaceAll('\\', '\\\\').replaceAll('`', '\\`') + '`';
  return {
    rows: (sql) =>
      session
        .query(sql, 'JSONCompactEachRow')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown[]),
    run: (sql) => void session.query(sql),
    create: (table) => {
      const columns = table.columns.map((c) => `${quote(c.name)} ${engineTypes[c.type]}`);
      const own = ["`_IngestedAt` Nullable(DateTime64(7, 'UTC'))", '`_SegmentId` String'];
      session.query(
        `CREATE TABLE ${quote(table.name)} (${[...columns, ...own].join(', ')}) ENGINE = MergeTree ORDER BY tuple()`,
      );
    },
    close: () => {
      session.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
