import { SallyportError, type AssignmentScope, type GrantedPermission } from '@sallyport/contracts';
import type { Grant } from '../platform/principal.ts';
import { isWhole } from './assignment-store.ts';

const isWithin = (outer: 'all' | readonly string[], inner: 'all' | readonly string[]): boolean =>
  outer === 'all' || (inner !== 'all' && inner.every((one) => outer.includes(one)));

/** Whether all that a scope reaches is within another. A condition on rows is within the same one only: none is told from another by its text. */
export function containsScope(outer: AssignmentScope, inner: AssignmentScope): boolean {
  const parts = (['dataSources', 'workspaces', 'deviceGroups', 'tables'] as const).every((part) =>
    isWithin(outer[part], inner[part]),
  );
  const rows = outer.rows.every(
    ({ table, where }) =>
      (inner.tables !== 'all' && !inner.tables.includes(table)) ||
      inner.rows.some((one) => one.table === table && one.where === where),
  );
  return parts && rows;
}

/** Whether somebody holds a permission over all of a scope, by one of their grants. */
export const holdsOver = (grants: readonly Grant[], permission: GrantedPermission, scope: AssignmentScope): boolean =>
  grants.some((grant) => grant.permissions.has(permission) && containsScope(grant.scope, scope));

/** Who may manage roles over everything gives what they do not hold, too. */
export const managesAllRoles = (grants: readonly Grant[]): boolean =>
  grants.some(({ permissions, scope }) => permissions.has('authorization.manage') && isWhole(scope));

/** Throws Forbidden where somebody gives, or takes, what is beyond them. */
export function refuseBeyond(
  grants: readonly Grant[],
  given: ReadonlySet<GrantedPermission>,
  scope: AssignmentScope,
): void {
  if (managesAllRoles(grants)) return;
  if (!holdsOver(grants, 'authorization.manage', scope))
    throw new SallyportError('Forbidden', 'the scope reaches beyond that of the caller’s own `authorization.manage`', {
      target: 'body.scope',
    });
  const beyond = [...given].filter((permission) => !holdsOver(grants, permission, scope));
  if (beyond.length > 0)
    throw new SallyportError('Forbidden', `the caller does not hold over this scope: ${beyond.join(', ')}`);
}
