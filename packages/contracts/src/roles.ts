import { permissionBundles, type GrantedPermission, type PermissionEntry, permissionsIn } from './permissions.ts';

export interface BuiltInRole {
  /** Microsoft Entra's template id where the role is Entra's. https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference */
  readonly id: string;
  readonly description: string;
  readonly permissions: readonly PermissionEntry[];
}

const everything = permissionBundles.filter((name) => name.endsWith('.all.manage'));

export const builtInRoles = {
  'Global Administrator': {
    id: '62e90394-69f5-4237-9190-012177145e10',
    description: 'May do everything.',
    permissions: everything,
  },
  'Privileged Role Administrator': {
    id: 'e8611ab8-c189-46e8-94e1-60213ab1f814',
    description: 'Makes roles and assigns them.',
    permissions: ['authorization.read', 'authorization.manage', 'users.read', 'audit.read'],
  },
  'Security Administrator': {
    id: '194ae4cb-b126-40b2-bd5b-6091b380977d',
    description: 'Runs security operations and all their settings.',
    permissions: everything,
  },
  'Security Operator': {
    id: '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f',
    description: 'Works on incidents and approves response actions.',
    permissions: [
      'securityData.read',
      'alerts.manage',
      'response.manage',
      'data.read',
      'analyticsJobs.read',
      'systemSettings.read',
    ],
  },
  'Security Reader': {
    id: '5d6b6bb7-de71-4623-b4af-96380a352509',
    description: 'Sees security data, identities and settings, and changes nothing.',
    permissions: [
      'securityData.read',
      'data.read',
      'analyticsJobs.read',
      'authorization.read',
      'coreSecuritySettings.read',
      'systemSettings.read',
      'users.read',
      'conditionalAccess.read',
      'applications.read',
      'audit.read',
    ],
  },
  'Global Reader': {
    id: 'f2ef992c-3afb-46b9-b7cf-a126ee74c451',
    description: 'Sees everything, and changes nothing.',
    permissions: permissionBundles.filter((name) => name.endsWith('.all.read')),
  },
  'Conditional Access Administrator': {
    id: 'b1be1c3e-b65d-4f19-8427-f6fa0d97feb9',
    description: 'Changes Conditional Access.',
    permissions: ['conditionalAccess.read', 'conditionalAccess.manage', 'users.read', 'applications.read'],
  },
  'Authentication Administrator': {
    id: 'c4e39bd9-1100-46d3-8c65-fb160da0071f',
    description: 'Resets ways to sign in of people who hold no more than themselves.',
    permissions: ['users.read', 'authenticationMethods.manage'],
  },
  'Application Administrator': {
    id: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
    description: 'Changes applications.',
    permissions: ['applications.read', 'applications.manage', 'users.read'],
  },
  'User Administrator': {
    id: 'fe930be7-5e62-47db-91af-98c3a49a38b1',
    description: 'Changes people who hold no more than themselves, and groups.',
    permissions: ['users.read', 'users.manage', 'authenticationMethods.manage'],
  },
  'Reports Reader': {
    id: '4a5d8f65-41da-4de4-8968-e035b65339cf',
    description: 'Reads the audit log.',
    permissions: ['audit.read'],
  },
  'Log Sender': {
    id: 'b8c6a9b3-6f5e-4a37-9a54-2f0f6f3d9c11',
    description: 'Sends logs through a door.',
    permissions: ['data.ingest'],
  },
} as const satisfies Record<string, BuiltInRole>;

export type RoleName = keyof typeof builtInRoles;
export const isRoleName = (name: string): name is RoleName => Object.hasOwn(builtInRoles, name);
export const roleNames: readonly RoleName[] = Object.keys(builtInRoles).filter(isRoleName);

const nameById: ReadonlyMap<string, RoleName> = new Map(roleNames.map((name) => [builtInRoles[name].id, name]));
/** Of a built-in role. */
export const builtInRoleName = (id: string): RoleName | undefined => nameById.get(id.toLowerCase());

export const permissionsOfBuiltIn = (name: RoleName): ReadonlySet<GrantedPermission> =>
  permissionsIn(builtInRoles[name].permissions);
