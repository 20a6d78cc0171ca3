import { z } from 'zod';
import { route } from '../route.ts';
import { ruleLimits } from './rule-texts.ts';

/** Bounds of what is asked of the past of a rule. */
export const historyLimits = {
  /** Windows of a simulation. Reference 04: Sentinel shows 50. */
  simulatedWindows: 2_000,
  defaultWindows: 50,
} as const;

const RuleId = z.string().min(1).max(128);
const Span = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });

/** A rule over past windows, without an alert. Counts by window come in order of time, as far as they are known. */
export const RuleSimulation = z.object({
  id: z.uuid(),
  ruleId: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** Ends of the windows, the first and the last; each is `step` seconds after the one before and looks back `period`. */
  firstTo: z.iso.datetime(),
  lastTo: z.iso.datetime(),
  step: z.number(),
  period: z.number(),
  windows: z.int(),
  /** What of the rule, as it was asked, makes alerts of rows: see `firings`. */
  settings: z.object({
    kind: z.string(),
    triggerOperator: z.enum(['GreaterThan', 'LessThan', 'Equal', 'NotEqual']),
    triggerThreshold: z.number(),
    eventGrouping: z.enum(['SingleAlert', 'AlertPerResult']),
    suppression: z.number(),
  }),
  /** Rows that the rule's query finds in each. */
  rows: z.array(z.number()),
  /** `atOnce`: one query counted all windows. `byWindow`: those in which something can be found were asked one by one. */
  method: z.enum(['atOnce', 'byWindow']),
  cost: z.object({ queries: z.int(), elapsedSeconds: z.number(), rowsRead: z.number(), bytesRead: z.number() }),
  /** Why it ended without an answer. */
  error: z.string().nullable(),
});
export type RuleSimulation = z.infer<typeof RuleSimulation>;

/** Windows of a rule that end after `after`, up to `upto`, and were not run. */
export const RuleGap = z.object({
  after: z.iso.datetime(),
  upto: z.iso.datetime(),
  /** No server ran for long, the rule was off, the lake was away for a day, or the runs failed. */
  reason: z.enum(['downtime', 'disabled', 'lake', 'failed']),
  windows: z.int(),
});
export type RuleGap = z.infer<typeof RuleGap>;

export const RuleBackfill = z.object({
  id: z.uuid(),
  after: z.iso.datetime(),
  upto: z.iso.datetime(),
  state: z.enum(['running', 'done', 'cancelled']),
  /** That end in its span. */
  windows: z.int(),
  /** Of these: run by it, failed among them; and left out since they had been run. */
  run: z.int(),
  failed: z.int(),
  known: z.int(),
  /** That were not there before. */
  alerts: z.int(),
  askedBy: z.string(),
  askedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type RuleBackfill = z.infer<typeof RuleBackfill>;

export const RuleHistory = z.object({ gaps: z.array(RuleGap), backfills: z.array(RuleBackfill) });
export type RuleHistory = z.infer<typeof RuleHistory>;

/** A rule as it runs in one workspace. */
export const RuleInWorkspace = z.object({
  workspaceId: z.uuid(),
  name: z.string(),
  /** The first: where nothing is decided for another, it does there as here. */
  isDefault: z.boolean(),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  lastRunAt: z.iso.datetime().nullable(),
  lastRunState: z.enum(['succeeded', 'failed', 'never']),
  lastError: z.string().nullable(),
  alertCount: z.int(),
  /** Processor seconds of the engine since midnight (UTC). */
  cpuSecondsToday: z.number(),
});
export type RuleInWorkspace = z.infer<typeof RuleInWorkspace>;

export const ruleHistoryRoutes = {
  listRuleWorkspaces: route({
    method: 'GET',
    path: '/api/rules/:id/workspaces',
    permission: 'securityData.read',
    summary: 'A rule in each workspace: it runs over the rows of each by itself',
    params: z.object({ id: RuleId }),
    response: z.object({ workspaces: z.array(RuleInWorkspace) }),
  }),
  setRuleInWorkspace: route({
    method: 'PUT',
    path: '/api/rules/:id/workspaces/:workspace',
    permission: 'detectionTuning.manage',
    summary: 'Switch a rule on or off in one workspace',
    params: z.object({ id: RuleId, workspace: z.uuid() }),
    body: z.object({ enabled: z.boolean() }),
    response: RuleInWorkspace,
  }),
  getRuleHistory: route({
    method: 'GET',
    path: '/api/rules/:id/history',
    permission: 'securityData.read',
    summary: 'Windows of a rule that were not run, and its newest back-fills',
    params: z.object({ id: RuleId }),
    response: RuleHistory,
  }),
  startBackfill: route({
    method: 'POST',
    path: '/api/rules/:id/backfills',
    permission: 'detectionTuning.manage',
    summary:
      'Run the windows of a rule that end in a span (`after` exclusive) and have not been run, behind all that is due. At most 90 days back and 10,000 windows',
    params: z.object({ id: RuleId }),
    body: z.object({ after: z.iso.datetime(), upto: z.iso.datetime() }),
    response: RuleBackfill,
  }),
  stopBackfill: route({
    method: 'DELETE',
    path: '/api/rules/:id/backfills/:backfill',
    permission: 'detectionTuning.manage',
    summary: 'Stop a back-fill. What it has run stays',
    params: z.object({ id: RuleId, backfill: z.uuid() }),
    response: RuleBackfill,
  }),
  simulateRule: route({
    method: 'POST',
    path: '/api/rule-simulations',
    permission: 'securityData.read',
    summary:
      'Count what a rule would have found in its last windows (default 50), or in those that end in a span, and raise nothing. `text` is a draft; `ruleId` says which rule of it, or one that is saved',
    body: z.object({
      ruleId: RuleId.optional(),
      text: z.string().max(ruleLimits.textLength).optional(),
      windows: z.int().min(1).max(historyLimits.simulatedWindows).optional(),
      span: Span.optional(),
    }),
    bodyLimit: 2 * 1_048_576,
    response: RuleSimulation,
  }),
  getRuleSimulation: route({
    method: 'GET',
    path: '/api/rule-simulations/:id',
    permission: 'securityData.read',
    summary: 'How far a simulation is; kept for a day',
    params: z.object({ id: z.uuid() }),
    response: RuleSimulation,
  }),
  cancelRuleSimulation: route({
    method: 'DELETE',
    path: '/api/rule-simulations/:id',
    permission: 'securityData.read',
    summary: 'Stop a simulation that runs',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
} as const;
