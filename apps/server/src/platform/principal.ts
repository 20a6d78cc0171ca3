import { wholeScope, workPartOf, type AssignmentScope, type GrantedPermission } from '@sallyport/contracts';

/** Permissions and what they are over: one for each assignment that is live. */
export interface Grant {
  readonly permissions: ReadonlySet<GrantedPermission>;
  readonly scope: AssignmentScope;
}

/** Who something is done as, and all that they may: a person, a token, an application, or a part of Sallyport itself. */
export interface Principal {
  /** A user principal name, `token:<name>`, `application:<name>`, or the part: `rule <id>`. What audit rows, activities and query tags say. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

/**
 * A part of Sallyport, with what it may over everything (contracts' `work.ts`). `name`: as the query log and costs tell it; begins with the part's. The same object for
 * the same name. Throws TypeError for what is no part.
 */
export function systemPrincipal(name: string): Principal {
  const part = workPartOf(name);
  if (!part) throw new TypeError(`${name} is no part of Sallyport: name it in packages/contracts/src/work.ts`);
  const made = systems.get(name) ?? { name, grants: [{ permissions: new Set(part.permissions), scope: wholeScope }] };
  if (systems.size < systemsMax) systems.set(name, made);
  return made;
}
/** Rules have a name each. */
const systemsMax = 10_000;
const systems = new Map<string, Principal>();
