import { accessChannel } from '../../platform/access-changes.ts';
import { Listener } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Decisions } from './decide.ts';
import { liveSessions, type LiveSession } from './store.ts';

/** Sessions that are decided on side by side: each takes a connection or two of the database's ten. */
const atOnce = 4;
/** Of a look. What there is more is looked for anew, so that the most used come first. */
const batch = 200;
/** Looked for without being told, in case that was missed. */
const pollMs = 2_000;
const forgetEveryMs = 600_000;
/** One server of several at a time. */
const lookLock = 7_255_991;

/** Decides on live sessions again as soon as something changes that they were decided on, whether they are in use or not. */
export function createWatch(platform: Platform, { decide }: Pick<Decisions, 'decide'>) {
  const { database, clock, config, log } = platform;
  const listener = new Listener(platform, accessChannel);
  let stopping = new AbortController();
  let told = new AbortController();
  let loop: Promise<void> | undefined;

  const seenAfter = (now: Date) => new Date(now.getTime() - config.sessionIdle);
  /** Answers whether it could be decided on. */
  const decideOne = async (session: LiveSession): Promise<boolean> => {
    try {
      await decide(session, { ipAddress: session.ipAddress, userAgent: session.userAgent }, 'changed');
      return true;
    } catch (err) {
      log.warn({ err, sessionId: session.id }, 'a session could not be decided on again');
      return false;
    }
  };

  /** One batch. Answers how many sessions were decided on; 0 also while another server is at it. */
  const look = (): Promise<number> =>
    database.transaction(async (tx) => {
      const { mine } = (await tx.first<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [lookLock]))!;
      if (!mine) return 0;
      const now = clock.now();
      const sessions = await liveSessions.outdated(tx, now, seenAfter(now), batch);
      const waiting = sessions.values();
      let done = 0;
      const work = async (): Promise<void> => {
        for (const session of waiting) if (await decideOne(session)) done += 1;
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return done;
    });

  const run = async (signal: AbortSignal): Promise<void> => {
    let forgotAt = 0;
    while (!signal.aborted) {
      told = new AbortController();
      let done = 0;
      try {
        done = await look();
        if (clock.now().getTime() - forgotAt > forgetEveryMs) {
          await liveSessions.forgetChanges(database);
          forgotAt = clock.now().getTime();
        }
      } catch (err) {
        log.warn({ err }, 'sessions could not be looked for that something has changed for');
      }
      if (done === 0) await clock.sleep(pollMs, AbortSignal.any([signal, told.signal]));
    }
  };

  return {
    look,
    start: (): void => {
      stopping = new AbortController();
      listener.start(() => told.abort());
      loop = run(stopping.signal);
    },
    stop: async (): Promise<void> => {
      stopping.abort();
      await Promise.all([listener.stop(), loop]);
    },
  };
}
