import { z } from 'zod';
import { AssignmentScope } from '../access-scope.ts';
import { grantedPermissions, isGrantedPermission, permissionBundles, type PermissionEntry } from '../permissions.ts';
import { roleNames } from '../roles.ts';
import { route } from '../route.ts';

export const PermissionName = z.enum(grantedPermissions);
const isEntry = (name: string): name is PermissionEntry =>
  isGrantedPermission(name) || permissionBundles.some((bundle) => bundle === name);
/** A permission, or all of a category, those too that are yet to come. */
export const PermissionEntryName = z
  .string()
  .refine(isEntry, 'a permission, or `<category>.all.read` or `.all.manage`');

/** Roles of one's own. */
export const customRolesMax = 500;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const builtInNames = new Set(roleNames.map((name) => name.toLowerCase()));
export const RoleDisplayName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !guid.test(name) && !builtInNames.has(name.toLowerCase()), 'a built-in role’s name, or an id');

export const RoleBody = z.strictObject({
  displayName: RoleDisplayName,
  description: z.string().trim().max(1_000).default(''),
  permissions: z
    .array(PermissionEntryName)
    .min(1)
    .max(grantedPermissions.length + permissionBundles.length)
    .transform((entries) => [...new Set(entries)]),
});
export type RoleBody = z.infer<typeof RoleBody>;

export const Role = z.object({
  id: z.guid(),
  displayName: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  permissions: z.array(PermissionEntryName),
  /** What the entries come to now. */
  grants: z.array(PermissionName),
  /** Assignments that are active now. */
  assignments: z.int(),
  /** Of built-in ones, 0. */
  revision: z.int(),
  createdBy: z.string().nullable(),
  modifiedAt: z.iso.datetime().nullable(),
});
export type Role = z.infer<typeof Role>;

export const principalTypes = ['user', 'group', 'servicePrincipal'] as const;
export const PrincipalType = z.enum(principalTypes);
export type PrincipalType = z.infer<typeof PrincipalType>;

export const RoleAssignment = z.object({
  id: z.uuid(),
  roleId: z.guid(),
  roleName: z.string(),
  principalId: z.uuid(),
  principalType: PrincipalType,
  /** The id when there is none of it any more. */
  principalName: z.string(),
  kind: z.enum(['eligible', 'active']),
  assignmentType: z.enum(['Assigned', 'Activated']),
  scope: AssignmentScope,
  startsAt: z.iso.datetime(),
  /** Null: no end. */
  endsAt: z.iso.datetime().nullable(),
  removedAt: z.iso.datetime().nullable(),
  removedBy: z.string().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  justification: z.string(),
  /** Whether it is in force now. */
  state: z.enum(['active', 'scheduled', 'ended']),
});
export type RoleAssignment = z.infer<typeof RoleAssignment>;

export const NewRoleAssignment = z.strictObject({
  roleId: z.guid(),
  principalId: z.uuid(),
  principalType: PrincipalType,
  scope: AssignmentScope.prefault({}),
  /** Default: now. */
  startsAt: z.iso.datetime().optional(),
  /** Null: no end. */
  endsAt: z.iso.datetime().nullable().default(null),
  justification: z.string().trim().max(1_000).default(''),
});
export type NewRoleAssignment = z.infer<typeof NewRoleAssignment>;

/** What one person must not hold at once. */
export const DutyRule = z.object({
  id: z.guid(),
  displayName: z.string(),
  first: PermissionEntryName,
  second: PermissionEntryName,
  reason: z.string(),
  enabled: z.boolean(),
  builtIn: z.boolean(),
});
export type DutyRule = z.infer<typeof DutyRule>;
export const DutyRuleBody = z.strictObject({
  displayName: z.string().trim().min(1).max(100),
  first: PermissionEntryName,
  second: PermissionEntryName,
  reason: z.string().trim().max(1_000).default(''),
  enabled: z.boolean().default(true),
});
export type DutyRuleBody = z.infer<typeof DutyRuleBody>;

export const RoleExport = z.strictObject({
  version: z.literal(1),
  roles: z.array(RoleBody).min(1).max(customRolesMax),
});
export type RoleExport = z.infer<typeof RoleExport>;

const params = z.object({ id: z.guid() });
const read = { permission: 'authorization.read' } as const;
const manage = { permission: 'authorization.manage' } as const;

export const roleRoutes = {
  listRoles: route({
    ...read,
    method: 'GET',
    path: '/api/roles',
    summary: 'Built-in and custom roles',
    response: z.object({ roles: z.array(Role) }),
  }),
  getRole: route({ ...read, method: 'GET', path: '/api/roles/:id', summary: 'A role', params, response: Role }),
  createRole: route({
    ...manage,
    method: 'POST',
    path: '/api/roles',
    summary: 'Make a custom role',
    body: RoleBody,
    response: Role,
  }),
  updateRole: route({
    ...manage,
    method: 'PUT',
    path: '/api/roles/:id',
    summary: 'Change a custom role; refused when it is not at this revision any more',
    params,
    body: RoleBody.extend({ revision: z.int().min(1) }),
    response: Role,
  }),
  deleteRole: route({
    ...manage,
    method: 'DELETE',
    path: '/api/roles/:id',
    summary: 'Delete a custom role that nobody is assigned',
    params,
    response: z.object({}),
  }),
  cloneRole: route({
    ...manage,
    method: 'POST',
    path: '/api/roles/:id/clone',
    summary: 'Make a custom role with the permissions of another, built-in or custom',
    params,
    body: z.strictObject({ displayName: RoleDisplayName }),
    response: Role,
  }),
  exportRoles: route({
    ...read,
    method: 'GET',
    path: '/api/roles/export',
    summary: 'Custom roles as one file',
    response: RoleExport,
  }),
  importRoles: route({
    ...manage,
    method: 'POST',
    path: '/api/roles/import',
    summary: 'Make the roles of a file; those whose names are there already are changed to what it says',
    body: RoleExport,
    response: z.object({ created: z.int(), changed: z.int(), unchanged: z.int() }),
  }),
  listRoleAssignments: route({
    ...read,
    method: 'GET',
    path: '/api/role-assignments',
    summary: 'Assignments, the newest first; at most 1,000',
    query: z.object({
      roleId: z.guid().optional(),
      principalId: z.uuid().optional(),
      /** `now`: in force or to come. */
      state: z.enum(['now', 'all']).default('now'),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
      offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
    }),
    response: z.object({ assignments: z.array(RoleAssignment), total: z.int() }),
  }),
  createRoleAssignment: route({
    ...manage,
    method: 'POST',
    path: '/api/role-assignments',
    summary: 'Assign a role to a person, a group or an application',
    body: NewRoleAssignment,
    response: RoleAssignment,
  }),
  endRoleAssignment: route({
    ...manage,
    method: 'DELETE',
    path: '/api/role-assignments/:id',
    summary: 'End an assignment now; it stays as history',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
  listDutyRules: route({
    ...read,
    method: 'GET',
    path: '/api/duty-rules',
    summary: 'Pairs of permissions that one person must not hold at once',
    response: z.object({ rules: z.array(DutyRule) }),
  }),
  saveDutyRule: route({
    ...manage,
    method: 'PUT',
    path: '/api/duty-rules/:id',
    summary: 'Make or change a pair; those who hold both already keep them, and are named',
    params,
    body: DutyRuleBody,
    response: z.object({ rule: DutyRule, heldBy: z.array(z.string()) }),
  }),
  deleteDutyRule: route({
    ...manage,
    method: 'DELETE',
    path: '/api/duty-rules/:id',
    summary: 'Delete a pair of one’s own',
    params,
    response: z.object({}),
  }),
} as const;
