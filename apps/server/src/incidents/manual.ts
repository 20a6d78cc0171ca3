import { randomUUID } from 'node:crypto';
import { SallyportError, type IncidentChange } from '@sallyport/contracts';
import type { Platform } from '../platform/types.ts';
import { planChange } from './change.ts';
import { lockedIncident } from './commands.ts';
import { insertActivities, insertIncidents, lockIncidents, nextNumber, publishIncidents } from './store.ts';
import type { IncidentRow } from './types.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'>;

export interface NewIncident {
  /** A UUID. */
  readonly name: string;
  /** Null: the first. */
  readonly workspaceId: string | null;
  /** Title, severity and status are needed. */
  readonly change: IncidentChange & Required<Pick<IncidentChange, 'title' | 'severity' | 'status'>>;
  readonly firstActivity: Date | undefined;
  readonly lastActivity: Date | undefined;
}

/** Makes an incident by hand, without alerts. Answers its number. Throws Conflict for a name that is or was another's, BadRequest as `planChange` does. */
export async function createIncident(
  { clock, database, outbox }: Needs,
  { name, workspaceId, change, firstActivity, lastActivity }: NewIncident,
  by: string,
): Promise<number> {
  return database.transaction(async (tx) => {
    await lockIncidents(tx);
    const known = await tx.first(
      'SELECT 1 FROM incidents WHERE name = $1 UNION ALL SELECT 1 FROM deleted_incidents WHERE name = $1',
      [name],
    );
    if (known) throw new SallyportError('Conflict', `there is or was an incident ${name}`);
    const now = clock.now();
    const number = await nextNumber(tx);
    await insertIncidents(tx, [{ number, name, workspaceId, description: change.description ?? '' }], now, by);
    const { next } = planChange(await lockedIncident(tx, number), change, by, now);
    await tx.execute(
      `UPDATE incidents SET title = $2, title_fixed = true, severity = $3, severity_fixed = true, status = $4, owner = $5, classification = $6,
         classification_reason = $7, classification_comment = $8, labels = $9, closed_at = $10, first_activity_at = $11, last_activity_at = $12,
         acknowledged_at = $13
       WHERE number = $1`,
      [
        number,
        next.title,
        next.severity,
        next.status,
        next.owner,
        next.classification,
        next.classification_reason,
        next.classification_comment,
        next.labels,
        next.closed_at,
        firstActivity ?? now,
        lastActivity ?? firstActivity ?? now,
        next.acknowledged_at,
      ],
    );
    await insertActivities(tx, [{ incident: number, by, kind: 'created', text: 'Created by hand.' }], now);
    await publishIncidents(tx, outbox, [number]);
    return number;
  });
}

/** Deletes an incident; its alerts stay, in no incident. `check` as of `changeIncident`. Throws NotFound. */
export async function deleteIncident(
  { clock, database }: Needs,
  number: number,
  by: string,
  check: (before: IncidentRow) => void = () => undefined,
): Promise<void> {
  await database.transaction(async (tx) => {
    const incident = await lockedIncident(tx, number);
    check(incident);
    const now = clock.now();
    await tx.execute('UPDATE alerts SET incident_number = NULL, updated_at = $2 WHERE incident_number = $1', [
      number,
      now,
    ]);
    await tx.execute('UPDATE incidents SET redirected_to = NULL, updated_at = $2 WHERE redirected_to = $1', [
      number,
      now,
    ]);
    await tx.execute('DELETE FROM incident_keys WHERE incident_number = $1', [number]);
    await tx.execute('DELETE FROM incident_rules WHERE incident_number = $1', [number]);
    await tx.execute('DELETE FROM incident_entities WHERE incident_number = $1', [number]);
    await tx.execute('DELETE FROM incident_activities WHERE incident_number = $1', [number]);
    await tx.execute('DELETE FROM incidents WHERE number = $1', [number]);
    await tx.execute('INSERT INTO deleted_incidents (number, name, at, by) VALUES ($1, $2, $3, $4)', [
      number,
      incident.name,
      now,
      by,
    ]);
  });
}

/** Changes the text of a comment. Throws NotFound, and Forbidden for another's. */
export async function editComment(
  { clock, database, outbox }: Needs,
  number: number,
  comment: { name: string; message: string },
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockedIncident(tx, number);
    await ownComment(tx, number, comment.name, by);
    const now = clock.now();
    await tx.execute(
      'UPDATE incident_activities SET text = $3, modified_at = $4 WHERE incident_number = $1 AND name = $2',
      [number, comment.name, comment.message.replaceAll('\0', '\u{FFFD}'), now],
    );
    await tx.execute('UPDATE incidents SET updated_at = $2, modified_by = $3 WHERE number = $1', [number, now, by]);
    await publishIncidents(tx, outbox, [number]);
  });
}

/** Takes a comment away; the log tells that there was one. Throws NotFound, and Forbidden for another's. */
export async function deleteComment(
  { clock, database, outbox }: Needs,
  number: number,
  name: string,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockedIncident(tx, number);
    await ownComment(tx, number, name, by);
    const now = clock.now();
    await tx.execute('DELETE FROM incident_activities WHERE incident_number = $1 AND name = $2', [number, name]);
    await tx.execute(
      'UPDATE incidents SET comment_count = comment_count - 1, updated_at = $2, modified_by = $3 WHERE number = $1',
      [number, now, by],
    );
    const text = 'A comment was deleted by who wrote it.';
    await insertActivities(tx, [{ incident: number, by, kind: 'changed', text, name: randomUUID() }], now);
    await publishIncidents(tx, outbox, [number]);
  });
}

async function ownComment(
  tx: Pick<Platform['database'], 'first'>,
  number: number,
  name: string,
  by: string,
): Promise<void> {
  const comment = await tx.first<{ by: string }>(
    `SELECT by FROM incident_activities WHERE incident_number = $1 AND name = $2 AND kind = 'comment'`,
    [number, name],
  );
  if (!comment) throw new SallyportError('NotFound', `there is no comment ${name}`);
  if (comment.by !== by) throw new SallyportError('Forbidden', 'a comment is changed by who wrote it');
}
