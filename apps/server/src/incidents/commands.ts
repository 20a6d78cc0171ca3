import { randomUUID } from 'node:crypto';
import { SallyportError, type IncidentChange } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { planChange } from './change.ts';
import { insertActivities, lockIncidents, publishIncidents } from './store.ts';
import type { IncidentRow } from './types.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'>;

/** Reference 04: an incident holds 100 comments. */
export const commentsMax = 100;

/**
 * Changes an incident for a person. Closing it resolves its alerts. Answers what changed, in words; nothing when nothing did. Throws NotFound, Conflict
 * (merged) and BadRequest as `planChange` does. `check` sees it as it is before the change, and throws when it must not be made.
 */
export async function changeIncident(
  { clock, database, outbox }: Needs,
  number: number,
  change: IncidentChange,
  by: string,
  check: (before: IncidentRow) => void = () => undefined,
): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    const before = await lockedIncident(tx, number);
    check(before);
    const now = clock.now();
    const { next, texts, changes } = planChange(before, change, by, now);
    if (texts.length === 0) return texts;
    await tx.execute(
      `UPDATE incidents SET title = $2, title_fixed = $3, severity = $4, severity_fixed = $5, status = $6, owner = $7, classification = $8,
         classification_reason = $9, classification_comment = $10, labels = $11, closed_at = $12, first_modified_at = $13, updated_at = $14, modified_by = $15,
         determination = $16, description = $17, acknowledged_at = $18
       WHERE number = $1`,
      [
        number,
        next.title,
        next.title_fixed,
        next.severity,
        next.severity_fixed,
        next.status,
        next.owner,
        next.classification,
        next.classification_reason,
        next.classification_comment,
        next.labels,
        next.closed_at,
        next.first_modified_at,
        now,
        by,
        next.determination,
        next.description,
        next.acknowledged_at,
      ],
    );
    await changeAlerts(tx, before, next, now);
    await insertActivities(tx, [{ incident: number, by, kind: 'changed', text: texts.join('\n'), changes }], now);
    await publishIncidents(tx, outbox, [number]);
    return texts;
  });
}

/** Reference 01: resolving an incident resolves its alerts; taking it up, opening it again and assigning it take them along. */
async function changeAlerts(tx: Queryable, before: IncidentRow, next: IncidentRow, now: Date): Promise<void> {
  if (before.owner !== next.owner)
    await tx.execute('UPDATE alerts SET owner = $2, updated_at = $3 WHERE incident_number = $1', [
      next.number,
      next.owner,
      now,
    ]);
  if (before.status === next.status) return;
  const status = { New: 'New', Active: 'InProgress', Closed: 'Resolved' }[next.status];
  await tx.execute(
    `UPDATE alerts SET status = $2, updated_at = $3, resolved_at = CASE WHEN $2 = 'Resolved' THEN coalesce(resolved_at, $3) END
     WHERE incident_number = $1 AND status <> 'Dismissed'`,
    [next.number, status, now],
  );
}

/** Adds a person's comment, known by `name` (a UUID that no other of the incident has). Throws NotFound, Conflict (merged), and BadRequest when 100 are there. */
export async function addComment(
  { clock, database, outbox }: Needs,
  number: number,
  message: string,
  by: string,
  name: string = randomUUID(),
): Promise<void> {
  await database.transaction(async (tx) => {
    const incident = await lockedIncident(tx, number);
    if (incident.redirected_to !== null)
      throw new SallyportError('Conflict', `incident ${number} was merged into incident ${incident.redirected_to}`);
    if (incident.comment_count >= commentsMax)
      throw new SallyportError('BadRequest', `an incident holds at most ${commentsMax} comments`);
    const now = clock.now();
    await insertActivities(tx, [{ incident: number, by, kind: 'comment', text: message, name }], now);
    await tx.execute(
      `UPDATE incidents SET comment_count = comment_count + 1, updated_at = $2, modified_by = $3, first_modified_at = coalesce(first_modified_at, $2)
       WHERE number = $1`,
      [number, now, by],
    );
    await publishIncidents(tx, outbox, [number]);
  });
}

/** An incident, and the right to change incidents until `tx` ends. Throws NotFound. */
export async function lockedIncident(tx: Queryable, number: number): Promise<IncidentRow> {
  await lockIncidents(tx);
  const incident = await tx.first<IncidentRow>('SELECT * FROM incidents WHERE number = $1', [number]);
  if (!incident) throw new SallyportError('NotFound', `there is no incident ${number}`);
  return incident;
}
