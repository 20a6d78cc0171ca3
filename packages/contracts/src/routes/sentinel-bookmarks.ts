import { z } from 'zod';
import { route } from '../route.ts';
import { sentinelQuery, sentinelRoot, SentinelWorkspace } from './sentinel.ts';

const segment = z.string().min(1).max(256);
const one = SentinelWorkspace.extend({ bookmarkId: segment });
const relation = one.extend({ relationName: segment });
const body = z.record(z.string().max(128), z.unknown());

const read = { method: 'GET', permission: 'securityData.read', query: sentinelQuery, response: 'raw' } as const;
const change = { permission: 'alerts.manage', query: sentinelQuery, response: 'raw' } as const;
const path = `${sentinelRoot}/bookmarks` as const;

/** Sentinel's hunting bookmarks, of Azure Resource Manager's `Microsoft.SecurityInsights`. */
export const sentinelBookmarkRoutes = {
  sentinelListBookmarks: route({ ...read, path, summary: 'Sentinel: bookmarks, in pages', params: SentinelWorkspace }),
  sentinelGetBookmark: route({ ...read, path: `${path}/:bookmarkId`, summary: 'Sentinel: one bookmark', params: one }),
  sentinelPutBookmark: route({
    ...change,
    method: 'PUT',
    path: `${path}/:bookmarkId`,
    summary: 'Sentinel: make a bookmark, or change one',
    params: one,
    body,
  }),
  sentinelDeleteBookmark: route({
    ...change,
    method: 'DELETE',
    path: `${path}/:bookmarkId`,
    summary: 'Sentinel: delete a bookmark',
    params: one,
  }),
  sentinelExpandBookmark: route({
    ...read,
    method: 'POST',
    path: `${path}/:bookmarkId/expand`,
    summary: 'Sentinel: the entities of a bookmark',
    params: one,
    body,
  }),
  sentinelListBookmarkRelations: route({
    ...read,
    path: `${path}/:bookmarkId/relations`,
    summary: 'Sentinel: the incident that a bookmark is in',
    params: one,
  }),
  sentinelGetBookmarkRelation: route({
    ...read,
    path: `${path}/:bookmarkId/relations/:relationName`,
    summary: 'Sentinel: the incident that a bookmark is in',
    params: relation,
  }),
  sentinelPutBookmarkRelation: route({
    ...change,
    method: 'PUT',
    path: `${path}/:bookmarkId/relations/:relationName`,
    summary: 'Sentinel: put a bookmark into an incident',
    params: relation,
    body,
  }),
  sentinelDeleteBookmarkRelation: route({
    ...change,
    method: 'DELETE',
    path: `${path}/:bookmarkId/relations/:relationName`,
    summary: 'Sentinel: take a bookmark out of its incident',
    params: relation,
  }),
  sentinelListIncidentBookmarks: route({
    ...read,
    method: 'POST',
    path: `${sentinelRoot}/incidents/:incidentId/bookmarks`,
    summary: 'Sentinel: an incident’s bookmarks',
    params: SentinelWorkspace.extend({ incidentId: segment }),
  }),
} as const;
