import { readFileSync } from 'node:fs';
import type { graphRoutes, huntingRoutes, kustoRoutes, logAnalyticsRoutes } from '@sallyport/contracts';
import type { FunctionDefinition } from '@sallyport/kql';
import { z } from 'zod';
import { publicUrlOf } from '../platform/config/index.ts';
import type { ErrorFace, Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createAsking } from './asking.ts';
import {
  graphError,
  graphHandlers,
  kustoError,
  kustoHandlers,
  logAnalyticsHandlers,
  logsErrorFace,
} from './faces/index.ts';
import { createExternal } from './external/index.ts';
import { createQueries, type KnownWatchlists, type Queries } from './queries.ts';
import { huntingHandlers } from './routes.ts';

export { createQueries, type KnownWatchlists, type Queries, type QueryAnswer, type QueryRequest } from './queries.ts';
export { isWorkspace, workspaceGuid } from './workspace.ts';

/** Handlers for the clients of one of Microsoft's services, and how errors are said to them. */
interface Face<T> {
  readonly handlers: T;
  readonly error: ErrorFace;
}

export interface Hunting extends Domain<Handlers<typeof huntingRoutes>> {
  readonly queries: Queries;
  readonly faces: {
    readonly kusto: Face<Handlers<typeof kustoRoutes>>;
    readonly logAnalytics: Face<Handlers<typeof logAnalyticsRoutes>>;
    readonly graph: Face<Handlers<typeof graphRoutes>>;
  };
}

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

/** Queries by people and clients. `functions` are stored functions that queries may call. */
export function createHunting(
  platform: Platform,
  options: { functions?: readonly FunctionDefinition[]; watchlists?: () => KnownWatchlists } = {},
): Hunting {
  const functions = options.functions ?? [];
  const external = createExternal(platform.config);
  const queries = createQueries(platform.lake, functions, external, options.watchlists);
  const asking = createAsking(platform, queries);
  const kusto = { functions, version, publicUrl: publicUrlOf(platform.config) };
  return {
    queries,
    handlers: huntingHandlers(platform, asking, functions, { kql: queries.kql, external }),
    faces: {
      kusto: { handlers: kustoHandlers(platform, asking, kusto), error: kustoError },
      logAnalytics: { handlers: logAnalyticsHandlers(platform, asking, functions), error: logsErrorFace },
      graph: { handlers: graphHandlers(asking, () => platform.clock.now()), error: graphError },
    },
  };
}
