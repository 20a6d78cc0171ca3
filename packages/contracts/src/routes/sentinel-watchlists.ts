import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelQuery, sentinelRoot, SentinelWorkspace } from './sentinel.ts';

const list = SentinelWorkspace.extend({ alias: z.string().min(1).max(64) });
const item = list.extend({ itemId: z.string().min(1).max(64) });
const body = z.record(z.string().max(128), z.unknown());
/** Reference: a watchlist's file that stands in a call is at most 3.8 MB. */
const bodyLimit = 8 * 2 ** 20;

const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;
const change = { permission: 'detectionTuning.manage', query: sentinelQuery, response: 'raw' } as const;
const path = `${sentinelRoot}/watchlists` as const;

/** Sentinel's watchlists, of Azure Resource Manager's `Microsoft.SecurityInsights`. */
export const sentinelWatchlistRoutes = {
  sentinelListWatchlists: route({ ...read, path, summary: 'Sentinel: watchlists', params: SentinelWorkspace }),
  sentinelGetWatchlist: route({ ...read, path: `${path}/:alias`, summary: 'Sentinel: one watchlist', params: list }),
  sentinelPutWatchlist: route({
    ...change,
    method: 'PUT',
    path: `${path}/:alias`,
    summary: 'Sentinel: make a watchlist, with items of a CSV, or change what it says of itself',
    params: list,
    body,
    bodyLimit,
  }),
  sentinelDeleteWatchlist: route({
    ...change,
    method: 'DELETE',
    path: `${path}/:alias`,
    summary: 'Sentinel: delete a watchlist',
    params: list,
  }),
  sentinelListWatchlistItems: route({
    ...read,
    path: `${path}/:alias/watchlistItems`,
    summary: 'Sentinel: items of a watchlist, in pages',
    params: list,
  }),
  sentinelGetWatchlistItem: route({
    ...read,
    path: `${path}/:alias/watchlistItems/:itemId`,
    summary: 'Sentinel: one item',
    params: item,
  }),
  sentinelPutWatchlistItem: route({
    ...change,
    method: 'PUT',
    path: `${path}/:alias/watchlistItems/:itemId`,
    summary: 'Sentinel: add an item, or change one',
    params: item,
    body,
  }),
  sentinelDeleteWatchlistItem: route({
    ...change,
    method: 'DELETE',
    path: `${path}/:alias/watchlistItems/:itemId`,
    summary: 'Sentinel: delete an item',
    params: item,
  }),
} as const;
