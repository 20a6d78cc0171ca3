import { z } from 'zod';

const ItemAlertSchema = z.strictObject({
  rule: z.string(),
  name: z.string(),
  severity: z.string(),
  alerts: z.number().int().positive(),
  first: z.strictObject({ name: z.string(), at: z.string(), entities: z.array(z.string()).readonly() }).optional(),
});

export const BenchItemSchema = z.strictObject({
  id: z.string(),
  expect: z.enum(['attack', 'quiet']),
  /** Attacks: hit or missed. Quiet items: quiet, or noise. */
  outcome: z.enum(['hit', 'missed', 'quiet', 'noise']),
  /** Sources that recognised it. */
  sources: z.array(z.string()),
  /** Records stored. */
  rows: z.number().int().nonnegative(),
  /** Records that could not be parsed. */
  unparsed: z.number().int().nonnegative(),
  /** Why it was missed, where more is known than that no rule fired. */
  message: z.string().optional(),
  fired: z.array(ItemAlertSchema),
});
export type BenchItem = z.infer<typeof BenchItemSchema>;

export const BenchSetSchema = z.strictObject({
  name: z.string(),
  /** The form that its labels have. */
  form: z.string(),
  /** Items that are labelled. */
  files: z.number().int().nonnegative(),
  unlabelled: z.number().int().nonnegative(),
  attacks: z.number().int().nonnegative(),
  hit: z.number().int().nonnegative(),
  missed: z.array(z.string()),
  quiet: z.number().int().nonnegative(),
  noise: z.array(z.string()),
  alerts: z.number().int().nonnegative(),
  /** Days of which the set has rows. */
  days: z.number().int().nonnegative(),
  alertsPerDay: z.number().nonnegative(),
  items: z.array(BenchItemSchema),
});
export type BenchSet = z.infer<typeof BenchSetSchema>;

/** What a run of the test bench found; as `--save` writes it and `--baseline` reads it. */
export const BenchReportSchema = z.strictObject({
  /** When it ran, ISO 8601. */
  at: z.string(),
  /** Rules that ran. */
  rules: z.number().int().nonnegative(),
  sets: z.array(BenchSetSchema),
  problems: z.array(z.string()),
  seconds: z.number().nonnegative(),
});
export type BenchReport = z.infer<typeof BenchReportSchema>;

/** How a set does against an earlier run; items by id, of those that both runs have. */
export interface SetDifference {
  readonly name: string;
  readonly newlyHit: readonly string[];
  readonly newlyMissed: readonly string[];
  readonly newNoise: readonly string[];
  readonly noiseGone: readonly string[];
  /** Items that only one of the runs has. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Compares the sets that both reports have, by name. Pure. */
export function compareReports(baseline: BenchReport, report: BenchReport): readonly SetDifference[] {
  return report.sets.flatMap((set): SetDifference[] => {
    const other = baseline.sets.find(({ name }) => name === set.name);
    return other ? [differenceOf(other, set)] : [];
  });
}

function differenceOf(before: BenchSet, after: BenchSet): SetDifference {
  const old = new Map(before.items.map((item) => [item.id, item.outcome]));
  const ids = new Set(after.items.map(({ id }) => id));
  const turned = (to: BenchItem['outcome']): string[] =>
    after.items.filter(({ id, outcome }) => outcome === to && old.has(id) && old.get(id) !== to).map(({ id }) => id);
  return {
    name: after.name,
    newlyHit: turned('hit'),
    newlyMissed: turned('missed'),
    newNoise: turned('noise'),
    noiseGone: turned('quiet'),
    added: [...ids].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !ids.has(id)),
  };
}

/** Whether something that was right is wrong now. */
export const isWorse = ({ newlyMissed, newNoise }: SetDifference): boolean => newlyMissed.length + newNoise.length > 0;
