import { huntingRoutes, type Timespan } from '@sallyport/contracts';
import { ownFunctions, type FunctionDefinition } from '@sallyport/kql';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Asking } from './asking.ts';
import { faultsOf, type Checker } from './check.ts';
import { loadHuntingQueries, shippedQueries } from './shipped.ts';

/** Rows of a query that is run only to see what it reads: as many as the portal asks for. */
const explainedRowsMax = 10_000;

export function huntingHandlers(
  { lake, clock }: Platform,
  asking: Asking,
  functions: readonly FunctionDefinition[],
  checker: Checker,
): Handlers<typeof huntingRoutes> {
  const asked = (context: RequestContext, { query, timespan }: { query: string; timespan?: Timespan | undefined }) => ({
    query,
    timespan: timespan && { from: new Date(timespan.from), to: new Date(timespan.to) },
    client: requireCaller(context).kind === 'token' ? 'API' : 'Portal',
  });
  let shipped: ReturnType<typeof loadHuntingQueries> | undefined;
  return {
    listHuntingQueries: async () => ({ queries: [...(await (shipped ??= loadHuntingQueries(shippedQueries)))] }),
    runQuery: (context, { body }) =>
      asking.run(context, { ...asked(context, body), maxRows: body.maxRows, target: huntingRoutes.runQuery.path }),
    explainQuery: (context, { body }) =>
      asking.explain(
        context,
        { ...asked(context, body), maxRows: explainedRowsMax, target: huntingRoutes.explainQuery.path },
        body.run,
      ),
    checkQuery: (_context, { body }) => ({
      faults: faultsOf(checker, body.query, { now: clock.now(), database: lake.workspace }),
    }),
    getSchema: () => {
      const { version, tables } = lake.kqlCatalogue(functions);
      return {
        version,
        tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
        functions: [...functions, ...ownFunctions].map(({ name, parameters, body }) => ({ name, parameters, body })),
      };
    },
  };
}
