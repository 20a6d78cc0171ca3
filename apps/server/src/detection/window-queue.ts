import type { Database, Queryable } from '../platform/database/types.ts';

/** A window of a rule that is to be run. */
export interface QueuedWindow {
  readonly ruleId: string;
  readonly from: Date;
  readonly to: Date;
  /** From when its run may begin, and by when it should have: windows are taken in order of this. */
  readonly dueAt: Date;
  readonly deadline: Date;
  /** Id of the back-fill that asked for it. */
  readonly backfill: string | null;
}

/** Longest time for which a window stays with a server that says nothing; milliseconds. */
export const leaseMs = 20_000;
/** Any number, the same for all servers: one takes windows at a time, so that a rule's windows stay with one server. */
const takingLock = 7_255_030;

/** Puts windows into the queue. One that is there already stays as it is. Answers how many were put. */
export async function putWindows(tx: Queryable, windows: readonly QueuedWindow[]): Promise<number> {
  if (windows.length === 0) return 0;
  return tx.execute(
    `INSERT INTO rule_windows (rule_id, window_to, window_from, due_at, deadline, backfill)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(rule_id text, window_to timestamptz, window_from timestamptz, due_at timestamptz,
       deadline timestamptz, backfill uuid)
     ON CONFLICT (rule_id, window_to) DO NOTHING`,
    [
      JSON.stringify(
        windows.map(({ ruleId, from, to, dueAt, deadline, backfill }) => ({
          rule_id: ruleId,
          window_to: to,
          window_from: from,
          due_at: dueAt,
          deadline,
          backfill,
        })),
      ),
    ],
  );
}

interface WindowRow {
  readonly rule_id: string;
  readonly window_to: Date;
  readonly window_from: Date;
  readonly due_at: Date;
  readonly deadline: Date;
  readonly backfill: string | null;
}

/**
 * Takes windows for a server: what is due comes before back-fills, then the earliest deadline. A rule whose windows another server has is left alone, so
 * that each rule's are run in order of time. What is taken stays taken for `leaseMs`, and is then anybody's.
 */
export async function takeWindows(
  database: Pick<Database, 'transaction'>,
  { server, max }: { readonly server: string; readonly max: number },
): Promise<readonly QueuedWindow[]> {
  const rows = await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [takingLock]);
    return tx.query<WindowRow>(
      `UPDATE rule_windows w SET claimed_by = $1, claimed_until = now() + $2 * interval '1 millisecond'
       FROM (SELECT rule_id, window_to FROM rule_windows q
             WHERE (claimed_until IS NULL OR claimed_until < now()) AND (not_before IS NULL OR not_before <= now())
               AND NOT EXISTS (SELECT 1 FROM rule_windows o WHERE o.rule_id = q.rule_id
                 AND (o.claimed_until >= now() OR (o.not_before > now() AND o.window_to < q.window_to)))
             ORDER BY backfill IS NOT NULL, deadline, rule_id, window_to LIMIT $3) t
       WHERE w.rule_id = t.rule_id AND w.window_to = t.window_to
       RETURNING w.rule_id, w.window_to, w.window_from, w.due_at, w.deadline, w.backfill`,
      [server, leaseMs, max],
    );
  });
  return rows
    .map((row): QueuedWindow => ({
      ruleId: row.rule_id,
      from: row.window_from,
      to: row.window_to,
      dueAt: row.due_at,
      deadline: row.deadline,
      backfill: row.backfill,
    }))
    .toSorted(inOrder);
}

const inOrder = (a: QueuedWindow, b: QueuedWindow): number =>
  Number(a.backfill !== null) - Number(b.backfill !== null) ||
  a.deadline.getTime() - b.deadline.getTime() ||
  (a.ruleId < b.ruleId ? -1 : a.ruleId > b.ruleId ? 1 : a.to.getTime() - b.to.getTime());

/** Says that the server is still at what it has. */
export async function keepWindows(db: Queryable, server: string): Promise<void> {
  await db.execute(
    "UPDATE rule_windows SET claimed_until = now() + $2 * interval '1 millisecond' WHERE claimed_by = $1 AND claimed_until >= now()",
    [server, leaseMs],
  );
}

/** Gives back what the server has not begun. */
export async function releaseWindows(db: Queryable, server: string, windows: readonly QueuedWindow[]): Promise<void> {
  await db.execute(
    `UPDATE rule_windows w SET claimed_by = NULL, claimed_until = NULL FROM jsonb_to_recordset($2::jsonb) AS x(rule_id text, window_to timestamptz)
     WHERE w.rule_id = x.rule_id AND w.window_to = x.window_to AND w.claimed_by = $1`,
    [server, keysOf(windows)],
  );
}

/** Not the windows' fault: they are tried again in a while. */
export async function putOffWindows(db: Queryable, windows: readonly QueuedWindow[], seconds: number): Promise<void> {
  await db.execute(
    `UPDATE rule_windows w SET claimed_by = NULL, claimed_until = NULL, not_before = now() + $2 * interval '1 second'
     FROM jsonb_to_recordset($1::jsonb) AS x(rule_id text, window_to timestamptz)
     WHERE w.rule_id = x.rule_id AND w.window_to = x.window_to`,
    [keysOf(windows), seconds],
  );
}

/**
 * Takes windows out of the queue, in the transaction that stores what they gave. Answers those that were there and the server's own: of the others
 * nothing may be stored, since somebody else has.
 */
export async function takeOut(
  tx: Queryable,
  server: string,
  windows: readonly QueuedWindow[],
): Promise<readonly QueuedWindow[]> {
  if (windows.length === 0) return [];
  const gone = await tx.query<{ rule_id: string; window_to: Date }>(
    `DELETE FROM rule_windows w USING jsonb_to_recordset($2::jsonb) AS x(rule_id text, window_to timestamptz)
     WHERE w.rule_id = x.rule_id AND w.window_to = x.window_to AND w.claimed_by = $1 RETURNING w.rule_id, w.window_to`,
    [server, keysOf(windows)],
  );
  const keys = new Set(gone.map((row) => `${row.rule_id}\0${row.window_to.getTime()}`));
  return windows.filter(({ ruleId, to }) => keys.has(`${ruleId}\0${to.getTime()}`));
}

const keysOf = (windows: readonly QueuedWindow[]): string =>
  JSON.stringify(windows.map(({ ruleId, to }) => ({ rule_id: ruleId, window_to: to })));
