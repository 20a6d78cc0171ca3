import { createHash } from 'node:crypto';

/** Clients of Log Analytics name a workspace by a GUID. Ours has one that follows from its name, the same on every server. */
export function workspaceGuid(workspace: string): string {
  const hash = createHash('sha256').update(`sallyport workspace ${workspace}`).digest();
  // Version 8: made in a way of our own (RFC 9562).
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Whether a client's name for a workspace means this one: its name, its GUID, or the resource id of a workspace of that name. */
export function isWorkspace(name: string, workspace: string): boolean {
  const last = /\/workspaces\/([^/]+)\/?$/i.exec(name)?.[1] ?? name;
  return last.toLowerCase() === workspace.toLowerCase() || last.toLowerCase() === workspaceGuid(workspace);
}
