import {
  FunctionName,
  SallyportError,
  type SavedQueryBody,
  type savedSearchRoutes,
  type SentinelWorkspace,
} from '@sallyport/contracts';
import { z } from 'zod';
import { checkEtag, etagOf, ifMatch, readBody, sendArm } from '../../../platform/arm/index.ts';
import { requireCaller, type Handlers } from '../../../platform/http/index.ts';
import type { SavedQueries } from '../../saved/saved-queries.ts';
import type { SavedQueryRow } from '../../saved/store.ts';

/**
 * Saved searches of a Log Analytics workspace: the shared queries and functions, for the unmodified clients of Azure Resource Manager.
 * https://learn.microsoft.com/rest/api/loganalytics/saved-searches
 */

const Body = z.object({
  etag: z.string().max(256).nullish(),
  properties: z.object({
    category: z.string().trim().max(256),
    displayName: z.string().trim().min(1).max(256),
    query: z.string().min(1).max(100_000),
    functionAlias: FunctionName.nullish(),
    functionParameters: z.string().trim().max(2_000).nullish(),
    version: z.int().nullish(),
    tags: z
      .array(z.object({ name: z.string().max(64), value: z.string().max(5_000) }))
      .max(50)
      .nullish(),
  }),
});
type Tags = z.infer<typeof Body>['properties']['tags'];

export function savedSearchHandlers(
  saved: SavedQueries,
  isWorkspace: (name: string) => boolean,
): Handlers<typeof savedSearchRoutes> {
  const rootFor = (params: SentinelWorkspace): string => {
    if (!isWorkspace(params.workspaceName))
      throw new SallyportError('NotFound', `The workspace '${params.workspaceName.slice(0, 100)}' could not be found`);
    return `/subscriptions/${params.subscriptionId}/resourceGroups/${params.resourceGroupName}/providers/Microsoft.OperationalInsights/workspaces/${params.workspaceName}/savedSearches`;
  };
  return {
    listSavedSearches: async (_context, { params, reply }) => {
      const root = rootFor(params);
      return sendArm(reply, 200, { value: (await saved.shared()).map((row) => resource(row, root)) });
    },
    getSavedSearch: async (_context, { params, reply }) => {
      const root = rootFor(params);
      const row = await saved.named(params.savedSearchId);
      if (!row)
        throw new SallyportError('NotFound', `Saved search '${params.savedSearchId.slice(0, 100)}' could not be found`);
      return sendArm(reply, 200, resource(row, root));
    },
    putSavedSearch: async (context, { params: { savedSearchId, ...workspace }, body, request, reply }) => {
      const root = rootFor(workspace);
      const { etag, properties } = readBody(Body, body);
      context.audit({ target: `saved query ${savedSearchId}`, details: properties });
      const before = await saved.named(savedSearchId);
      const tags = tagsOf(properties.tags);
      const query: SavedQueryBody = {
        name: properties.displayName,
        folder: properties.category,
        description: tags.get('description') ?? before?.description ?? '',
        query: properties.query,
        tactics: listOf(tags.get('tactics')) ?? before?.tactics ?? [],
        techniques: listOf(tags.get('techniques')) ?? before?.techniques ?? [],
        shared: true,
        functionName: properties.functionAlias ?? null,
        functionParameters: properties.functionAlias ? (properties.functionParameters ?? '') : '',
      };
      const caller = requireCaller(context);
      if (before) checkEtag(before, etag ?? ifMatch(request));
      const row = before
        ? await saved.change(before.id, query, undefined, caller)
        : await saved.create(query, caller, savedSearchId);
      return sendArm(reply, 200, resource(row, root));
    },
    deleteSavedSearch: async (context, { params, reply }) => {
      rootFor(params);
      const row = await saved.named(params.savedSearchId);
      if (!row) return sendArm(reply, 204);
      context.audit({ target: `saved query ${row.id}` });
      await saved.remove(row.id, requireCaller(context));
      return sendArm(reply, 200);
    },
  };
}

const tagsOf = (tags: Tags): ReadonlyMap<string, string> =>
  new Map((tags ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
const listOf = (text: string | undefined): string[] | undefined =>
  text
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** Sentinel keeps what a hunting query is for in its tags. */
const resource = (row: SavedQueryRow, root: string) => ({
  id: `${root}/${row.name_in_azure}`,
  name: row.name_in_azure,
  etag: etagOf(row),
  type: 'Microsoft.OperationalInsights/savedSearches',
  properties: {
    category: row.folder,
    displayName: row.name,
    query: row.query,
    ...(row.function_name === null
      ? {}
      : { functionAlias: row.function_name, functionParameters: row.function_parameters }),
    version: 2,
    tags: [
      ...(row.description === '' ? [] : [{ name: 'description', value: row.description }]),
      ...(row.tactics.length === 0 ? [] : [{ name: 'tactics', value: row.tactics.join(',') }]),
      ...(row.techniques.length === 0 ? [] : [{ name: 'techniques', value: row.techniques.join(',') }]),
    ],
  },
});
