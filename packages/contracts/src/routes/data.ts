import { z } from 'zod';
import { route } from '../route.ts';
import { KqlType } from './hunting.ts';
import { retentionMaxDays, TableInfo, tableRoutes } from './tables.ts';

export const SourceHealth = z.object({
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  product: z.string(),
  tables: z.array(z.string()),
  rowsLastDay: z.number(),
  errorsLastDay: z.number(),
  lastRowAt: z.iso.datetime().nullable(),
});
export type SourceHealth = z.infer<typeof SourceHealth>;

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
    summary: 'Sources and their health over the last day',
    response: z.object({ sources: z.array(SourceHealth) }),
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
    summary: 'Load a log file or zip; its format is recognised; the enabled rules run over its time range',
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
