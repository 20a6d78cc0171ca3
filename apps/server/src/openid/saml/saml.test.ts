import { deflateRawSync } from 'node:zlib';
import { SallyportError, SamlEndpoints, SamlSettings } from '@sallyport/contracts';
import { ValidateInResponseTo, type SAML, type SamlConfig } from '@node-saml/node-saml';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Person } from '../../identity/index.ts';
import { demandTerms, startOpenIdServer, type Browser, type OpenIdServer } from '../testing.ts';
import { settingsOfMetadata } from './metadata.ts';
import { newId } from './response.ts';
import { signedRoot, signXml } from './signature.ts';
import { newPeer, newPeerKeys, type PeerKeys } from './testing/peer.ts';
import { element, parseXml } from './xml.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: OpenIdServer;
let manager: Browser;
let bob: Person;
let keys: PeerKeys;
let idpCert: string;

const addressesOf = (name: string) => ({
  entityId: `https://${name}.contoso.com/saml`,
  callbackUrl: `https://${name}.contoso.com/acs`,
});
const json = async (answer: Response): Promise<unknown> => answer.json();
const derOf = (pem: string) => pem.replaceAll(/-----[^-]+-----|\s/g, '');

interface Application {
  readonly id: string;
  readonly appId: string;
  readonly peer: SAML;
  readonly settings: SamlSettings;
}
/** Registers a service provider by its own metadata, as an administrator does. */
async function register(
  name: string,
  config: Partial<SamlConfig> = {},
  change: Partial<SamlSettings> = {},
): Promise<Application> {
  const peer = newPeer(server.issuer, idpCert, addressesOf(name), config);
  const decryption = config.decryptionPvk === undefined ? null : keys.certificate;
  const xml = peer.generateServiceProviderMetadata(
    decryption,
    config.privateKey === undefined ? null : keys.certificate,
  );
  const read = await manager.fetch('/api/saml/metadata', { json: { xml } });
  expect(read.status).toBe(200);
  const settings = { ...SamlSettings.parse(await json(read)), ...change };
  const made = await manager.fetch('/api/saml/applications', { json: { displayName: name, settings } });
  expect(made.status).toBe(200);
  return { ...z.object({ id: z.string(), appId: z.string() }).parse(await json(made)), peer, settings };
}

const pathOf = (answer: Response) => answer.headers.get('location') ?? '';
const uidOf = (location: string) => /^\/saml\/interaction\/([\w-]{43})$/.exec(location)?.[1] ?? `no interaction: ${location}`; // prettier-ignore
const detailsOf = async (browser: Browser, uid: string) =>
  z.looseObject({ needs: z.string() }).parse(await json(await browser.fetch(`/saml2/interaction/${uid}/details`)));
const answer = (browser: Browser, uid: string, given = 'continue') =>
  browser.fetch(`/saml2/interaction/${uid}/answer`, { json: { answer: given } });
const Form = z.object({ action: z.string(), SAMLResponse: z.string(), RelayState: z.string().optional() });
async function formAt(browser: Browser, location: string): Promise<z.infer<typeof Form>> {
  const page = await browser.fetch(location);
  const html = await page.text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
  return Form.parse({ action: /action="([^"]*)"/.exec(html)?.[1], SAMLResponse: field('SAMLResponse'), RelayState: field('RelayState') }); // prettier-ignore
}
/** From a request to the form that the application gets, with Bob signed in. */
async function visit(browser: Browser, start: string | URL | Response, given = 'continue') {
  const uid = uidOf(pathOf(start instanceof Response ? start : await browser.fetch(start)));
  if ((await detailsOf(browser, uid)).needs === 'signIn') await browser.signIn(bob);
  const answered = await answer(browser, uid, given);
  expect(answered.status).toBe(200);
  return formAt(browser, z.object({ location: z.string() }).parse(await json(answered)).location);
}
const requestOf = ({ peer }: Application, relayState = 'here') => peer.getAuthorizeUrlAsync(relayState, undefined, {});
const newest = async () => (await server.rows('SigninLogs')).at(-1);

beforeAll(async () => {
  server = await startOpenIdServer();
  bob = await server.person('bob');
  keys = await newPeerKeys('peer');
  manager = server.browser();
  await manager.signIn({ userPrincipalName: server.admin.name });
  const metadata = await (await fetch(`${server.issuer}/saml2/metadata`)).text();
  idpCert = parseXml(metadata).getElementsByTagName('ds:X509Certificate')[0]?.textContent ?? '';
}, 120_000);
afterAll(() => server.stop());

describe('a service provider made with node-saml', () => {
  it('signs a person in by its own request, signed and by redirection, with attributes, and a row as Entra writes it', async () => {
    const wiki = await register('wiki', { privateKey: keys.key });
    expect(wiki.settings).toMatchObject({ requireSignedRequests: true });
    const browser = server.browser();
    const form = await visit(browser, await requestOf(wiki, 'page=1&x=<y>'));
    expect([form.action, form.RelayState]).toEqual([addressesOf('wiki').callbackUrl, 'page=1&amp;x=&lt;y&gt;']);
    const { profile } = await wiki.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse });
    expect(profile).toMatchObject({
      nameID: bob.userPrincipalName,
      nameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': bob.userPrincipalName,
      'http://schemas.microsoft.com/identity/claims/objectidentifier': bob.id,
    });
    expect(await newest()).toMatchObject({ ResultType: '0', AppId: wiki.appId, AuthenticationProtocol: 'saml20', UserId: bob.id }); // prettier-ignore
    // The same response a second time, as a thief would: its request has been answered.
    await expect(wiki.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse })).rejects.toThrow(
      /InResponseTo/,
    );
  });

  it('takes a request by a form, and an assertion that is encrypted for it', async () => {
    const vault = await register('vault', { privateKey: keys.key, decryptionPvk: keys.key, authnRequestBinding: 'HTTP-POST', skipRequestCompression: true }); // prettier-ignore
    expect(vault.settings.encryptionCertificate).toBe(derOf(keys.certificate));
    const browser = server.browser();
    const message = await vault.peer.getAuthorizeMessageAsync('here');
    const sent = await browser.fetch('/saml2/sso', { form: { SAMLRequest: String(message['SAMLRequest']), RelayState: 'here' } }); // prettier-ignore
    expect(sent.status).toBe(303);
    const form = await visit(browser, sent);
    const xml = Buffer.from(form.SAMLResponse, 'base64').toString();
    expect(xml).toContain('EncryptedAssertion');
    expect(xml).not.toContain(bob.userPrincipalName);
    const { profile } = await vault.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse });
    expect(profile?.nameID).toBe(bob.userPrincipalName);
  });

  it('is signed in to from here (IdP-initiated), where it lets that be', async () => {
    const shop = await register('shop', {}, { relayState: 'https://shop.contoso.com/start' });
    const form = await visit(server.browser(), `/saml2/start/${shop.appId}`);
    expect(form.RelayState).toBe('https://shop.contoso.com/start');
    const xml = Buffer.from(form.SAMLResponse, 'base64').toString();
    expect(xml).not.toContain('InResponseTo');
    await expect(shop.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse })).rejects.toThrow(
      /InResponseTo/,
    );
    const letting = newPeer(server.issuer, idpCert, addressesOf('shop'), { validateInResponseTo: ValidateInResponseTo.never }); // prettier-ignore
    expect((await letting.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse })).profile?.nameID).toBe(bob.userPrincipalName); // prettier-ignore
  });

  it('refuses a response that is for another, or was touched', async () => {
    const [first, second] = [await register('first'), await register('second')];
    const form = await visit(server.browser(), await requestOf(first));
    await expect(second.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse })).rejects.toThrow(/InResponseTo|audience/i); // prettier-ignore
    const xml = Buffer.from(form.SAMLResponse, 'base64').toString();
    const touched = xml.replaceAll(bob.userPrincipalName, server.admin.name);
    await expect(first.peer.validatePostResponseAsync({ SAMLResponse: Buffer.from(touched).toString('base64') })).rejects.toThrow(/signature/i); // prettier-ignore
  });

  it.each([
    ['persistent', 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    ['transient', 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'],
  ] as const)('gets a %s name, of its own', async (format, identifierFormat) => {
    const names = [];
    for (const at of [1, 1, 2]) {
      const name = `${format}${at}`;
      const known = await server.platform.database.first('SELECT 1 FROM saml_applications WHERE entity_id = $1', [addressesOf(name).entityId]); // prettier-ignore
      const application = known ? { peer: newPeer(server.issuer, idpCert, addressesOf(name), { identifierFormat }) } : await register(name, { identifierFormat }); // prettier-ignore
      const form = await visit(server.browser(), await application.peer.getAuthorizeUrlAsync('', undefined, {}));
      const { profile } = await application.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse });
      expect(profile?.nameIDFormat).toBe(identifierFormat);
      names.push(profile?.nameID);
    }
    expect(names).not.toContain(bob.userPrincipalName);
    expect(names[0] === names[1]).toBe(format === 'persistent');
    expect(names[0]).not.toBe(names[2]);
  });

  it('ends the sign-in (single logout), and nobody else does', async () => {
    const mail = await register('mail', { privateKey: keys.key }, { singleLogoutBinding: 'redirect' });
    expect(mail.settings.singleLogoutUrl).toBe('https://mail.contoso.com/slo');
    const browser = server.browser();
    const { profile } = await mail.peer.validatePostResponseAsync({ SAMLResponse: (await visit(browser, await requestOf(mail))).SAMLResponse }); // prettier-ignore
    if (!profile) throw new Error('no profile');
    const me = async () => (await browser.fetch('/api/me')).status;
    expect(await me()).toBe(200);
    const unsigned = newPeer(server.issuer, idpCert, addressesOf('mail'));
    expect((await browser.fetch(await unsigned.getLogoutUrlAsync(profile, '', {}))).status).toBe(400);
    const others = newPeer(server.issuer, idpCert, addressesOf('mail'), {
      privateKey: (await newPeerKeys('other')).key,
    });
    expect((await browser.fetch(await others.getLogoutUrlAsync(profile, '', {}))).status).toBe(400);
    expect(await me()).toBe(200);
    const url = await mail.peer.getLogoutUrlAsync(profile, 'bye', {});
    const back = new URL(pathOf(await browser.fetch(url)));
    expect(await me()).toBe(401);
    expect([back.origin + back.pathname, back.searchParams.get('RelayState')]).toEqual([
      'https://mail.contoso.com/slo',
      'bye',
    ]);
    const checked = await mail.peer.validateRedirectAsync(Object.fromEntries(back.searchParams), back.search.slice(1));
    expect(checked).toMatchObject({ loggedOut: true });
    expect((await browser.fetch(url)).status).toBe(400);

    const posts = await register('posts', { privateKey: keys.key });
    expect(posts.settings.singleLogoutBinding).toBe('post');
    const second = await posts.peer.validatePostResponseAsync({ SAMLResponse: (await visit(browser, await requestOf(posts))).SAMLResponse }); // prettier-ignore
    if (!second.profile) throw new Error('no profile');
    const form = await formAt(browser, await posts.peer.getLogoutUrlAsync(second.profile, 'bye', {}));
    expect([form.action, form.RelayState, await me()]).toEqual(['https://posts.contoso.com/slo', 'bye', 401]);
    // The library looks for `InResponseTo` in responses to sign-ins only.
    const heard = newPeer(server.issuer, idpCert, addressesOf('posts'), { validateInResponseTo: ValidateInResponseTo.never }); // prettier-ignore
    expect(await heard.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse })).toMatchObject({
      loggedOut: true,
    });
    expect(Buffer.from(form.SAMLResponse, 'base64').toString()).toMatch(/<samlp:LogoutResponse [^>]*InResponseTo="_/);
  });
});

describe('who may use an application', () => {
  it('only who is assigned, where that is asked for, and not where Conditional Access is against it', async () => {
    const pay = await register('pay');
    await server.platform.database.execute(`UPDATE service_principals SET body = jsonb_set(body, '{appRoleAssignmentRequired}', 'true') WHERE app_id = $1`, [pay.appId]); // prettier-ignore
    const browser = server.browser();
    await browser.signIn(bob);
    const tryIt = async () => answer(browser, uidOf(pathOf(await browser.fetch(await requestOf(pay)))));
    const refused = await tryIt();
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('AADSTS50105')]);
    expect(await newest()).toMatchObject({ ResultType: '50105', AppId: pay.appId });
    await server.platform.database.execute(`UPDATE service_principals SET body = jsonb_set(body, '{appRoleAssignmentRequired}', 'false') WHERE app_id = $1`, [pay.appId]); // prettier-ignore
    const token = await server.token('applications.manage', 'conditionalAccess.manage');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const policies = `${server.issuer}/v1.0/identity/conditionalAccess/policies`;
    const policy = { displayName: 'Not here', state: 'enabled', conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: [pay.appId] }, clientAppTypes: ['all'] }, grantControls: { operator: 'OR', builtInControls: ['block'] } }; // prettier-ignore
    const removeTerms = await demandTerms(server, { displayName: 'Pay fairly', personId: bob.id, appId: pay.appId });
    const uid = uidOf(pathOf(await browser.fetch(await requestOf(pay))));
    expect(await detailsOf(browser, uid)).toMatchObject({ needs: 'terms', terms: [{ displayName: 'Pay fairly', text: '# Be kind' }] }); // prettier-ignore
    expect((await answer(browser, uid)).status).toBe(400);
    expect((await answer(browser, uid, 'accept')).status).toBe(200);
    expect(await newest()).toMatchObject({ ResultType: '0', AppId: pay.appId });
    expect(await detailsOf(browser, uidOf(pathOf(await browser.fetch(await requestOf(pay)))))).toMatchObject({ needs: 'continue' }); // prettier-ignore
    await removeTerms();
    const made = z.looseObject({ id: z.string() }).parse(await json(await fetch(policies, { method: 'POST', headers, body: JSON.stringify(policy) }))); // prettier-ignore
    const blocked = await tryIt();
    await fetch(`${policies}/${made.id}`, { method: 'DELETE', headers });
    expect([blocked.status, await blocked.text()]).toEqual([403, expect.stringContaining('AADSTS53003')]);
    expect(await newest()).toMatchObject({ ResultType: '53003', AppId: pay.appId, AuthenticationProtocol: 'saml20' });
    await server.platform.database.execute(`UPDATE service_principals SET body = jsonb_set(body, '{accountEnabled}', 'false') WHERE app_id = $1`, [pay.appId]); // prettier-ignore
    expect((await browser.fetch(await requestOf(pay))).status).toBe(400);
  });

  it('a person who turns back, or must not be asked, is told of to the application', async () => {
    const quiet = await register('quiet', { passive: true });
    const loud = await register('loud');
    const form = await visit(server.browser(), await requestOf(loud), 'cancel');
    await expect(loud.peer.validatePostResponseAsync({ SAMLResponse: form.SAMLResponse })).rejects.toThrow(
      /AuthnFailed/,
    );
    const browser = server.browser();
    const answered = await answer(browser, uidOf(pathOf(await browser.fetch(await requestOf(quiet)))));
    const passive = await formAt(browser, z.object({ location: z.string() }).parse(await json(answered)).location);
    expect(Buffer.from(passive.SAMLResponse, 'base64').toString()).toContain('status:NoPassive');
  });

  it('one who has signed in before the request signs in again where it is forced', async () => {
    const strict = await register('strict', { forceAuthn: true });
    const browser = server.browser();
    await browser.signIn(bob);
    const uid = uidOf(pathOf(await browser.fetch(await requestOf(strict))));
    expect(await detailsOf(browser, uid)).toMatchObject({
      needs: 'signIn',
      reason: 'The application asks you to sign in again.',
    });
    expect((await answer(browser, uid)).status).toBe(401);
    await browser.signIn(bob);
    expect((await answer(browser, uid)).status).toBe(200);
  });
});

describe('a request is refused', () => {
  const now = () => new Date().toISOString();
  const redirect = (xml: string, more: Record<string, string> = {}) =>
    `/saml2/sso?${new URLSearchParams({ SAMLRequest: deflateRawSync(xml).toString('base64'), ...more }).toString()}`;
  const requestXml = (attributes: Record<string, string> = {}, entityId = addressesOf('plain').entityId) =>
    element(
      'samlp:AuthnRequest',
      {
        'xmlns:samlp': 'urn:oasis:names:tc:SAML:2.0:protocol',
        ID: newId(),
        Version: '2.0',
        IssueInstant: now(),
        ...attributes,
      },
      element('saml:Issuer', { 'xmlns:saml': 'urn:oasis:names:tc:SAML:2.0:assertion' }, entityId),
    ).xml;
  beforeAll(async () => {
    await register('plain');
    await register('signed', { privateKey: keys.key });
  });

  it('but a plain one that is right is taken, once, and answered in this browser only, once', async () => {
    const browser = server.browser();
    const url = redirect(requestXml());
    const uid = uidOf(pathOf(await browser.fetch(url)));
    expect((await browser.fetch(url)).status).toBe(400);
    const other = server.browser();
    await other.signIn(bob);
    expect((await other.fetch(`/saml2/interaction/${uid}/details`)).status).toBe(410);
    await browser.signIn(bob);
    const { location } = z.object({ location: z.string() }).parse(await json(await answer(browser, uid)));
    expect((await answer(browser, uid)).status).toBe(410);
    expect((await other.fetch(location)).status).toBe(410);
    const page = await browser.fetch(location);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'sha256-/);
    expect((await browser.fetch(location)).status).toBe(410);
  });

  it.each([
    ['of an unknown application', () => redirect(requestXml({}, 'https://nobody.example.org'))],
    ['with another address for the response', () => redirect(requestXml({ AssertionConsumerServiceURL: 'https://evil.example.org/acs' }))], // prettier-ignore
    ['with an index that is not there', () => redirect(requestXml({ AssertionConsumerServiceIndex: '7' }))],
    ['for another destination', () => redirect(requestXml({ Destination: 'https://evil.example.org/sso' }))],
    ['of long ago', () => redirect(requestXml({ IssueInstant: '2020-01-01T00:00:00Z' }))],
    ['of the future', () => redirect(requestXml({ IssueInstant: '2999-01-01T00:00:00Z' }))],
    ['without an ID', () => redirect(requestXml({ ID: '' }))],
    ['of SAML 1.1', () => redirect(requestXml({ Version: '1.1' }))],
    ['without a signature where one is wanted', () => redirect(requestXml({}, addressesOf('signed').entityId))],
    ['with a signature that is none', () => redirect(requestXml(), { SigAlg: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', Signature: 'AAAA' })], // prettier-ignore
    ['with SHA-1', () => redirect(requestXml({}, addressesOf('signed').entityId), { SigAlg: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', Signature: 'AAAA' })], // prettier-ignore
    ['with entities', () => redirect(`<!DOCTYPE a [<!ENTITY b "c">]>${requestXml()}`)],
    ['that reads a file', () => redirect(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${requestXml()}`)],
    ['that is not XML', () => redirect('<a><b></a>')],
    ['that inflates to too much', () => redirect(`<a>${' '.repeat(200_000)}</a>`)],
    ['that is nothing', () => '/saml2/sso'],
  ])('%s', async (_name, url) => {
    const refused = await server.browser().fetch(url());
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('The sign-in did not work');
  });

  it('with a signed part beside what is read (XML signature wrapping)', async () => {
    const { key, certificate } = keys;
    const entityId = addressesOf('signed').entityId;
    const good = signXml(requestXml({}, entityId), { key, certificate: derOf(certificate) });
    const root = (xml: string) => signedRoot(xml, [derOf(certificate)]);
    expect(root(good)?.localName).toBe('AuthnRequest');
    const evil = requestXml({ ForceAuthn: 'false' }, entityId);
    const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(good)?.[0] ?? '';
    const inside = (xml: string, part: string) => xml.replace('</samlp:AuthnRequest>', `${part}</samlp:AuthnRequest>`);
    const goodId = /ID="([^"]+)"/.exec(good)?.[1] ?? '';
    const wrapped = [
      inside(evil, `<samlp:Extensions>${good}</samlp:Extensions>`),
      inside(evil, signature),
      inside(evil.replace(/ID="[^"]+"/, `ID="${goodId}"`), signature),
      inside(evil.replace(/ID="[^"]+"/, `ID="${goodId}"`), `${signature}<samlp:Extensions>${good}</samlp:Extensions>`),
      inside(evil, signature.replace(/URI="[^"]*"/, 'URI=""')),
      good.replace('Version="2.0"', 'Version="2.0" ForceAuthn="true"'),
      good.replace('</ds:SignedInfo>', `<ds:Reference URI="#x"/></ds:SignedInfo>`),
    ];
    for (const xml of wrapped) {
      expect(() => root(xml)).toThrow(/signature|transform/);
      const answered = await server
        .browser()
        .fetch('/saml2/sso', { form: { SAMLRequest: Buffer.from(xml).toString('base64') } });
      expect(answered.status).toBe(400);
    }
    // A comment within signed text parts it for careless readers: what was signed is read whole.
    const commented = signXml(requestXml({}, `${entityId}.evil.example.org`).replace('.evil', '<!---->.evil'), { key, certificate: derOf(certificate) }); // prettier-ignore
    const answered = await server.browser().fetch('/saml2/sso', { form: { SAMLRequest: Buffer.from(commented).toString('base64') } }); // prettier-ignore
    expect(answered.status).toBe(400);
  });
});

describe('what is written and read', () => {
  it('is what was meant, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const root = parseXml(element('x', { a }, element('y', {}, b)).xml);
        // oxlint-disable-next-line no-control-regex
        const sayable = (text: string) => text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''); // prettier-ignore
        expect(root.getAttribute('a')).toBe(sayable(a));
        expect(root.textContent).toBe(sayable(b));
      }),
    );
  });

  it('metadata of several kinds, and not of what is none', async () => {
    const entity = 'xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:x"';
    const acs = (binding: string, url = 'https://x.example.org/acs') =>
      `<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${url}" index="3"/>`;
    const metadata = (inside: string) => `<?xml version="1.0"?><EntityDescriptor ${entity}><SPSSODescriptor protocolSupportEnumeration="x">${inside}</SPSSODescriptor></EntityDescriptor>`; // prettier-ignore
    expect(settingsOfMetadata(metadata(acs('HTTP-Artifact') + acs('HTTP-POST')))).toMatchObject({
      entityId: 'urn:x',
      assertionConsumers: [{ url: 'https://x.example.org/acs', index: 3 }],
      requireSignedRequests: false,
    });
    for (const wrong of [
      metadata(acs('HTTP-Artifact')),
      metadata(acs('HTTP-POST', 'http://x.example.org/acs')),
      metadata(acs('HTTP-POST', 'javascript:alert(1)')),
      `<EntityDescriptor ${entity}/>`,
      '<a/>',
      `<!DOCTYPE a>${metadata(acs('HTTP-POST'))}`,
      metadata(`${acs('HTTP-POST')}<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>AAAA</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`), // prettier-ignore
    ])
      expect(() => settingsOfMetadata(wrong)).toThrow(SallyportError);
    const own = await (await fetch(`${server.issuer}/saml2/metadata`)).text();
    expect(parseXml(own).getAttribute('entityID')).toBe(`${server.issuer}/saml2/metadata`);
  });

  it('an application’s settings, changed with a row of AuditLogs; an entity ID is one application’s', async () => {
    const one = await register('one');
    const other = await register('other');
    const token = await server.token('applications.manage', 'applications.read');
    const at = `${server.issuer}/api/saml/applications/${one.id}`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const put = (settings: SamlSettings) => fetch(at, { method: 'PUT', headers, body: JSON.stringify(settings) });
    expect((await put({ ...one.settings, nameIdFormat: 'persistent' })).status).toBe(200);
    expect((await put({ ...one.settings, entityId: other.settings.entityId })).status).toBe(409);
    const kept = z.object({ settings: SamlSettings, endpoints: SamlEndpoints }).parse(await json(await fetch(at, { headers }))); // prettier-ignore
    expect([kept.settings.nameIdFormat, kept.endpoints.start]).toEqual(['persistent', `${server.issuer}/saml2/start/${one.appId}`]); // prettier-ignore
    const rows = (await server.rows('AuditLogs')).filter(({ OperationName }) => OperationName === 'Update application');
    expect(JSON.stringify(rows)).toContain('SamlSingleSignOnSettings');
  });
});
