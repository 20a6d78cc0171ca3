import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, startTestServer, type TestServer } from '../testing.ts';

const origin = 'https://localhost:8443';
const rpId = 'localhost';

/** What a security key does, in software: ES256, user verified, no attestation. https://www.w3.org/TR/webauthn-3/ */
function authenticator(overrides: { origin?: string; verified?: boolean } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const id = randomBytes(16);
  let counter = 0;
  const flags = (attested: boolean) => 0x01 | (overrides.verified === false ? 0 : 0x04) | (attested ? 0x40 : 0);
  const authData = (attested?: Buffer) =>
    Buffer.concat([
      createHash('sha256').update(rpId).digest(),
      Buffer.of(flags(attested !== undefined), 0, 0, 0, ++counter),
      attested ?? Buffer.alloc(0),
    ]);
  const clientData = (type: string, challenge: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: overrides.origin ?? origin, crossOrigin: false }));
  const shared = {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
  };

  return {
    create({ challenge }: { challenge: string }) {
      // COSE: kty EC2, alg ES256, crv P-256, x, y.
      const cose = new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
      ]);
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, id.length), id, isoCBOR.encode(cose)]);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', new Uint8Array(authData(attested))],
      ]);
      return {
        ...shared,
        response: {
          clientDataJSON: clientData('webauthn.create', challenge).toString('base64url'),
          attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
        },
      };
    },
    get({ challenge }: { challenge: string }) {
      const [data, client] = [authData(), clientData('webauthn.get', challenge)];
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      return {
        ...shared,
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: createSign('SHA256').update(signed).sign(privateKey).toString('base64url'),
        },
      };
    },
  };
}

type WithChallenge = { challenge: string };
const key = authenticator();
let test: TestServer;
beforeAll(async () => void (test = await startTestServer()));
afterAll(() => test.stop());

describe('passkeys', () => {
  it('make the first administrator, when made for this address and with the user verified', async () => {
    const browser = test.browser();
    const token = (await test.server.issueSetupLink())!.split('token=')[1]!;
    const { registration } = await browser.startSetup({
      body: { token, userPrincipalName: 'anna@contoso.com', displayName: 'Anna' },
    });
    expect(registration).toMatchObject({
      rp: { id: rpId },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    const finish = (credential: Record<string, unknown>) =>
      browser.finishSetup({ body: { method: 'passkey', token, credential } });
    const options = registration as unknown as WithChallenge;
    for (const bad of [authenticator({ origin: 'https://evil.example' }), authenticator({ verified: false })])
      expect(await errorOf(finish(bad.create(options)))).toMatchObject({
        code: 'BadRequest',
        target: 'body.credential',
      });
    expect(await errorOf(finish({ id: 'x' }))).toMatchObject({ code: 'BadRequest' });
    expect(await finish(key.create(options))).toMatchObject({ method: 'passkey', roles: ['Global Administrator'] });
  });

  it('sign in, each challenge once', async () => {
    const browser = test.browser();
    const { challengeId, options } = await browser.startPasskeySignIn();
    const credential = key.get(options as unknown as WithChallenge);
    expect(await browser.signInWithPasskey({ body: { challengeId, credential } })).toMatchObject({ method: 'passkey' });
    expect((await browser.getMe()).displayName).toBe('Anna');
    const replay = test.browser().signInWithPasskey({ body: { challengeId, credential } });
    expect(await errorOf(replay)).toMatchObject({ code: 'Unauthenticated', message: 'the passkey was not accepted' });
  });

  it('of another key, another site, or for another challenge are refused alike', async () => {
    const browser = test.browser();
    const signIn = async (make: (options: WithChallenge) => Record<string, unknown>) => {
      const { challengeId, options } = await browser.startPasskeySignIn();
      return errorOf(browser.signInWithPasskey({ body: { challengeId, credential: make(options as never) } }));
    };
    const stranger = authenticator();
    const errors = [
      await signIn((options) => stranger.get(options)),
      await signIn((options) => ({ ...stranger.get(options), id: key.get(options).id, rawId: key.get(options).rawId })),
      await signIn(() => key.get({ challenge: randomBytes(32).toString('base64url') })),
      await signIn(() => ({})),
    ];
    expect(new Set(errors.map(({ code, message }) => `${code} ${message}`))).toEqual(
      new Set(['Unauthenticated the passkey was not accepted']),
    );
  });
});
