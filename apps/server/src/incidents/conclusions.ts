import type { RemediationStatus, Verdict } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { insertActivities, publishIncidents } from './store.ts';

/** What was concluded of one entity of an incident, by more than its alerts' severity. */
export interface Conclusion {
  readonly entityId: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly remediation: RemediationStatus;
}

const reasonCharsMax = 2_000;

/**
 * Stores what is concluded of entities of an incident, in place of what was concluded before, with a line in its log. It stands below what a person found. Nothing for
 * an incident that is not there.
 */
export async function conclude(
  { clock, outbox }: Pick<Platform, 'clock' | 'outbox'>,
  tx: Queryable,
  number: number,
  {
    conclusions,
    by,
    text,
  }: { readonly conclusions: readonly Conclusion[]; readonly by: string; readonly text: string },
): Promise<void> {
  const now = clock.now();
  const found = await tx.execute('UPDATE incidents SET updated_at = $2 WHERE number = $1', [number, now]);
  if (found === 0) return;
  await tx.execute('DELETE FROM incident_conclusions WHERE incident_number = $1', [number]);
  await tx.execute(
    `INSERT INTO incident_conclusions (incident_number, entity_id, verdict, reason, remediation)
     SELECT $1, x.* FROM jsonb_to_recordset($2::jsonb) AS x("entityId" text, verdict text, reason text, remediation text)`,
    [
      number,
      JSON.stringify(
        conclusions.map(({ reason, ...rest }) => ({
          ...rest,
          reason: reason.replaceAll('\0', '\u{FFFD}').slice(0, reasonCharsMax),
        })),
      ),
    ],
  );
  await insertActivities(tx, [{ incident: number, by, kind: 'changed', text }], now);
  await publishIncidents(tx, outbox, [number]);
}

const conclusionsMax = 5_000;

/** What was concluded of an incident's entities, by entity; of incidents that went up in it, too. */
export async function conclusionsOf(db: Queryable, number: number): Promise<ReadonlyMap<string, Conclusion>> {
  const rows = await db.query<Conclusion>(
    `SELECT entity_id AS "entityId", verdict, reason, remediation FROM incident_conclusions
     WHERE incident_number IN (SELECT number FROM incidents WHERE number = $1 OR redirected_to = $1) ORDER BY (incident_number = $1), incident_number LIMIT $2`,
    [number, conclusionsMax],
  );
  return new Map(rows.map((row) => [row.entityId, row]));
}
