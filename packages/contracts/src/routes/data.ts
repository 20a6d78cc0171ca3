import { z } from 'zod';
import { route } from '../route.ts';
import { KqlType } from './hunting.ts';
import { retentionMaxDays, TableInfo, tableRoutes } from './tables.ts';

/** `unused`: nothing has ever come. `new`: the first came in the last day. `silent`: nothing, or next to nothing, where there usually is something. */
export const SourceState = z.enum(['healthy', 'errors', 'silent', 'new', 'unused']);
export type SourceState = z.infer<typeof SourceState>;

/** An hour against the same hour of the 14 days before. */
export const SourceHour = z.object({
  hour: z.iso.datetime(),
  rows: z.number(),
  refused: z.number(),
  /** Median and quartiles; null where no day before was watched. */
  usual: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
export type SourceHour = z.infer<typeof SourceHour>;

export const SourceHealth = z.object({
  /** Of a source, or the stream of a table that is filled by its own stream. */
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  product: z.string(),
  streams: z.array(z.string()),
  tables: z.array(z.string()),
  state: SourceState,
  rowsLastDay: z.number(),
  bytesLastDay: z.number(),
  /** Lines that could not be read. */
  errorsLastDay: z.number(),
  /** When its first row came. */
  firstRowAt: z.iso.datetime().nullable(),
  lastRowAt: z.iso.datetime().nullable(),
  /** When its last event was, by its own clock. */
  lastEventAt: z.iso.datetime().nullable(),
  /** Rows of the last one to two hours as a share of the usual: 0.03 is 3 %. Null without history. */
  rate: z.number().nullable(),
  /** The last 24 hours, the one that runs last; empty for `unused`. */
  hours: z.array(SourceHour).max(24),
});
export type SourceHealth = z.infer<typeof SourceHealth>;

export const SourceSender = z.object({
  door: z.string(),
  doorName: z.string(),
  /** An address, or the name of a token or computer; empty when it is not known. */
  sender: z.string(),
  stream: z.string(),
  rowsLastDay: z.number(),
  bytesLastDay: z.number(),
  lastAt: z.iso.datetime(),
});

/** What changed in the shape of a source's records. */
export const SourceDrift = z.object({
  stream: z.string(),
  table: z.string(),
  kind: z.enum(['newField', 'unreadField', 'emptyColumn']),
  name: z.string(),
  /** When it was first seen, or last filled. */
  at: z.iso.datetime(),
});

export const SourceDetail = z.object({
  source: SourceHealth,
  firstEventAt: z.iso.datetime().nullable(),
  /** Arrival less event time, seconds; negative: events from the future. */
  lagMedianSeconds: z.number().nullable(),
  lagP99Seconds: z.number().nullable(),
  senders: z.array(SourceSender),
  /** The newest lines that could not be read. */
  errors: z.array(z.object({ at: z.iso.datetime(), stream: z.string(), message: z.string(), raw: z.string() })),
  drift: z.array(SourceDrift),
});
export type SourceDetail = z.infer<typeof SourceDetail>;

/** `closed`: its port is not set. `failing`: what it refused or dropped lately says that something is wrong. `quiet`: nothing in the last day. */
export const DoorState = z.enum(['open', 'failing', 'quiet', 'closed']);
export type DoorState = z.infer<typeof DoorState>;

const Counted = z.array(z.object({ reason: z.string(), count: z.number() }));

export const DoorHealth = z.object({
  id: z.string(),
  name: z.string(),
  state: DoorState,
  /** Why it is failing, or what it waits for. */
  message: z.string(),
  /** Where it is: a path, or a port. */
  place: z.string(),
  /** Connections open on this server; null for doors that are called. */
  connections: z.number().nullable(),
  callsLastDay: z.number(),
  rowsLastDay: z.number(),
  bytesLastDay: z.number(),
  /** Calls, connections and datagrams of the last day that were not taken. */
  refused: Counted,
  /** Datagrams of the last day that were lost. */
  dropped: Counted,
  cutLines: z.number(),
  lastAt: z.iso.datetime().nullable(),
  lastError: z.object({ at: z.iso.datetime(), reason: z.string(), message: z.string() }).nullable(),
  /** Rows in each of the last 24 hours, the one that runs last. */
  hours: z.array(z.number()).length(24),
});
export type DoorHealth = z.infer<typeof DoorHealth>;

export const UploadResult = z.object({
  files: z.int(),
  rows: z.int(),
  unparsed: z.int(),
  alerts: z.int(),
  perFile: z.array(
    z.object({
      file: z.string(),
      source: z.string().nullable(),
      rows: z.int(),
      unparsed: z.int(),
      message: z.string().optional(),
    }),
  ),
});
export type UploadResult = z.infer<typeof UploadResult>;

export const dataRoutes = {
  listTables: route({
    method: 'GET',
    path: '/api/tables',
    permission: 'data.read',
    summary: 'Tables that hold rows, and custom tables, with sizes',
    response: z.object({ tables: z.array(TableInfo) }),
  }),
  createTable: route({
    method: 'POST',
    path: '/api/tables',
    permission: 'data.manage',
    summary:
      'Make a custom table. Name ends in `_CL`; columns begin with a letter, at most 45 characters, none reserved',
    body: z.object({
      name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,59}_CL$/, 'a letter, then letters, digits or _, ending in _CL'),
      columns: z
        .array(z.object({ name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,44}$/), type: KqlType }))
        .min(1)
        .max(500),
      retentionDays: z.int().min(1).max(retentionMaxDays).default(90),
    }),
    response: TableInfo,
  }),
  ...tableRoutes,
  listSources: route({
    method: 'GET',
    path: '/api/sources',
    permission: 'data.read',
    summary: 'Sources and their health over the last day, against their own history',
    response: z.object({ sources: z.array(SourceHealth) }),
  }),
  getSource: route({
    method: 'GET',
    path: '/api/sources/:id',
    permission: 'data.read',
    summary: 'A source: its senders and doors, its newest errors, and how its records changed',
    params: z.object({ id: z.string().min(1).max(200) }),
    response: SourceDetail,
  }),
  listDoors: route({
    method: 'GET',
    path: '/api/doors',
    permission: 'data.read',
    summary: 'The doors that logs come in by, and what each took, refused and dropped in the last day',
    response: z.object({ doors: z.array(DoorHealth) }),
  }),
  listIngestionErrors: route({
    method: 'GET',
    path: '/api/ingestion-errors',
    permission: 'data.read',
    summary: 'The newest 200 lines that could not be parsed, with their errors',
    response: z.object({
      errors: z.array(z.object({ at: z.iso.datetime(), stream: z.string(), message: z.string(), raw: z.string() })),
    }),
  }),
  uploadFile: route({
    method: 'POST',
    path: '/api/files',
    permission: 'data.manage',
    summary:
      'Load a log file or zip, into the workspace of the token; its format is recognised; the enabled rules run over its time range',
    query: z.object({ name: z.string().min(1).max(255) }),
    body: 'raw',
    bodyLimit: 256 * 1024 * 1024,
    response: UploadResult,
  }),
  /** https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview */
  ingestLogs: route({
    method: 'POST',
    path: '/dataCollectionRules/:ruleId/streams/:stream',
    permission: 'data.ingest',
    summary:
      'Azure Monitor Logs Ingestion API: a JSON array, at most 1 MB uncompressed, gzip allowed; 204 once durable',
    params: z.object({ ruleId: z.string().max(128), stream: z.string().max(128) }),
    query: z.object({ 'api-version': z.string().max(32).optional() }),
    body: 'raw',
    bodyLimit: 1024 * 1024,
    response: 'raw',
  }),
} as const;
