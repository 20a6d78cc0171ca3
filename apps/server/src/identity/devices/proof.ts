import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import { publicUrlOf } from '../../platform/config/index.ts';
import { hashSecret, newSecret } from '../../platform/tokens.ts';
import type { Platform } from '../../platform/types.ts';
import { deviceRows, type Device } from './store.ts';

/**
 * A device proves its key as DPoP does (RFC 9449), by a signed nonce of ours:
 * a compact JWS, header `{ alg, typ: "device-proof+jwt", kid: <device id> }`, payload `{ nonce, aud: <our address> }`.
 */
const proofType = 'device-proof+jwt';
const nonceLifetimeMs = 5 * 60_000;
const algorithms = ['ES256', 'EdDSA', 'Ed25519'];
const proofCharsMax = 4_096;

/** Public keys alone, of kinds that hardware keeps. */
export const DeviceKey = z.union([
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.base64url().max(64), y: z.base64url().max(64) }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.base64url().max(64) }),
]);
const Header = z.object({ typ: z.literal(proofType), kid: z.uuid().optional() });
const Payload = z.object({ nonce: z.string().max(128), aud: z.string().max(512) });

export function createProofs({ database, clock, config }: Pick<Platform, 'database' | 'clock' | 'config'>) {
  const audience = publicUrlOf(config);

  const takeNonce = async (nonce: string): Promise<boolean> => {
    const row = await database.first<{ good: boolean }>(
      'DELETE FROM device_nonces WHERE nonce_hash = $1 RETURNING expires_at > $2 AS good',
      [hashSecret(nonce), clock.now()],
    );
    return row?.good === true;
  };
  /** Whether this key signed a nonce of ours; the nonce is used up in any case. */
  const isBy = async (proof: string, key: JWK): Promise<boolean> => {
    try {
      const algorithm = key.kty === 'EC' ? 'ES256' : 'EdDSA';
      const { payload, protectedHeader } = await compactVerify(proof, await importJWK(key, algorithm), { algorithms });
      const header = Header.safeParse(protectedHeader);
      const claims = Payload.safeParse(JSON.parse(new TextDecoder().decode(payload)));
      return header.success && claims.success && claims.data.aud === audience && (await takeNonce(claims.data.nonce));
    } catch {
      // The library throws on everything that isn't as it should be; the input is a stranger's.
      return false;
    }
  };
  const kidOf = (proof: string): string | undefined => {
    try {
      const [head = ''] = proof.split('.', 1);
      const header = Header.safeParse(JSON.parse(Buffer.from(head, 'base64url').toString('utf8')));
      return header.success ? header.data.kid : undefined;
    } catch {
      return undefined;
    }
  };

  return {
    /** What a device is to sign, good once. */
    async nonce(): Promise<{ nonce: string; audience: string }> {
      const nonce = newSecret();
      await database.execute('INSERT INTO device_nonces (nonce_hash, expires_at) VALUES ($1, $2)', [
        hashSecret(nonce),
        new Date(clock.now().getTime() + nonceLifetimeMs),
      ]);
      return { nonce, audience };
    },
    /** The thumbprint of a new device's key, once it has signed. Throws BadRequest. */
    async enrol(proof: string, key: z.infer<typeof DeviceKey>): Promise<string> {
      if (!(await isBy(proof, key)))
        throw new SallyportError('BadRequest', 'the proof is not by this key', { target: 'body.proof' });
      return calculateJwkThumbprint(key);
    },
    /** The enabled device whose key made this proof; nothing for anything else. */
    async deviceOf(proof: string): Promise<Device | undefined> {
      const kid = proof.length > proofCharsMax ? undefined : kidOf(proof);
      const device = kid === undefined ? undefined : await deviceRows.byDeviceId(database, kid);
      if (!device || device.disabledAt !== null) return undefined;
      const key = DeviceKey.safeParse(device.publicKey);
      return key.success && (await isBy(proof, key.data)) ? device : undefined;
    },
    removeStale: () => database.execute('DELETE FROM device_nonces WHERE expires_at < $1', [clock.now()]),
  };
}
export type DeviceProofs = ReturnType<typeof createProofs>;
