import type { NewAlert, PairLinks } from '../incidents/index.ts';
import { counts, type Placed } from './measure.ts';

/** A thing by which alerts were joined that do not belong together. */
export interface FalseJoin {
  /** What is shared, for people, and its key. */
  readonly by: string;
  /** Pairs of alerts that it joins by itself. */
  readonly joins: number;
  /** Pairs of alerts that are in one incident and should not be, between what it joins. */
  readonly pairs: number;
  readonly between: readonly string[];
  /** Two of the alerts: what they are called, and when. */
  readonly example: readonly [string, string];
}

/** Alerts of a story that are not with most of it. */
export interface MissedJoin {
  readonly story: string;
  readonly alerts: readonly string[];
}

type Measured = NewAlert & Placed;

/** The things that join what does not belong together, the worst first. `incidentOf` and `links`: by index. */
export function falseJoins(
  alerts: readonly Measured[],
  incidentOf: (index: number) => number,
  links: PairLinks,
): FalseJoin[] {
  const causes = new Map<string, { joins: number; pairs: number; between: Set<string>; example: [string, string] }>();
  for (const incident of Map.groupBy(alerts.keys(), incidentOf).values()) {
    const sizes = Map.groupBy(incident, (index) => sideOf(alerts[index]!));
    const told = new Set<string>();
    for (const [i, j] of pairsOf(incident)) {
      const [a, b] = [alerts[i]!, alerts[j]!];
      if (a.label === b.label || !counts(a, b)) continue;
      const sides = [sideOf(a), sideOf(b)].toSorted();
      for (const { key, label } of links(i, j)) {
        const by = `${label} (${key})`;
        const cause = causes.get(by) ?? { joins: 0, pairs: 0, between: new Set(), example: [said(a), said(b)] };
        causes.set(by, cause);
        cause.joins++;
        for (const side of sides) cause.between.add(side);
        const once = `${by} ${sides.join(' ')}`;
        if (!told.has(once))
          cause.pairs += sides.reduce((product, side) => product * (sizes.get(side)?.length ?? 0), 1);
        told.add(once);
      }
    }
  }
  return [...causes]
    .map(([by, { joins, pairs, between, example }]) => ({ by, joins, pairs, between: [...between], example }))
    .toSorted((a, b) => b.pairs - a.pairs || b.joins - a.joins);
}

/** What of each story is apart from most of it. */
export function missedJoins(alerts: readonly Measured[], incidentOf: (index: number) => number): MissedJoin[] {
  const stories = Map.groupBy(alerts.keys(), (index) => alerts[index]!.label);
  return [...stories].flatMap(([story, indexes]) => {
    const [, ...rest] = [...Map.groupBy(indexes, incidentOf).values()].toSorted((a, b) => b.length - a.length);
    return rest.map((group) => ({ story, alerts: group.map((index) => said(alerts[index]!)) }));
  });
}

/** A story, or what an alert of no story is about. */
const sideOf = ({ label, subject }: Placed): string => (subject === undefined ? label : `no story: ${subject}`);

const said = ({ name, startTime, tactics, entities }: NewAlert): string =>
  `${startTime.toISOString().slice(5, 16)} ${name} [${tactics.join(', ')}] ${entities.map((entity) => `${entity.kind} ${entity.name}`).join('; ')}`.slice(
    0,
    400,
  );

function* pairsOf(indexes: readonly number[]): Generator<readonly [number, number]> {
  for (const [at, i] of indexes.entries()) for (const j of indexes.slice(at + 1)) yield [i, j];
}
