import { SallyportError } from '@sallyport/contracts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';

/** Failures that cost nothing. An address has more, since an office may share one. */
const freeFailures = { account: 5, address: 20 } as const;
const firstWaitMs = 30_000;
const longestWaitMs = 15 * 60_000;
/** After this long without a failure, counting begins anew. */
const forgetMs = 60 * 60_000;

export type Subject = { readonly kind: keyof typeof freeFailures; readonly name: string };

/** Milliseconds from the last failure until the next try is taken: none, then 30 s doubling to 15 min. Pure. */
export function waitMs(kind: Subject['kind'], failures: number): number {
  const beyond = failures - freeFailures[kind];
  return beyond < 0 ? 0 : Math.min(firstWaitMs * 2 ** Math.min(beyond, 10), longestWaitMs);
}

const keyOf = ({ kind, name }: Subject) => `${kind}:${name.toLowerCase()}`;

/** Slows guessing down, by account and by address, over all servers. Unknown accounts are counted like known ones. */
export function createThrottle(database: Database, clock: Clock) {
  return {
    /**
     * Counts a try as failed before it is checked, so that many tries at once gain nothing; `succeeded` takes it back.
     * Throws TooManyRequests, the same whichever subject it is, when one of them has to wait.
     */
    async attempt(subjects: readonly Subject[]): Promise<void> {
      const now = clock.now();
      await database.transaction(async (tx) => {
        for (const subject of subjects.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
          await tx.execute(
            `INSERT INTO sign_in_failures (subject, failures, last_failed_at) VALUES ($1, 0, $2)
             ON CONFLICT (subject) DO UPDATE SET failures = 0 WHERE sign_in_failures.last_failed_at < $3`,
            [keyOf(subject), now, new Date(now.getTime() - forgetMs)],
          );
          const row = await tx.first<{ failures: number; lastFailedAt: Date }>(
            'SELECT failures, last_failed_at AS "lastFailedAt" FROM sign_in_failures WHERE subject = $1 FOR UPDATE',
            [keyOf(subject)],
          );
          const until = row ? row.lastFailedAt.getTime() + waitMs(subject.kind, row.failures) : 0;
          if (until > now.getTime())
            throw new SallyportError('TooManyRequests', 'too many failed sign-ins; try again later', {
              retryAfterSeconds: Math.ceil((until - now.getTime()) / 1000),
            });
          await tx.execute(
            'UPDATE sign_in_failures SET failures = failures + 1, last_failed_at = $2 WHERE subject = $1',
            [keyOf(subject), now],
          );
        }
      });
    },

    /** A try that could not be checked counts for nothing, and for no success either. */
    async takenBack(subjects: readonly Subject[]): Promise<void> {
      await database.execute(
        'UPDATE sign_in_failures SET failures = greatest(failures - 1, 0) WHERE subject = ANY($1)',
        [subjects.map(keyOf)],
      );
    },

    /** An account begins anew; an address gets only this try back, or one good account would pay for guessing at others. */
    async succeeded(subjects: readonly Subject[]): Promise<void> {
      for (const subject of subjects)
        await database.execute(
          subject.kind === 'account'
            ? 'DELETE FROM sign_in_failures WHERE subject = $1'
            : 'UPDATE sign_in_failures SET failures = greatest(failures - 1, 0) WHERE subject = $1',
          [keyOf(subject)],
        );
    },
  };
}

export type Throttle = ReturnType<typeof createThrottle>;
