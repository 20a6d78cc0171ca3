import { randomUUID } from 'node:crypto';
import {
  builtInRoles,
  SallyportError,
  wholeScope,
  type AssignmentScope,
  type GrantedPermission,
  type NewRoleAssignment,
  type PrincipalType,
  type RoleName,
} from '@sallyport/contracts';
import { recordChange, type Author } from '../platform/directory-audit.ts';
import type { Caller } from '../platform/http/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { keepingAnAdministrator } from './administrators.ts';
import { assignmentRows, isWhole, scopeOf, type AssignmentRow } from './assignment-store.ts';
import { keepingDutiesApart } from './duties.ts';
import { grantedOver } from './effective.ts';
import { refuseBeyond } from './reach.ts';
import { roleOf, type KnownRole } from './role-store.ts';

/** Of one principal, that are not over. */
const assignmentsOfOneMax = 200;

/** Tells the lake who these people are by now: `IdentityInfo`. */
export type PublishPeople = (ids: readonly string[], tx: Queryable) => Promise<void>;

export interface Gift {
  readonly roleId: string;
  readonly principalId: string;
  readonly principalType: PrincipalType;
  /** Default: everything. */
  readonly scope?: AssignmentScope;
  /** Default: now. */
  readonly startsAt?: Date;
  /** Default: no end. */
  readonly endsAt?: Date | null;
  readonly justification?: string;
  /** The identity provider by whose mapping it is given. */
  readonly providerId?: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
  /** Of a group: who is in it follows from what people say of themselves. */
  readonly byRule?: boolean;
}
/** `$1` an id. Those that there are. */
const principalSql: Readonly<Record<PrincipalType, string>> = {
  user: 'SELECT id, user_principal_name AS name FROM people WHERE id = $1 AND deleted_at IS NULL',
  group: 'SELECT id, name, membership_rule IS NOT NULL AS "byRule" FROM groups WHERE id = $1',
  servicePrincipal: `SELECT id, coalesce(body->>'displayName', app_id::text) AS name FROM service_principals WHERE id = $1`,
};
const principal = (db: Queryable, type: PrincipalType, id: string) => db.first<Named>(principalSql[type], [id]);
/** Whose rights an assignment to this principal is about. */
const peopleOf = async (db: Queryable, type: PrincipalType, id: string): Promise<readonly string[]> => {
  if (type === 'user') return [id];
  if (type === 'servicePrincipal') return [];
  const rows = await db.query<{ id: string }>('SELECT person_id AS id FROM group_members WHERE group_id = $1', [id]);
  return rows.map((row) => row.id);
};

/** Gives and ends assignments, each with its row of `AuditLogs` in the same transaction. */
export function createAssignments(platform: Pick<Platform, 'database' | 'clock' | 'audit'>, publish: PublishPeople) {
  const { database, clock, audit } = platform;

  const record = (
    activity: 'Add member to role' | 'Remove member from role',
    type: PrincipalType,
    target: Named,
    role: KnownRole | Named,
    by: Author,
    tx: Queryable,
  ) => {
    const value = activity === 'Add member to role' ? { newValue: role.name } : { oldValue: role.name };
    const modified = [{ displayName: 'Role.DisplayName', ...value }];
    const second = { id: role.id, name: role.name, type: 'Role' };
    return recordChange(audit, { activity, target, thing: type, modified, second }, by, tx);
  };

  /** Asks nobody's rights. Throws NotFound, BadRequest, and Conflict where duties are to be apart. */
  const give = async (tx: Queryable, gift: Gift, by: Author): Promise<AssignmentRow> => {
    const { principalId, principalType, providerId } = gift;
    const now = clock.now();
    const role = await roleOf(tx, gift.roleId);
    if (!role) throw new SallyportError('NotFound', 'there is no such role', { target: 'body.roleId' });
    const target = await principal(tx, principalType, principalId);
    if (!target) throw new SallyportError('NotFound', `there is no such ${principalType}`, { target: 'body.principalId' }); // prettier-ignore
    if (target.byRule === true)
      throw new SallyportError('BadRequest', 'a group whose members follow from a rule can’t hold a role', { target: 'body.principalId' }); // prettier-ignore
    const [startsAt, endsAt] = [gift.startsAt ?? now, gift.endsAt ?? null];
    if (endsAt !== null && (endsAt <= startsAt || endsAt <= now))
      throw new SallyportError('BadRequest', 'it would end before it begins', { target: 'body.endsAt' });
    if ((await assignmentRows.ofPrincipal(tx, principalId, now)).length >= assignmentsOfOneMax)
      throw new SallyportError('BadRequest', `at most ${assignmentsOfOneMax} assignments of one principal`);
    const scope = gift.scope ?? wholeScope;
    const row: AssignmentRow = {
      id: randomUUID(),
      roleId: role.id,
      principalId,
      principalType,
      kind: 'active',
      assignmentType: 'Assigned',
      scope: isWhole(scope) ? {} : scope,
      startsAt,
      endsAt,
      removedAt: null,
      removedBy: null,
      createdAt: now,
      createdBy: by.name,
      justification: gift.justification ?? '',
      providerId: providerId ?? null,
    };
    const people = await peopleOf(tx, principalType, principalId);
    await keepingDutiesApart(tx, people, now, () => assignmentRows.insert(tx, row));
    await record('Add member to role', principalType, target, role, by, tx);
    await publish(people, tx);
    return row;
  };

  /** Asks nobody's rights. Nothing happens to what is over already. Throws Conflict for the last administrator's. */
  const end = async (tx: Queryable, row: AssignmentRow, by: Author): Promise<void> => {
    const now = clock.now();
    const ended = await keepingAnAdministrator(tx, now, () => assignmentRows.end(tx, row.id, now, by.name));
    if (!ended) return;
    const { principalType: type, principalId: id } = row;
    const role = (await roleOf(tx, row.roleId)) ?? { id: row.roleId, name: row.roleId };
    const target = (await principal(tx, type, id)) ?? { id, name: id };
    await record('Remove member from role', type, target, role, by, tx);
    await publish(await peopleOf(tx, type, id), tx);
  };

  const grantsOf = async (tx: Queryable, row: { readonly roleId: string }, scope: AssignmentScope) =>
    grantedOver((await roleOf(tx, row.roleId))?.permissions ?? new Set<GrantedPermission>(), scope);

  /** Nobody gives to themselves: not directly, and through a group of theirs only what they hold. */
  const refuseOneself = async (tx: Queryable, caller: Caller, wish: NewRoleAssignment): Promise<void> => {
    const { personId } = caller;
    if (personId === undefined) return;
    const people = await peopleOf(tx, wish.principalType, wish.principalId);
    if (!people.includes(personId)) return;
    const given = await grantsOf(tx, wish, wish.scope);
    const gains = [...given].some((permission) => !caller.permissions.has(permission));
    if (wish.principalType === 'user' || gains)
      throw new SallyportError('Conflict', 'nobody assigns a role to themselves', { target: 'body.principalId' });
  };

  return {
    give,
    end,
    /** As somebody who asks for it. Throws Forbidden for what is beyond them, and Conflict for themselves. */
    assign: (caller: Caller, wish: NewRoleAssignment, by: Author): Promise<AssignmentRow> =>
      database.transaction(async (tx) => {
        await refuseOneself(tx, caller, wish);
        refuseBeyond(caller.grants, await grantsOf(tx, wish, wish.scope), wish.scope);
        const { startsAt, endsAt, ...rest } = wish;
        return give(
          tx,
          {
            ...rest,
            ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
            endsAt: endsAt === null ? null : new Date(endsAt),
          },
          by,
        );
      }),
    /** As somebody who asks for it. Answers what was ended. Throws NotFound, Forbidden, Conflict. */
    endAs: (caller: Caller, id: string, by: Author): Promise<AssignmentRow> =>
      database.transaction(async (tx) => {
        const row = await assignmentRows.get(tx, id);
        if (!row || row.kind !== 'active') throw new SallyportError('NotFound', 'there is no such assignment');
        const scope = scopeOf(row.scope) ?? wholeScope;
        refuseBeyond(caller.grants, await grantsOf(tx, row, scope), scope);
        await end(tx, row, by);
        return row;
      }),
    /** What an identity provider's mapping gives a person now: this role or none. */
    settleProvider: async (tx: Queryable, providerId: string, personId: string, role: RoleName | '', by: Author) => {
      const roleId = role === '' ? undefined : builtInRoles[role].id;
      const given = (await assignmentRows.ofPrincipal(tx, personId, clock.now())).filter(
        (row) => row.providerId === providerId,
      );
      if (roleId !== undefined && !given.some((row) => row.roleId === roleId))
        await give(tx, { roleId, principalId: personId, principalType: 'user', providerId }, by);
      for (const row of given) if (row.roleId !== roleId) await end(tx, row, by);
    },
  };
}
export type Assignments = ReturnType<typeof createAssignments>;
