import {
  permissionsOfEverybody,
  SallyportError,
  unusedAfterDays,
  type GrantedPermission,
  type RoleUse,
  type UnusedRight,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { holdersOf, type Holder } from './holders.ts';
import { roleOf, roleRows } from './role-store.ts';
import { useRows } from './uses.ts';

const dayMs = 86_400_000;
const unusedMax = 5_000;
const horizon = (now: Date): Date => new Date(now.getTime() - unusedAfterDays * dayMs);
const later = (a: Date, b: Date): Date => (a > b ? a : b);

interface Held {
  readonly permission: GrantedPermission;
  readonly since: Date;
  readonly roles: readonly string[];
}
/** What somebody holds, each since when by its oldest way. */
function heldBy({ ways }: Holder): Held[] {
  const all = new Set(ways.flatMap(({ permissions }) => [...permissions]));
  return [...all].map((permission) => {
    const by = ways.filter(({ permissions }) => permissions.has(permission));
    const oldest = by.reduce((first, { createdAt }) => (createdAt < first ? createdAt : first), by[0]!.createdAt);
    return { permission, since: oldest, roles: [...new Set(by.map(({ reason }) => reason.roleName))] };
  });
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly GrantedPermission[];
  readonly createdAt: Date;
}
const tokens = (db: Queryable, now: Date) =>
  db.query<TokenRow>(
    `SELECT id, name, scopes, created_at AS "createdAt" FROM api_tokens WHERE revoked_at IS NULL AND expires_at > $1 ORDER BY lower(name), id LIMIT 1000`,
    [now],
  );

/** Rights that have been held for 90 days, and were not used in them. */
export async function unusedRights(db: Queryable, now: Date) {
  const since = await useRows.since(db);
  const [holders, made] = [await holdersOf(db, now), await tokens(db, now)];
  const uses = await useRows.of(db, [...holders, ...made].map(({ id }) => id)); // prettier-ignore
  const rights: UnusedRight[] = [];
  const look = (
    principal: Pick<UnusedRight, 'principalType' | 'principalId' | 'principalName'>,
    { permission, since: from, roles }: Held,
  ): void => {
    const used = uses.get(principal.principalId)?.get(permission);
    const heldSince = later(from, since);
    if (heldSince > horizon(now) || (used && used > horizon(now)) || permissionsOfEverybody.includes(permission))
      return;
    const lastUsedAt = used?.toISOString() ?? null;
    rights.push({ ...principal, permission, lastUsedAt, heldSince: heldSince.toISOString(), roles: [...roles] });
  };
  for (const holder of holders)
    for (const held of heldBy(holder))
      look({ principalType: holder.type, principalId: holder.id, principalName: holder.name }, held);
  for (const { id, name, scopes, createdAt } of made)
    for (const permission of scopes)
      look(
        { principalType: 'token', principalId: id, principalName: name },
        { permission, since: createdAt, roles: [] },
      );
  return { since: since.toISOString(), rights: rights.slice(0, unusedMax) };
}

/** What of a role its holders used in the last 90 days. Throws NotFound. */
export async function roleUse(db: Queryable, roleId: string, now: Date): Promise<RoleUse> {
  const role = await roleOf(db, roleId);
  if (!role) throw new SallyportError('NotFound', 'there is no such role');
  const since = await useRows.since(db);
  const holders = (await holdersOf(db, now)).filter(({ ways }) => ways.some(({ reason }) => reason.roleId === role.id));
  const uses = await useRows.of(db, holders.map(({ id }) => id)); // prettier-ignore
  const lastOf = (permission: GrantedPermission): Date | undefined =>
    holders.reduce<Date | undefined>((last, { id }) => {
      const at = uses.get(id)?.get(permission);
      return at && (!last || at > last) ? at : last;
    }, undefined);
  const held = [...role.permissions].map((permission) => ({ permission, last: lastOf(permission) }));
  const isUsed = (last: Date | undefined): boolean => last !== undefined && last > horizon(now);
  const loses = held.filter(({ last }) => !isUsed(last)).map(({ permission }) => permission);
  return {
    roleId: role.id,
    revision: (await roleRows.get(db, role.id))?.revision ?? 0,
    since: later(since, horizon(now)).toISOString(),
    uses: held.map(({ permission, last }) => ({ permission, lastUsedAt: last?.toISOString() ?? null })),
    keeps: held.filter(({ last }) => isUsed(last)).map(({ permission }) => permission),
    loses,
    holders: holders.map(({ name, ways }) => ({
      name,
      loses: loses.filter(
        (permission) =>
          ways.some(({ reason, permissions }) => reason.roleId === role.id && permissions.has(permission)) &&
          !ways.some(({ reason, permissions }) => reason.roleId !== role.id && permissions.has(permission)),
      ),
    })),
  };
}
