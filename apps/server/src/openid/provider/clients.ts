import { timingSafeEqual, X509Certificate } from 'node:crypto';
import { ApplicationBody, ServicePrincipalBody } from '@sallyport/contracts/openid';
import type { AdapterPayload } from 'oidc-provider';
import { hashSecret } from '../../platform/tokens.ts';
import type { Platform } from '../../platform/types.ts';
import { isUuid } from '../applications/store.ts';

/** An application that may be used, as the provider asks for it. */
export interface UsableApplication {
  readonly id: string;
  readonly appId: string;
  readonly servicePrincipalId: string;
  readonly body: ApplicationBody;
  readonly principal: ServicePrincipalBody;
}

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';

interface UsableRow {
  readonly id: string;
  readonly appId: string;
  readonly servicePrincipalId: string;
  readonly body: unknown;
  readonly principal: unknown;
  readonly certificates: Buffer[];
  readonly secrets: number;
}

const where = `JOIN service_principals s ON s.app_id = a.app_id WHERE (s.body->>'accountEnabled')::boolean`;
const columns = `a.id, a.app_id AS "appId", s.id AS "servicePrincipalId", a.body, s.body AS principal`;

export function createClients(
  { database, clock, sealing }: Pick<Platform, 'database' | 'clock' | 'sealing'>,
  issuer: string,
) {
  const read = (row: Omit<UsableRow, 'certificates' | 'secrets'>): UsableApplication => ({
    id: row.id,
    appId: row.appId,
    servicePrincipalId: row.servicePrincipalId,
    body: ApplicationBody.parse(row.body),
    principal: ServicePrincipalBody.parse(row.principal),
  });

  /** What the provider knows a client by: only what is registered, and nothing that it asks for at run time. */
  const metadataOf = (row: UsableRow): AdapterPayload => {
    const { body, appId } = read(row);
    const native = body.publicClient.redirectUris.length > 0 || body.isFallbackPublicClient;
    // As in Entra, a program says that it can't keep secrets before codes are entered for it.
    const byCode = body.isFallbackPublicClient;
    const isPublic = native || body.spa.redirectUris.length > 0;
    const redirectUris = [...body.web.redirectUris, ...body.spa.redirectUris, ...body.publicClient.redirectUris];
    // The library has pairwise subjects of device codes for clients with a key only.
    const subjectType = byCode ? 'public' : body.openid.subjectType;
    const byCertificate = !isPublic && row.certificates.length > 0 && row.secrets === 0;
    return {
      client_id: appId,
      client_name: body.displayName,
      application_type: native ? 'native' : 'web',
      redirect_uris: redirectUris,
      response_types: redirectUris.length > 0 ? ['code'] : [],
      grant_types: [
        ...(redirectUris.length > 0 ? ['authorization_code'] : []),
        ...(redirectUris.length > 0 || native ? ['refresh_token'] : []),
        ...(byCode ? [deviceCode] : []),
        ...(isPublic ? [] : ['client_credentials', tokenExchange]),
      ],
      token_endpoint_auth_method: isPublic ? 'none' : byCertificate ? 'private_key_jwt' : 'client_secret_basic',
      // The library wants one; what is sent is compared with the hashes of those that were given out.
      ...(isPublic || byCertificate
        ? {}
        : { client_secret: sealing.derive(`openid-client:${appId}`).toString('base64url') }),
      ...(byCertificate ? { jwks: { keys: row.certificates.map(jwkOf) } } : {}),
      subject_type: subjectType,
      ...(subjectType === 'pairwise' ? { sector_identifier_uri: `${issuer}/openid/sector/${appId}` } : {}),
      id_token_signed_response_alg: 'RS256',
      post_logout_redirect_uris: body.openid.postLogoutRedirectUris,
      ...(body.web.logoutUrl
        ? { backchannel_logout_uri: body.web.logoutUrl, backchannel_logout_session_required: true }
        : {}),
      dpop_bound_access_tokens: body.openid.requireDpop,
    };
  };

  return {
    /** Undefined for one that is not there, or switched off: a caller can't tell which. */
    metadata: async (clientId: string): Promise<AdapterPayload | undefined> => {
      if (!isUuid(clientId)) return undefined;
      const row = await database.first<UsableRow>(
        `SELECT ${columns},
           coalesce((SELECT array_agg(c.certificate ORDER BY c.ends_at) FROM application_credentials c
             WHERE c.application_id = a.id AND c.kind = 'certificate' AND c.starts_at <= $2 AND c.ends_at > $2), '{}') AS certificates,
           (SELECT count(*)::int FROM application_credentials c WHERE c.application_id = a.id AND c.kind = 'password' AND c.ends_at > $2) AS secrets
         FROM applications a ${where} AND a.app_id = $1`,
        [clientId, clock.now()],
      );
      return row && metadataOf(row);
    },
    usable: async (appId: string): Promise<UsableApplication | undefined> => {
      const row = isUuid(appId)
        ? await database.first<UsableRow>(`SELECT ${columns} FROM applications a ${where} AND a.app_id = $1`, [appId])
        : undefined;
      return row && read(row);
    },
    /** An application that is a resource, by one of its identifier URIs or its id. */
    resource: async (uri: string): Promise<UsableApplication | undefined> => {
      const row = await database.first<UsableRow>(
        `SELECT ${columns} FROM applications a ${where} AND (a.body->'identifierUris' @> to_jsonb($1::text) OR 'api://' || a.app_id = $1)`,
        [uri],
      );
      return row && read(row);
    },
    /** The key id of the secret that this is; undefined when it is none that holds now. */
    secretOf: async (appId: string, secret: string): Promise<string | undefined> => {
      const now = clock.now();
      const rows = await database.query<{ keyId: string; hash: Buffer }>(
        `SELECT c.key_id AS "keyId", c.secret_hash AS hash FROM application_credentials c JOIN applications a ON a.id = c.application_id
         WHERE a.app_id = $1 AND c.kind = 'password' AND c.starts_at <= $2 AND c.ends_at > $2`,
        [appId, now],
      );
      const hash = hashSecret(secret);
      return rows.find((row) => timingSafeEqual(row.hash, hash))?.keyId;
    },
  };
}
export type Clients = ReturnType<typeof createClients>;

/** `kid` is the SHA-1 thumbprint, which is what Entra's clients name certificates by. */
function jwkOf(der: Buffer): Record<string, unknown> {
  const certificate = new X509Certificate(der);
  return {
    ...certificate.publicKey.export({ format: 'jwk' }),
    kid: certificate.fingerprint.replaceAll(':', ''),
    use: 'sig',
  };
}
