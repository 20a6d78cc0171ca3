import type { Platform } from '../platform/types.ts';
import type { AnalyticsRule } from './rules/index.ts';
import type { RuleState } from './store.ts';

/** What a rule that is asked as rows arrive missed is made up for at most this far back. */
const reachMs = 24 * 3_600_000;

/** Whether a rule's limit is used up, so that it is not asked. */
export const isResting = (state: Pick<RuleState, 'resting_to'> | undefined, now: Date): boolean =>
  (state?.resting_to ?? now) > now;

/**
 * Ends the rest of rules whose time it is. Windows that came meanwhile are still due; what arrived for a rule that has no windows is asked in one, which
 * `run` queues.
 */
export async function wakeRules(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  rules: ReadonlyMap<string, AnalyticsRule>,
  run: (rule: AnalyticsRule, from: Date, to: Date) => Promise<void>,
): Promise<void> {
  const now = clock.now();
  const rested = await database.query<{ rule_id: string; resting_from: Date | null }>(
    'SELECT rule_id, resting_from FROM rule_states WHERE resting_to <= $1 ORDER BY rule_id LIMIT 1000',
    [now],
  );
  for (const { rule_id, resting_from } of rested) {
    const rule = rules.get(rule_id);
    if (rule?.kind === 'NRT' && resting_from)
      await run(rule, new Date(Math.max(resting_from.getTime(), now.getTime() - reachMs)), now);
    await database.execute(
      'UPDATE rule_states SET resting_to = NULL, resting_reason = NULL, resting_from = NULL WHERE rule_id = $1 AND resting_to <= $2',
      [rule_id, now],
    );
  }
}
