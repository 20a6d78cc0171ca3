import {
  PersonAttributes,
  PersonDisplayName,
  UserPrincipalName,
  type ClaimMap,
  type RoleName,
} from '@sallyport/contracts';
import { holdsAnything, type Assignments } from '../../access/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { recordChange, type Author } from '../../platform/directory-audit.ts';
import type { GroupCommands } from '../directory/groups.ts';
import type { PeopleCommands } from '../directory/people.ts';
import { directoryPeople, type DirectoryPerson } from '../directory/store.ts';
import type { Check } from '../sign-in.ts';
import type { Claimed } from './connect.ts';
import { federatedIdentities, type ProviderBody, type ProviderRow } from './store.ts';

const attributeClaims = ['givenName', 'surname', 'mail'] as const;
/** More groups than any token has. */
const groupValuesMax = 2_000;

/** What of the claims stands for a person. What does not fit its form is left out. */
export interface ClaimedPerson {
  readonly userPrincipalName: string | undefined;
  /** The provider answers for the name: it has verified the address, or it is a name of its own making. */
  readonly nameIsProven: boolean;
  readonly displayName: string | undefined;
  readonly attributes: PersonAttributes;
  readonly groups: ReadonlySet<string>;
}

export function personOfClaims(claims: Readonly<Record<string, unknown>>, map: ClaimMap): ClaimedPerson {
  const textOf = (name: string): string | undefined => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const attributes: PersonAttributes = Object.assign(
    {},
    ...attributeClaims.map((name) => PersonAttributes.safeParse({ [name]: textOf(map[name]) }).data ?? {}),
  );
  const verified = claims['email_verified'] ?? claims['xms_edov'];
  const groups = Object.hasOwn(claims, map.groups) ? claims[map.groups] : [];
  return {
    userPrincipalName: UserPrincipalName.safeParse(textOf(map.userPrincipalName)).data?.toLowerCase(),
    nameIsProven: map.userPrincipalName !== 'email' || verified === true || verified === 'true',
    displayName: PersonDisplayName.safeParse(textOf(map.displayName)?.slice(0, 128)).data,
    attributes,
    groups: new Set(
      [groups].flat().slice(0, groupValuesMax).filter((one): one is string => typeof one === 'string'), // prettier-ignore
    ),
  };
}

const domainOf = (name: string): string => name.slice(name.lastIndexOf('@') + 1).toLowerCase();
const roleOf = ({ roles }: ProviderBody, { groups }: ClaimedPerson): RoleName | '' =>
  roles.find(({ value }) => groups.has(value))?.role ?? '';

export interface AccountsNeeds {
  readonly people: PeopleCommands;
  readonly groups: GroupCommands;
  readonly assignments: Assignments;
}

/** Finds, links or makes the person here whom a provider means, and keeps what the provider says of her. */
export function createAccounts(
  { database, clock, audit }: Pick<Platform, 'database' | 'clock' | 'audit'>,
  needs: AccountsNeeds,
) {
  // prettier-ignore
  const emergency = async (tx: Queryable, personId: string): Promise<boolean> =>
    (await tx.first('SELECT 1 FROM emergency_accounts WHERE person_id = $1', [personId])) !== undefined;

  /** Who bears the name here, where the provider may speak for it and it is nobody whose rights would come with it. */
  const linkable = async (tx: Queryable, { id }: ProviderRow, person: DirectoryPerson): Promise<boolean> => {
    if ((await holdsAnything(tx, person.id, clock.now())) || (await emergency(tx, person.id))) return false;
    const linked = await tx.first('SELECT 1 FROM federated_identities WHERE provider_id = $1 AND person_id = $2', [
      id,
      person.id,
    ]);
    return linked === undefined;
  };

  const firstTime = async (
    tx: Queryable,
    provider: ProviderRow,
    subject: string,
    claimed: ClaimedPerson,
    by: Author,
  ): Promise<DirectoryPerson | undefined> => {
    const { body } = provider;
    const { userPrincipalName: name, nameIsProven, attributes } = claimed;
    if (name === undefined || !nameIsProven || !body.domains.includes(domainOf(name))) return undefined;
    const bearer = await tx.first<{ id: string }>(
      'SELECT id FROM people WHERE lower(user_principal_name) = $1 AND deleted_at IS NULL',
      [name],
    );
    let person: DirectoryPerson;
    if (bearer) {
      person = await directoryPeople.get(tx, bearer.id);
      if (!body.linkPeople || !(await linkable(tx, provider, person))) return undefined;
    } else {
      if (!body.createPeople) return undefined;
      const displayName = claimed.displayName ?? name;
      person = await needs.people.add(
        { userPrincipalName: name, displayName, role: '', accountEnabled: true, managerId: null, attributes },
        by,
        { source: 'federation', externalId: subject },
        tx,
      );
      await needs.assignments.settleProvider(tx, provider.id, person.id, roleOf(body, claimed), by);
    }
    await federatedIdentities.link(tx, provider.id, subject, person.id, clock.now());
    const identity = { signInType: 'federated', issuer: issuerOf(body), issuerAssignedId: subject };
    const target = { id: person.id, name: person.userPrincipalName };
    await recordChange(audit, { activity: 'Update user', target, modified: { displayName: 'Identities', newValue: [identity] } }, by, tx); // prettier-ignore
    return person;
  };

  /** What the provider says of a person whom it keeps. */
  const refresh = async (
    tx: Queryable,
    { id, body }: ProviderRow,
    claimed: ClaimedPerson,
    person: DirectoryPerson,
    by: Author,
  ) => {
    // prettier-ignore
    if (person.source !== 'federation') return;
    await needs.people.update(
      person.id,
      {
        ...(claimed.displayName === undefined ? {} : { displayName: claimed.displayName }),
        attributes: claimed.attributes,
      },
      by,
      undefined,
      tx,
    );
    await needs.assignments.settleProvider(tx, id, person.id, roleOf(body, claimed), by);
  };

  const settleGroups = async (
    tx: Queryable,
    { body }: ProviderRow,
    { groups }: ClaimedPerson,
    personId: string,
    by: Author,
  ) => {
    // prettier-ignore
    const wanted = new Set(body.groups.filter(({ value }) => groups.has(value)).map(({ groupId }) => groupId));
    const mapped = [...new Set(body.groups.map(({ groupId }) => groupId))];
    const there = await tx.query<{ id: string; member: boolean }>(
      `SELECT g.id, EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = g.id AND m.person_id = $2) AS member
       FROM groups g WHERE g.id = ANY($1::uuid[]) AND g.membership_rule IS NULL ORDER BY g.id`,
      [mapped, personId],
    );
    for (const { id, member } of there) {
      if (wanted.has(id) && !member) await needs.groups.addMembers(id, [personId], by, tx);
      if (!wanted.has(id) && member) await needs.groups.removeMembers(id, [personId], by, { lenient: true }, tx);
    }
  };

  return {
    /** In one transaction: either all of it is so, or nothing. */
    settle: ({ issuer, subject, claims, multiFactor }: Claimed, provider: ProviderRow, by: Author): Promise<Check> =>
      database.transaction(async (tx): Promise<Check> => {
        const { body, id } = provider;
        const claimed = personOfClaims(claims, body.settings.claims);
        const method = multiFactor ? 'federatedMultiFactor' : 'federatedSingleFactor';
        const facts = { method, issuer } as const;
        await directoryPeople.lock(tx);
        const known = await federatedIdentities.personOf(tx, id, subject);
        const person =
          known === undefined
            ? await firstTime(tx, provider, subject, claimed, by)
            : await directoryPeople.get(tx, known);
        if (!person)
          return {
            ...facts,
            outcome: 'federationFailed',
            ...(claimed.userPrincipalName === undefined ? {} : { claimedName: claimed.userPrincipalName }),
          };
        if (person.disabledAt !== null) return { ...facts, outcome: 'disabled', person };
        await refresh(tx, provider, claimed, person, by);
        await settleGroups(tx, provider, claimed, person.id, by);
        await federatedIdentities.used(tx, id, subject, clock.now());
        const now = await directoryPeople.get(tx, person.id);
        if (body.requireMultiFactor && !multiFactor) return { ...facts, outcome: 'moreDemanded', person: now };
        return { ...facts, outcome: 'success', person: now };
      }),
  };
}
export type Accounts = ReturnType<typeof createAccounts>;

const issuerOf = ({ settings }: ProviderBody): string => settings.issuer;
