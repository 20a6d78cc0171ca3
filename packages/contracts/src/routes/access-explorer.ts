import { z } from 'zod';
import { AssignmentScope } from '../access-scope.ts';
import { route } from '../route.ts';
import { PermissionName, PrincipalType } from './roles.ts';

/** Rights that were not used for so long are proposed for removal. */
export const unusedAfterDays = 90;

/** The way by which somebody holds something: an assignment, directly or through a group. */
export const AccessReason = z.object({
  assignmentId: z.uuid(),
  roleId: z.guid(),
  roleName: z.string(),
  /** The group that is assigned the role; null: they are themselves. */
  groupId: z.uuid().nullable(),
  groupName: z.string().nullable(),
  assignmentType: z.enum(['Assigned', 'Activated']),
  scope: AssignmentScope,
  endsAt: z.iso.datetime().nullable(),
  /** In words. */
  text: z.string(),
});
export type AccessReason = z.infer<typeof AccessReason>;

export const AccessHolder = z.object({
  id: z.uuid(),
  type: z.enum(['user', 'servicePrincipal']),
  name: z.string(),
  displayName: z.string(),
  /** Whether they may sign in. */
  enabled: z.boolean(),
  reasons: z.array(AccessReason),
});
export type AccessHolder = z.infer<typeof AccessHolder>;

export const seenParts = ['whole', 'some', 'nothing'] as const;
export const SeenTable = z.object({
  table: z.string(),
  sees: z.enum(seenParts),
  /** Why. */
  reason: z.string(),
});
export type SeenTable = z.infer<typeof SeenTable>;

export const PermissionUse = z.object({
  permission: PermissionName,
  lastUsedAt: z.iso.datetime().nullable(),
});
export type PermissionUse = z.infer<typeof PermissionUse>;

export const UnusedRight = z.object({
  principalType: z.enum(['user', 'token', 'servicePrincipal']),
  principalId: z.uuid(),
  principalName: z.string(),
  permission: PermissionName,
  lastUsedAt: z.iso.datetime().nullable(),
  /** Since when it is held, or uses are kept. */
  heldSince: z.iso.datetime(),
  /** By which roles; of a token, none. */
  roles: z.array(z.string()),
});
export type UnusedRight = z.infer<typeof UnusedRight>;

export const RoleUse = z.object({
  roleId: z.guid(),
  revision: z.int(),
  /** Uses before it are not known. */
  since: z.iso.datetime(),
  /** Of those who hold the role, by whatever way they used it. */
  uses: z.array(PermissionUse),
  keeps: z.array(PermissionName),
  loses: z.array(PermissionName),
  /** Who would be able to do less. */
  holders: z.array(z.object({ name: z.string(), loses: z.array(PermissionName) })),
});
export type RoleUse = z.infer<typeof RoleUse>;

/** What one person, token or application could do more, or less. */
export const RightsChange = z.object({
  id: z.uuid(),
  name: z.string(),
  gains: z.array(PermissionName),
  loses: z.array(PermissionName),
});
export type RightsChange = z.infer<typeof RightsChange>;

const read = { permission: 'authorization.read', method: 'GET' } as const;
const manage = { permission: 'authorization.manage' } as const;
const params = z.object({ id: z.guid() });

export const accessExplorerRoutes = {
  explainWhoMay: route({
    ...read,
    path: '/api/access/who-may',
    summary: 'Who holds a permission now, over what, and why; at most 1,000, by name',
    query: z.object({
      permission: PermissionName,
      /** Only who sees some of this table's rows, or all. */
      table: z.string().min(1).max(128).optional(),
      /** Only over this workspace. */
      workspaceId: z.guid().optional(),
    }),
    response: z.object({ holders: z.array(AccessHolder) }),
  }),
  explainAccess: route({
    ...read,
    path: '/api/access/principals/:type/:id',
    summary: 'What a person, group or application may do now, and why',
    params: z.object({ type: PrincipalType, id: z.guid() }),
    response: z.object({
      principal: AccessHolder.omit({ reasons: true, type: true }).extend({ type: PrincipalType }),
      permissions: z.array(z.object({ permission: PermissionName, reasons: z.array(AccessReason) })),
      uses: z.array(PermissionUse),
    }),
  }),
  explainSight: route({
    ...read,
    path: '/api/access/principals/:type/:id/tables',
    summary: 'What they would see of each table of a workspace, and why',
    params: z.object({ type: PrincipalType, id: z.guid() }),
    query: z.object({ workspaceId: z.guid().optional() }),
    response: z.object({ tables: z.array(SeenTable) }),
  }),
  listUnusedRights: route({
    ...read,
    path: '/api/access/unused',
    summary: `Rights that were not used for ${unusedAfterDays} days, proposed for removal; at most 5,000`,
    response: z.object({ since: z.iso.datetime(), rights: z.array(UnusedRight) }),
  }),
  getRoleUse: route({
    ...read,
    path: '/api/roles/:id/use',
    summary: `What of a role its holders have used in ${unusedAfterDays} days, and who would lose what by a cut to it`,
    params,
    response: RoleUse,
  }),
  cutRole: route({
    ...manage,
    method: 'POST',
    path: '/api/roles/:id/cut',
    summary: 'Cut a custom role to what was used, as it was previewed',
    params,
    body: z.strictObject({
      revision: z.int().min(1),
      /** As previewed: what has been used in between stays, and refuses the cut. */
      loses: z.array(PermissionName).min(1),
    }),
    response: RoleUse,
  }),
  previewRole: route({
    ...read,
    method: 'POST',
    path: '/api/roles/:id/preview',
    summary: 'Who would be able to do what more, or less, by this change of a role; changes nothing',
    params,
    body: z.strictObject({ permissions: z.array(z.string().max(100)).max(200) }),
    response: z.object({ changes: z.array(RightsChange) }),
    audited: false,
  }),
} as const;
