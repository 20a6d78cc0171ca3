import { Readable } from 'node:stream';
import { SallyportError, WatchlistAlias, type sentinelWatchlistRoutes, type WatchlistItem } from '@sallyport/contracts';
import { z } from 'zod';
import { checkEtag, etagOf, ifMatch, readBody, rootFor, sendArm } from '../../platform/arm/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import { nextLink, readListOptions } from '../../platform/odata/index.ts';
import type { WatchlistRow } from '../watchlists/store.ts';
import type { ReadItems, Watchlists } from '../watchlists/index.ts';

/**
 * Watchlists of Azure Resource Manager's `Microsoft.SecurityInsights`, for the unmodified clients of Microsoft Sentinel.
 * https://learn.microsoft.com/rest/api/securityinsights/watchlists
 */

const pageSize = 100;
const itemsPageSize = 1_000;

const ListBody = z.object({
  etag: z.string().max(256).nullish(),
  properties: z.object({
    displayName: z.string().trim().min(3).max(64),
    provider: z.string().max(256).nullish(),
    source: z.string().max(256).nullish(),
    description: z.string().max(5_000).nullish(),
    labels: z.array(z.string().trim().min(1).max(64)).max(50).nullish(),
    itemsSearchKey: z.string().max(128).nullish(),
    rawContent: z.string().nullish(),
    contentType: z.string().max(64).nullish(),
    numberOfLinesToSkip: z.int().min(0).max(10_000).nullish(),
  }),
});
const ItemBody = z.object({
  etag: z.string().max(256).nullish(),
  properties: z.object({
    itemsKeyValue: z.record(z.string().max(128), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
});
type ListProperties = z.infer<typeof ListBody>['properties'];

interface Parts {
  readonly watchlists: Watchlists;
  readonly items: ReadItems;
  readonly isWorkspace: (name: string) => boolean;
}

export function sentinelWatchlistHandlers(parts: Parts): Handlers<typeof sentinelWatchlistRoutes> {
  const { watchlists, items, isWorkspace } = parts;
  const listed = async (alias: string): Promise<WatchlistRow | undefined> =>
    (await watchlists.list()).find((row) => row.alias.toLowerCase() === alias.toLowerCase());
  const itemOf = async (context: RequestContext, alias: string, id: string): Promise<WatchlistItem | undefined> =>
    (await items(context, alias, { id, limit: 1 })).items[0];
  const knownItem = async (context: RequestContext, alias: string, id: string): Promise<WatchlistItem> => {
    const item = await itemOf(context, alias, id);
    if (!item) throw new SallyportError('NotFound', `Watchlist item '${id}' could not be found`);
    return item;
  };
  /** What there is of a list that is made with its items, or whose items are brought anew. */
  const bring = async (row: WatchlistRow, properties: ListProperties, by: string): Promise<void> => {
    const { rawContent, itemsSearchKey } = properties;
    if (!rawContent) return;
    await watchlists.upload(
      row.alias,
      Readable.from([Buffer.from(rawContent)]),
      {
        format: formatOf(properties.contentType),
        skipLines: properties.numberOfLinesToSkip ?? 0,
        mode: 'replace',
        skipFaulty: false,
        searchKey: itemsSearchKey ?? undefined,
      },
      by,
    );
  };
  const create = async (alias: string, properties: ListProperties, by: string): Promise<void> => {
    const { itemsSearchKey, rawContent } = properties;
    if (!WatchlistAlias.safeParse(alias).success)
      throw new SallyportError('BadRequest', 'an alias has 3 to 64 letters, digits, spaces, _ and -');
    if (!itemsSearchKey) throw new SallyportError('BadRequest', 'properties.itemsSearchKey is needed');
    const { columns } = rawContent
      ? await watchlists.preview(Readable.from([Buffer.from(rawContent)]), {
          format: formatOf(properties.contentType),
          skipLines: properties.numberOfLinesToSkip ?? 0,
          searchKey: itemsSearchKey,
        })
      : { columns: [itemsSearchKey] };
    const made = await watchlists.create({
      alias,
      name: properties.displayName,
      description: properties.description ?? '',
      provider: properties.provider ?? '',
      source: properties.source ?? '',
      labels: properties.labels ?? [],
      columns,
      itemsSearchKey,
      by,
    });
    try {
      await bring(made, properties, by);
    } catch (error) {
      // All or nothing, as the call was.
      await watchlists.remove(alias);
      throw error;
    }
  };

  return {
    sentinelListWatchlists: async (_context, { params, query, request, reply }) => {
      const root = rootFor(params, isWorkspace);
      const [after] = readListOptions(query, ['$skiptoken']).after ?? [];
      const rows = (await watchlists.list())
        .filter(({ alias }) => after === undefined || alias > after)
        .toSorted((a, b) => (a.alias < b.alias ? -1 : 1));
      const page = rows.slice(0, pageSize);
      const last = rows.length > pageSize ? page.at(-1) : undefined;
      return sendArm(reply, 200, {
        value: page.map((row) => listResource(row, root)),
        ...(last ? { nextLink: nextLink(request.url, request.host, [last.alias]) } : {}),
      });
    },
    sentinelGetWatchlist: async (_context, { params, reply }) => {
      const root = rootFor(params, isWorkspace);
      return sendArm(reply, 200, listResource(await watchlists.get(params.alias), root));
    },
    sentinelPutWatchlist: async (context, { params: { alias, ...workspace }, body, request, reply }) => {
      const root = rootFor(workspace, isWorkspace);
      const by = requireCaller(context).name;
      const { etag, properties } = readBody(ListBody, body);
      context.audit({ target: `watchlist ${alias}`, details: { name: properties.displayName } });
      const before = await listed(alias);
      if (before) {
        checkEtag(before, etag ?? ifMatch(request));
        const { displayName: name, description, provider, source, labels } = properties;
        const given = Object.entries({ name, description, provider, source, labels });
        const change = given.filter(([, value]) => value !== undefined && value !== null);
        await bring(await watchlists.describe(before.alias, Object.fromEntries(change), by), properties, by);
      } else await create(alias, properties, by);
      return sendArm(reply, before ? 200 : 201, listResource(await watchlists.get(alias), root));
    },
    sentinelDeleteWatchlist: async (context, { params, request, reply }) => {
      rootFor(params, isWorkspace);
      const before = await listed(params.alias);
      if (!before) return sendArm(reply, 204);
      checkEtag(before, ifMatch(request));
      context.audit({ target: `watchlist ${before.alias}` });
      await watchlists.remove(before.alias);
      return sendArm(reply, 200);
    },
    sentinelListWatchlistItems: async (context, { params, query, request, reply }) => {
      const root = rootFor(params, isWorkspace);
      const [after] = readListOptions(query, ['$skiptoken']).after ?? [];
      const page = await items(context, params.alias, { after, limit: itemsPageSize });
      const last = page.more ? page.items.at(-1) : undefined;
      return sendArm(reply, 200, {
        value: page.items.map((item) => itemResource(item, params.alias, root)),
        ...(last ? { nextLink: nextLink(request.url, request.host, [last.id]) } : {}),
      });
    },
    sentinelGetWatchlistItem: async (context, { params: { alias, itemId, ...workspace }, reply }) => {
      const root = rootFor(workspace, isWorkspace);
      return sendArm(reply, 200, itemResource(await knownItem(context, alias, itemId), alias, root));
    },
    sentinelPutWatchlistItem: async (context, { params, body, request, reply }) => {
      const { alias, itemId, ...workspace } = params;
      const root = rootFor(workspace, isWorkspace);
      const { etag, properties } = readBody(ItemBody, body);
      if (!z.uuid().safeParse(itemId).success) throw new SallyportError('BadRequest', 'an item is named by a GUID');
      const values = Object.fromEntries(
        Object.entries(properties.itemsKeyValue).map(([name, value]) => [name, value === null ? '' : String(value)]),
      );
      const before = await itemOf(context, alias, itemId);
      if (before) checkEtag(before, etag ?? ifMatch(request));
      context.audit({ target: `watchlist ${alias}`, details: { [before ? 'change' : 'add']: itemId } });
      await watchlists.change(
        alias,
        before
          ? { add: [], change: [{ id: itemId, values }], remove: [] }
          : { add: [values], ids: [itemId], change: [], remove: [] },
        requireCaller(context).name,
      );
      return sendArm(reply, before ? 200 : 201, itemResource(await knownItem(context, alias, itemId), alias, root));
    },
    sentinelDeleteWatchlistItem: async (context, { params: { alias, itemId, ...workspace }, request, reply }) => {
      rootFor(workspace, isWorkspace);
      const before = await itemOf(context, alias, itemId);
      if (!before) return sendArm(reply, 204);
      checkEtag(before, ifMatch(request));
      context.audit({ target: `watchlist ${alias}`, details: { remove: itemId } });
      await watchlists.change(alias, { add: [], change: [], remove: [itemId] }, requireCaller(context).name);
      return sendArm(reply, 200);
    },
  };
}

const formatOf = (contentType: string | null | undefined): 'csv' | 'tsv' =>
  /tab-separated|tsv/i.test(contentType ?? '') ? 'tsv' : 'csv';

const personOf = (name: string) => ({ objectId: null, email: name.includes('@') ? name : null, name });

const listResource = (row: WatchlistRow, root: string) => ({
  id: `${root}/Watchlists/${row.alias}`,
  name: row.alias,
  etag: etagOf(row),
  type: 'Microsoft.SecurityInsights/Watchlists',
  properties: {
    watchlistId: row.id,
    watchlistAlias: row.alias,
    displayName: row.name,
    description: row.description,
    provider: row.provider,
    source: row.source,
    sourceType: 'Local file',
    labels: row.labels,
    itemsSearchKey: row.items_search_key,
    contentType: 'text/csv',
    isDeleted: false,
    uploadStatus: 'Complete',
    created: row.created_at.toISOString(),
    createdBy: personOf(row.created_by),
    updated: row.updated_at.toISOString(),
    updatedBy: personOf(row.updated_by),
  },
});

const itemResource = (item: WatchlistItem, alias: string, root: string) => ({
  id: `${root}/Watchlists/${alias}/WatchlistItems/${item.id}`,
  name: item.id,
  etag: etagOf(item),
  type: 'Microsoft.SecurityInsights/Watchlists/WatchlistItems',
  properties: {
    watchlistItemType: 'watchlist-item',
    watchlistItemId: item.id,
    isDeleted: false,
    updated: item.updatedAt,
    itemsKeyValue: item.values,
    entityMapping: {},
  },
});
