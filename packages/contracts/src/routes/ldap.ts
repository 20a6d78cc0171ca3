import { z } from 'zod';
import { LdapDirectory, LdapDirectoryInput, LdapSyncResult } from '../ldap.ts';
import { route } from '../route.ts';
import { Me } from './session.ts';

const params = z.object({ id: z.uuid() });
const manage = { permission: 'coreSecuritySettings.manage' } as const;

export const ldapRoutes = {
  signInWithDirectory: route({
    method: 'POST',
    path: '/api/signin/directory',
    permission: 'public',
    summary: 'Sign in with the password of an LDAP directory, found by the domain of the name; the answer sets the session cookie', // prettier-ignore
    body: z.object({ userPrincipalName: z.email().max(254), password: z.string().min(1).max(256) }),
    response: Me,
  }),
  listLdapDirectories: route({
    method: 'GET',
    path: '/api/ldap-directories',
    permission: 'coreSecuritySettings.read',
    summary: 'LDAP directories, without their passwords',
    response: z.object({ directories: z.array(LdapDirectory) }),
  }),
  createLdapDirectory: route({
    ...manage,
    method: 'POST',
    path: '/api/ldap-directories',
    summary: 'Add an LDAP directory; at most 10',
    body: LdapDirectoryInput,
    response: LdapDirectory,
  }),
  updateLdapDirectory: route({
    ...manage,
    method: 'PUT',
    path: '/api/ldap-directories/:id',
    summary: 'Change an LDAP directory. Another host needs the password anew',
    params,
    body: LdapDirectoryInput,
    response: LdapDirectory,
  }),
  deleteLdapDirectory: route({
    ...manage,
    method: 'DELETE',
    path: '/api/ldap-directories/:id',
    summary: 'Remove an LDAP directory; its people and groups stay, and are kept here from then on',
    params,
    response: z.object({}),
  }),
  testLdapDirectory: route({
    ...manage,
    method: 'POST',
    path: '/api/ldap-directories/test',
    summary: 'Connect to a directory, bind, and look for people and groups',
    /** `id`: of a directory that is kept, whose password is used when none is given and the host is the same. */
    body: z.object({ id: z.uuid().optional(), directory: LdapDirectoryInput }),
    response: z.object({ ok: z.boolean(), findings: z.array(z.object({ ok: z.boolean(), text: z.string() })) }),
  }),
  syncLdapDirectory: route({
    ...manage,
    method: 'POST',
    path: '/api/ldap-directories/:id/sync',
    summary: 'Bring everything anew now. `allowDeletions`: whatever the limit is',
    params,
    body: z.object({ allowDeletions: z.boolean().default(false) }),
    response: LdapSyncResult,
  }),
} as const;
