import { randomUUID } from 'node:crypto';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { Board, defaultWindowSeconds, linkKeys, type AlertFacts, type Placement } from './correlation/index.ts';
import {
  contentsOf,
  insertActivities,
  insertAlerts,
  insertIncidents,
  json,
  knownAlerts,
  loadBoard,
  lockIncidents,
  publishIncidents,
  redirectIncidents,
  saveSpans,
  type IncidentContents,
} from './store.ts';
import { highest, orderedTactics, titleOf } from './summary.ts';
import { engine, type NewActivity, type NewAlert, type Raised } from './types.ts';

/** A transaction that holds the correlation lock shouldn't hold it long. */
export const alertsPerRaiseMax = 500;

/**
 * Stores alerts, puts each into its incident, and writes their `SecurityAlert` and `SecurityIncident` rows, all in `tx`. Alerts whose ids are known are
 * left out, so doing it again changes nothing. Holds the correlation lock until `tx` ends. Throws RangeError for more than 500 alerts.
 */
export async function raise(
  { clock, outbox }: Pick<Platform, 'clock' | 'outbox'>,
  alerts: readonly NewAlert[],
  tx: Queryable,
): Promise<Raised> {
  if (alerts.length > alertsPerRaiseMax) throw new RangeError(`more than ${alertsPerRaiseMax} alerts at once`);
  if (alerts.length === 0) return { alertIds: [], incidents: [] };
  await lockIncidents(tx);
  const known = await knownAlerts(
    tx,
    alerts.map((alert) => alert.id),
  );
  const fresh = [...new Map(alerts.filter((alert) => !known.has(alert.id)).map((alert) => [alert.id, alert])).values()];
  if (fresh.length === 0) return { alertIds: [], incidents: [] };
  const sorted = fresh.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime() || (a.id < b.id ? -1 : 1));

  const now = clock.now();
  const { board, placements, firstNew } = await placeAll(tx, sorted);
  const number = renumber(board, placements, firstNew);
  const byId = new Map(sorted.map((alert) => [alert.id, alert]));
  const created = [...new Set(placements.filter((p) => p.created).map((p) => board.resolve(p.incident)))].filter(
    (boardNumber) => boardNumber >= firstNew,
  );
  await insertIncidents(
    tx,
    created.map((boardNumber) => ({
      number: number(boardNumber),
      name: randomUUID(),
      description: byId.get(placements.find((p) => board.resolve(p.incident) === boardNumber)!.alertId)!.description,
    })),
    now,
    engine,
  );
  const incidentOf = new Map(placements.map((p) => [p.alertId, number(board.resolve(p.incident))]));
  await insertAlerts(
    tx,
    sorted.map((alert) => ({ alert, incident: incidentOf.get(alert.id) ?? null })),
    now,
  );
  // A merged incident that this board made was never written, and leaves no signpost.
  const redirects = new Map(
    [...board.redirects]
      .filter(([source]) => source < firstNew)
      .map(([source]) => [source, number(board.resolve(source))]),
  );
  const changes = board.changes;
  await saveSpans(
    tx,
    {
      removed: changes.removed,
      added: changes.added.map((span) => ({ ...span, incident: number(board.resolve(span.incident)) })),
    },
    redirects,
  );
  await redirectIncidents(tx, redirects, now);
  const touched = board.touched.map(number).toSorted((a, b) => a - b);
  const reopened = new Set(placements.filter((p) => p.decision.reopen).map((p) => number(board.resolve(p.incident))));
  await summarise(tx, touched, reopened, now);
  await insertActivities(tx, activitiesOf(placements, board, number, byId, firstNew), now);
  await outbox.write(
    'SecurityAlert',
    sorted.flatMap((alert) => (alert.row ? [alert.row] : [])),
    tx,
  );
  await publishIncidents(tx, outbox, [...redirects.keys(), ...touched]);
  return { alertIds: sorted.map((alert) => alert.id), incidents: touched };
}

async function placeAll(
  tx: Queryable,
  alerts: readonly NewAlert[],
): Promise<{ board: Board; placements: Placement[]; firstNew: number }> {
  const facts = alerts.filter((alert) => alert.createIncident).map(factsOf);
  const keys = facts.flatMap((alert) => linkKeys(alert));
  if (facts.length === 0)
    return { board: new Board({ incidents: [], spans: [], nextNumber: 1 }), placements: [], firstNew: 1 };
  const window = 1_000 * Math.max(defaultWindowSeconds, ...keys.map((key) => key.windowSeconds));
  const state = await loadBoard(tx, [...new Set(keys.map((key) => key.key))], {
    from: Math.min(...facts.map((alert) => alert.startAt)) - window,
    to: Math.max(...facts.map((alert) => alert.endAt)) + window,
  });
  const board = new Board(state);
  return { board, placements: facts.map((alert) => board.place(alert)), firstNew: state.nextNumber };
}

const factsOf = (alert: NewAlert): AlertFacts => ({
  id: alert.id,
  ruleId: alert.ruleId,
  name: alert.name,
  severity: alert.severity,
  startAt: alert.startTime.getTime(),
  endAt: alert.endTime.getTime(),
  entities: alert.entities,
  customDetails: alert.customDetails,
  grouping: alert.grouping,
});

/** The board's numbers of new incidents, without the gaps that its own merges left. */
function renumber(board: Board, placements: readonly Placement[], firstNew: number): (boardNumber: number) => number {
  const survivors = [...new Set(placements.map((p) => board.resolve(p.incident)))]
    .filter((boardNumber) => boardNumber >= firstNew)
    .toSorted((a, b) => a - b);
  const numbers = new Map(survivors.map((boardNumber, index) => [boardNumber, firstNew + index]));
  return (boardNumber) => numbers.get(boardNumber) ?? boardNumber;
}

/**
 * Title, severity, tactics, times and counts from what the incidents now hold. What a person has set stays, and of an incident without alerts all but what
 * is counted.
 */
export async function summarise(
  tx: Queryable,
  numbers: readonly number[],
  reopened: ReadonlySet<number>,
  now: Date,
  by: string = engine,
): Promise<void> {
  const contents = [...(await contentsOf(tx, numbers))];
  const empty = contents.filter(([, { alerts }]) => alerts.length === 0).map(([number]) => number);
  if (empty.length > 0)
    await tx.execute(
      `UPDATE incidents SET alert_count = 0, entity_count = 0, tactics = '{}', techniques = '{}', rule_ids = '{}', updated_at = $2, modified_by = $3
       WHERE number = ANY($1)`,
      [empty, now, by],
    );
  const filled = contents.filter(([number]) => !empty.includes(number));
  if (filled.length === 0) return;
  const rows = filled.map(([number, content]) => ({
    number,
    ...summaryOf(content),
    reopened: reopened.has(number),
  }));
  await tx.execute(
    `UPDATE incidents i SET
       title = CASE WHEN i.title_fixed THEN i.title ELSE x.title END,
       severity = CASE WHEN i.severity_fixed THEN i.severity ELSE x.severity END,
       status = CASE WHEN x.reopened THEN 'Active' ELSE i.status END,
       closed_at = CASE WHEN x.reopened THEN NULL ELSE i.closed_at END,
       tactics = x.tactics, techniques = x.techniques, rule_ids = x.rule_ids,
       alert_count = x.alert_count, entity_count = x.entity_count,
       first_activity_at = x.first_activity_at, last_activity_at = x.last_activity_at, updated_at = $2, modified_by = $3
     FROM jsonb_to_recordset($1::jsonb) AS x(number int, title text, severity text, tactics text[], techniques text[], rule_ids text[],
       alert_count int, entity_count int, first_activity_at timestamptz, last_activity_at timestamptz, reopened boolean)
     WHERE i.number = x.number`,
    [json(rows), now, by],
  );
}

function summaryOf({ alerts, main, entityCount }: IncidentContents) {
  return {
    title: titleOf(alerts, main),
    severity: highest(alerts.map((alert) => alert.severity)),
    tactics: orderedTactics(alerts.flatMap((alert) => alert.tactics)),
    techniques: [...new Set(alerts.flatMap((alert) => alert.techniques))].toSorted(),
    rule_ids: [...new Set(alerts.map((alert) => alert.ruleId))].toSorted(),
    alert_count: alerts.length,
    entity_count: entityCount,
    first_activity_at: new Date(Math.min(...alerts.map((alert) => alert.startTime.getTime()))),
    last_activity_at: new Date(Math.max(...alerts.map((alert) => alert.endTime.getTime()))),
  };
}

/** At most this many shared things are named in an activity. */
const sharedNamedMax = 3;

function activitiesOf(
  placements: readonly Placement[],
  board: Board,
  number: (boardNumber: number) => number,
  alerts: ReadonlyMap<string, NewAlert>,
  firstNew: number,
): NewActivity[] {
  const seen = new Set<number>();
  return placements.flatMap((placement): NewActivity[] => {
    const incident = number(board.resolve(placement.incident));
    const alert = alerts.get(placement.alertId)!;
    const isNew = board.resolve(placement.incident) >= firstNew && !seen.has(incident);
    seen.add(incident);
    const { decision } = placement;
    const apart = decision.apart.map(
      (other) => ` Related to incident ${number(other.number)}, kept apart: ${other.reason}.`,
    );
    const text = isNew
      ? `Created by alert “${alert.name}”.`
      : `Alert “${alert.name}” added: ${sharedText(decision.shared)}.${decision.reopen ? ' Opened again.' : ''}`;
    return [
      {
        incident,
        by: engine,
        kind: isNew ? 'created' : 'alertAdded',
        text: text + apart.slice(0, sharedNamedMax).join(''),
      },
      ...decision.merge
        .filter((source) => source.number < firstNew)
        .flatMap((source): NewActivity[] => [
          {
            incident,
            by: engine,
            kind: 'merged',
            text: `Incident ${source.number} merged into this one: alert “${alert.name}” ${sharedText(source.shared)} with it.`,
          },
          {
            incident: source.number,
            by: engine,
            kind: 'merged',
            text: `Merged into incident ${incident}; its alerts are there now.`,
          },
        ]),
    ];
  });
}

const sharedText = (shared: readonly string[]): string => {
  if (shared.length === 0) return 'shares what an alert merged with it shares';
  const more = shared.length > sharedNamedMax ? ` and ${shared.length - sharedNamedMax} more` : '';
  return `shares ${shared.slice(0, sharedNamedMax).join(', ')}${more}`;
};
