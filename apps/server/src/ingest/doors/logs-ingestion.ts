import { SallyportError, type dataRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { requireCaller, type Handler, type HandlerInput, type RequestContext } from '../../platform/http/handlers.ts';
import type { IngestCore } from '../core.ts';
import { wrappedStream } from '../loading.ts';
import { BodyBuffers } from './body.ts';
import { callKey, markLength, withMark } from './recent-calls.ts';
import { rowsOf } from './rows.ts';

/** The one data collection rule that there is; its streams are those of all sources and tables. */
export const defaultRuleId = 'dcr-default';

/** Most of one call, unpacked: Azure's own limit. https://learn.microsoft.com/azure/azure-monitor/service-limits#logs-ingestion-api */
const callBytesMax = 1024 * 1024;

/** Calls that are read and made durable at once; each may hold `callBytesMax` twice. */
const callsMax = 128;

/** Buffers kept for the next calls. */
const keptBuffersMax = 16;

const door = 'logs-ingestion';

/** Makes the rows of a call durable, once, however often a client sends it. Answers how many there are. */
async function store(
  { streams, spool, recentCalls }: IngestCore,
  call: { caller: string; stream: string; requestId: string | undefined; body: Buffer },
): Promise<number> {
  const { stream, requestId, body } = call;
  const key = requestId === undefined ? undefined : callKey({ ...call, requestId });
  const { rows, lines } = rowsOf(body);
  if (rows === 0) return 0;
  // The spool adds the last line feed.
  const payload = lines.subarray(0, lines.length - 1);
  const spoolStream = streams.takesLines(stream) ? wrappedStream(stream) : stream;
  if (key === undefined) await spool.append(spoolStream, payload);
  else await recentCalls.once(key, () => spool.append(spoolStream, withMark(payload, key)));
  return rows;
}

/** A call as the pipeline gives it. */
type Call = HandlerInput<(typeof dataRoutes)['ingestLogs']>;

/** Bounds what is read and made durable at once. */
function createGate(callsMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  let calls = 0;
  return async (work) => {
    if (calls >= callsMax)
      throw new SallyportError('TooManyRequests', 'too many calls at once', { retryAfterSeconds: 1 });
    calls++;
    try {
      return await work();
    } finally {
      calls--;
    }
  };
}

/**
 * The Logs Ingestion API of Azure Monitor, for its unmodified clients.
 * https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
 * 204 once the rows are synced to disk. A stream that the rule does not have is 400 `InvalidStream`, a rule that is not there 404, a body over
 * 1 MB 413, a full spool 429 with Retry-After.
 */
export function logsIngestion(core: () => IngestCore): Handler<(typeof dataRoutes)['ingestLogs']> {
  const gate = createGate(callsMax);
  const buffers = new BodyBuffers({ bytesMax: callBytesMax, keptMax: keptBuffersMax, room: markLength });

  const take = async (context: RequestContext, { params: { ruleId, stream }, body, request, reply }: Call) => {
    const { streams, metrics } = core();
    if (ruleId !== defaultRuleId)
      throw new SallyportError('NotFound', `data collection rule with immutable id \`${ruleId}\` not found`);
    if (!streams.has(stream)) {
      metrics.refused(door, 'InvalidStream');
      // The client shows Azure's own code for this, which is none of ours.
      const message = `the stream \`${stream}\` was not configured in the data collection rule`;
      return reply.code(400).send({ error: { code: 'InvalidStream', message } });
    }
    const requestId = z.string().max(200).optional().catch(undefined).parse(request.headers['x-ms-client-request-id']);
    const caller = requireCaller(context).id;
    await buffers.with(body, request.headers['content-encoding'], async (bytes) => {
      const size = bytes.length;
      metrics.accepted(door, await store(core(), { caller, stream, requestId, body: bytes }), size);
    });
    return reply.code(204).send();
  };

  return async (context, call) => {
    try {
      return await gate(() => take(context, call));
    } catch (error) {
      core().metrics.refused(door, error instanceof SallyportError ? error.code : 'InternalError');
      throw error;
    }
  };
}
