import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { ourselves, recordActivity, type Activity } from './activities.ts';
import type { Approvals } from './approvals.ts';
import { wantCloudGrants } from './clouds/grants.ts';
import { createGrants } from './grants.ts';
import { namedOf } from './targets.ts';
import { timeOf } from './time.ts';
import type { Holding, RequestRow } from './types.ts';

/** How often every server looks. What somebody may is decided against the time at use; this makes an end stay one. */
export const sweepMs = 1_000;
const atOnce = 200;
const activatedMax = 10_000;
/** Less is the clock being kept right. */
const setBackMinMs = 1_500;
const lock = 0x50_49_4d;

export interface SweepParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'audit' | 'outbox' | 'log'>;
  readonly approvals: Pick<Approvals, 'expire'>;
}

/** What one look did. */
export interface Swept {
  readonly ended: number;
  readonly begun: number;
  readonly decided: number;
  /** Milliseconds by which a clock was set back since the look before; 0: it was not. */
  readonly setBackMs: number;
}
const nothing: Swept = { ended: 0, begun: 0, decided: 0, setBackMs: 0 };

export function createSweep({ platform, approvals }: SweepParts) {
  const { database, clock, audit, log } = platform;
  const grants = createGrants(platform);
  let before: { readonly at: number; readonly elapsed: number } | undefined;

  const record = async (activity: Activity, row: Holding, tx: Queryable) => {
    await recordActivity(
      audit,
      activity,
      {
        ...(await namedOf(row, tx)),
        details: { assignmentId: row.id, requestId: row.request_id },
      },
      ourselves,
      tx,
    );
  };

  /**
   * A clock that was set back must not lengthen what was granted before: ends move by as much. How long a stop of all servers lasted is not known then, so
   * activations, which their people can make again, end.
   */
  const mindClock = async (tx: Queryable, now: Date): Promise<number> => {
    const seen = (await tx.first<{ at: Date }>('SELECT seen_at AS at FROM privileged_clock'))?.at;
    const elapsed = clock.elapsed?.();
    const running = before !== undefined && elapsed !== undefined;
    const due = running ? before!.at + (elapsed - before!.elapsed) : (seen?.getTime() ?? 0);
    before = { at: now.getTime(), elapsed: elapsed ?? 0 };
    await tx.execute(
      'INSERT INTO privileged_clock (seen_at) VALUES ($1) ON CONFLICT (one) DO UPDATE SET seen_at = excluded.seen_at',
      [now],
    );
    // Another server that saw it first has set `seen_at`.
    if (seen === undefined || seen.getTime() - now.getTime() < setBackMinMs) return 0;
    const by = Math.max(due, seen.getTime()) - now.getTime();
    log.warn({ milliseconds: by }, 'the clock was set back: ends of privileged access move with it');
    // What had begun goes on as if it had begun, and ends, earlier by as much.
    for (const table of ['role_assignments', 'privileged_assignments'])
      await tx.execute(
        `UPDATE ${table} SET starts_at = starts_at - $2 * interval '1 ms', ends_at = ends_at - $2 * interval '1 ms'
         WHERE removed_at IS NULL AND starts_at <= $3 AND (ends_at IS NOT NULL OR starts_at > $1)`,
        [now, by, seen],
      );
    if (running) return by;
    const activated = await tx.query<Holding>(
      `SELECT * FROM privileged_holdings WHERE removed_at IS NULL AND assignment_type = 'Activated' ORDER BY id LIMIT ${activatedMax}`,
    );
    for (const row of activated)
      for (const one of await grants.end(tx, row, 'clock', now))
        await record('Remove member from role (PIM activation expired)', one, tx);
    return by;
  };

  const endLate = async (tx: Queryable, now: Date): Promise<number> => {
    const rows = await tx.query<Holding>(
      `SELECT h.* FROM privileged_holdings h WHERE h.removed_at IS NULL AND (h.ends_at <= $1
         OR (h.activated_from IS NOT NULL AND EXISTS (SELECT 1 FROM privileged_holdings e WHERE e.id = h.activated_from
           AND (e.removed_at IS NOT NULL OR e.ends_at <= $1)))) ORDER BY h.ends_at, h.id LIMIT ${atOnce}`,
      [now],
    );
    let ended = 0;
    for (const row of rows)
      for (const one of await grants.end(tx, row, 'expiry', now)) {
        ended += 1;
        const eligible = one.kind === 'eligible' ? 'eligible ' : '';
        await record(
          one.assignment_type === 'Activated'
            ? 'Remove member from role (PIM activation expired)'
            : `Remove ${eligible}member from role in PIM completed (timebound)`,
          one,
          tx,
        );
      }
    return ended;
  };

  /** Activations that were asked for later than now, and whose time has come. */
  const begin = async (tx: Queryable, now: Date): Promise<number> => {
    const due = await tx.query<RequestRow>(
      `UPDATE privileged_requests r SET status = 'Provisioned', completed_at = $1 FROM privileged_holdings h
       WHERE r.status = 'Granted' AND h.id = r.assignment_id AND h.starts_at <= $1 RETURNING r.*, scope_id(r.scope) AS scope_id`,
      [now],
    );
    const ids = due.flatMap(({ assignment_id: id }) => (id === null ? [] : [id]));
    // Tells every server that somebody may more by now.
    await tx.execute('UPDATE role_assignments SET starts_at = starts_at WHERE id = ANY($1::uuid[])', [ids]);
    for (const id of ids) {
      const row = await tx.first<Holding>('SELECT * FROM privileged_holdings WHERE id = $1', [id]);
      if (!row) continue;
      await record('Add member to role completed (PIM activation)', row, tx);
      if (row.target_type === 'role') await grants.publish(tx, [row]);
    }
    return due.length + (await grants.applyBegun(tx, now));
  };

  return {
    /** Looks once. One server does at a time; the others have nothing to do then. */
    sweep: (): Promise<Swept> =>
      database.transaction(async (tx) => {
        const mine = await tx.first<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [lock]);
        if (mine?.mine !== true) return nothing;
        const now = await timeOf(clock, tx);
        const setBackMs = await mindClock(tx, now);
        const ended = await endLate(tx, now);
        const begun = await begin(tx, now);
        await wantCloudGrants(tx, now);
        const decided = await approvals.expire(tx, now, ourselves);
        return { ended, begun, decided, setBackMs };
      }),
  };
}
export type Sweep = ReturnType<typeof createSweep>;
