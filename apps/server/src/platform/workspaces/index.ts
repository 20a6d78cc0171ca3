export { bareName, resourceIdOf, workspaceGuid } from './identify.ts';
export { askedWorkspace, knownWorkspaces, workspaceIdOf } from './known.ts';
export { workspacesMax, type Workspace } from './store.ts';
export { defaultResourceGroup, openWorkspaces, type OpenWorkspaces, type Workspaces } from './workspaces.ts';
