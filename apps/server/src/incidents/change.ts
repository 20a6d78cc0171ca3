import {
  SallyportError,
  type Classification,
  type ClassificationReason,
  type IncidentChange,
} from '@sallyport/contracts';
import type { z } from 'zod';
import type { FieldChanges, IncidentRow } from './types.ts';

/** Which reasons go with which classification (Sentinel's portal offers these). */
const reasonsOf: Readonly<Record<Classification, readonly z.infer<typeof ClassificationReason>[]>> = {
  TruePositive: ['SuspiciousActivity'],
  BenignPositive: ['SuspiciousButExpected'],
  FalsePositive: ['IncorrectAlertLogic', 'InaccurateData'],
  Undetermined: [],
};

export interface PlannedChange {
  readonly next: IncidentRow;
  /** What changed, for the activity log; empty when nothing did. */
  readonly texts: readonly string[];
  /** The same, for those who are told of it. */
  readonly changes: FieldChanges;
}

/**
 * What a person's change makes of an incident. Pure. Throws Conflict for a merged incident, BadRequest for closing without a classification and for a
 * reason that doesn't go with it.
 */
export function planChange(before: IncidentRow, change: IncidentChange, by: string, now: Date): PlannedChange {
  if (before.redirected_to !== null)
    throw new SallyportError('Conflict', `incident ${before.number} was merged into incident ${before.redirected_to}`);
  const classification = change.classification ?? before.classification;
  const status = change.status ?? before.status;
  if (status === 'Closed' && classification === null)
    throw new SallyportError('BadRequest', 'closing an incident needs a `classification`', {
      target: 'body.classification',
    });
  const reason = reasonFor(before, change, classification);
  const next: IncidentRow = {
    ...before,
    title: change.title ?? before.title,
    title_fixed: before.title_fixed || (change.title !== undefined && change.title !== before.title),
    description: change.description ?? before.description,
    severity: change.severity ?? before.severity,
    severity_fixed: before.severity_fixed || (change.severity !== undefined && change.severity !== before.severity),
    status,
    owner: takenBy(before, change),
    classification,
    classification_reason: reason,
    determination: determinationFor(before, change, classification),
    classification_comment: change.classificationComment ?? before.classification_comment,
    labels: change.labels
      ? [...new Set(change.labels)].filter((l) => !before.system_labels.includes(l))
      : before.labels,
    acknowledged_at: before.acknowledged_at ?? (status !== 'New' || takenBy(before, change) !== null ? now : null),
    closed_at: status !== 'Closed' ? null : (before.closed_at ?? now),
    first_modified_at: before.first_modified_at ?? now,
    updated_at: now,
    modified_by: by,
  };
  return { next, texts: differences(before, next), changes: changesOf(before, next) };
}

const takenBy = (before: IncidentRow, change: IncidentChange): string | null =>
  change.owner === undefined ? before.owner : change.owner;

const toldFields = ['title', 'severity', 'status', 'owner', 'classification', 'determination'] as const;
const changesOf = (before: IncidentRow, next: IncidentRow): FieldChanges =>
  Object.fromEntries(
    toldFields
      .filter((field) => before[field] !== next[field])
      .map((field) => [field, { from: before[field], to: next[field] }]),
  );

function reasonFor(
  before: IncidentRow,
  change: IncidentChange,
  classification: Classification | null,
): IncidentRow['classification_reason'] {
  if (change.classificationReason === undefined)
    return classification === before.classification ? before.classification_reason : null;
  const reason = change.classificationReason;
  if (reason !== null && !(classification && reasonsOf[classification].includes(reason)))
    throw new SallyportError(
      'BadRequest',
      `the reason ${reason} does not go with the classification ${classification ?? 'none'}`,
      {
        target: 'body.classificationReason',
      },
    );
  return reason;
}

/** As a reason, it goes with its classification. */
function determinationFor(
  before: IncidentRow,
  change: IncidentChange,
  classification: Classification | null,
): IncidentRow['determination'] {
  if (change.determination !== undefined) return change.determination;
  return classification === before.classification ? before.determination : null;
}

function differences(before: IncidentRow, next: IncidentRow): string[] {
  const told = (name: string, from: string | null, to: string | null) =>
    from === to ? [] : [`${name}: ${from || 'none'} → ${to || 'none'}`];
  return [
    ...told('Title', before.title, next.title),
    ...told('Severity', before.severity, next.severity),
    ...told('Status', before.status, next.status),
    ...told('Owner', before.owner, next.owner),
    ...told('Classification', before.classification, next.classification),
    ...told('Reason', before.classification_reason, next.classification_reason),
    ...told('Determination', before.determination, next.determination),
    ...told('Labels', before.labels.join(', '), next.labels.join(', ')),
    ...(before.description === next.description ? [] : ['Description changed']),
    ...(before.classification_comment === next.classification_comment ? [] : ['Classification comment changed']),
  ];
}
