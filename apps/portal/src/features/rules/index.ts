import { RuleKind, RuleSummary, Severity } from '@sallyport/contracts';
import { z } from 'zod';
import { listOf, oneOf, textOf } from '../../shared/address.ts';

export const ruleSorts = ['name', 'severity', 'lastRunAt', 'alertCount', 'cost'] as const;
export const runStates = RuleSummary.shape.lastRunState.options;

export const ruleOrigins = ['Shipped', 'Own', 'Update available'] as const;

const Rules = z.object({
  search: textOf(200),
  severity: listOf(Severity.options),
  origin: listOf(ruleOrigins),
  enabled: listOf(['Enabled', 'Disabled']),
  kind: listOf(RuleKind.options),
  state: listOf(runStates),
  sort: oneOf(ruleSorts),
  order: oneOf(['asc', 'desc']),
});
export type RulesSearch = Partial<z.infer<typeof Rules>>;
export const rulesSearch = (raw: Record<string, unknown>): RulesSearch => Rules.parse(raw);

export const ruleTabs = [
  'query',
  'runs',
  'cost',
  'simulation',
  'gaps',
  'workspaces',
  'source',
  'versions',
  'tuning',
] as const;
const RuleState = z.object({ tab: oneOf(ruleTabs) });
export type RuleSearch = Partial<z.infer<typeof RuleState>>;
export const ruleSearch = (raw: Record<string, unknown>): RuleSearch => RuleState.parse(raw);

/** The rule that is edited or copied; none for a new one. */
const Editor = z.object({ id: textOf(128), copy: oneOf(['yes']) });
export type RuleEditorSearch = Partial<z.infer<typeof Editor>>;
export const ruleEditorSearch = (raw: Record<string, unknown>): RuleEditorSearch => Editor.parse(raw);
