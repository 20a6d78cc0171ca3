/** Longest SQL of one query, in characters. The lake's `max_query_size` has room for them in UTF-8. */
export const sqlLengthMax = 4_000_000;

/** The query would be longer than the engine takes. */
export class SqlTooLong extends Error {}

/** Throws SqlTooLong past the bound, before what is written grows further. */
export function withinBudget(length: number): void {
  if (length > sqlLengthMax) throw new SqlTooLong('the SQL is too long');
}
