import { SallyportError, type dataRoutes } from '@sallyport/contracts';
import type { Handler } from '../../platform/http/handlers.ts';
import type { IngestCore } from '../core.ts';
import { wrappedStream } from '../loading.ts';
import { BodyBuffers } from './body.ts';
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

/**
 * The Logs Ingestion API of Azure Monitor, for its unmodified clients.
 * https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
 * 204 once the rows are synced to disk. A stream that the rule does not have is 400 `InvalidStream`, a rule that is not there 404, a body over
 * 1 MB 413, a full spool 429 with Retry-After.
 */
export function logsIngestion(core: () => IngestCore): Handler<(typeof dataRoutes)['ingestLogs']> {
  let calls = 0;
  const buffers = new BodyBuffers(callBytesMax, keptBuffersMax);
  return async (_context, { params: { ruleId, stream }, body, request, reply }) => {
    const { streams, metrics, spool } = core();
    try {
      if (calls >= callsMax)
        throw new SallyportError('TooManyRequests', 'too many calls at once', { retryAfterSeconds: 1 });
      calls++;
      try {
        if (ruleId !== defaultRuleId)
          throw new SallyportError('NotFound', `data collection rule with immutable id \`${ruleId}\` not found`);
        if (!streams.has(stream)) {
          metrics.refused(door, 'InvalidStream');
          // The client shows Azure's own code for this, which is none of ours.
          const message = `the stream \`${stream}\` was not configured in the data collection rule`;
          return await reply.code(400).send({ error: { code: 'InvalidStream', message } });
        }
        await buffers.with(body, request.headers['content-encoding'], async (bytes) => {
          const { rows, lines } = rowsOf(bytes);
          const spoolStream = streams.takesLines(stream) ? wrappedStream(stream) : stream;
          // The spool adds the last line feed.
          if (rows > 0) await spool.append(spoolStream, lines.subarray(0, lines.length - 1));
          metrics.accepted(door, rows, bytes.length);
        });
        return await reply.code(204).send();
      } finally {
        calls--;
      }
    } catch (error) {
      metrics.refused(door, error instanceof SallyportError ? error.code : 'InternalError');
      throw error;
    }
  };
}
