import { grantedPermissions, wholeScope, type AssignmentScope, type GrantedPermission } from '@sallyport/contracts';

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

/** A part of Sallyport, which asks for everybody and so sees everything. `name`: as the query log and costs tell it. The same object for the same name. */
export function systemPrincipal(name: string): Principal {
  const made = systems.get(name) ?? { name, grants: everything };
  if (systems.size < systemsMax) systems.set(name, made);
  return made;
}
const everything: readonly Grant[] = [{ permissions: new Set(grantedPermissions), scope: wholeScope }];
/** Rules have a name each. */
const systemsMax = 10_000;
const systems = new Map<string, Principal>();
