import type { Queryable } from '../database/types.ts';

/** A workspace: rows and queries of its own. */
export interface Workspace {
  /** What clients of Log Analytics know it by, and its rows as `TenantId`. */
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  /** In the engine. Never changes. */
  readonly database: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

const columns = `id, name, resource_group AS "resourceGroup", lake_database AS "database", created_at AS "createdAt", created_by AS "createdBy"`;

/** As many as one query of Log Analytics may read. https://learn.microsoft.com/azure/azure-monitor/logs/cross-workspace-query */
export const workspacesMax = 100;

export const workspaceStore = (db: Queryable) => ({
  list: () =>
    db.query<Workspace>(`SELECT ${columns} FROM workspaces ORDER BY created_at, id LIMIT $1`, [workspacesMax]),
  /** False when its name, or its database, is taken. */
  insert: async ({ id, name, resourceGroup, database, createdAt, createdBy }: Workspace): Promise<boolean> =>
    (await db.execute(
      `INSERT INTO workspaces (id, name, resource_group, lake_database, created_at, created_by)
       SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM workspaces) < $7 ON CONFLICT DO NOTHING`,
      [id, name, resourceGroup, database, createdAt, createdBy, workspacesMax],
    )) > 0,
  /** False when another has that name. */
  rename: async (id: string, name: string): Promise<boolean> =>
    (await db.execute(
      `UPDATE workspaces SET name = $2
       WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM workspaces WHERE lower(name) = lower($2) AND id <> $1)`,
      [id, name],
    )) > 0,
});
