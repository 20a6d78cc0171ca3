import type { AssignmentScope, GrantedPermission } from '@sallyport/contracts';

/** Permissions and what they are over: one for each assignment that is live. */
export interface Grant {
  readonly permissions: ReadonlySet<GrantedPermission>;
  readonly scope: AssignmentScope;
}

/** Who something is done as, and all that they may: a person, a token, an application, or a part of Sallyport itself. */
export interface Principal {
  /** A user principal name, `token:<name>`, or the part: `rule <id>`. What audit rows, activities and query tags say. */
  readonly name: string;
  readonly grants: readonly Grant[];
}
