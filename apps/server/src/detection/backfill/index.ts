import { SallyportError, type RuleBackfill, type RuleGap, type RuleHistory } from '@sallyport/contracts';
import type { Platform } from '../../platform/types.ts';
import { delayOf } from '../due.ts';
import { isByArrival, type AnalyticsRule } from '../rules/index.ts';
import { failedWindows } from '../store.ts';
import {
  backfillsOf,
  cancelBackfill,
  gapsOf,
  insertBackfill,
  loadBackfill,
  type BackfillRow,
  type WindowSpan,
} from './store.ts';

const dayMs = 24 * 3_600_000;
/** How far back a back-fill may reach, and how many windows it may have. */
const reachDays = 90;
const windowsMax = 10_000;

type Parts = Pick<Platform, 'database' | 'clock'>;

/** Windows of a rule that were not run: those that were noted, and those that failed. Newest first. */
export async function historyOf({ database, clock }: Parts, rule: AnalyticsRule): Promise<RuleHistory> {
  const since = new Date(clock.now().getTime() - reachDays * dayMs);
  const [noted, failed, backfills] = await Promise.all([
    gapsOf(database, rule.id),
    failedWindows(database, rule.id, since),
    backfillsOf(database, rule.id),
  ]);
  const spans = [
    ...noted.map((gap) => ({ after: gap.after, upto: gap.upto, reason: gap.reason })),
    ...spansOf(rule, failed).map((span) => ({ ...span, reason: 'failed' as const })),
  ];
  return {
    gaps: spans
      .map(({ after, upto, reason }): RuleGap => ({
        after: after.toISOString(),
        upto: upto.toISOString(),
        reason,
        windows: windowsIn(rule, { after, upto }),
      }))
      .filter(({ windows }) => windows > 0)
      .toSorted((a, b) => (a.upto < b.upto ? 1 : -1)),
    backfills: backfills.map((one) => toBackfill(rule, one)),
  };
}

/** Begins to run the windows of a rule that end in a span, but for those that have been run. Throws BadRequest with what is wrong with the span. */
export async function startBackfill(
  { database, clock }: Parts,
  rule: AnalyticsRule,
  { after, upto }: WindowSpan,
  by: string,
): Promise<RuleBackfill> {
  const refuse = (message: string): never => {
    throw new SallyportError('BadRequest', message, { target: 'body' });
  };
  if (isByArrival(rule.kind))
    refuse('a rule in near real time looks at rows as they arrive; it has no windows that could be run again');
  const now = clock.now();
  if (after.getTime() < now.getTime() - reachDays * dayMs) refuse(`at most ${reachDays} days back`);
  // Windows that are not due yet are run when they are.
  const newest = new Date(Math.min(upto.getTime(), now.getTime() - delayOf(rule) * 1_000));
  const windows = windowsIn(rule, { after, upto: newest });
  if (windows < 1) refuse('no window of the rule ends in that time');
  if (windows > windowsMax) refuse(`${windows} windows of the rule end in that time; at most ${windowsMax} at once`);
  const id = await insertBackfill(database, { ruleId: rule.id, after, upto: newest, by, at: now });
  return getBackfill({ database }, rule, id);
}

export async function stopBackfill({ database, clock }: Parts, rule: AnalyticsRule, id: string): Promise<RuleBackfill> {
  await getBackfill({ database }, rule, id);
  await cancelBackfill(database, id, clock.now());
  return getBackfill({ database }, rule, id);
}

async function getBackfill(
  { database }: Pick<Parts, 'database'>,
  rule: AnalyticsRule,
  id: string,
): Promise<RuleBackfill> {
  const row = await loadBackfill(database, id);
  if (row?.rule_id !== rule.id) throw new SallyportError('NotFound', 'the rule has no such back-fill');
  return toBackfill(rule, row);
}

const toBackfill = (rule: AnalyticsRule, row: BackfillRow): RuleBackfill => ({
  id: row.id,
  after: row.after.toISOString(),
  upto: row.upto.toISOString(),
  state: row.state,
  windows: windowsIn(rule, row),
  run: row.windows,
  failed: row.failed,
  known: row.known,
  alerts: row.alerts,
  askedBy: row.asked_by,
  askedAt: row.asked_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
});

/** Ends of windows in a span. */
function windowsIn({ queryFrequency }: AnalyticsRule, { after, upto }: WindowSpan): number {
  const step = queryFrequency * 1_000;
  return Math.max(0, Math.floor(upto.getTime() / step) - Math.floor(after.getTime() / step));
}

/** Ends of windows, in order of time, as spans of those that follow each other. */
function spansOf({ queryFrequency }: AnalyticsRule, ends: readonly Date[]): WindowSpan[] {
  const step = queryFrequency * 1_000;
  const spans: { after: Date; upto: Date }[] = [];
  for (const upto of ends) {
    const after = new Date(upto.getTime() - step);
    const last = spans.at(-1);
    if (last?.upto.getTime() === after.getTime()) last.upto = upto;
    else spans.push({ after, upto });
  }
  return spans;
}
