import { randomUUID } from 'node:crypto';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { Board, linkKeys, reachSeconds, shareableKeys, type AlertFacts, type Placement } from './correlation/index.ts';
import { emptyInventory, namesOf, withKnown, type Inventory } from './entities/index.ts';
import { loadShared } from './shared/store.ts';
import {
  insertActivities,
  insertAlerts,
  insertIncidents,
  knownAlerts,
  loadBoard,
  lockIncidents,
  publishIncidents,
  redirectIncidents,
  saveSpans,
} from './store.ts';
import { stormsOf } from './storms.ts';
import { moveTallies, summarise, tally } from './tally.ts';
import { activitiesOf, sharedText } from './telling.ts';
import { sortOutTold } from './told.ts';
import { engine, type NewAlert, type Raised } from './types.ts';

/** A transaction that holds the correlation lock shouldn't hold it long. */
export const alertsPerRaiseMax = 500;

export type Raising = Pick<Platform, 'clock' | 'outbox'> & {
  /** Default: one that knows nothing. */
  readonly inventory?: Inventory;
};

/**
 * Stores alerts, puts each into its incident, and writes their `SecurityAlert` and `SecurityIncident` rows, all in `tx`. Alerts whose ids are known are
 * left out, so doing it again changes nothing. Holds the correlation lock until `tx` ends. Throws RangeError for more than 500 alerts.
 */
export async function raise(
  { clock, outbox, inventory = emptyInventory }: Raising,
  alerts: readonly NewAlert[],
  tx: Queryable,
): Promise<Raised> {
  if (alerts.length > alertsPerRaiseMax) throw new RangeError(`more than ${alertsPerRaiseMax} alerts at once`);
  if (alerts.length === 0) return { alertIds: [], incidents: [] };
  // Before the lock: it is the engine that is asked.
  const known = await inventory(alerts.flatMap(({ entities }) => entities.flatMap(namesOf)));
  await lockIncidents(tx);
  const old = await knownAlerts(
    tx,
    alerts.map((alert) => alert.id),
  );
  const unknown = [...new Map(alerts.filter((a) => !old.has(a.id)).map((alert) => [alert.id, alert])).values()];
  const now = clock.now();
  const { fresh, told, known: toldAlready, retold } = await sortOutTold({ outbox }, unknown, tx, now);
  if (fresh.length === 0 && toldAlready.length === 0) return { alertIds: [], incidents: [] };
  const sorted = fresh.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime() || (a.id < b.id ? -1 : 1));

  const toPlace = sorted.filter((alert) => alert.createIncident);
  const storms = await stormsOf(tx, toPlace);
  const factsOf = (alert: NewAlert): AlertFacts => ({
    ...alertFacts(alert),
    entities: withKnown(alert.entities, known),
    storm: storms.has(alert.id),
    told: told.get(alert.id) ?? [],
  });
  const { board, placements, bridges, firstNew } = await placeAll(tx, toPlace.map(factsOf), toldAlready.map(factsOf));
  const number = renumber(board, placements, firstNew);
  const byId = new Map([...sorted, ...toldAlready].map((alert) => [alert.id, alert]));
  const created = [...new Set(placements.filter((p) => p.created).map((p) => board.resolve(p.incident)))].filter(
    (boardNumber) => boardNumber >= firstNew,
  );
  await insertIncidents(
    tx,
    created.map((boardNumber) => ({
      number: number(boardNumber),
      name: randomUUID(),
      ...ofFirst(byId.get(placements.find((p) => board.resolve(p.incident) === boardNumber)!.alertId)!),
    })),
    now,
    engine,
  );
  const placed = new Map(placements.map((p) => [p.alertId, p]));
  const stored = sorted.map((alert) => {
    const placement = placed.get(alert.id);
    if (!placement) return { alert, incident: null, linkedBy: '' };
    const { decision } = placement;
    return {
      alert,
      incident: number(board.resolve(placement.incident)),
      linkedBy: decision.target === undefined ? '' : sharedText(decision.shared),
    };
  });
  await insertAlerts(tx, stored, now);
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
  await moveTallies(tx, redirects);
  await tally(
    tx,
    stored.flatMap(({ alert, incident }) => (incident === null ? [] : [{ alert, incident }])),
  );
  const touched = [...new Set([...board.touched, ...retold].map((one) => number(board.resolve(one))))].toSorted(
    (a, b) => a - b,
  );
  const reopened = new Set(placements.filter((p) => p.decision.reopen).map((p) => number(board.resolve(p.incident))));
  await summarise(tx, touched, reopened, now);
  await insertActivities(tx, activitiesOf({ placements, bridges }, board, number, byId, firstNew), now);
  await outbox.write(
    'SecurityAlert',
    sorted.flatMap((alert) => (alert.row ? [alert.row] : [])),
    tx,
  );
  await publishIncidents(tx, outbox, [...redirects.keys(), ...touched]);
  return { alertIds: sorted.map((alert) => alert.id), incidents: touched };
}

/** `known`: alerts that are not placed, and may show incidents to be one. */
async function placeAll(
  tx: Queryable,
  facts: readonly AlertFacts[],
  known: readonly AlertFacts[],
): Promise<{ board: Board; placements: Placement[]; bridges: Placement[]; firstNew: number }> {
  const all = [...facts, ...known];
  if (all.length === 0)
    return { board: new Board({ incidents: [], spans: [], nextNumber: 1 }), placements: [], bridges: [], firstNew: 1 };
  const times = {
    from: Math.min(...all.map((alert) => alert.startAt)),
    to: Math.max(...all.map((alert) => alert.endAt)),
  };
  const shared = await loadShared(tx, [...new Set(all.flatMap(shareableKeys))], times);
  const links = facts.flatMap((alert) => linkKeys(alert, shared(alert.startAt)).keys);
  const reach = 1_000 * Math.max(reachSeconds, ...links.map((link) => link.windowSeconds));
  const around = { from: times.from - reach, to: times.to + reach };
  const told = all.flatMap((alert) => alert.told ?? []);
  const state = await loadBoard(tx, [...new Set(links.map(({ key }) => key))], around, told);
  const board = new Board({ ...state, shared });
  const placements = facts.map((alert) => board.place(alert));
  const bridges = known.flatMap((alert) => board.bridge(alert) ?? []);
  return { board, placements, bridges, firstNew: state.nextNumber };
}

/** What a new incident has of its first alert. */
const ofFirst = ({ description, workspaceId }: NewAlert) => ({ description, workspaceId: workspaceId ?? null });

/** What of an alert decides, without what the inventory knows. */
export const alertFacts = (alert: Omit<NewAlert, 'row' | 'description' | 'query'>): AlertFacts => ({
  id: alert.id,
  ruleId: alert.ruleId,
  ...(alert.workspaceId === undefined ? {} : { workspaceId: alert.workspaceId }),
  name: alert.name,
  severity: alert.severity,
  tactics: alert.tactics,
  startAt: alert.startTime.getTime(),
  endAt: alert.endTime.getTime(),
  entities: alert.entities,
  customDetails: alert.customDetails,
  grouping: alert.grouping,
  storm: false,
});

/** The board's numbers of new incidents, without the gaps that its own merges left. */
function renumber(board: Board, placements: readonly Placement[], firstNew: number): (boardNumber: number) => number {
  const survivors = [...new Set(placements.map((p) => board.resolve(p.incident)))]
    .filter((boardNumber) => boardNumber >= firstNew)
    .toSorted((a, b) => a - b);
  const numbers = new Map(survivors.map((boardNumber, index) => [boardNumber, firstNew + index]));
  return (boardNumber) => numbers.get(boardNumber) ?? boardNumber;
}
