import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Client, PageIterator, type PageCollection } from '@microsoft/microsoft-graph-client';
import type * as Graph from '@microsoft/microsoft-graph-types';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFaceServer, type FaceServer } from '../hunting/faces/testing.ts';
import { hashPassword, newTotp } from '../identity/secrets.ts';
import { passwords, people } from '../identity/store.ts';
import { tokenOf } from '../incidents/faces/testing.ts';
import { giveRole, codeAt, errorOf, testPassword } from '../testing.ts';
import { learnSignIns } from './history.ts';
import type { RiskChange } from './types.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: FaceServer;
let client: Client;
let reader: Client;
let smtp: SMTPServer;
const mails: ParsedMail[] = [];
const changes: RiskChange[] = [];

const bob = { id: randomUUID(), userPrincipalName: 'bob@contoso.com', displayName: 'Bob' };
const carol = { id: randomUUID(), userPrincipalName: 'carol@contoso.com', displayName: 'Carol' };
const home = '203.0.113.10';
const tor = '192.0.2.66';
const users = '/identityProtection/riskyUsers';
const detections = '/identityProtection/riskDetections';
const policies = '/identity/conditionalAccess/policies';
const secrets = new Map<string, string>();

const clientOf = (token: string): Client =>
  Client.initWithMiddleware({
    authProvider: { getAccessToken: () => Promise.resolve(token) },
    baseUrl: `${server.url}/`,
    customHosts: new Set(['localhost']),
  });
interface List<T> {
  readonly value: readonly T[];
}
const get = async <T>(path: string): Promise<T> => (await client.api(path).get()) as T;
const listed = async <T>(path: string, filter: string): Promise<readonly T[]> =>
  ((await client.api(path).filter(filter).get()) as List<T>).value;
const riskOf = async (id: string) => {
  const { riskLevel, riskState, riskDetail } = await get<Graph.RiskyUser>(`${users}/${id}`);
  return [riskLevel, riskState, riskDetail];
};

const enrol = async (person: typeof bob) => {
  const { database, sealing } = server.test.platform;
  await people.insert(database, person);
  await giveRole(server.test.platform, person.id, 'Security Operator');
  const { secret } = newTotp(person.userPrincipalName);
  secrets.set(person.userPrincipalName, secret);
  await passwords.insert(database, {
    personId: person.id,
    hash: await hashPassword(testPassword),
    totpSecretSealed: sealing.seal(Buffer.from(secret), `totp:${person.id}`),
    totpLastStep: 0,
  });
};
const signIn = async ({ userPrincipalName }: typeof bob, address: string) => {
  await server.test.platform.database.execute('UPDATE passwords SET totp_last_step = 0');
  const totpCode = codeAt(secrets.get(userPrincipalName) ?? '', new Date());
  return server.test
    .browser({ address })
    .signInWithPassword({ body: { userPrincipalName, password: testPassword, totpCode } });
};
const newestSignIn = async () => {
  await server.test.platform.outbox.flush();
  const { rows } = await server.test.platform.lake.query(
    `SELECT UserPrincipalName, ResultType, RiskLevelDuringSignIn, RiskLevelAggregated, RiskEventTypes_V2, Id FROM SigninLogs ORDER BY TimeGenerated DESC LIMIT 1`,
  );
  return rows[0]!.map(String);
};

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      const parsed = simpleParser(stream);
      stream.on('end', () => done());
      void parsed.then((mail) => mails.push(mail));
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.server.address() as AddressInfo;
  server = await startFaceServer({
    smtpUrl: `smtp://127.0.0.1:${port}`,
    smtpFrom: 'sallyport@contoso.com',
  });
  server.test.server.domains.identityProtection.listen((change) => {
    changes.push(change);
    return Promise.resolve();
  });
  client = clientOf(
    await tokenOf(server, ['conditionalAccess.manage', 'conditionalAccess.read', 'securityData.read', 'alerts.manage']),
  );
  reader = clientOf(server.token);
  await enrol(bob);
  await enrol(carol);
  const { platform } = server.test;
  const past = Array.from({ length: 12 }, (_, i) => ({
    id: `past-${i}`,
    personId: bob.id,
    at: new Date(Date.now() - (i + 1) * 86_400_000),
    address: home,
    asn: '64496',
    place: { country: 'NL', city: 'Delft', latitude: 52, longitude: 4.4 },
    userAgent: 'test browser',
  }));
  await platform.database.transaction((tx) => learnSignIns(tx, past));
  await platform.lake.insertRows('ThreatIntelIndicators', [
    {
      TimeGenerated: new Date().toISOString(),
      Id: 'indicator--1',
      ObservableKey: 'ipv4-addr:value',
      ObservableValue: '192.0.2.64/30',
      IsActive: true,
      Data: { name: 'Tor exit', indicator_types: ['anonymization'] },
    },
    {
      TimeGenerated: new Date().toISOString(),
      Id: 'indicator--2',
      ObservableKey: 'ipv4-addr:value',
      ObservableValue: "no address'; --",
      IsActive: true,
      Data: { name: 'broken' },
    },
  ]);
  await server.test.server.domains.identityProtection.refreshAddresses();
}, 240_000);
afterAll(async () => {
  await server.stop();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});

describe('a sign-in', () => {
  it('from home is no risk, and from where nobody can be told is one, with its reasons', async () => {
    await signIn(bob, home);
    expect((await newestSignIn()).slice(0, 5)).toEqual([bob.userPrincipalName, '0', 'none', 'none', '[]']);
    await signIn(bob, tor);
    const [, , level, aggregated, types, id] = await newestSignIn();
    expect([level, aggregated]).toEqual(['medium', 'medium']);
    expect(JSON.parse(types!)).toContain('anonymizedIPAddress');
    const [detection] = await listed<Graph.RiskDetection>(
      detections,
      `riskEventType eq 'anonymizedIPAddress' and riskLevel ge 'medium'`,
    );
    expect(detection).toMatchObject({
      requestId: id,
      detectionTimingType: 'realtime',
      activity: 'signin',
      riskState: 'atRisk',
      ipAddress: tor,
      userId: bob.id,
      userPrincipalName: bob.userPrincipalName,
    });
    const info = JSON.parse(detection!.additionalInfo!) as { Key: string; Value: unknown }[];
    expect(info).toContainEqual({ Key: 'indicator', Value: 'Tor exit' });
    expect(info).toContainEqual({ Key: 'userAgent', Value: 'test browser' });
    expect(await riskOf(bob.id)).toEqual(['medium', 'atRisk', 'none']);
    expect(changes.at(-1)).toMatchObject({ riskLevel: 'medium', riskState: 'atRisk' });
  });

  it('explains an unfamiliar one property by property', async () => {
    const { signInRisk } = server.test.server.domains.identityProtection;
    const asked = await signInRisk.of({
      userId: bob.id,
      ipAddress: '198.51.100.7',
      userAgent: 'curl/8.5',
      methods: [],
    });
    expect(asked.riskEventTypes).toContain('unfamiliarFeatures');
    expect(asked.explained.find(({ level }) => level === 'address')).toMatchObject({
      value: '198.51.100.7',
      timesOfPerson: 0,
      timesOfEveryone: 0,
    });
    // A question stores nothing.
    expect(await listed(detections, `ipAddress eq '198.51.100.7'`)).toEqual([]);
    // Of whom nothing is known nothing is unfamiliar.
    const fresh = await signInRisk.of({ userId: carol.id, ipAddress: home, userAgent: 'curl/8.5', methods: ['fido2'] });
    expect(fresh.signInRiskLevel).toBe('none');
  });

  it('that a risk policy asked for a second factor in is remediated', async () => {
    const { id } = (await client.api(policies).post({
      displayName: 'MFA for risky sign-ins',
      state: 'enabled',
      conditions: {
        users: { includeUsers: [bob.id] },
        applications: { includeApplications: ['All'] },
        signInRiskLevels: ['medium', 'high'],
      },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    })) as { id: string };
    await signIn(bob, '192.0.2.65');
    const [, , , , , requestId] = await newestSignIn();
    const found = await listed<Graph.RiskDetection>(detections, `requestId eq '${requestId}'`);
    expect(found.map(({ riskState, riskDetail }) => [riskState, riskDetail])).toEqual(
      found.map(() => ['remediated', 'userPassedMFADrivenByRiskBasedPolicy']),
    );
    expect(found.length).toBeGreaterThan(0);
    await client.api(`${policies}/${id}`).patch({ grantControls: { operator: 'OR', builtInControls: ['block'] } });
    expect((await errorOf(signIn(bob, '192.0.2.67'))).message).toContain('AADSTS53003');
    await client.api(`${policies}/${id}`).delete();
  });
});

describe('a user', () => {
  it('is confirmed compromised, safe and dismissed by the official client, with history, audit and rows', async () => {
    const { identityProtection } = server.test.server.domains;
    await identityProtection.remediate({ userId: bob.id, detail: 'userPerformedSecuredPasswordChange' });
    expect(await riskOf(bob.id)).toEqual(['none', 'remediated', 'userPerformedSecuredPasswordChange']);
    expect(await client.api(`${users}/confirmCompromised`).post({ userIds: [bob.id, carol.id] })).toBeUndefined();
    expect(await riskOf(carol.id)).toEqual(['high', 'confirmedCompromised', 'adminConfirmedUserCompromised']);
    expect(changes.slice(-2).map(({ riskState }) => riskState)).toEqual([
      'confirmedCompromised',
      'confirmedCompromised',
    ]);
    await client.api(`${users}/confirmSafe`).post({ userIds: [bob.id] });
    expect(await riskOf(bob.id)).toEqual(['none', 'confirmedSafe', 'adminConfirmedAccountSafe']);
    await client.api(`${users}/dismiss`).post({ userIds: [carol.id] });
    expect(await riskOf(carol.id)).toEqual(['none', 'dismissed', 'adminDismissedAllRiskForUser']);
    const { value: history } = await get<List<Graph.RiskyUserHistoryItem>>(`${users}/${carol.id}/history`);
    expect(history.map(({ riskState, riskLevel }) => [riskState, riskLevel])).toEqual([
      ['dismissed', 'none'],
      ['confirmedCompromised', 'high'],
    ]);
    await server.test.platform.outbox.flush();
    const { rows } = await server.test.platform.lake.query(
      `SELECT RiskState FROM AADRiskyUsers WHERE Id = '${carol.id}' ORDER BY TimeGenerated`,
    );
    expect(rows.flat()).toEqual(['confirmedCompromised', 'dismissed']);
    const audited = await server.test.platform.lake.query(
      `SELECT OperationName FROM AuditLogs WHERE LoggedByService = 'Identity Protection' ORDER BY TimeGenerated, toUInt64(Id)`,
    );
    expect(audited.rows.flat()).toEqual([
      'ConfirmAccountCompromised',
      'ConfirmAccountCompromised',
      'ConfirmSafe',
      'DismissUser',
    ]);
  });

  it('is found by filters and pages, and refused to who may not', async () => {
    const first = (await client.api(detections).top(2).get()) as PageCollection;
    const seen: unknown[] = [];
    await new PageIterator(client, first, ({ id }: Graph.RiskDetection) => {
      seen.push(id);
      return true;
    }).iterate();
    expect(first.value).toHaveLength(2);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(3);
    expect(await listed<Graph.RiskyUser>(users, `riskState eq 'dismissed'`)).toMatchObject([{ id: carol.id }]);
    const refused = reader.api(`${users}/dismiss`).post({ userIds: [bob.id] });
    await expect(refused).rejects.toMatchObject({ statusCode: 403 });
    const missing = client.api(`${users}/dismiss`).post({ userIds: ['nobody'] });
    await expect(missing).rejects.toMatchObject({ statusCode: 404 });
    await expect(client.api(detections).filter('nothing eq 1').get()).rejects.toMatchObject({ statusCode: 400 });
    expect((await get<List<object>>('/identityProtection/riskyServicePrincipals')).value).toEqual([]);
    expect((await get<List<object>>('/identityProtection/servicePrincipalRiskDetections')).value).toEqual([]);
  });

  it('whose password is found elsewhere is at high risk, until it is another', async () => {
    const check = (password: string) =>
      server.admin.checkLeakedCredentials({
        body: { source: 'a paste', credentials: [{ userPrincipalName: 'Bob@contoso.com', password }] },
      });
    expect(await check('not the password')).toEqual({ matched: 0 });
    expect(await check(testPassword)).toEqual({ matched: 1 });
    expect(await riskOf(bob.id)).toEqual(['high', 'atRisk', 'none']);
    const { subjects } = await server.admin.listRiskySubjects({ query: { level: 'high' } });
    expect(subjects.map(({ name }) => name)).toEqual([bob.userPrincipalName]);
    const { detections: shown } = await server.admin.getRiskySubject({ params: { kind: 'user', id: bob.id } });
    expect(shown[0]).toMatchObject({
      riskEventType: 'leakedCredentials',
      name: 'Leaked credentials',
      riskLevel: 'high',
    });
    expect(JSON.stringify(shown)).not.toContain(testPassword);
  });
});

describe('mails', () => {
  it('tell of all who reached the level at once, and not of what is older', async () => {
    const { mails: send } = server.test.server.domains.identityProtection;
    expect(await send.usersAtRisk()).toBe(2);
    await expect.poll(() => mails.length).toBe(1);
    expect(mails[0]!.subject).toBe('Users at risk detected: 2 users');
    expect(mails[0]!.text).toContain('bob@contoso.com: high (atRisk)');
    expect(mails[0]!.text).toContain('/identity-protection?tab=users');
    expect(await send.usersAtRisk()).toBe(0);
    await client.api(`${users}/confirmCompromised`).post({ userIds: [carol.id] });
    expect(await send.usersAtRisk()).toBe(1);
    await server.admin.setRiskNotifications({
      body: {
        usersAtRisk: { enabled: false, level: 'low', addresses: [] },
        weeklyDigest: { enabled: true, addresses: ['soc@contoso.com'] },
      },
    });
    await client.api(`${users}/confirmCompromised`).post({ userIds: [bob.id] });
    expect(await send.usersAtRisk()).toBe(0);
    expect(await send.weeklyDigest()).toBe(true);
    await expect.poll(() => mails.at(-1)!.text).toContain('New risky users: 2');
  });
});
