import { createServer, type Server } from 'node:https';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { builtInRoles, type GrantedPermission } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Person } from '../../identity/index.ts';
import { loadTls } from '../../platform/http/index.ts';
import { createApplicationCommands } from '../applications/commands.ts';
import { tokenExchange } from '../provider/clients.ts';
import { codeRequest, register, type Browser, type OpenIdServer, type TestApplication } from '../testing.ts';

const callback = 'https://shop.contoso.com/callback';
const roleId = '11111111-2222-4333-8444-555555555555';
const scopeId = '11111111-2222-4333-8444-666666666666';

/** What an application’s own server hears of ended sign-ins. */
export async function startLogoutListener({ platform }: OpenIdServer) {
  const { certificate, key } = await loadTls(platform.config, platform.clock);
  const heard: { token: string }[] = [];
  const server: Server = createServer({ cert: certificate, key }, (request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      heard.push({ token: new URLSearchParams(body).get('logout_token') ?? '' });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    uri: `https://localhost:${port}/logout`,
    heard,
    wait: async (count: number) => {
      for (let left = 200; heard.length < count && left > 0; left -= 1) await platform.clock.sleep(25);
      return heard;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

export function grantTests(of: () => OpenIdServer): void {
  let server: OpenIdServer;
  let bob: Person;
  let shop: TestApplication;
  let orders: TestApplication;
  let listener: Awaited<ReturnType<typeof startLogoutListener>>;
  const by = () => ({ ...server.admin, ipAddress: '192.0.2.1', requestId: 'test' });

  const tokensOf = async (browser: Browser, app = shop, more: Record<string, string> = {}) => {
    const { url, checks } = await codeRequest(app, callback, more);
    const visit = await browser.visit(url, bob);
    return oidc.authorizationCodeGrant(app.config, visit.url, checks);
  };
  const lasting = { scope: 'openid offline_access', prompt: 'consent' };
  const active = async (app: TestApplication, token: string) =>
    (await oidc.tokenIntrospection(app.config, token)).active;

  beforeAll(async () => {
    server = of();
    bob = await server.person('bea');
    listener = await startLogoutListener(server);
    shop = await register(server, {
      displayName: 'Shop',
      identifierUris: ['api://shop-api'],
      web: { redirectUris: [callback], logoutUrl: listener.uri },
      openid: { postLogoutRedirectUris: ['https://shop.contoso.com/bye'] },
      api: { oauth2PermissionScopes: [{ id: scopeId, value: 'Shop.Use', userConsentDisplayName: 'Use the shop' }] },
    });
    orders = await register(server, {
      displayName: 'Orders',
      identifierUris: ['api://orders'],
      api: { oauth2PermissionScopes: [{ id: scopeId, value: 'Orders.Read', userConsentDisplayName: 'Read orders' }] },
      appRoles: [{ id: roleId, value: 'Orders.All', displayName: 'All', allowedMemberTypes: ['Application', 'User'] }],
    });
  }, 60_000);
  afterAll(() => listener.stop());

  describe('refresh', () => {
    it('gives a new refresh token each time, and a stolen one ends everything', async () => {
      const first = await tokensOf(server.browser(), shop, lasting);
      const second = await oidc.refreshTokenGrant(shop.config, first.refresh_token ?? '');
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect(await active(shop, second.access_token)).toBe(true);
      const replay = oidc.refreshTokenGrant(shop.config, first.refresh_token ?? '');
      await expect(replay).rejects.toMatchObject({ error: 'invalid_grant' });
      expect(await active(shop, second.access_token)).toBe(false);
      const next = oidc.refreshTokenGrant(shop.config, second.refresh_token ?? '');
      await expect(next).rejects.toMatchObject({ error: 'invalid_grant' });
      const rows = (await server.rows('AADNonInteractiveUserSignInLogs')).filter(({ UserId }) => UserId === bob.id);
      expect(rows.map(({ ResultType }) => ResultType)).toEqual(['0', '50173']);
      expect(rows[1]).toMatchObject({ RiskEventTypes_V2: '["anomalousToken"]', RiskLevelDuringSignIn: 'high' });
    });

    it('lets only one of two senders through at the same moment, and then neither', async () => {
      const { refresh_token: token = '' } = await tokensOf(server.browser(), shop, lasting);
      const both = await Promise.allSettled([0, 1].map(() => oidc.refreshTokenGrant(shop.config, token)));
      const good = both.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      expect(good.length).toBeLessThan(2);
      for (const { access_token: won } of good) expect(await active(shop, won)).toBe(false);
    });
  });

  describe('an application by itself', () => {
    it('gets a token for another one with the roles that it was given', async () => {
      const { clientCredentialsGrant: grant } = oidc;
      const commands = createApplicationCommands(server.platform);
      const worker = await register(server, { displayName: 'Worker' });
      const ids = await server.platform.database.query<{ id: string; appId: string }>(
        'SELECT id, app_id AS "appId" FROM service_principals',
      );
      const idOf = ({ appId }: TestApplication) => ids.find((one) => one.appId === appId)?.id ?? '';
      await commands.assign({ by: 'id', value: idOf(orders) }, { principalId: idOf(worker), appRoleId: roleId }, by());
      const { access_token: token } = await grant(worker.config, { resource: 'api://orders' });
      expect(decodeJwt(token)).toMatchObject({
        aud: 'api://orders',
        roles: ['Orders.All'],
        oid: idOf(worker),
        idtyp: 'app',
      });
      await expect(grant(worker.config, { resource: 'api://nobody' })).rejects.toMatchObject({
        error: 'invalid_target',
      });
      await commands.updatePrincipal({ by: 'id', value: idOf(worker) }, { accountEnabled: false }, by());
      await expect(grant(worker.config)).rejects.toMatchObject({ status: 401 });
      const rows = await server.rows('AADServicePrincipalSignInLogs');
      expect(rows.filter(({ AppId }) => AppId === worker.appId)).toMatchObject([
        { ResultType: '0', ResourceDisplayName: 'Orders', ClientCredentialType: 'clientSecret', ServicePrincipalId: idOf(worker) }, // prettier-ignore
      ]);
    });
  });

  describe('an application that calls Sallyport', () => {
    const scope = 'api://sallyport/.default';
    const call = async (path: string, token: string, init: RequestInit = {}) =>
      (await fetch(`${server.issuer}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } })).status; // prettier-ignore
    const principalOf = async ({ appId }: TestApplication) =>
      (await server.platform.database.first<{ id: string }>('SELECT id FROM service_principals WHERE app_id = $1', [appId]))?.id ?? ''; // prettier-ignore

    it('may what its roles grant, for as long as it may be used', async () => {
      const { database, clock } = server.platform;
      const commands = createApplicationCommands(server.platform);
      const robot = await register(server, { displayName: 'Robot that calls' });
      const id = await principalOf(robot);
      const { access_token: token } = await oidc.clientCredentialsGrant(robot.config, { scope });
      const { aud, exp = 0, iat = 0, ...claims } = decodeJwt(token);
      expect([aud, exp - iat, claims]).toEqual(['api://sallyport', 900, expect.objectContaining({ oid: id, idtyp: 'app' })]); // prettier-ignore
      // Nobody has given it anything yet.
      expect(await call('/api/applications', token)).toBe(403);
      await database.execute(
        `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by)
         VALUES (gen_random_uuid(), $1, $2, 'servicePrincipal', 'active', $3, $3, 'test')`,
        [builtInRoles['Application Administrator'].id, id, clock.now()],
      );
      await vi.waitFor(async () => expect(await call('/api/applications', token)).toBe(200), { timeout: 1_000 });
      expect(await call(`/api/directory/people/${bob.id}`, token, { method: 'DELETE' })).toBe(403);
      await server.domains.access.uses.flush();
      const used = await database.query<{ permission: string }>('SELECT permission FROM permission_uses WHERE principal_id = $1', [id]); // prettier-ignore
      expect(used.map(({ permission }) => permission)).toEqual(['applications.read']);

      // The other way to ask, by Sallyport's own address; and what is no token of an application for Sallyport.
      const other = await oidc.clientCredentialsGrant(robot.config, { resource: server.issuer });
      expect(await call('/api/applications', other.access_token)).toBe(200);
      const foreign = await oidc.clientCredentialsGrant(robot.config, { resource: 'api://orders' });
      for (const wrong of [foreign.access_token, `${token.slice(0, -4)}AAAA`, `${token}x`])
        expect(await call('/api/applications', wrong)).toBe(401);
      const { url } = await codeRequest(shop, callback, { resource: 'api://sallyport' });
      expect((await server.browser().visit(url, bob)).url.searchParams.get('error')).toBe('invalid_target');
      const uri = { displayName: 'Sallyport', identifierUris: ['api://sallyport'] };
      await expect(register(server, uri)).rejects.toMatchObject({ code: 'BadRequest' });

      const named = { by: 'id', value: id } as const;
      await commands.updatePrincipal(named, { accountEnabled: false }, by());
      expect(await call('/api/applications', token)).toBe(401);
      await commands.updatePrincipal(named, { accountEnabled: true }, by());
      expect(await call('/api/applications', token)).toBe(200);

      // Conditional Access for workloads holds for tokens that are out, too.
      const policies = '/v1.0/identity/conditionalAccess/policies';
      const graphToken = await server.token('conditionalAccess.manage', 'conditionalAccess.read', 'applications.read');
      const headers = { authorization: `Bearer ${graphToken}`, 'content-type': 'application/json' };
      const policy = {
        displayName: 'This robot does not call',
        state: 'enabled',
        conditions: {
          clientAppTypes: ['all'],
          applications: { includeApplications: ['All'] },
          clientApplications: { includeServicePrincipals: [id] },
        },
        grantControls: { operator: 'OR', builtInControls: ['block'] },
      };
      const made = await fetch(`${server.issuer}${policies}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(policy),
      });
      expect(made.status).toBe(201);
      const { id: policyId } = (await made.json()) as { id: string };
      await vi.waitFor(async () => expect(await call('/api/applications', token)).toBe(401), { timeout: 2_000 });
      const gone = await fetch(`${server.issuer}${policies}/${policyId}`, {
        method: 'DELETE',
        headers: { authorization: headers.authorization },
      });
      expect(gone.status).toBe(204);
      await vi.waitFor(async () => expect(await call('/api/applications', token)).toBe(200), { timeout: 2_000 });
      const rows = (await server.rows('AADServicePrincipalSignInLogs')).filter(({ AppId }) => AppId === robot.appId);
      expect(rows.map(({ ResultType, ResourceDisplayName }) => [ResultType, ResourceDisplayName])).toEqual([['0', 'Sallyport'], ['0', 'Sallyport'], ['0', 'Orders'], ['53003', 'Sallyport']]); // prettier-ignore

      // A secret that is taken away takes its tokens with it.
      const { keyId = '' } = (await database.first<{ keyId: string }>(`SELECT key_id AS "keyId" FROM application_credentials WHERE application_id = $1`, [robot.application.id])) ?? {}; // prettier-ignore
      await commands.removeCredential({ by: 'id', value: robot.application.id }, 'password', keyId, by());
      expect(await call('/api/applications', token)).toBe(401);
    });

    it('gets no secret and no certificate from who holds less', async () => {
      const strong = await register(server, { displayName: 'Strong' });
      const path = `/api/applications/${strong.application.id}/secrets`;
      const add = async (...scopes: GrantedPermission[]) =>
        call(path, await server.token(...scopes), { method: 'POST', body: '{}' });
      expect(await add('applications.manage')).toBe(200);
      await server.platform.database.execute(
        `INSERT INTO role_assignments (id, role_id, principal_id, principal_type, kind, starts_at, created_at, created_by)
         VALUES (gen_random_uuid(), $1, $2, 'servicePrincipal', 'active', now(), now(), 'test')`,
        [builtInRoles['User Administrator'].id, await principalOf(strong)],
      );
      expect(await add('applications.manage')).toBe(403);
      expect(await add('applications.manage', 'users.read', 'users.manage', 'authenticationMethods.manage')).toBe(200);
      const graph = `/v1.0/applications/${strong.application.id}`;
      const weak = await server.token('applications.manage');
      expect(await call(`${graph}/addPassword`, weak, { method: 'POST', body: '{"passwordCredential":{}}' })).toBe(403);
      const keyCredentials = [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: 'AAAA' }];
      expect(await call(graph, weak, { method: 'PATCH', body: JSON.stringify({ keyCredentials }) })).toBe(403);
    });
  });

  describe('a service on behalf of a person', () => {
    const exchange = (token: string, more: Record<string, string> = {}) =>
      oidc.genericGrantRequest(shop.config, tokenExchange, {
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: 'api://orders',
        ...more,
      });
    const tokenForShop = async () =>
      (await tokensOf(server.browser(), shop, { scope: 'openid Shop.Use', resource: 'api://shop-api' })).access_token;

    it('gets what was agreed to for the next one, until the person signs out', async () => {
      const subject = await tokenForShop();
      expect(decodeJwt(subject)).toMatchObject({ aud: 'api://shop-api', scope: 'Shop.Use', oid: bob.id });
      await expect(exchange(subject)).rejects.toMatchObject({ error: 'invalid_grant', error_description: expect.stringContaining('AADSTS65001') as string }); // prettier-ignore
      const ids = await server.platform.database.query<{ id: string; appId: string }>('SELECT id, app_id AS "appId" FROM service_principals'); // prettier-ignore
      const idOf = ({ appId }: TestApplication) => ids.find((one) => one.appId === appId)?.id ?? '';
      const commands = createApplicationCommands(server.platform);
      const consent = { clientId: idOf(shop), principalId: null, resourceId: idOf(orders), scope: 'Orders.Read' };
      await commands.consent(consent, 'Add delegated permission grant', by());
      const { access_token: token, issued_token_type: type } = await exchange(subject);
      expect(type).toBe('urn:ietf:params:oauth:token-type:access_token');
      expect(decodeJwt(token)).toMatchObject({ aud: 'api://orders', scope: 'Orders.Read', oid: bob.id, act: { sub: shop.appId } }); // prettier-ignore
      // What was meant for another service is no use to this one.
      await expect(exchange(token)).rejects.toMatchObject({ error: 'invalid_grant' });
      await server.platform.database.execute('UPDATE sessions SET revoked_at = now() WHERE person_id = $1', [bob.id]);
      await expect(exchange(subject)).rejects.toMatchObject({ error: 'invalid_grant' });
    });
  });

  describe('a device without a browser', () => {
    it('is signed in by its person on another screen, or not at all', async () => {
      const tv = await register(server, { displayName: 'TV', isFallbackPublicClient: true });
      const begun = await oidc.initiateDeviceAuthorization(tv.config, { scope: 'openid offline_access' });
      const browser = server.browser();
      // Each page has a secret of its own against forged forms.
      const post = async (page: string, form: Record<string, string>) => {
        const xsrf = /name="xsrf" value="([\w-]+)"/.exec(page)?.[1] ?? '';
        return browser.fetch(begun.verification_uri, { form: { xsrf, ...form } });
      };
      const first = await (await browser.fetch(begun.verification_uri)).text();
      const again = await (await post(first, { user_code: 'WRNG-CODE' })).text();
      expect(again).toContain('not right');
      const confirm = await (await post(again, { user_code: begun.user_code })).text();
      expect(confirm).toContain('TV');
      const went = await post(confirm, { user_code: begun.user_code, confirm: 'yes' });
      const end = await browser.visit(went.headers.get('location') ?? '', bob);
      expect(await end.response?.text()).toContain('You are signed in');
      const tokens = await oidc.pollDeviceAuthorizationGrant(tv.config, begun);
      expect(tokens.claims()).toMatchObject({ oid: bob.id });
      const rows = (await server.rows('SigninLogs')).filter(({ AppId }) => AppId === tv.appId);
      expect(rows).toMatchObject([{ AuthenticationProtocol: 'deviceCode', ResultType: '0' }]);
    });
  });

  describe('the end of a sign-in', () => {
    it('is heard by applications, and its tokens are refused at once', async () => {
      const browser = server.browser();
      const { access_token: token, refresh_token: refresh = '', claims } = await tokensOf(browser, shop, lasting).then((t) => ({ ...t, claims: t.claims() })); // prettier-ignore
      const before = listener.heard.length;
      await browser.fetch('/api/signout', { json: {} });
      await expect(oidc.fetchUserInfo(shop.config, token, claims?.sub ?? '')).rejects.toMatchObject({ status: 401 });
      await expect(oidc.refreshTokenGrant(shop.config, refresh)).rejects.toMatchObject({ error: 'invalid_grant' });
      const last = (await listener.wait(before + 1)).at(-1);
      expect(decodeJwt(last?.token ?? '')).toMatchObject({
        iss: server.issuer,
        aud: shop.appId,
        sub: claims?.sub,
        sid: claims?.['sid'],
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      });
    });

    it('begun by an application signs out of Sallyport too', async () => {
      const browser = server.browser();
      const tokens = await tokensOf(browser);
      const url = oidc.buildEndSessionUrl(shop.config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: 'https://shop.contoso.com/bye',
        state: 'there',
      });
      const page = await (await browser.fetch(url)).text();
      const xsrf = /name="xsrf" value="([\w-]+)"/.exec(page)?.[1] ?? '';
      const gone = await browser.fetch('/oauth2/v2.0/logout/confirm', { form: { xsrf, logout: 'yes' } });
      expect(gone.headers.get('location')).toBe('https://shop.contoso.com/bye?state=there');
      expect((await browser.fetch('/api/me')).status).toBe(401);
      const { url: again } = await codeRequest(shop, callback);
      expect((await browser.visit(again)).asked).toEqual(['signIn']);
    });

    it('of one token alone is its revocation', async () => {
      const { access_token: token } = await tokensOf(server.browser());
      await oidc.tokenRevocation(shop.config, token);
      expect(await active(shop, token)).toBe(false);
    });
  });
}
