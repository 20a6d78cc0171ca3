import { sql, sqlString, storedTable } from '@sallyport/kql';
import type { ScopedSource } from '../../queries.ts';

/** Reads of each table only what a resource, or one below it, has sent. A table that doesn't say who sent its rows has none of it. */
export const sentBy =
  (resource: string): ScopedSource =>
  (table, rows) => {
    if (table.reference) return undefined;
    const from = sql`SELECT * FROM ${storedTable(table)} AS r${rows(sql`r`)}`;
    if (!table.columns.some(({ name }) => name === '_ResourceId')) return sql`(${from} WHERE false)`;
    const id = sqlString(resource.toLowerCase().replace(/\/$/, ''));
    return sql`(${from} WHERE lower(_ResourceId) = ${id} OR startsWith(lower(_ResourceId), concat(${id}, '/')))`;
  };
