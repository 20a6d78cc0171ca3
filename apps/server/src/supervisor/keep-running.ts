import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

/** A started child process. */
export interface Running {
  readonly pid: number;
  /** Settles when it has ended, whyever. Never rejects. */
  readonly exited: Promise<unknown>;
  /** Ends it, in bounded time. */
  stop(): Promise<void>;
  /** Whether it answers within `ms`, where it can be asked. Never rejects. */
  answers?(ms: number): Promise<boolean>;
  /** Ends it at once; false when it has ended already. */
  kill?(): boolean;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** Pauses and unanswered questions, each as long as the other, that make up the silence after which a child is killed. */
const asksInARow = 12;

/** A child that ran this long counts as healthy: its next fall is the first again. */
const healthyMs = 30_000;

export interface Kept<R extends Running> {
  /** The one that runs now, or ran last. */
  readonly current: R;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/**
 * Starts a child and starts it again whenever it ends, at once at first and then ever slower. One that can be asked and has not answered for `silenceMs` is
 * killed, and so started again. Throws when the very first start fails.
 */
export async function keepRunning<R extends Running>(options: {
  name: string;
  start: () => Promise<R>;
  clock: Clock;
  log: Log;
  /** Default: a minute. */
  silenceMs?: number;
}): Promise<Kept<R>> {
  const { name, start, clock, log } = options;
  const stopping = new AbortController();
  let current = await start();
  const watch = async () => {
    let startedAt = clock.now().getTime();
    for (let falls = 0; ; falls++) {
      await current.exited;
      if (stopping.signal.aborted) return;
      if (clock.now().getTime() - startedAt > healthyMs) falls = 0;
      log.error({ process: name, childPid: current.pid }, `${name} ended; starting it again`);
      for (; ; falls++) {
        await clock.sleep(falls === 0 ? 0 : Math.min(firstPauseMs * 2 ** falls, longestPauseMs), stopping.signal);
        if (stopping.signal.aborted) return;
        try {
          current = await start();
          startedAt = clock.now().getTime();
          break;
        } catch (err) {
          log.error({ err, process: name }, `${name} could not be started`);
        }
      }
      // A start that was under way when everything was told to stop.
      if (stopping.signal.aborted) return current.stop();
    }
  };
  /** A machine that slept, or a process that was held up for a moment, answers the next time it is asked. */
  const listen = async () => {
    const askMs = Math.ceil((options.silenceMs ?? 60_000) / asksInARow);
    for (let silent = 0, asked = current; !stopping.signal.aborted;) {
      await clock.sleep(askMs, stopping.signal);
      if (stopping.signal.aborted || !current.answers) return;
      if (asked !== current) silent = 0;
      asked = current;
      silent = (await asked.answers?.(askMs)) ? 0 : silent + 1;
      // An unanswered question takes as long as the pause before it.
      if (silent < asksInARow / 2 || asked !== current || stopping.signal.aborted) continue;
      if (asked.kill?.()) log.error({ process: name, childPid: asked.pid }, `${name} did not answer, and was killed`);
      await asked.exited;
      silent = 0;
    }
  };
  const watching = Promise.all([watch(), listen()]);
  return {
    get current() {
      return current;
    },
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watching;
    },
  };
}
