import { z } from 'zod';
import { mailDomain } from './federation.ts';

/** LDAP directories (RFC 4511) that people sign in against, and that people and groups are brought from. */

const attribute = z
  .string()
  .trim()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'the name of an attribute');
const filter = z
  .string()
  .trim()
  .max(2_048)
  .regex(/^\(.*\)$/s, 'a filter in brackets (RFC 4515)');
const dn = z.string().trim().max(1_024);

/** Which attributes of an entry say what of a person. */
export const LdapAttributes = z.object({
  /** What never changes and is never given again: `entryUUID`, Active Directory’s `objectGUID`. */
  id: attribute.default('entryUUID'),
  /** `name@domain`, with a domain of the directory. Active Directory’s `userPrincipalName`. */
  userPrincipalName: attribute.default('mail'),
  displayName: attribute.default('cn'),
  givenName: attribute.default('givenName'),
  surname: attribute.default('sn'),
  mail: attribute.default('mail'),
  jobTitle: attribute.default('title'),
  department: attribute.default('departmentNumber'),
  /** Active Directory’s `sAMAccountName`. */
  accountName: attribute.default('uid'),
  /** When an entry last changed. Active Directory’s `whenChanged`. */
  modified: attribute.default('modifyTimestamp'),
});

export const LdapSettings = z.object({
  host: z
    .string()
    .trim()
    .toLowerCase()
    .min(1)
    .max(253)
    .regex(/^([a-z0-9.-]+|[0-9a-f:.]+)$/, 'a host name or an address'),
  port: z.int().min(1).max(65_535),
  /** `none`: passwords go over the line for all to read. Only for a line that nobody else is on. */
  encryption: z.enum(['ldaps', 'startTls', 'none']),
  /** PEM of the authorities that its certificate may be by. Empty: the public ones, and those of NODE_EXTRA_CA_CERTS. */
  authorities: z.string().max(65_536).default(''),
  /** Who asks. Empty: nobody, which few directories answer. */
  bindDn: dn.default(''),
  peopleBase: dn.min(1),
  peopleFilter: filter.default('(objectClass=inetOrgPerson)'),
  /** Who of them is disabled. Empty: nobody. Active Directory: `(userAccountControl:1.2.840.113556.1.4.803:=2)`. */
  disabledFilter: z.union([z.literal(''), filter]).default(''),
  attributes: LdapAttributes.prefault({}),
  /** Empty: no groups are brought. */
  groupsBase: dn.default(''),
  groupsFilter: filter.default('(objectClass=groupOfNames)'),
  groupName: attribute.default('cn'),
  /** Names members by their DN. Members that are groups are left out. */
  groupMember: attribute.default('member'),
});
export type LdapSettings = z.infer<typeof LdapSettings>;

export const LdapDirectoryInput = z.object({
  displayName: z.string().trim().min(1).max(100),
  enabled: z.boolean().default(true),
  /** Whose names it may speak of: `name@domain`. */
  domains: z.array(mailDomain).min(1).max(50),
  /** Check passwords of its people against it. */
  signIn: z.boolean().default(true),
  /** Bring people and groups every ten minutes. */
  sync: z.boolean().default(true),
  /** A run that would delete more of its people, in hundredths of them, deletes nobody and says so. */
  deletionLimitPercent: z.int().min(0).max(100).default(10),
  settings: LdapSettings,
  /** Of `bindDn`. Kept sealed, and never shown again. Left out of a change: it stays. Empty: taken away. */
  bindPassword: z.string().max(1_024).optional(),
});
export type LdapDirectoryInput = z.infer<typeof LdapDirectoryInput>;

/** What a run of the sync did. */
export const LdapSyncResult = z.object({
  kind: z.enum(['full', 'delta']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  entries: z.int(),
  added: z.int(),
  changed: z.int(),
  disabled: z.int(),
  deleted: z.int(),
  groups: z.int(),
  /** Entries that were left out, and why: the first ten. */
  problems: z.array(z.object({ dn: z.string(), reason: z.string() })).max(10),
  skipped: z.int(),
  /** Who is gone there and was not deleted, since they are more than the limit. */
  heldBack: z.int(),
  /** Why it ended early, or deleted nobody. */
  error: z.string().nullable(),
});
export type LdapSyncResult = z.infer<typeof LdapSyncResult>;

export const LdapDirectory = LdapDirectoryInput.omit({ bindPassword: true }).extend({
  id: z.uuid(),
  hasPassword: z.boolean(),
  people: z.int(),
  groups: z.int(),
  lastSync: LdapSyncResult.nullable(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
});
export type LdapDirectory = z.infer<typeof LdapDirectory>;
