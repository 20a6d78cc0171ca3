import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from '../../platform/database/types.ts';
import { delayOf } from '../due.ts';
import { windowOf } from '../run/alerts.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { putWindows, type QueuedWindow } from '../window-queue.ts';

/** Windows that end after `after`, up to `upto`. */
export interface WindowSpan {
  readonly after: Date;
  readonly upto: Date;
}
export type GapReason = 'downtime' | 'disabled' | 'lake';

/** Windows of a back-fill that are in the queue at once. */
const queuedAtOnce = 100;

/** Notes windows that were not run. Where they go on a gap of the same reason, that one becomes longer. */
export async function noteGap(
  tx: Queryable,
  gap: WindowSpan & { readonly ruleId: string; readonly reason: GapReason; readonly at: Date },
): Promise<void> {
  if (gap.after >= gap.upto) return;
  const values = [gap.ruleId, gap.after, gap.upto, gap.reason];
  const longer = await tx.execute(
    'UPDATE rule_gaps SET upto = $3 WHERE rule_id = $1 AND upto = $2 AND reason = $4',
    values,
  );
  if (longer === 0)
    await tx.execute(
      `INSERT INTO rule_gaps (rule_id, after, upto, reason, noticed_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (rule_id, after, upto) DO NOTHING`,
      [...values, gap.at],
    );
}

export interface GapRow extends WindowSpan {
  readonly id: string;
  readonly reason: GapReason;
  readonly noticed_at: Date;
}

export const gapsOf = (db: Queryable, ruleId: string): Promise<GapRow[]> =>
  db.query<GapRow>('SELECT * FROM rule_gaps WHERE rule_id = $1 ORDER BY upto DESC LIMIT 100', [ruleId]);

export interface BackfillRow extends WindowSpan {
  readonly id: string;
  readonly rule_id: string;
  readonly queued_to: Date;
  readonly state: 'running' | 'done' | 'cancelled';
  readonly windows: number;
  readonly failed: number;
  readonly known: number;
  readonly alerts: number;
  readonly asked_by: string;
  readonly asked_at: Date;
  readonly ended_at: Date | null;
}

/** The newest back-fills of a rule. */
export const backfillsOf = (db: Queryable, ruleId: string): Promise<BackfillRow[]> =>
  db.query<BackfillRow>('SELECT * FROM rule_backfills WHERE rule_id = $1 ORDER BY asked_at DESC LIMIT 20', [ruleId]);

export const loadBackfill = (db: Queryable, id: string): Promise<BackfillRow | undefined> =>
  db.first<BackfillRow>('SELECT * FROM rule_backfills WHERE id = $1', [id]);

export async function insertBackfill(
  db: Queryable,
  one: WindowSpan & { readonly ruleId: string; readonly by: string; readonly at: Date },
): Promise<string> {
  const id = randomUUID();
  await db.execute(
    `INSERT INTO rule_backfills (id, rule_id, after, upto, queued_to, state, asked_by, asked_at) VALUES ($1, $2, $3, $4, $3, 'running', $5, $6)`,
    [id, one.ruleId, one.after, one.upto, one.by, one.at],
  );
  return id;
}

/** Counts windows that were run, in the transaction that stores what they gave. */
export async function countBackfill(
  tx: Queryable,
  id: string,
  ran: { readonly windows: number; readonly failed: number; readonly alerts: number },
): Promise<void> {
  await tx.execute(
    'UPDATE rule_backfills SET windows = windows + $2, failed = failed + $3, alerts = alerts + $4 WHERE id = $1',
    [id, ran.windows, ran.failed, ran.alerts],
  );
}

/** Takes what of it is not begun out of the queue. What is begun ends. */
export async function cancelBackfill(database: Database, id: string, now: Date): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.execute(
      "UPDATE rule_backfills SET state = 'cancelled', ended_at = $2 WHERE id = $1 AND state = 'running'",
      [id, now],
    );
    await tx.execute(
      'DELETE FROM rule_windows WHERE backfill = $1 AND (claimed_until IS NULL OR claimed_until < now())',
      [id],
    );
  });
}

/**
 * Puts the next windows of the back-fill that waits longest into the queue, those left out that have been run; ends one that has no more, and takes its
 * span off the rule's gaps. One transaction: killed at any point, it goes on where it was. Answers whether there was something to do.
 */
export async function feedBackfills(
  database: Pick<Database, 'transaction'>,
  rules: ReadonlyMap<string, AnalyticsRule>,
  now: Date,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const next = await tx.first<BackfillRow>(
      `SELECT * FROM rule_backfills b WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM rule_windows w WHERE w.backfill = b.id)
       ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    if (!next) return false;
    const rule = rules.get(next.rule_id);
    const windows = rule ? windowsAfter(rule, next) : [];
    if (windows.length === 0) {
      await tx.execute('UPDATE rule_backfills SET state = $2, ended_at = $3 WHERE id = $1', [
        next.id,
        rule ? 'done' : 'cancelled',
        now,
      ]);
      if (rule) await fillGaps(tx, next);
      return true;
    }
    const ran = await tx.query<{ window_to: Date }>(
      "SELECT window_to FROM rule_runs WHERE rule_id = $1 AND window_to = ANY($2) AND state = 'succeeded'",
      [next.rule_id, windows.map(({ to }) => to)],
    );
    const known = new Set(ran.map((row) => row.window_to.getTime()));
    const put = await putWindows(
      tx,
      windows.filter(({ to }) => !known.has(to.getTime())),
    );
    await tx.execute('UPDATE rule_backfills SET queued_to = $2, known = known + $3 WHERE id = $1', [
      next.id,
      windows.at(-1)!.to,
      windows.length - put,
    ]);
    return true;
  });
}

/** The next windows of a back-fill, in order of time. Pure. */
function windowsAfter(rule: AnalyticsRule, { id, queued_to, upto }: BackfillRow): QueuedWindow[] {
  const step = rule.queryFrequency * 1_000;
  const first = (Math.floor(queued_to.getTime() / step) + 1) * step;
  const count = Math.min(queuedAtOnce, Math.floor((upto.getTime() - first) / step) + 1);
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const window = windowOf(rule, new Date(first + i * step));
    const dueAt = new Date(window.to.getTime() + delayOf(rule) * 1_000);
    return { ruleId: rule.id, ...window, dueAt, deadline: dueAt, backfill: id };
  });
}

/** What a back-fill ran is no gap any more: gaps are cut where it lies in them. */
async function fillGaps(tx: Queryable, { rule_id, after, upto }: BackfillRow): Promise<void> {
  const cut = await tx.query<GapRow>(
    'DELETE FROM rule_gaps WHERE rule_id = $1 AND after < $3 AND upto > $2 RETURNING *',
    [rule_id, after, upto],
  );
  for (const gap of cut)
    for (const rest of [
      { after: gap.after, upto: after },
      { after: upto, upto: gap.upto },
    ])
      if (rest.after < rest.upto && rest.after >= gap.after && rest.upto <= gap.upto)
        await noteGap(tx, { ...rest, ruleId: rule_id, reason: gap.reason, at: gap.noticed_at });
}
