import type { BenchItem, BenchReport, BenchSet } from './routes/test-bench.ts';

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
