import { z } from 'zod';
import { route } from '../route.ts';

const itemsMax = 100_000;

export const BenchItem = z.strictObject({
  id: z.string().max(2_000),
  expect: z.enum(['attack', 'quiet']),
  /** Attacks: hit or missed. Quiet items: quiet, or noise. */
  outcome: z.enum(['hit', 'missed', 'quiet', 'noise']),
  /** Sources that recognised it. */
  sources: z.array(z.string()).max(1_000),
  /** Records stored. */
  rows: z.number().int().nonnegative(),
  /** Records that could not be parsed. */
  unparsed: z.number().int().nonnegative(),
  /** Why it was missed, where more is known than that no rule fired. */
  message: z.string().optional(),
  fired: z
    .array(
      z.strictObject({
        rule: z.string(),
        name: z.string(),
        severity: z.string(),
        alerts: z.number().int().positive(),
        /** Of the first alert. Rules on single rows are only counted, and have none. */
        first: z
          .strictObject({ name: z.string(), at: z.string(), entities: z.array(z.string()).readonly() })
          .optional(),
      }),
    )
    .max(10_000),
});
export type BenchItem = z.infer<typeof BenchItem>;

export const BenchSet = z.strictObject({
  name: z.string().max(500),
  /** The form that its labels have. */
  form: z.string(),
  /** Items that are labelled. */
  files: z.number().int().nonnegative(),
  unlabelled: z.number().int().nonnegative(),
  attacks: z.number().int().nonnegative(),
  hit: z.number().int().nonnegative(),
  missed: z.array(z.string()).max(itemsMax),
  quiet: z.number().int().nonnegative(),
  noise: z.array(z.string()).max(itemsMax),
  alerts: z.number().int().nonnegative(),
  /** Days of which the set has rows. */
  days: z.number().int().nonnegative(),
  alertsPerDay: z.number().nonnegative(),
  items: z.array(BenchItem).max(itemsMax),
});
export type BenchSet = z.infer<typeof BenchSet>;

/** What a run of the test bench found; as `detect bench --save` writes it. */
export const BenchReport = z.strictObject({
  at: z.iso.datetime(),
  /** Rules that ran. */
  rules: z.number().int().nonnegative(),
  sets: z.array(BenchSet).max(100),
  problems: z.array(z.string()).max(10_000),
  seconds: z.number().nonnegative(),
});
export type BenchReport = z.infer<typeof BenchReport>;

/** A run without its items. */
export const BenchRun = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  savedBy: z.string(),
  rules: z.int(),
  sets: z.array(
    z.object({
      name: z.string(),
      attacks: z.int(),
      hit: z.int(),
      quiet: z.int(),
      noise: z.int(),
      alertsPerDay: z.number(),
    }),
  ),
});
export type BenchRun = z.infer<typeof BenchRun>;

export const testBenchRoutes = {
  listBenchRuns: route({
    method: 'GET',
    path: '/api/test-bench/runs',
    permission: 'securityData.read',
    summary: 'The last 100 runs of the test bench, newest first',
    response: z.object({ runs: z.array(BenchRun) }),
  }),
  getBenchRun: route({
    method: 'GET',
    path: '/api/test-bench/runs/:id',
    permission: 'securityData.read',
    summary: 'A run of the test bench with its items',
    params: z.object({ id: z.uuid() }),
    response: BenchReport,
  }),
  saveBenchRun: route({
    method: 'POST',
    path: '/api/test-bench/runs',
    permission: 'detectionTuning.manage',
    summary: 'Keep a run of the test bench, as `detect bench --save` wrote it',
    body: BenchReport,
    bodyLimit: 64 * 1024 * 1024,
    response: BenchRun,
  }),
} as const;
