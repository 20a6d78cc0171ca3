import type { huntingRoutes } from '@sallyport/contracts';
import type { FunctionDefinition } from '@sallyport/kql';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createQueries, type Queries } from './queries.ts';
import { huntingHandlers } from './routes.ts';

export { createQueries, type Queries, type QueryRequest } from './queries.ts';

export interface Hunting extends Domain<Handlers<typeof huntingRoutes>> {
  readonly queries: Queries;
}

/** Queries by people and clients. `functions` are stored functions that queries may call. */
export function createHunting(
  platform: Platform,
  options: { functions?: readonly FunctionDefinition[] } = {},
): Hunting {
  const functions = options.functions ?? [];
  const queries = createQueries(platform.lake, functions);
  return { queries, handlers: huntingHandlers(platform, queries, functions) };
}
