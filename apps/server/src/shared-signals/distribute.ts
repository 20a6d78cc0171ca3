import { signalEvents } from '@sallyport/contracts';
import type { JWK } from 'jose';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { signalOf, type EventRow, type Signal } from './events.ts';
import { signSet } from './set.ts';
import { audienceOf, streamColumns, waitingMax, type StreamRow, type Streams } from './streams.ts';

/** Of one transaction. */
const batch = 100;

export interface DistributeParts {
  readonly platform: Platform;
  readonly issuer: string;
  readonly keys: () => Promise<readonly JWK[]>;
  readonly streams: Streams;
}

/** Turns what happened into signed tokens, one for each stream that asked for it. Each event is taken by one server, once. */
export function createDistributor({ platform, issuer, keys, streams }: DistributeParts) {
  const { database, clock, audit } = platform;

  const listeners = (tx: Queryable) =>
    tx.query<StreamRow & { removed: readonly string[]; waiting: number }>(
      `SELECT ${streamColumns}, coalesce((SELECT array_agg(r.person_id::text) FROM ssf_removed_subjects r WHERE r.stream_id = s.id), '{}') AS removed,
         (SELECT count(*)::int FROM ssf_sets w WHERE w.stream_id = s.id) AS waiting
       FROM ssf_streams s WHERE s.status <> 'disabled' ORDER BY s.id`,
    );

  const tellOne = async (
    tx: Queryable,
    row: EventRow,
    signal: Signal,
    to: readonly StreamRow[],
    signing: readonly JWK[],
  ) => {
    const event = signalEvents[signal.kind];
    const now = clock.now();
    for (const stream of to) {
      const claims = {
        issuer,
        audience: audienceOf(issuer, stream.id),
        subject: signal.subject,
        event,
        payload: signal.payload,
        transaction: String(row.id),
        now,
      };
      const { jti, token } = await signSet(claims, signing);
      await tx.execute('INSERT INTO ssf_sets (stream_id, jti, token, created_at) VALUES ($1, $2, $3, $4)', [
        stream.id,
        jti,
        token,
        now,
      ]);
    }
    if (to.length > 0)
      await audit.record(
        {
          actor: 'system',
          operation: 'SendSecurityEvent',
          target: `${signal.kind} ${'email' in signal.subject ? signal.subject.email : signal.subject.format}`,
          result: 'success',
          ipAddress: '',
          details: { event, subject: signal.subject, payload: signal.payload, streams: to.map(({ id }) => id) },
        },
        tx,
      );
  };

  /** Takes one batch. Answers how many events were in it. */
  return (): Promise<number> =>
    database.transaction(async (tx) => {
      const rows = await tx.query<EventRow>(
        `DELETE FROM security_events WHERE id = ANY(ARRAY(SELECT id FROM security_events ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED))
         RETURNING id, kind, person_id AS "personId", device_id AS "deviceId", session_id AS "sessionId", details, at`,
        [batch],
      );
      if (rows.length === 0) return 0;
      const signing = await keys();
      const all = await listeners(tx);
      const full = all.filter(({ waiting }) => waiting + rows.length > waitingMax);
      for (const { id } of full) await streams.disable(tx, id, `more than ${waitingMax} events were not taken`);
      const listening = all.filter((one) => !full.includes(one));
      for (const row of rows.toSorted((a, b) => a.id - b.id)) {
        const signal = await signalOf(tx, row, clock.now());
        if (!signal) continue;
        const event = signalEvents[signal.kind];
        const to = listening.filter(
          (stream) =>
            streams.delivered(stream).includes(event) &&
            (signal.personId === null || !stream.removed.includes(signal.personId)),
        );
        await tellOne(tx, row, signal, to, signing);
      }
      return rows.length;
    });
}
