import type { KqlCatalogue } from '@sallyport/kql';
import { resourceIdOf, type Workspace } from '../../../platform/workspaces/index.ts';

/** What can be queried. https://learn.microsoft.com/rest/api/loganalytics/dataaccess/metadata/get */
export function metadataOf({ tables, functions }: KqlCatalogue, workspace: Workspace): unknown {
  return {
    tables: tables.map(({ name, columns }) => ({
      id: `t/${name}`,
      name,
      ...(columns.some((column) => column.name === 'TimeGenerated') ? { timespanColumn: 'TimeGenerated' } : {}),
      columns: columns.map((column) => ({ name: column.name, type: column.type })),
    })),
    functions: functions.map(({ name, parameters, body }) => ({
      id: `f/${name}`,
      name,
      parameters: parameters.replaceAll(/^\(|\)$/g, ''),
      body,
    })),
    workspaces: [{ id: workspace.id, name: workspace.name, resourceId: resourceIdOf(workspace), region: 'local' }],
    tableGroups: [],
    solutions: [],
    resourceTypes: [],
    categories: [],
    queries: [],
    applications: [],
    permissions: { workspaces: [{ resourceId: resourceIdOf(workspace) }], resources: [], applications: [] },
  };
}
