import { z } from 'zod';
import { route } from '../route.ts';
import { Cell } from './hunting.ts';
import { EntityKind, Severity } from './incidents.ts';
import { Attack, savedQueryLimits } from './saved-queries.ts';

/** Bounds of hunts and bookmarks. Hunts and bookmarks in an incident are as many as Microsoft Sentinel has (reference 04). */
export const huntLimits = {
  hunts: 100,
  queries: 200,
  comments: 500,
  bookmarks: 10_000,
  bookmarksAtOnce: 100,
  bookmarksPerIncident: 20,
  rowBytes: 256 * 1024,
} as const;

const Labels = z.array(z.string().trim().min(1).max(64)).max(50);
const Query = z.string().min(1).max(savedQueryLimits.queryLength);

/** An entity that a row names, by identifiers as Sentinel spells them. */
export const NamedEntity = z.object({
  kind: EntityKind,
  identifiers: z.record(z.string().max(64), z.string().max(2_048)),
});
export type NamedEntity = z.infer<typeof NamedEntity>;

const BookmarkStated = {
  name: z.string().trim().min(1).max(256),
  notes: z.string().max(10_000),
  labels: Labels,
  ...Attack,
};
export const Bookmark = z.object({
  id: z.uuid(),
  ...BookmarkStated,
  query: z.string(),
  /** What bounded TimeGenerated of the query; null: nothing did. */
  queryFrom: z.iso.datetime().nullable(),
  queryTo: z.iso.datetime().nullable(),
  /** The row: cells by column. */
  row: z.record(z.string(), Cell),
  /** Of the row: its TimeGenerated, where it has one. */
  eventAt: z.iso.datetime().nullable(),
  entities: z.array(NamedEntity),
  huntId: z.uuid().nullable(),
  incidentNumber: z.int().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type Bookmark = z.infer<typeof Bookmark>;

export const NewBookmark = z.object({
  ...BookmarkStated,
  query: Query,
  queryFrom: z.iso.datetime().nullable(),
  queryTo: z.iso.datetime().nullable(),
  row: z.record(z.string().max(1_024), Cell),
  entities: z.array(NamedEntity).max(20),
  huntId: z.uuid().nullable(),
});
export type NewBookmark = z.infer<typeof NewBookmark>;

export const HuntStatus = z.enum(['New', 'Active', 'Closed']);
export const HypothesisStatus = z.enum(['Unknown', 'Validated', 'Invalidated']);
const HuntStated = {
  name: z.string().trim().min(1).max(256),
  /** What is thought to be so, that the hunt shall show. */
  hypothesis: z.string().max(10_000),
  description: z.string().max(10_000),
  status: HuntStatus,
  hypothesisStatus: HypothesisStatus,
  /** A user principal name, or null for nobody. */
  owner: z.string().max(256).nullable(),
  labels: Labels,
  ...Attack,
};
export const HuntSummary = z.object({
  id: z.uuid(),
  ...HuntStated,
  queryCount: z.int(),
  bookmarkCount: z.int(),
  commentCount: z.int(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type HuntSummary = z.infer<typeof HuntSummary>;

const HuntQueryStated = { name: z.string().trim().min(1).max(256), query: Query, ...Attack };
export const HuntQuery = z.object({
  id: z.uuid(),
  ...HuntQueryStated,
  addedAt: z.iso.datetime(),
  addedBy: z.string(),
  /** When it was last run for the hunt, over what time, and what it gave: rows, or why it failed. */
  lastRun: z
    .object({
      at: z.iso.datetime(),
      by: z.string(),
      days: z.int(),
      rows: z.int().nullable(),
      more: z.boolean(),
      error: z.string().nullable(),
    })
    .nullable(),
});
export type HuntQuery = z.infer<typeof HuntQuery>;
export const HuntComment = z.object({ id: z.uuid(), at: z.iso.datetime(), by: z.string(), text: z.string() });

export const Hunt = HuntSummary.extend({
  queries: z.array(HuntQuery),
  bookmarks: z.array(Bookmark),
  comments: z.array(HuntComment),
});
export type Hunt = z.infer<typeof Hunt>;

const ById = z.object({ id: z.uuid() });
const read = { permission: 'securityData.read' } as const;
const manage = { permission: 'alerts.manage' } as const;

export const huntRoutes = {
  listHunts: route({
    ...read,
    method: 'GET',
    path: '/api/hunts',
    summary: 'Hunts, those changed last first',
    response: z.object({ hunts: z.array(HuntSummary) }),
  }),
  getHunt: route({
    ...read,
    method: 'GET',
    path: '/api/hunts/:id',
    summary: 'One hunt with its queries, bookmarks and comments',
    params: ById,
    response: Hunt,
  }),
  createHunt: route({
    ...manage,
    method: 'POST',
    path: '/api/hunts',
    summary: 'Begin a hunt; there are at most 100',
    body: z.object(HuntStated),
    response: Hunt,
  }),
  updateHunt: route({
    ...manage,
    method: 'PATCH',
    path: '/api/hunts/:id',
    summary: 'Change a hunt',
    params: ById,
    body: z.object(HuntStated).partial(),
    response: Hunt,
  }),
  deleteHunt: route({
    ...manage,
    method: 'DELETE',
    path: '/api/hunts/:id',
    summary: 'Delete a hunt with its queries and comments; its bookmarks stay',
    params: ById,
    response: z.object({}),
  }),
  addHuntQueries: route({
    ...manage,
    method: 'POST',
    path: '/api/hunts/:id/queries',
    summary: 'Put queries into a hunt, as copies',
    params: ById,
    body: z.object({ queries: z.array(z.object(HuntQueryStated)).min(1).max(huntLimits.queries) }),
    response: Hunt,
  }),
  removeHuntQuery: route({
    ...manage,
    method: 'DELETE',
    path: '/api/hunts/:id/queries/:queryId',
    summary: 'Take a query out of a hunt',
    params: z.object({ id: z.uuid(), queryId: z.uuid() }),
    response: Hunt,
  }),
  runHuntQuery: route({
    ...manage,
    method: 'POST',
    path: '/api/hunts/:id/queries/:queryId/run',
    summary: 'Run a hunt’s query over the last days, and keep how many rows it gave',
    params: z.object({ id: z.uuid(), queryId: z.uuid() }),
    body: z.object({ days: z.int().min(1).max(90).default(7) }),
    response: HuntQuery,
  }),
  addHuntComment: route({
    ...manage,
    method: 'POST',
    path: '/api/hunts/:id/comments',
    summary: 'Comment on a hunt (up to 30,000 characters)',
    params: ById,
    body: z.object({ text: z.string().trim().min(1).max(30_000) }),
    response: Hunt,
  }),
  listBookmarks: route({
    ...read,
    method: 'GET',
    path: '/api/bookmarks',
    summary: 'Bookmarks, newest first; of one hunt or incident where one is named',
    query: z.object({
      search: z.string().max(200).optional().describe('Name, notes, a label, or a value of the row'),
      hunt: z.uuid().optional(),
      incident: z.coerce.number().int().min(1).optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
      offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
    }),
    response: z.object({ total: z.int(), bookmarks: z.array(Bookmark) }),
  }),
  getBookmark: route({
    ...read,
    method: 'GET',
    path: '/api/bookmarks/:id',
    summary: 'One bookmark',
    params: ById,
    response: Bookmark,
  }),
  createBookmarks: route({
    ...manage,
    method: 'POST',
    path: '/api/bookmarks',
    summary: 'Keep rows of a query’s answer: up to 100 at once, a row up to 256 KiB',
    body: z.object({ bookmarks: z.array(NewBookmark).min(1).max(huntLimits.bookmarksAtOnce) }),
    bodyLimit: 8 * 1024 ** 2,
    response: z.object({ bookmarks: z.array(Bookmark) }),
  }),
  updateBookmark: route({
    ...manage,
    method: 'PATCH',
    path: '/api/bookmarks/:id',
    summary: 'Change a bookmark’s words, entities or hunt',
    params: ById,
    body: z
      .object({ ...BookmarkStated, entities: NewBookmark.shape.entities, huntId: NewBookmark.shape.huntId })
      .partial(),
    response: Bookmark,
  }),
  deleteBookmark: route({
    ...manage,
    method: 'DELETE',
    path: '/api/bookmarks/:id',
    summary: 'Delete a bookmark; the alert of one that is in an incident stays there',
    params: ById,
    response: z.object({}),
  }),
  promoteBookmarks: route({
    ...manage,
    method: 'POST',
    path: '/api/bookmarks/promote',
    summary:
      'Make bookmarks an incident, or put them into one: each becomes an alert with the bookmark’s entities. An incident takes at most 20',
    body: z.object({
      ids: z.array(z.uuid()).min(1).max(huntLimits.bookmarksPerIncident),
      /** Null: a new one. */
      incident: z.int().min(1).nullable(),
      /** Of a new one. */
      title: z.string().trim().min(1).max(512).optional(),
      severity: Severity.default('Medium'),
    }),
    response: z.object({ incident: z.int() }),
  }),
} as const;
