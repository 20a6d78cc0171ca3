import { requireCaller, type RequestContext } from './http/index.ts';
import type { AuditLog, EntraActivity } from './audit/index.ts';
import type { Queryable } from './database/index.ts';

/** Who changes something, and in which call. */
export interface Author {
  readonly id: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly requestId: string;
  /** A token or a service of ours rather than a person. */
  readonly application?: boolean;
}

export function authorOf(context: RequestContext): Author {
  const { id, name, kind } = requireCaller(context);
  const { ipAddress, requestId } = context;
  return { id, name, ipAddress, requestId, ...(kind !== 'person' ? { application: true } : {}) };
}

/** Sallyport itself, such as a sync that runs by itself. */
export const ourselves = (service: string): Author => ({
  id: '',
  name: service,
  ipAddress: '',
  requestId: '',
  application: true,
});

const types = {
  user: 'User',
  group: 'Group',
  device: 'Device',
  servicePrincipal: 'ServicePrincipal',
  role: 'Role',
} as const;
const named = (thing: keyof typeof types, service: string, category: string) => ({ thing, service, category });
/** https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities */
const activities = {
  'Add user': named('user', 'Core Directory', 'UserManagement'),
  'Update user': named('user', 'Core Directory', 'UserManagement'),
  'Delete user': named('user', 'Core Directory', 'UserManagement'),
  'Restore user': named('user', 'Core Directory', 'UserManagement'),
  'Enable account': named('user', 'Core Directory', 'UserManagement'),
  'Disable account': named('user', 'Core Directory', 'UserManagement'),
  'Invite external user': named('user', 'Invited Users', 'UserManagement'),
  'Redeem external user invite': named('user', 'Invited Users', 'UserManagement'),
  'Change user password': named('user', 'Core Directory', 'UserManagement'),
  'Reset user password': named('user', 'Core Directory', 'UserManagement'),
  'Update StsRefreshTokenValidFrom Timestamp': named('user', 'Core Directory', 'UserManagement'),
  'User registered security info': named('user', 'Authentication Methods', 'UserManagement'),
  'User deleted security info': named('user', 'Authentication Methods', 'UserManagement'),
  'User changed default security info': named('user', 'Authentication Methods', 'UserManagement'),
  'Admin registered security info': named('user', 'Authentication Methods', 'UserManagement'),
  'Admin deleted security info': named('user', 'Authentication Methods', 'UserManagement'),
  'Add member to role': named('user', 'Core Directory', 'RoleManagement'),
  'Remove member from role': named('user', 'Core Directory', 'RoleManagement'),
  'Add role definition': named('role', 'Core Directory', 'RoleManagement'),
  'Update role definition': named('role', 'Core Directory', 'RoleManagement'),
  'Delete role definition': named('role', 'Core Directory', 'RoleManagement'),
  'Add group': named('group', 'Core Directory', 'GroupManagement'),
  'Update group': named('group', 'Core Directory', 'GroupManagement'),
  'Delete group': named('group', 'Core Directory', 'GroupManagement'),
  'Add member to group': named('user', 'Core Directory', 'GroupManagement'),
  'Remove member from group': named('user', 'Core Directory', 'GroupManagement'),
  'Register device': named('device', 'Device Registration Service', 'Device'),
  'Update device': named('device', 'Core Directory', 'Device'),
  'Delete device': named('device', 'Core Directory', 'Device'),
  'Device no longer compliant': named('device', 'Core Directory', 'Device'),
} as const;
export type ActivityName = keyof typeof activities;

export interface Change {
  readonly activity: ActivityName;
  readonly target: { readonly id: string; readonly name: string };
  /** Default: what the activity is about by its name. */
  readonly thing?: keyof typeof types;
  readonly modified?: EntraActivity['modified'];
  readonly second?: { readonly id: string; readonly name: string; readonly type: string };
}

const operationTypes = { Add: 'Add', Register: 'Add', Delete: 'Delete' } as const;

/** A change's row of the audit chain and of `AuditLogs`, in the transaction that makes it. */
export const recordChange = (
  audit: AuditLog,
  { activity, target, thing: other, modified = [], second }: Change,
  by: Author,
  tx: Queryable,
) => {
  const { service, category, ...usual } = activities[activity];
  const thing = other ?? usual.thing;
  const verb = activity.split(' ', 1)[0] ?? '';
  return audit.record(
    {
      actor: by.name,
      operation: activity,
      target: `${thing} ${target.name}`,
      result: 'success',
      ipAddress: by.ipAddress,
      requestId: by.requestId,
      details: { id: target.id, modified: [modified].flat().map(({ displayName }) => displayName) },
      entra: {
        category,
        loggedByService: service,
        operationType: Object.hasOwn(operationTypes, verb)
          ? operationTypes[verb as keyof typeof operationTypes]
          : 'Update',
        actorId: by.id,
        ...(by.application ? { byApplication: true } : {}),
        target: { id: target.id, displayName: target.name, type: types[thing] },
        ...(second ? { second: { id: second.id, displayName: second.name, type: second.type } } : {}),
        modified,
      },
    },
    tx,
  );
};
