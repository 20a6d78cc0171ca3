import { SallyportError, type dataRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { requireCaller, type Handler, type HandlerInput, type RequestContext } from '../../platform/http/handlers.ts';
import type { IngestCore } from '../core.ts';
import { inWorkspace, wrappedStream } from '../loading.ts';
import { createDoor, sendingOf } from './door.ts';
import { callKey, markLength, withMark } from './recent-calls.ts';
import { rowsOf } from './rows.ts';

/** The data collection rule that is always there; its streams are those of all sources and tables. */
export const defaultRuleId = 'dcr-default';

/** Most of one call, unpacked: Azure's own limit. https://learn.microsoft.com/azure/azure-monitor/service-limits#logs-ingestion-api */
const callBytesMax = 1024 * 1024;

/** Calls that are read and made durable at once; each may hold `callBytesMax` twice. */
const callsMax = 128;

/** Buffers kept for the next calls. */
const keptBuffersMax = 16;

/** Makes the rows of a call durable, once, however often a client sends it. Answers how many there are. */
async function store(
  { streams, spool, recentCalls }: IngestCore,
  call: {
    caller: string;
    sender: string;
    workspaceId: string | undefined;
    stream: string;
    requestId: string | undefined;
    body: Buffer;
  },
): Promise<number> {
  const { stream, sender, requestId, body } = call;
  const key = requestId === undefined ? undefined : callKey({ ...call, requestId });
  const { rows, lines } = rowsOf(body);
  if (rows === 0) return 0;
  // The spool adds the last line feed.
  const payload = lines.subarray(0, lines.length - 1);
  const spoolStream = inWorkspace(call.workspaceId, streams.takesLines(stream) ? wrappedStream(stream) : stream);
  if (key === undefined) await spool.append(spoolStream, payload, sender);
  else await recentCalls.once(key, () => spool.append(spoolStream, withMark(payload, key), sender));
  return rows;
}

/** A call as the pipeline gives it. */
type Call = HandlerInput<(typeof dataRoutes)['ingestLogs']>;

/**
 * The Logs Ingestion API of Azure Monitor, for its unmodified clients.
 * https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
 * 204 once the rows are synced to disk. A stream that the rule does not have is 400 `InvalidStream`, a rule that is not there 404, a body over
 * 1 MB 413, a full spool 429 with Retry-After.
 */
export function logsIngestion(core: () => IngestCore): Handler<(typeof dataRoutes)['ingestLogs']> {
  const door = createDoor(core, {
    name: 'logs-ingestion',
    bytesMax: callBytesMax,
    callsMax,
    keptMax: keptBuffersMax,
    room: markLength,
  });

  const take = async (context: RequestContext, { params, body, request, reply }: Call) => {
    const { ruleId } = params;
    const { streams } = core();
    const named = ruleId === defaultRuleId ? (name: string) => name : streams.ofRule(ruleId);
    if (named === undefined)
      throw new SallyportError('NotFound', `data collection rule with immutable id \`${ruleId}\` not found`);
    const stream = named(params.stream);
    if (!streams.has(stream)) {
      // The client shows Azure's own code for this, which is none of ours.
      const message = `the stream \`${params.stream}\` was not configured in the data collection rule`;
      core().metrics.refused(door.name, 'InvalidStream', message);
      return reply.code(400).send({ error: { code: 'InvalidStream', message } });
    }
    const requestId = z.string().max(200).optional().catch(undefined).parse(request.headers['x-ms-client-request-id']);
    const caller = requireCaller(context).id;
    const { sender, workspaceId } = sendingOf(context);
    await door.read({ body, request, sender }, async (bytes) => {
      const size = bytes.length;
      const rows = await store(core(), { caller, sender, workspaceId, stream, requestId, body: bytes });
      door.accepted({ sender, stream, rows, bytes: size });
    });
    return reply.code(204).send();
  };

  return (context, call) => {
    door.called();
    return take(context, call);
  };
}
