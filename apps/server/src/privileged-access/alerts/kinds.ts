import type { AlertId, AlertSettings, PrivilegedTarget } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import { enabledRulesOf, contextOf, type Policies } from '../policies.ts';
import { rolesHolding } from '../../access/index.ts';
import { allRoles } from '../roles.ts';
import { cloudRoleTargets, nameOrId, principalsOf } from '../targets.ts';

/** Something that an alert is about. */
export interface Finding {
  /** The same for as long as it is so. */
  readonly key: string;
  readonly subject: string;
  readonly text: string;
  /** What its mending is done to. */
  readonly assignmentId?: string;
  readonly target?: PrivilegedTarget;
  /** Apart, for clients. Those that were found by an earlier version have none until they are looked for again. */
  readonly facts?: FindingFacts;
}
/** Times are ISO 8601. */
export interface FindingFacts {
  readonly roleId?: string;
  readonly assigneeId?: string;
  readonly assignedAt?: string;
  /** The last activation or sign-in; null: never. */
  readonly lastAt?: string | null;
  /** Of activations, how many and the first. */
  readonly count?: number;
  readonly firstAt?: string;
}

export interface AlertKind {
  readonly displayName: string;
  readonly severity: 'High' | 'Medium' | 'Low';
  readonly description: string;
  readonly prevention: string;
  readonly mitigation: string;
  readonly uses: readonly (keyof AlertSettings)[];
  readonly canFix: boolean;
  find(parts: FindParts): Promise<readonly Finding[]>;
}
export interface FindParts {
  readonly db: Queryable;
  readonly policies: Policies;
  readonly settings: AlertSettings;
  readonly now: Date;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** More are not told one by one. */
const findingsMax = 500;
const outsideDays = 30;
const before = (now: Date, milliseconds: number): Date => new Date(now.getTime() - milliseconds);

interface Row {
  readonly id: string;
  readonly roleId: string;
  readonly name: string;
  readonly since: Date | null;
}
interface HeldRow extends Row {
  readonly assigneeId: string;
  readonly made: Date;
}
/** Of roles, those of clouds too. */
export const roleNames = async (db: Queryable): Promise<ReadonlyMap<string, string>> => {
  const names = new Map((await allRoles(db)).map(({ id, name }) => [id, name]));
  for (const target of await cloudRoleTargets(db)) names.set(target.id, await nameOrId(target, db));
  return names;
};
/** What holds for roles of clouds as for our own. */
const isRole = `h.target_type IN ('role', 'cloudRole')`;
const since = (at: Date | null): string => (at === null ? 'never' : at.toISOString().slice(0, 10));
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const assigned = ({ roleId, assigneeId, made }: HeldRow): FindingFacts => ({
  roleId,
  assigneeId,
  assignedAt: made.toISOString(),
});
const inForce = 'h.removed_at IS NULL AND h.starts_at <= $1 AND (h.ends_at IS NULL OR h.ends_at > $1)';

/** https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-configure-security-alerts */
export const alertKinds: Readonly<Record<AlertId, AlertKind>> = {
  RedundantAssignmentAlert: {
    displayName: "Administrators aren't using their privileged roles",
    severity: 'Low',
    description: 'Privileged roles that nobody uses widen what an attacker can take, and go unnoticed.',
    prevention: 'Make people eligible for what their work needs, and review it regularly.',
    mitigation: 'Remove eligible assignments that are not used.',
    uses: ['days'],
    canFix: true,
    find: async ({ db, settings, now }) => {
      const names = await roleNames(db);
      const rows = await db.query<HeldRow>(
        `SELECT h.id, h.target_id AS "roleId", h.principal_id AS "assigneeId", h.created_at AS made, p.user_principal_name AS name,
           (SELECT max(a.starts_at) FROM privileged_holdings a WHERE a.activated_from = h.id) AS since
         FROM privileged_holdings h JOIN people p ON p.id = h.principal_id
         WHERE ${isRole} AND h.kind = 'eligible' AND ${inForce} AND h.created_at <= $2
           AND NOT EXISTS (SELECT 1 FROM privileged_holdings a WHERE a.activated_from = h.id AND a.starts_at > $2) ORDER BY h.created_at LIMIT ${findingsMax}`,
        [now, before(now, settings.days * dayMs)],
      );
      return rows.map((row) => ({
        key: row.id,
        subject: row.name,
        text: `eligible for ${names.get(row.roleId) ?? row.roleId}, last activated: ${since(row.since)}`,
        assignmentId: row.id,
        facts: { roleId: row.roleId, assigneeId: row.assigneeId, lastAt: iso(row.since) },
      }));
    },
  },
  NoMfaOnRoleActivationAlert: {
    displayName: "Roles don't require multifactor authentication for activation",
    severity: 'Low',
    description: 'Without multifactor authentication, whoever has taken an account can activate its roles.',
    prevention: 'Require multifactor authentication or an authentication context in the settings of each role.',
    mitigation: 'Require multifactor authentication for the role.',
    uses: [],
    canFix: true,
    find: async ({ db, policies }) => {
      const roles = (await allRoles(db)).map(({ id }): PrivilegedTarget => ({ type: 'role', id, access: '' }));
      const names = await roleNames(db);
      const all = await policies.of([...roles, ...(await cloudRoleTargets(db))], db);
      return all.flatMap((policy) => {
        const { target } = policy;
        const safe =
          enabledRulesOf(policy, 'Enablement_EndUser_Assignment').includes('MultiFactorAuthentication') ||
          contextOf(policy) !== undefined;
        const text = 'is activated without multifactor authentication';
        const subject = names.get(target.id) ?? target.id;
        return safe ? [] : [{ key: target.id, subject, text, target, facts: { roleId: target.id } }];
      });
    },
  },
  StaleSignInAlert: {
    displayName: 'Potential stale accounts in a privileged role',
    severity: 'Medium',
    description: 'Accounts that have not signed in of late may be forgotten, and nobody notices when they are taken.',
    prevention: 'Review accounts with privileged roles regularly.',
    mitigation: 'Remove the assignments of accounts that are not needed.',
    uses: ['days'],
    canFix: true,
    find: async ({ db, settings, now }) => {
      const names = await roleNames(db);
      const rows = await db.query<HeldRow>(
        `SELECT * FROM (SELECT h.id, h.target_id AS "roleId", h.principal_id AS "assigneeId", h.created_at AS made, p.user_principal_name AS name, p.created_at AS "personSince", greatest(
             (SELECT max(s.last_seen_at) FROM sessions s WHERE s.person_id = p.id), (SELECT w.last_used_at FROM passwords w WHERE w.person_id = p.id),
             (SELECT max(k.last_used_at) FROM passkeys k WHERE k.person_id = p.id)) AS since
           FROM privileged_holdings h JOIN people p ON p.id = h.principal_id WHERE ${isRole} AND h.assignment_type = 'Assigned' AND ${inForce} AND p.deleted_at IS NULL) s
         WHERE coalesce(since, "personSince") < $2 ORDER BY since NULLS FIRST, id LIMIT ${findingsMax}`,
        [now, before(now, Math.max(1, settings.days) * dayMs)],
      );
      return rows.map((row) => ({
        key: row.id,
        subject: row.name,
        text: `has ${names.get(row.roleId) ?? row.roleId}, last sign-in: ${since(row.since)}`,
        assignmentId: row.id,
        facts: { ...assigned(row), lastAt: iso(row.since) },
      }));
    },
  },
  RolesAssignedOutsidePrivilegedIdentityManagementAlert: {
    displayName: 'Roles are being assigned outside of Privileged Identity Management',
    severity: 'High',
    description: 'What is assigned past requests and policies is not watched, and may be an attack.',
    prevention: 'Assign roles by privileged access, and let few manage authorization.',
    mitigation: 'Remove the assignment, or make the person eligible in its place.',
    uses: [],
    canFix: true,
    find: async ({ db, now }) => {
      const names = await roleNames(db);
      const rows = await db.query<HeldRow & { readonly by: string }>(
        `SELECT h.id, h.role_id AS "roleId", h.principal_id AS "assigneeId", h.created_at AS made, coalesce(p.user_principal_name, g.name, h.principal_id::text) AS name, h.created_at AS since, h.created_by AS by
         FROM role_assignments h LEFT JOIN people p ON p.id = h.principal_id LEFT JOIN groups g ON g.id = h.principal_id
         WHERE h.kind = 'active' AND h.assignment_type = 'Assigned' AND h.request_id IS NULL AND ${inForce} AND h.created_at > $2
         ORDER BY h.created_at DESC, h.id LIMIT ${findingsMax}`,
        [now, before(now, outsideDays * dayMs)],
      );
      return rows.map((row) => ({
        key: row.id,
        subject: row.name,
        text: `was assigned ${names.get(row.roleId) ?? row.roleId} by ${row.by} on ${since(row.since)}`,
        assignmentId: row.id,
        facts: assigned(row),
      }));
    },
  },
  TooManyGlobalAdminsAssignedToTenantAlert: {
    displayName: 'There are too many global administrators',
    severity: 'Low',
    description: 'Each who manages authorization can reach everything: the fewer, the less can be taken.',
    prevention: 'Give people roles that hold no more than their work needs.',
    mitigation: 'Remove assignments of roles that manage authorization.',
    uses: ['globalAdminCountThreshold', 'percentageOfGlobalAdminsOutOfRolesThreshold'],
    canFix: false,
    find: async ({ db, settings, now }) => {
      const counted = await db.first<{ all: number; admins: string[] | null }>(
        `SELECT count(DISTINCT h.principal_id)::int AS all, array_agg(DISTINCT h.principal_id::text) FILTER (WHERE h.role_id = ANY($2)) AS admins
         FROM role_assignments h WHERE h.principal_type = 'user' AND h.assignment_type = 'Assigned' AND ${inForce}`,
        [now, await rolesHolding(db, 'authorization.manage')],
      );
      const admins = counted?.admins ?? [];
      const percentage = (100 * admins.length) / Math.max(1, counted?.all ?? 0);
      const reached =
        admins.length >= settings.globalAdminCountThreshold &&
        percentage >= settings.percentageOfGlobalAdminsOutOfRolesThreshold;
      if (!reached) return [];
      const people = await principalsOf(admins, db);
      return admins.slice(0, findingsMax).map((id) => ({
        key: id,
        subject: people.get(id)?.name ?? id,
        text: `manages authorization, as do ${admins.length} of ${counted?.all ?? 0} people with a role (${Math.round(percentage)} %)`,
        facts: { assigneeId: id },
      }));
    },
  },
  SequentialActivationRenewalsAlert: {
    displayName: 'Roles are being activated too frequently',
    severity: 'Low',
    description: 'Many activations of a role by the same person are a sign of an attack, or of too short a time.',
    prevention: 'Let the longest activation of a role be as long as its work takes.',
    mitigation: 'Look at what the activations were for; lengthen them, or assign the role for a time.',
    uses: ['sequentialActivationCounterThreshold', 'timeIntervalHours'],
    canFix: false,
    find: async ({ db, settings, now }) => {
      const names = await roleNames(db);
      const rows = await db.query<HeldRow & { readonly n: number }>(
        `SELECT p.id, p.id AS "assigneeId", h.target_id AS "roleId", p.user_principal_name AS name, min(h.starts_at) AS made, max(h.starts_at) AS since, count(*)::int AS n
         FROM privileged_holdings h JOIN people p ON p.id = h.principal_id
         WHERE ${isRole} AND h.assignment_type = 'Activated' AND h.starts_at > $1 AND h.starts_at <= $2
         GROUP BY p.id, h.target_id, p.user_principal_name HAVING count(*) >= $3 ORDER BY count(*) DESC LIMIT ${findingsMax}`,
        [before(now, settings.timeIntervalHours * hourMs), now, settings.sequentialActivationCounterThreshold],
      );
      return rows.map((row) => ({
        key: `${row.id} ${row.roleId}`,
        subject: row.name,
        text: `activated ${names.get(row.roleId) ?? row.roleId} ${row.n} times within ${settings.timeIntervalHours} hours`,
        facts: {
          roleId: row.roleId,
          assigneeId: row.assigneeId,
          count: row.n,
          firstAt: row.made.toISOString(),
          lastAt: iso(row.since),
        },
      }));
    },
  },
  CloudAccessNotAppliedAlert: {
    displayName: 'A cloud does not give or take away what it should',
    severity: 'High',
    description: 'What is over but stands in a cloud can still be used there; what is granted but not there can not.',
    prevention: 'Let the connection’s application manage role assignments over every scope of its roles.',
    mitigation: 'Mend what the cloud says; it is asked again by itself, every five minutes at the least.',
    uses: [],
    canFix: false,
    find: async ({ db }) => {
      const names = await roleNames(db);
      const rows = await db.query<Row & { readonly state: string; readonly error: string }>(
        `SELECT g.id, g.cloud_role_id AS "roleId", coalesce(p.user_principal_name, q.name, g.principal_id::text) AS name, g.changed_at AS since, g.state, g.last_error AS error
         FROM cloud_grants g LEFT JOIN people p ON p.id = g.principal_id LEFT JOIN groups q ON q.id = g.principal_id
         WHERE g.state IN ('PendingProvisioning', 'PendingRevocation') AND g.last_error IS NOT NULL ORDER BY g.changed_at, g.id LIMIT ${findingsMax}`,
      );
      return rows.map(({ id, roleId, name, since: at, state, error }) => ({
        key: `${id} ${state}`,
        subject: name,
        text: `${state === 'PendingRevocation' ? 'still has' : 'is not given'} ${names.get(roleId) ?? roleId} since ${since(at)}: ${error}`,
      }));
    },
  },
};
