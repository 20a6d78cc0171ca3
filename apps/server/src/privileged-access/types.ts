import type {
  AssignmentScope,
  Expiration,
  PrivilegedAction,
  PrivilegedKind,
  PrivilegedStatus,
  PrivilegedTarget,
  PrivilegedTargetType,
  SignInMethod,
} from '@sallyport/contracts';

/** Who does something, and in which call. */
export interface Author {
  /** Of the person; of the token where it is nobody's; empty for Sallyport itself. */
  readonly id: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly requestId: string;
  /** A token or Sallyport itself rather than a person. */
  readonly application?: boolean;
}

/** How a person who asks has signed in. */
export interface SignedIn {
  readonly method: SignInMethod;
  /** When factors were shown last. */
  readonly at: Date;
  readonly sessionId?: string;
  readonly deviceId?: string;
  readonly aaguid?: string;
  readonly signInRequestId: string;
  readonly userAgent: string;
}

export interface Asker extends Author {
  /** Undefined: no person asks, so nothing that is one's own can be asked for. */
  readonly personId: string | undefined;
  readonly signedIn: SignedIn | undefined;
  readonly manages: boolean;
  readonly readsAll: boolean;
}

export type PrincipalType = 'user' | 'group' | 'servicePrincipal';

/** Something that is granted: a row of `privileged_holdings`. */
export interface Holding {
  readonly id: string;
  readonly target_type: PrivilegedTargetType;
  readonly target_id: string;
  readonly access: string;
  readonly principal_id: string;
  readonly principal_type: PrincipalType;
  readonly kind: PrivilegedKind;
  readonly assignment_type: 'Assigned' | 'Activated';
  readonly activated_from: string | null;
  readonly scope: Partial<AssignmentScope>;
  readonly scope_id: string;
  readonly starts_at: Date;
  readonly ends_at: Date | null;
  readonly removed_at: Date | null;
  readonly removed_by: string | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly justification: string;
  readonly request_id: string | null;
}

export interface RequestRow {
  readonly id: string;
  readonly kind: PrivilegedKind;
  readonly action: PrivilegedAction;
  readonly status: PrivilegedStatus;
  readonly target_type: PrivilegedTargetType;
  readonly target_id: string;
  readonly access: string;
  readonly principal_id: string;
  readonly principal_type: PrincipalType;
  readonly scope: Partial<AssignmentScope>;
  readonly scope_id: string;
  readonly starts_at: Date | null;
  readonly expiration: Expiration;
  readonly justification: string;
  readonly ticket_number: string;
  readonly ticket_system: string;
  readonly assignment_id: string | null;
  readonly eligible_id: string | null;
  readonly created_at: Date;
  readonly created_by_id: string | null;
  readonly created_by: string;
  readonly completed_at: Date | null;
}

/** What somebody wants, parsed. */
export interface Wish {
  readonly kind: PrivilegedKind;
  readonly action: PrivilegedAction;
  readonly target: PrivilegedTarget;
  readonly principalId: string;
  /** `/`, or the id of a scope that the principal has already. */
  readonly scopeId: string;
  /** A scope in full, where it is assigned anew. Wins over `scopeId`. */
  readonly scope?: Partial<AssignmentScope>;
  readonly justification: string;
  readonly ticketNumber: string;
  readonly ticketSystem: string;
  readonly startAt: Date | undefined;
  readonly expiration: Expiration | undefined;
  readonly validationOnly: boolean;
}

export const targetOf = (row: Pick<Holding, 'target_type' | 'target_id' | 'access'>): PrivilegedTarget => ({
  type: row.target_type,
  id: row.target_id,
  access: row.access,
});
