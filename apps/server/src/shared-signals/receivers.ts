import { createHash, randomUUID } from 'node:crypto';
import { SallyportError, type SignalReceiver, type SignalReceiverWish } from '@sallyport/contracts';
import { isUniqueViolation, type Queryable } from '../platform/database/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Platform } from '../platform/types.ts';
import { applySet, type SignalEffects } from './effects.ts';
import { checkPeer } from './outgoing.ts';
import type { SubjectAttribute } from './subjects.ts';
import { configurationUrl, rememberedMs, SetError, type Verifier } from './verify.ts';

export interface ReceiverRow {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  readonly delivery: 'push' | 'poll';
  readonly pollUrl: string | null;
  readonly authorizationSealed: Buffer | null;
  readonly subjectAttribute: SubjectAttribute;
  readonly createdAt: Date;
  readonly lastEventAt: Date | null;
  readonly lastError: string | null;
  readonly attempts: number;
}
export const receiverColumns = `r.id, r.name, r.issuer, r.audience, r.delivery, r.poll_url AS "pollUrl", r.authorization_sealed AS "authorizationSealed",
  r.subject_attribute AS "subjectAttribute", r.created_at AS "createdAt", r.last_event_at AS "lastEventAt", r.last_error AS "lastError", r.attempts`;
const receiversMax = 100;
export const receiverPurpose = (id: string): string => `ssf-receiver:${id}`;

export interface ReceiverParts {
  readonly platform: Platform;
  /** Ours. */
  readonly issuer: string;
  readonly outbound: Outbound;
  readonly verifier: Verifier;
  readonly effects: SignalEffects;
}

/** Whose signals are taken, and what comes of each. */
export function createReceivers({ platform, issuer, outbound, verifier, effects }: ReceiverParts) {
  const { database, clock, sealing, audit } = platform;

  const form = (row: ReceiverRow): SignalReceiver => ({
    id: row.id,
    name: row.name,
    issuer: row.issuer,
    audience: row.audience,
    delivery: row.delivery,
    pollUrl: row.pollUrl,
    pushUrl: `${issuer}/ssf/receive/${row.id}`,
    subjectAttribute: row.subjectAttribute,
    createdAt: row.createdAt.toISOString(),
    lastEventAt: row.lastEventAt?.toISOString() ?? null,
    lastError: row.lastError,
  });
  const find = async (db: Queryable, id: string): Promise<ReceiverRow> => {
    const row = await db.first<ReceiverRow>(`SELECT ${receiverColumns} FROM ssf_receivers r WHERE r.id = $1`, [id]);
    if (!row) throw new SallyportError('NotFound', 'there is no such receiver');
    return row;
  };

  /** Recorded whichever way it ends. */
  const record = (
    receiver: ReceiverRow,
    result: 'success' | 'failure',
    details: Readonly<Record<string, unknown>>,
    ipAddress: string,
    tx?: Queryable,
  ) =>
    audit.record(
      {
        actor: `Shared Signals: ${receiver.name}`,
        operation: result === 'success' ? 'SecurityEventReceived' : 'SecurityEventNotAccepted',
        target: `receiver ${receiver.name}`,
        result,
        ipAddress,
        details,
      },
      tx,
    );

  /** Effects first, so that what fails is sent again; then it counts as come. */
  const take = async (receiver: ReceiverRow, token: string, ipAddress: string): Promise<void> => {
    const { issuer: from, audience } = receiver;
    const set = await verifier.verify(token, { issuer: from, audience });
    const digest = createHash('sha256').update(token).digest();
    const before = await database.first<{ digest: Buffer }>(
      'SELECT digest FROM ssf_received WHERE receiver_id = $1 AND jti = $2',
      [receiver.id, set.jti],
    );
    // RFC 8935, 2: one that was sent again is acknowledged again. Another of the same name is none of the transmitter's doing.
    if (before?.digest.equals(digest)) return;
    if (before) throw new SetError('invalid_request', 'the `jti` was another token’s');
    const by = `Shared Signals: ${receiver.name}`;
    const rules = { ownIssuer: issuer, attribute: receiver.subjectAttribute };
    const done = await applySet(set, { db: database, rules, by, jti: set.jti, at: set.issuedAt, effects });
    await database.transaction(async (tx) => {
      const now = clock.now();
      const added = await tx.execute(
        'INSERT INTO ssf_received (receiver_id, jti, digest, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [receiver.id, set.jti, digest, now],
      );
      if (added === 0) return;
      await record(
        receiver,
        'success',
        { jti: set.jti, events: set.events.map(({ type }) => type), done },
        ipAddress,
        tx,
      );
      await tx.execute('UPDATE ssf_receivers SET last_event_at = $2, last_error = NULL WHERE id = $1', [
        receiver.id,
        now,
      ]);
    });
  };

  return {
    find: (id: string) => find(database, id),
    list: async (): Promise<SignalReceiver[]> =>
      (
        await database.query<ReceiverRow>(
          `SELECT ${receiverColumns} FROM ssf_receivers r ORDER BY lower(r.name) LIMIT ${receiversMax}`,
        )
      ).map(form),
    /** Throws BadRequest for a host that is not allowed, Conflict for a name that is taken or one too many. */
    create: async (wish: SignalReceiverWish): Promise<SignalReceiver> => {
      checkPeer(outbound, configurationUrl(wish.issuer));
      if (wish.delivery === 'poll' && wish.pollUrl === undefined)
        throw new SallyportError('BadRequest', 'polling needs an address', { target: 'body.pollUrl' });
      if (wish.pollUrl !== undefined) checkPeer(outbound, wish.pollUrl);
      const id = randomUUID();
      const sealed =
        wish.authorization === undefined ? null : sealing.seal(Buffer.from(wish.authorization), receiverPurpose(id));
      try {
        return await database.transaction(async (tx) => {
          await tx.execute('LOCK TABLE ssf_receivers IN SHARE ROW EXCLUSIVE MODE');
          const count = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM ssf_receivers');
          if ((count?.n ?? 0) >= receiversMax)
            throw new SallyportError('Conflict', `at most ${receiversMax} receivers; remove one first`);
          await tx.execute(
            `INSERT INTO ssf_receivers (id, name, issuer, audience, delivery, poll_url, authorization_sealed, subject_attribute, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
            [id, wish.name, wish.issuer, wish.audience, wish.delivery, wish.pollUrl ?? null, sealed, wish.subjectAttribute, clock.now()], // prettier-ignore
          );
          return form(await find(tx, id));
        });
      } catch (error) {
        if (isUniqueViolation(error))
          throw new SallyportError('Conflict', 'a receiver has this name', { cause: error });
        throw error;
      }
    },
    /** Answers its name. Throws NotFound. */
    remove: async (id: string): Promise<string> => {
      const { name } = await find(database, id);
      await database.execute('DELETE FROM ssf_receivers WHERE id = $1', [id]);
      return name;
    },
    /** Checks a token and does what it asks for. Throws SetError, recorded; Unavailable when the transmitter's keys can't be read. */
    async receive(receiver: ReceiverRow, token: string, ipAddress: string): Promise<void> {
      try {
        await take(receiver, token, ipAddress);
      } catch (error) {
        if (error instanceof SetError)
          await record(receiver, 'failure', { code: error.code, reason: error.message }, ipAddress);
        throw error;
      }
    },
    /** Forgets which tokens came long ago: those are too old by themselves. */
    forget: () =>
      database.execute('DELETE FROM ssf_received WHERE at < $1', [new Date(clock.now().getTime() - rememberedMs)]),
  };
}
export type Receivers = ReturnType<typeof createReceivers>;
