import type { Sql } from '../../sql.ts';
import { sql } from '../../sql.ts';
import type { GraphSql } from './build.ts';

export function markComponents(_graph: GraphSql, _strong: boolean): Sql {
  return sql``;
}
