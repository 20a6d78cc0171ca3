import { noteGap } from './backfill/store.ts';
import { delayOf, dueWindows } from './due.ts';
import { healthRow } from './health.ts';
import { idOf, isByArrival, type AnalyticsRule } from './rules/index.ts';
import type { Parts } from './run/run.ts';
import { forgetSuppressions } from './run/suppression.ts';
import { loadStates, runsToRetry, setScheduledTo, type RuleState } from './store.ts';
import { isResting, wakeRules } from './wake.ts';
import { putWindows, type QueuedWindow } from './window-queue.ts';

/** Runs that failed for the moment are tried again for so long. */
const retryForMs = 24 * 3_600_000;

/** Whether a rule runs: what a person or the engine decided, else what its file says. */
export const isEnabled = (rule: AnalyticsRule, state: RuleState | undefined): boolean => state?.enabled ?? rule.enabled;

/** The same where it runs: what was decided for that workspace, else what holds in the first. */
export const isEnabledHere = (rule: AnalyticsRule, states: ReadonlyMap<string, RuleState>): boolean =>
  states.get(rule.id)?.enabled ?? isEnabled(rule, states.get(idOf(rule)));

/** Looks each minute for rules that are due and puts their windows into the queue, once among all servers. */
export function scheduleRules(
  parts: Parts,
  rules: () => ReadonlyMap<string, AnalyticsRule>,
  /** Rules that need no windows. */
  isLive: (rule: AnalyticsRule) => boolean,
  /** Called when there is something in the queue. */
  onQueued: () => void,
): void {
  const { jobs, database, clock } = parts.platform;
  jobs.schedule('rules-due', '* * * * *', async () => {
    await wakeRules(parts.platform, rules(), async (rule, from, to) => {
      const deadline = new Date(to.getTime() + rule.queryFrequency * 1_000);
      await putWindows(database, [{ ruleId: rule.id, from, to, dueAt: to, deadline, backfill: null }]);
    });
    await queueDue(parts, new Map([...rules()].filter(([, rule]) => !isLive(rule))));
    onQueued();
  });
  jobs.schedule('rules-suppressions', '17 4 * * *', () => forgetSuppressions(database, clock.now()));
}

/**
 * Puts the windows that are due now into the queue, each once, in the transaction that notes how far each rule is; so are the windows noted that are
 * not made up for. Answers how many were put.
 */
export async function queueDue(
  { platform }: Pick<Parts, 'platform'>,
  rules: ReadonlyMap<string, AnalyticsRule>,
): Promise<number> {
  const { clock, database, outbox, log } = platform;
  const now = clock.now();
  return database.transaction(async (tx) => {
    const states = await loadStates(tx);
    const windows: QueuedWindow[] = [];
    const scheduled: { ruleId: string; to: Date }[] = [];
    for (const rule of rules.values()) {
      const state = states.get(rule.id);
      // The windows of a rule that rests stay due.
      if (!isEnabledHere(rule, states) || isResting(state, now)) continue;
      const step = rule.queryFrequency * 1_000;
      const due = dueWindows(rule, state?.scheduled_to ?? null, now);
      for (const { from, to } of due.windows) {
        const dueAt = new Date(to.getTime() + delayOf(rule) * 1_000);
        windows.push({ ruleId: rule.id, from, to, dueAt, deadline: new Date(dueAt.getTime() + step), backfill: null });
      }
      const [first] = due.windows;
      const upto = first && new Date(first.to.getTime() - step);
      if (upto && state?.left_off_at)
        await noteGap(tx, { ruleId: rule.id, after: state.left_off_at, upto, reason: 'disabled', at: now });
      if (due.skipped !== undefined) {
        log.warn({ rule: rule.id, skipped: due.skipped }, 'windows of a rule were skipped');
        if (upto && state?.scheduled_to && !isByArrival(rule.kind))
          await noteGap(tx, { ruleId: rule.id, after: state.scheduled_to, upto, reason: 'downtime', at: now });
        const health = {
          now,
          status: 'Partial success',
          operation: 'Windows skipped',
          description: due.skipped,
        } as const;
        await outbox.write('SentinelHealth', [healthRow(rule, health)], tx);
      }
      if (due.windows.length > 0 || !state?.scheduled_to) scheduled.push({ ruleId: rule.id, to: due.scheduledTo });
    }
    for (const run of await runsToRetry(tx, new Date(now.getTime() - retryForMs), now)) {
      const [ruleId, from, to] = [run.rule_id, run.window_from, run.window_to];
      const rule = rules.get(ruleId);
      if (rule && isEnabledHere(rule, states))
        windows.push({ ruleId, from, to, dueAt: now, deadline: now, backfill: null });
    }
    const put = await putWindows(tx, windows);
    await setScheduledTo(tx, scheduled, now);
    return put;
  });
}
