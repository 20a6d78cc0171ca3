import { randomUUID } from 'node:crypto';
import {
  builtInRoles,
  SallyportError,
  type NewPerson,
  type PersonAttributes,
  type PersonChange,
} from '@sallyport/contracts';
import { keepingAnAdministrator, keepingDutiesApart, type Assignments } from '../../access/index.ts';
import { storableJson } from '../../platform/canonical-json.ts';
import type { ModifiedProperty } from '../../platform/audit/index.ts';
import { isUniqueViolation, type Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { recordChange, type ActivityName, type Author } from '../../platform/directory-audit.ts';
import { publishPeople } from './identity-info.ts';
import { membershipTest } from './rules.ts';
import { directoryGroups, directoryPeople, noSuch, type DirectoryPerson, type PersonSource } from './store.ts';

/** As many as one installation keeps. */
const peopleMax = 50_000;
/** https://learn.microsoft.com/entra/fundamentals/users-restore: after that they are gone for good. */
export const deletedKeptMs = 30 * 86_400_000;

export interface Provenance {
  readonly source: PersonSource;
  readonly externalId?: string | null;
}

type Needs = Pick<Platform, 'database' | 'clock' | 'audit' | 'outbox'>;

/** Makes, changes and removes people, each change with its row of `AuditLogs` in the same transaction. */
export function createPeopleCommands(platform: Needs, { assignments }: { readonly assignments: Assignments }) {
  const { database, clock, audit } = platform;

  /** What follows from a change of a person: groups by rule, and what the inventory says. */
  const settle = async (tx: Queryable, person: DirectoryPerson, by: Author): Promise<void> => {
    await settleRules(platform, tx, person, by);
    await publishPeople(platform, [person.id], tx);
  };
  const record = (
    activity: ActivityName,
    { id, userPrincipalName: name }: DirectoryPerson,
    modified: readonly ModifiedProperty[],
    by: Author,
    tx: Queryable,
  ) => recordChange(audit, { activity, target: { id, name }, modified }, by, tx);

  const add = async (input: NewPerson, by: Author, tx: Queryable, from: Provenance): Promise<DirectoryPerson> => {
    await directoryPeople.lock(tx);
    if ((await directoryPeople.count(tx)) >= peopleMax)
      throw new SallyportError('BadRequest', `there are at most ${peopleMax} people`);
    const now = clock.now();
    const person: DirectoryPerson = {
      id: randomUUID(),
      userPrincipalName: input.userPrincipalName,
      displayName: input.displayName,
      attributes: merged({}, input.attributes),
      managerId: await managerOf(tx, input.managerId, undefined),
      source: from.source,
      externalId: from.externalId ?? null,
      createdAt: now,
      modifiedAt: now,
      disabledAt: input.accountEnabled ? null : now,
      deletedAt: null,
      revision: 1,
    };
    await directoryPeople.insert(tx, person);
    await record('Add user', person, differences(undefined, person), by, tx);
    if (input.role !== '')
      await assignments.give(tx, { roleId: builtInRoles[input.role].id, principalId: person.id, principalType: 'user' }, by); // prettier-ignore
    await settle(tx, person, by);
    return person;
  };

  const update = async (
    id: string,
    change: PersonChange,
    by: Author,
    tx: Queryable,
    from?: Provenance,
  ): Promise<DirectoryPerson> => {
    await directoryPeople.lock(tx);
    const before = await directoryPeople.get(tx, id);
    if (from?.source !== 'ldap') refuseMastered(before, change);
    const now = clock.now();
    const enabled = change.accountEnabled ?? before.disabledAt === null;
    const after: DirectoryPerson = {
      ...before,
      userPrincipalName: change.userPrincipalName ?? before.userPrincipalName,
      displayName: change.displayName ?? before.displayName,
      attributes: merged(before.attributes, change.attributes ?? {}),
      managerId: await managerOf(tx, change.managerId === undefined ? before.managerId : change.managerId, before.id),
      source: from?.source ?? before.source,
      externalId: from?.externalId === undefined ? before.externalId : from.externalId,
      modifiedAt: now,
      disabledAt: enabled ? null : (before.disabledAt ?? now),
      revision: before.revision + 1,
    };
    const modified = differences(before, after);
    if (modified.length === 0 && after.source === before.source) return before;
    await keepingAnAdministrator(tx, now, async () => {
      await directoryPeople.change(tx, after);
      await settleRules(platform, tx, after, by);
    });
    await recordUpdate(before, after, modified, by, tx);
    await endWhatIsOver(after, tx);
    await publishPeople(platform, [after.id], tx);
    return after;
  };

  const recordUpdate = async (
    before: DirectoryPerson,
    after: DirectoryPerson,
    modified: readonly ModifiedProperty[],
    by: Author,
    tx: Queryable,
  ): Promise<void> => {
    const switched = (before.disabledAt === null) !== (after.disabledAt === null);
    if (switched)
      await record(after.disabledAt === null ? 'Enable account' : 'Disable account', after, modified, by, tx);
    const rest = modified.filter(({ displayName }) => displayName !== 'AccountEnabled');
    if (rest.length > 0) await record('Update user', after, rest, by, tx);
  };

  /** Sessions of one who is disabled are over for good. */
  const endWhatIsOver = async (after: DirectoryPerson, tx: Queryable): Promise<void> => {
    if (after.disabledAt !== null)
      await tx.execute('UPDATE sessions SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL', [
        after.id,
        clock.now(),
      ]);
  };

  const remove = async (id: string, by: Author, tx: Queryable): Promise<DirectoryPerson> => {
    await directoryPeople.lock(tx);
    const before = await directoryPeople.get(tx, id);
    const now = clock.now();
    const after = { ...before, deletedAt: now, disabledAt: before.disabledAt ?? now, modifiedAt: now };
    await keepingAnAdministrator(tx, now, () => directoryPeople.change(tx, after));
    await record('Delete user', before, [{ displayName: 'IsSoftDeleted', oldValue: false, newValue: true }], by, tx);
    await endWhatIsOver(after, tx);
    await tx.execute('DELETE FROM setup_links WHERE person_id = $1', [before.id]);
    await settle(tx, after, by);
    return after;
  };

  const restore = async (id: string, by: Author, tx: Queryable): Promise<DirectoryPerson> => {
    await directoryPeople.lock(tx);
    const before = await directoryPeople.find(tx, id);
    if (!before || before.deletedAt === null) throw noSuch(id);
    const wasDisabled = before.disabledAt !== null && before.disabledAt.getTime() < before.deletedAt.getTime();
    const after = {
      ...before,
      deletedAt: null,
      disabledAt: wasDisabled ? before.disabledAt : null,
      modifiedAt: clock.now(),
    };
    await directoryPeople.change(tx, after);
    await record('Restore user', after, [{ displayName: 'IsSoftDeleted', oldValue: true, newValue: false }], by, tx);
    await settle(tx, after, by);
    return after;
  };

  const changing = async <T>(work: (tx: Queryable) => Promise<T>, tx?: Queryable): Promise<T> => {
    try {
      return await (tx ? work(tx) : database.transaction(work));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const text = 'Another object with the same value for property userPrincipalName already exists.';
      throw new SallyportError('Conflict', text, { target: 'body.userPrincipalName', cause: error });
    }
  };

  return {
    /** Throws Conflict when the name is taken, BadRequest when there are as many people as there may be. */
    add: (input: NewPerson, by: Author, from: Provenance = { source: 'local' }, tx?: Queryable) =>
      changing((own) => add(input, by, own, from), tx),
    /** Throws NotFound; Conflict for a name that is taken, and where nobody would be left to administer. */
    update: (id: string, change: PersonChange, by: Author, from?: Provenance, tx?: Queryable) =>
      changing((own) => update(id, change, by, own, from), tx),
    /** They are kept for 30 days. Throws NotFound, and Conflict where nobody would be left to administer. */
    remove: (id: string, by: Author, tx?: Queryable) => changing((own) => remove(id, by, own), tx),
    /** Throws NotFound for who is not deleted; Conflict when another bears the name by now. */
    restore: (id: string, by: Author) => changing((own) => restore(id, by, own)),
    /** Those deleted long ago go for good. */
    purge: () =>
      database.execute('DELETE FROM people WHERE deleted_at < $1', [new Date(clock.now().getTime() - deletedKeptMs)]),
  };
}
export type PeopleCommands = ReturnType<typeof createPeopleCommands>;

/** Brings a person into the groups whose rules fit, and out of the others. */
async function settleRules(
  { audit, clock }: Pick<Platform, 'audit' | 'clock'>,
  tx: Queryable,
  person: DirectoryPerson,
  by: Author,
) {
  const inNow = new Set((await directoryGroups.ofPerson(tx, person.id)).map(({ id }) => id));
  for (const group of await directoryGroups.withRule(tx)) {
    const fits = group.membershipRule !== null && membershipTest(group.membershipRule)(person);
    if (fits === inNow.has(group.id)) continue;
    await keepingDutiesApart(tx, [person.id], clock.now(), () =>
      directoryGroups[fits ? 'addMembers' : 'removeMembers'](tx, group.id, [person.id]),
    );
    await recordChange(
      audit,
      {
        activity: fits ? 'Add member to group' : 'Remove member from group',
        target: { id: person.id, name: person.userPrincipalName },
        second: { id: group.id, name: group.name, type: 'Group' },
        modified: { displayName: 'Group.DisplayName', [fits ? 'newValue' : 'oldValue']: group.name },
      },
      by,
      tx,
    );
  }
}

const depthMax = 100;
/** The manager, when that is somebody and not, by however many steps, the person. Throws BadRequest. */
async function managerOf(tx: Queryable, managerId: string | null, personId: string | undefined) {
  if (managerId === null) return null;
  let at: string | null = managerId;
  for (let step = 0; at !== null && step < depthMax; step++) {
    const manager: DirectoryPerson | undefined = await directoryPeople.find(tx, at);
    if ((step === 0 && (!manager || manager.deletedAt !== null)) || at === personId)
      throw new SallyportError('BadRequest', step === 0 && at !== personId ? 'there is no such manager' : 'nobody is above himself', { target: 'body.managerId' }); // prettier-ignore
    at = manager?.managerId ?? null;
  }
  return managerId;
}

/** https://learn.microsoft.com/graph/api/user-update: what a directory elsewhere keeps is changed there. */
function refuseMastered(before: DirectoryPerson, change: PersonChange): void {
  if (before.attributes.onPremisesSyncEnabled !== true) return;
  const changesFacts =
    change.userPrincipalName !== undefined || change.displayName !== undefined || change.attributes !== undefined;
  if (!changesFacts) return;
  throw new SallyportError(
    'BadRequest',
    'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
  );
}

/** Null and an empty list take away. */
function merged(before: PersonAttributes, change: PersonAttributes): PersonAttributes {
  const all = Object.entries({ ...before, ...(storableJson(change) as PersonAttributes) });
  return Object.fromEntries(
    all.filter(([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

function differences(before: DirectoryPerson | undefined, after: DirectoryPerson): ModifiedProperty[] {
  const flat = (person: DirectoryPerson | undefined): Record<string, unknown> =>
    person === undefined
      ? {}
      : {
          UserPrincipalName: person.userPrincipalName,
          DisplayName: person.displayName,
          AccountEnabled: person.disabledAt === null,
          ...(person.managerId === null ? {} : { Manager: person.managerId }),
          ...(person.externalId === null ? {} : { ExternalId: person.externalId }),
          ...Object.fromEntries(
            Object.entries(person.attributes).map(([name, value]) => [
              name.replace(/^./, (c) => c.toUpperCase()),
              value,
            ]),
          ),
        };
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((displayName): ModifiedProperty[] => {
    const [oldValue, newValue] = [old[displayName], now[displayName]];
    if (JSON.stringify(oldValue) === JSON.stringify(newValue)) return [];
    return [
      {
        displayName,
        ...(oldValue === undefined ? {} : { oldValue }),
        ...(newValue === undefined ? {} : { newValue }),
      },
    ];
  });
}
