import type { KqlCatalogue } from '@sallyport/kql';
import { resourceId } from './answer.ts';

/** What can be queried. https://learn.microsoft.com/rest/api/loganalytics/dataaccess/metadata/get */
export function metadataOf({ tables, functions }: KqlCatalogue, workspace: { name: string; id: string }): unknown {
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
    workspaces: [{ id: workspace.id, name: workspace.name, resourceId: resourceId(workspace.name), region: 'local' }],
    tableGroups: [],
    solutions: [],
    resourceTypes: [],
    categories: [],
    queries: [],
    applications: [],
    permissions: { workspaces: [{ resourceId: resourceId(workspace.name) }], resources: [], applications: [] },
  };
}
