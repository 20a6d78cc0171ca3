import type { Board, Placement } from './correlation/index.ts';
import { engine, type NewActivity, type NewAlert } from './types.ts';

/** At most this many shared things are named in an activity. */
const sharedNamedMax = 3;
/** Of one incident at once; more are told in one activity. */
const addedToldMax = 20;

/** What the activity logs say of alerts that were placed. */
export function activitiesOf(
  { placements, bridges }: { readonly placements: readonly Placement[]; readonly bridges: readonly Placement[] },
  board: Board,
  number: (boardNumber: number) => number,
  alerts: ReadonlyMap<string, NewAlert>,
  firstNew: number,
): NewActivity[] {
  const seen = new Set<number>();
  const added = new Map<number, number>();
  const told = placements.flatMap((placement): NewActivity[] => {
    const incident = number(board.resolve(placement.incident));
    const alert = alerts.get(placement.alertId)!;
    const isNew = board.resolve(placement.incident) >= firstNew && !seen.has(incident);
    seen.add(incident);
    const nth = (added.get(incident) ?? 0) + 1;
    added.set(incident, nth);
    return [
      ...(nth > addedToldMax ? [] : [addedActivity(placement, alert, incident, isNew, number)]),
      ...mergedActivities(placement, alert, incident, firstNew),
    ];
  });
  const bridged = bridges.flatMap((bridge) =>
    mergedActivities(bridge, alerts.get(bridge.alertId)!, number(board.resolve(bridge.incident)), firstNew),
  );
  const more = [...added]
    .filter(([, count]) => count > addedToldMax)
    .map(([incident, count]): NewActivity => ({
      incident,
      by: engine,
      kind: 'alertAdded',
      text: `${count - addedToldMax} more alerts added at once.`,
    }));
  return [...told, ...bridged, ...more];
}

function addedActivity(
  { decision, ignored }: Placement,
  alert: NewAlert,
  incident: number,
  isNew: boolean,
  number: (boardNumber: number) => number,
): NewActivity {
  const apart = decision.apart.map(
    (other) => ` Related to incident ${number(other.number)}, kept apart: ${other.reason}.`,
  );
  const notBy = ignored.length > 0 ? ` Not joined by ${someOf(ignored, '; ')}.` : '';
  const text = isNew
    ? `Created by alert “${alert.name}”.${notBy}`
    : `Alert “${alert.name}” added: ${sharedText(decision.shared)}.${decision.reopen ? ' Opened again.' : ''}`;
  return {
    incident,
    by: engine,
    kind: isNew ? 'created' : 'alertAdded',
    text: text + apart.slice(0, sharedNamedMax).join(''),
  };
}

const mergedActivities = (
  { decision }: Placement,
  alert: NewAlert,
  incident: number,
  firstNew: number,
): NewActivity[] =>
  decision.merge
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
    ]);

/** Of what an alert shares with an incident. */
export const sharedText = (shared: readonly string[]): string =>
  shared.length === 0 ? 'shares what an alert merged with it shares' : `shares ${someOf(shared, ', ')}`;

const someOf = (texts: readonly string[], by: string): string =>
  texts.slice(0, sharedNamedMax).join(by) +
  (texts.length > sharedNamedMax ? ` and ${texts.length - sharedNamedMax} more` : '');
