import type { AnalyticsRule } from './rule.ts';

/** A rule as it runs in a workspace that is not the first: its windows, state, costs and alerts are its own, under an id of its own. */
export function inWorkspace(rule: AnalyticsRule, workspaceId: string): AnalyticsRule {
  const own = known.get(rule) ?? new Map<string, AnalyticsRule>();
  known.set(rule, own);
  const made = own.get(workspaceId) ?? {
    ...rule,
    id: `${rule.id}@${workspaceId}`,
    of: { ruleId: rule.id, workspaceId },
  };
  own.set(workspaceId, made);
  return made;
}

/** The same rule is the same object each time: plans and proofs are kept by it. */
const known = new WeakMap<AnalyticsRule, Map<string, AnalyticsRule>>();

/** The id that a rule has for people, wherever it runs. */
export const idOf = (rule: Pick<AnalyticsRule, 'id' | 'of'>): string => rule.of?.ruleId ?? rule.id;
