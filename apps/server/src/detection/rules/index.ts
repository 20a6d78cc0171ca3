export { formatDuration, parseDuration } from './duration.ts';
export { loadRules, type LoadedRules } from './load.ts';
export { parseRule, type ParsedRule, type Problem } from './parse.ts';
export type { AnalyticsRule, EntityMapping } from './rule.ts';
