import { z } from 'zod';
import { roleNames } from './roles.ts';

/** People as a directory knows them, in the names of Microsoft Graph's `user`. https://learn.microsoft.com/graph/api/resources/user */

const text = z.string().trim().min(1).max(256).nullable();
const texts = z.array(z.string().trim().min(1).max(256)).max(50);
const extensionAttributes = Object.fromEntries(
  Array.from({ length: 15 }, (_, i) => [`extensionAttribute${i + 1}`, text] as const),
) as Record<`extensionAttribute${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15}`, typeof text>;

/** What may be known of a person beside the names. Null: not known. */
export const PersonAttributes = z
  .object({
    givenName: text,
    surname: text,
    mail: z.email().max(254).nullable(),
    jobTitle: text,
    department: text,
    companyName: text,
    officeLocation: text,
    streetAddress: text,
    city: text,
    state: text,
    postalCode: text,
    country: text,
    employeeId: text,
    employeeType: text,
    mobilePhone: text,
    preferredLanguage: text,
    /** ISO 3166-1 alpha-2. */
    usageLocation: z
      .string()
      .regex(/^[A-Z]{2}$/, 'a country of two capital letters')
      .nullable(),
    userType: z.enum(['Member', 'Guest']).nullable(),
    businessPhones: texts,
    otherMails: texts,
    proxyAddresses: texts,
    onPremisesSyncEnabled: z.boolean().nullable(),
    onPremisesDistinguishedName: z.string().max(2_048).nullable(),
    onPremisesDomainName: text,
    onPremisesSamAccountName: text,
    onPremisesSecurityIdentifier: text,
    onPremisesImmutableId: text,
    ...extensionAttributes,
  })
  .partial();
export type PersonAttributes = z.infer<typeof PersonAttributes>;

export const UserPrincipalName = z.email().max(254).describe('User principal name, `name@domain`');
export const PersonDisplayName = z.string().trim().min(1).max(128);
export const RoleNameOrNone = z
  .enum(['', ...roleNames])
  .describe('A built-in role, over everything; empty: no rights here');

export const NewPerson = z.object({
  userPrincipalName: UserPrincipalName,
  displayName: PersonDisplayName,
  role: RoleNameOrNone.default(''),
  accountEnabled: z.boolean().default(true),
  managerId: z.uuid().nullable().default(null),
  attributes: PersonAttributes.default({}),
});
export type NewPerson = z.infer<typeof NewPerson>;

/** What is left out stays as it is; of `attributes` too. */
export const PersonChange = z
  .object({
    userPrincipalName: UserPrincipalName,
    displayName: PersonDisplayName,
    accountEnabled: z.boolean(),
    managerId: z.uuid().nullable(),
    attributes: PersonAttributes,
  })
  .partial();
export type PersonChange = z.infer<typeof PersonChange>;

/** A group's name stands in assignments and in conditions, so some characters are not in it. */
export const GroupName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^@[\],\r\n]+$/, 'a name without @, comma and brackets')
  .refine((name) => name.toLowerCase() !== 'none', '`none` stands for nobody');
/** https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership */
export const MembershipRule = z.string().trim().min(1).max(3_072);

export const GroupChange = z
  .object({
    name: GroupName,
    description: z.string().trim().max(1_024).nullable(),
    /** Null: members are assigned. */
    membershipRule: MembershipRule.nullable(),
  })
  .partial();
export type GroupChange = z.infer<typeof GroupChange>;
