import { randomBytes } from 'node:crypto';
import type { Queryable } from '../platform/database/index.ts';
import { hashSecret } from '../platform/tokens.ts';

const codesOfAPerson = 10;
/** RFC 4648's base 32, whose digits are none that look like its letters. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** 80 bits: a plain hash of it can't be guessed back. */
const newCode = (): string =>
  [...randomBytes(16)]
    .map((byte) => alphabet[byte % alphabet.length])
    .join('')
    .replaceAll(/.{4}(?=.)/g, '$&-');

/** Capital letters are as good as small ones. */
export const hashRecoveryCode = (code: string): Buffer => hashSecret(code.toLowerCase());

/** New codes in place of all that were. Their hashes are kept, and each is good once. */
export async function renewRecoveryCodes(tx: Queryable, personId: string, now: Date): Promise<string[]> {
  const codes = Array.from({ length: codesOfAPerson }, newCode);
  await tx.execute('DELETE FROM recovery_codes WHERE person_id = $1', [personId]);
  await tx.execute('INSERT INTO recovery_codes (person_id, code_hash, made_at) SELECT $1, unnest($2::bytea[]), $3', [
    personId,
    codes.map(hashRecoveryCode),
    now,
  ]);
  return codes;
}

export const recoveryCodesLeft = async (db: Queryable, personId: string): Promise<number> =>
  (
    await db.first<{ n: number }>(
      'SELECT count(*)::int AS n FROM recovery_codes WHERE person_id = $1 AND used_at IS NULL',
      [personId],
    )
  )?.n ?? 0;
