/** What of an incident decides whether an alert joins it. */
export interface IncidentFacts {
  readonly number: number;
  readonly status: 'New' | 'Active' | 'Closed';
  readonly owner: string | null;
  readonly classification: string | null;
  readonly determination: string | null;
  readonly alertCount: number;
  /** At most so many: an entity of several alerts may be counted again until the incident is written. */
  readonly entityCount: number;
  /** Null: the first. Correlation is kept per workspace (reference 15). */
  readonly workspaceId: string | null;
  /** Incidents that a person took apart from this one. */
  readonly apartFrom: readonly number[];
}

/** An incident that shares a key with the alert within the key's window. */
export interface Candidate {
  readonly incident: IncidentFacts;
  /** What is shared, for people. */
  readonly shared: readonly string[];
  /** Whether the rule's own grouping ties them, and says to open closed incidents again. */
  readonly reopens: boolean;
}

export interface Decision {
  /** Undefined: a new incident. */
  readonly target: number | undefined;
  readonly reopen: boolean;
  /** What the alert shares with the target. */
  readonly shared: readonly string[];
  /** Incidents that the alert shows to be the same story as the target: they go up in it. */
  readonly merge: readonly { readonly number: number; readonly shared: readonly string[] }[];
  /** Incidents that are related but stay apart, and why. */
  readonly apart: readonly { readonly number: number; readonly reason: string }[];
}

/**
 * A bound on what one incident holds, far past any story: then a new one begins, and which alerts it has depends on their order. Sentinel's 150 (reference 04) are
 * not held: they would split a story by the order in which its alerts come.
 */
export const alertsPerIncidentMax = 100_000;
/** Reference 01: no merge that would exceed the maximum of entities. Which of several merges is refused then depends on their order. */
export const entitiesPerIncidentMax = 1_000;

/**
 * Where an alert belongs, given the incidents it shares something with. Pure, and the same in whatever order the candidates come. Reference 01 and 04:
 * a closed incident takes no alerts (unless the rule's grouping opens it again) and is not merged; nor are incidents of different owners,
 * classifications or determinations. Of several, the lowest number stays. `bridges` false: nothing is merged.
 */
export function decide(candidates: readonly Candidate[], { bridges = true }: { bridges?: boolean } = {}): Decision {
  const sorted = candidates.toSorted((a, b) => a.incident.number - b.incident.number);
  const apart: { number: number; reason: string }[] = [];
  const open = sorted.filter(({ incident }) => {
    const reason =
      incident.status === 'Closed'
        ? 'closed'
        : incident.alertCount >= alertsPerIncidentMax
          ? `full with ${alertsPerIncidentMax} alerts`
          : undefined;
    if (reason !== undefined) apart.push({ number: incident.number, reason });
    return reason === undefined;
  });
  const [first, ...others] = open;
  if (!first) return withoutOpen(sorted, apart);

  let held: IncidentFacts = { ...first.incident, alertCount: first.incident.alertCount + 1 };
  const merge: { number: number; shared: readonly string[] }[] = [];
  for (const { incident, shared } of bridges ? others : []) {
    const reason = whyApart(held, incident, merge);
    if (reason !== undefined) {
      apart.push({ number: incident.number, reason });
      continue;
    }
    merge.push({ number: incident.number, shared });
    held = together(held, incident);
  }
  return { target: first.incident.number, reopen: false, shared: first.shared, merge, apart };
}

function withoutOpen(candidates: readonly Candidate[], apart: readonly { number: number; reason: string }[]): Decision {
  const again = candidates.findLast(({ incident, reopens }) => reopens && incident.alertCount < alertsPerIncidentMax);
  if (!again) return { target: undefined, reopen: false, shared: [], merge: [], apart };
  return {
    target: again.incident.number,
    reopen: again.incident.status === 'Closed',
    shared: again.shared,
    merge: [],
    apart: apart.filter(({ number }) => number !== again.incident.number),
  };
}

/** What a merge makes of the facts of the incident that stays. */
export const together = (stays: IncidentFacts, goes: IncidentFacts): IncidentFacts => ({
  ...stays,
  owner: stays.owner ?? goes.owner,
  classification: stays.classification ?? goes.classification,
  determination: stays.determination ?? goes.determination,
  alertCount: stays.alertCount + goes.alertCount,
  entityCount: stays.entityCount + goes.entityCount,
  apartFrom: [...new Set([...stays.apartFrom, ...goes.apartFrom])],
});

/**
 * Why two open incidents are not merged, or undefined when they are (reference 01). Nobody's and unclassified go with any. `merged`: what went up in `a` just now.
 */
export function whyApart(
  a: IncidentFacts,
  b: IncidentFacts,
  merged: readonly { readonly number: number }[] = [],
): string | undefined {
  if (a.workspaceId !== b.workspaceId) return 'of different workspaces';
  if (a.status === 'Closed' || b.status === 'Closed') return 'closed';
  if (differ(a.owner, b.owner)) return 'assigned to different people';
  if (differ(a.classification, b.classification)) return 'classified differently';
  if (differ(a.determination, b.determination)) return 'found to be different things';
  if (a.apartFrom.includes(b.number) || [a, ...merged].some(({ number }) => b.apartFrom.includes(number)))
    return 'taken apart by hand';
  if (a.entityCount + b.entityCount > entitiesPerIncidentMax)
    return `together more than ${entitiesPerIncidentMax} entities`;
  if (a.alertCount + b.alertCount > alertsPerIncidentMax) return `together more than ${alertsPerIncidentMax} alerts`;
  return undefined;
}

const differ = (a: string | null, b: string | null): boolean => a !== null && b !== null && a !== b;
