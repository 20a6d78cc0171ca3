import { Client } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFaceServer, type FaceServer } from '../../hunting/faces/testing.ts';
import { tokenOf } from '../../incidents/faces/testing.ts';
import { codeAt, errorOf, makePerson, testPassword } from '../../testing.ts';
import { expiryOf } from './commands.ts';

vi.setConfig({ testTimeout: 120_000 });

const path = '/identityGovernance/termsOfUse/agreements';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const terms = (change: object = {}) => ({
  displayName: 'House rules',
  isViewingBeforeAcceptanceRequired: true,
  userReacceptRequiredFrequency: 'P90D',
  files: [
    { fileName: 'rules.md', language: 'en', isDefault: true, fileData: { data: base64('# Be kind') } },
    { fileName: 'regler.md', language: 'nb', fileData: { data: base64('# Vær snill') } },
  ],
  ...change,
});

let server: FaceServer;
let client: Client;
const made = async (body: object): Promise<string> => {
  const agreement = (await client.api(path).post(body)) as Graph.Agreement;
  return agreement.id ?? '';
};

beforeAll(async () => {
  server = await startFaceServer();
  const token = await tokenOf(server, ['conditionalAccess.read', 'conditionalAccess.manage']);
  client = Client.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });
}, 240_000);
afterAll(() => server.stop());

describe('the client of Microsoft Graph', () => {
  it('makes, reads, changes and deletes terms of use', async () => {
    const id = await made(terms());
    const stored = { id, displayName: 'House rules', isViewingBeforeAcceptanceRequired: true, isPerDeviceAcceptanceRequired: false, userReacceptRequiredFrequency: 'P90D', termsExpiration: null }; // prettier-ignore
    expect(await client.api(`${path}/${id}`).get()).toMatchObject(stored);
    expect(((await client.api(path).get()) as { value: unknown[] }).value).toMatchObject([stored]);
    const { value: files } = (await client.api(`${path}/${id}/files`).get()) as { value: Graph.AgreementFileLocalization[] }; // prettier-ignore
    expect(files.map(({ language, isDefault, fileData }) => [language, isDefault, String(fileData?.data)])).toEqual([
      ['en', true, base64('# Be kind')],
      ['nb', false, base64('# Vær snill')],
    ]);
    await client.api(`${path}/${id}`).patch({ displayName: 'Rules of the house' });
    expect(await client.api(`${path}/${id}`).get()).toMatchObject({
      ...stored,
      displayName: 'Rules of the house',
    });
    await client.api(`${path}/${id}`).delete();
    await expect(client.api(`${path}/${id}`).get()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('is told what is wrong, and where', async () => {
    const wrong = [
      [terms({ files: [] }), 'files'],
      [terms({ userReacceptRequiredFrequency: 'P1M' }), 'userReacceptRequiredFrequency'],
      [terms({ isPerDeviceAcceptanceRequired: true }), 'isPerDeviceAcceptanceRequired'],
      [terms({ files: [{ fileName: 'x', fileData: { data: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') } }] }), 'files[0].fileData.data'], // prettier-ignore
    ] as const;
    for (const [body, place] of wrong)
      await expect(client.api(path).post(body)).rejects.toMatchObject({
        statusCode: 400,
        message: expect.stringContaining(`${place}: `) as string,
      });
  });
});

it('asks anew after the time of each, and from the day on that all expire', () => {
  const now = new Date('2026-03-10T00:00:00Z');
  const body = { displayName: '', isViewingBeforeAcceptanceRequired: false, userReacceptRequiredFrequency: null, termsExpiration: null }; // prettier-ignore
  const expiry = (change: object) => expiryOf({ ...body, ...change }, now)?.toISOString();
  expect(expiry({})).toBeUndefined();
  expect(expiry({ userReacceptRequiredFrequency: 'P10D' })).toBe('2026-03-20T00:00:00.000Z');
  const monthly = { startDateTime: '2026-01-01T00:00:00Z', frequency: 'P30D' };
  expect(expiry({ termsExpiration: monthly })).toBe('2026-04-01T00:00:00.000Z');
  expect(expiry({ termsExpiration: monthly, userReacceptRequiredFrequency: 'P10D' })).toBe('2026-03-20T00:00:00.000Z');
  expect(expiry({ termsExpiration: { startDateTime: '2027-01-01T00:00:00Z', frequency: null } })).toBe('2027-01-01T00:00:00.000Z'); // prettier-ignore
  expect(expiry({ termsExpiration: { startDateTime: '2025-01-01T00:00:00Z', frequency: null } })).toBeUndefined();
});

describe('a sign-in that a policy demands terms of', () => {
  it('shows them, goes on once they are accepted, and keeps who accepted; nothing is asked twice', async () => {
    const { platform } = server.test;
    const { person, secret } = await makePerson(platform, 'erik', 'Security Reader');
    const id = await made(terms());
    const policy = (termsOfUse: string[]) => ({
      displayName: 'Terms first',
      state: 'enabled',
      conditions: { users: { includeUsers: [person.id] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', termsOfUse },
    });
    const policies = '/identity/conditionalAccess/policies';
    await expect(client.api(policies).post(policy(['00000000-0000-4000-8000-000000000009']))).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('grantControls.termsOfUse[0]') as string,
    });
    const { id: policyId } = (await client.api(policies).post(policy([id]))) as { id: string };
    await expect(client.api(`${path}/${id}`).delete()).rejects.toMatchObject({ statusCode: 400 });

    const browser = server.test.browser({ address: '192.0.2.9' });
    const signIn = async () => {
      // The same half minute has one code, which is good once.
      await platform.database.execute('UPDATE passwords SET totp_last_step = 0 WHERE person_id = $1', [person.id]);
      const totpCode = codeAt(secret, platform.clock.now());
      return browser.signInWithPassword({ body: { userPrincipalName: person.userPrincipalName, password: testPassword, totpCode } }); // prettier-ignore
    };
    const ticketOf = async () => {
      const error = await errorOf(signIn());
      expect(error).toMatchObject({ code: 'Forbidden', target: 'termsOfUse' });
      return error.details[0]?.message ?? '';
    };
    const declined = await ticketOf();
    expect(await errorOf(browser.getMe())).toMatchObject({ code: 'Unauthenticated' });
    const { terms: shown } = await browser.readTerms({ body: { ticket: declined, language: 'nb-NO' } });
    expect(shown).toMatchObject([{ id, mustBeViewed: true, text: '# Vær snill', pdf: null }]);
    expect(await errorOf(browser.answerTerms({ body: { ticket: declined, accept: false } }))).toMatchObject({ code: 'Forbidden' }); // prettier-ignore
    expect(await errorOf(browser.answerTerms({ body: { ticket: declined, accept: true } }))).toMatchObject({ code: 'Gone' }); // prettier-ignore

    const ticket = await ticketOf();
    expect(await browser.answerTerms({ body: { ticket, accept: true } })).toMatchObject({ id: person.id });
    expect(await browser.getMe()).toMatchObject({ id: person.id, method: 'passwordTotp' });
    expect(await errorOf(browser.answerTerms({ body: { ticket, accept: true } }))).toMatchObject({ code: 'Gone' });
    // Once accepted, no more is asked.
    expect(await signIn()).toMatchObject({ id: person.id });
    const { value } = (await client.api(`${path}/${id}/acceptances`).get()) as { value: Graph.AgreementAcceptance[] };
    expect(value.map(({ state, userPrincipalName }) => [state, userPrincipalName])).toEqual([
      ['accepted', person.userPrincipalName],
      ['declined', person.userPrincipalName],
    ]);
    expect(Date.parse(value[0]?.expirationDateTime ?? '') - Date.parse(value[0]?.recordedDateTime ?? '')).toBe(
      90 * 86_400_000,
    );
    await platform.outbox.flush();
    const { rows } = await platform.lake.query(
      `SELECT OperationName, count() FROM AuditLogs WHERE LoggedByService = 'Terms Of Use' AND OperationName LIKE '%cept%' OR OperationName LIKE 'Decline%' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows.map(([name]) => name)).toEqual(['Accept Terms Of Use', 'Decline Terms Of Use']);

    // Once it has expired it is asked for again.
    await platform.database.execute(`UPDATE agreement_acceptances SET expires_at = $1`, [platform.clock.now()]);
    await ticketOf();
    await client.api(`${policies}/${policyId}`).delete();
    await client.api(`${path}/${id}`).delete();
  });

  it('is one of a person who may still sign in', async () => {
    expect(await errorOf(server.test.browser().readTerms({ body: { ticket: 'x'.repeat(43) } }))).toMatchObject({ code: 'Gone' }); // prettier-ignore
  });
});
