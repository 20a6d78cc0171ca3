import { SallyportError, type Alert, type Classification, type Determination } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { insertActivities, lockIncidents, publishIncidents } from './store.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'>;

export interface AlertChange {
  readonly status?: Alert['status'];
  readonly owner?: string | null;
  readonly classification?: Classification;
  readonly determination?: Determination | null;
}
interface AlertState {
  readonly name: string;
  readonly incident_number: number | null;
  readonly status: Alert['status'];
  readonly owner: string | null;
  readonly classification: Classification | null;
  readonly determination: Determination | null;
}

/** As many as an incident has (reference 04). */
const commentsMax = 100;

/**
 * Changes one alert for a person, in an incident or not; its incident's log tells of it. Answers what changed, in words; nothing when nothing did. Throws
 * NotFound. `id` is a UUID.
 */
export async function changeAlert(
  { clock, database, outbox }: Needs,
  id: string,
  change: AlertChange,
  by: string,
): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    const before = await lockedAlert(tx, id);
    const classification = change.classification ?? before.classification;
    const next: AlertState = {
      ...before,
      status: change.status ?? before.status,
      owner: change.owner === undefined ? before.owner : change.owner,
      classification,
      // As of an incident: it goes with its classification.
      determination:
        change.determination === undefined
          ? classification === before.classification
            ? before.determination
            : null
          : change.determination,
    };
    const texts = differences(before, next);
    if (texts.length === 0) return texts;
    const now = clock.now();
    await tx.execute(
      `UPDATE alerts SET status = $2, owner = $3, classification = $4, determination = $5, updated_at = $6,
         resolved_at = CASE WHEN $2 = 'Resolved' THEN coalesce(resolved_at, $6) END WHERE id = $1`,
      [id, next.status, next.owner, next.classification, next.determination, now],
    );
    await tell(tx, outbox, before, `Alert “${before.name}”: ${texts.join('; ')}`, by, now);
    return texts;
  });
}

/** Adds a person's comment to an alert; its incident's log tells of it. Throws NotFound, and BadRequest when 100 are there. */
export async function addAlertComment(
  { clock, database, outbox }: Needs,
  id: string,
  message: string,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    const alert = await lockedAlert(tx, id);
    const held = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM alert_comments WHERE alert_id = $1', [
      id,
    ]);
    if ((held?.n ?? 0) >= commentsMax)
      throw new SallyportError('BadRequest', `an alert holds at most ${commentsMax} comments`);
    const now = clock.now();
    await tx.execute('INSERT INTO alert_comments (alert_id, at, by, text) VALUES ($1, $2, $3, $4)', [
      id,
      now,
      by,
      message.replaceAll('\0', '\u{FFFD}'),
    ]);
    await tx.execute('UPDATE alerts SET updated_at = $2 WHERE id = $1', [id, now]);
    await tell(tx, outbox, alert, `Commented on alert “${alert.name}”`, by, now);
  });
}

async function lockedAlert(tx: Queryable, id: string): Promise<AlertState> {
  await lockIncidents(tx);
  const alert = await tx.first<AlertState>(
    'SELECT name, incident_number, status, owner, classification, determination FROM alerts WHERE id = $1',
    [id],
  );
  if (!alert) throw new SallyportError('NotFound', `there is no alert ${id}`);
  return alert;
}

async function tell(
  tx: Queryable,
  outbox: Platform['outbox'],
  { incident_number: incident }: AlertState,
  text: string,
  by: string,
  now: Date,
): Promise<void> {
  if (incident === null) return;
  await insertActivities(tx, [{ incident, by, kind: 'changed', text }], now);
  await tx.execute(
    'UPDATE incidents SET updated_at = $2, modified_by = $3, first_modified_at = coalesce(first_modified_at, $2) WHERE number = $1',
    [incident, now, by],
  );
  await publishIncidents(tx, outbox, [incident]);
}

function differences(before: AlertState, next: AlertState): string[] {
  const told = (name: string, from: string | null, to: string | null) =>
    from === to ? [] : [`${name}: ${from ?? 'none'} → ${to ?? 'none'}`];
  return [
    ...told('Status', before.status, next.status),
    ...told('Owner', before.owner, next.owner),
    ...told('Classification', before.classification, next.classification),
    ...told('Determination', before.determination, next.determination),
  ];
}
