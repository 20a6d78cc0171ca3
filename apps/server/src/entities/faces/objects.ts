import type { EntityInsight, EntityTimelineItem } from '@sallyport/contracts';
import { etagOf } from '../../platform/arm/index.ts';
import { armKind } from '../../incidents/index.ts';
import type { Activity, Insight } from '../content/load.ts';
import type { Span } from '../content/bind.ts';

/** Objects of `Microsoft.SecurityInsights` about entities. https://learn.microsoft.com/rest/api/securityinsights */

/** Ways from an entity to others. */
export const expansions = [
  { id: '4b5a1f0e-4a5f-5e3c-9e0b-2d0d53ac7a01', name: 'Related alerts', outputs: ['SecurityAlert'] },
  {
    id: '4b5a1f0e-4a5f-5e3c-9e0b-2d0d53ac7a02',
    name: 'Related entities',
    outputs: ['Account', 'Host', 'Ip', 'File', 'Url'],
  },
] as const;
export type Expansion = (typeof expansions)[number];

const resource = (root: string, path: string, name: string, kind: string, properties: object) => ({
  id: `${root}/${path}/${name}`,
  name,
  etag: etagOf(properties),
  type: `Microsoft.SecurityInsights/${path}`,
  kind,
  properties,
});

export const activityResource = (activity: Activity, root: string) =>
  resource(root, 'entityQueries', activity.id, 'Activity', {
    title: activity.title,
    content: activity.content,
    description: activity.description,
    queryDefinitions: { query: activity.query },
    inputEntityType: armKind(activity.inputEntityType),
    requiredInputFieldsSets: activity.requiredInputFieldsSets,
    entitiesFilter: {},
    templateName: activity.name,
    enabled: true,
  });

export const expansionResource = (expansion: Expansion, root: string) =>
  resource(root, 'entityQueries', expansion.id, 'Expansion', {
    displayName: expansion.name,
    dataSources: ['SecurityAlert'],
    inputFields: [],
    outputEntityTypes: expansion.outputs,
    queryTemplate: '',
  });

export const insightResource = (insight: Insight, root: string) =>
  resource(root, 'entityQueries', insight.id, 'Insight', {
    displayName: insight.name,
    description: insight.description,
    baseQuery: insight.query,
    dataTypes: insight.tables.map((dataType) => ({ dataType })),
    inputEntityType: armKind(insight.inputEntityType),
    requiredInputFieldsSets: insight.requiredInputFieldsSets,
    tableQuery: { columnsDefinitions: [], queriesDefinitions: [] },
    ...(insight.display === 'chart' ? { chartQuery: {} } : {}),
  });

export const insightResult = (insight: EntityInsight, { from, to }: Span) => {
  const results = {
    columns: insight.columns.map(({ name, type }) => ({ name, type })),
    rows: insight.rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell)))),
  };
  return {
    queryId: insight.id,
    queryTimeInterval: { startTime: from.toISOString(), endTime: to.toISOString() },
    tableQueryResults: insight.display === 'table' ? results : { columns: [], rows: [] },
    chartQueryResults: insight.display === 'chart' ? [results] : [],
  };
};

const kindNames = { Alert: 'SecurityAlert', Anomaly: 'Anomaly', Activity: 'Activity', Bookmark: 'Bookmark' } as const;
export const timelineKindName = (kind: EntityTimelineItem['kind']): string => kindNames[kind];

export function timelineResource(item: EntityTimelineItem, root: string) {
  const times = { startTimeUtc: item.from, endTimeUtc: item.at };
  const azureResourceId = `${root}/Entities/${item.id}`;
  switch (item.kind) {
    case 'Alert':
      return {
        kind: 'SecurityAlert',
        azureResourceId,
        productName: 'Sallyport',
        displayName: item.title,
        description: item.text,
        severity: item.severity ?? 'Informational',
        ...times,
        timeGenerated: item.at,
        alertType: item.title,
      };
    case 'Anomaly':
      return {
        kind: 'Anomaly',
        azureResourceId,
        productName: 'Sallyport',
        vendor: 'Sallyport',
        displayName: item.title,
        description: item.text,
        ...times,
        timeGenerated: item.at,
      };
    case 'Bookmark':
      return {
        kind: 'Bookmark',
        azureResourceId: `${root}/Bookmarks/${item.id}`,
        displayName: item.title,
        notes: item.text,
        ...times,
        eventTime: item.at,
      };
    case 'Activity':
      return {
        kind: 'Activity',
        queryId: item.id.split('|', 1)[0],
        bucketStartTimeUTC: item.from,
        bucketEndTimeUTC: item.at,
        firstActivityTimeUTC: item.from,
        lastActivityTimeUTC: item.at,
        title: item.title,
        content: item.text,
      };
  }
}
