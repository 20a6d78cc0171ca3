import type { entityRoutes, sentinelEntityRoutes } from '@sallyport/contracts';
import type { Hunting } from '../hunting/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { loadEntityContent, type EntityContent } from './content/load.ts';
import { sentinelEntityHandlers } from './faces/arm.ts';
import { conclude, forget, keepDevices } from './inventory/conclude.ts';
import { refresh, type Parts } from './inventory/refresh.ts';
import { scheduleInventory } from './inventory/schedule.ts';
import { entityPlaces } from './place.ts';
import { entityHandlers } from './routes.ts';

export interface Entities extends Domain<Handlers<typeof entityRoutes>> {
  readonly content: EntityContent;
  /** For clients of Microsoft Sentinel. */
  readonly sentinel: Handlers<typeof sentinelEntityRoutes>;
  /** Takes in what arrived since the last time. See `refresh`. */
  refresh(): Promise<{ readonly passes: number; readonly created: number }>;
  /** Works out criticality and risk anew. */
  conclude(): Promise<{ readonly critical: number; readonly risky: number }>;
  /** Writes rows of DeviceInfo for devices that logs alone show. */
  keepDevices(): Promise<number>;
  /** Forgets what has not been seen for long. */
  forget(): Promise<number>;
}

/** Accounts, devices, addresses and all else that logs and alerts tell of: who they are, how much they matter, and what happened with them. Everything concluded is KQL of `content/entities`. */
export async function createEntities(
  platform: Platform,
  options: Pick<Hunting, 'queries' | 'queriesOf'> & { readonly scheduled?: boolean },
): Promise<Entities> {
  const content = await loadEntityContent();
  const parts: Parts = { platform, queries: options.queries, content };
  const placeOf = entityPlaces(platform.workspaces, options.queriesOf);
  if (options.scheduled !== false) scheduleInventory(parts);
  return {
    content,
    handlers: entityHandlers(platform, placeOf, content),
    sentinel: sentinelEntityHandlers(platform, placeOf, content),
    refresh: () => refresh(parts),
    conclude: () => conclude(parts),
    keepDevices: () => keepDevices(parts),
    forget: () => forget(parts),
  };
}
