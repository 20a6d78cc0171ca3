import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';

/** Who changes something, and in which call. */
export interface Author {
  readonly id: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly requestId: string;
}

/** https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities#core-directory */
export const activities = {
  'Add application': 'Add',
  'Update application': 'Update',
  'Delete application': 'Delete',
  'Update application – Certificates and secrets management ': 'Update',
  'Add service principal': 'Add',
  'Update service principal': 'Update',
  'Remove service principal': 'Delete',
  'Add app role assignment grant to user': 'Add',
  'Add app role assignment to group': 'Add',
  'Add app role assignment to service principal': 'Add',
  'Remove app role assignment from user': 'Delete',
  'Remove app role assignment from group': 'Delete',
  'Remove app role assignment from service principal': 'Delete',
  'Add delegated permission grant': 'Add',
  'Remove delegated permission grant': 'Delete',
  'Consent to application': 'Add',
} as const;
export type Activity = keyof typeof activities;

export interface Change {
  readonly target: {
    readonly id: string;
    readonly displayName: string;
    readonly type: 'Application' | 'ServicePrincipal';
  };
  readonly property: string;
  readonly oldValue?: unknown;
  readonly newValue?: unknown;
}

/** A row of the audit chain and of `AuditLogs`, as Entra writes it. Secrets have no place in `oldValue` and `newValue`. */
export function recordChange(
  { audit }: Pick<Platform, 'audit'>,
  activity: Activity,
  { target, property, ...values }: Change,
  by: Author,
  tx: Queryable,
): Promise<void> {
  return audit.record(
    {
      actor: by.name,
      operation: activity,
      target: `${target.type} ${target.displayName}`,
      result: 'success',
      ipAddress: by.ipAddress,
      requestId: by.requestId,
      details: { id: target.id, ...values },
      entra: {
        category: 'ApplicationManagement',
        loggedByService: 'Core Directory',
        operationType: activities[activity],
        actorId: by.id,
        target,
        modified: { displayName: property, ...values },
      },
    },
    tx,
  );
}
