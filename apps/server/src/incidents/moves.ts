import { randomUUID } from 'node:crypto';
import { SallyportError, type MergePreview } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { lockedIncident } from './commands.ts';
import { alertsPerIncidentMax, together, whyApart, type IncidentFacts } from './correlation/index.ts';
import type { Inventory } from './entities/index.ts';
import { respan } from './respan.ts';
import {
  incidentFacts,
  insertActivities,
  insertIncidents,
  lockIncidents,
  nextNumber,
  publishIncidents,
  redirectIncidents,
} from './store.ts';
import { moveTallies, recount, summarise } from './tally.ts';
import type { IncidentRow } from './types.ts';

type Needs = Pick<Platform, 'clock' | 'database' | 'outbox'> & { readonly inventory: Inventory };

/** Reference 01: up to five incidents are merged at a time, the one that stays among them. */
export const mergedAtOnceMax = 5;

/** What merging `sources` into `target` would make, and which are refused and why, by the rules of merging. Changes nothing. Throws NotFound. */
export async function previewMerge(db: Queryable, target: number, sources: readonly number[]): Promise<MergePreview> {
  const numbers = distinct(target, sources);
  const facts = new Map((await incidentFacts(db, numbers)).map((one) => [one.number, one]));
  const missing = numbers.find((number) => !facts.has(number));
  if (missing !== undefined) throw new SallyportError('NotFound', `there is no incident ${missing}`);
  // What a person took apart a person may bring together.
  let held: IncidentFacts = { ...facts.get(target)!, apartFrom: [] };
  const merged: number[] = [];
  const refused: { number: number; reason: string }[] = [];
  for (const number of numbers.slice(1)) {
    const one: IncidentFacts = { ...facts.get(number)!, apartFrom: [] };
    const reason = whyApart(held, one);
    if (reason !== undefined) refused.push({ number, reason });
    else {
      merged.push(number);
      held = together(held, one);
    }
  }
  const count = await db.first<{ n: number }>(
    'SELECT count(DISTINCT entity_id)::int AS n FROM incident_entities WHERE incident_number = ANY($1)',
    [[target, ...merged]],
  );
  const { owner, alertCount } = held;
  return { target, merged, refused, owner, alertCount, entityCount: count?.n ?? 0 };
}

/**
 * Merges incidents by hand: alerts, tags and rules of `sources` move to `target`, they are closed and lead there. All or none. Throws NotFound, BadRequest for more than
 * five at once, Conflict where the rules refuse one (closed, or merged already; different owners, classifications, determinations; too many entities).
 */
export async function mergeIncidents(
  { clock, database, outbox }: Needs,
  target: number,
  sources: readonly number[],
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockIncidents(tx);
    const { merged, refused } = await previewMerge(tx, target, sources);
    const [first] = refused;
    if (first)
      throw new SallyportError('Conflict', `incident ${first.number} can't be merged into ${target}: ${first.reason}`);
    const now = clock.now();
    const redirects = new Map(merged.map((source) => [source, target]));
    for (const source of merged) {
      await tx.execute(
        `WITH moved AS (DELETE FROM incident_keys WHERE incident_number = $1 RETURNING key, first_at, last_at, stage)
         INSERT INTO incident_keys SELECT key, $2, first_at, last_at, stage FROM moved
         ON CONFLICT (key, incident_number, stage, first_at) DO UPDATE SET last_at = greatest(incident_keys.last_at, excluded.last_at)`,
        [source, target],
      );
      await tx.execute('DELETE FROM incidents_apart WHERE (one, other) = (least($1::int, $2), greatest($1::int, $2))', [
        source,
        target,
      ]);
    }
    await redirectIncidents(tx, redirects, now);
    await moveTallies(tx, redirects);
    await summarise(tx, [target], new Set(), now, by);
    await insertActivities(
      tx,
      merged.flatMap((source) => [
        { incident: target, by, kind: 'merged' as const, text: `Incident ${source} merged into this one by hand.` },
        { incident: source, by, kind: 'merged' as const, text: `Merged into incident ${target} by hand.` },
      ]),
      now,
    );
    await publishIncidents(tx, outbox, [...merged, target]);
  });
}

/**
 * Takes alerts out of an incident into a new one, which keeps its owner and status; the engine does not bring the two together again. Answers the new number. Throws NotFound,
 * Conflict for a merged incident, BadRequest for alerts that are not in it and when none would be left.
 */
export async function splitIncident(
  { clock, database, outbox, inventory }: Needs,
  number: number,
  alertIds: readonly string[],
  by: string,
): Promise<number> {
  return database.transaction(async (tx) => {
    const incident = await lockedIncident(tx, number);
    refuseMerged(incident);
    const ids = [...new Set(alertIds)];
    const held = await tx.query<{ id: string; description: string }>(
      'SELECT id, description FROM alerts WHERE incident_number = $1 AND id = ANY($2::uuid[]) ORDER BY start_time, id',
      [number, ids],
    );
    const [first] = held;
    if (!first || held.length < ids.length)
      throw new SallyportError('BadRequest', `not all of these alerts are in incident ${number}`, {
        target: 'body.alerts',
      });
    if (held.length >= incident.alert_count)
      throw new SallyportError('BadRequest', 'an incident keeps at least one of its alerts', { target: 'body.alerts' });
    const now = clock.now();
    const made = await nextNumber(tx);
    await insertIncidents(
      tx,
      [{ number: made, name: randomUUID(), description: first.description, workspaceId: incident.workspace_id }],
      now,
      by,
    );
    await tx.execute(
      `UPDATE incidents n SET owner = o.owner, status = o.status, classification = o.classification, classification_reason = o.classification_reason,
         determination = o.determination, closed_at = o.closed_at, first_modified_at = $3,
         acknowledged_at = CASE WHEN o.acknowledged_at IS NOT NULL THEN $3::timestamptz END
       FROM incidents o WHERE n.number = $1 AND o.number = $2`,
      [made, number, now],
    );
    await tx.execute(
      `UPDATE alerts SET incident_number = $2, updated_at = $3, linked_by = '' WHERE incident_number = $1 AND id = ANY($4::uuid[])`,
      [number, made, now, ids],
    );
    await tx.execute('INSERT INTO incidents_apart (one, other, by, at) VALUES ($1, $2, $3, $4)', [
      number,
      made,
      by,
      now,
    ]);
    await settle(tx, inventory, [number, made], by, now);
    const many = held.length === 1 ? 'One alert' : `${held.length} alerts`;
    await insertActivities(
      tx,
      [
        { incident: number, by, kind: 'changed', text: `${many} taken out into incident ${made} by hand.` },
        { incident: made, by, kind: 'created', text: `Split from incident ${number} by hand.` },
      ],
      now,
    );
    await publishIncidents(tx, outbox, [number, made]);
    return made;
  });
}

/**
 * Puts alerts into an incident, or into none, by hand (reference 01: link and unlink). From then on what they share ties later alerts to that incident. Throws NotFound,
 * Conflict for a merged incident and one of another workspace, BadRequest when it is full.
 */
export async function moveAlerts(
  { clock, database, outbox, inventory }: Needs,
  alertIds: readonly string[],
  target: number | null,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockIncidents(tx);
    const alerts = await tx.query<{
      id: string;
      name: string;
      incident_number: number | null;
      workspace_id: string | null;
    }>(
      'SELECT id, name, incident_number, workspace_id FROM alerts WHERE id = ANY($1::uuid[]) ORDER BY start_time, id',
      [alertIds],
    );
    const missing = alertIds.find((id) => !alerts.some((alert) => alert.id === id.toLowerCase()));
    if (missing !== undefined) throw new SallyportError('NotFound', `there is no alert ${missing}`);
    const moved = alerts.filter((alert) => alert.incident_number !== target);
    if (moved.length === 0) return;
    if (target !== null) {
      const into = await lockedIncident(tx, target);
      refuseMerged(into);
      if (moved.some((alert) => alert.workspace_id !== into.workspace_id))
        throw new SallyportError('Conflict', `incident ${target} is of another workspace`);
      if (into.alert_count + moved.length > alertsPerIncidentMax)
        throw new SallyportError('BadRequest', `an incident holds at most ${alertsPerIncidentMax} alerts`);
    }
    const now = clock.now();
    await tx.execute(
      `UPDATE alerts SET incident_number = $2, updated_at = $3, linked_by = $4 WHERE id = ANY($1::uuid[])`,
      [moved.map(({ id }) => id), target, now, target === null ? '' : `added by ${by}`],
    );
    const sources = moved.flatMap((alert) => alert.incident_number ?? []);
    const touched = [...new Set([...sources, ...(target === null ? [] : [target])])].toSorted((a, b) => a - b);
    await settle(tx, inventory, touched, by, now);
    await insertActivities(
      tx,
      moved.flatMap(({ name, incident_number: source }) => [
        ...(source === null
          ? []
          : [{ incident: source, by, kind: 'changed' as const, text: `Alert “${name}” taken out by hand.` }]),
        ...(target === null
          ? []
          : [{ incident: target, by, kind: 'alertAdded' as const, text: `Alert “${name}” added by hand.` }]),
      ]),
      now,
    );
    await publishIncidents(tx, outbox, touched);
  });
}

async function settle(
  tx: Queryable,
  inventory: Inventory,
  numbers: readonly number[],
  by: string,
  now: Date,
): Promise<void> {
  await recount(tx, numbers);
  await summarise(tx, numbers, new Set(), now, by);
  await respan(tx, inventory, numbers);
}

function refuseMerged({ number, redirected_to: into }: IncidentRow): void {
  if (into !== null) throw new SallyportError('Conflict', `incident ${number} was merged into incident ${into}`);
}

function distinct(target: number, sources: readonly number[]): number[] {
  const numbers = [...new Set([target, ...sources])];
  if (numbers.length < 2)
    throw new SallyportError('BadRequest', 'merging needs another incident', { target: 'incidents' });
  if (numbers.length > mergedAtOnceMax)
    throw new SallyportError('BadRequest', `at most ${mergedAtOnceMax} incidents are merged at once`, {
      target: 'incidents',
    });
  return numbers;
}
