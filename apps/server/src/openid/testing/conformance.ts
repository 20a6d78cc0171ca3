import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../identity/index.ts';
import { codeRequest, register, type Browser, type OpenIdServer, type TestApplication } from '../testing.ts';

const callback = 'https://suite.contoso.com/callback';
const bye = 'https://suite.contoso.com/bye';

/**
 * The points of the OpenID Foundation's conformance suite that can be tested without it, by its names: the plans basic, config and RP-initiated logout (that of
 * back-channel logout is among the tests of grants). What can't be, and why, is in docs/openid.md.
 */
export function conformanceTests(of: () => OpenIdServer): void {
  let server: OpenIdServer;
  let erin: Person;
  let suite: TestApplication;
  let browser: Browser;

  const ask = async (more: Record<string, string> = {}, by = browser) => {
    const { url, checks } = await codeRequest(suite, callback, more);
    const visit = await by.visit(url, erin);
    return { ...visit, checks };
  };
  const tokensOf = async (more: Record<string, string> = {}, by = browser) => {
    const { url, checks } = await ask(more, by);
    return oidc.authorizationCodeGrant(suite.config, url, checks);
  };
  const userInfo = (init: RequestInit) => fetch(`${server.issuer}/oidc/userinfo`, init);
  const errorOf = async (more: Record<string, string>, by = browser) =>
    (await ask(more, by)).url.searchParams.get('error');
  const logout = async (more: Record<string, string>) => {
    const own = server.browser();
    const { id_token: hint = '' } = await tokensOf({}, own);
    const url = new URL('/oauth2/v2.0/logout', server.issuer);
    const all = { id_token_hint: hint, post_logout_redirect_uri: bye, state: 'x', ...more };
    for (const [name, value] of Object.entries(all)) if (value !== '') url.searchParams.set(name, value);
    const page = await own.fetch(url);
    if (page.status !== 200) return String(page.status);
    const xsrf = /name="xsrf" value="([\w-]+)"/.exec(await page.text())?.[1] ?? '';
    const done = await own.fetch('/oauth2/v2.0/logout/confirm', { form: { xsrf, logout: 'yes' } });
    expect((await own.fetch('/api/me')).status).toBe(401);
    return done.headers.get('location');
  };
  const ownPage = () => `${server.issuer}/oauth2/v2.0/logout/success`;

  beforeAll(async () => {
    server = of();
    erin = await server.person('erin');
    suite = await register(server, {
      displayName: 'Suite',
      web: { redirectUris: [callback] },
      openid: { postLogoutRedirectUris: [bye] },
    });
    browser = server.browser();
    await tokensOf();
  }, 60_000);

  const cases: Readonly<Record<string, () => Promise<void>>> = {
    'oidcc-discovery-endpoint-verification': async () => {
      const answer = await fetch(`${server.issuer}/.well-known/openid-configuration`);
      const metadata = (await answer.json()) as Record<string, unknown>;
      expect(metadata).toMatchObject({
        issuer: server.issuer,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        subject_types_supported: ['pairwise', 'public'],
        authorization_response_iss_parameter_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
      });
      expect(metadata['id_token_signing_alg_values_supported']).toContain('RS256');
      const { keys } = (await (await fetch(String(metadata['jwks_uri']))).json()) as {
        keys: Record<string, unknown>[];
      };
      expect(new Set(keys.map(({ alg }) => alg))).toEqual(new Set(['ES256', 'RS256']));
      for (const key of keys) expect(Object.keys(key)).not.toContain('d');
    },
    'oidcc-server': async () => {
      const { id_token: token = '', token_type: type } = await tokensOf();
      expect([type, decodeProtectedHeader(token).alg]).toEqual(['bearer', 'RS256']);
      expect(decodeJwt(token)).toMatchObject({ iss: server.issuer, aud: suite.appId });
    },
    'oidcc-response-type-missing': async () => {
      const { url } = await codeRequest(suite, callback);
      url.searchParams.delete('response_type');
      const answer = await server.browser().fetch(url);
      expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
    },
    'oidcc-userinfo-get': async () => {
      const { access_token: token } = await tokensOf();
      expect((await userInfo({ headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    },
    'oidcc-userinfo-post-header': async () => {
      const { access_token: token } = await tokensOf();
      expect((await userInfo({ method: 'POST', headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    },
    'oidcc-userinfo-post-body': async () => {
      const { access_token: token } = await tokensOf();
      expect((await userInfo({ method: 'POST', body: new URLSearchParams({ access_token: token }) })).status).toBe(200);
    },
    'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': async () => {
      const { url, checks } = await codeRequest(suite, callback);
      url.searchParams.delete('nonce');
      const { url: end } = await browser.visit(url);
      const { expectedNonce: _, ...rest } = checks;
      expect((await oidc.authorizationCodeGrant(suite.config, end, rest)).claims()?.['nonce']).toBeUndefined();
    },
    'oidcc-scope-profile': async () => {
      expect((await tokensOf({ scope: 'openid profile' })).claims()).toMatchObject({ name: 'erin' });
    },
    'oidcc-scope-email': async () => {
      const claims = (await tokensOf({ scope: 'openid email' })).claims();
      expect([claims?.['email'], claims?.['name']]).toEqual(['erin@contoso.com', undefined]);
    },
    'oidcc-ensure-other-scope-order-succeeds': async () => {
      expect((await tokensOf({ scope: 'email openid' })).claims()?.['email']).toBe('erin@contoso.com');
    },
    'oidcc-display-page': async () => void (await tokensOf({ display: 'page' })),
    'oidcc-display-popup': async () => void (await tokensOf({ display: 'popup' })),
    'oidcc-ui-locales': async () => void (await tokensOf({ ui_locales: 'se' })),
    'oidcc-claims-locales': async () => void (await tokensOf({ claims_locales: 'se' })),
    'oidcc-login-hint': async () => void (await tokensOf({ login_hint: 'erin@contoso.com' })),
    'oidcc-ensure-request-with-acr-values-succeeds': async () => void (await tokensOf({ acr_values: '1 2' })),
    'oidcc-ensure-request-with-unknown-parameter-succeeds': async () => void (await tokensOf({ extra: 'foobar' })),
    'oidcc-ensure-request-with-valid-pkce-succeeds': async () => void (await tokensOf()),
    'oidcc-prompt-login': async () => {
      const before = (await tokensOf()).claims()?.['auth_time'];
      await server.platform.clock.sleep(1_100);
      const { asked, url, checks } = await ask({ prompt: 'login' });
      expect(asked).toEqual(['signIn']);
      const after = (await oidc.authorizationCodeGrant(suite.config, url, checks)).claims()?.['auth_time'];
      expect(Number(after)).toBeGreaterThan(Number(before));
    },
    'oidcc-prompt-none-not-logged-in': async () => {
      expect(await errorOf({ prompt: 'none' }, server.browser())).toBe('login_required');
    },
    'oidcc-prompt-none-logged-in': async () => void (await tokensOf({ prompt: 'none' })),
    'oidcc-max-age-1': async () => {
      await server.platform.clock.sleep(2_100);
      expect((await ask({ max_age: '1' })).asked).toEqual(['signIn']);
    },
    'oidcc-max-age-10000': async () => {
      expect((await ask({ max_age: '10000' })).asked).toEqual([]);
    },
    'oidcc-id-token-hint': async () => {
      const { id_token: hint = '' } = await tokensOf();
      await tokensOf({ prompt: 'none', id_token_hint: hint });
    },
    'oidcc-codereuse': async () => {
      const { url, checks } = await ask();
      await oidc.authorizationCodeGrant(suite.config, url, checks);
      await expect(oidc.authorizationCodeGrant(suite.config, url, checks)).rejects.toMatchObject({
        error: 'invalid_grant',
      });
    },
    'oidcc-ensure-registered-redirect-uri': async () => {
      const { url } = await codeRequest(suite, `${callback}x`);
      expect((await browser.fetch(url)).status).toBe(400);
    },
    'oidcc-server-client-secret-post': async () => {
      const post = await oidc.discovery(new URL(server.issuer), suite.appId, undefined, oidc.ClientSecretPost(suite.secret)); // prettier-ignore
      const { url, checks } = await ask();
      expect((await oidc.authorizationCodeGrant(post, url, checks)).access_token).toBeTruthy();
    },
    'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': async () => {
      expect(await errorOf({ request: 'e30.e30.' })).toBe('request_not_supported');
    },
    'oidcc-refresh-token': async () => {
      const { refresh_token: token = '' } = await tokensOf({ scope: 'openid offline_access', prompt: 'consent' });
      expect((await oidc.refreshTokenGrant(suite.config, token)).claims()).toMatchObject({ aud: suite.appId });
    },
    'oidcc-rp-initiated-logout': async () => expect(await logout({})).toBe(`${bye}?state=x`),
    'oidcc-rp-initiated-logout-no-state': async () => expect(await logout({ state: '' })).toBe(bye),
    'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': async () =>
      expect(await logout({ post_logout_redirect_uri: '' })).toBe(ownPage()),
    'oidcc-rp-initiated-logout-no-id-token-hint': async () =>
      expect(await logout({ id_token_hint: '' })).toBe(ownPage()),
    'oidcc-rp-initiated-logout-no-params': async () =>
      expect(await logout({ id_token_hint: '', post_logout_redirect_uri: '', state: '' })).toBe(ownPage()),
    'oidcc-rp-initiated-logout-only-state': async () =>
      expect(await logout({ id_token_hint: '', post_logout_redirect_uri: '' })).toBe(ownPage()),
    'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': async () =>
      expect(await logout({ post_logout_redirect_uri: `${bye}/x` })).toBe('400'),
    'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': async () =>
      expect(await logout({ post_logout_redirect_uri: `${bye}?a=b` })).toBe('400'),
    'oidcc-rp-initiated-logout-bad-id-token-hint': async () => expect(await logout({ id_token_hint: 'x' })).toBe('400'),
    'oidcc-rp-initiated-logout-modified-id-token-hint': async () => {
      const { id_token: hint = '' } = await tokensOf();
      expect(await logout({ id_token_hint: `${hint.slice(0, -6)}AAAAAA` })).toBe('400');
    },
  };
  describe('the conformance suite’s', () => {
    it.each(Object.entries(cases))('%s', async (_name, check) => {
      await expect(check().then(() => 'passed')).resolves.toBe('passed');
    });
  });
}
