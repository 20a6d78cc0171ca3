import { randomUUID } from 'node:crypto';
import { deviceProofHeader } from '@sallyport/contracts';
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock, type ManualClock } from '../../platform/clock.ts';
import { codeAt, errorOf, makeAdministrator, startTestServer, testPassword, type TestServer } from '../../testing.ts';

const origin = 'https://localhost:8443';
let clock: ManualClock;
let test: TestServer;
let admin: ReturnType<TestServer['browser']>;
let program: ReturnType<TestServer['program']>;
let totpSecret: string;
let key: { privateKey: CryptoKey; publicKey: CryptoKey };
let deviceId: string;

beforeAll(async () => {
  clock = manualClock(new Date('2026-03-02T08:00:00Z'));
  test = await startTestServer({ clock });
  admin = test.browser();
  totpSecret = await makeAdministrator(test, admin);
  const scopes = ['users.read', 'users.manage', 'conditionalAccess.manage'] as const;
  program = test.program(
    (await admin.createToken({ body: { name: 'MDM', scopes: [...scopes], expiresInDays: 300 } })).secret,
  );
  key = await generateKeyPair('ES256', { extractable: true });
}, 240_000);
afterAll(() => test.stop());

interface Proving {
  readonly kid?: string;
  readonly by?: CryptoKey;
  readonly nonce?: string;
  readonly aud?: string;
  readonly typ?: string;
}
/** What a device sends with a sign-in. */
async function prove({ kid = deviceId, by = key.privateKey, typ = 'device-proof+jwt', ...claims }: Proving = {}) {
  const { nonce, audience } = await admin.makeDeviceNonce();
  const payload = new TextEncoder().encode(JSON.stringify({ nonce, aud: audience, ...claims }));
  return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', typ, ...(kid ? { kid } : {}) }).sign(by);
}
/** Signs in, with a proof or without. */
async function signIn(proof?: string) {
  clock.advance(30_000);
  const body = {
    userPrincipalName: 'anna@contoso.com',
    password: testPassword,
    totpCode: codeAt(totpSecret, clock.now()),
  };
  const { http } = test.server;
  const response = await http.app.inject({
    method: 'POST',
    url: '/api/signin/password',
    headers: { host: 'localhost:8443', origin, 'x-sallyport-csrf': '1', 'user-agent': 'test', ...(proof === undefined ? {} : { [deviceProofHeader]: proof }) }, // prettier-ignore
    payload: body,
  });
  return response.statusCode;
}
const detail = async (): Promise<Record<string, unknown>> => {
  await test.platform.outbox.flush();
  const { rows } = await test.platform.lake.query(
    'SELECT DeviceDetail FROM SigninLogs ORDER BY TimeGenerated DESC LIMIT 1',
  );
  return JSON.parse(typeof rows[0]?.[0] === 'string' ? rows[0][0] : '{}') as Record<string, unknown>;
};

describe('a device', () => {
  it('is registered by its key, which it proves by a nonce of ours', async () => {
    const publicKey = (await exportJWK(key.publicKey)) as Record<string, string>;
    const body = { displayName: 'ANNA-LAPTOP', operatingSystem: 'Linux', operatingSystemVersion: '6.12', publicKey };
    const stranger = await generateKeyPair('ES256');
    const wrong = admin.registerDevice({ body: { ...body, proof: await prove({ kid: '', by: stranger.privateKey }) } });
    expect(await errorOf(wrong)).toMatchObject({ target: 'body.proof' });
    const proof = await prove({ kid: '' });
    const device = await admin.registerDevice({ body: { ...body, proof } });
    expect(device).toMatchObject({ displayName: 'ANNA-LAPTOP', enabled: true, isCompliant: null });
    ({ deviceId } = device);
    const replay = admin.registerDevice({ body: { ...body, proof } });
    expect(await errorOf(replay)).toMatchObject({ target: 'body.proof' });
    const twice = admin.registerDevice({ body: { ...body, proof: await prove({ kid: '' }) } });
    expect(await errorOf(twice)).toMatchObject({ code: 'Conflict' });
    const secret = { ...((await exportJWK(key.privateKey)) as Record<string, string>) };
    await admin
      .registerDevice({ body: { ...body, publicKey: secret, proof: await prove({ kid: '' }) } })
      .catch(() => undefined);
    const rows = await test.platform.database.query<{ public_key: object }>('SELECT public_key FROM devices');
    expect(rows.map((row) => Object.keys(row.public_key).toSorted())).toEqual([['crv', 'kty', 'x', 'y']]);
  });

  it('is known at sign-in by its key alone', async () => {
    expect(await signIn(await prove())).toBe(200);
    expect(await detail()).toMatchObject({ deviceId, displayName: 'ANNA-LAPTOP', isCompliant: false });
    const stranger = (await generateKeyPair('ES256')).privateKey;
    const used = await prove();
    await test.server.domains.identity.deviceOf(used);
    const bad = [
      await prove({ by: stranger }),
      await prove({ kid: randomUUID() }),
      await prove({ nonce: 'x'.repeat(43) }),
      await prove({ aud: 'https://evil.example' }),
      await prove({ typ: 'JWT' }),
      used,
      'a.b.c',
      deviceId,
    ];
    for (const proof of bad) expect(await test.server.domains.identity.deviceOf(proof)).toBeUndefined();
    // A proof that is none makes no sign-in fail: the device is then not known.
    expect(await signIn('a.b.c')).toBe(200);
    expect(await detail()).toEqual({});
  });

  it('is compliant as long as somebody says so, which policies ask for', async () => {
    await program.graphCreatePolicy({
      body: {
        displayName: 'Compliant devices',
        state: 'enabled',
        conditions: { applications: { includeApplications: ['All'] }, users: { includeUsers: ['All'] } },
        grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
      },
    });
    // The first administrator can't be locked out by default; somebody else is then asked to be that one.
    const { id } = await admin.getMe();
    const { value } = (await program.graphListDevices({ query: { $filter: "trustType eq 'Workplace'" } })) as { value: { id: string; isCompliant: null }[] }; // prettier-ignore
    expect(value).toMatchObject([{ isCompliant: null }]);
    const params = { id: value[0]!.id };
    const ask = async () =>
      test.server.domains.conditionalAccess.gate.ask({
        userId: randomUUID(),
        applicationId: '5a96d9f1-02de-48ff-84f1-137a7cbb9134',
        methods: ['password', 'softwareOath'],
        ipAddress: '192.0.2.1',
        userAgent: 'test',
        clientAppType: 'browser',
        deviceId,
        at: clock.now(),
      });
    expect((await ask()).decision).not.toBe('allow');
    await program.graphUpdateDevice({ params, body: { isCompliant: true } });
    expect((await ask()).decision).toBe('allow');
    const [said] = ((await program.graphRegisteredDevices({ params: { id }, query: {} })) as { value: object[] }).value;
    expect(said).toMatchObject({ isCompliant: true, '@sallyport.complianceSource': 'token:MDM' });
    clock.advance(31 * 86_400_000);
    expect((await ask()).decision).not.toBe('allow');
    await program.graphUpdateDevice({ params, body: { isCompliant: true, accountEnabled: false } });
    expect((await ask()).decision).not.toBe('allow');
    expect(await test.server.domains.identity.deviceOf(await prove())).toBeUndefined();
  });

  it('is deleted, and leaves rows of what was done', async () => {
    expect(await signIn()).toBe(200);
    const rows = await test.platform.database.query<{ id: string }>('SELECT id FROM devices');
    await program.graphDeleteDevice({ params: { id: rows[0]!.id } });
    expect(await test.platform.database.query('SELECT 1 FROM devices')).toEqual([]);
    await test.platform.outbox.flush();
    const { rows: activities } = await test.platform.lake.query(
      `SELECT DISTINCT OperationName FROM AuditLogs WHERE Category = 'Device' ORDER BY OperationName`,
    );
    expect(activities.flat()).toEqual(['Delete device', 'Register device', 'Update device']);
  });
});
