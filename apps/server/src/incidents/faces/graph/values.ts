import { SallyportError, type Classification, type Determination, type Severity } from '@sallyport/contracts';
import type { SecurityNamespace as Graph } from '@microsoft/microsoft-graph-types';
import { z } from 'zod';
import type { IncidentRow } from '../../types.ts';

/**
 * Graph's enumerations beside ours, which are Sentinel's.
 * https://learn.microsoft.com/azure/sentinel/move-to-defender#incident-classification
 */

export const incidentStatuses: Readonly<Record<IncidentRow['status'], Graph.IncidentStatus>> = {
  New: 'active',
  Active: 'inProgress',
  Closed: 'resolved',
};
export const alertStatuses = {
  New: 'new',
  InProgress: 'inProgress',
  Resolved: 'resolved',
  Dismissed: 'resolved',
} as const satisfies Readonly<Record<string, Graph.AlertStatus>>;
export const severities: Readonly<Record<Severity, Graph.AlertSeverity>> = {
  Informational: 'informational',
  Low: 'low',
  Medium: 'medium',
  High: 'high',
};
export const classifications: Readonly<Record<Classification, Graph.AlertClassification>> = {
  Undetermined: 'unknown',
  FalsePositive: 'falsePositive',
  TruePositive: 'truePositive',
  BenignPositive: 'informationalExpectedActivity',
};

type All<T extends string> = Readonly<Record<T, true>>;
const listOf = <T extends string>(all: All<T>): readonly T[] => Object.keys(all) as T[];
/** Every value of the enumerations, in Graph's order: the compiler holds that none is missing. */
export const graphIncidentStatuses = listOf<Graph.IncidentStatus>({
  active: true,
  inProgress: true,
  awaitingAction: true,
  resolved: true,
  redirected: true,
  unknownFutureValue: true,
});
export const graphAlertStatuses = listOf<Graph.AlertStatus>({
  unknown: true,
  new: true,
  inProgress: true,
  resolved: true,
  unknownFutureValue: true,
});
export const graphSeverities = listOf<Graph.AlertSeverity>({
  unknown: true,
  informational: true,
  low: true,
  medium: true,
  high: true,
  unknownFutureValue: true,
});
export const graphClassifications = listOf<Graph.AlertClassification>({
  unknown: true,
  falsePositive: true,
  truePositive: true,
  informationalExpectedActivity: true,
  unknownFutureValue: true,
});
export const graphDeterminations = listOf<Graph.AlertDetermination>({
  unknown: true,
  apt: true,
  malware: true,
  securityPersonnel: true,
  securityTesting: true,
  unwantedSoftware: true,
  other: true,
  multiStagedAttack: true,
  compromisedAccount: true,
  phishing: true,
  maliciousUserActivity: true,
  notMalicious: true,
  notEnoughDataToValidate: true,
  confirmedActivity: true,
  lineOfBusinessApplication: true,
  unknownFutureValue: true,
});

/** The key of a value, for what a caller sets; values that nothing of ours stands for are refused. */
export function ownValue<K extends string, V extends string>(
  name: string,
  of: Readonly<Record<K, V>>,
  value: string,
): K {
  const found = (Object.entries(of) as [K, V][]).find(([, theirs]) => theirs.toLowerCase() === value.toLowerCase());
  if (found) return found[0];
  throw new SallyportError(
    'BadRequest',
    `${name}: \`${value.slice(0, 64)}\` is none of ${[...new Set(Object.values(of))].join(', ')}`,
    {
      target: `body.${name}`,
    },
  );
}

/** Null for `unknown`. */
export function ownDetermination(value: string): Determination | null {
  const found = graphDeterminations.find((known) => known.toLowerCase() === value.toLowerCase());
  if (found === 'unknown') return null;
  if (found !== undefined && found !== 'unknownFutureValue') return found;
  throw new SallyportError(
    'BadRequest',
    `determination: \`${value.slice(0, 64)}\` is none of ${graphDeterminations.join(', ')}`,
    {
      target: 'body.determination',
    },
  );
}

/** What may be changed. Others of an object's properties are passed over, as Graph does with what is read-only. */
export const AlertPatch = z
  .object({
    status: z.string().max(64),
    classification: z.string().max(64),
    determination: z.string().max(64),
    assignedTo: z.string().max(512).nullable(),
  })
  .partial();
export const IncidentPatch = AlertPatch.extend({
  displayName: z.string().trim().min(1).max(512),
  severity: z.string().max(64),
  customTags: z.array(z.string().min(1).max(64)).max(50),
  resolvingComment: z.string().max(30_000),
}).partial();
export const CommentBody = z.object({ comment: z.string().trim().min(1).max(30_000) });
