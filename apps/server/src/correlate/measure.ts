/** An alert with its place: what it is known to be of, and where it was put. */
export interface Placed {
  /** Alerts of one label belong together. */
  readonly label: string;
  /** Of noise: alerts about the same thing, of which it is not said whether they belong together. */
  readonly subject?: string;
  /** The label of a story that is about the same person or machine: nobody can say whether a false alarm about them belongs to it. */
  readonly near?: string | undefined;
}

export interface PairFigures {
  readonly alerts: number;
  readonly incidents: number;
  /** Of the pairs in one incident, those that belong together. */
  readonly precision: number;
  /** Of the pairs that belong together, those in one incident. */
  readonly recall: number;
}

/** Counts pairs of alerts. `incidentOf`: by index. */
export function pairFigures(alerts: readonly Placed[], incidentOf: (index: number) => number | string): PairFigures {
  const groups = alerts.map((_, index) => incidentOf(index));
  let [together, same, both] = [0, 0, 0];
  for (let i = 0; i < alerts.length; i++)
    for (let j = i + 1; j < alerts.length; j++) {
      const [a, b] = [alerts[i]!, alerts[j]!];
      if (!counts(a, b)) continue;
      const isTogether = groups[i] === groups[j];
      const isSame = a.label === b.label;
      if (isTogether) together++;
      if (isSame) same++;
      if (isTogether && isSame) both++;
    }
  return {
    alerts: alerts.length,
    incidents: new Set(groups).size,
    precision: together === 0 ? 1 : both / together,
    recall: same === 0 ? 1 : both / same,
  };
}

/** Whether it is said of the two that they belong together or that they do not. Two false alarms about people of one attack may both belong to it. */
export const counts = (a: Placed, b: Placed): boolean =>
  !(a.subject !== undefined && a.subject === b.subject) &&
  !(a.near !== undefined && a.near === b.near) &&
  a.near !== b.label &&
  b.near !== a.label;

/** Groups of indexes that share a key, directly or through others. */
export function joinedBy(keysOf: readonly (readonly string[])[]): (index: number) => number {
  const parent = keysOf.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    while (parent[at] !== at) at = parent[at]!;
    return at;
  };
  const first = new Map<string, number>();
  for (const [index, keys] of keysOf.entries())
    for (const key of keys) {
      const known = first.get(key);
      if (known === undefined) first.set(key, index);
      else parent[rootOf(index)] = rootOf(known);
    }
  return rootOf;
}
