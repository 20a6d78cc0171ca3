import { z } from 'zod';
import { route } from '../route.ts';
import { Column, QueryFault } from './hunting.ts';
import { StreamPreview } from './uploads.ts';

/** Bounds of a source made here: of each text, and of how many. */
export const sourceLimits = { textLength: 256 * 1024, files: 60, totalLength: 1024 * 1024, flows: 10 } as const;

const SourceId = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'small letters and digits, joined by single -');
/** A path in a source's folder: `source.yml`, `README.md`, a transform, a fixture. */
const FilePath = z
  .string()
  .max(120)
  .regex(
    /^(source\.yml|README\.md|data-collection-rule\.json|[a-z0-9][a-z0-9-]*\.kql|fixtures\/[a-z0-9][\w-]*\.(log|jsonl|expected\.json))$/,
    'source.yml, README.md, data-collection-rule.json, <name>.kql, fixtures/<name>.log, .jsonl or .expected.json',
  );
/** A source's folder: text by path. */
export const SourceFiles = z.record(FilePath, z.string().max(sourceLimits.textLength));
export type SourceFiles = z.infer<typeof SourceFiles>;

export const StreamFormat = z.enum(['lines', 'jsonObjects', 'columns']);
export type StreamFormat = z.infer<typeof StreamFormat>;

/** A stream as it is being written. */
export const StreamDraft = z.object({
  format: StreamFormat,
  columns: z.array(Column).max(500).optional(),
  accept: z.string().max(4_000),
  /** Regular expression by which a record of several lines begins. */
  begins: z.string().max(2_000).optional(),
  /** KQL over what is accepted; flows see what it gives. */
  prepare: z.string().max(sourceLimits.textLength).optional(),
  flows: z
    .array(z.object({ table: z.string().max(64), transform: z.string().max(sourceLimits.textLength) }))
    .max(sourceLimits.flows),
});
export type StreamDraft = z.infer<typeof StreamDraft>;

export const DraftResult = z.object({
  /** Faults of the accept expression, of each flow's transform, of `prepare`; and what is wrong with `begins`. */
  accept: z.array(QueryFault),
  flows: z.array(z.array(QueryFault)),
  prepare: z.array(QueryFault),
  begins: z.string().nullable(),
  /** What flows see as `source`. */
  columns: z.array(Column),
  preview: StreamPreview,
  /** Records that are accepted and that no flow takes, from 0: they would be lost from sight. */
  untaken: z.array(z.int()),
  /** What recognises the sample today. */
  recognisedBy: z.object({ source: z.string(), stream: z.string() }).nullable(),
});
export type DraftResult = z.infer<typeof DraftResult>;

/** What is wrong with a source's folder. */
export const SourceReport = z.object({
  problems: z.array(z.object({ file: z.string(), path: z.string(), message: z.string() })),
  /** What its fixtures do not do as they say. */
  fixtures: z.array(
    z.object({
      fixture: z.string(),
      /** Rows that should come and don't, and rows that come and shouldn't, as JSON. */
      differences: z.array(
        z.object({ table: z.string(), missing: z.array(z.string()), unexpected: z.array(z.string()) }),
      ),
      message: z.string().optional(),
    }),
  ),
  /** What does not keep it from being saved. */
  notes: z.array(z.string()),
});
export type SourceReport = z.infer<typeof SourceReport>;

export const OwnSourceInfo = z.object({
  id: z.string(),
  name: z.string(),
  version: z.int(),
  enabled: z.boolean(),
  /** It stands in the place of the shipped source of that id. */
  replacesShipped: z.boolean(),
  /** That one has changed since. */
  shippedChanged: z.boolean(),
  changedAt: z.iso.datetime(),
  changedBy: z.string(),
  tables: z.array(z.string()),
  problems: z.array(z.string()),
  /** Until when its lines are kept unread, because a transform took too much too often. */
  suspendedUntil: z.iso.datetime().nullable(),
});
export type OwnSourceInfo = z.infer<typeof OwnSourceInfo>;

const ById = z.object({ id: SourceId });

export const sourceEditorRoutes = {
  listStreams: route({
    method: 'GET',
    path: '/api/streams',
    permission: 'data.read',
    summary: 'Streams of sources: what a file’s records may go to, beside the tables’ own',
    response: z.object({
      streams: z.array(
        z.object({
          stream: z.string(),
          source: z.string(),
          sourceName: z.string(),
          format: StreamFormat,
          tables: z.array(z.string()),
        }),
      ),
    }),
  }),
  getSourceFiles: route({
    method: 'GET',
    path: '/api/sources/:id/files',
    permission: 'data.read',
    summary: 'The folder of a source: the one that is in use, or with `shipped` the one that ships',
    params: ById,
    query: z.object({ shipped: z.enum(['true', 'false']).optional() }),
    response: z.object({
      id: z.string(),
      origin: z.enum(['shipped', 'own']),
      version: z.int().nullable(),
      files: z.record(z.string(), z.string()),
    }),
  }),
  tryDraft: route({
    method: 'POST',
    path: '/api/source-drafts/try',
    permission: 'data.manage',
    summary: 'What a stream that is being written makes of some raw text, by the engine, with nothing stored',
    body: z.object({ draft: StreamDraft, sample: z.string().max(sourceLimits.textLength) }),
    response: DraftResult,
  }),
  checkSource: route({
    method: 'POST',
    path: '/api/source-drafts/check',
    permission: 'data.manage',
    summary:
      'Whether a source’s folder may be saved. `record`: fixtures whose expected rows are to be those that come now; the answer has them in `files`',
    body: z.object({ id: SourceId, files: SourceFiles, record: z.array(FilePath).max(sourceLimits.files).default([]) }),
    bodyLimit: 2 * 1024 * 1024,
    response: SourceReport.extend({ files: z.record(z.string(), z.string()) }),
  }),
  listOwnSources: route({
    method: 'GET',
    path: '/api/own-sources',
    permission: 'data.read',
    summary: 'Sources that were made here',
    response: z.object({ sources: z.array(OwnSourceInfo) }),
  }),
  saveOwnSource: route({
    method: 'PUT',
    path: '/api/own-sources/:id',
    permission: 'data.manage',
    summary:
      'Save a source and use it at once. Its fixtures must do what they say. `version`: the one that was changed, null for a new one',
    params: ById,
    body: z.object({
      files: SourceFiles,
      version: z.int().min(1).nullable(),
      /** It may stand in the place of the shipped source of that id. */
      replaceShipped: z.boolean().default(false),
      note: z.string().trim().max(500).default(''),
    }),
    bodyLimit: 2 * 1024 * 1024,
    response: OwnSourceInfo,
  }),
  setOwnSource: route({
    method: 'PATCH',
    path: '/api/own-sources/:id',
    permission: 'data.manage',
    summary: 'Switch a source on or off',
    params: ById,
    body: z.object({ enabled: z.boolean() }),
    response: OwnSourceInfo,
  }),
  listOwnSourceVersions: route({
    method: 'GET',
    path: '/api/own-sources/:id/versions',
    permission: 'data.read',
    summary: 'Who saved what when; the newest 100',
    params: ById,
    response: z.object({
      versions: z.array(
        z.object({ version: z.int(), note: z.string(), savedAt: z.iso.datetime(), savedBy: z.string() }),
      ),
    }),
  }),
  getOwnSourceVersion: route({
    method: 'GET',
    path: '/api/own-sources/:id/versions/:version',
    permission: 'data.read',
    summary: 'The folder of a source as it once was',
    params: ById.extend({ version: z.coerce.number().int().min(1) }),
    response: z.object({ files: z.record(z.string(), z.string()) }),
  }),
  revertOwnSource: route({
    method: 'POST',
    path: '/api/own-sources/:id/revert',
    permission: 'data.manage',
    summary: 'Save an earlier version as the newest one',
    params: ById,
    body: z.object({ version: z.int().min(1) }),
    response: OwnSourceInfo,
  }),
  exportOwnSource: route({
    method: 'GET',
    path: '/api/own-sources/:id/export',
    permission: 'data.read',
    summary: 'The folder of a source as a zip, to be put into content/sources',
    params: ById,
    response: 'raw',
  }),
  deleteOwnSource: route({
    method: 'DELETE',
    path: '/api/own-sources/:id',
    permission: 'data.manage',
    summary:
      'Remove a source with all its versions. Rows that it brought stay; a shipped one in whose place it stood is used again',
    params: ById,
    response: z.object({}),
  }),
} as const;
