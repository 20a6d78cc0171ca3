import { randomUUID } from 'node:crypto';
import {
  deliveryMethods,
  SallyportError,
  signalEvents,
  streamEvents,
  type StreamConfiguration,
  type StreamStatus,
  type StreamWish,
  type Subject,
} from '@sallyport/contracts';
import type { JWK } from 'jose';
import type { Queryable } from '../platform/database/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Platform } from '../platform/types.ts';
import { checkPeer } from './outgoing.ts';
import { signSet } from './set.ts';
import { personOf } from './subjects.ts';

export interface StreamRow {
  readonly id: string;
  readonly owner: string;
  readonly description: string | null;
  readonly delivery: 'push' | 'poll';
  readonly endpointUrl: string | null;
  readonly authorizationSealed: Buffer | null;
  readonly eventsRequested: readonly string[];
  readonly status: StreamStatus['status'];
  readonly statusReason: string | null;
  readonly verifiedAt: Date | null;
  readonly attempts: number;
}
export const streamColumns = `s.id, s.owner, s.description, s.delivery, s.endpoint_url AS "endpointUrl", s.authorization_sealed AS "authorizationSealed",
  s.events_requested AS "eventsRequested", s.status, s.status_reason AS "statusReason", s.verified_at AS "verifiedAt", s.attempts`;

/** Of all together, and of one owner. */
const streamsMax = 1_000;
const streamsOfOwnerMax = 16;
/** Tokens that wait for one receiver. Past that nobody is there any more, and the stream is disabled. */
export const waitingMax = 10_000;
/** Seconds between two verifications that a receiver may ask for. */
const verificationInterval = 10;
const supported = Object.values(signalEvents);

export const purposeOf = (streamId: string): string => `ssf-stream:${streamId}`;
export const audienceOf = (issuer: string, streamId: string): string => `${issuer}/ssf/streams/${streamId}`;
const noSuchStream = () => new SallyportError('NotFound', 'there is no such stream', { target: 'stream_id' });

/** Who calls, and whether all streams are theirs to see. */
export interface Owner {
  readonly name: string;
  readonly all: boolean;
}

export interface StreamParts {
  readonly platform: Platform;
  readonly issuer: string;
  readonly outbound: Outbound;
  readonly keys: () => Promise<readonly JWK[]>;
}

/** The transmitter's streams: made, changed and ended by their receivers. */
export function createStreams({ platform, issuer, outbound, keys }: StreamParts) {
  const { database, clock, sealing } = platform;

  const find = async (db: Queryable, id: string, { name, all }: Owner): Promise<StreamRow> => {
    const row = await db.first<StreamRow>(
      `SELECT ${streamColumns} FROM ssf_streams s WHERE s.id = $1 AND ($2 OR s.owner = $3)`,
      [id, all, name],
    );
    if (!row) throw noSuchStream();
    return row;
  };
  const delivered = ({ eventsRequested }: Pick<StreamRow, 'eventsRequested'>): string[] =>
    eventsRequested.length === 0 ? supported : supported.filter((one) => eventsRequested.includes(one));
  const configuration = (row: StreamRow): StreamConfiguration => ({
    stream_id: row.id,
    iss: issuer,
    aud: audienceOf(issuer, row.id),
    delivery: {
      method: deliveryMethods[row.delivery],
      endpoint_url: row.delivery === 'push' ? (row.endpointUrl ?? '') : `${issuer}/ssf/poll/${row.id}`,
    },
    events_supported: supported,
    events_requested: [...row.eventsRequested],
    events_delivered: delivered(row),
    min_verification_interval: verificationInterval,
    ...(row.description === null ? {} : { description: row.description }),
  });
  /** Columns of how it is delivered. Throws BadRequest for a host that may not be spoken to. */
  const deliveryOf = (id: string, delivery: StreamWish['delivery']) => {
    if (delivery.method === deliveryMethods.poll) return { delivery: 'poll', url: null, sealed: null } as const;
    checkPeer(outbound, delivery.endpoint_url);
    const { authorization_header: header } = delivery;
    const sealed = header === undefined ? null : sealing.seal(Buffer.from(header), purposeOf(id));
    return { delivery: 'push', url: delivery.endpoint_url, sealed } as const;
  };

  /** A token about the stream itself; it goes out also when the stream is paused. */
  const tell = async (
    tx: Queryable,
    id: string,
    event: string,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const now = clock.now();
    const audience = audienceOf(issuer, id);
    const subject = { format: 'opaque', id } as const;
    const { jti, token } = await signSet({ issuer, audience, subject, event, payload, now }, await keys());
    await tx.execute('INSERT INTO ssf_sets (stream_id, jti, token, created_at) VALUES ($1, $2, $3, $4)', [
      id,
      jti,
      token,
      now,
    ]);
    await tx.execute('NOTIFY sallyport_signals');
  };

  const change = async (
    id: string,
    owner: Owner,
    { delivery, events_requested: events, description }: Partial<StreamWish>,
    whole: boolean,
  ): Promise<StreamConfiguration> =>
    database.transaction(async (tx) => {
      const before = await find(tx, id, owner);
      const to = delivery === undefined ? undefined : deliveryOf(id, delivery);
      await tx.execute(
        `UPDATE ssf_streams SET delivery = $2, endpoint_url = $3, authorization_sealed = $4, events_requested = $5, description = $6, changed_at = $7,
           attempts = 0, next_attempt_at = '-infinity' WHERE id = $1`,
        [
          id,
          to?.delivery ?? before.delivery,
          to ? to.url : before.endpointUrl,
          to ? to.sealed : before.authorizationSealed,
          events ?? before.eventsRequested,
          description ?? (whole ? null : before.description),
          clock.now(),
        ],
      );
      return configuration(await find(tx, id, owner));
    });

  return {
    configuration,
    delivered,
    tell,
    find: (id: string, owner: Owner) => find(database, id, owner),
    /** Throws BadRequest for a host that is not allowed, Conflict when there are as many as there may be. */
    create: (wish: StreamWish, owner: Owner): Promise<StreamConfiguration> =>
      database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE ssf_streams IN SHARE ROW EXCLUSIVE MODE');
        const counts = await tx.first<{ all: number; own: number }>(
          'SELECT count(*)::int AS all, (count(*) FILTER (WHERE owner = $1))::int AS own FROM ssf_streams',
          [owner.name],
        );
        if ((counts?.all ?? 0) >= streamsMax || (counts?.own ?? 0) >= streamsOfOwnerMax)
          throw new SallyportError('Conflict', `at most ${streamsOfOwnerMax} streams; end one first`);
        const id = randomUUID();
        const to = deliveryOf(id, wish.delivery);
        const now = clock.now();
        await tx.execute(
          `INSERT INTO ssf_streams (id, owner, description, delivery, endpoint_url, authorization_sealed, events_requested, status, created_at, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'enabled', $8, $8)`,
          [id, owner.name, wish.description ?? null, to.delivery, to.url, to.sealed, wish.events_requested, now],
        );
        return configuration(await find(tx, id, owner));
      }),
    list: async ({ name, all }: Owner): Promise<StreamConfiguration[]> =>
      (
        await database.query<StreamRow>(
          `SELECT ${streamColumns} FROM ssf_streams s WHERE $1 OR s.owner = $2 ORDER BY s.created_at, s.id LIMIT ${streamsMax}`,
          [all, name],
        )
      ).map(configuration),
    update: (id: string, wish: Partial<StreamWish>, owner: Owner) => change(id, owner, wish, false),
    replace: (id: string, wish: StreamWish, owner: Owner) => change(id, owner, wish, true),
    remove: async (id: string, owner: Owner): Promise<void> => {
      await find(database, id, owner);
      await database.execute('DELETE FROM ssf_streams WHERE id = $1', [id]);
    },
    setStatus: ({ stream_id: id, status, reason }: StreamStatus, owner: Owner): Promise<StreamStatus> =>
      database.transaction(async (tx) => {
        await find(tx, id, owner);
        await setStatus(tx, id, status, reason ?? null, clock.now());
        return { stream_id: id, status, ...(reason === undefined ? {} : { reason }) };
      }),
    /** Ours to say, such as of a stream that nobody takes from. The receiver hears of it when it is there again. */
    disable: async (tx: Queryable, id: string, reason: string): Promise<void> => {
      await setStatus(tx, id, 'disabled', reason, clock.now());
      await tell(tx, id, streamEvents.updated, { status: 'disabled', reason });
    },
    /** Throws NotFound for nobody that is known. */
    setSubject: async (id: string, subject: Subject, told: boolean, owner: Owner): Promise<void> => {
      await find(database, id, owner);
      const person = await personOf(database, subject, { ownIssuer: issuer, attribute: 'id' });
      if (!person) throw new SallyportError('NotFound', 'there is no such subject', { target: 'subject' });
      const sql = told
        ? 'DELETE FROM ssf_removed_subjects WHERE stream_id = $1 AND person_id = $2'
        : 'INSERT INTO ssf_removed_subjects (stream_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING';
      await database.execute(sql, [id, person.id]);
    },
    /** Throws TooManyRequests within the interval. */
    verify: (id: string, state: string | undefined, owner: Owner): Promise<void> =>
      database.transaction(async (tx) => {
        const { verifiedAt } = await find(tx, id, owner);
        const now = clock.now();
        const waited = verifiedAt === null ? Infinity : (now.getTime() - verifiedAt.getTime()) / 1_000;
        if (waited < verificationInterval)
          throw new SallyportError('TooManyRequests', 'verifications of a stream have ten seconds between them', {
            retryAfterSeconds: verificationInterval - waited,
          });
        await tx.execute('UPDATE ssf_streams SET verified_at = $2 WHERE id = $1', [id, now]);
        await tell(tx, id, streamEvents.verification, state === undefined ? {} : { state });
      }),
  };
}
export type Streams = ReturnType<typeof createStreams>;

/** What waits goes with `disabled`, and is kept while `paused`. */
async function setStatus(
  tx: Queryable,
  id: string,
  status: StreamStatus['status'],
  reason: string | null,
  now: Date,
): Promise<void> {
  await tx.execute(
    `UPDATE ssf_streams SET status = $2, status_reason = $3, changed_at = $4, attempts = 0, next_attempt_at = '-infinity' WHERE id = $1`,
    [id, status, reason, now],
  );
  if (status === 'disabled') await tx.execute('DELETE FROM ssf_sets WHERE stream_id = $1', [id]);
}
