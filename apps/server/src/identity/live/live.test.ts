import { randomUUID } from 'node:crypto';
import type { Client, SallyportError } from '@sallyport/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sallyportApplication } from '../../conditional-access/index.ts';
import { manualClock, type ManualClock } from '../../platform/clock.ts';
import {
  codeAt,
  errorOf,
  makeAdministrator,
  makePerson,
  startTestServer,
  testPassword,
  type TestServer,
  setRole,
} from '../../testing.ts';
import { passkeys, type Person } from '../store.ts';

vi.setConfig({ testTimeout: 60_000 });

let clock: ManualClock;
let test: TestServer;
let admin: Client;
let graphToken: string;
let bob: Person;
let carl: Person;
const secrets = new Map<string, string>();
const inside = '192.0.2.9';
const outside = '198.51.100.7';

const graph = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<{ id: string }> => {
  const answer = await test.server.http.app.inject({
    method,
    url: `/v1.0${path}`,
    headers: { host: 'localhost:8443', authorization: `Bearer ${graphToken}` },
    ...(body ? { payload: body } : {}),
  });
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${answer.body}`);
  return answer.statusCode === 204 ? { id: '' } : answer.json<{ id: string }>();
};
const policies = '/identity/conditionalAccess/policies';
const policy = (change: { conditions?: object; grantControls?: object | null; sessionControls?: object }) =>
  graph('POST', policies, {
    displayName: 'Of the test',
    state: 'enabled',
    grantControls: { operator: 'OR', builtInControls: ['block'] },
    ...change,
    conditions: {
      users: { includeUsers: [bob.id, carl.id] },
      applications: { includeApplications: [sallyportApplication] },
      ...change.conditions,
    },
  });
const noPolicies = async (): Promise<void> => {
  await test.platform.database.execute('DELETE FROM conditional_access_objects');
  await test.platform.database.execute('UPDATE conditional_access_revision SET revision = revision + 1');
};
const browserOf = async (person: Person, address = inside) => {
  clock.advance(30_000);
  let cookie = '';
  const browser = test.browser({ address, onCookie: (sent) => void (cookie = sent) });
  await browser.signInWithPassword({
    body: {
      userPrincipalName: person.userPrincipalName,
      password: testPassword,
      totpCode: codeAt(secrets.get(person.id) ?? '', clock.now()),
    },
  });
  return { browser, cookie: () => cookie };
};
/** A request in a session, from wherever. */
const from = (cookie: string, address: string, url = '/api/me/sessions') =>
  test.server.http.app.inject({ url, headers: { host: 'localhost:8443', cookie }, remoteAddress: address });
const bearer = (token: string, address = '192.0.2.2') =>
  test.server.http.app.inject({
    url: '/api/tokens',
    headers: { host: 'localhost:8443', authorization: `Bearer ${token}` },
    remoteAddress: address,
  });
const status = async (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 200,
    (error: SallyportError) => error.status,
  );
/** Rows of the sign-in log and of the audit, about refusals since the last look. */
const rows = async () => {
  await test.platform.outbox.flush();
  const { rows: found } = await test.platform.lake.query(
    `SELECT UserPrincipalName, ResultType, IPAddress FROM AADNonInteractiveUserSignInLogs ORDER BY TimeGenerated DESC, ResultType DESC LIMIT 3`,
  );
  return found.map((row) => row.map(String));
};
const audited = async () =>
  (await test.platform.audit.newest(20)).find(({ operation }) => /^(Refuse|Challenge)/.test(operation));

beforeAll(async () => {
  clock = manualClock(new Date('2026-03-02T08:00:00Z'));
  test = await startTestServer({ clock });
  admin = test.browser();
  secrets.set('anna', await makeAdministrator(test, admin));
  graphToken = (
    await admin.createToken({
      body: {
        name: 'graph',
        scopes: [
          'authorization.read',
          'conditionalAccess.read',
          'conditionalAccess.manage',
          'users.manage',
          'alerts.manage',
        ],
      },
    })
  ).secret;
  const made = [
    await makePerson(test.platform, 'bob', 'Security Operator'),
    await makePerson(test.platform, 'carl', 'Security Administrator'),
  ];
  for (const { person, secret } of made) secrets.set(person.id, secret);
  [bob, carl] = made.map(({ person }) => person) as [Person, Person];
}, 240_000);
afterAll(() => test.stop());
/** So that she is not idle: what is moved here is the clock. */
const keepAdminLive = () => test.platform.database.execute('UPDATE sessions SET last_seen_at = $1', [clock.now()]);
beforeEach(async () => {
  await noPolicies();
  await keepAdminLive();
});

describe('a live session', () => {
  it('ends within two seconds of a policy, whether it is in use or not', async () => {
    // The clock stands still, so that nothing is polled: what is heard is NOTIFY.
    await test.server.domains.identity.start?.();
    try {
      const { browser } = await browserOf(bob);
      expect(await status(browser.getMe())).toBe(200);
      const began = performance.now();
      await policy({});
      await expect
        .poll(
          () =>
            test.platform.database.first('SELECT 1 FROM sessions WHERE person_id = $1 AND revoked_at IS NULL', [
              bob.id,
            ]),
          { interval: 5, timeout: 5_000 },
        )
        .toBeUndefined();
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(await status(browser.getMe())).toBe(401);
      expect((await rows())[0]).toEqual([bob.userPrincipalName, '53003', inside]);
      expect(await audited()).toMatchObject({
        operation: 'RefuseSession',
        details: { causes: ['policy'], code: '53003', reasons: ['"Of the test" blocks'] },
      });
    } finally {
      await test.server.domains.identity.stop?.();
    }
  });

  it('is decided on before its next request, where nobody has come to it yet', async () => {
    const { browser } = await browserOf(bob);
    await policy({});
    expect(await status(browser.getMe())).toBe(401);
    expect(await test.server.domains.identity.decideAgain()).toBeGreaterThanOrEqual(0);
    expect(await test.server.domains.identity.decideAgain()).toBe(0);
  });

  it('misses no change that commits while it is decided on', async () => {
    const { database } = test.platform;
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const { promise: written, resolve: wrote } = Promise.withResolvers<void>();
    const { id } = await policy({ grantControls: { operator: 'OR', builtInControls: ['mfa'] } });
    const slow = database.transaction(async (tx) => {
      await tx.execute(
        `UPDATE conditional_access_objects SET body = jsonb_set(body, '{grantControls,builtInControls}', '["block"]') WHERE id = $1`,
        [id],
      );
      await tx.execute('UPDATE conditional_access_revision SET revision = revision + 1');
      wrote();
      await mayCommit;
    });
    await written;
    const { browser } = await browserOf(bob);
    expect(await status(browser.getMe())).toBe(200);
    // Later in number, and decided on already.
    await database.execute(`INSERT INTO access_changes (person_id, reason) VALUES ($1, 'groups')`, [bob.id]);
    expect(await status(browser.getMe())).toBe(200);
    commit();
    await slow;
    expect(await status(browser.getMe())).toBe(401);
  });

  it('is decided on again from another address, and not at each request', async () => {
    const office = await graph('POST', '/identity/conditionalAccess/namedLocations', {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      displayName: 'Office',
      isTrusted: false,
      ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '192.0.2.0/24' }],
    });
    await policy({ conditions: { locations: { includeLocations: ['All'], excludeLocations: [office.id] } } });
    const { cookie } = await browserOf(bob);
    expect((await from(cookie(), inside)).statusCode).toBe(200);
    expect((await from(cookie(), '192.0.2.77')).statusCode).toBe(200);
    expect((await rows())[0]).toEqual([bob.userPrincipalName, '0', '192.0.2.77']);
    const decidedAt = () =>
      test.platform.database.first('SELECT max(decided_at) AS at FROM sessions WHERE person_id = $1', [bob.id]);
    const before = await decidedAt();
    clock.advance(60_000);
    expect((await from(cookie(), inside)).statusCode).toBe(200);
    expect(await decidedAt()).toEqual(before);
    clock.advance(15 * 60_000);
    expect((await from(cookie(), inside)).statusCode).toBe(200);
    expect(await decidedAt()).not.toEqual(before);
    expect((await from(cookie(), outside)).statusCode).toBe(401);
    expect((await from(cookie(), inside)).statusCode).toBe(401);
    expect(await audited()).toMatchObject({ details: { causes: ['network'], code: '53003' }, ipAddress: outside });
  });

  it('falls with its device', async () => {
    const { database } = test.platform;
    const device = { id: randomUUID(), deviceId: randomUUID() };
    await database.execute(
      `INSERT INTO devices (id, device_id, display_name, owner_id, public_key, key_thumbprint, trust_type, ownership, operating_system, operating_system_version,
         registered_at, is_compliant, compliance_at) VALUES ($1, $2, 'BOB', $3, '{}', 'x', 'AzureAd', 'company', 'Linux', '6', $4, true, $4)`,
      [device.id, device.deviceId, bob.id, clock.now()],
    );
    const { browser } = await browserOf(bob);
    await database.execute('UPDATE sessions SET device_id = $2 WHERE person_id = $1 AND revoked_at IS NULL', [
      bob.id,
      device.deviceId,
    ]);
    await policy({ grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } });
    expect(await status(browser.getMe())).toBe(200);
    await graph('PATCH', `/devices/${device.id}`, { isCompliant: false });
    expect(await status(browser.getMe())).toBe(401);
    expect(await audited()).toMatchObject({ details: { causes: ['device'], code: '53003' } });
  });

  it('falls when the person is confirmed compromised, and with another group', async () => {
    await policy({ conditions: { userRiskLevels: ['high'] } });
    const { browser } = await browserOf(bob);
    expect(await status(browser.getMe())).toBe(200);
    await graph('POST', '/identityProtection/riskyUsers/confirmCompromised', { userIds: [bob.id] });
    expect(await status(browser.getMe())).toBe(401);
    expect(await audited()).toMatchObject({ details: { causes: ['userRisk'] } });
    await graph('POST', '/identityProtection/riskyUsers/dismiss', { userIds: [bob.id] });
    await noPolicies();
    const group = randomUUID();
    await test.platform.database.execute(`INSERT INTO groups (id, name) VALUES ($1, 'Suspended')`, [group]);
    await policy({ conditions: { users: { includeGroups: [group] } } });
    const again = await browserOf(bob);
    expect(await status(again.browser.getMe())).toBe(200);
    await test.platform.database.execute('INSERT INTO group_members (group_id, person_id) VALUES ($1, $2)', [
      group,
      bob.id,
    ]);
    expect(await status(again.browser.getMe())).toBe(401);
  });

  it('of an emergency account goes on, and so does its token', async () => {
    // Anna is the first administrator; whoever has a passkey is asked for it at sign-in, not in the middle.
    const { id } = (await test.platform.database.first<{ id: string }>(
      `SELECT id FROM people WHERE user_principal_name = 'anna@contoso.com'`,
    ))!;
    await passkeys.insert(test.platform.database, {
      credentialId: 'x',
      personId: id,
      publicKey: Buffer.of(1),
      counter: 0,
      transports: [],
    });
    await policy({ conditions: { users: { includeUsers: ['All'] } } });
    for (let hours = 0; hours < 2; hours += 0.5) {
      clock.advance(1_800_000);
      expect(await status(admin.getMe())).toBe(200);
    }
    expect(await status(admin.listTokens())).toBe(200);
    expect((await bearer(graphToken)).statusCode).toBe(200);
    expect(await test.server.domains.identity.decideAgain()).toBeGreaterThanOrEqual(0);
    expect(await status(admin.listTokens())).toBe(200);
    await test.platform.database.execute('DELETE FROM passkeys');
  });
});

describe('a token', () => {
  it('is refused with its person, from where its person is, and says why', async () => {
    const { browser } = await browserOf(carl);
    const { secret } = await browser.createToken({ body: { name: 'carl', scopes: ['authorization.read'] } });
    const sender = (
      await browser.createToken({ body: { name: 'sender', scopes: ['data.ingest', 'directory.provision'] } })
    ).secret;
    expect((await bearer(secret)).statusCode).toBe(200);
    const office = await graph('POST', '/identity/conditionalAccess/namedLocations', {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      displayName: 'Office',
      isTrusted: false,
      ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '192.0.2.0/24' }],
    });
    const { id } = await policy({
      conditions: { locations: { includeLocations: ['All'], excludeLocations: [office.id] } },
    });
    expect((await bearer(secret)).statusCode).toBe(200);
    const refused = await bearer(secret, outside);
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="AADSTS53003: Access has been blocked by Conditional Access policies."',
    );
    expect((await rows())[0]).toEqual([carl.userPrincipalName, '53003', outside]);
    // What other systems hold is a machine's: it is let to the permission check, and falls there.
    expect((await bearer(sender, outside)).statusCode).toBe(403);
    expect((await bearer(secret)).statusCode).toBe(200);
    await graph('PATCH', `${policies}/${id}`, {
      conditions: { locations: null },
      grantControls: { builtInControls: [], authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' } },
    });
    const weak = await bearer(secret);
    expect(weak.statusCode).toBe(401);
    expect(weak.headers['www-authenticate']).toContain('error="insufficient_user_authentication"');
    expect(weak.headers['www-authenticate']).toContain('acr_values="phr"');
    expect((await bearer(secret)).statusCode).toBe(401);
    await graph('DELETE', `${policies}/${id}`);
    expect((await bearer(secret)).statusCode).toBe(200);
  });

  it('may no more than its person by now, and ends with them', async () => {
    const { browser } = await browserOf(carl);
    const { secret } = await browser.createToken({ body: { name: 'mighty', scopes: ['authorization.read'] } });
    const { secret: child } = await test
      .program(
        (await browser.createToken({ body: { name: 'maker', scopes: ['authorization.read', 'authorization.manage'] } }))
          .secret,
      )
      .createToken({ body: { name: 'child', scopes: ['authorization.read'] } });
    expect([(await bearer(secret)).statusCode, (await bearer(child)).statusCode]).toEqual([200, 200]);
    await setRole(admin, carl.id, '');
    expect(await browser.getMe()).toMatchObject({ roles: [] });
    expect([(await bearer(secret)).statusCode, (await bearer(child)).statusCode]).toEqual([403, 403]);
    await setRole(admin, carl.id, 'Security Administrator');
    expect((await bearer(secret)).statusCode).toBe(200);
    await admin.updatePerson({ params: { id: carl.id }, body: { accountEnabled: false } });
    expect([(await bearer(secret)).statusCode, (await bearer(child)).statusCode]).toEqual([401, 401]);
    await admin.updatePerson({ params: { id: carl.id }, body: { accountEnabled: true } });
    await admin.deletePerson({ params: { id: carl.id } });
    expect((await bearer(secret)).statusCode).toBe(401);
    await admin.restorePerson({ params: { id: carl.id } });
    expect((await bearer(secret)).statusCode).toBe(200);
  });
});

describe('session controls', () => {
  const stepUp = async (browser: Client) => {
    clock.advance(30_000);
    return browser.stepUpWithPassword({
      body: { password: testPassword, totpCode: codeAt(secrets.get(bob.id) ?? '', clock.now()) },
    });
  };

  it('ask for a stronger method in place, and take no weaker one', async () => {
    const { browser, cookie } = await browserOf(bob);
    await policy({
      grantControls: {
        operator: 'OR',
        builtInControls: [],
        authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' },
      },
    });
    const refused = await from(cookie(), inside);
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('error="insufficient_user_authentication"');
    expect(refused.headers['www-authenticate']).toContain('acr_values="phr"');
    const claims = /claims="([^"]+)"/.exec(String(refused.headers['www-authenticate']))?.[1] ?? '';
    expect(JSON.parse(Buffer.from(claims, 'base64').toString())).toEqual({
      access_token: { acr: { essential: true, values: ['phr'] } },
    });
    expect(refused.json()).toMatchObject({ error: { code: 'Unauthenticated', target: 'stepUp' } });
    expect((await rows())[0]).toEqual([bob.userPrincipalName, '50074', inside]);
    expect(await audited()).toMatchObject({ operation: 'ChallengeSession', details: { causes: ['policy'] } });
    expect(await status(browser.getMe())).toBe(200);
    expect(await browser.getStepUp()).toEqual({
      required: ['a stronger method, such as a passkey'],
      code: '50074',
      passkey: false,
      // It would not do.
      password: false,
    });
    expect((await errorOf(stepUp(browser))).message).toContain('AADSTS50074');
    expect(await status(browser.listSessions())).toBe(401);
    await noPolicies();
    expect(await status(browser.listSessions())).toBe(200);
    expect(await browser.getStepUp()).toMatchObject({ required: [], code: null });
  });

  it('ask for the factors anew, as often as policies say', async () => {
    const frequency = (signInFrequency: object) => ({
      grantControls: null,
      sessionControls: {
        signInFrequency: {
          isEnabled: true,
          authenticationType: 'primaryAndSecondaryAuthentication',
          ...signInFrequency,
        },
      },
    });
    const { id } = await policy(frequency({ frequencyInterval: 'timeBased', type: 'hours', value: 1 }));
    const { browser, cookie } = await browserOf(bob);
    clock.advance(59 * 60_000);
    expect(await status(browser.listSessions())).toBe(200);
    clock.advance(2 * 60_000);
    const before = cookie();
    const refused = await from(before, inside);
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('max_age="300"');
    expect(await browser.getStepUp()).toEqual({
      required: ['a new sign-in'],
      code: '70044',
      passkey: false,
      password: true,
    });
    const wrong = browser.stepUpWithPassword({ body: { password: 'no', totpCode: '000000' } });
    expect(await errorOf(wrong)).toMatchObject({ code: 'Unauthenticated', target: undefined });
    const me = await stepUp(browser);
    expect(me.userPrincipalName).toBe(bob.userPrincipalName);
    expect(cookie()).not.toBe(before);
    expect((await from(before, inside)).statusCode).toBe(401);
    expect(await status(browser.listSessions())).toBe(200);
    // Every time, which is no more often than once in five minutes.
    await graph('PATCH', `${policies}/${id}`, frequency({ frequencyInterval: 'everyTime', type: null, value: null }));
    clock.advance(4 * 60_000);
    expect(await status(browser.listSessions())).toBe(200);
    clock.advance(2 * 60_000);
    expect(await status(browser.listSessions())).toBe(401);
    await stepUp(browser);
    expect(await status(browser.listSessions())).toBe(200);
  });

  it('let no browser keep the session past its end', async () => {
    const cookieSet = async () => {
      clock.advance(30_000);
      const answer = await test.server.http.app.inject({
        method: 'POST',
        url: '/api/signin/password',
        headers: { host: 'localhost:8443', origin: 'https://localhost:8443', 'x-sallyport-csrf': '1' },
        payload: {
          userPrincipalName: bob.userPrincipalName,
          password: testPassword,
          totpCode: codeAt(secrets.get(bob.id) ?? '', clock.now()),
        },
      });
      return String(answer.headers['set-cookie']);
    };
    expect(await cookieSet()).toContain('Expires=');
    await policy({
      grantControls: null,
      conditions: { applications: { includeApplications: ['All'] } },
      sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
    });
    expect(await cookieSet()).not.toContain('Expires=');
  });

  it('go on with nobody else’s factors', async () => {
    const { browser } = await browserOf(carl);
    const { cookie } = await browserOf(bob);
    void browser;
    clock.advance(30_000);
    const answer = await test.server.http.app.inject({
      method: 'POST',
      url: '/api/step-up/password',
      headers: { host: 'localhost:8443', cookie: cookie(), 'x-sallyport-csrf': '1' },
      payload: { password: testPassword, totpCode: codeAt(secrets.get(carl.id) ?? '', clock.now()) },
    });
    expect(answer.statusCode).toBe(401);
  });
});
