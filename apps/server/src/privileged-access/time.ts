import { systemClock, type Clock } from '../platform/clock.ts';
import type { Queryable } from '../platform/database/index.ts';

/** All servers go by the database's clock. Tests set the server's own. */
export const timeOf = async (clock: Clock, tx: Queryable): Promise<Date> =>
  clock === systemClock
    ? ((await tx.first<{ at: Date }>('SELECT clock_timestamp() AS at'))?.at ?? clock.now())
    : clock.now();
