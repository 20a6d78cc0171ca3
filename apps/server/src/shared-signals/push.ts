import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Platform } from '../platform/types.ts';
import type { Speak } from './outgoing.ts';
import { purposeOf, streamColumns, type StreamRow } from './streams.ts';

/** Streams that are pushed to side by side, and tokens of one in a row. */
const streamsAtOnce = 8;
const inARow = 50;
const backOffMsMax = 3_600_000;
/** Whoever takes a stream has this long for it, before another server may. */
const leaseMs = 120_000;

/** RFC 8935, 2.4. */
const Refusal = z.object({ err: z.string().max(256), description: z.string().max(1_024).optional() });
interface Waiting {
  readonly id: number;
  readonly jti: string;
  readonly token: string;
}

const refusalIn = (text: string): string => {
  try {
    const { err, description } = Refusal.parse(JSON.parse(text));
    return description === undefined ? err : `${err}: ${description}`;
  } catch {
    return 'without a reason';
  }
};

/** Pushes what waits (RFC 8935): in order, again with growing pauses until it is taken. A token that the receiver refuses is let go of. */
export function createPusher(platform: Platform, speak: Speak, signal: () => AbortSignal) {
  const { database, clock, sealing, audit, log } = platform;

  /** Takes the stream whose turn it is longest. */
  const claim = (now: Date): Promise<StreamRow | undefined> =>
    database.first<StreamRow>(
      `UPDATE ssf_streams s SET next_attempt_at = $2 WHERE s.id = (
         SELECT c.id FROM ssf_streams c WHERE c.delivery = 'push' AND c.status <> 'paused' AND c.next_attempt_at <= $1
           AND EXISTS (SELECT 1 FROM ssf_sets w WHERE w.stream_id = c.id) ORDER BY c.next_attempt_at, c.id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING ${streamColumns}`,
      [now, new Date(now.getTime() + leaseMs)],
    );

  const send = async (stream: StreamRow, { id, jti, token }: Waiting): Promise<void> => {
    const authorization =
      stream.authorizationSealed === null
        ? undefined
        : sealing.open(stream.authorizationSealed, purposeOf(stream.id)).toString();
    const answer = await speak({
      url: stream.endpointUrl ?? '',
      method: 'POST',
      contentType: 'application/secevent+jwt',
      authorization,
      body: token,
      signal: signal(),
    });
    const taken = answer.status === 200 || answer.status === 202;
    if (!taken && answer.status !== 400)
      throw new SallyportError('Unavailable', `the receiver answered ${answer.status}`);
    await database.transaction(async (tx) => {
      if (!taken)
        await audit.record(
          {
            actor: 'system',
            operation: 'SecurityEventRefused',
            target: `stream ${stream.id}`,
            result: 'failure',
            ipAddress: '',
            details: { jti, owner: stream.owner, reason: refusalIn(answer.text) },
          },
          tx,
        );
      await tx.execute('DELETE FROM ssf_sets WHERE id = $1', [id]);
    });
  };

  const pushStream = async (stream: StreamRow): Promise<void> => {
    const waiting = await database.query<Waiting>(
      'SELECT id, jti, token FROM ssf_sets WHERE stream_id = $1 ORDER BY id LIMIT $2',
      [stream.id, inARow],
    );
    try {
      for (const one of waiting) await send(stream, one);
      await database.execute(
        `UPDATE ssf_streams SET attempts = 0, next_attempt_at = '-infinity', last_error = NULL WHERE id = $1`,
        [stream.id],
      );
    } catch (error) {
      const reason = error instanceof SallyportError ? error.message : 'the receiver could not be told';
      if (!(error instanceof SallyportError)) log.warn({ err: error, streamId: stream.id }, reason);
      const attempts = stream.attempts + 1;
      const pause = Math.min(2 ** Math.min(attempts, 20) * 500, backOffMsMax);
      await database.execute(
        'UPDATE ssf_streams SET attempts = $2, next_attempt_at = $3, last_error = $4 WHERE id = $1',
        [stream.id, attempts, new Date(clock.now().getTime() + pause), reason.slice(0, 512)],
      );
    }
  };

  /** Pushes to each stream that is due. Answers how many there were. */
  return async (): Promise<number> => {
    let done = 0;
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < 100; turn += 1) {
        const stream = await claim(clock.now());
        if (!stream) return;
        done += 1;
        await pushStream(stream);
      }
    };
    await Promise.all(Array.from({ length: streamsAtOnce }, work));
    return done;
  };
}
