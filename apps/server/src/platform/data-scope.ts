import type { AssignmentScope, GrantedPermission } from '@sallyport/contracts';
import type { Grant, Principal } from './principal.ts';

/** What data somebody may see: what one of the parts admits. */
export interface DataScope {
  /** Everything, also what is yet to come. */
  readonly whole: boolean;
  /** The same for the same parts. */
  readonly key: string;
  readonly parts: readonly AssignmentScope[];
}

const isWhole = ({ dataSources, workspaces, deviceGroups, tables, rows }: AssignmentScope): boolean =>
  [dataSources, workspaces, deviceGroups, tables].every((part) => part === 'all') && rows.length === 0;

/** What a principal sees by the grants that have a permission; nothing without one. */
export function dataScopeOf(
  { grants }: Pick<Principal, 'grants'>,
  permission: GrantedPermission = 'securityData.read',
): DataScope {
  const known = made.get(grants) ?? new Map<GrantedPermission, DataScope>();
  made.set(grants, known);
  const before = known.get(permission);
  if (before) return before;
  const parts = grants.filter(({ permissions }) => permissions.has(permission)).map(({ scope }) => scope);
  const whole = parts.some(isWhole);
  const texts = new Map(parts.map((part) => [keyOf(part), part]));
  const scope: DataScope = whole
    ? { whole, key: '', parts: [] }
    : { whole, key: [...texts.keys()].toSorted().join('\n') || 'nothing', parts: [...texts.values()] };
  known.set(permission, scope);
  return scope;
}
const made = new WeakMap<readonly Grant[], Map<GrantedPermission, DataScope>>();

const sorted = (part: 'all' | readonly string[]): 'all' | readonly string[] =>
  part === 'all' ? part : [...new Set(part)].toSorted();
const keyOf = ({ dataSources, workspaces, deviceGroups, tables, rows }: AssignmentScope): string =>
  JSON.stringify([
    ...[dataSources, workspaces, deviceGroups, tables].map(sorted),
    rows.map(({ table, where }) => [table, where]),
  ]);

/** Whether a part of a scope, `all` or a list, has something. */
export const admits = <T extends string>(part: 'all' | readonly T[], one: T): boolean =>
  part === 'all' || part.includes(one);

/** Whether somebody sees anything of a workspace. */
export const knowsOf = ({ whole, parts }: DataScope, workspaceId: string): boolean =>
  whole || parts.some((part) => admits(part.workspaces, workspaceId));
