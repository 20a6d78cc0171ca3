import { RuleSummary, Severity } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, oneOf, textOf } from '../../shared/address.ts';

export const ruleSorts = ['name', 'severity', 'lastRunAt', 'alertCount'] as const;
export const runStates = RuleSummary.shape.lastRunState.options;

const Rules = z.object({
  search: textOf(200),
  severity: listOf(Severity.options),
  enabled: listOf(['Enabled', 'Disabled']),
  state: listOf(runStates),
  sort: oneOf(ruleSorts),
  order: oneOf(['asc', 'desc']),
});
export type RulesSearch = Partial<z.infer<typeof Rules>>;
export const rulesSearch = (raw: Record<string, unknown>): RulesSearch => Rules.parse(raw);

export const ruleTabs = ['query', 'runs', 'source'] as const;
const RuleState = z.object({ tab: oneOf(ruleTabs) });
export type RuleSearch = Partial<z.infer<typeof RuleState>>;
export const ruleSearch = (raw: Record<string, unknown>): RuleSearch => RuleState.parse(raw);
