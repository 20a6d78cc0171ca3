import { z } from 'zod';
import { route } from '../route.ts';
import { coverageRoutes } from './coverage.ts';
import { Severity } from './incidents.ts';
import { ruleTextRoutes } from './rule-texts.ts';
import { testBenchRoutes } from './test-bench.ts';

export const RuleSummary = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['Scheduled', 'NRT']),
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
});
export type RuleRun = z.infer<typeof RuleRun>;

export const Rule = RuleSummary.extend({
  description: z.string(),
  query: z.string(),
  triggerOperator: z.enum(['GreaterThan', 'LessThan', 'Equal', 'NotEqual']),
  triggerThreshold: z.int(),
  eventGrouping: z.enum(['SingleAlert', 'AlertPerResult']),
  version: z.string(),
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
    response: z.object({ rules: z.array(RuleSummary) }),
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
  ...coverageRoutes,
  ...testBenchRoutes,
} as const;
