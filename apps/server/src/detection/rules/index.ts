export { formatDuration } from './duration.ts';
export { loadRules, readRuleFiles, type LoadedRules, type ReadRuleFiles } from './load.ts';
export { parseRule, type ParsedRule, type Problem } from './parse.ts';
export type { AnalyticsRule, EntityMapping } from './rule.ts';
export { idOf, inWorkspace } from './in-workspaces.ts';
export { loadLogSources } from './sigma.ts';
export { RuleRegistry, type RuleOrigin } from './registry.ts';
export { hasOwnQuery, isByArrival, needsIndicators } from './kinds.ts';
