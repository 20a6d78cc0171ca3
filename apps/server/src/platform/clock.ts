/** Where the time comes from. Everything that needs the time takes a Clock, so that tests and replay can set it. */
export interface Clock {
  now(): Date;
  /** Milliseconds that go on whatever is done to the time. Left out: the time is never set back. */
  elapsed?(): number;
  /** Resolves after `milliseconds` of this clock, or at once with no error when `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

export interface ManualClock extends Clock {
  /** Moves the time forward and wakes the sleepers whose time has come, in order. */
  advance(milliseconds: number): void;
  set(now: Date): void;
}

/** A clock that moves only when told to: for tests and replay. */
export function manualClock(start: Date): ManualClock {
  let now = start.getTime();
  let sleepers: { at: number; wake: () => void }[] = [];
  const moveTo = (time: number) => {
    now = Math.max(now, time);
    const due = sleepers.filter((s) => s.at <= now).toSorted((a, b) => a.at - b.at);
    sleepers = sleepers.filter((s) => s.at > now);
    for (const sleeper of due) sleeper.wake();
  };
  return {
    now: () => new Date(now),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { at: now + milliseconds, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener(
          'abort',
          () => {
            sleepers = sleepers.filter((s) => s !== sleeper);
            resolve();
          },
          { once: true },
        );
      }),
    advance: (milliseconds) => moveTo(now + milliseconds),
    set: (time) => moveTo(time.getTime()),
  };
}
