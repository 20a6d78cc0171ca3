import { randomUUID } from 'node:crypto';
import { SallyportError, type GroupChange } from '@sallyport/contracts';
import { holdsAnything, keepingAnAdministrator, keepingDutiesApart } from '../../access/index.ts';
import { isUniqueViolation, type Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { recordChange, type Author } from '../../platform/directory-audit.ts';
import { publishPeople } from './identity-info.ts';
import { membershipTest } from './rules.ts';
import {
  directoryGroups,
  directoryPeople,
  noSuch,
  personColumns,
  type DirectoryGroup,
  type DirectoryPerson,
  type PersonSource,
} from './store.ts';

const groupsMax = 1_000;
/** Members named in one call. */
export const membersMax = 1_000;

type Needs = Pick<Platform, 'database' | 'clock' | 'audit' | 'outbox'>;
export interface NewGroup extends GroupChange {
  readonly id?: string;
  readonly name: string;
  readonly externalId?: string | null;
  readonly source?: PersonSource;
}

/** Makes, changes and removes groups and memberships, each change with its row of `AuditLogs` in the same transaction. */
export function createGroupCommands(platform: Needs) {
  const { database, clock, audit } = platform;

  const recordMember = (
    group: DirectoryGroup,
    { id, name }: { id: string; name: string },
    added: boolean,
    by: Author,
    tx: Queryable,
  ) =>
    recordChange(
      audit,
      {
        activity: added ? 'Add member to group' : 'Remove member from group',
        target: { id, name },
        second: { id: group.id, name: group.name, type: 'Group' },
        modified: { displayName: 'Group.DisplayName', [added ? 'newValue' : 'oldValue']: group.name },
      },
      by,
      tx,
    );

  const join = async (group: DirectoryGroup, ids: readonly string[], by: Author, tx: Queryable) => {
    const added = await keepingDutiesApart(tx, ids, clock.now(), () => directoryGroups.addMembers(tx, group.id, ids));
    for (const person of added) await recordMember(group, person, true, by, tx);
    return added.map(({ id }) => id);
  };
  const leave = async (group: DirectoryGroup, ids: readonly string[], by: Author, tx: Queryable) => {
    const removed = await keepingAnAdministrator(tx, clock.now(), () =>
      directoryGroups.removeMembers(tx, group.id, ids),
    );
    for (const person of removed) await recordMember(group, person, false, by, tx);
    return removed.map(({ id }) => id);
  };
  /** Members are then those that the rule fits. */
  const followRule = async (group: DirectoryGroup, rule: string, by: Author, tx: Queryable): Promise<void> => {
    const test = membershipTest(rule);
    const people = await tx.query<DirectoryPerson>(`SELECT ${personColumns} FROM people p WHERE p.deleted_at IS NULL`);
    const fitting = new Set(people.filter(test).map(({ id }) => id));
    const members = await directoryGroups.memberIds(tx, group.id);
    const changed = [
      ...(await join(group, [...fitting], by, tx)),
      ...(await leave(group, members.filter((id) => !fitting.has(id)), by, tx)), // prettier-ignore
    ];
    await publishPeople(platform, changed, tx);
  };

  const changing = async <T>(work: (tx: Queryable) => Promise<T>, tx?: Queryable): Promise<T> => {
    const locked = async (own: Queryable) => {
      await directoryPeople.lock(own);
      return work(own);
    };
    try {
      return await (tx ? locked(tx) : database.transaction(locked));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new SallyportError('Conflict', 'there is a group of this name', { target: 'body.name', cause: error });
    }
  };
  /** Who is in a group that holds roles is somebody's decision, and no fact that people say of themselves. */
  const refuseRuleOfRoles = async (after: DirectoryGroup, before: DirectoryGroup, tx: Queryable): Promise<void> => {
    if (after.membershipRule === null || before.membershipRule !== null) return;
    if (await holdsAnything(tx, after.id, clock.now()))
      throw new SallyportError('Conflict', 'this group holds a role, so its members can’t follow from a rule');
  };
  const refuseRule = ({ membershipRule, name }: DirectoryGroup) => {
    if (membershipRule === null) return;
    throw new SallyportError('BadRequest', `the members of ${name} follow from its rule and can't be assigned`);
  };
  const membersThatAre = async (ids: readonly string[], tx: Queryable) => {
    if (ids.length > membersMax)
      throw new SallyportError('BadRequest', `at most ${membersMax} members in one call`, { target: 'body.members' });
    const found = await Promise.all(ids.map(async (id) => (await directoryPeople.get(tx, id)).id));
    return [...new Set(found)];
  };

  const add = async (input: NewGroup, by: Author, tx: Queryable): Promise<DirectoryGroup> => {
    if ((await directoryGroups.count(tx)) >= groupsMax)
      throw new SallyportError('BadRequest', `there are at most ${groupsMax} groups`);
    const now = clock.now();
    const group: DirectoryGroup = {
      id: input.id ?? randomUUID(),
      name: input.name,
      description: input.description ?? null,
      membershipRule: input.membershipRule ?? null,
      externalId: input.externalId ?? null,
      source: input.source ?? 'local',
      createdAt: now,
      modifiedAt: now,
      revision: 1,
    };
    await directoryGroups.insert(tx, group);
    const { id, name } = group;
    const modified = [{ displayName: 'DisplayName', newValue: name }, ...ruleChange(null, group.membershipRule)];
    await recordChange(audit, { activity: 'Add group', target: { id, name }, modified }, by, tx);
    if (group.membershipRule !== null) await followRule(group, group.membershipRule, by, tx);
    return group;
  };

  const update = async (
    id: string,
    change: GroupChange & { externalId?: string | null },
    by: Author,
    tx: Queryable,
  ) => {
    const before = await directoryGroups.get(tx, id);
    const after: DirectoryGroup = {
      ...before,
      name: change.name ?? before.name,
      description: change.description === undefined ? before.description : change.description,
      membershipRule: change.membershipRule === undefined ? before.membershipRule : change.membershipRule,
      externalId: change.externalId === undefined ? before.externalId : change.externalId,
      modifiedAt: clock.now(),
      revision: before.revision + 1,
    };
    const modified = [
      ...(before.name === after.name
        ? []
        : [{ displayName: 'DisplayName', oldValue: before.name, newValue: after.name }]),
      ...(before.description === after.description
        ? []
        : [{ displayName: 'Description', oldValue: before.description, newValue: after.description }]),
      ...ruleChange(before.membershipRule, after.membershipRule),
    ];
    if (modified.length === 0 && before.externalId === after.externalId) return before;
    await refuseRuleOfRoles(after, before, tx);
    await directoryGroups.change(tx, after);
    await recordChange(audit, { activity: 'Update group', target: { id, name: after.name }, modified }, by, tx);
    if (after.membershipRule !== null && after.membershipRule !== before.membershipRule)
      await followRule(after, after.membershipRule, by, tx);
    else if (before.name !== after.name) await publishPeople(platform, await directoryGroups.memberIds(tx, id), tx);
    return after;
  };

  return {
    /** Throws Conflict when the name is taken, BadRequest for a rule that is none. `members`: ids or names. */
    add: (input: NewGroup, members: readonly string[], by: Author, within?: Queryable) =>
      changing(async (tx) => {
        const group = await add(input, by, tx);
        if (members.length > 0) {
          refuseRule(group);
          await publishPeople(platform, await join(group, await membersThatAre(members, tx), by, tx), tx);
        }
        return group;
      }, within),
    /** Throws NotFound, Conflict, BadRequest. */
    update: (id: string, change: GroupChange & { externalId?: string | null }, by: Author, tx?: Queryable) =>
      changing((own) => update(id, change, by, own), tx),
    remove: (id: string, by: Author) =>
      changing(async (tx) => {
        const { name } = await directoryGroups.get(tx, id);
        const members = await directoryGroups.memberIds(tx, id);
        await keepingAnAdministrator(tx, clock.now(), () => directoryGroups.remove(tx, id));
        await recordChange(audit, { activity: 'Delete group', target: { id, name } }, by, tx);
        await publishPeople(platform, members, tx);
        return name;
      }),
    /** Ids or names of people; throws NotFound when one is nobody, BadRequest for a group with a rule. */
    addMembers: (id: string, members: readonly string[], by: Author, tx?: Queryable) =>
      changing(async (own) => {
        const group = await directoryGroups.get(own, id);
        refuseRule(group);
        await publishPeople(platform, await join(group, await membersThatAre(members, own), by, own), own);
      }, tx),
    /** Throws NotFound when one is no member. */
    removeMembers: (id: string, members: readonly string[], by: Author, { lenient = false } = {}, tx?: Queryable) =>
      changing(async (own) => {
        const group = await directoryGroups.get(own, id);
        refuseRule(group);
        const removed = await leave(group, members, by, own);
        if (!lenient && removed.length < members.length)
          throw noSuch(members.find((one) => !removed.includes(one)) ?? '');
        await publishPeople(platform, removed, own);
      }, tx),
    /** Members are then exactly these. */
    setMembers: (id: string, members: readonly string[], by: Author, tx?: Queryable) =>
      changing(async (own) => {
        const group = await directoryGroups.get(own, id);
        refuseRule(group);
        const wanted = await membersThatAre(members, own);
        const have = await directoryGroups.memberIds(own, id);
        const joined = await join(group, wanted, by, own);
        const left = await leave(group, have.filter((one) => !wanted.includes(one)), by, own); // prettier-ignore
        await publishPeople(platform, [...joined, ...left], own);
      }, tx),
  };
}
export type GroupCommands = ReturnType<typeof createGroupCommands>;

const ruleChange = (before: string | null, after: string | null) =>
  before === after ? [] : [{ displayName: 'MembershipRule', oldValue: before, newValue: after }];
