import { z } from 'zod';
import { route } from '../route.ts';
import { Column, QueryResult } from './hunting.ts';

/** Bounds of what people save. */
export const savedQueryLimits = {
  queries: 5_000,
  versions: 100,
  queryLength: 100_000,
  history: 500,
} as const;

const Text = z.string().min(1).max(savedQueryLimits.queryLength);
/** ATT&CK. */
export const Attack = {
  /** As Sentinel spells them: `CredentialAccess`. */
  tactics: z.array(z.string().min(1).max(64)).max(20),
  /** `T1003` or `T1003.001`. */
  techniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'T and four digits, as T1003 or T1003.001')).max(50),
};

/** A name that KQL may call without brackets. */
export const FunctionName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_]\w*$/, 'letters, digits and _, a letter or _ first');

const Stated = {
  name: z.string().trim().min(1).max(256),
  /** Where it lies, parts between `/`; empty: at the top. */
  folder: z.string().trim().max(256),
  description: z.string().max(5_000),
  query: Text,
  ...Attack,
  /** False: only its owner sees it. */
  shared: z.boolean(),
  /** What queries call it, when it is a function; null: it is none. */
  functionName: FunctionName.nullable(),
  /** Of a function, as KQL declares them: `n:long, name:string='x'`. */
  functionParameters: z.string().trim().max(2_000),
};

export const SavedQuery = z.object({
  id: z.uuid(),
  ...Stated,
  owner: z.string(),
  /** 1 at first, one more with each change. */
  version: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});
export type SavedQuery = z.infer<typeof SavedQuery>;

export const SavedQueryBody = z.object(Stated);
export type SavedQueryBody = z.infer<typeof SavedQueryBody>;

export const SavedQueryVersion = z.object({
  version: z.int(),
  at: z.iso.datetime(),
  by: z.string(),
  name: z.string(),
  query: z.string(),
  functionParameters: z.string(),
});
export type SavedQueryVersion = z.infer<typeof SavedQueryVersion>;

/** A query as it was run, and what it cost: a row of `LAQueryLogs`. */
export const RunQuery = z.object({
  at: z.iso.datetime(),
  query: z.string(),
  /** What bounded TimeGenerated; nulls: nothing did. */
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
  rows: z.int(),
  bytesRead: z.number(),
  elapsedMs: z.number(),
  cpuMs: z.number().nullable(),
  /** HTTP's: 200, or how it failed. */
  code: z.int(),
  client: z.string(),
});
export type RunQuery = z.infer<typeof RunQuery>;

const ById = z.object({ id: z.uuid() });

export const savedQueryRoutes = {
  listSavedQueries: route({
    method: 'GET',
    path: '/api/saved-queries',
    permission: 'securityData.read',
    summary: 'Queries and functions that the caller saved, and those that are shared, by folder and name',
    response: z.object({ queries: z.array(SavedQuery) }),
  }),
  createSavedQuery: route({
    method: 'POST',
    path: '/api/saved-queries',
    permission: 'securityData.read',
    summary:
      'Save a query, or a function that every query may call. To share one takes `alerts.manage`; a function is shared, and takes `detectionTuning.manage`',
    body: SavedQueryBody,
    response: SavedQuery,
  }),
  updateSavedQuery: route({
    method: 'PUT',
    path: '/api/saved-queries/:id',
    permission: 'securityData.read',
    summary: 'Change a saved query. `version` is the one that was read: Conflict when there is a later one',
    params: ById,
    body: SavedQueryBody.extend({ version: z.int().min(1) }),
    response: SavedQuery,
  }),
  deleteSavedQuery: route({
    method: 'DELETE',
    path: '/api/saved-queries/:id',
    permission: 'securityData.read',
    summary: 'Delete a saved query with its versions; Conflict for a function that another one calls',
    params: ById,
    response: z.object({}),
  }),
  listSavedQueryVersions: route({
    method: 'GET',
    path: '/api/saved-queries/:id/versions',
    permission: 'securityData.read',
    summary: 'The newest 100 versions of a saved query, newest first',
    params: ById,
    response: z.object({ versions: z.array(SavedQueryVersion) }),
  }),
  listRunQueries: route({
    method: 'GET',
    path: '/api/query/history',
    permission: 'securityData.read',
    summary: 'The caller’s own queries of the last 30 days with what each cost, newest first',
    query: z.object({
      search: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(savedQueryLimits.history).default(100),
    }),
    response: z.object({ queries: z.array(RunQuery) }),
  }),
  runLive: route({
    method: 'POST',
    path: '/api/query/live',
    permission: 'securityData.read',
    summary:
      'Run KQL over the rows that arrived since a time. `until` is what to give as `since` the next time; without `since` nothing is run',
    body: z.object({
      query: Text,
      since: z.iso.datetime().optional(),
      maxRows: z.int().min(1).max(5_000).default(1_000),
    }),
    response: z.object({ until: z.iso.datetime(), result: QueryResult.optional() }),
  }),
  sampleTable: route({
    method: 'GET',
    path: '/api/schema/:table/sample',
    permission: 'securityData.read',
    summary: 'A table’s description, its newest rows, and shipped queries that read it',
    params: z.object({ table: z.string().min(1).max(128) }),
    response: z.object({
      name: z.string(),
      /** Empty where nothing is written of it. */
      description: z.string(),
      /** Microsoft’s page of the table, where it has one. */
      reference: z.url().nullable(),
      columns: z.array(Column.extend({ description: z.string() })),
      sample: QueryResult,
      queries: z.array(z.object({ name: z.string(), query: z.string() })).max(20),
    }),
  }),
} as const;
