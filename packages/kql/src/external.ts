import { engineType } from './functions/convert.ts';
import { identifier, join, sql, string, type Sql } from './sql.ts';
import type { ExternalRequest } from './types.ts';

const value = (text: Sql, type: ExternalRequest['columns'][number]['type']): Sql =>
  sql`CAST(${text}, ${string(engineType(type).text)})`;

/** Stands for data that is not read: the columns that the query declares, and no rows. For checking a query without running it on anything. */
export const externalWithoutRows = ({ columns }: ExternalRequest): Sql =>
  sql`(SELECT ${join(
    columns.map(({ name, type }) =>
      type === 'string' || type === 'dynamic'
        ? sql`'' AS ${identifier(name)}`
        : sql`${value(sql`NULL`, type)} AS ${identifier(name)}`,
    ),
  )} WHERE 0)`;
