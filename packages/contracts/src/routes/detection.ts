import { z } from 'zod';
import { route } from '../route.ts';
import { coverageRoutes } from './coverage.ts';
import { Severity } from './incidents.ts';
import { ruleHistoryRoutes } from './rule-history.ts';
import { ruleTextRoutes } from './rule-texts.ts';
import { testBenchRoutes } from './test-bench.ts';

/** The kinds of analytics rules. https://learn.microsoft.com/rest/api/securityinsights/alert-rules */
export const ruleKinds = [
  'Scheduled',
  'NRT',
  'MicrosoftSecurityIncidentCreation',
  'Fusion',
  'ThreatIntelligence',
  'Anomaly',
] as const;
export const RuleKind = z.enum(ruleKinds);
export type RuleKind = z.infer<typeof RuleKind>;

/** What a rule took in the engine. */
export const RuleCost = z.object({ cpuSeconds: z.number(), rowsRead: z.number(), bytesRead: z.number() });
export type RuleCost = z.infer<typeof RuleCost>;

/** Whether trying again can help. */
export const RuleFailure = z.enum(['permanent', 'transient']);
export type RuleFailure = z.infer<typeof RuleFailure>;

export const RuleSummary = z.object({
  id: z.string(),
  name: z.string(),
  kind: RuleKind,
  severity: Severity,
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  enabled: z.boolean(),
  /** Seconds. */
  queryFrequency: z.int(),
  queryPeriod: z.int(),
  tables: z.array(z.string()),
  alertCount: z.int(),
  lastRunAt: z.iso.datetime().nullable(),
  lastRunState: z.enum(['succeeded', 'failed', 'never']),
  lastError: z.string().nullable(),
  /** Why it is off, where it was on: who switched it off, or that it failed again and again. */
  disabledReason: z.string().nullable(),
  /** The engine switched it off, not a person. */
  autoDisabled: z.boolean(),
  /** Its limit of cost is used up: it rests until then. */
  resting: z.object({ until: z.iso.datetime(), reason: z.string() }).nullable(),
  /** All that was asked for it today (UTC). */
  costToday: RuleCost,
  /** `own`: made, changed or brought here. */
  origin: z.enum(['shipped', 'own']),
  /** The shipped rule that it was made from has another text now. */
  updateAvailable: z.boolean(),
});
export type RuleSummary = z.infer<typeof RuleSummary>;

export const RuleRun = z.object({
  windowFrom: z.iso.datetime(),
  windowTo: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  elapsedSeconds: z.number(),
  state: z.enum(['succeeded', 'failed']),
  rows: z.int(),
  alerts: z.int(),
  error: z.string().nullable(),
  failure: RuleFailure.nullable(),
  /** Alerts that its suppression held back. */
  suppressed: z.int(),
  /** Null where it was asked together with others. */
  cost: RuleCost.nullable(),
});
export type RuleRun = z.infer<typeof RuleRun>;

export const Rule = RuleSummary.extend({
  description: z.string(),
  query: z.string(),
  triggerOperator: z.enum(['GreaterThan', 'LessThan', 'Equal', 'NotEqual']),
  triggerThreshold: z.int(),
  eventGrouping: z.enum(['SingleAlert', 'AlertPerResult']),
  /** Seconds; 0 for none. */
  suppression: z.int(),
  suppressionFields: z.array(z.string()),
  version: z.string(),
  /** The newest failures, while they last: how many in a row are for good, at how many it is switched off, and what to do. */
  failing: z.object({ failure: RuleFailure, inARow: z.int(), disabledAt: z.int(), advice: z.string() }).nullable(),
  /** By day (UTC), newest first. */
  costs: z.array(RuleCost.extend({ day: z.iso.date() })),
  /** Seconds of processor time a day; 0 for no limit. */
  cpuSecondsPerDayMax: z.number(),
  /** The rule as its author wrote it. */
  yaml: z.string(),
  runs: z.array(RuleRun),
});
export type Rule = z.infer<typeof Rule>;

export const detectionRoutes = {
  listRules: route({
    method: 'GET',
    path: '/api/rules',
    permission: 'securityData.read',
    summary: 'All analytics rules with their last run',
    response: z.object({
      rules: z.array(RuleSummary),
      /** Of all rules together, today (UTC); `shared` is what was asked for many at once. `cpuSecondsMax` is a day’s limit, 0 for none. */
      cost: RuleCost.extend({ shared: RuleCost, cpuSecondsMax: z.number() }),
    }),
  }),
  getRule: route({
    method: 'GET',
    path: '/api/rules/:id',
    permission: 'securityData.read',
    summary: 'One rule with its last 50 runs',
    params: z.object({ id: z.string().max(128) }),
    response: Rule,
  }),
  updateRule: route({
    method: 'PATCH',
    path: '/api/rules/:id',
    permission: 'detectionTuning.manage',
    summary: 'Enable or disable a rule',
    params: z.object({ id: z.string().max(128) }),
    body: z.object({ enabled: z.boolean() }),
    response: Rule,
  }),
  ...ruleTextRoutes,
  ...ruleHistoryRoutes,
  ...coverageRoutes,
  ...testBenchRoutes,
} as const;
