import { huntingRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { FunctionDefinition } from '@sallyport/kql';
import type { Queries } from './queries.ts';
import { queryLogRow, type AskedQuery } from './query-log.ts';

/** People's queries: ended after this many seconds, as in Log Analytics' portal (10 minutes). */
const limits = { seconds: 600 };

export function huntingHandlers(
  platform: Platform,
  queries: Queries,
  functions: readonly FunctionDefinition[],
): Handlers<typeof huntingRoutes> {
  const { clock, lake, log, outbox } = platform;
  return {
    runQuery: async (context, { body }) => {
      const caller = requireCaller(context);
      const timespan = body.timespan && { from: new Date(body.timespan.from), to: new Date(body.timespan.to) };
      const startedAt = clock.now();
      const started = performance.now();
      const note = async (outcome: AskedQuery['outcome']): Promise<void> => {
        const row = queryLogRow({
          query: body.query,
          timespan,
          who: caller.name,
          requestId: context.requestId,
          client: caller.kind === 'token' ? 'API' : 'Portal',
          startedAt,
          elapsedMs: performance.now() - started,
          outcome,
        });
        // The answer is there whether or not it can be noted now.
        await outbox.write('LAQueryLogs', [row]).catch((err: unknown) => log.error({ err }, 'a query was not logged'));
      };
      try {
        const result = await queries.run({
          query: body.query,
          now: startedAt,
          maxRows: body.maxRows,
          who: caller.name,
          operation: 'hunting',
          limits,
          signal: context.signal,
          ...(timespan ? { timespan } : {}),
        });
        await note({ result });
        return result;
      } catch (error) {
        await note({ error });
        throw error;
      }
    },
    getSchema: () => {
      const { version, tables } = lake.kqlCatalogue(functions);
      return {
        version,
        tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
        functions: functions.map(({ name, parameters, body }) => ({ name, parameters, body })),
      };
    },
  };
}
