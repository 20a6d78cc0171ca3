import { z } from 'zod';
import { route } from '../route.ts';
import { Cell, Column } from './hunting.ts';

/** A stream's name: of a source (`Custom-SyslogText`), or a table's own (`Microsoft-SigninLogs`, `Custom-Mine_CL`). */
const StreamName = z.string().min(1).max(128);
/** A file's name as `UploadedFile` has it; of files inside an archive with the archive's in front. */
const FileName = z.string().min(1).max(1_000);

/** One file of an upload: itself, or one inside the zip. */
export const UploadedFile = z.object({
  file: z.string(),
  /** Unpacked, where that is known before it is read. */
  bytes: z.number().nullable(),
  /** Records in the part of it that was looked at. */
  sampled: z.int(),
  /** The stream that its records go to; null when nothing recognises it. */
  stream: z.string().nullable(),
  /** Id of the source, or the table whose rows it holds; null as above. */
  source: z.string().nullable(),
  tables: z.array(z.string()),
  /** Why it is not read. */
  message: z.string().optional(),
});
export type UploadedFile = z.infer<typeof UploadedFile>;

export const UploadState = z.enum(['staged', 'loading', 'sweeping', 'done', 'failed', 'cancelled']);
export type UploadState = z.infer<typeof UploadState>;

export const UploadOutcome = z.object({
  rows: z.int(),
  unparsed: z.int(),
  tables: z.array(z.object({ table: z.string(), rows: z.int() })),
  perFile: z.array(
    z.object({
      file: z.string(),
      source: z.string().nullable(),
      rows: z.int(),
      unparsed: z.int(),
      message: z.string().optional(),
    }),
  ),
  /** First and last TimeGenerated of its rows; null when there are none. */
  range: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }).nullable(),
  /** When they were loaded: rows of this time by ingestion_time() are those of the upload, and what came in beside. */
  loadedFrom: z.iso.datetime(),
  loadedTo: z.iso.datetime(),
});
export type UploadOutcome = z.infer<typeof UploadOutcome>;

export const Upload = z.object({
  id: z.uuid(),
  name: z.string(),
  /** As it was sent. */
  bytes: z.number(),
  state: UploadState,
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  files: z.array(UploadedFile),
  /** Files of it that are not listed: they are recognised when they are loaded. */
  filesLeftOut: z.int(),
  /** What is read so far, unpacked, and of how much, where that is known. */
  progress: z
    .object({ bytes: z.number(), bytesTotal: z.number().nullable(), records: z.int(), file: z.string() })
    .nullable(),
  /** The rules over its rows: windows that were run, of how many (0: it begins), and what they found. */
  sweep: z.object({ done: z.int(), total: z.int(), alerts: z.int(), incidents: z.array(z.int()) }).nullable(),
  outcome: UploadOutcome.nullable(),
  message: z.string().nullable(),
  /** The workspace that its rows go to; null: the first, or it is not loaded yet. */
  workspaceId: z.uuid().nullable(),
});
export type Upload = z.infer<typeof Upload>;

export const PreviewTable = z.object({
  table: z.string(),
  columns: z.array(Column),
  rows: z.array(z.array(Cell)),
  /** Which record each row came from, from 0. */
  records: z.array(z.int().nullable()),
});
export type PreviewTable = z.infer<typeof PreviewTable>;

/** What a stream makes of some records, with nothing stored. */
export const StreamPreview = z.object({
  records: z.int(),
  tables: z.array(PreviewTable),
  /** Records that are refused, from 0, each with why and the text, cut. */
  refused: z.array(z.object({ record: z.int(), reason: z.string(), text: z.string() })),
  /** Tables whose statement the engine does not run. */
  failures: z.array(z.object({ table: z.string(), message: z.string() })),
});
export type StreamPreview = z.infer<typeof StreamPreview>;

const ById = z.object({ id: z.uuid() });

export const uploadRoutes = {
  createUpload: route({
    method: 'POST',
    path: '/api/uploads',
    permission: 'data.manage',
    summary: 'Bring a log file or zip, to be looked at before it is loaded; kept for a day. Its files are recognised',
    query: z.object({ name: z.string().min(1).max(255) }),
    body: 'raw',
    bodyLimit: 1024 * 1024 * 1024,
    response: Upload,
  }),
  listUploads: route({
    method: 'GET',
    path: '/api/uploads',
    permission: 'data.manage',
    summary: 'The newest 50 uploads, with how far they are',
    response: z.object({ uploads: z.array(Upload) }),
  }),
  getUpload: route({
    method: 'GET',
    path: '/api/uploads/:id',
    permission: 'data.manage',
    summary: 'An upload, with how far it is',
    params: ById,
    response: Upload,
  }),
  previewUpload: route({
    method: 'POST',
    path: '/api/uploads/:id/preview',
    permission: 'data.manage',
    summary:
      'The first rows of a file as they would be stored, and its refused records; through another stream, if one is named',
    params: ById,
    body: z.object({ file: FileName, stream: StreamName.optional() }),
    response: StreamPreview,
  }),
  loadUpload: route({
    method: 'POST',
    path: '/api/uploads/:id/load',
    permission: 'data.manage',
    summary:
      'Load an upload, and run the enabled rules over its time range. `choices`: another stream than the recognised one, by file; null leaves a file out',
    params: ById,
    body: z.object({
      choices: z.record(FileName, StreamName.nullable()).default({}),
      /** Where its rows go, and the rules run. Default: the first. */
      workspaceId: z.uuid().optional(),
    }),
    response: Upload,
  }),
  cancelUpload: route({
    method: 'POST',
    path: '/api/uploads/:id/cancel',
    permission: 'data.manage',
    summary:
      'Stop an upload: one that is loading leaves no row; of one that is loaded, the rest of the rules is not run; one that waits is removed',
    params: ById,
    response: Upload,
  }),
} as const;
