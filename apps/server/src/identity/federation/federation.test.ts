import { Client as GraphClient } from '@microsoft/microsoft-graph-client';
import { builtInRoles, IdentityProviderInput } from '@sallyport/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { sallyportApplication } from '../../conditional-access/index.ts';
import { loadTls } from '../../platform/http/index.ts';
import { demandTerms, register, startOpenIdServer, type Browser, type OpenIdServer } from '../../openid/testing.ts';
import { personOfClaims } from './accounts.ts';
import { startShapedProvider, type Shape, type ShapedProvider } from './testing/shaped-provider.ts';

vi.setConfig({ testTimeout: 60_000 });

const clientId = 'sallyport here';
const secret = 'a secret: with % and +';
const domain = 'contoso.com';

let here: OpenIdServer;
let there: OpenIdServer;
let shaped: ShapedProvider;
let quiet: ShapedProvider;
let manager: Browser;

const Started = z.object({ location: z.string() });
const Provider = z.looseObject({ id: z.string(), redirectUri: z.string() });
const Row = z.looseObject({
  ResultType: z.string(),
  TokenIssuerName: z.string(),
  AuthenticationRequirement: z.string(),
});

type Input = Omit<z.input<typeof IdentityProviderInput>, 'displayName'>;
const inputOf = (name: string, { issuer }: { readonly issuer: string }, more: Partial<Input> = {}) => ({
  displayName: name,
  clientSecret: secret,
  domains: [domain],
  settings: { kind: 'openIdConnect' as const, issuer, clientId },
  ...more,
});
/** Adds a provider, and takes it away after `work`. */
async function withProvider<T>(
  name: string,
  input: object,
  work: (provider: z.infer<typeof Provider>) => Promise<T>,
): Promise<T> {
  // prettier-ignore
  const answer = await manager.fetch('/api/identity-providers', { json: input });
  const text = await answer.text();
  expect([name, answer.status, answer.ok ? '' : text]).toEqual([name, 200, '']);
  const provider = Provider.parse(JSON.parse(text));
  try {
    return await work(provider);
  } finally {
    await here.platform.database.execute('DELETE FROM identity_providers WHERE id = $1', [provider.id]);
  }
}
const start = async (browser: Browser, id: string, to = '/incidents'): Promise<string> => {
  // All these sign-ins come from one address, most of them to be refused.
  await here.platform.database.execute('DELETE FROM sign_in_failures');
  const answer = await browser.fetch(`/api/signin/federated/${id}/start`, { json: { to } });
  expect(answer.status).toBe(200);
  return Started.parse(await answer.json()).location;
};
const locationOf = (answer: Response): string => answer.headers.get('location') ?? '';
/** Signs in by the shaped provider; answers where the portal is then told to go. */
const signInBy = async (id: string, shape: Shape, browser = here.browser(), provider = shaped): Promise<string> =>
  locationOf(await browser.fetch(provider.authorize(await start(browser, id), shape)));
const bobOf = (claims: object): Shape => ({
  claims: {
    sub: 'bob-at-shaped',
    email: `bob@${domain}`,
    email_verified: true,
    name: 'Bob',
    amr: ['pwd', 'mfa'],
    ...claims,
  },
});
const newest = async (table: string) => (await here.rows(table)).at(-1);
const personNamed = (name: string) =>
  here.platform.database.first<{ id: string; roles: string[]; source: string; display: string }>(
    `SELECT p.id, p.source, p.display_name AS display, array(SELECT a.role_id::text FROM role_assignments a WHERE a.principal_id = p.id AND a.removed_at IS NULL) AS roles
     FROM people p WHERE p.user_principal_name = $1 AND p.deleted_at IS NULL`,
    [name],
  );

beforeAll(async () => {
  here = await startOpenIdServer();
  there = await startOpenIdServer({ second: true });
  const tls = await loadTls(here.platform.config, here.platform.clock);
  shaped = await startShapedProvider(tls, { clientId, secret });
  quiet = await startShapedProvider(tls, { clientId, secret, namesItself: false });
  manager = here.browser();
  await manager.signIn({ userPrincipalName: here.admin.name });
}, 180_000);
afterAll(async () => {
  await Promise.all([shaped.stop(), quiet.stop()]);
  await there.stop();
  await here.stop();
});

describe('a second Sallyport as the provider', () => {
  it('signs its people in: made at the first sign-in, the same person at the second, with rows as Entra writes them', async () => {
    const carol = await there.person('carol');
    const settings = { kind: 'openIdConnect', issuer: there.issuer, clientId: 'later', claims: { userPrincipalName: 'preferred_username' } }; // prettier-ignore
    await withProvider(
      'there',
      { ...inputOf('There', there, { createPeople: true }), settings },
      async ({ id, redirectUri }) => {
        const { appId, secret: clientSecret } = await register(there, { displayName: 'Here', web: { redirectUris: [redirectUri] } }); // prettier-ignore
        const changed = await manager.fetch('/api/identity-providers');
        expect(JSON.stringify(await changed.json())).not.toContain(secret);
        await here.platform.database.execute(
          `UPDATE identity_providers SET body = jsonb_set(body, '{settings,clientId}', to_jsonb($2::text)), revision = revision + 1 WHERE id = $1`,
          [id, appId],
        );
        const row = {
          id,
          secretSealed: here.platform.sealing.seal(Buffer.from(clientSecret), `identity-provider:${id}`),
        };
        await here.platform.database.execute('UPDATE identity_providers SET secret_sealed = $2 WHERE id = $1', [id, row.secretSealed]); // prettier-ignore
        for (const time of ['first', 'second']) {
          const [browser, atProvider] = [here.browser(), there.browser()];
          const visit = await atProvider.visit(await start(browser, id), carol);
          expect([time, visit.url.href.startsWith(redirectUri)]).toEqual([time, true]);
          const back = await browser.fetch(visit.url);
          expect([time, back.status, locationOf(back)]).toEqual([time, 303, '/incidents']);
          const me: unknown = await (await browser.fetch('/api/me')).json();
          expect(me).toMatchObject({ userPrincipalName: `carol@${domain}`, method: 'federatedMultiFactor', roles: [] });
        }
        expect(await personNamed(`carol@${domain}`)).toMatchObject({ source: 'federation', display: 'carol' });
        const row2 = Row.parse(await newest('SigninLogs'));
        expect(row2).toMatchObject({ ResultType: '0', TokenIssuerName: there.issuer, AuthenticationRequirement: 'multiFactorAuthentication' }); // prettier-ignore
        expect(String(row2['AuthenticationDetails'])).toContain('MFA requirement satisfied by claim provided by external provider'); // prettier-ignore
        const made = (await here.rows('AuditLogs')).filter(({ OperationName }) => OperationName === 'Add user');
        expect(JSON.stringify(made.at(-1))).toContain(`carol@${domain}`);
      },
    );
  });
});

describe('an answer is refused', () => {
  const cases: readonly [string, Shape][] = [
    ['with another nonce', { token: { nonce: 'another' } }],
    ['without a nonce', { token: { nonce: undefined } }],
    ['for another application', { token: { aud: 'another' } }],
    ['of another issuer', { token: { iss: 'https://localhost:1' } }],
    ['that is over', { token: { iat: 1_000, exp: 2_000 } }],
    ['signed with another key', { signature: 'another key' }],
    ['without a signature', { signature: 'none' }],
    ['that names another issuer (RFC 9207)', { answer: { iss: 'https://evil.example.org' } }],
    ['that should name its issuer and does not', { answer: { iss: undefined } }],
    ['without a subject', { claims: { email: `bob@${domain}`, email_verified: true } }],
  ];
  it.each(cases)('%s', async (_name, shape) => {
    await withProvider('shaped', inputOf('Shaped', shaped, { createPeople: true }), async ({ id }) => {
      const good = bobOf({});
      expect(await signInBy(id, { ...good, ...shape })).toBe('/signin?failure=refused');
      expect(await personNamed(`bob@${domain}`)).toBeUndefined();
      expect(await newest('SigninLogs')).toMatchObject({ ResultType: '50107', TokenIssuerName: shaped.issuer });
    });
  });

  it('a second time, with another state, and in another browser than the one that began', async () => {
    await withProvider('shaped', inputOf('Shaped', shaped, { createPeople: true }), async ({ id }) => {
      const [browser, other] = [here.browser(), here.browser()];
      const url = shaped.authorize(await start(browser, id), bobOf({ sub: 'dan', email: `dan@${domain}` }));
      await start(other, id);
      expect(locationOf(await other.fetch(url))).toBe('/signin?failure=expired');
      const forged = new URL(url);
      forged.searchParams.set('state', 'another');
      expect(locationOf(await browser.fetch(forged))).toBe('/signin?failure=expired');
      expect(locationOf(await browser.fetch(url))).toBe('/incidents');
      expect(locationOf(await browser.fetch(url))).toBe('/signin?failure=expired');
    });
  });

  it('of one provider at the address of another (mix-up)', async () => {
    await withProvider('shaped', inputOf('Shaped', shaped, { createPeople: true }), (first) =>
      withProvider(
        'quiet',
        inputOf('Quiet', quiet, { domains: ['fabrikam.com'], createPeople: true }),
        async (second) => {
          const browser = here.browser();
          const url = quiet.authorize(await start(browser, second.id), bobOf({}));
          const moved = new URL(url.href.replace(second.id, first.id));
          expect(locationOf(await browser.fetch(moved))).toBe('/signin?failure=expired');
          expect(await personNamed(`bob@${domain}`)).toBeUndefined();
        },
      ),
    );
  });

  it('when the person gives up there, and when the provider is gone', async () => {
    await withProvider('shaped', inputOf('Shaped', shaped), async ({ id }) => {
      expect(await signInBy(id, { answer: { code: undefined, error: 'access_denied' } })).toBe(
        '/signin?failure=cancelled',
      );
    });
    await withProvider('gone', inputOf('Gone', { issuer: 'https://localhost:9' }), async ({ id }) => {
      const answer = await here.browser().fetch(`/api/signin/federated/${id}/start`, { json: { to: '/' } });
      expect(answer.status).toBe(503);
    });
  });

  it('and nothing but a path of the portal is gone back to', async () => {
    await withProvider('shaped', inputOf('Shaped', shaped), async ({ id }) => {
      for (const to of ['https://evil.example.org/', '//evil.example.org', '/\\evil.example.org'])
        expect((await here.browser().fetch(`/api/signin/federated/${id}/start`, { json: { to } })).status).toBe(400);
    });
  });
});

describe('whom a provider may speak of', () => {
  const makes = { createPeople: true, linkPeople: true } as const;
  const takenOver = (name: string) =>
    here.platform.database.query('SELECT 1 FROM federated_identities f JOIN people p ON p.id = f.person_id WHERE p.user_principal_name = $1', [name]); // prettier-ignore

  it('not of an address that it has not verified, nor of one outside of its domains', async () => {
    await here.person('erin');
    await withProvider('shaped', inputOf('Shaped', shaped, makes), async ({ id }) => {
      for (const claims of [
        { email: `erin@${domain}`, email_verified: false },
        { email: `erin@${domain}`, email_verified: undefined },
        { email: `erin@${domain}`, email_verified: 'false' },
        { email: 'erin@fabrikam.com' },
        { email: `erin@sub.${domain}` },
        { email: `erin@fabrikam.com@${domain}` },
        { email: [`erin@${domain}`] },
      ])
        expect(await signInBy(id, bobOf({ sub: 'erin', ...claims }))).toBe('/signin?failure=refused');
      expect(await takenOver(`erin@${domain}`)).toEqual([]);
    });
  });

  it('of a person here only where it is let, never of one with a role, and never of one by two names', async () => {
    await here.person('frank');
    await here.person('grace', 'Security Reader');
    const as = (name: string, sub = name) => bobOf({ sub, email: `${name}@${domain}` });
    await withProvider('shaped', inputOf('Shaped', shaped, { createPeople: true }), async ({ id }) => {
      expect(await signInBy(id, as('frank'))).toBe('/signin?failure=refused');
    });
    await withProvider('shaped', inputOf('Shaped', shaped, makes), async ({ id }) => {
      expect(await signInBy(id, as('frank'))).toBe('/incidents');
      expect(await signInBy(id, as('frank', 'another frank'))).toBe('/signin?failure=refused');
      expect(await signInBy(id, as('grace'))).toBe('/signin?failure=refused');
      expect(await personNamed(`frank@${domain}`)).toMatchObject({ source: 'local', display: 'frank' });
    });
  });

  it('not of the disabled, and not with one factor where more is wanted', async () => {
    await withProvider('shaped', inputOf('Shaped', shaped, makes), async ({ id }) => {
      const henry = bobOf({ sub: 'henry', email: `henry@${domain}` });
      expect(await signInBy(id, bobOf({ sub: 'henry', email: `henry@${domain}`, amr: ['pwd'] }))).toBe('/signin?failure=moreDemanded'); // prettier-ignore
      expect(await newest('SigninLogs')).toMatchObject({ ResultType: '50074', AuthenticationRequirement: 'singleFactorAuthentication' }); // prettier-ignore
      expect(await signInBy(id, bobOf({ sub: 'henry', email: `henry@${domain}`, amr: [], acr: 'phr' }))).toBe('/incidents'); // prettier-ignore
      await here.platform.database.execute('UPDATE people SET disabled_at = now() WHERE user_principal_name = $1', [`henry@${domain}`]); // prettier-ignore
      expect(await signInBy(id, henry)).toBe('/signin?failure=refused');
      expect(await newest('SigninLogs')).toMatchObject({ ResultType: '50057' });
    });
  });

  it('with the groups and the role that its values stand for, and without them when they are gone', async () => {
    const groupId = '11111111-2222-4333-8444-555555555555';
    await here.platform.database.execute("INSERT INTO groups (id, name) VALUES ($1, 'Night shift')", [groupId]);
    const mapped = { ...makes, groups: [{ value: 'night', groupId }], roles: [{ value: 'soc', role: 'Security Operator' as const }] }; // prettier-ignore
    const ivy = (groups: unknown) => bobOf({ sub: 'ivy', email: `ivy@${domain}`, groups });
    const members = () => here.platform.database.query('SELECT 1 FROM group_members WHERE group_id = $1', [groupId]);
    await withProvider('shaped', inputOf('Shaped', shaped, mapped), async ({ id }) => {
      expect(await signInBy(id, ivy(['night', 'soc', 'other']))).toBe('/incidents');
      expect(await personNamed(`ivy@${domain}`)).toMatchObject({ roles: [builtInRoles['Security Operator'].id] });
      expect(await members()).toHaveLength(1);
      expect(await signInBy(id, ivy('other'))).toBe('/incidents');
      expect(await personNamed(`ivy@${domain}`)).toMatchObject({ roles: [] });
      expect(await members()).toHaveLength(0);
    });
  });

  it('under Conditional Access as everybody', async () => {
    const blockAll = {
      displayName: 'Nobody without a passkey',
      state: 'enabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] }, clientAppTypes: ['all'] }, // prettier-ignore
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    };
    await withProvider('shaped', inputOf('Shaped', shaped, makes), async ({ id }) => {
      const token = await here.token('coreSecuritySettings.manage', 'conditionalAccess.manage');
      const made = await fetch(`${here.issuer}/v1.0/identity/conditionalAccess/policies`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(blockAll),
      });
      expect(made.status).toBe(201);
      try {
        expect(await signInBy(id, bobOf({ sub: 'jo', email: `jo@${domain}` }))).toBe('/signin?failure=blockedByPolicy');
        expect(await newest('SigninLogs')).toMatchObject({ ResultType: '53003', TokenIssuerName: shaped.issuer });
      } finally {
        const { id: policy } = z.looseObject({ id: z.string() }).parse(await made.json());
        await fetch(`${here.issuer}/v1.0/identity/conditionalAccess/policies/${policy}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }); // prettier-ignore
      }
    });
  });

  it('asked to accept terms of use before the session begins', async () => {
    await withProvider('shaped', inputOf('Shaped', shaped, makes), async ({ id }) => {
      const lou = bobOf({ sub: 'lou', email: `lou@${domain}` });
      expect(await signInBy(id, lou)).toBe('/incidents');
      const [row] = await here.platform.database.query<{ id: string }>('SELECT id FROM people WHERE user_principal_name = $1', [`lou@${domain}`]); // prettier-ignore
      const remove = await demandTerms(here, { displayName: 'House rules', personId: row?.id ?? '', appId: sallyportApplication }); // prettier-ignore
      const [to, ticket] = (await signInBy(id, lou)).split('#terms=');
      expect(to).toBe('/signin?to=%2Fincidents');
      const browser = here.browser();
      const read = await browser.fetch('/api/signin/terms/read', { json: { ticket } });
      expect(await read.json()).toMatchObject({ terms: [{ displayName: 'House rules' }] });
      const me = await browser.fetch('/api/signin/terms', { json: { ticket, accept: true } });
      expect(await me.json()).toMatchObject({ userPrincipalName: `lou@${domain}` });
      expect(await signInBy(id, lou)).toBe('/incidents');
      await remove();
    });
  });

  it('whatever its claims are, they give a person of the right form or none', () => {
    const map = IdentityProviderInput.parse(inputOf('x', shaped)).settings.claims;
    const names = fc.constantFrom(
      'email',
      'name',
      'groups',
      'given_name',
      '__proto__',
      'constructor',
      'email_verified',
    );
    fc.assert(
      fc.property(fc.dictionary(names, fc.anything()), (claims) => {
        const { userPrincipalName, displayName, groups } = personOfClaims(claims, map);
        expect(userPrincipalName === undefined || userPrincipalName.includes('@')).toBe(true);
        expect((displayName ?? '').length).toBeLessThanOrEqual(128);
        expect([...groups].every((one) => typeof one === 'string')).toBe(true);
      }),
    );
  });
});

describe('providers are managed', () => {
  it('by the client of Microsoft Graph, secrets unseen, with rows of AuditLogs', async () => {
    const token = await here.token('coreSecuritySettings.read', 'coreSecuritySettings.manage');
    const graph = GraphClient.initWithMiddleware({
      authProvider: { getAccessToken: () => Promise.resolve(token) },
      baseUrl: `${here.issuer}/`,
      customHosts: new Set(['localhost']),
    });
    const collection = '/identity/identityProviders';
    const made = z.looseObject({ id: z.string() }).parse(
      await graph.api(collection).post({
        '@odata.type': 'microsoft.graph.openIdConnectIdentityProvider',
        displayName: 'Keycloak',
        clientId: 'here',
        clientSecret: 'never shown',
        metadataUrl: 'https://keycloak.contoso.com/realms/one/.well-known/openid-configuration',
        scope: 'openid email',
        domainHint: 'keycloak.contoso.com',
        claimsMapping: { userId: 'sub', displayName: 'name', email: 'email' },
      }),
    );
    expect(made).toMatchObject({ displayName: 'Keycloak', clientId: 'here', domainHint: 'keycloak.contoso.com' });
    await graph.api(`${collection}/${made.id}`).patch({ displayName: 'Keycloak, too' });
    const all: unknown = await graph.api(collection).select('id,displayName').get();
    expect(all).toMatchObject({ value: [{ id: made.id, displayName: 'Keycloak, too' }] });
    const one: unknown = await graph.api(`${collection}/${made.id}`).get();
    expect(JSON.stringify([all, one, made])).not.toContain('never shown');
    await expect(graph.api(`${collection}/${made.id}`).patch({ metadataUrl: 'https://evil.example.org/.well-known/openid-configuration' })).rejects.toMatchObject({ statusCode: 400 }); // prettier-ignore
    await graph.api(`${collection}/${made.id}`).delete();
    await expect(graph.api(`${collection}/${made.id}`).get()).rejects.toMatchObject({ statusCode: 404 });
    const rows = (await here.rows('AuditLogs'))
      .map(({ OperationName }) => OperationName)
      .filter((name) => typeof name === 'string' && name.endsWith(' identity provider'))
      .slice(-3);
    expect(rows).toEqual(['Create identity provider', 'Update identity provider', 'Delete identity provider']);
    expect(JSON.stringify(await here.rows('AuditLogs'))).not.toContain('never shown');
  });

  it('each domain belongs to one, a group by rule is not mapped, and what is tested is what is found', async () => {
    const post = async (path: string, json: unknown) => (await manager.fetch(path, { json })).status;
    await withProvider('shaped', inputOf('Shaped', shaped), async () => {
      expect(await post('/api/identity-providers', inputOf('Quiet', quiet))).toBe(400);
    });
    expect(await post('/api/identity-providers', inputOf('Quiet', quiet, { domains: [], createPeople: true }))).toBe(
      400,
    );
    expect(await post('/api/identity-providers', inputOf('Quiet', { issuer: 'http://localhost:1' }))).toBe(400);
    const test = async (issuer: string) => {
      const settings = { kind: 'openIdConnect', issuer, clientId };
      const answer = await manager.fetch('/api/identity-providers/test', { json: { settings } });
      return z.object({ ok: z.boolean(), findings: z.array(z.object({ ok: z.boolean(), text: z.string() })) }).parse(await answer.json()); // prettier-ignore
    };
    expect(await test(shaped.issuer)).toMatchObject({ ok: true });
    expect(await test(there.issuer)).toMatchObject({ ok: true });
    expect(await test('https://localhost:9')).toMatchObject({ ok: false });
    expect(await test(`${shaped.issuer}/other`)).toMatchObject({ ok: false });
  });

  it('one that is off, is gone from the sign-in page and signs nobody in', async () => {
    const Listed = z.object({ providers: z.array(z.looseObject({ displayName: z.string() })) });
    const listed = async () =>
      Listed.parse(await (await here.browser().fetch('/api/signin/providers')).json()).providers;
    await withProvider('shaped', inputOf('Shaped', shaped), async () => {
      expect(await listed()).toMatchObject([{ displayName: 'Shaped', domains: [domain] }]);
    });
    await withProvider('shaped', inputOf('Shaped', shaped, { enabled: false }), async ({ id }) => {
      expect(await listed()).toEqual([]);
      expect((await here.browser().fetch(`/api/signin/federated/${id}/start`, { json: {} })).status).toBe(404);
    });
  });
});
