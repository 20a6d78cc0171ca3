import { huntingRoutes, type HuntingQuery, type savedQueryRoutes, type Timespan } from '@sallyport/contracts';
import { ownFunctions } from '@sallyport/kql';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Asking } from './asking.ts';
import { faultsOf, type Checker } from './check.ts';
import { runQueries } from './history.ts';
import { linesOf, sendLines } from './lines.ts';
import { runLive } from './live.ts';
import type { Queries } from './queries.ts';
import { savedQueryHandlers } from './saved/routes.ts';
import type { SavedQueries } from './saved/saved-queries.ts';
import { loadDescriptions } from './schema/descriptions.ts';
import { tableSample } from './schema/sample.ts';
import { loadHuntingQueries, shippedQueries } from './shipped.ts';
import { askedWorkspace } from '../platform/workspaces/index.ts';

/** Rows of a query that is run only to see what it reads: as many as the portal asks for. */
const explainedRowsMax = 10_000;

/** What a browser may be sent of one answer. */
const streamedBytesMax = 256_000_000;

export function huntingHandlers(
  { lake, clock, workspaces }: Platform,
  {
    asking,
    queries,
    saved,
    checker,
    imported,
  }: {
    asking: Asking;
    queries: Queries;
    saved: SavedQueries;
    checker: Checker;
    imported: () => Promise<readonly HuntingQuery[]>;
  },
): Handlers<typeof huntingRoutes & typeof savedQueryRoutes> {
  const asked = (
    context: RequestContext,
    { query, timespan, workspace }: { query: string; timespan?: Timespan | undefined; workspace?: string | undefined },
  ) => ({
    query,
    workspace: askedWorkspace(workspaces, requireCaller(context), workspace, 'body.workspace'),
    timespan: timespan && { from: new Date(timespan.from), to: new Date(timespan.to) },
    client: requireCaller(context).kind === 'person' ? 'Portal' : 'API',
  });
  let loaded: ReturnType<typeof loadHuntingQueries> | undefined;
  const shipped = () => (loaded ??= loadHuntingQueries(shippedQueries));
  let described: ReturnType<typeof loadDescriptions> | undefined;
  return {
    ...savedQueryHandlers(saved),
    listHuntingQueries: async () => {
      const own = new Map((await imported()).map((query) => [query.id, query]));
      const others = (await shipped()).filter(({ id }) => !own.has(id));
      return { queries: [...others, ...own.values()].toSorted((a, b) => a.name.localeCompare(b.name, 'en')) };
    },
    listRunQueries: async (context, { query: { search, limit } }) => ({
      queries: await runQueries(queries, {
        who: requireCaller(context).name,
        search: search ?? '',
        limit,
        now: clock.now(),
        signal: context.signal,
      }),
    }),
    runLive: (context, { body: { query, since, maxRows } }) =>
      runLive(asking, context, {
        query,
        since: since === undefined ? undefined : new Date(since),
        maxRows,
        now: clock.now(),
      }),
    sampleTable: async (context, { params: { table } }) =>
      tableSample(
        { lake, queries, descriptions: await (described ??= loadDescriptions()), shipped: await shipped() },
        table,
        { as: requireCaller(context), now: clock.now(), signal: context.signal },
      ),
    runQuery: (context, { body }) =>
      asking.run(context, { ...asked(context, body), maxRows: body.maxRows, target: huntingRoutes.runQuery.path }),
    streamQuery: async (context, { body, reply }) => {
      const opened = await asking.open(context, {
        ...asked(context, body),
        maxRows: body.maxRows,
        bytes: streamedBytesMax,
        target: huntingRoutes.streamQuery.path,
        rows: { shape: 'array', dynamic: 'text', safeLongs: true },
      });
      return sendLines(reply, linesOf(opened));
    },
    explainQuery: (context, { body }) =>
      asking.explain(
        context,
        { ...asked(context, body), maxRows: explainedRowsMax, target: huntingRoutes.explainQuery.path },
        body.run,
      ),
    checkQuery: (context, { body }) => ({
      faults: faultsOf({ ...checker, kql: queries.kqlOf(requireCaller(context)) }, body.query, {
        now: clock.now(),
        database: lake.workspace,
      }),
    }),
    getSchema: (context) => {
      const functions = saved.functions();
      const { version, tables } = queries.catalogueOf(requireCaller(context));
      return {
        version,
        tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
        functions: [...functions, ...ownFunctions].map(({ name, parameters, body }) => ({ name, parameters, body })),
      };
    },
  };
}
