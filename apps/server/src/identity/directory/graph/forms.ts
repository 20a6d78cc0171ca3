import {
  GroupChange,
  NewPerson,
  PersonAttributes,
  PersonChange,
  SallyportError,
  type BodyOf,
  type graphDirectoryRoutes,
} from '@sallyport/contracts';
import type { z } from 'zod';
import type { DirectoryGroup, DirectoryPerson } from '../store.ts';

export type GraphBody = BodyOf<typeof graphDirectoryRoutes.graphCreateUser>;

/** What Graph answers of a user without `$select`. https://learn.microsoft.com/graph/api/user-get */
export const usersDefault = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
] as const;

const isList = new Set(['businessPhones', 'otherMails', 'proxyAddresses']);
const extension = /^extensionAttribute\d+$/;

/** A person with every property of Graph's `user` that is known here. */
export function userForm(person: DirectoryPerson): Record<string, unknown> {
  const { attributes } = person;
  const flat = Object.keys(PersonAttributes.shape).filter((name) => !extension.test(name));
  const held: Readonly<Record<string, unknown>> = attributes;
  return {
    id: person.id,
    ...Object.fromEntries(flat.map((name) => [name, held[name] ?? (isList.has(name) ? [] : null)])),
    userType: attributes.userType ?? 'Member',
    displayName: person.displayName,
    userPrincipalName: person.userPrincipalName,
    mailNickname: person.userPrincipalName.split('@', 1)[0],
    accountEnabled: person.disabledAt === null,
    createdDateTime: person.createdAt.toISOString(),
    deletedDateTime: person.deletedAt?.toISOString() ?? null,
    onPremisesExtensionAttributes: Object.fromEntries(
      Object.keys(PersonAttributes.shape)
        .filter((name) => extension.test(name))
        .map((name) => [name, held[name] ?? null]),
    ),
  };
}

export function groupForm(group: DirectoryGroup): Record<string, unknown> {
  const dynamic = group.membershipRule !== null;
  return {
    id: group.id,
    displayName: group.name,
    description: group.description,
    createdDateTime: group.createdAt.toISOString(),
    deletedDateTime: null,
    groupTypes: dynamic ? ['DynamicMembership'] : [],
    mailEnabled: false,
    mailNickname: group.name.replaceAll(/[^\w.-]/g, ''),
    securityEnabled: true,
    membershipRule: group.membershipRule,
    membershipRuleProcessingState: dynamic ? 'On' : null,
  };
}

const bad = (message: string, target: string): SallyportError =>
  new SallyportError('BadRequest', message, { target: `body.${target}` });

function checked<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path.at(-1) ?? '');
  throw bad(`Invalid value specified for property '${name}' of resource 'User': ${issue?.message ?? ''}`, name);
}

/** Properties of a user that say who signs in how or that come from elsewhere: not set by this call. */
const attributeNames = new Set(Object.keys(PersonAttributes.shape));
const notes = /^(@odata\.|id$|mailNickname$|createdDateTime$)/;

function attributesOf(body: GraphBody, known: ReadonlySet<string>): Record<string, unknown> {
  const { onPremisesExtensionAttributes: extensions, ...rest } = body;
  for (const name of Object.keys(rest))
    if (!attributeNames.has(name) && !known.has(name) && !notes.test(name))
      throw bad(`The property '${name.slice(0, 100)}' can't be set here.`, name.slice(0, 100));
  const given = Object.entries(rest).filter(([name]) => attributeNames.has(name));
  return { ...Object.fromEntries(given), ...(typeof extensions === 'object' && extensions !== null ? extensions : {}) };
}

/** https://learn.microsoft.com/graph/api/user-post-users. People set up how they sign in by invitation, so a password is refused. Throws BadRequest. */
export function newPersonOf(body: GraphBody): NewPerson {
  if (body['passwordProfile'] !== undefined)
    throw bad('A password is not taken: people set up how they sign in by an invitation.', 'passwordProfile');
  const { displayName, userPrincipalName, accountEnabled } = body;
  const attributes = attributesOf(body, new Set(['displayName', 'userPrincipalName', 'accountEnabled']));
  return checked(NewPerson, { displayName, userPrincipalName, accountEnabled, attributes });
}

export function personChangeOf(body: GraphBody): PersonChange {
  const known = ['displayName', 'userPrincipalName', 'accountEnabled'];
  const attributes = attributesOf(body, new Set(known));
  const plain = Object.fromEntries(known.flatMap((name) => (name in body ? [[name, body[name]]] : [])));
  return checked(PersonChange, { ...plain, ...(Object.keys(attributes).length === 0 ? {} : { attributes }) });
}

const groupKnown = new Set([
  'displayName',
  'description',
  'membershipRule',
  'membershipRuleProcessingState',
  'groupTypes',
  'mailEnabled',
  'mailNickname',
  'securityEnabled',
  'members@odata.bind',
  'owners@odata.bind',
]);

/** https://learn.microsoft.com/graph/api/group-post-groups. Only security groups are kept. Throws BadRequest. */
export function groupChangeOf(body: GraphBody): GroupChange {
  for (const name of Object.keys(body))
    if (!groupKnown.has(name) && !notes.test(name))
      throw bad(`The property '${name.slice(0, 100)}' can't be set here.`, name.slice(0, 100));
  if (body['mailEnabled'] === true || body['securityEnabled'] === false)
    throw bad('Only security groups are kept here: securityEnabled true, mailEnabled false.', 'securityEnabled');
  if (body['membershipRuleProcessingState'] === 'Paused')
    throw bad('A rule is always on here.', 'membershipRuleProcessingState');
  const types = body['groupTypes'];
  const dynamic = Array.isArray(types) ? types.includes('DynamicMembership') : undefined;
  const { displayName: name, description, membershipRule } = body;
  if (dynamic === true && typeof membershipRule !== 'string' && 'displayName' in body && !('id' in body))
    throw bad('A dynamic group needs a membershipRule.', 'membershipRule');
  return checked(GroupChange, {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description: description === '' ? null : description }),
    ...(dynamic === false ? { membershipRule: null } : membershipRule === undefined ? {} : { membershipRule }),
  });
}

/** `https://graph.microsoft.com/v1.0/directoryObjects/{id}`: what references name. Throws BadRequest. */
export function referenced(value: unknown): string {
  const id =
    typeof value === 'string'
      ? /\/(?:directoryObjects|users)(?:\/|\(')([^/']{1,260})(?:'\))?$/.exec(value)?.[1]
      : undefined;
  if (id === undefined) throw bad('A reference to a directory object is expected.', '@odata.id');
  return decodeURIComponent(id);
}

export const referencesOf = (body: GraphBody, name: string): string[] => {
  const bound = body[name];
  return Array.isArray(bound) ? bound.map(referenced) : [];
};
