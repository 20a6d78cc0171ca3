import { huntingRoutes } from '@sallyport/contracts';
import type { FunctionDefinition, Kql } from '@sallyport/kql';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Asking } from './asking.ts';
import { faultsOf } from './check.ts';

export function huntingHandlers(
  { lake, clock }: Platform,
  asking: Asking,
  functions: readonly FunctionDefinition[],
  kql: Kql,
): Handlers<typeof huntingRoutes> {
  return {
    runQuery: (context, { body }) =>
      asking.run(context, {
        query: body.query,
        timespan: body.timespan && { from: new Date(body.timespan.from), to: new Date(body.timespan.to) },
        maxRows: body.maxRows,
        client: requireCaller(context).kind === 'token' ? 'API' : 'Portal',
        target: huntingRoutes.runQuery.path,
      }),
    checkQuery: (_context, { body }) => ({
      faults: faultsOf(kql, body.query, { now: clock.now(), database: lake.workspace }),
    }),
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
