import { roleNamesOf } from '../../access/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { personColumns, type DirectoryPerson } from './store.ts';

type Seen = DirectoryPerson & { manager: string | null; groups: string[]; strong: boolean };

/** Rows written in one statement. */
const batch = 1_000;

const seenSql = `SELECT ${personColumns}, m.user_principal_name AS manager,
    coalesce((SELECT array_agg(g.name ORDER BY lower(g.name)) FROM group_members x JOIN groups g ON g.id = x.group_id WHERE x.person_id = p.id), '{}') AS groups,
    (EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = p.id) OR EXISTS (SELECT 1 FROM passwords w WHERE w.person_id = p.id AND w.totp_secret_sealed IS NOT NULL)) AS strong
  FROM people p LEFT JOIN people m ON m.id = p.manager_id`;

/**
 * Tells the lake who these people are now: a row of `IdentityInfo` each, as Sentinel writes one when something of a person changes.
 * https://learn.microsoft.com/azure/sentinel/ueba-reference#identityinfo-table
 */
export async function publishPeople(
  { outbox, clock }: Pick<Platform, 'outbox' | 'clock'>,
  ids: readonly string[],
  tx: Queryable,
): Promise<void> {
  for (let from = 0; from < ids.length; from += batch) {
    const rows = await tx.query<Seen>(`${seenSql} WHERE p.id = ANY($1::uuid[])`, [ids.slice(from, from + batch)]);
    await outbox.write('IdentityInfo', await identityRows(tx, rows, 'Sallyport', clock.now()), tx);
  }
}

/** All people anew, so that the inventory keeps those who have not changed for longer than rows are kept. */
export async function publishEverybody({ outbox, clock, database }: Pick<Platform, 'outbox' | 'clock' | 'database'>) {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await database.query<Seen>(
      `${seenSql} WHERE p.id > $1 AND p.deleted_at IS NULL ORDER BY p.id LIMIT $2`,
      [after, batch],
    );
    const last = rows.at(-1);
    if (!last) return;
    await outbox.write('IdentityInfo', await identityRows(database, rows, 'FullSync', clock.now()));
    after = last.id;
  }
}

async function identityRows(db: Queryable, people: readonly Seen[], changeSource: string, now: Date) {
  const roles = await roleNamesOf(db, people.map(({ id }) => id), now); // prettier-ignore
  return people.map((person) => identityRow(person, roles.get(person.id) ?? [], changeSource, now));
}

function identityRow(person: Seen, roles: readonly string[], changeSource: string, now: Date): Record<string, unknown> {
  const { attributes: is, userPrincipalName } = person;
  const [name = '', domain = ''] = userPrincipalName.split('@');
  const extensions = Object.fromEntries(Object.entries(is).filter(([key]) => key.startsWith('extensionAttribute')));
  return {
    TimeGenerated: now.toISOString(),
    AccountObjectId: person.id,
    AccountUPN: userPrincipalName,
    AccountName: is.onPremisesSamAccountName ?? name,
    AccountDomain: is.onPremisesDomainName ?? domain,
    AccountDisplayName: person.displayName,
    AccountCreationTime: person.createdAt.toISOString(),
    AccountSID: is.onPremisesSecurityIdentifier ?? '',
    SAMAccountName: is.onPremisesSamAccountName ?? '',
    OnPremisesDistinguishedName: is.onPremisesDistinguishedName ?? '',
    OnPremisesExtensionAttributes: Object.keys(extensions).length === 0 ? '' : JSON.stringify(extensions),
    GivenName: is.givenName ?? '',
    Surname: is.surname ?? '',
    MailAddress: is.mail ?? userPrincipalName,
    AdditionalMailAddresses: is.otherMails ?? [],
    Phone: is.mobilePhone ?? is.businessPhones?.[0] ?? '',
    JobTitle: is.jobTitle ?? '',
    Department: is.department ?? '',
    CompanyName: is.companyName ?? '',
    EmployeeId: is.employeeId ?? '',
    Manager: person.manager ?? '',
    StreetAddress: is.streetAddress ?? '',
    City: is.city ?? '',
    State: is.state ?? '',
    Country: is.country ?? '',
    AssignedRoles: roles,
    GroupMembership: person.groups,
    IsAccountEnabled: person.disabledAt === null,
    IsMFARegistered: person.strong,
    IsServiceAccount: false,
    UserType: is.userType ?? 'Member',
    ...(person.deletedAt === null ? {} : { DeletedDateTime: person.deletedAt.toISOString() }),
    ChangeSource: changeSource,
    SourceSystem: 'Sallyport',
  };
}
