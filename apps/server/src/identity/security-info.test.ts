import type { Client } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock, type ManualClock } from '../platform/clock.ts';
import { codeAt, errorOf, makeAdministrator, startTestServer, testPassword, type TestServer } from '../testing.ts';

const userPrincipalName = 'anna@contoso.com';
let clock: ManualClock;
let test: TestServer;
let anna: Client;
let totpSecret: string;

beforeAll(async () => {
  clock = manualClock(new Date('2026-03-02T08:00:00Z'));
  test = await startTestServer({ clock });
  anna = test.browser();
  totpSecret = await makeAdministrator(test, anna);
}, 240_000);
afterAll(() => test.stop());

/** A step later, so that the code is a new one. */
const signIn = async (browser: Client, more: { password?: string; totpCode?: string } = {}) => {
  clock.advance(30_000);
  const totpCode = codeAt(totpSecret, clock.now());
  await browser.signInWithPassword({ body: { userPrincipalName, password: testPassword, totpCode, ...more } });
};
const invite = async (name: string) => {
  const userPrincipalName = `${name.toLowerCase()}@contoso.com`;
  const { person } = await anna.invitePerson({ body: { userPrincipalName, displayName: name } });
  return person;
};
const guess = (name: string, address: string) =>
  errorOf(
    test.browser({ address }).signInWithPassword({
      body: { userPrincipalName: name, password: 'Winter2026! Winter2026!', totpCode: '000000' },
    }),
  );

describe('security info', () => {
  it('is changed after a fresh sign-in alone, and other sessions end', async () => {
    const other = test.browser();
    await signIn(other);
    expect((await anna.getSecurityInfo()).methods.map(({ kind }) => kind).toSorted()).toEqual([
      'password',
      'softwareOath',
    ]);
    clock.advance(11 * 60_000);
    const change = () => anna.changePassword({ body: { password: 'seven purple lanterns hum' } });
    expect(await errorOf(change())).toMatchObject({ code: 'Forbidden', target: 'freshSignIn' });
    expect(await errorOf(anna.startPasskey())).toMatchObject({ target: 'freshSignIn' });
    await signIn(anna);
    for (const password of ['Password123456', 'qwertyuiop12345', 'anna contoso 2026'])
      expect(await errorOf(anna.changePassword({ body: { password } }))).toMatchObject({ target: 'body.password' });
    await change();
    expect(await errorOf(other.getMe())).toMatchObject({ code: 'Unauthenticated' });
    expect(await errorOf(signIn(test.browser()))).toMatchObject({ code: 'Unauthenticated' });
    await signIn(test.browser(), { password: 'seven purple lanterns hum' });
    await anna.changePassword({ body: { password: testPassword } });
  });

  it('moves to another authenticator, and the old one is worth nothing', async () => {
    const { challengeId, totp } = await anna.startAuthenticator();
    const totpCode = codeAt(totp.secret, clock.now());
    const wrong = anna.setPasswordAndAuthenticator({ body: { challengeId, totpCode: '000000' } });
    expect(await errorOf(wrong)).toMatchObject({ target: 'body.totpCode' });
    await anna.setPasswordAndAuthenticator({ body: { challengeId, totpCode } });
    expect(await errorOf(signIn(test.browser()))).toMatchObject({ code: 'Unauthenticated' });
    totpSecret = totp.secret;
    await signIn(anna);
    const gone = anna.setPasswordAndAuthenticator({ body: { challengeId, totpCode } });
    expect(await errorOf(gone)).toMatchObject({ code: 'Gone' });
  });

  it('has recovery codes, each good once in place of the authenticator', async () => {
    const { codes } = await anna.makeRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    const [code = ''] = codes;
    await signIn(test.browser(), { totpCode: code.toUpperCase() });
    expect(await errorOf(signIn(test.browser(), { totpCode: code }))).toMatchObject({ code: 'Unauthenticated' });
    expect((await anna.getSecurityInfo()).recoveryCodesLeft).toBe(9);
    const [row] = await test.platform.database.query('SELECT code_hash FROM recovery_codes LIMIT 1');
    expect(row).toMatchObject({ code_hash: expect.toSatisfy((hash: Buffer) => hash.length === 32) as Buffer });
    await anna.makeRecoveryCodes();
    const old = signIn(test.browser(), { totpCode: codes[1] ?? '' });
    expect(await errorOf(old)).toMatchObject({ code: 'Unauthenticated' });
    clock.advance(2 * 3_600_000);
    await signIn(anna);
  });

  it('keeps the last way to sign in', async () => {
    expect(await errorOf(anna.removeMethod({ params: { id: 'password' } }))).toMatchObject({ code: 'Conflict' });
    expect((await anna.getSecurityInfo()).methods).toHaveLength(2);
  });

  it('shows the caller’s own sign-ins, good or not', async () => {
    await test.platform.outbox.flush();
    const { signIns } = await anna.listMySignIns();
    expect(signIns.some(({ succeeded }) => succeeded) && signIns.some(({ code }) => code === '500121')).toBe(true);
    expect(signIns[0]).toMatchObject({ application: 'Sallyport', ipAddress: '192.0.2.1' });
    expect(signIns.flatMap(({ methods }) => methods)).toContain('Recovery code');
  });
});

describe('a temporary access pass', () => {
  it('signs in until it expires, lets its bearer set up another way, and is no pass for others', async () => {
    const { id } = await invite('Bo');
    const give = (isUsableOnce: boolean) =>
      anna.createTemporaryAccessPass({ params: { id }, body: { lifetimeInMinutes: 60, isUsableOnce } });
    const use = async (temporaryAccessPass: string, name = 'bo@contoso.com') => {
      const browser = test.browser({ address: '203.0.113.9' });
      await browser.signInWithTemporaryAccessPass({ body: { userPrincipalName: name, temporaryAccessPass } });
      return browser;
    };
    const first = await give(false);
    const { temporaryAccessPass: pass } = await give(false);
    const refusals = [first.temporaryAccessPass, `${pass}x`].map((bad) => errorOf(use(bad)));
    const others = [errorOf(use(pass, 'anna@contoso.com')), errorOf(use(pass, 'nobody@contoso.com'))];
    const errors = await Promise.all([...refusals, ...others]);
    expect(new Set(errors.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
    const bo = await use(pass);
    expect(await bo.getMe()).toMatchObject({ method: 'temporaryAccessPassMultiUse', roles: [] });
    const { challengeId, totp } = await bo.startAuthenticator();
    const totpCode = codeAt(totp.secret, clock.now());
    const bare = bo.setPasswordAndAuthenticator({ body: { challengeId, totpCode } });
    expect(await errorOf(bare)).toMatchObject({ target: 'body.password' });
    const { methods } = await bo.setPasswordAndAuthenticator({
      body: { challengeId, totpCode, password: 'eleven quiet ferries drift' },
    });
    expect(methods.map(({ kind }) => kind)).toContain('softwareOath');
    clock.advance(61 * 60_000);
    expect(await errorOf(use(pass))).toMatchObject({ code: 'Unauthenticated' });

    await signIn(anna);
    const once = (await give(true)).temporaryAccessPass;
    await use(once);
    expect(await errorOf(use(once))).toMatchObject({ code: 'Unauthenticated' });
    const self = anna.createTemporaryAccessPass({ params: { id: (await anna.getMe()).id }, body: {} });
    expect(await errorOf(self)).toMatchObject({ code: 'Conflict' });
  });
});

describe('a spray of one password over many accounts', () => {
  it('is slowed down by its address, and locks none of its victims out', async () => {
    clock.advance(2 * 3_600_000);
    const victims = Array.from({ length: 24 }, (_, i) => (i === 0 ? userPrincipalName : `victim${i}@contoso.com`));
    const codes: string[] = [];
    for (const name of victims) codes.push((await guess(name, '198.51.100.77')).code);
    expect(codes.slice(0, 20).every((code) => code === 'Unauthenticated')).toBe(true);
    expect(codes.slice(20).every((code) => code === 'TooManyRequests')).toBe(true);
    // Again from elsewhere, as sprays do: few tries an account.
    for (const address of ['198.51.100.78', '198.51.100.79']) await guess(userPrincipalName, address);
    const browser = test.browser({ address: '192.0.2.1' });
    await signIn(browser);
    expect(await browser.getMe()).toMatchObject({ userPrincipalName });
  });
});
