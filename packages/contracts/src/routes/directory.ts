import { z } from 'zod';
import { GroupName, MembershipRule, NewPerson, PersonAttributes, PersonChange } from '../directory.ts';
import { route } from '../route.ts';
import { Password, Session, TotpCode, WebAuthnJson } from './session.ts';

export const methodKinds = ['fido2', 'password', 'softwareOath', 'temporaryAccessPass'] as const;
/** How somebody signs in. Kinds are named as in Conditional Access. */
export const AuthenticationMethod = z.object({
  id: z.string(),
  kind: z.enum(methodKinds),
  name: z.string(),
  createdAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export type AuthenticationMethod = z.infer<typeof AuthenticationMethod>;

export const DirectoryPerson = z.object({
  id: z.uuid(),
  userPrincipalName: z.string(),
  displayName: z.string(),
  /** Names of the roles that are in force. */
  roles: z.array(z.string()),
  accountEnabled: z.boolean(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().nullable(),
  /** Who keeps this person. */
  source: z.enum(['local', 'scim', 'ldap', 'federation']),
  manager: z.object({ id: z.uuid(), userPrincipalName: z.string(), displayName: z.string() }).nullable(),
  attributes: PersonAttributes,
  methods: z.array(z.enum(methodKinds)),
  /** Until when the invitation can be taken up. */
  invitedUntil: z.iso.datetime().nullable(),
  lastSignInAt: z.iso.datetime().nullable(),
});
export type DirectoryPerson = z.infer<typeof DirectoryPerson>;

/** A one-time link, shown once. */
export const Invitation = z.object({ url: z.url(), expiresAt: z.iso.datetime() });
export type Invitation = z.infer<typeof Invitation>;

export const DirectoryGroup = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string().nullable(),
  membershipRule: z.string().nullable(),
  members: z.int(),
});
export type DirectoryGroup = z.infer<typeof DirectoryGroup>;

const params = z.object({ id: z.uuid() });
const manage = { permission: 'users.manage' } as const;

export const directoryRoutes = {
  listDirectoryPeople: route({
    method: 'GET',
    path: '/api/directory/people',
    permission: 'users.read',
    summary: 'People, by name; a page of at most 500',
    query: z.object({
      /** Part of a name, of a department or of a job title. */
      search: z.string().trim().max(100).default(''),
      state: z.enum(['all', 'enabled', 'disabled', 'deleted']).default('all'),
      limit: z.coerce.number().int().min(1).max(500).default(200),
      offset: z.coerce.number().int().min(0).max(50_000).default(0),
    }),
    response: z.object({ people: z.array(DirectoryPerson), total: z.int() }),
  }),
  getDirectoryPerson: route({
    method: 'GET',
    path: '/api/directory/people/:id',
    permission: 'users.read',
    summary: 'One person with groups, ways to sign in and live sessions',
    params,
    response: z.object({
      person: DirectoryPerson,
      groups: z.array(DirectoryGroup.omit({ members: true })),
      methods: z.array(AuthenticationMethod),
      sessions: z.array(Session),
    }),
  }),
  invitePerson: route({
    ...manage,
    method: 'POST',
    path: '/api/directory/people',
    summary: 'Make a person; answers the one-time link by which they set up how they sign in',
    body: NewPerson,
    response: z.object({ person: DirectoryPerson, invitation: Invitation }),
  }),
  updatePerson: route({
    ...manage,
    method: 'PATCH',
    path: '/api/directory/people/:id',
    summary: 'Change a person: names, enabled or not, attributes; what is left out stays',
    params,
    body: PersonChange,
    response: DirectoryPerson,
  }),
  deletePerson: route({
    ...manage,
    method: 'DELETE',
    path: '/api/directory/people/:id',
    summary: 'Delete a person; kept for 30 days',
    params,
    response: z.object({}),
  }),
  restorePerson: route({
    ...manage,
    method: 'POST',
    path: '/api/directory/people/:id/restore',
    summary: 'Restore a deleted person',
    params,
    response: DirectoryPerson,
  }),
  invitePersonAgain: route({
    ...manage,
    method: 'POST',
    path: '/api/directory/people/:id/invitation',
    summary: 'A new one-time link for one who has no way to sign in yet; those before are void',
    params,
    response: Invitation,
  }),
  endSessionsOfPerson: route({
    ...manage,
    permission: 'authenticationMethods.manage',
    method: 'DELETE',
    path: '/api/directory/people/:id/sessions',
    summary: 'End all sessions of a person',
    params,
    response: z.object({ ended: z.int() }),
  }),
  removeMethodOfPerson: route({
    ...manage,
    permission: 'authenticationMethods.manage',
    method: 'DELETE',
    path: '/api/directory/people/:id/methods/:methodId',
    summary: 'Remove a way in which a person signs in; all sessions end',
    params: params.extend({ methodId: z.string().min(1).max(1_400) }),
    response: z.object({}),
  }),
  resetMethodsOfPerson: route({
    ...manage,
    permission: 'authenticationMethods.manage',
    method: 'POST',
    path: '/api/directory/people/:id/methods/reset',
    summary: 'Remove all ways in which a person signs in, end all sessions, and answer a new one-time link',
    params,
    response: Invitation,
  }),
  listDirectoryGroups: route({
    method: 'GET',
    path: '/api/directory/groups',
    permission: 'users.read',
    summary: 'Groups, assigned and by rule',
    response: z.object({ groups: z.array(DirectoryGroup) }),
  }),
  setGroupRule: route({
    ...manage,
    method: 'PUT',
    path: '/api/directory/groups/:id/rule',
    summary: 'Make or change a group whose members follow from a rule over people',
    params,
    body: z.object({ name: GroupName, membershipRule: MembershipRule }),
    response: DirectoryGroup,
  }),
  startInvitation: route({
    method: 'POST',
    path: '/api/invitation/start',
    permission: 'public',
    summary:
      'With the one-time link of an invitation: who it is for; a passkey challenge and a TOTP secret to choose from',
    body: z.object({ token: z.string().max(128) }),
    response: z.object({
      userPrincipalName: z.string(),
      displayName: z.string(),
      registration: WebAuthnJson,
      totp: z.object({ secret: z.string(), uri: z.string() }),
    }),
  }),
  finishInvitation: route({
    method: 'POST',
    path: '/api/invitation/finish',
    permission: 'public',
    summary: 'With the one-time link of an invitation: set up a passkey, or a password and TOTP; then sign in',
    body: z.discriminatedUnion('method', [
      z.object({ method: z.literal('passkey'), token: z.string().max(128), credential: WebAuthnJson }),
      z.object({
        method: z.literal('passwordTotp'),
        token: z.string().max(128),
        password: Password,
        totpCode: TotpCode,
      }),
    ]),
    response: z.object({ userPrincipalName: z.string() }),
  }),
} as const;
