import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Platform } from '../../platform/types.ts';
import { permissionGrants } from '../applications/store.ts';
import type { Clients, UsableApplication } from './clients.ts';
import { isOwnApi } from './own-api.ts';

/** Scopes of OpenID Connect itself, and what they are to a person. */
export const openidScopes = {
  openid: 'Know who you are',
  profile: 'See your name and your user name',
  email: 'See your email address',
  offline_access: 'Keep what you agree to when you are not there',
} as const;

export const enabledScopes = ({ body }: UsableApplication) =>
  body.api.oauth2PermissionScopes.filter(({ isEnabled }) => isEnabled);

/** What was agreed to before, by an administrator for all or by the person, becomes the grant of a new session. */
export function createGrantLoader({ database }: Pick<Platform, 'database'>, clients: Clients) {
  return async ({ oidc }: KoaContextWithOIDC) => {
    const { provider, client, session, result } = oidc;
    if (!client || session?.accountId === undefined) return undefined;
    const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
    const found = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    if (found?.accountId === session.accountId) return found;
    const application = await clients.usable(client.clientId);
    if (!application) return undefined;
    const consented = await permissionGrants.consented(database, application.servicePrincipalId, session.accountId);
    if (consented.length === 0) return undefined;
    const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
    const uris = await resourceUris(
      database,
      consented.flatMap(({ resourceId }) => resourceId ?? []),
    );
    for (const { resourceId, scope } of consented) {
      if (resourceId === null) grant.addOIDCScope(scope);
      else for (const uri of uris.get(resourceId) ?? []) grant.addResourceScope(uri, scope);
    }
    await grant.save();
    return grant;
  };
}

async function resourceUris(db: Platform['database'], ids: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  const rows = await db.query<{ id: string; appId: string; uris: string[] }>(
    `SELECT s.id, a.app_id AS "appId", a.body->'identifierUris' AS uris FROM service_principals s JOIN applications a ON a.app_id = s.app_id
     WHERE s.id = ANY($1)`,
    [ids],
  );
  return new Map(rows.map(({ id, appId, uris }) => [id, [`api://${appId}`, ...uris]]));
}

/** Tokens for applications of one's own are read there without asking here, and so live for a quarter of an hour. */
const accessTokenTtlSeconds = 15 * 60;

/** RFC 8707: an application is a resource by its identifier URIs; Sallyport itself is one for applications that call as themselves. */
export function createResourceInfo(clients: Clients, issuer: string) {
  return async ({ oidc }: KoaContextWithOIDC, uri: string) => {
    const own = isOwnApi(uri, issuer) && oidc.params?.['grant_type'] === 'client_credentials';
    const application = own ? undefined : await clients.resource(uri);
    if (!own && !application) throw new errors.InvalidTarget();
    return {
      scope: (application ? enabledScopes(application) : []).map(({ value }) => value).join(' '),
      audience: uri,
      accessTokenFormat: 'jwt' as const,
      accessTokenTTL: accessTokenTtlSeconds,
      jwt: { sign: { alg: 'RS256' as const } },
    };
  };
}
