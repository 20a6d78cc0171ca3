import type {
  ApplicationRow,
  AppRoleAssignmentRow,
  CredentialRow,
  PermissionGrantRow,
  ServicePrincipalRow,
} from './store.ts';

/** Objects as Graph writes them. */

const passwordForm = ({ keyId, displayName, hint, startsAt, endsAt }: CredentialRow) => ({
  keyId,
  displayName,
  hint,
  customKeyIdentifier: null,
  secretText: null,
  startDateTime: startsAt.toISOString(),
  endDateTime: endsAt.toISOString(),
});
const keyForm = ({ keyId, displayName, hint, startsAt, endsAt }: CredentialRow) => ({
  keyId,
  displayName,
  customKeyIdentifier: hint,
  type: 'AsymmetricX509Cert',
  usage: 'Verify',
  key: null,
  startDateTime: startsAt.toISOString(),
  endDateTime: endsAt.toISOString(),
});

/** Never with a secret: that is answered once, when it is made. */
export function applicationForm(row: ApplicationRow, credentials: readonly CredentialRow[]) {
  return {
    id: row.id,
    appId: row.appId,
    createdDateTime: row.createdAt.toISOString(),
    deletedDateTime: null,
    publisherDomain: null,
    ...row.body,
    passwordCredentials: credentials.filter(({ kind }) => kind === 'password').map(passwordForm),
    keyCredentials: credentials.filter(({ kind }) => kind === 'certificate').map(keyForm),
  };
}

export function servicePrincipalForm(row: ServicePrincipalRow, { body, appId }: ApplicationRow) {
  return {
    id: row.id,
    appId,
    displayName: body.displayName,
    appDisplayName: body.displayName,
    servicePrincipalType: 'Application',
    signInAudience: body.signInAudience,
    createdDateTime: row.createdAt.toISOString(),
    deletedDateTime: null,
    ...row.body,
    homepage: body.web.homePageUrl ?? null,
    logoutUrl: body.web.logoutUrl ?? null,
    replyUrls: [...body.web.redirectUris, ...body.spa.redirectUris, ...body.publicClient.redirectUris],
    servicePrincipalNames: [appId, ...body.identifierUris],
    preferredSingleSignOnMode: 'oidc',
    appRoles: body.appRoles,
    oauth2PermissionScopes: body.api.oauth2PermissionScopes,
  };
}

export const assignmentForm = (row: AppRoleAssignmentRow & { principalName?: string }, resourceName: string) => ({
  id: row.id,
  appRoleId: row.appRoleId,
  principalId: row.principalId,
  principalType: row.principalType,
  principalDisplayName: row.principalName ?? null,
  resourceId: row.resourceId,
  resourceDisplayName: resourceName,
  createdDateTime: row.createdAt.toISOString(),
  deletedDateTime: null,
});

export const permissionGrantForm = (row: PermissionGrantRow) => ({
  id: row.id,
  clientId: row.clientId,
  consentType: row.principalId === null ? 'AllPrincipals' : 'Principal',
  principalId: row.principalId,
  /** Graph always names a resource; OpenID Connect's own scopes have none here. */
  resourceId: row.resourceId,
  scope: row.scope,
});
