import { permissionsIn, type AccessReason, type GrantedPermission, type PrincipalType } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { inForce, isWhole, scopeOf } from './assignment-store.ts';
import { grantedOver } from './effective.ts';
import { builtInRole } from './role-store.ts';

/** People and applications that are looked at. */
const holdersMax = 50_000;

/** Somebody, with each way by which they hold something now. */
export interface Holder {
  readonly id: string;
  readonly type: 'user' | 'servicePrincipal';
  readonly name: string;
  readonly displayName: string;
  readonly enabled: boolean;
  readonly ways: readonly Way[];
}
export interface Way {
  readonly reason: AccessReason;
  readonly permissions: ReadonlySet<GrantedPermission>;
  readonly createdAt: Date;
}

interface Row {
  readonly id: string;
  readonly type: Holder['type'];
  readonly name: string;
  readonly displayName: string;
  readonly enabled: boolean;
  readonly assignmentId: string;
  readonly roleId: string;
  readonly customName: string | null;
  readonly entries: string[] | null;
  readonly groupId: string | null;
  readonly groupName: string | null;
  readonly assignmentType: 'Assigned' | 'Activated';
  readonly scope: unknown;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

const sql = `WITH held AS (
    SELECT a.*, a.principal_id AS holder, NULL::uuid AS group_id FROM role_assignments a WHERE a.principal_type <> 'group' AND ${inForce('$1')}
    UNION ALL
    SELECT a.*, m.person_id, a.principal_id FROM role_assignments a JOIN group_members m ON m.group_id = a.principal_id
      WHERE a.principal_type = 'group' AND ${inForce('$1')})
  SELECT h.holder AS id, CASE WHEN p.id IS NULL THEN 'servicePrincipal' ELSE 'user' END AS type,
    coalesce(p.user_principal_name, s.body->>'displayName', h.holder::text) AS name,
    coalesce(p.display_name, s.body->>'displayName', h.holder::text) AS "displayName",
    CASE WHEN p.id IS NULL THEN coalesce((s.body->>'accountEnabled')::boolean, true) ELSE p.disabled_at IS NULL END AS enabled,
    h.id AS "assignmentId", h.role_id AS "roleId", d.display_name AS "customName", d.permissions AS entries, h.group_id AS "groupId", g.name AS "groupName",
    h.assignment_type AS "assignmentType", h.scope, h.starts_at AS "startsAt", h.ends_at AS "endsAt"
  FROM held h LEFT JOIN people p ON p.id = h.holder AND p.deleted_at IS NULL LEFT JOIN service_principals s ON s.id = h.holder
  LEFT JOIN groups g ON g.id = h.group_id LEFT JOIN role_definitions d ON d.id = h.role_id
  WHERE (p.id IS NOT NULL OR s.id IS NOT NULL) AND ($2::uuid[] IS NULL OR h.holder = ANY ($2))
  ORDER BY lower(coalesce(p.user_principal_name, s.body->>'displayName')), h.holder, h.created_at LIMIT ${holdersMax}`;

const overText = (row: Row): string => {
  const scope = scopeOf(row.scope);
  return scope && isWhole(scope) ? 'over everything' : 'over a part';
};
const textOf = (row: Row, role: string): string =>
  [
    row.assignmentType === 'Activated' ? `has activated ${role}` : `is assigned ${role}`,
    ...(row.groupName === null ? [] : [`through the group ${row.groupName}`]),
    overText(row),
    ...(row.endsAt === null ? [] : [`until ${row.endsAt.toISOString()}`]),
  ].join(', ');

const wayOf = (row: Row): Way[] => {
  const builtIn = builtInRole(row.roleId);
  const roleName = builtIn?.name ?? row.customName;
  const scope = scopeOf(row.scope);
  if (roleName === null || !scope) return [];
  const { assignmentId, roleId, groupId, groupName, assignmentType, endsAt } = row;
  return [
    {
      reason: {
        assignmentId,
        roleId,
        roleName,
        groupId,
        groupName,
        assignmentType,
        scope,
        endsAt: endsAt?.toISOString() ?? null,
        text: textOf(row, roleName),
      },
      permissions: grantedOver(builtIn?.permissions ?? permissionsIn(row.entries ?? []), scope),
      createdAt: row.startsAt,
    },
  ];
};

/** Who holds anything now, by name; `ids`: only of these. */
export async function holdersOf(db: Queryable, now: Date, ids?: readonly string[]): Promise<Holder[]> {
  const rows = await db.query<Row>(sql, [now, ids ?? null]);
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((of): Holder[] => {
    const [first] = of;
    if (!first) return [];
    const { id, type, name, displayName, enabled } = first;
    return [{ id, type, name, displayName, enabled, ways: of.flatMap(wayOf) }];
  });
}

/** What a group's own assignments grant whoever is in it. */
export async function waysOfGroup(db: Queryable, groupId: string, now: Date): Promise<readonly Way[]> {
  const rows = await db.query<Row>(
    `SELECT a.id AS "assignmentId", a.role_id AS "roleId", d.display_name AS "customName", d.permissions AS entries, a.principal_id AS "groupId", g.name AS "groupName",
       a.assignment_type AS "assignmentType", a.scope, a.starts_at AS "startsAt", a.ends_at AS "endsAt"
     FROM role_assignments a JOIN groups g ON g.id = a.principal_id LEFT JOIN role_definitions d ON d.id = a.role_id
     WHERE a.principal_id = $2 AND ${inForce('$1')} ORDER BY a.created_at`,
    [now, groupId],
  );
  return rows.flatMap(wayOf);
}

export interface PrincipalFacts {
  readonly id: string;
  readonly type: PrincipalType;
  readonly name: string;
  readonly displayName: string;
  readonly enabled: boolean;
}
const factsSql: Readonly<Record<PrincipalType, string>> = {
  user: `SELECT id, 'user' AS type, user_principal_name AS name, display_name AS "displayName", disabled_at IS NULL AS enabled FROM people WHERE id = $1`,
  group: `SELECT id, 'group' AS type, name, name AS "displayName", true AS enabled FROM groups WHERE id = $1`,
  servicePrincipal: `SELECT id, 'servicePrincipal' AS type, coalesce(body->>'displayName', app_id::text) AS name, coalesce(body->>'displayName', app_id::text) AS "displayName",
    coalesce((body->>'accountEnabled')::boolean, true) AS enabled FROM service_principals WHERE id = $1`,
};
export const principalFacts = (db: Queryable, type: PrincipalType, id: string) =>
  db.first<PrincipalFacts>(factsSql[type], [id]);
