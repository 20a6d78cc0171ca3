/** A row as `pg` gives it: int8 as number, numeric as text, timestamptz as Date, jsonb parsed, bytea as Buffer. */
export type DatabaseRow = Record<string, unknown>;

/** What can run SQL: the pool, or one transaction. Parameters are `$1`, `$2`, …; never build SQL text from values. */
export interface Queryable {
  query<Row extends object = DatabaseRow>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** The first row, or undefined. */
  first<Row extends object = DatabaseRow>(sql: string, parameters?: readonly unknown[]): Promise<Row | undefined>;
  /** Runs the statement and answers how many rows it changed. */
  execute(sql: string, parameters?: readonly unknown[]): Promise<number>;
}

export interface Database extends Queryable {
  /** The URL it is connected to, with its password. For DBOS only: don't log it. */
  readonly url: string;
  /** Commits when `work` resolves, rolls back when it throws. Serialization failures and deadlocks are tried again, up to 5 times. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Throws when the database doesn't answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
