import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { AnalyticsRule } from './rules/index.ts';
import { dueWindows } from './due.ts';
import { healthRow } from './health.ts';
import { runRule, type Parts } from './run/run.ts';
import type { RuleWindow } from './run/alerts.ts';
import { forgetSuppressions } from './run/suppression.ts';
import { isResting, wakeRules } from './wake.ts';
import { loadStates, runsToRetry, saveRuns, setScheduledTo, type RuleState } from './store.ts';

export const runJob = 'rule-run';
const retryForMs = 24 * 3_600_000;

const RunInput = z.object({ ruleId: z.string(), from: z.iso.datetime(), to: z.iso.datetime() });
type RunInput = z.infer<typeof RunInput>;

/** Whether a rule runs: what a person or the engine decided, else what its file says. */
export const isEnabled = (rule: AnalyticsRule, state: RuleState | undefined): boolean => state?.enabled ?? rule.enabled;

/** Looks each minute for rules that are due and queues a job for each window, once among all servers. */
export function scheduleRules(
  parts: Parts,
  rules: () => ReadonlyMap<string, AnalyticsRule>,
  /** Rules that need no windows. */
  isLive: (rule: AnalyticsRule) => boolean = () => false,
): void {
  const { jobs, log } = parts.platform;
  jobs.define<RunInput>(
    runJob,
    async (job) => {
      const { ruleId, from, to } = RunInput.parse(job.input);
      const rule = rules().get(ruleId);
      // Taken away since it was queued.
      if (!rule) return;
      const window = { from: new Date(from), to: new Date(to) };
      const outcome = await job
        .step('run', () => runRule(parts, rule, window))
        .catch(async (error: unknown) => {
          if (!(error instanceof SallyportError) || error.code !== 'Unavailable') throw error;
          await noteUnavailable(parts, rule, window, error.message);
          return { state: 'failed' as const, error: error.message };
        });
      if (outcome.state === 'failed') log.warn({ rule: ruleId, to, error: outcome.error }, 'a rule failed');
    },
    { concurrency: 2 },
  );
  jobs.schedule('rules-due', '* * * * *', async () => {
    await wakeRules(parts.platform, rules(), (rule, from, to) =>
      jobs.start<RunInput>(runJob, `rule:${rule.id}:${to.toISOString()}:rested`, {
        ruleId: rule.id,
        from: from.toISOString(),
        to: to.toISOString(),
      }),
    );
    await queueDue(parts, new Map([...rules()].filter(([, rule]) => !isLive(rule))));
  });
  jobs.schedule('rules-suppressions', '17 4 * * *', () =>
    forgetSuppressions(parts.platform.database, parts.platform.clock.now()),
  );
}

/** The lake stayed away: the window is kept for later, which is no fault of the rule. */
async function noteUnavailable(
  { platform }: Parts,
  rule: AnalyticsRule,
  window: RuleWindow,
  error: string,
): Promise<void> {
  const now = platform.clock.now();
  await saveRuns(platform.database, [
    {
      ruleId: rule.id,
      windowFrom: window.from,
      windowTo: window.to,
      startedAt: now,
      elapsedSeconds: 0,
      rows: 0,
      alerts: 0,
      error,
      failure: 'transient',
      retry: true,
    },
  ]);
}

/** Queues again what could not be run in the last day because the lake was away. */
async function queueRetries(
  { platform }: Parts,
  rules: ReadonlyMap<string, AnalyticsRule>,
  states: ReadonlyMap<string, RuleState>,
  now: Date,
): Promise<void> {
  for (const run of await runsToRetry(platform.database, new Date(now.getTime() - retryForMs), now)) {
    const rule = rules.get(run.rule_id);
    if (!rule || !isEnabled(rule, states.get(rule.id))) continue;
    const to = run.window_to.toISOString();
    await platform.jobs.start<RunInput>(runJob, `rule:${run.rule_id}:${to}:${run.attempts}`, {
      ruleId: run.rule_id,
      from: run.window_from.toISOString(),
      to,
    });
  }
}

/** Queues the windows that are due now, each once. */
export async function queueDue(parts: Parts, rules: ReadonlyMap<string, AnalyticsRule>): Promise<void> {
  const { clock, database, jobs, outbox, log } = parts.platform;
  const now = clock.now();
  const states = await loadStates(database);
  await queueRetries(parts, rules, states, now);
  const queued: { ruleId: string; to: Date }[] = [];
  for (const rule of rules.values()) {
    const state = states.get(rule.id);
    // The windows of a rule that rests stay due.
    if (!isEnabled(rule, state) || isResting(state, now)) continue;
    const due = dueWindows(rule, state?.scheduled_to ?? null, now);
    // The id makes a window run once, though this is cut off and begins anew.
    for (const { from, to } of due.windows)
      await jobs.start<RunInput>(runJob, `rule:${rule.id}:${to.toISOString()}`, {
        ruleId: rule.id,
        from: from.toISOString(),
        to: to.toISOString(),
      });
    if (due.skipped !== undefined) {
      log.warn({ rule: rule.id, skipped: due.skipped }, 'windows of a rule were skipped');
      await outbox.write('SentinelHealth', [
        healthRow(rule, { now, status: 'Partial success', operation: 'Windows skipped', description: due.skipped }),
      ]);
    }
    if (due.windows.length > 0 || !state?.scheduled_to) queued.push({ ruleId: rule.id, to: due.scheduledTo });
  }
  await setScheduledTo(database, queued, now);
}
