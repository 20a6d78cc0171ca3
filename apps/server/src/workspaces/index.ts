import type { armWorkspaceRoutes, workspaceRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { armWorkspaceHandlers } from './arm.ts';
import { workspaceHandlers } from './routes.ts';

export interface WorkspaceAdministration extends Domain<Handlers<typeof workspaceRoutes>> {
  /** For clients of Azure Resource Manager. */
  readonly arm: Handlers<typeof armWorkspaceRoutes>;
}

/** Making and naming workspaces. What they are to other domains is `platform.workspaces`. */
export const createWorkspaces = (platform: Platform): WorkspaceAdministration => ({
  handlers: workspaceHandlers(platform),
  arm: armWorkspaceHandlers(platform),
});
