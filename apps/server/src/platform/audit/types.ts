import type { Queryable } from '../database/types.ts';

export interface AuditEvent {
  /** A user principal name, `token:<name>`, `application:<name>`, `system`, or what a failed sign-in claimed to be. */
  readonly actor: string;
  /** The route's name (`updateIncident`) or another stable name (`SignIn`). */
  readonly operation: string;
  readonly target: string;
  readonly result: 'success' | 'failure' | 'denied';
  readonly ipAddress: string;
  readonly requestId?: string;
  /** Plain JSON. No secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** How Microsoft Entra writes it, for what Entra writes rows of: its row of `AuditLogs` is then in these words. */
  readonly entra?: EntraActivity;
}

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs */
export interface EntraActivity {
  readonly category: string;
  readonly loggedByService: string;
  readonly operationType: 'Add' | 'Update' | 'Delete';
  /** Of who did it. */
  readonly actorId: string;
  /** An application, such as a token, rather than a person. */
  readonly byApplication?: boolean;
  readonly target: { readonly id: string; readonly displayName: string; readonly type: string };
  /** A target beside the first: the group that somebody became a member of. */
  readonly second?: EntraActivity['target'];
  /** Of the target's property of this name, before and after; JSON. */
  readonly modified: ModifiedProperty | readonly ModifiedProperty[];
}
export interface ModifiedProperty {
  readonly displayName: string;
  readonly oldValue?: unknown;
  readonly newValue?: unknown;
}

export interface AuditEntry extends Omit<AuditEvent, 'entra'> {
  readonly sequence: number;
  readonly at: Date;
}

export interface AuditLog {
  /** Adds a row to the chain and to `AuditLogs` in the lake. In `tx`, it holds the chain's lock until that commits: keep those short. */
  record(event: AuditEvent, tx?: Queryable): Promise<void>;
  newest(limit: number): Promise<AuditEntry[]>;
  /** Walks the whole chain. `brokenAt` is the sequence of the first row that doesn't follow from the one before it. */
  verify(): Promise<{ intact: boolean; rows: number; brokenAt?: number }>;
}
