/** What of an incident decides whether an alert joins it. */
export interface IncidentFacts {
  readonly number: number;
  readonly status: 'New' | 'Active' | 'Closed';
  readonly owner: string | null;
  readonly classification: string | null;
  readonly alertCount: number;
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

/** Reference 04: an incident holds at most 150 alerts; then a new one begins. */
export const alertsPerIncidentMax = 150;

/**
 * Where an alert belongs, given the incidents it shares something with. Pure, and the same in whatever order the candidates come. Reference 01 and 04:
 * a closed incident takes no alerts (unless the rule's grouping opens it again) and is not merged; nor are incidents of different owners or
 * classifications. Of several, the lowest number stays.
 */
export function decide(candidates: readonly Candidate[], alertsMax = alertsPerIncidentMax): Decision {
  const sorted = candidates.toSorted((a, b) => a.incident.number - b.incident.number);
  const apart: { number: number; reason: string }[] = [];
  const open = sorted.filter(({ incident }) => {
    const reason =
      incident.status === 'Closed'
        ? 'closed'
        : incident.alertCount >= alertsMax
          ? `full with ${alertsMax} alerts`
          : undefined;
    if (reason !== undefined) apart.push({ number: incident.number, reason });
    return reason === undefined;
  });
  const [first, ...others] = open;
  if (!first) return withoutOpen(sorted, apart, alertsMax);

  let held: IncidentFacts = { ...first.incident, alertCount: first.incident.alertCount + 1 };
  const merge: { number: number; shared: readonly string[] }[] = [];
  for (const { incident, shared } of others) {
    const reason = whyApart(held, incident, alertsMax);
    if (reason !== undefined) {
      apart.push({ number: incident.number, reason });
      continue;
    }
    merge.push({ number: incident.number, shared });
    held = {
      ...held,
      owner: held.owner ?? incident.owner,
      classification: held.classification ?? incident.classification,
      alertCount: held.alertCount + incident.alertCount,
    };
  }
  return { target: first.incident.number, reopen: false, shared: first.shared, merge, apart };
}

function withoutOpen(
  candidates: readonly Candidate[],
  apart: readonly { number: number; reason: string }[],
  alertsMax: number,
): Decision {
  const again = candidates.findLast(({ incident, reopens }) => reopens && incident.alertCount < alertsMax);
  if (!again) return { target: undefined, reopen: false, shared: [], merge: [], apart };
  return {
    target: again.incident.number,
    reopen: again.incident.status === 'Closed',
    shared: again.shared,
    merge: [],
    apart: apart.filter(({ number }) => number !== again.incident.number),
  };
}

/** Why two open incidents are not merged, or undefined when they are. Nobody's and unclassified go with any. */
export function whyApart(a: IncidentFacts, b: IncidentFacts, alertsMax = alertsPerIncidentMax): string | undefined {
  if (a.status === 'Closed' || b.status === 'Closed') return 'closed';
  if (a.owner !== null && b.owner !== null && a.owner !== b.owner) return 'assigned to different people';
  if (a.classification !== null && b.classification !== null && a.classification !== b.classification)
    return 'classified differently';
  if (a.alertCount + b.alertCount > alertsMax) return `together more than ${alertsMax} alerts`;
  return undefined;
}
