import { createHash } from 'node:crypto';
import type { Workspace } from './store.ts';

/** Clients of Log Analytics name a workspace by a GUID. The first one has one that follows from its name, the same on every server. */
export function workspaceGuid(workspace: string): string {
  const hash = createHash('sha256').update(`sallyport workspace ${workspace}`).digest();
  // Version 8: made in a way of our own (RFC 9562).
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** What a client calls a workspace, without the resource id around it, in lower case. */
export const bareName = (name: string): string => (/\/workspaces\/([^/]+)\/?$/i.exec(name)?.[1] ?? name).toLowerCase();

/** What a workspace would be called in Azure. The subscription is whatever the caller says: there are none here. */
export const resourceIdOf = (
  { name, resourceGroup }: Pick<Workspace, 'name' | 'resourceGroup'>,
  subscriptionId = '00000000-0000-0000-0000-000000000000',
): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.OperationalInsights/workspaces/${name}`;
