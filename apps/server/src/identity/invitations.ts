import {
  SallyportError,
  type BodyOf,
  type directoryRoutes,
  type Invitation,
  type ResponseOf,
} from '@sallyport/contracts';
import { z } from 'zod';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import { recordChange, type Author } from '../platform/directory-audit.ts';
import { publishPeople } from './directory/identity-info.ts';
import { checkRegistration, registrationOptions, relyingPartyOf } from './passkeys.ts';
import { refuseWeakPassword } from './password-strength.ts';
import { hashPassword, newTotp, stepOfCode } from './secrets.ts';
import type { Origin } from './sign-in-log.ts';
import { passkeys, passwords } from './store.ts';

/** Long enough for a weekend and a holiday; a link that leads to an account should not lie about for longer. */
const invitationLifetimeMs = 7 * 86_400_000;

/** What `start` promised and `finish` goes by. */
const Pending = z.object({ challenge: z.string(), totpSecretSealed: z.base64() });
type Finish = BodyOf<typeof directoryRoutes.finishInvitation>;

interface Invited {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly pending: unknown;
}

const gone = () =>
  new SallyportError('Gone', 'the link is not good: it was used, has expired, or was cut off when copied');

/** Links by which people set up how they sign in, each good once. Who has a way to sign in already is not invited. */
export function createInvitations(platform: Platform) {
  const { database, clock, sealing, audit } = platform;
  const rp = relyingPartyOf(platform.config);
  const purpose = (personId: string) => `totp:${personId}`;

  const find = async (db: Queryable, token: string, lock = ''): Promise<Invited> => {
    const found = await db.first<Invited>(
      `SELECT p.id, p.user_principal_name AS "userPrincipalName", p.display_name AS "displayName", l.pending
       FROM setup_links l JOIN people p ON p.id = l.person_id
       WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND p.disabled_at IS NULL ${lock}`,
      [hashSecret(token), clock.now()],
    );
    if (!found) throw gone();
    return found;
  };

  const enrol = async (
    tx: Queryable,
    { id, pending, userPrincipalName, displayName }: Invited,
    body: Finish,
  ): Promise<string> => {
    const promised = Pending.safeParse(pending);
    if (!promised.success) throw new SallyportError('Conflict', 'the setup has not been started');
    const { challenge, totpSecretSealed } = promised.data;
    if (body.method === 'passkey') {
      const passkey = await checkRegistration(rp, challenge, body.credential);
      if (!passkey)
        throw new SallyportError('BadRequest', 'the passkey was not accepted', { target: 'body.credential' });
      await passkeys.insert(tx, { ...passkey, personId: id });
      return 'Passkey (FIDO2)';
    }
    const sealed = Buffer.from(totpSecretSealed, 'base64');
    const step = stepOfCode(sealing.open(sealed, purpose(id)).toString(), body.totpCode, clock.now());
    if (step === undefined)
      throw new SallyportError('BadRequest', 'the code is not right; check the clock of the device', {
        target: 'body.totpCode',
      });
    await refuseWeakPassword(body.password, [userPrincipalName, displayName]);
    const hash = await hashPassword(body.password);
    await passwords.insert(tx, { personId: id, hash, totpSecretSealed: sealed, totpLastStep: step });
    return 'Password, software OATH token';
  };

  return {
    /** A new link; those given before are void. Throws Conflict for one who can sign in already, or may not. */
    async issue(personId: string, by: Author, tx: Queryable): Promise<Invitation> {
      const person = await tx.first<{ name: string; disabled: boolean; able: boolean }>(
        `SELECT user_principal_name AS name, disabled_at IS NOT NULL AS disabled,
           EXISTS (SELECT 1 FROM passkeys WHERE person_id = p.id) OR EXISTS (SELECT 1 FROM passwords WHERE person_id = p.id) AS able
         FROM people p WHERE p.id = $1 AND deleted_at IS NULL`,
        [personId],
      );
      if (!person) throw new SallyportError('NotFound', 'there is no such person');
      if (person.disabled) throw new SallyportError('Conflict', 'who is disabled is not invited');
      if (person.able) throw new SallyportError('Conflict', 'this person can sign in already; reset that first');
      const token = newSecret();
      const expiresAt = new Date(clock.now().getTime() + invitationLifetimeMs);
      await tx.execute('DELETE FROM setup_links WHERE person_id = $1', [personId]);
      await tx.execute('INSERT INTO setup_links (token_hash, expires_at, person_id) VALUES ($1, $2, $3)', [
        hashSecret(token),
        expiresAt,
        personId,
      ]);
      const target = { id: personId, name: person.name };
      await recordChange(audit, { activity: 'Invite external user', target }, by, tx);
      // Behind the `#`, so that it is in no log, history of a proxy, or Referer.
      return { url: `${publicUrlOf(platform.config)}/invitation#token=${token}`, expiresAt: expiresAt.toISOString() };
    },

    /** Throws Gone. */
    async start(token: string): Promise<ResponseOf<typeof directoryRoutes.startInvitation>> {
      const { id, userPrincipalName, displayName } = await find(database, token);
      const totp = newTotp(userPrincipalName);
      const registration = await registrationOptions(rp, { id, name: userPrincipalName, displayName });
      const pending = {
        challenge: registration.challenge,
        totpSecretSealed: sealing.seal(Buffer.from(totp.secret), purpose(id)).toString('base64'),
      };
      await database.execute('UPDATE setup_links SET pending = $2 WHERE token_hash = $1 AND used_at IS NULL', [
        hashSecret(token),
        JSON.stringify(pending),
      ]);
      return { userPrincipalName, displayName, registration: { ...registration }, totp };
    },

    /** No session comes of it: signing in is judged by Conditional Access, as always. Throws Gone; BadRequest for what isn't proved. */
    finish: (body: Finish, { ipAddress, requestId }: Origin) =>
      database.transaction(async (tx): Promise<{ userPrincipalName: string }> => {
        const invited = await find(tx, body.token, 'FOR UPDATE OF l');
        const { id, userPrincipalName } = invited;
        const newValue = await enrol(tx, invited, body);
        await tx.execute('UPDATE setup_links SET used_at = $2, pending = NULL WHERE person_id = $1', [id, clock.now()]);
        const by: Author = { id, name: userPrincipalName, ipAddress, requestId };
        const target = { id, name: userPrincipalName };
        const modified = { displayName: 'StrongAuthenticationMethod', newValue };
        await recordChange(audit, { activity: 'Redeem external user invite', target }, by, tx);
        await recordChange(audit, { activity: 'User registered security info', target, modified }, by, tx);
        await publishPeople(platform, [id], tx);
        return { userPrincipalName };
      }),
  };
}
export type Invitations = ReturnType<typeof createInvitations>;
