import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock, type ManualClock } from '../platform/clock.ts';
import { codeAt, errorOf, makeAdministrator, startTestServer, testPassword, type TestServer } from '../testing.ts';

const hour = 3_600_000;
const userPrincipalName = 'anna@contoso.com';
let clock: ManualClock;
let test: TestServer;
let first: Client;
let totpSecret: string;

beforeAll(async () => {
  clock = manualClock(new Date('2026-03-02T08:00:00Z'));
  test = await startTestServer({ clock });
  first = test.browser();
});
afterAll(() => test.stop());

/** A step later, so that the code is a new one. */
const signIn = (browser: Client, change: { password?: string; totpCode?: string; userPrincipalName?: string } = {}) => {
  clock.advance(30_000);
  const totpCode = codeAt(totpSecret, clock.now());
  return browser.signInWithPassword({ body: { userPrincipalName, password: testPassword, totpCode, ...change } });
};

const rows = (sql: string) => test.platform.database.query(sql);

describe('the first administrator', () => {
  it('is made through the link, which then is used up', async () => {
    expect(await first.getSetup()).toEqual({ needed: true });
    const [spare] = [await test.server.issueSetupLink()];
    totpSecret = await makeAdministrator(test, first);
    expect(await first.getMe()).toMatchObject({
      userPrincipalName,
      roles: ['Global Administrator'],
      method: 'passwordTotp',
    });
    expect(await first.getSetup()).toEqual({ needed: false });
    expect(await test.server.issueSetupLink()).toBeUndefined();
    const token = spare!.split('token=')[1]!;
    const again = first.startSetup({ body: { token, userPrincipalName: 'eve@contoso.com', displayName: 'Eve' } });
    expect(await errorOf(again)).toMatchObject({ code: 'Gone' });
  });

  it('leaves no secret in the database', async () => {
    const [row] = await rows('SELECT password_hash, totp_secret_sealed FROM passwords');
    expect(row).toMatchObject({
      password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/) as unknown,
    });
    expect((row!['totp_secret_sealed'] as Buffer).includes(totpSecret)).toBe(false);
    expect(await rows('SELECT pending FROM setup_links WHERE pending IS NOT NULL')).toEqual([]);
  });
});

describe('sign-in by password and code', () => {
  it('takes a code once', async () => {
    const browser = test.browser();
    await signIn(browser);
    const totpCode = codeAt(totpSecret, clock.now());
    const replay = browser.signInWithPassword({ body: { userPrincipalName, password: testPassword, totpCode } });
    expect(await errorOf(replay)).toMatchObject({ code: 'Unauthenticated' });
  });

  it('takes the code of one step before, and none older', async () => {
    clock.advance(30_000);
    const [older, old] = [
      codeAt(totpSecret, clock.now()),
      codeAt(totpSecret, new Date(clock.now().getTime() + 30_000)),
    ];
    clock.advance(30_000);
    const browser = test.browser();
    expect(await errorOf(signIn(browser, { totpCode: older }))).toMatchObject({ code: 'Unauthenticated' });
    await signIn(browser, { totpCode: old }).catch(() => undefined);
    clock.advance(2 * hour);
  });

  it('says the same whatever is wrong, and tells the lake which it was', async () => {
    const wrong = [
      { userPrincipalName: 'nobody@contoso.com' },
      { password: 'not this one at all' },
      { totpCode: '000000' },
    ];
    const errors = await Promise.all(wrong.map((change) => errorOf(signIn(test.browser(), change))));
    expect(new Set(errors.map((e) => `${e.code} ${e.message} ${e.target}`)).size).toBe(1);
    await test.platform.outbox.flush();
    const logged = await test.platform.lake.query(
      `SELECT UserPrincipalName, ResultType, IPAddress, AppDisplayName FROM SigninLogs ORDER BY TimeGenerated DESC LIMIT 3`,
    );
    expect(logged.rows.map(([, code]) => code)).toEqual(expect.arrayContaining(['50034', '50126', '500121']));
    expect(logged.rows[0]).toEqual([expect.any(String), expect.any(String), '192.0.2.1', 'Sallyport']);
    clock.advance(2 * hour);
  });

  it('slows guessing down, for a name that exists as for one that does not', async () => {
    for (const name of [userPrincipalName, 'ghost@contoso.com']) {
      const guess = () => {
        const body = { userPrincipalName: name, password: 'a wrong password', totpCode: '123456' };
        return errorOf(test.browser({ address: '198.51.100.7' }).signInWithPassword({ body }));
      };
      for (let i = 0; i < 5; i++) expect(await guess()).toMatchObject({ code: 'Unauthenticated' });
      expect(await guess()).toMatchObject({ code: 'TooManyRequests' });
    }
    // The right password has to wait too, or else the wait would tell that it is right.
    const body = { userPrincipalName, password: testPassword, totpCode: codeAt(totpSecret, clock.now()) };
    expect(await errorOf(test.browser().signInWithPassword({ body }))).toMatchObject({ code: 'TooManyRequests' });
    clock.advance(31_000);
    await signIn(test.browser());
  });
});

describe('sessions', () => {
  it('are listed, and end at once when revoked', async () => {
    const [here, there] = [test.browser(), test.browser()];
    await signIn(here);
    await signIn(there);
    const { sessions } = await here.listSessions();
    const other = sessions.find(({ id, current }) => !current && id !== undefined)!;
    const thereId = (await there.getMe()).sessionId;
    expect(sessions.map(({ id }) => id)).toContain(thereId);
    await here.revokeSession({ params: { id: thereId } });
    expect(await errorOf(there.getMe())).toMatchObject({ code: 'Unauthenticated' });
    expect(await errorOf(here.revokeSession({ params: { id: thereId } }))).toMatchObject({ code: 'NotFound' });
    expect(other).toBeDefined();
    await here.signOut();
    expect(await errorOf(here.getMe())).toMatchObject({ code: 'Unauthenticated' });
  });

  it('end an hour after their last use, and twelve hours after sign-in in any case', async () => {
    const browser = test.browser();
    await signIn(browser);
    for (let i = 0; i < 12; i++) {
      clock.advance(hour - 60_000);
      await browser.getMe();
    }
    clock.advance(13 * 60_000);
    expect(await errorOf(browser.getMe())).toMatchObject({ code: 'Unauthenticated' });
    await signIn(browser);
    clock.advance(hour + 1);
    expect(await errorOf(browser.getMe())).toMatchObject({ code: 'Unauthenticated' });
  });
});

describe('API tokens', () => {
  it('do what their scopes say until they expire or are revoked, and show their secret once', async () => {
    const browser = test.browser();
    await signIn(browser);
    const made = await browser.createToken({
      body: { name: 'collector', scopes: ['data.ingest', 'authorization.read'], expiresInDays: 1 },
    });
    expect(made.secret).toMatch(/^sp_[\w-]{43}$/);
    const program = test.program(made.secret);
    const { tokens } = await program.listTokens();
    expect(tokens).toHaveLength(1);
    expect(JSON.stringify(tokens)).not.toContain(made.secret.slice(3));
    expect(await errorOf(program.getMe())).toMatchObject({ code: 'Forbidden' });
    expect(await errorOf(program.createToken({ body: { name: 'x', scopes: ['data.ingest'] } }))).toMatchObject({
      code: 'Forbidden',
      message: 'this needs the permission `authorization.manage`',
    });
    clock.advance(24 * hour);
    expect(await errorOf(program.listTokens())).toMatchObject({ code: 'Unauthenticated' });
  });

  it('never give more than their maker has', async () => {
    const browser = test.browser();
    await signIn(browser);
    const scopes = ['authorization.manage', 'authorization.read'] as const;
    const { secret, token } = await browser.createToken({ body: { name: 'delegate', scopes: [...scopes] } });
    const program = test.program(secret);
    const beyond = program.createToken({ body: { name: 'more', scopes: ['alerts.manage'] } });
    expect(await errorOf(beyond)).toMatchObject({ code: 'Forbidden', target: 'body.scopes' });
    await browser.revokeToken({ params: { id: token.id } });
    expect(await errorOf(program.listTokens())).toMatchObject({ code: 'Unauthenticated' });
  });
});

describe('the audit log', () => {
  it('has the sign-ins, the changes and the denials, in an intact chain', async () => {
    const browser = test.browser();
    await signIn(browser);
    const { intact, entries } = await browser.listAudit({ query: { limit: 500 } });
    expect(intact).toBe(true);
    const has = (operation: string, result: string) =>
      entries.some((e) => e.operation === operation && e.result === result);
    expect(has('CreateFirstAdministrator', 'success')).toBe(true);
    expect(has('SignIn', 'success') && has('SignIn', 'failure')).toBe(true);
    expect(has('createToken', 'success') && has('createToken', 'denied')).toBe(true);
    expect(entries.find((e) => e.operation === 'revokeToken')).toMatchObject({
      actor: userPrincipalName,
      target: 'token delegate',
    });
  });
});
