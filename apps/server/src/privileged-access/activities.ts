import type { PrivilegedTarget } from '@sallyport/contracts';
import type { AuditLog, EntraActivity, ModifiedProperty } from '../platform/audit/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Author } from './types.ts';

/** Activities of the service PIM that are recorded. https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities */
export type Activity =
  | `Add ${'eligible ' | ''}member to role in PIM ${'requested' | 'completed' | 'canceled'} (${'permanent' | 'timebound' | 'renew'})`
  | `Remove ${'eligible ' | ''}member from role in PIM completed (${'permanent' | 'timebound'})`
  | `Add member to role ${'requested' | 'completed' | 'canceled' | 'request approved' | 'request denied' | 'approval requested'} (PIM activation)`
  | 'Remove member from role (PIM activation expired)'
  | 'Remove member from role completed (PIM deactivate)'
  | 'PIM activation request expired'
  | `Update ${'eligible ' | ''}member in PIM ${'requested' | 'canceled'} (extend)`
  | `Update member in PIM ${'approved' | 'denied'} by admin (extend/renew)`
  | 'Process role update request'
  | 'Process request'
  | 'Update role setting in PIM'
  | 'Triggered PIM alert'
  | 'Resolve PIM alert'
  | 'Refresh PIM alert'
  | 'Deactivate PIM alert'
  | 'Disable PIM alert'
  | 'Enable PIM alert'
  | 'Update PIM alert setting'
  | 'Create access review'
  | 'Access review ended'
  | 'Delete access review'
  | 'Apply access review'
  | 'Send reminder for access review'
  | 'Reset decision'
  | "Don't know decision"
  | 'Approve decision'
  | 'Deny decision';

export interface ActivityFacts {
  readonly target: PrivilegedTarget & { readonly name: string };
  /** Whose role it is. */
  readonly principal?: { readonly id: string; readonly name: string; readonly type: string };
  readonly modified?: ModifiedProperty | readonly ModifiedProperty[];
  /** Plain JSON beside it. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const categories = { role: 'RoleManagement', group: 'GroupManagement', application: 'ApplicationManagement', cloudRole: 'ResourceManagement' } as const; // prettier-ignore
const types = { role: 'Role', group: 'Group', application: 'ServicePrincipal', cloudRole: 'Role' } as const; // prettier-ignore
const principalTypes: Readonly<Record<string, string>> = {
  user: 'User',
  group: 'Group',
  servicePrincipal: 'ServicePrincipal',
};
const verbs: readonly (readonly [RegExp, EntraActivity['operationType']])[] = [
  [/^(?:Add|Triggered|Access review created)/, 'Add'],
  [/^Remove/, 'Delete'],
];

/** Microsoft's row of `AuditLogs`, and ours of the chain, in the transaction that makes the change. */
export const recordActivity = (
  audit: AuditLog,
  activity: Activity,
  { target, principal, modified = [], details = {} }: ActivityFacts,
  by: Author,
  tx: Queryable,
): Promise<void> =>
  audit.record(
    {
      actor: by.name,
      operation: activity,
      target: principal ? `${target.name} of ${principal.name}` : target.name,
      result: 'success',
      ipAddress: by.ipAddress,
      requestId: by.requestId,
      details: {
        service: 'PIM',
        targetType: target.type,
        targetId: target.id,
        ...(principal ? { principalId: principal.id } : {}),
        ...details,
      },
      entra: {
        category: categories[target.type],
        loggedByService: 'PIM',
        operationType: verbs.find(([pattern]) => pattern.test(activity))?.[1] ?? 'Update',
        actorId: by.id,
        ...(by.application ? { byApplication: true } : {}),
        target: { id: target.id, displayName: target.name, type: types[target.type] },
        ...(principal
          ? {
              second: {
                id: principal.id,
                displayName: principal.name,
                type: principalTypes[principal.type] ?? principal.type,
              },
            }
          : {}),
        modified,
      },
    },
    tx,
  );

export const ourselves: Author = { id: '', name: 'Sallyport', ipAddress: '', requestId: '', application: true };
