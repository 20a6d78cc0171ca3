import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../identity/index.ts';
import { codeRequest, register, type OpenIdServer, type TestApplication } from '../testing.ts';

const callback = 'https://bank.contoso.com/callback';

/** What is tried against sign-ins to applications, and does not work. RFC 9700. */
export function attackTests(of: () => OpenIdServer): void {
  let server: OpenIdServer;
  let dora: Person;
  let bank: TestApplication;
  let evil: TestApplication;
  let spa: TestApplication;

  const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${server.issuer}${path}`, { method: 'POST', body: new URLSearchParams(form), headers });
    return { status: answer.status, body: (await answer.json()) as { error?: string; error_description?: string } };
  };
  const codeOf = async (app: TestApplication, uri = callback) => {
    const { url, checks } = await codeRequest(app, uri);
    const visit = await server.browser().visit(url, dora);
    return { code: visit.url.searchParams.get('code') ?? '', checks, visit };
  };
  const basic = ({ appId, secret }: TestApplication) => ({
    authorization: `Basic ${Buffer.from(`${appId}:${secret}`).toString('base64')}`,
  });
  const redeem = (app: TestApplication, code: string, verifier: string, uri = callback) =>
    post('/oauth2/v2.0/token', { grant_type: 'authorization_code', code, redirect_uri: uri, code_verifier: verifier }, basic(app)); // prettier-ignore
  const authorize = (more: Record<string, string>) => {
    const url = new URL('/oauth2/v2.0/authorize', server.issuer);
    const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url');
    const usual = { client_id: bank.appId, redirect_uri: callback, response_type: 'code', scope: 'openid', state: 's', code_challenge: challenge, code_challenge_method: 'S256' }; // prettier-ignore
    for (const [name, value] of Object.entries({ ...usual, ...more }))
      if (value !== '') url.searchParams.set(name, value);
    return server.browser().fetch(url);
  };

  beforeAll(async () => {
    server = of();
    dora = await server.person('dora');
    bank = await register(server, { displayName: 'Bank', web: { redirectUris: [callback] } });
    evil = await register(server, { displayName: 'Evil', web: { redirectUris: ['https://evil.example/callback'] } });
    spa = await register(server, { displayName: 'Page', spa: { redirectUris: ['https://page.contoso.com/'] } });
  }, 60_000);

  describe('refused:', () => {
    it('a code that comes twice, with everything that it gave', async () => {
      const { checks, visit } = await codeOf(bank);
      const tokens = await oidc.authorizationCodeGrant(bank.config, visit.url, checks);
      const again = oidc.authorizationCodeGrant(bank.config, visit.url, checks);
      await expect(again).rejects.toMatchObject({ error: 'invalid_grant' });
      await expect(oidc.fetchUserInfo(bank.config, tokens.access_token, tokens.claims()?.sub ?? '')).rejects.toMatchObject({ status: 401 }); // prettier-ignore
    });

    it('a code of another application, of another request, or at another address', async () => {
      const { code, checks } = await codeOf(bank);
      const verifier = checks.pkceCodeVerifier;
      for (const answer of [
        await redeem(evil, code, verifier),
        await redeem(bank, code, oidc.randomPKCECodeVerifier()),
        await redeem(bank, code, ''),
        await redeem(bank, code, verifier, `${callback}/`),
      ])
        expect(answer.body.error).toBe('invalid_grant');
    });

    it('an answer of another issuer, or for another request of the browser', async () => {
      const { checks, visit } = await codeOf(bank);
      const mixed = new URL(visit.url);
      mixed.searchParams.set('iss', 'https://evil.example');
      await expect(oidc.authorizationCodeGrant(bank.config, mixed, checks)).rejects.toMatchObject({
        code: 'OAUTH_INVALID_RESPONSE',
      });
      const forged = { ...checks, expectedState: 'another' };
      await expect(oidc.authorizationCodeGrant(bank.config, visit.url, forged)).rejects.toMatchObject({
        code: 'OAUTH_INVALID_RESPONSE',
      });
    });

    it.each([
      ['no PKCE', { code_challenge: '', code_challenge_method: '' }],
      ['PKCE by plain text', { code_challenge_method: 'plain' }],
      ['tokens in the address', { response_type: 'id_token token' }],
      ['what another one signs for it', { request: 'e30.e30.' }],
      ['a resource that is not there', { resource: 'https://nowhere.example' }],
    ])('%s', async (_name, more) => {
      const answer = await authorize(more);
      const to = new URL(answer.headers.get('location') ?? '');
      expect(to.origin + to.pathname).toBe(callback);
      const said = new URLSearchParams(to.search === '' ? to.hash.slice(1) : to.search);
      expect([said.get('code'), said.get('iss')]).toEqual([null, server.issuer]);
      expect(said.get('error')).toMatch(/^(invalid_request|unsupported_response_type|request_not_supported|invalid_target)$/); // prettier-ignore
    });

    it.each([
      `${callback}/`,
      `${callback}?next=//evil.example`,
      `${callback}/../other`,
      'https://bank.contoso.com.evil.example/callback',
      'https://bank.contoso.com@evil.example/callback',
      'https://BANK.contoso.com/callback',
      'http://bank.contoso.com/callback',
      'javascript:alert(1)',
    ])('an answer sent to %s', async (uri) => {
      const answer = await authorize({ redirect_uri: uri });
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
      expect(await answer.text()).not.toContain('evil.example');
    });

    it('to be shown in a frame', async () => {
      const device = await server.browser().fetch('/oauth2/v2.0/deviceauth');
      for (const answer of [await authorize({}), device]) {
        expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
        expect(answer.headers.get('x-frame-options')).toBe('DENY');
      }
    });

    it('a sign-in that was begun in another browser', async () => {
      const attacker = server.browser();
      const victim = server.browser();
      const { url } = await codeRequest(bank, callback);
      const { url: page } = await attacker.visit(url);
      const uid = page.pathname.split('/').at(-1) ?? '';
      await victim.signIn(dora);
      await expect(victim.details(uid)).rejects.toThrow(/begun in another browser/);
      await expect(victim.answer(uid, 'continue')).rejects.toThrow(/begun in another browser/);
    });

    it('a session that was there before the sign-in', async () => {
      const browser = server.browser();
      const { url } = await codeRequest(bank, callback);
      await browser.visit(url);
      const before = browser.cookies.filter(({ name }) => name.includes('openid'));
      await browser.visit(url, dora);
      const after = browser.cookies.find(({ name }) => name === '__Host-sallyport-openid');
      expect(after).toBeDefined();
      expect(before.map(({ value }) => value)).not.toContain(after?.value);
    });

    it('to continue from a page of another site', async () => {
      const browser = server.browser();
      const { url } = await codeRequest(bank, callback);
      const { url: page } = await browser.visit(url);
      const answer = await fetch(`${page.href}/answer`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          origin: 'https://evil.example',
          'x-sallyport-csrf': '1',
          cookie: browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
        },
        body: JSON.stringify({ answer: 'continue' }),
      });
      expect(answer.status).toBe(403);
    });

    it('to learn which applications there are, or which secrets were close', async () => {
      const grant = { grant_type: 'client_credentials' };
      const unknown = await post('/oauth2/v2.0/token', grant, basic({ ...bank, appId: randomUUID() }));
      const wrong = await post('/oauth2/v2.0/token', grant, basic({ ...bank, secret: randomBytes(32).toString('base64url') })); // prettier-ignore
      expect(unknown).toEqual(wrong);
      expect(unknown).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      const rows = (await server.rows('AADServicePrincipalSignInLogs')).filter(({ AppId }) => AppId === bank.appId);
      expect(rows).toMatchObject([{ ResultType: '7000215', ServicePrincipalName: 'Bank' }]);
    });

    it('a secret that is over, and a page that sends one', async () => {
      await server.platform.database.execute(
        `UPDATE application_credentials SET ends_at = now() - interval '1 second' WHERE application_id = $1`,
        [evil.application.id],
      );
      const grant = { grant_type: 'client_credentials' };
      expect((await post('/oauth2/v2.0/token', grant, basic(evil))).body.error).toBe('invalid_client');
      expect((await post('/oauth2/v2.0/token', { ...grant, client_id: spa.appId })).status).toBe(400);
    });

    it('to read tokens of others', async () => {
      const { checks, visit } = await codeOf(bank);
      const { access_token: token } = await oidc.authorizationCodeGrant(bank.config, visit.url, checks);
      expect((await post('/oauth2/v2.0/introspect', { token }, basic(await register(server, { displayName: 'Spy' })))).body).toEqual({ active: false }); // prettier-ignore
    });
  });

  describe('a token that is bound to a key (DPoP)', () => {
    it('is refused without it, with another one, and with a proof that was used', async () => {
      const key = await generateKeyPair('ES256', { extractable: true });
      const dpop = oidc.getDPoPHandle(spa.config, { ...key });
      const { url, checks } = await codeRequest(spa, 'https://page.contoso.com/');
      const visit = await server.browser().visit(url, dora);
      const tokens = await oidc.authorizationCodeGrant(spa.config, visit.url, checks, {}, { DPoP: dpop });
      expect(tokens.token_type).toBe('dpop');
      const jwk = await exportJWK(key.publicKey);
      const uri = `${server.issuer}/oidc/userinfo`;
      const proof = (jti = randomUUID(), by = key.privateKey, shown = jwk) =>
        new SignJWT({
          htm: 'GET',
          htu: uri,
          jti,
          ath: createHash('sha256').update(tokens.access_token).digest('base64url'),
        })
          .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: shown })
          .setIssuedAt()
          .sign(by);
      const ask = async (headers: Record<string, string>) => (await fetch(uri, { headers })).status;
      const authorization = `DPoP ${tokens.access_token}`;
      const used = await proof();
      expect(await ask({ authorization, dpop: used })).toBe(200);
      expect(await ask({ authorization, dpop: used })).toBe(401);
      expect(await ask({ authorization: `Bearer ${tokens.access_token}` })).toBe(401);
      const other = await generateKeyPair('ES256', { extractable: true });
      const shown = await exportJWK(other.publicKey);
      expect(await calculateJwkThumbprint(shown)).not.toBe(await calculateJwkThumbprint(jwk));
      expect(await ask({ authorization, dpop: await proof(randomUUID(), other.privateKey, shown) })).toBe(401);
      // The refresh token of a public application is bound too.
      await expect(oidc.refreshTokenGrant(spa.config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' }); // prettier-ignore
    });
  });
}
