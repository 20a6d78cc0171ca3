import { Client as GraphClient } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Person } from '../identity/index.ts';
import { attackTests } from './testing/attacks.ts';
import { conformanceTests } from './testing/conformance.ts';
import { grantTests } from './testing/grants.ts';
import { policyTests } from './testing/policies.ts';
import { type Browser, codeRequest, register, startOpenIdServer, type OpenIdServer, type TestApplication } from './testing.ts'; // prettier-ignore

vi.setConfig({ testTimeout: 60_000 });

let server: OpenIdServer;
let bob: Person;
let shop: TestApplication;
let graph: GraphClient;

const callback = 'https://shop.contoso.com/callback';

/** Signs Bob in to the shop, and gets its tokens. */
const tokensOf = async (browser: Browser, more: Record<string, string> = {}) => {
  const { url, checks } = await codeRequest(shop, callback, more);
  const visit = await browser.visit(url, bob);
  return { tokens: await oidc.authorizationCodeGrant(shop.config, visit.url, checks), visit };
};

beforeAll(async () => {
  server = await startOpenIdServer();
  bob = await server.person('bob');
  shop = await register(server, { displayName: 'Shop', web: { redirectUris: [callback] } });
  const token = await server.token('applications.read', 'applications.manage');
  graph = GraphClient.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.issuer}/`,
    customHosts: new Set(['localhost']),
  });
}, 120_000);
afterAll(() => server.stop());

describe('the client of Microsoft Graph', () => {
  it('registers an application, its secret and its service principal, and takes them away', async () => {
    const made = (await graph.api('/applications').post({
      displayName: 'Payroll',
      identifierUris: ['api://payroll'],
      web: { redirectUris: ['https://payroll.contoso.com/cb'] },
      appRoles: [
        {
          id: '11111111-2222-4333-8444-555555555555',
          value: 'Payroll.Read',
          displayName: 'Read',
          description: 'Reads',
          allowedMemberTypes: ['User', 'Application'],
        },
      ],
    })) as Graph.Application & { id: string; appId: string };
    expect(made).toMatchObject({ signInAudience: 'AzureADMyOrg', passwordCredentials: [], keyCredentials: [] });
    const secret = (await graph
      .api(`/applications/${made.id}/addPassword`)
      .post({ passwordCredential: { displayName: 'first' } })) as Graph.PasswordCredential;
    expect(secret.secretText).toMatch(/^[\w-]{43}$/);
    const read = (await graph.api(`/applications/${made.id}`).get()) as Graph.Application;
    expect(read.passwordCredentials).toMatchObject([{ keyId: secret.keyId, hint: secret.secretText?.slice(0, 3), secretText: null }]); // prettier-ignore
    const stored = await server.platform.database.query('SELECT row_to_json(c)::text AS t FROM application_credentials c'); // prettier-ignore
    expect(JSON.stringify(stored)).not.toContain(secret.secretText);
    const principal = (await graph.api('/servicePrincipals').post({ appId: made.appId })) as { id: string };
    const given = (await graph.api(`/servicePrincipals/${principal.id}/appRoleAssignedTo`).post({
      principalId: bob.id,
      resourceId: principal.id,
      appRoleId: '11111111-2222-4333-8444-555555555555',
    })) as { id: string };
    expect(await graph.api(`/servicePrincipals/${principal.id}/appRoleAssignedTo`).get()).toMatchObject({
      value: [{ id: given.id, principalDisplayName: 'bob', principalType: 'User', resourceDisplayName: 'Payroll' }],
    });
    const found = await graph.api('/servicePrincipals').filter(`appId eq '${made.appId}'`).get() as { value: unknown[] }; // prettier-ignore
    expect(found.value).toMatchObject([{ id: principal.id, displayName: 'Payroll', accountEnabled: true }]);
    await graph.api(`/applications/${made.id}`).patch({ displayName: 'Payroll 2' });
    await graph.api(`/applications/${made.id}/removePassword`).post({ keyId: secret.keyId });
    await graph.api(`/servicePrincipals/${principal.id}/appRoleAssignedTo/${given.id}`).delete();
    await graph.api(`/applications/${made.id}`).delete();
    await expect(graph.api(`/servicePrincipals/${principal.id}`).get()).rejects.toMatchObject({ statusCode: 404 });
    const written = (await server.rows('AuditLogs')).filter(
      ({ Category, TargetResources }) =>
        Category === 'ApplicationManagement' && JSON.stringify(TargetResources).includes('"displayName":"Payroll'),
    );
    expect(written.map(({ OperationName }) => OperationName)).toEqual([
      'Add application',
      'Update application – Certificates and secrets management ',
      'Add service principal',
      'Add app role assignment grant to user',
      'Update application',
      'Update application – Certificates and secrets management ',
      'Remove app role assignment from user',
      'Delete application',
    ]);
  });

  it.each([
    ['a redirect over http', { web: { redirectUris: ['http://contoso.com/cb'] } }, 'https'],
    ['a redirect with a wildcard', { web: { redirectUris: ['https://*.contoso.com/cb'] } }, 'https'],
    ['a redirect that a browser runs', { publicClient: { redirectUris: ['javascript:alert(1)'] } }, 'URI'],
    ['clients of two kinds', { web: { redirectUris: ['https://a.b/c'] }, spa: { redirectUris: ['https://a.b/d'] } }, 'one platform'], // prettier-ignore
    ['what it would not keep to', { signInAudience: 'AzureADMultipleOrgs' }, 'AzureADMyOrg'],
  ])('is refused %s', async (_name, body, said) => {
    await expect(graph.api('/applications').post({ displayName: 'x', ...body })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining(said) as string,
    });
  });
});

describe('a web application', () => {
  it('gets a person’s tokens for a code, once she has signed in and agreed', async () => {
    const browser = server.browser();
    const { tokens, visit } = await tokensOf(browser);
    expect(visit.asked).toEqual(['signIn', 'consent']);
    expect(visit.url.searchParams.get('iss')).toBe(server.issuer);
    const claims = tokens.claims();
    expect(claims).toMatchObject({
      iss: server.issuer,
      aud: shop.appId,
      oid: bob.id,
      name: 'bob',
      preferred_username: 'bob@contoso.com',
      email: 'bob@contoso.com',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: expect.any(Number) as number,
    });
    expect(claims?.sub).not.toBe(bob.id);
    const info = await oidc.fetchUserInfo(shop.config, tokens.access_token, claims?.sub ?? '');
    expect(info).toMatchObject({ oid: bob.id, email: 'bob@contoso.com' });
    // The same browser is not asked again, nor another one what was agreed to.
    const again = await tokensOf(browser);
    expect(again.visit.asked).toEqual([]);
    expect((await tokensOf(server.browser())).visit.asked).toEqual(['signIn']);
    const rows = (await server.rows('SigninLogs')).filter(({ AppId }) => AppId === shop.appId);
    expect(rows).toMatchObject(
      Array.from({ length: 3 }, () => ({
        AppDisplayName: 'Shop',
        UserPrincipalName: 'bob@contoso.com',
        ResultType: '0',
        ConditionalAccessStatus: 'notApplied',
        IsInteractive: true,
      })),
    );
  });
});

grantTests(() => server);
attackTests(() => server);
policyTests(() => server);
conformanceTests(() => server);
