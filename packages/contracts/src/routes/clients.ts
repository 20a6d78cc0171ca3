import { z } from 'zod';
import { route } from '../route.ts';

/**
 * Faces of the wire that clients of Microsoft's services already speak: paths, bodies and answers are theirs. Texts are bounded here; the faces read
 * the rest, since what is wrong must be said in the words of that service.
 */

const text = z.string().max(1_000_000);
const queryBodyLimit = 4 * 2 ** 20;

/** https://learn.microsoft.com/kusto/api/rest/request */
const KustoRequest = z.object({
  db: z.string().max(1024).nullish(),
  csl: text,
  /** An object, or the text of one. */
  properties: z.union([text, z.record(z.string(), z.unknown())]).nullish(),
});
export type KustoRequest = z.infer<typeof KustoRequest>;
const KustoGet = z.object({ db: z.string().max(1024).optional(), csl: text, properties: text.optional() });

const kusto = { permission: 'securityData.read', response: 'raw', bodyLimit: queryBodyLimit } as const;

export const kustoRoutes = {
  getKustoAuthMetadata: route({
    method: 'GET',
    path: '/v1/rest/auth/metadata',
    permission: 'public',
    summary: 'Kusto: where its clients get their tokens',
    response: 'raw',
  }),
  pingKusto: route({
    method: 'GET',
    path: '/v1/rest/ping',
    permission: 'public',
    summary: 'Kusto: is it there?',
    response: 'raw',
  }),
  queryKusto: route({
    ...kusto,
    method: 'POST',
    path: '/v2/rest/query',
    summary: 'Kusto: run a query, answered in frames',
    body: KustoRequest,
  }),
  queryKustoByGet: route({
    ...kusto,
    method: 'GET',
    path: '/v2/rest/query',
    summary: 'Kusto: run a query that stands in the address, answered in frames',
    query: KustoGet,
  }),
  queryKustoV1: route({
    ...kusto,
    method: 'POST',
    path: '/v1/rest/query',
    summary: 'Kusto: run a query, answered in tables',
    body: KustoRequest,
  }),
  queryKustoV1ByGet: route({
    ...kusto,
    method: 'GET',
    path: '/v1/rest/query',
    summary: 'Kusto: run a query that stands in the address, answered in tables',
    query: KustoGet,
  }),
  manageKusto: route({
    ...kusto,
    method: 'POST',
    path: '/v1/rest/mgmt',
    summary: 'Kusto: the `.show …` commands that tools ask',
    body: KustoRequest,
  }),
} as const;

const WorkspaceParams = z.object({ workspaceId: z.string().max(256) });
/** https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format */
const LogsQuery = z.object({
  query: text,
  timespan: z.string().max(256).nullish(),
  workspaces: z.array(z.string().max(512)).max(100).nullish(),
});
export type LogsQuery = z.infer<typeof LogsQuery>;
const LogsQueryByGet = z.object({
  query: text,
  timespan: z.string().max(256).optional(),
  workspaces: z.string().max(50_000).optional(),
});
const logs = { permission: 'securityData.read', response: 'raw', bodyLimit: queryBodyLimit } as const;

export const logAnalyticsRoutes = {
  queryWorkspace: route({
    ...logs,
    method: 'POST',
    path: '/v1/workspaces/:workspaceId/query',
    summary: 'Log Analytics: run a query',
    params: WorkspaceParams,
    query: z.object({ timespan: z.string().max(256).optional() }),
    body: LogsQuery,
  }),
  queryWorkspaceByGet: route({
    ...logs,
    method: 'GET',
    path: '/v1/workspaces/:workspaceId/query',
    summary: 'Log Analytics: run a query that stands in the address',
    params: WorkspaceParams,
    query: LogsQueryByGet,
  }),
  queryResource: route({
    ...logs,
    method: 'POST',
    path: '/v1/subscriptions/*',
    summary: 'Log Analytics: run a query over what one resource has sent',
    params: z.object({ '*': z.string().max(1_024) }),
    body: LogsQuery,
  }),
  queryResourceOfNewerClient: route({
    ...logs,
    method: 'POST',
    path: '/v1//subscriptions/*',
    summary: 'Log Analytics: the same; @azure/monitor-query-logs writes two slashes',
    params: z.object({ '*': z.string().max(1_024) }),
    body: LogsQuery,
  }),
  queryBatch: route({
    ...logs,
    method: 'POST',
    path: '/v1/$batch',
    summary: 'Log Analytics: run several queries',
    body: z.object({
      requests: z
        .array(
          z.object({
            id: z.string().max(256),
            workspace: z.string().max(256),
            path: z.string().max(100_000).nullish(),
            method: z.string().max(16).nullish(),
            headers: z.record(z.string(), z.unknown()).nullish(),
            body: z.unknown(),
          }),
        )
        .min(1)
        .max(100),
    }),
  }),
  getWorkspaceMetadata: route({
    ...logs,
    method: 'GET',
    path: '/v1/workspaces/:workspaceId/metadata',
    summary: 'Log Analytics: tables, columns and functions',
    params: WorkspaceParams,
  }),
} as const;

/** Parameters of Graph's actions are found whatever the case of their names. */
const HuntingBody = z.record(z.string().max(64), z.unknown());
const hunting = {
  method: 'POST',
  permission: 'securityData.read',
  response: 'raw',
  bodyLimit: queryBodyLimit,
} as const;

export const graphRoutes = {
  runHuntingQuery: route({
    ...hunting,
    path: '/v1.0/security/runHuntingQuery',
    summary: 'Microsoft Graph: run a hunting query',
    body: HuntingBody,
  }),
  runHuntingQueryBeta: route({
    ...hunting,
    path: '/beta/security/runHuntingQuery',
    summary: 'Microsoft Graph (beta): run a hunting query',
    body: HuntingBody,
  }),
} as const;
