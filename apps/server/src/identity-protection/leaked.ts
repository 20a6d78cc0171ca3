import { createHash } from 'node:crypto';
import type { Platform } from '../platform/types.ts';
import type { Commands } from './commands.ts';
import type { NewDetection } from './types.ts';

/** Whether a password is the one that a hash is of. */
export type CheckPassword = (hash: string | undefined, password: string) => Promise<boolean>;

interface Leaked {
  readonly source: string;
  readonly credentials: readonly { readonly userPrincipalName: string; readonly password: string }[];
}

/**
 * Holds found credentials against the passwords in use. Only one that is the person's now is a risk, and then a high one. Nothing of them is kept. Answers how many
 * people are concerned.
 */
export async function checkLeaked(
  parts: {
    readonly platform: Pick<Platform, 'database' | 'clock'>;
    readonly commands: Commands;
    readonly checkPassword: CheckPassword;
  },
  { source, credentials }: Leaked,
): Promise<number> {
  const { database, clock } = parts.platform;
  const people = await database.query<{ id: string; name: string; displayName: string; hash: string }>(
    `SELECT p.id, p.user_principal_name AS name, p.display_name AS "displayName", w.password_hash AS hash FROM people p JOIN passwords w ON w.person_id = p.id
     WHERE lower(p.user_principal_name) = ANY($1)`,
    [credentials.map(({ userPrincipalName }) => userPrincipalName.toLowerCase())],
  );
  const found: NewDetection[] = [];
  for (const { hash, ...person } of people) {
    const tried = credentials.filter((one) => one.userPrincipalName.toLowerCase() === person.name.toLowerCase());
    for (const { password } of tried)
      if (await parts.checkPassword(hash, password)) {
        // Of the same password once: the hash changes with it.
        const mark = createHash('sha256').update(hash).digest('hex').slice(0, 32);
        found.push({
          key: `${person.id}|${mark}`,
          subject: { kind: 'user', ...person },
          riskEventType: 'leakedCredentials',
          riskLevel: 'high',
          timing: 'offline',
          activityAt: clock.now(),
          source: 'Sallyport',
          ipAddress: '',
          place: {},
          requestId: '',
          correlationId: '',
          additionalInfo: [{ Key: 'riskReasons', Value: [`the password in use was found in ${source}`] }],
        });
        break;
      }
  }
  await parts.commands.raise(found);
  return found.length;
}
