import type { OpenIdConnectSettings } from '@sallyport/contracts';
import * as oidc from 'openid-client';
import type { Clock } from '../../platform/clock.ts';
import { fetchHttps } from '../../platform/outbound/index.ts';

/** Discovery documents, keys, tokens and userinfo are small. */
const answerBytesMax = 1_048_576;
/** How long what a provider says of itself, and its keys, are believed. Unknown keys are asked for anew at once. */
const knownForMs = 10 * 60_000;
const knownMax = 100;
/** Clocks may differ by this much. */
const toleranceSeconds = 30;

/** A provider that could not be asked, rather than one that said no. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}
const fetchProvider: oidc.CustomFetch = async (url, { method, headers, body, signal }) => {
  try {
    return await fetchHttps(url, { method, headers, body, signal: signal ?? null }, { bytesMax: answerBytesMax });
  } catch (cause) {
    throw new Unreachable(`${new URL(url).host} could not be asked`, { cause });
  }
};

/** Whether a failure, or what it comes of, is that a provider could not be asked. */
export function isUnreachable(error: unknown): boolean {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth += 1) {
    if (at instanceof Unreachable) return true;
    at = at.cause;
  }
  return false;
}

/** What a provider says of itself (OpenID Connect Discovery 1.0). Throws where that is not of this issuer, or can't be had. */
async function discover({ issuer, clientId }: OpenIdConnectSettings): Promise<oidc.ServerMetadata> {
  const found = await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), { [oidc.customFetch]: fetchProvider }); // prettier-ignore
  const metadata = found.serverMetadata();
  if (metadata.issuer !== issuer) throw new Error(`the provider calls itself ${metadata.issuer}`);
  return metadata;
}

/** Basic unless the provider leaves it out of what it takes (OpenID Connect Discovery 1.0, 3). */
function authenticationFor(
  { token_endpoint_auth_methods_supported: taken }: oidc.ServerMetadata,
  secret: string | undefined,
): oidc.ClientAuth {
  if (secret === undefined) return oidc.None();
  return taken === undefined || taken.includes('client_secret_basic')
    ? oidc.ClientSecretBasic(secret)
    : oidc.ClientSecretPost(secret);
}

export interface OpenIdPeer {
  readonly id: string;
  readonly revision: number;
  readonly settings: OpenIdConnectSettings;
  readonly secret: string | undefined;
}
/** What ties an answer to its request. */
export interface Request {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}
/** Whom a provider says that somebody is. Signature, issuer, audience, times and nonce have been checked. */
export interface Claimed {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly multiFactor: boolean;
}

/** Speaks to OpenID providers. */
export function createOpenIdPeers(clock: Pick<Clock, 'now'>) {
  const known = new Map<string, { readonly until: number; readonly configuration: oidc.Configuration }>();

  const configurationOf = async ({ id, revision, settings, secret }: OpenIdPeer): Promise<oidc.Configuration> => {
    const key = `${id}/${revision}`;
    const now = clock.now().getTime();
    const before = known.get(key);
    if (before && before.until > now) return before.configuration;
    const metadata = await discover(settings);
    const configuration = new oidc.Configuration(
      metadata,
      settings.clientId,
      { [oidc.clockTolerance]: toleranceSeconds },
      authenticationFor(metadata, secret),
    );
    configuration[oidc.customFetch] = fetchProvider;
    // Else the library takes an ID token that came over TLS unsigned (OpenID Connect Core 1.0, 3.1.3.7 (6)).
    oidc.enableNonRepudiationChecks(configuration);
    if (known.size >= knownMax) known.clear();
    known.set(key, { until: now + knownForMs, configuration });
    return configuration;
  };

  return {
    /** Where to send the person. Throws `Unreachable`. */
    async address(
      peer: OpenIdPeer,
      { redirectUri, loginHint }: { readonly redirectUri: string; readonly loginHint: string | undefined },
    ): Promise<Request & { readonly location: string }> {
      const configuration = await configurationOf(peer);
      const request = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: peer.settings.scopes.join(' '),
        state: request.state,
        nonce: request.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(request.verifier),
        code_challenge_method: 'S256',
        ...(loginHint === undefined ? {} : { login_hint: loginHint }),
      });
      return { ...request, location: url.href };
    },

    /** Takes the answer at `url`. Throws what the protocol forbids: another state, nonce, issuer (RFC 9207), audience, signature; an answer that is a refusal. */
    async claimed(peer: OpenIdPeer, { state, nonce, verifier }: Request, url: URL): Promise<Claimed> {
      const configuration = await configurationOf(peer);
      const tokens = await oidc.authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const token = tokens.claims();
      if (!token) throw new Error('the provider gave no ID token');
      const { claims: map, multiFactor } = peer.settings;
      const missing = Object.values(map).some((name) => token[name] === undefined);
      const further =
        missing && configuration.serverMetadata().userinfo_endpoint !== undefined
          ? await oidc.fetchUserInfo(configuration, tokens.access_token, token.sub)
          : {};
      const amr: readonly unknown[] = Array.isArray(token['amr']) ? token['amr'] : [];
      return {
        issuer: token.iss,
        subject: token.sub,
        claims: { ...further, ...token },
        multiFactor:
          amr.some((one) => typeof one === 'string' && multiFactor.amr.includes(one)) ||
          (typeof token['acr'] === 'string' && multiFactor.acr.includes(token['acr'])),
      };
    },

    /** What stands for and against signing in by a provider. */
    async test(settings: OpenIdConnectSettings): Promise<{ readonly ok: boolean; readonly text: string }[]> {
      let metadata: oidc.ServerMetadata;
      try {
        metadata = await discover(settings);
      } catch (error) {
        return [{ ok: false, text: reasonOf(error) }];
      }
      const { code_challenge_methods_supported: pkce, response_types_supported: types, jwks_uri: keys } = metadata;
      const finding = (ok: boolean, good: string, bad: string) => ({ ok, text: ok ? good : bad });
      const keysAnswer = keys === undefined ? undefined : await fetchHttps(keys, {}, { bytesMax: answerBytesMax }).catch(() => undefined); // prettier-ignore
      return [
        { ok: true, text: `The provider answers as ${metadata.issuer}` },
        finding(
          types?.includes('code') !== false,
          'It gives codes',
          'It does not give codes (`response_types_supported`)',
        ),
        finding(metadata.token_endpoint !== undefined, 'It has a token endpoint', 'It has no token endpoint'),
        finding(keysAnswer?.ok === true, 'Its keys can be read', 'Its keys can’t be read (`jwks_uri`)'),
        pkce?.includes('S256') === true
          ? { ok: true, text: 'It says that it knows PKCE (S256)' }
          : { ok: true, text: 'It does not say that it knows PKCE (S256); it is sent all the same' },
        metadata.authorization_response_iss_parameter_supported === true
          ? { ok: true, text: 'Its answers name their issuer (RFC 9207)' }
          : { ok: true, text: 'Its answers do not name their issuer; the redirect URI, which is its own, does' },
      ];
    },
  };
}
export type OpenIdPeers = ReturnType<typeof createOpenIdPeers>;

/** The innermost reason, since the outer ones say only that something failed. */
function reasonOf(error: unknown): string {
  let at = error;
  for (let depth = 0; at instanceof Error && at.cause instanceof Error && depth < 8; depth += 1) at = at.cause;
  return at instanceof Error ? at.message.slice(0, 500) : 'it failed';
}
