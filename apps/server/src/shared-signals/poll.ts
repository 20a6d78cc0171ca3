import { PollAnswer, SallyportError } from '@sallyport/contracts';
import type { Platform } from '../platform/types.ts';
import type { Speak } from './outgoing.ts';
import { receiverColumns, receiverPurpose, type ReceiverRow, type Receivers } from './receivers.ts';
import { SetError } from './verify.ts';

/** A transmitter is asked again after this when it had nothing more. */
const pollEveryMs = 5_000;
const backOffMsMax = 600_000;
const setsOfAPoll = 100;
/** Pages of one turn: another transmitter's turn comes too. */
const pagesMax = 20;
const leaseMs = 300_000;

/** Takes tokens from transmitters that are asked for them (RFC 8936), and acknowledges those that were dealt with. */
export function createPoller(platform: Platform, receivers: Receivers, speak: Speak, signal: () => AbortSignal) {
  const { database, clock, sealing, log } = platform;

  const claim = (now: Date): Promise<ReceiverRow | undefined> =>
    database.first<ReceiverRow>(
      `UPDATE ssf_receivers r SET next_attempt_at = $2 WHERE r.id = (
         SELECT c.id FROM ssf_receivers c WHERE c.delivery = 'poll' AND c.next_attempt_at <= $1 ORDER BY c.next_attempt_at, c.id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING ${receiverColumns}`,
      [now, new Date(now.getTime() + leaseMs)],
    );

  interface Settled {
    readonly ack: string[];
    readonly setErrs: Record<string, { err: string; description: string }>;
  }
  const nothing = (): Settled => ({ ack: [], setErrs: {} });

  const ask = async (receiver: ReceiverRow, settled: Settled, maxEvents: number): Promise<PollAnswer> => {
    const authorization =
      receiver.authorizationSealed === null
        ? undefined
        : sealing.open(receiver.authorizationSealed, receiverPurpose(receiver.id)).toString();
    const { status, text } = await speak({
      url: receiver.pollUrl ?? '',
      method: 'POST',
      contentType: 'application/json',
      authorization,
      body: JSON.stringify({ ...settled, maxEvents, returnImmediately: true }),
      signal: signal(),
    });
    if (status !== 200) throw new SallyportError('Unavailable', `the transmitter answered ${status}`);
    try {
      return PollAnswer.parse(JSON.parse(text));
    } catch (cause) {
      throw new SallyportError('Unavailable', 'the transmitter’s answer could not be read', { cause });
    }
  };
  const deal = async (receiver: ReceiverRow, sets: Readonly<Record<string, string>>): Promise<Settled> => {
    const settled = nothing();
    for (const [jti, token] of Object.entries(sets).slice(0, setsOfAPoll))
      try {
        await receivers.receive(receiver, token, '');
        settled.ack.push(jti);
      } catch (error) {
        if (!(error instanceof SetError)) throw error;
        settled.setErrs[jti] = { err: error.code, description: error.message };
      }
    return settled;
  };

  const pollOne = async (receiver: ReceiverRow): Promise<void> => {
    let settled = nothing();
    for (let page = 0; page < pagesMax; page += 1) {
      const { sets, moreAvailable } = await ask(receiver, settled, setsOfAPoll);
      settled = await deal(receiver, sets);
      if (Object.keys(sets).length === 0) return;
      if (!moreAvailable) break;
    }
    await ask(receiver, settled, 0);
  };

  /** Asks each transmitter that is due. Answers how many there were. */
  return async (): Promise<number> => {
    for (let done = 0; ; done += 1) {
      const receiver = done < 100 ? await claim(clock.now()) : undefined;
      if (!receiver) return done;
      let [attempts, reason, pause] = [0, null as string | null, pollEveryMs];
      try {
        await pollOne(receiver);
      } catch (error) {
        reason = error instanceof SallyportError ? error.message.slice(0, 512) : 'its signals could not be taken';
        if (!(error instanceof SallyportError)) log.warn({ err: error, receiverId: receiver.id }, reason);
        attempts = receiver.attempts + 1;
        pause = Math.min(2 ** Math.min(attempts, 20) * 1_000, backOffMsMax);
      }
      await database.execute(
        'UPDATE ssf_receivers SET attempts = $2, next_attempt_at = $3, last_error = $4 WHERE id = $1',
        [receiver.id, attempts, new Date(clock.now().getTime() + pause), reason],
      );
    }
  };
}
