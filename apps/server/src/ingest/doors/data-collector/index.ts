import { SallyportError, type dataCollectorRoutes } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import type { Handlers } from '../../../platform/http/handlers.ts';
import type { ErrorFace } from '../../../platform/http/server.ts';
import type { IngestCore } from '../../core.ts';
import { inWorkspace } from '../../loading.ts';
import { createDoor, sendingOf } from '../door.ts';
import { rowsOf } from '../rows.ts';
import { SuffixedColumns } from './columns.ts';

const codes: Readonly<Record<string, readonly [number, string]>> = {
  BadRequest: [400, 'InvalidDataFormat'],
  Unauthenticated: [403, 'InvalidAuthorization'],
  Forbidden: [403, 'InvalidAuthorization'],
  UnsupportedMediaType: [400, 'UnsupportedContentType'],
  PayloadTooLarge: [413, 'RequestEntityTooLarge'],
  TooManyRequests: [429, 'TooManyRequests'],
  Unavailable: [503, 'ServiceUnavailable'],
};

/** A fault by the name that API has for it. */
class CollectorError extends SallyportError {
  readonly error: string;
  constructor(error: string, message: string) {
    super('BadRequest', message);
    this.error = error;
  }
}

export const dataCollectorFace: ErrorFace = (error) => {
  const [status, name] = codes[error.code] ?? [error.status, 'UnspecifiedError'];
  return { status, body: { Error: error instanceof CollectorError ? error.error : name, Message: error.message } };
};

/** Columns of a custom table, as in Azure. */
const columnsMax = 500;
/** Custom tables; past it a sender whose Log-Type is different each time would fill the catalogue. */
const tablesMax = 500;

type Json = Readonly<Record<string, unknown>>;

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function tableOf(request: FastifyRequest): string {
  const type = header(request, 'log-type');
  if (type === undefined) throw new CollectorError('MissingLogType', 'the header Log-Type is missing');
  if (!/^[A-Za-z][A-Za-z0-9_]{0,59}$/.test(type))
    throw new CollectorError('InvalidLogType', 'Log-Type must be a letter, then letters, digits or _, at most 60');
  return `${type}_CL`;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function recordsOf(bytes: Buffer): readonly Json[] {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    throw new CollectorError('InvalidDataFormat', 'the body is not JSON');
  }
  const records = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!records.every(isObject)) throw new CollectorError('InvalidDataFormat', 'the body is no array of objects');
  return records;
}

/** The time that a record tells in the field which the header names. */
function timeIn(record: Json, field: string | undefined): string | undefined {
  const value = field === undefined ? undefined : record[field];
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** The tables of those calls. One change of tables at a time, so that two calls don't both make what is missing. */
function createTables(core: () => IngestCore) {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const widen = async (
    name: string,
    records: readonly Json[],
  ): Promise<Record<string, string | number | boolean>[]> => {
    const { lake } = core();
    const table = lake.catalogue.get(name);
    const columns = new SuffixedColumns(table?.columns ?? []);
    const rows = records.map((record) => columns.row(record));
    const { added } = columns;
    if (added.length === 0 && table !== undefined) return rows;
    if ((table?.columns.length ?? 0) + added.length > columnsMax)
      throw new CollectorError('InvalidDataFormat', `\`${name}\` would have more than ${columnsMax} columns`);
    if (table !== undefined) await lake.addColumns(name, added);
    else await create(name, added);
    return rows;
  };

  const create = async (name: string, columns: SuffixedColumns['added']) => {
    const { lake } = core();
    const others = [...lake.catalogue.tables.values()].filter((table) => table.custom).length;
    if (others >= tablesMax) throw new CollectorError('InvalidLogType', `there are ${tablesMax} custom tables already`);
    await lake.createTable({ name, columns });
  };

  return { rowsFor: (name: string, records: readonly Json[]) => inTurn(() => widen(name, records)) };
}

/**
 * The HTTP Data Collector API of Azure Monitor, which older clients still speak. `Log-Type: Mine` fills `Mine_CL`, which is made when it comes first; each property
 * becomes a column whose suffix says its type (`_s` text, `_d` number, `_b` bool, `_t` time, `_g` GUID). 200 once durable.
 */
export function dataCollectorHandlers(core: () => IngestCore): Handlers<typeof dataCollectorRoutes> {
  const door = createDoor(core, { name: 'data-collector', bytesMax: 30 * 2 ** 20, callsMax: 16, keptMax: 1 });
  const tables = createTables(core);
  return {
    sendDataCollectorLogs: async (context, { body, request, reply, query }) => {
      door.called();
      const { sender, workspaceId } = sendingOf(context);
      if (query['api-version'] === undefined)
        throw new CollectorError('MissingApiVersion', 'the parameter api-version is missing');
      if (query['api-version'] !== '2016-04-01')
        throw new CollectorError('InvalidApiVersion', 'api-version must be 2016-04-01');
      if (!/^application\/json\b/i.test(header(request, 'content-type') ?? ''))
        throw new SallyportError('UnsupportedMediaType', 'the body must be `application/json`');
      const table = tableOf(request);
      const timeField = header(request, 'time-generated-field');
      const resource = header(request, 'x-ms-azureresourceid');
      await door.read({ body, request, sender }, async (bytes) => {
        const records = recordsOf(bytes);
        if (records.length === 0) return;
        const rows = await tables.rowsFor(table, records);
        const whole = rows.map((row, i) => ({
          TimeGenerated: timeIn(records[i] ?? {}, timeField),
          _ResourceId: resource,
          ...row,
        }));
        const { lines } = rowsOf(Buffer.from(JSON.stringify(whole)));
        // The spool adds the last line feed.
        const stream = `Custom-${table}`;
        await core().spool.append(inWorkspace(workspaceId, stream), lines.subarray(0, lines.length - 1), sender);
        door.accepted({ sender, stream, rows: rows.length, bytes: bytes.length });
      });
      return reply.send('');
    },
  };
}
