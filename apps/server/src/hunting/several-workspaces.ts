import { sql, sqlIdentifier, sqlJoin, sqlString, type Sql } from '@sallyport/kql';
import type { Workspace } from '../platform/workspaces/index.ts';
import type { ScopedSource } from './queries.ts';

/** The lake's own columns that queries read. */
const ownColumns = ['_IngestedAt', '_SegmentId'];

/**
 * Reads each table of several workspaces as one, when a client names more than one beside its query. Undefined for one alone.
 * https://learn.microsoft.com/azure/azure-monitor/logs/api/cross-workspace-queries#implicit-cross-workspace-queries
 */
export function ofAll(workspaces: readonly Workspace[]): ScopedSource | undefined {
  const all = [...new Map(workspaces.map((one) => [one.id, one])).values()];
  if (all.length < 2) return undefined;
  return (table, rows) => {
    // One that the query itself names is of its workspace alone.
    if (table.place) return undefined;
    const stored = table.columns.filter(({ name }) => !table.standard?.includes(name)).map(({ name }) => name);
    const names = [...stored, ...ownColumns, ...(table.promoted ?? []).map((path) => path.stored)];
    const from = (workspace: Workspace): Sql => {
      const { id, database } = workspace;
      const tenant = sqlIdentifier('TenantId');
      const cells = names.map((name) =>
        name === 'TenantId' ? sql`if(${tenant} = '', ${sqlString(id)}, ${tenant}) AS ${tenant}` : sqlIdentifier(name),
      );
      return sql`SELECT ${sqlJoin(cells)} FROM ${sqlIdentifier(database)}.${sqlIdentifier(table.name)} AS r${rows(sql`r`, workspace)}`;
    };
    return sql`(${sqlJoin(all.map(from), sql` UNION ALL `)})`;
  };
}
