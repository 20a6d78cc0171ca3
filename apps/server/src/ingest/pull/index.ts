import { mkdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { connectorRoutes } from '@sallyport/contracts';
import type { Handlers } from '../../platform/http/handlers.ts';
import { createOutbound, TokenCache } from '../../platform/outbound/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { IngestCore } from '../core.ts';
import { createConnectors } from './commands.ts';
import type { Puller } from './poll.ts';
import { connectorHandlers } from './routes.ts';
import { followFiles, schedulePolls, Waker } from './schedule.ts';

export { pageGate } from './pages.ts';

export interface Pull {
  readonly handlers: Handlers<typeof connectorRoutes>;
  /** After the spool is open. Throws when the setting `connectorCaFile` names no file that can be read. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Connectors: what fetches logs from where they lie. */
export function createPull(platform: Platform, core: () => IngestCore): Pull {
  const { config, clock } = platform;
  const stopping = new AbortController();
  const authorities: string[] = [];
  const folder = join(config.dataDir, 'connectors');
  const puller: Puller = {
    platform,
    core,
    folder,
    filesWaker: new Waker(),
    signal: stopping.signal,
    services: {
      clock,
      random: Math.random,
      outbound: createOutbound({
        hosts: config.connectorHosts,
        internalHosts: config.connectorInternalHosts,
        settingNames: { hosts: 'connectorHosts', internalHosts: 'connectorInternalHosts' },
      }),
      authorities,
      tokens: new TokenCache(clock),
      folders: config.connectorFolders,
      computer: hostname(),
      sources: () => core().streams.sources,
    },
  };
  schedulePolls(platform, puller);
  let following: Promise<void> | undefined;
  return {
    handlers: connectorHandlers(createConnectors(platform, puller), config),
    start: async () => {
      // What a killed server left of objects it had fetched.
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (config.connectorCaFile !== '') authorities.push(await readFile(config.connectorCaFile, 'utf8'));
      if (config.connectorFolders.length > 0) following = followFiles(platform, puller);
    },
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
