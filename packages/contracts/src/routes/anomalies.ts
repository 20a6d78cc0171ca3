import { z } from 'zod';
import { route } from '../route.ts';

/** Whether an anomaly rule's rows count, or are only looked at beside those that do. */
export const AnomalyStatus = z.enum(['Production', 'Flighting']);
export type AnomalyStatus = z.infer<typeof AnomalyStatus>;

export const AnomalyParameter = z.object({
  name: z.string(),
  type: z.enum(['long', 'real']),
  default: z.number(),
  minimum: z.number(),
  maximum: z.number(),
  description: z.string(),
});
export type AnomalyParameter = z.infer<typeof AnomalyParameter>;

const Values = z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/), z.number());

/** How a template is set in one status. */
export const AnomalyConfig = z.object({
  status: AnomalyStatus,
  enabled: z.boolean(),
  /** Of all parameters. */
  values: Values,
  configVersion: z.int(),
  updatedBy: z.string().nullable(),
  updatedAt: z.iso.datetime().nullable(),
  /** Anomalies of the last 14 days. */
  anomalies: z.int(),
  lastRun: z
    .object({
      windowFrom: z.iso.datetime(),
      windowTo: z.iso.datetime(),
      startedAt: z.iso.datetime(),
      elapsedSeconds: z.number(),
      rows: z.int(),
      error: z.string().nullable(),
    })
    .nullable(),
});
export type AnomalyConfig = z.infer<typeof AnomalyConfig>;

export const AnomalyTemplate = z.object({
  id: z.uuid(),
  name: z.string(),
  version: z.string(),
  kind: z.enum(['UEBA', 'MachineLearning']),
  description: z.string(),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  tables: z.array(z.string()),
  parameters: z.array(AnomalyParameter),
  query: z.string(),
  production: AnomalyConfig,
  /** Null: nothing is flown beside production. */
  flight: AnomalyConfig.nullable(),
});
export type AnomalyTemplate = z.infer<typeof AnomalyTemplate>;

/** A row of `Anomalies`. */
export const Anomaly = z.object({
  id: z.string(),
  time: z.string(),
  startTime: z.string().nullable(),
  endTime: z.string().nullable(),
  templateId: z.string(),
  name: z.string(),
  status: z.string(),
  configVersion: z.string(),
  description: z.string(),
  score: z.number(),
  tactics: z.string(),
  techniques: z.string(),
  user: z.string(),
  sourceIp: z.string(),
  sourceDevice: z.string(),
  destinationIp: z.string(),
  destinationDevice: z.string(),
  country: z.string(),
  /** What is unlike, with the numbers of the baseline. */
  reasons: z.array(z.record(z.string(), z.unknown())),
  observed: z.number().nullable(),
  expected: z.number().nullable(),
  /** Parameters that it was found with. */
  parameters: z.record(z.string(), z.unknown()),
});
export type Anomaly = z.infer<typeof Anomaly>;

const Page = z.object({
  anomalies: z.array(Anomaly),
  /** More are there than are shown. */
  more: z.boolean(),
});

export const anomalyRoutes = {
  listAnomalies: route({
    method: 'GET',
    path: '/api/anomalies',
    permission: 'securityData.read',
    summary: 'Anomalies of the last days, highest score first',
    query: z.object({
      days: z.coerce.number().int().min(1).max(90).default(14),
      status: AnomalyStatus.default('Production'),
      templateId: z.uuid().optional(),
      minimumScore: z.coerce.number().min(0).max(1).default(0),
      /** In user, address, device or description. */
      search: z.string().max(200).default(''),
      limit: z.coerce.number().int().min(1).max(1_000).default(500),
    }),
    response: Page,
  }),
  listAnomalyTemplates: route({
    method: 'GET',
    path: '/api/anomaly-templates',
    permission: 'securityData.read',
    summary: 'Anomaly rules: what each looks for, how it is set, in production and in flight',
    response: z.object({
      templates: z.array(AnomalyTemplate),
      /** Up to when activities have been judged; null: not at all. */
      judgedTo: z.iso.datetime().nullable(),
      /** Days of life that were learned from. */
      learnedDays: z.int(),
    }),
  }),
  setAnomalyRule: route({
    method: 'PUT',
    path: '/api/anomaly-templates/:id/:status',
    permission: 'detectionTuning.manage',
    summary: 'Set an anomaly rule, or fly one beside production',
    params: z.object({ id: z.uuid(), status: AnomalyStatus }),
    body: z.strictObject({ enabled: z.boolean(), values: Values }),
    response: AnomalyTemplate,
  }),
  endAnomalyFlight: route({
    method: 'POST',
    path: '/api/anomaly-templates/:id/end-flight',
    permission: 'detectionTuning.manage',
    summary: 'End a flight: take its settings into production, or let them go',
    params: z.object({ id: z.uuid() }),
    body: z.strictObject({ promote: z.boolean() }),
    response: AnomalyTemplate,
  }),
  previewAnomalyRule: route({
    method: 'POST',
    path: '/api/anomaly-templates/:id/preview',
    permission: 'detectionTuning.manage',
    summary: 'What an anomaly rule would tell of the last days with other values; nothing is stored',
    params: z.object({ id: z.uuid() }),
    body: z.strictObject({ values: Values, days: z.int().min(1).max(7).default(7) }),
    response: z.object({
      days: z.array(z.object({ from: z.iso.datetime(), to: z.iso.datetime(), anomalies: z.int() })),
      /** The highest scores. */
      anomalies: z.array(Anomaly),
    }),
  }),
  learnBehaviourAgain: route({
    method: 'POST',
    path: '/api/behaviour/learn-again',
    permission: 'detectionTuning.manage',
    summary: 'Learn and judge the last days again: after logs of past time were loaded',
    body: z.strictObject({ days: z.int().min(1).max(30) }),
    response: z.object({ from: z.iso.datetime() }),
  }),
};
