import { basename } from 'node:path';
import { SallyportError, type dataRoutes, type SourceHealth } from '@sallyport/contracts';
import type { Lake } from '@sallyport/lake';
import { z } from 'zod';
import { requireCaller, type Handlers } from '../platform/http/handlers.ts';
import type { Platform } from '../platform/types.ts';
import type { IngestCore } from './core.ts';
import { checkColumns } from './custom-columns.ts';
import { logsIngestion } from './doors/logs-ingestion.ts';
import { tableHandlers } from './policies/routes.ts';
import { tableInfo, tableInfoOf } from './policies/tables.ts';
import { streamHealth } from './store.ts';
import type { Uploads } from './uploads/index.ts';
import { uploadResult } from './uploads/routes.ts';

export interface RouteServices {
  readonly platform: Platform;
  readonly core: () => IngestCore;
  readonly uploads: Uploads;
}

const errorsMax = 200;
/** An ingestion error's text as the portal shows it, characters. */
const rawLengthMax = 4_000;

async function listSources({ platform, core }: RouteServices): Promise<{ sources: SourceHealth[] }> {
  const health = await streamHealth(platform.database, platform.clock.now());
  const sources = core().streams.sources.map((source): SourceHealth => {
    const own = source.streams.flatMap((s) => health.get(s.name) ?? []);
    const last = own.flatMap((h) => (h.lastRowAt === null ? [] : [h.lastRowAt.getTime()]));
    const { id, name, vendor, product } = source;
    return {
      id,
      name,
      vendor,
      product,
      tables: [...new Set(source.streams.flatMap((s) => core().streams.tablesOf(s.name)))],
      rowsLastDay: own.reduce((sum, h) => sum + h.rowsLastDay, 0),
      errorsLastDay: own.reduce((sum, h) => sum + h.errorsLastDay, 0),
      lastRowAt: last.length === 0 ? null : new Date(Math.max(...last)).toISOString(),
    };
  });
  return { sources: sources.toSorted((a, b) => a.name.localeCompare(b.name)) };
}

const reasons: Readonly<Record<string, string>> = {
  Parse: 'the line does not have the form that its stream accepts',
  Transform: 'the stream’s transform could not be run on the line',
};

const ErrorRow = z.tuple([z.number(), z.string(), z.string(), z.string(), z.string()]);

async function listIngestionErrors(lake: Lake) {
  const { rows } = await lake.query(
    `SELECT toUnixTimestamp64Milli(TimeGenerated) AS at, InputStreamId, OperationName, substringUTF8(Message, 1, ${rawLengthMax}), CorrelationId
     FROM DCRLogErrors ORDER BY TimeGenerated DESC LIMIT ${errorsMax}`,
    { operation: 'data', tables: ['DCRLogErrors'] },
  );
  return {
    errors: rows.map((row) => {
      const [at, stream, operation, raw, file] = ErrorRow.parse(row);
      const reason = reasons[operation] ?? operation;
      return {
        at: new Date(at).toISOString(),
        stream,
        raw,
        message: file === '' ? reason : `${reason} (file ${file})`,
      };
    }),
  };
}

export function dataHandlers(services: RouteServices): Handlers<typeof dataRoutes> {
  const { platform, core, uploads } = services;
  const { lake } = platform;
  return {
    ...tableHandlers(platform),
    listTables: async () => ({ tables: (await lake.tableInfo()).map(tableInfoOf) }),
    createTable: async (context, { body: { name, columns, retentionDays } }) => {
      context.audit({ target: `table ${name}`, details: { columns: columns.length, retentionDays } });
      checkColumns(columns, 'columns');
      await lake.createTable({ name, columns, retentionDays });
      return tableInfo(lake, name);
    },
    listSources: () => listSources(services),
    listIngestionErrors: () => listIngestionErrors(lake),
    uploadFile: async (context, { query, body }) => {
      const name = basename(query.name);
      context.audit({ target: `file ${name}` });
      // A client that goes away does not stop an import: half a file would be worse than the whole.
      const upload = await uploads.whole(body, name, requireCaller(context).name);
      if (upload.state !== 'done')
        throw new SallyportError('Conflict', upload.message ?? `the upload was ${upload.state}`);
      const answer = uploadResult(upload);
      const { rows, unparsed, alerts } = answer;
      context.audit({ target: `file ${name}`, details: { rows, unparsed, alerts } });
      return answer;
    },
    ingestLogs: logsIngestion(core),
  };
}
