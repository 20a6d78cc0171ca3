import { SallyportError } from '@sallyport/contracts';

/** How many queries one caller may have, as in Log Analytics: https://learn.microsoft.com/azure/azure-monitor/service-limits#user-query-throttling */
export interface TurnLimits {
  readonly running: number;
  readonly waiting: number;
  /** How long one waits, ms. */
  readonly waitMs: number;
}

export const defaultTurns: TurnLimits = { running: 5, waiting: 200, waitMs: 180_000 };

export interface Turns {
  /** Resolves when it is the caller's turn, with what ends it. Throws TooManyRequests, and the signal's reason when it aborts meanwhile. */
  take(caller: string, signal: AbortSignal): Promise<() => void>;
}

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Turns by caller, first come, first served; so that no one takes the whole engine. */
export function createTurns(limits: TurnLimits = defaultTurns): Turns {
  const lines = new Map<string, Line>();
  const tooMany = () =>
    new SallyportError('TooManyRequests', `more than ${limits.running} queries at once by one caller`, {
      retryAfterSeconds: 5,
    });

  const end = (caller: string, line: Line) => {
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.running === 0) lines.delete(caller);
    };
  };

  const wait = (line: Line, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const leave = (reason: unknown): void => {
        const at = line.waiting.indexOf(go);
        if (at < 0) return;
        line.waiting.splice(at, 1);
        settle();
        reject(reason instanceof Error ? reason : new DOMException('the asker left', 'AbortError'));
      };
      const abort = (): void => leave(signal.reason);
      const timer = setTimeout(() => leave(tooMany()), limits.waitMs);
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const go = (): void => {
        settle();
        resolve();
      };
      line.waiting.push(go);
      signal.addEventListener('abort', abort, { once: true });
    });

  return {
    take: async (caller, signal) => {
      signal.throwIfAborted();
      const line = lines.get(caller) ?? { running: 0, waiting: [] };
      lines.set(caller, line);
      if (line.running < limits.running) line.running++;
      else if (line.waiting.length >= limits.waiting) throw tooMany();
      else await wait(line, signal);
      return end(caller, line);
    },
  };
}
