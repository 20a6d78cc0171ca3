import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { sallyportApplication } from '../../conditional-access/index.ts';
import { createApplicationCommands } from '../applications/commands.ts';
import type { Person } from '../../identity/index.ts';
import { codeRequest, demandTerms, register, type OpenIdServer, type TestApplication } from '../testing.ts';
import { startLogoutListener } from './grants.ts';

const callback = 'https://books.contoso.com/callback';

/** Conditional Access decides by the application, at the code, at each refresh, and for applications themselves. */
export function policyTests(of: () => OpenIdServer): void {
  let server: OpenIdServer;
  let carl: Person;
  let books: TestApplication;
  let token: string;

  const graph = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${server.issuer}/v1.0/identity/conditionalAccess/policies${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.status === 204 ? { id: '' } : ((await answer.json()) as { id: string });
  };
  const policy = (displayName: string, conditions: object, grantControls: object) =>
    graph('POST', '', { displayName, state: 'enabled', conditions, grantControls });
  const block = { operator: 'OR', builtInControls: ['block'] };

  beforeAll(async () => {
    server = of();
    token = await server.token('conditionalAccess.read', 'conditionalAccess.manage');
    carl = await server.person('carl');
    books = await register(server, { displayName: 'Books', web: { redirectUris: [callback] } });
  }, 60_000);

  describe('Conditional Access', () => {
    it('blocks a code and a refresh of the application that it names, and no other', async () => {
      const other = await register(server, { displayName: 'Other', web: { redirectUris: [callback] } });
      const browser = server.browser();
      const first = await codeRequest(books, callback, { scope: 'openid offline_access', prompt: 'consent' });
      const tokens = await oidc.authorizationCodeGrant(books.config, (await browser.visit(first.url, carl)).url, first.checks); // prettier-ignore
      const { id } = await policy('No books', { users: { includeUsers: [carl.id] }, applications: { includeApplications: [books.appId] } }, block); // prettier-ignore
      const refused = oidc.refreshTokenGrant(books.config, tokens.refresh_token ?? '');
      await expect(refused).rejects.toMatchObject({ error: 'invalid_grant', error_description: expect.stringContaining('AADSTS53003') as string }); // prettier-ignore
      const again = await codeRequest(books, callback);
      const { url } = await browser.visit(again.url, carl);
      expect(url.searchParams.get('error')).toBe('access_denied');
      expect(url.searchParams.get('error_description')).toContain('AADSTS53003');
      const { url: fine } = await codeRequest(other, callback);
      expect((await browser.visit(fine, carl)).url.searchParams.get('code')).toBeDefined();
      const results = (rows: Record<string, unknown>[]) =>
        rows.filter(({ AppId }) => AppId === books.appId).map(({ ResultType, ConditionalAccessStatus }) => [ResultType, ConditionalAccessStatus]); // prettier-ignore
      expect(results(await server.rows('SigninLogs'))).toEqual([['0', 'notApplied'], ['53003', 'failure']]); // prettier-ignore
      // One of the refresh, and one of the live sign-in that was decided on again.
      const silent = new Set(results(await server.rows('AADNonInteractiveUserSignInLogs')).map(String));
      expect([...silent]).toEqual(['53003,failure']);
      await graph('DELETE', `/${id}`);
      // Nothing was taken away: the refresh token that was not used is still good.
      expect((await oidc.refreshTokenGrant(books.config, tokens.refresh_token ?? '')).access_token).toBeDefined();
    });

    it('asks within the sign-in to accept terms of use, once, and takes no for an answer', async () => {
      const terry = await server.person('terry');
      const remove = await demandTerms(server, { displayName: 'Books only', personId: terry.id, appId: books.appId });
      const browser = server.browser();
      await browser.visit((await codeRequest(books, callback)).url);
      await browser.signIn(terry);
      const uidOf = async (): Promise<string> => {
        const { url } = await codeRequest(books, callback);
        const answer = await browser.fetch(url);
        return /\/openid\/interaction\/([\w-]+)$/.exec(answer.headers.get('location') ?? '')?.[1] ?? '';
      };
      const toTerms = async (): Promise<string> => {
        const first = await uidOf();
        const { needs } = await browser.details(first);
        if (needs === 'terms') return first;
        const resumed = await browser.fetch(await browser.answer(first, 'continue'));
        return /\/openid\/interaction\/([\w-]+)$/.exec(resumed.headers.get('location') ?? '')?.[1] ?? '';
      };
      const uid = await toTerms();
      expect(await browser.details(uid)).toMatchObject({ needs: 'terms', reason: null, terms: [{ displayName: 'Books only', text: '# Be kind', mustBeViewed: false }] }); // prettier-ignore
      await expect(browser.answer(uid, 'continue')).rejects.toThrow('still to be accepted');
      const declined = await browser.visit(await browser.answer(uid, 'cancel'));
      expect(declined.url.searchParams.get('error')).toBe('access_denied');
      const { url, checks } = await codeRequest(books, callback);
      const visit = await browser.visit(url, terry);
      expect(visit.asked).toContain('terms');
      const tokens = await oidc.authorizationCodeGrant(books.config, visit.url, checks);
      expect(tokens.claims()).toMatchObject({ preferred_username: terry.userPrincipalName });
      expect((await browser.visit((await codeRequest(books, callback)).url, terry)).asked).not.toContain('terms');
      const states = await server.platform.database.query('SELECT state FROM agreement_acceptances WHERE person_id = $1 ORDER BY recorded_at', [terry.id]); // prettier-ignore
      expect(states).toEqual([{ state: 'declined' }, { state: 'accepted' }]);
      await remove();
    });

    it('tells an application within seconds that somebody may use it no more, and leaves the rest', async () => {
      const listener = await startLogoutListener(server);
      const wiki = await register(server, { displayName: 'Wiki', web: { redirectUris: [callback], logoutUrl: listener.uri } }); // prettier-ignore
      const browser = server.browser();
      const tokensOf = async (app: TestApplication) => {
        const { url, checks } = await codeRequest(app, callback, { scope: 'openid offline_access', prompt: 'consent' });
        return oidc.authorizationCodeGrant(app.config, (await browser.visit(url, carl)).url, checks);
      };
      const [tokens, others] = [await tokensOf(wiki), await tokensOf(books)];
      const sub = tokens.claims()?.sub ?? '';
      const began = performance.now();
      const { id } = await policy('No wiki', { users: { includeUsers: [carl.id] }, applications: { includeApplications: [wiki.appId] } }, block); // prettier-ignore
      const [heard] = await listener.wait(1);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(decodeJwt(heard?.token ?? '')).toMatchObject({ aud: wiki.appId, sub, sid: tokens.claims()?.['sid'] });
      await expect(oidc.fetchUserInfo(wiki.config, tokens.access_token, sub)).rejects.toMatchObject({ status: 401 });
      const othersSub = others.claims()?.sub ?? '';
      expect(await oidc.fetchUserInfo(books.config, others.access_token, othersSub)).toMatchObject({ oid: carl.id });
      const [last] = (await server.platform.audit.newest(20)).filter(({ operation }) => operation === 'RefuseApplicationSession'); // prettier-ignore
      expect(last).toMatchObject({ details: { outcome: 'blockedByPolicy', reasons: ['"No wiki" blocks'] } });
      await graph('DELETE', `/${id}`);
      expect((await oidc.refreshTokenGrant(wiki.config, tokens.refresh_token ?? '')).access_token).toBeDefined();
      expect(listener.heard).toHaveLength(1);
      await listener.stop();
    });

    it('ends what stands on a session of Sallyport that a policy ends', async () => {
      const browser = server.browser();
      const first = await codeRequest(books, callback, { scope: 'openid offline_access', prompt: 'consent' });
      const tokens = await oidc.authorizationCodeGrant(books.config, (await browser.visit(first.url, carl)).url, first.checks); // prettier-ignore
      const sub = tokens.claims()?.sub ?? '';
      expect(await oidc.fetchUserInfo(books.config, tokens.access_token, sub)).toMatchObject({ oid: carl.id });
      const { id } = await policy('No Sallyport', { users: { includeUsers: [carl.id] }, applications: { includeApplications: [sallyportApplication] } }, block); // prettier-ignore
      expect(await server.domains.identity.decideAgain()).toBeGreaterThan(0);
      await expect(oidc.fetchUserInfo(books.config, tokens.access_token, carl.id)).rejects.toMatchObject({
        status: 401,
      });
      const refused = oidc.refreshTokenGrant(books.config, tokens.refresh_token ?? '');
      await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' });
      await graph('DELETE', `/${id}`);
    });

    it('asks for a stronger sign-in once, and then refuses', async () => {
      const strength = { id: '00000000-0000-0000-0000-000000000004' };
      const { id } = await policy(
        'Passkeys for books',
        { users: { includeUsers: [carl.id] }, applications: { includeApplications: [books.appId] } },
        { operator: 'OR', builtInControls: [], authenticationStrength: strength },
      );
      const browser = server.browser();
      const { url } = await codeRequest(books, callback);
      const { url: end, asked } = await browser.visit(url, carl);
      // Signed in, told to do better, signed in by password again, refused.
      expect(asked).toEqual(['signIn', 'signIn']);
      expect(end.searchParams.get('error_description')).toContain('AADSTS50074');
      await graph('DELETE', `/${id}`);
    });

    it('blocks an application that signs in as itself', async () => {
      const robot = await register(server, { displayName: 'Robot' });
      await oidc.clientCredentialsGrant(robot.config);
      const { id } = await policy(
        'No robots',
        {
          applications: { includeApplications: ['All'] },
          clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
        },
        block,
      );
      await expect(oidc.clientCredentialsGrant(robot.config)).rejects.toMatchObject({ error: 'access_denied' });
      await graph('DELETE', `/${id}`);
      const rows = (await server.rows('AADServicePrincipalSignInLogs')).filter(({ AppId }) => AppId === robot.appId);
      expect(rows.map(({ ResultType }) => ResultType)).toEqual(['0', '53003']);
    });

    it('comes after assignment, where the application needs one', async () => {
      const commands = createApplicationCommands(server.platform);
      const by = { ...server.admin, ipAddress: '192.0.2.1', requestId: 'test' };
      const named = { by: 'app_id', value: books.appId } as const;
      await commands.updatePrincipal(named, { appRoleAssignmentRequired: true }, by);
      const { url } = await codeRequest(books, callback);
      const { url: end } = await server.browser().visit(url, carl);
      expect(end.searchParams.get('error_description')).toContain('AADSTS50105');
      await commands.assign(named, { principalId: carl.id, appRoleId: '00000000-0000-0000-0000-000000000000' }, by);
      const { url: again } = await codeRequest(books, callback);
      expect((await server.browser().visit(again, carl)).url.searchParams.get('code')).toBeTruthy();
    });
  });
}
