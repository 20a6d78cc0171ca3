import { hash, verify } from '@node-rs/argon2';
import { Secret, TOTP } from 'otpauth';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. The library's default algorithm is argon2id. */
const argon2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password.normalize('NFC'), argon2);

let decoy: Promise<string> | undefined;

/**
 * Whether the password is right. Without a hash (no such account, or one without a password) it takes as long and answers false, so that
 * time doesn't tell which names exist.
 */
export async function checkPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  const against = passwordHash ?? (await (decoy ??= hashPassword('no account has this password')));
  const right = await verify(against, password.normalize('NFC'));
  return right && passwordHash !== undefined;
}

/** RFC 6238 as every authenticator app has it: SHA-1, six digits, 30 seconds. */
const periodSeconds = 30;
/** Clocks may differ by one step either way (RFC 6238, 5.2). */
const stepsAround = 1;

function totpOf(secret: Secret, label: string): TOTP {
  return new TOTP({ issuer: 'Sallyport', label, algorithm: 'SHA1', digits: 6, period: periodSeconds, secret });
}

/** A new secret of 160 bits (RFC 4226, 4), in base 32 and as the URI that authenticator apps scan. */
export function newTotp(label: string): { secret: string; uri: string } {
  const secret = new Secret({ size: 20 });
  return { secret: secret.base32, uri: totpOf(secret, label).toString() };
}

/** The 30-second step whose code this is, when it is near now; undefined when the code is wrong. */
export function stepOfCode(secretBase32: string, code: string, now: Date): number | undefined {
  const totp = totpOf(Secret.fromBase32(secretBase32), 'any');
  const delta = totp.validate({ token: code, timestamp: now.getTime(), window: stepsAround });
  return delta === null ? undefined : Math.floor(now.getTime() / 1000 / periodSeconds) + delta;
}
