import { createHmac } from 'node:crypto';
import { PersonAttributes, type SamlNameIdFormat, type SamlSettings, type SamlSource } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { rolesOf, type AppPerson } from '../provider/claims.ts';
import type { UsableApplication } from '../provider/clients.ts';
import { newId } from './response.ts';

/** https://learn.microsoft.com/entra/identity-platform/optional-claims: past it, Entra gives none in SAML. */
const groupsMax = 150;

/** What an application is told of a person, by the map of its settings. */
export async function attributesOf(
  db: Queryable,
  person: AppPerson,
  application: UsableApplication,
  { attributes }: SamlSettings,
): Promise<{ name: string; values: string[] }[]> {
  const row = await db.first<{ attributes: unknown }>('SELECT attributes FROM people WHERE id = $1', [person.id]);
  const is = PersonAttributes.safeParse(row?.attributes).data ?? {};
  const wanted = new Set(attributes.map(({ source }) => source));
  const groups = wanted.has('groups')
    ? await db.query<{ name: string }>(
        'SELECT g.name FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.person_id = $1 ORDER BY lower(g.name) LIMIT $2',
        [person.id, groupsMax + 1],
      )
    : [];
  const values: Readonly<Record<SamlSource, readonly (string | null | undefined)[]>> = {
    objectId: [person.id],
    userPrincipalName: [person.userPrincipalName],
    displayName: [person.displayName],
    givenName: [is.givenName],
    surname: [is.surname],
    mail: [is.mail ?? person.userPrincipalName],
    jobTitle: [is.jobTitle],
    department: [is.department],
    employeeId: [is.employeeId],
    roles: wanted.has('roles') ? await rolesOf(db, person.id, application) : [],
    groups: groups.length > groupsMax ? [] : groups.map(({ name }) => name),
  };
  return attributes.map(({ name, source }) => ({
    name,
    values: values[source].filter((value): value is string => typeof value === 'string' && value !== ''),
  }));
}

/** The name of a person for an application. Persistent: of this application alone, and the same for ever (SAML Core 2.0, 8.3.7). */
export function nameIdOf(
  { sealing }: Pick<Platform, 'sealing'>,
  format: SamlNameIdFormat,
  person: AppPerson,
  appId: string,
): string {
  // prettier-ignore
  if (format === 'transient') return newId();
  if (format !== 'persistent') return person.userPrincipalName;
  return createHmac('sha256', sealing.derive('saml-persistent')).update(`${appId} ${person.id}`).digest('base64url');
}
