import { z } from 'zod';
import { route } from '../route.ts';

export const exceptionLimits = {
  conditionLength: 10_000,
  exceptions: 5_000,
  previewDays: 30,
  previewWindows: 200,
} as const;

export const ExceptionScope = z.enum(['rule', 'table', 'global']);
export type ExceptionScope = z.infer<typeof ExceptionScope>;

const Condition = z.string().trim().min(1).max(exceptionLimits.conditionLength);
const Stated = {
  name: z.string().trim().min(3).max(200),
  /** KQL that is true for the rows that shall raise no alert. It may name entities as `Account_Name`, `IP_Address`, … */
  condition: Condition,
  reason: z.string().trim().min(3).max(5_000),
  owner: z.string().trim().min(1).max(256),
  /** Null: it has no end. */
  expiresAt: z.iso.datetime().nullable(),
};
const Place = {
  scope: ExceptionScope,
  /** A rule's id, or a table that rules read; null for all rules. */
  target: z.string().min(1).max(128).nullable(),
};

export const Exception = z.object({
  id: z.uuid(),
  ...Place,
  /** The rule's name, where it is one of a rule. */
  targetName: z.string().nullable(),
  name: z.string(),
  condition: z.string(),
  reason: z.string(),
  owner: z.string(),
  expiresAt: Stated.expiresAt,
  enabled: z.boolean(),
  state: z.enum(['active', 'disabled', 'expired']),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
  /** What it left out, of the last 90 days. */
  hits: z.object({ runs: z.int(), rows: z.int(), alerts: z.int(), lastAt: z.iso.datetime().nullable() }),
});
export type Exception = z.infer<typeof Exception>;

const Sample = z.record(z.string(), z.string());
export const ExceptionHit = z.object({
  at: z.iso.datetime(),
  ruleId: z.string(),
  ruleName: z.string(),
  windowTo: z.iso.datetime(),
  rows: z.int(),
  alerts: z.int(),
  /** Some of the rows, values cut. */
  sample: z.array(Sample),
});
export type ExceptionHit = z.infer<typeof ExceptionHit>;

export const ExceptionPreview = z.object({
  days: z.int(),
  /** Alerts of that time that were looked at, and those among them that would not have been raised. */
  alerts: z.int(),
  alertsLeftOut: z.int(),
  /** Of the latter, those that are or were in an incident closed as a true positive. */
  trueAlertsLeftOut: z.int(),
  rows: z.int(),
  rowsLeftOut: z.int(),
  /** By rule, those with most first. */
  rules: z.array(
    z.object({ id: z.string(), name: z.string(), alerts: z.int(), alertsLeftOut: z.int(), rowsLeftOut: z.int() }),
  ),
  /** Rules that it applies to of those with alerts, and those whose rows lack what it names. */
  applies: z.int(),
  appliesNot: z.array(z.object({ id: z.string(), name: z.string(), why: z.string() })),
  sample: z.array(Sample),
  /** What was not looked at, in words. */
  partial: z.string().nullable(),
});
export type ExceptionPreview = z.infer<typeof ExceptionPreview>;

export const TuningProposal = z.object({
  kind: z.enum(['exception', 'threshold']),
  /** What is proposed, in words. */
  title: z.string(),
  /** Of an exception. */
  condition: z.string().nullable(),
  /** Of a threshold: `triggerThreshold` as it would be. */
  threshold: z.int().nullable(),
  /** The value that tells false alerts from true ones, and where it stands. */
  field: z.string(),
  value: z.string(),
  /** Alerts that it would have removed. */
  falseRemoved: z.int(),
  trueRemoved: z.int(),
});
export type TuningProposal = z.infer<typeof TuningProposal>;

export const RuleTuning = z.object({
  days: z.int(),
  /** Alerts of the rule in closed incidents, by what these were closed as. */
  falsePositive: z.int(),
  benignPositive: z.int(),
  truePositive: z.int(),
  reasons: z.array(z.object({ classification: z.string(), reason: z.string(), alerts: z.int() })),
  proposals: z.array(TuningProposal),
});
export type RuleTuning = z.infer<typeof RuleTuning>;

const ById = z.object({ id: z.uuid() });

export const exceptionRoutes = {
  listExceptions: route({
    method: 'GET',
    path: '/api/exceptions',
    permission: 'securityData.read',
    summary: 'Exceptions with what they left out; those that apply to one rule with `rule`',
    query: z.object({ rule: z.string().max(128).optional() }),
    response: z.object({ exceptions: z.array(Exception) }),
  }),
  getException: route({
    method: 'GET',
    path: '/api/exceptions/:id',
    permission: 'securityData.read',
    summary: 'One exception with the newest 100 runs in which it left something out',
    params: ById,
    response: Exception.extend({ recent: z.array(ExceptionHit) }),
  }),
  createException: route({
    method: 'POST',
    path: '/api/exceptions',
    permission: 'detectionTuning.manage',
    summary: 'Have rows of a rule, of rules over a table, or of all rules raise no alert. Applies at once',
    body: z.object({ ...Place, ...Stated }),
    response: Exception,
  }),
  updateException: route({
    method: 'PATCH',
    path: '/api/exceptions/:id',
    permission: 'detectionTuning.manage',
    summary: 'Change an exception, switch it on or off, or give it another end',
    params: ById,
    body: z.object({ ...Stated, enabled: z.boolean() }).partial(),
    response: Exception,
  }),
  deleteException: route({
    method: 'DELETE',
    path: '/api/exceptions/:id',
    permission: 'detectionTuning.manage',
    summary: 'Remove an exception with the record of what it left out',
    params: ById,
    response: z.object({}),
  }),
  previewException: route({
    method: 'POST',
    path: '/api/exception-previews',
    permission: 'detectionTuning.manage',
    summary: 'What an exception would have left out of the last days’ alerts. Nothing is saved',
    body: z.object({
      ...Place,
      condition: Condition,
      days: z.int().min(1).max(exceptionLimits.previewDays).default(exceptionLimits.previewDays),
    }),
    response: ExceptionPreview,
  }),
  getRuleTuning: route({
    method: 'GET',
    path: '/api/rules/:id/tuning',
    permission: 'securityData.read',
    summary: 'What closed incidents say of a rule’s alerts, and what would have kept the false ones away',
    params: z.object({ id: z.string().min(1).max(128) }),
    query: z.object({ days: z.coerce.number().int().min(1).max(365).default(90) }),
    response: RuleTuning,
  }),
} as const;
