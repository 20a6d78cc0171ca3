import { basename } from 'node:path';
import { SallyportError, type dataRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/handlers.ts';
import { dataScopeOf } from '../platform/data-scope.ts';
import type { Principal } from '../platform/principal.ts';
import type { Platform } from '../platform/types.ts';
import type { IngestCore } from './core.ts';
import { checkColumns } from './custom-columns.ts';
import { logsIngestion } from './doors/logs-ingestion.ts';
import { tableHandlers } from './policies/routes.ts';
import type { PolicyBook } from './policies/book.ts';
import { onlySeen, tableInfo, tableInfos, type TablesSeen } from './policies/tables.ts';
import { getSource, listDoors, listSources, refusedLines, type ViewServices } from './health/view.ts';
import type { Uploads } from './uploads/index.ts';
import { uploadResult } from './uploads/routes.ts';

export interface RouteServices {
  readonly platform: Platform;
  readonly core: () => IngestCore;
  readonly uploads: Uploads;
  /** Where doors are, and what is connected to them. */
  readonly doors: Pick<ViewServices, 'placeOf' | 'connections'>;
  readonly policies: PolicyBook;
  /** What somebody sees of tables of these names. */
  readonly tablesSeen: (as: Principal, names: readonly string[], now: Date) => Promise<TablesSeen>;
  /** The tables of which somebody sees every row of every workspace. */
  readonly tablesWhole: (as: Principal) => Promise<ReadonlySet<string>>;
}

const errorsMax = 200;
/** An ingestion error's text as the portal shows it, characters. */
const rawLengthMax = 4_000;

export function dataHandlers(services: RouteServices): Handlers<typeof dataRoutes> {
  const { platform, core, uploads, policies } = services;
  const { lake, database, clock } = platform;
  const view: ViewServices = {
    ...services.doors,
    database,
    lake,
    streams: () => core().streams,
    now: () => clock.now(),
  };
  /** Undefined: all of them. */
  const whole = async (context: RequestContext): Promise<ReadonlySet<string> | undefined> => {
    const caller = requireCaller(context);
    return dataScopeOf(caller, 'data.read').whole ? undefined : services.tablesWhole(caller);
  };
  return {
    ...tableHandlers(platform, policies),
    listTables: async (context) => {
      const caller = requireCaller(context);
      const infos = await tableInfos(lake, policies);
      if (dataScopeOf(caller, 'data.read').whole) return { tables: infos };
      const names = infos.map(({ name }) => name);
      return { tables: onlySeen(infos, await services.tablesSeen(caller, names, clock.now())) };
    },
    createTable: async (context, { body: { name, columns, retentionDays } }) => {
      context.audit({ target: `table ${name}`, details: { columns: columns.length, retentionDays } });
      checkColumns(columns, 'columns');
      await lake.createTable({ name, columns, retentionDays });
      return tableInfo(lake, policies, name);
    },
    listSources: async (context) => listSources(view, await whole(context)),
    getSource: async (context, { params }) => getSource(view, params.id, await whole(context)),
    listDoors: () => listDoors(view),
    listIngestionErrors: async () => ({ errors: await refusedLines(lake, { most: errorsMax, rawLengthMax }) }),
    uploadFile: async (context, { query, body }) => {
      const name = basename(query.name);
      context.audit({ target: `file ${name}` });
      // A client that goes away does not stop an import: half a file would be worse than the whole.
      const { name: who, workspaceId } = requireCaller(context);
      const upload = await uploads.whole(body, name, who, workspaceId);
      if (upload.state !== 'done')
        throw new SallyportError('Conflict', upload.message ?? `the upload was ${upload.state}`);
      const answer = uploadResult(upload);
      const { rows, unparsed, alerts } = answer;
      context.audit({ target: `file ${name}`, details: { rows, unparsed, alerts, workspaceId: upload.workspaceId } });
      return answer;
    },
    ingestLogs: logsIngestion(core),
  };
}
