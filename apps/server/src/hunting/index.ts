import { readFileSync } from 'node:fs';
import type {
  graphRoutes,
  HuntingQuery,
  huntingRoutes,
  huntRoutes,
  kustoRoutes,
  logAnalyticsRoutes,
  notebookRoutes,
  savedQueryRoutes,
  savedSearchRoutes,
  sentinelBookmarkRoutes,
} from '@sallyport/contracts';
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
  savedSearchHandlers,
  sentinelBookmarkHandlers,
} from './faces/index.ts';
import { createExternal } from './external/index.ts';
import type { KnownWatchlists, Queries } from './queries.ts';
import { Bookmarks, type IncidentDoor } from './hunts/bookmarks.ts';
import { Hunts as HuntCommands } from './hunts/hunts.ts';
import { BookmarksWithin } from './hunts/within.ts';
import { huntHandlers } from './hunts/routes.ts';
import { notebookHandlers } from './notebooks/routes.ts';
import { huntingHandlers } from './routes.ts';
import { SavedQueries } from './saved/saved-queries.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { workspaceQueries } from './workspace-queries.ts';

export { createQueries, type KnownWatchlists, type Queries, type QueryAnswer, type QueryRequest } from './queries.ts';
export { scopeFault } from './scope/faults.ts';
export { sightOf, tablesWhole } from './scope/sight.ts';
export { tablesSeen, type SeenRows } from './scope/tables-seen.ts';
export { workspaceGuid } from '../platform/workspaces/index.ts';

/** Handlers for the clients of one of Microsoft's services, and how errors are said to them. */
interface Face<T> {
  readonly handlers: T;
  readonly error: ErrorFace;
}

export interface Hunting extends Domain<Handlers<typeof huntingRoutes & typeof savedQueryRoutes>> {
  /** Over the first workspace. */
  readonly queries: Queries;
  /** Over any workspace. Throws SallyportError Unavailable when the engine stays away. */
  readonly queriesOf: (workspace: Workspace) => Promise<Queries>;
  readonly saved: SavedQueries;
  readonly notebooks: Handlers<typeof notebookRoutes>;
  /** Hunts and bookmarks, which end in incidents. */
  hunts(incidents: IncidentDoor): Hunts;
  readonly faces: {
    readonly kusto: Face<Handlers<typeof kustoRoutes>>;
    readonly logAnalytics: Face<Handlers<typeof logAnalyticsRoutes>>;
    readonly graph: Face<Handlers<typeof graphRoutes>>;
    /** For clients of Azure Resource Manager. */
    readonly savedSearches: Handlers<typeof savedSearchRoutes>;
  };
}

export interface Hunts {
  readonly handlers: Handlers<typeof huntRoutes>;
  /** For clients of Microsoft Sentinel. */
  readonly sentinel: Handlers<typeof sentinelBookmarkRoutes>;
}

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

/** Queries by people and clients. `functions` are the stored functions that ship; those that people save come beside them. */
export function createHunting(
  platform: Platform,
  options: {
    functions?: readonly FunctionDefinition[];
    watchlists?: () => KnownWatchlists;
    /** Hunting queries beside those that ship. Default: none. */
    imported?: () => Promise<readonly HuntingQuery[]>;
  } = {},
): Hunting {
  const external = createExternal(platform.config);
  const saved = new SavedQueries(platform, { shipped: options.functions ?? [], checker: () => checker });
  const { functions } = saved;
  const all = workspaceQueries(platform, { functions, external, watchlists: options.watchlists });
  const queries = all.first;
  const here = platform.workspaces.isFirst;
  const checker = { kql: queries.kql, external };
  const asking = createAsking(platform, all);
  const kusto = { functions, queriesOf: all.of, version, publicUrl: publicUrlOf(platform.config) };
  return {
    queries,
    queriesOf: all.of,
    saved,
    handlers: huntingHandlers(platform, {
      asking,
      queries,
      saved,
      checker,
      imported: options.imported ?? (() => Promise.resolve([])),
    }),
    notebooks: notebookHandlers(platform),
    hunts: (incidents) => {
      const bookmarks = new Bookmarks(platform, incidents);
      return {
        handlers: huntHandlers(new HuntCommands(platform, asking), bookmarks, new BookmarksWithin(queries), platform),
        sentinel: sentinelBookmarkHandlers({ bookmarks, incidents, isWorkspace: here }),
      };
    },
    start: async () => {
      await saved.refresh();
      saved.follow();
    },
    stop: () => saved.stop(),
    faces: {
      kusto: { handlers: kustoHandlers(platform, asking, kusto), error: kustoError },
      logAnalytics: { handlers: logAnalyticsHandlers(platform, asking, all.of), error: logsErrorFace },
      savedSearches: savedSearchHandlers(saved, here),
      graph: { handlers: graphHandlers(asking, () => platform.clock.now()), error: graphError },
    },
  };
}
