import { randomUUID } from 'node:crypto';
import { builtInRoles, SallyportError, sessionRoutes, type BodyOf, type ResponseOf } from '@sallyport/contracts';
import { z } from 'zod';
import { isAdministered, type Assignments } from '../access/index.ts';
import { isUniqueViolation, type Queryable } from '../platform/database/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import { checkRegistration, registrationOptions, relyingPartyOf } from './passkeys.ts';
import { refuseWeakPassword } from './password-strength.ts';
import { hashPassword, newTotp, stepOfCode } from './secrets.ts';
import type { OpenedSession, Sessions } from './sessions.ts';
import { recordSignIn, type Origin } from './sign-in-log.ts';
import { passkeys, passwords, people, type Person } from './store.ts';

/** Of the first person. */
const firstRole = 'Global Administrator';
const linkLifetimeMs = 24 * 60 * 60_000;

/** What `start` promised and `finish` goes by. */
const Pending = z.object({
  personId: z.uuid(),
  userPrincipalName: z.string(),
  displayName: z.string(),
  challenge: z.string(),
  totpSecretSealed: z.base64(),
});
type Pending = z.infer<typeof Pending>;

type StartBody = BodyOf<typeof sessionRoutes.startSetup>;
type FinishBody = BodyOf<typeof sessionRoutes.finishSetup>;

const gone = () =>
  new SallyportError('Gone', 'the link is not good: it was used, has expired, or was cut off when copied');

const findLink = (db: Queryable, token: string, now: Date, lock = false) =>
  db.first<{ pending: unknown }>(
    `SELECT pending FROM setup_links WHERE token_hash = $1 AND person_id IS NULL AND used_at IS NULL AND expires_at > $2 ${lock ? 'FOR UPDATE' : ''}`,
    [hashSecret(token), now],
  );

export interface SetupParts {
  readonly sessions: Sessions;
  readonly assignments: Assignments;
}

/** The first administrator, made by whoever holds the one-time link that the first start prints. */
export function createSetup(platform: Platform, { sessions, assignments }: SetupParts) {
  const { database, clock, sealing } = platform;
  const rp = relyingPartyOf(platform.config);
  const purpose = (personId: string) => `totp:${personId}`;
  const secretOf = (pending: Pending) =>
    sealing.open(Buffer.from(pending.totpSecretSealed, 'base64'), purpose(pending.personId)).toString();

  /** Stores how the new person signs in. Throws BadRequest when that isn't proved. */
  const enrol = async (tx: Queryable, pending: Pending, body: FinishBody): Promise<void> => {
    if (body.method === 'passkey') {
      const passkey = await checkRegistration(rp, pending.challenge, body.credential);
      if (!passkey)
        throw new SallyportError('BadRequest', 'the passkey was not accepted', { target: 'body.credential' });
      await passkeys.insert(tx, { ...passkey, personId: pending.personId });
      return;
    }
    const step = stepOfCode(secretOf(pending), body.totpCode, clock.now());
    if (step === undefined)
      throw new SallyportError('BadRequest', 'the code is not right; check the clock of the device', {
        target: 'body.totpCode',
      });
    const totpSecretSealed = Buffer.from(pending.totpSecretSealed, 'base64');
    await refuseWeakPassword(body.password, [pending.userPrincipalName, pending.displayName]);
    const hash = await hashPassword(body.password);
    await passwords.insert(tx, { personId: pending.personId, hash, totpSecretSealed, totpLastStep: step });
  };

  return {
    needed: async (): Promise<boolean> => !(await isAdministered(database)),

    /** A new link, good for 24 hours and one use; undefined when an administrator exists. Links given before stay good. */
    async issueLink(): Promise<string | undefined> {
      if (await isAdministered(database)) return undefined;
      const token = newSecret();
      const expiresAt = new Date(clock.now().getTime() + linkLifetimeMs);
      await database.execute('INSERT INTO setup_links (token_hash, expires_at) VALUES ($1, $2)', [
        hashSecret(token),
        expiresAt,
      ]);
      // Behind the `#`, so that it is in no log, history of a proxy, or Referer.
      return `${publicUrlOf(platform.config)}/setup#token=${token}`;
    },

    async start(body: StartBody): Promise<ResponseOf<typeof sessionRoutes.startSetup>> {
      if (!(await findLink(database, body.token, clock.now())) || (await isAdministered(database))) throw gone();
      const personId = randomUUID();
      const totp = newTotp(body.userPrincipalName);
      const registration = await registrationOptions(rp, {
        id: personId,
        name: body.userPrincipalName,
        displayName: body.displayName,
      });
      const pending: Pending = {
        personId,
        userPrincipalName: body.userPrincipalName,
        displayName: body.displayName,
        challenge: registration.challenge,
        totpSecretSealed: sealing.seal(Buffer.from(totp.secret), purpose(personId)).toString('base64'),
      };
      await database.execute('UPDATE setup_links SET pending = $2 WHERE token_hash = $1 AND used_at IS NULL', [
        hashSecret(body.token),
        JSON.stringify(pending),
      ]);
      return { registration: { ...registration }, totp };
    },

    async finish(body: FinishBody, origin: Origin): Promise<OpenedSession> {
      try {
        return await database.transaction(async (tx) => {
          const link = await findLink(tx, body.token, clock.now(), true);
          // Two links finished at once: the second waits here and then sees the first one's administrator.
          await tx.execute('LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE');
          if (!link || (await isAdministered(tx))) throw gone();
          const parsed = Pending.safeParse(link.pending);
          if (!parsed.success) throw new SallyportError('Conflict', 'the setup has not been started');
          const pending = parsed.data;
          const person: Person = {
            id: pending.personId,
            userPrincipalName: pending.userPrincipalName,
            displayName: pending.displayName,
          };
          await people.insert(tx, person);
          await enrol(tx, pending, body);
          await assignments.give(
            tx,
            { roleId: builtInRoles[firstRole].id, principalId: person.id, principalType: 'user' },
            { id: person.id, name: person.userPrincipalName, ipAddress: origin.ipAddress, requestId: origin.requestId },
          );
          await tx.execute(
            'UPDATE setup_links SET used_at = $1, pending = NULL WHERE used_at IS NULL AND person_id IS NULL',
            [clock.now()],
          );
          const session = await sessions.open(tx, person, { method: body.method, origin });
          await recordFirst(tx, person, body, origin, session.me.sessionId);
          return session;
        });
      } catch (error) {
        if (isUniqueViolation(error)) throw new SallyportError('Conflict', 'that name is taken', { cause: error });
        throw error;
      }
    },
  };

  async function recordFirst(tx: Queryable, person: Person, { method }: FinishBody, origin: Origin, sessionId: string) {
    await platform.audit.record(
      {
        actor: person.userPrincipalName,
        operation: 'CreateFirstAdministrator',
        target: `person ${person.userPrincipalName}`,
        result: 'success',
        ipAddress: origin.ipAddress,
        requestId: origin.requestId,
        details: { method, role: firstRole },
      },
      tx,
    );
    const { userPrincipalName, id: userId, displayName } = person;
    await recordSignIn(
      platform,
      { userPrincipalName, userId, displayName, method, outcome: 'success', origin, sessionId },
      tx,
    );
  }
}

export type Setup = ReturnType<typeof createSetup>;
