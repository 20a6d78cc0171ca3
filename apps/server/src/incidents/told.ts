import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { insertActivities } from './store.ts';
import { orderedTactics } from './summary.ts';
import { engine, type NewAlert } from './types.ts';

interface Teller {
  readonly id: string;
  readonly rule_id: string;
  readonly incident_number: number;
  readonly status: string;
  readonly end_time: Date;
  readonly tactics: readonly string[];
}

/** What of some alerts is new, given those that tell of others (`tellsOf`). */
export interface SortedOut {
  readonly fresh: readonly NewAlert[];
  /** Alert → incidents of the alerts that it tells of, the one with most of them first. */
  readonly told: ReadonlyMap<string, readonly number[]>;
  /** Alerts that are told of by others already; what they tell of belongs together all the same. */
  readonly known: readonly NewAlert[];
  /** Incidents of which an alert was told that is there, and says more now. */
  readonly retold: readonly number[];
}

/**
 * An attack is told of once: where a rule has an alert in the incident of the alerts that another one of it tells of, that alert is brought up to date, in its own row and by a further one of
 * `SecurityAlert`. Of several that tell of one incident at once, the one that tells of most counts. Call under the correlation lock; doing it again changes nothing.
 */
export async function sortOutTold(
  { outbox }: Pick<Platform, 'outbox'>,
  alerts: readonly NewAlert[],
  tx: Queryable,
  now: Date,
): Promise<SortedOut> {
  const told = await incidentsTold(tx, alerts);
  if (told.size === 0) return { fresh: alerts, told, known: [], retold: [] };
  const tellers = await tellersIn(tx, alerts, [...told.values()].flat());
  const most = alerts
    .filter((alert) => told.has(alert.id))
    .toSorted((a, b) => tellsOf(b) - tellsOf(a) || (a.id < b.id ? -1 : 1));
  const taken: { readonly rule: string; readonly incidents: readonly number[] }[] = [];
  const kept = new Set<NewAlert>();
  const retold = new Set<number>();
  for (const alert of most) {
    const incidents = told.get(alert.id) ?? [];
    if (taken.some((one) => one.rule === alert.ruleId && one.incidents.some((number) => incidents.includes(number))))
      continue;
    taken.push({ rule: alert.ruleId, incidents });
    const teller = tellers.find((one) => one.rule_id === alert.ruleId && incidents.includes(one.incident_number));
    if (!teller) kept.add(alert);
    else if (saysMore(alert, teller)) {
      await retell(tx, alert, teller, now);
      const own = { SystemAlertId: teller.id, VendorOriginalId: teller.id, Status: teller.status };
      if (alert.row) await outbox.write('SecurityAlert', [{ ...alert.row, ...own }], tx);
      retold.add(teller.incident_number);
    }
  }
  const isFresh = (alert: NewAlert): boolean => !told.has(alert.id) || kept.has(alert);
  return {
    fresh: alerts.filter(isFresh),
    told,
    known: alerts.filter((alert) => !isFresh(alert)),
    retold: [...retold],
  };
}

const tellsOf = (alert: NewAlert): number => alert.tellsOf?.length ?? 0;

/** Older parts of an attack leave the rule's window; that is no news. */
const saysMore = (alert: NewAlert, teller: Teller): boolean =>
  alert.endTime > teller.end_time || alert.tactics.some((tactic) => !teller.tactics.includes(tactic));

async function incidentsTold(tx: Queryable, alerts: readonly NewAlert[]): Promise<Map<string, readonly number[]>> {
  const ids = [...new Set(alerts.flatMap((alert) => alert.tellsOf ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await tx.query<{ id: string; incident_number: number }>(
    'SELECT id, incident_number FROM alerts WHERE id = ANY($1::uuid[]) AND incident_number IS NOT NULL',
    [ids],
  );
  const incidentOf = new Map(rows.map((row) => [row.id, row.incident_number]));
  return new Map(
    alerts.flatMap((alert) => {
      const numbers = Map.groupBy(
        (alert.tellsOf ?? []).flatMap((id) => incidentOf.get(id) ?? []),
        (number) => number,
      );
      const sorted = [...numbers].toSorted(([a, of], [b, others]) => others.length - of.length || a - b);
      return sorted.length === 0 ? [] : [[alert.id, sorted.map(([number]) => number)] as const];
    }),
  );
}

/** Alerts of the same rules that are in the incidents, the first first. */
const tellersIn = (tx: Queryable, alerts: readonly NewAlert[], incidents: readonly number[]): Promise<Teller[]> =>
  tx.query<Teller>(
    'SELECT id, rule_id, incident_number, status, end_time, tactics FROM alerts WHERE incident_number = ANY($1) AND rule_id = ANY($2) ORDER BY created_at, id',
    [[...new Set(incidents)], [...new Set(alerts.flatMap((alert) => (alert.tellsOf ? [alert.ruleId] : [])))]],
  );

async function retell(tx: Queryable, alert: NewAlert, teller: Teller, now: Date): Promise<void> {
  await tx.execute(
    `UPDATE alerts SET name = $2, description = $3, tactics = $4, start_time = least(start_time, $5), end_time = greatest(end_time, $6),
       query_from = $7, query_to = $8, updated_at = $9 WHERE id = $1`,
    [
      teller.id,
      alert.name,
      alert.description,
      orderedTactics([...teller.tactics, ...alert.tactics]),
      alert.startTime,
      alert.endTime,
      alert.queryFrom,
      alert.queryTo,
      now,
    ],
  );
  const text = `The attack goes on: “${alert.name}”.`;
  await insertActivities(tx, [{ incident: teller.incident_number, by: engine, kind: 'changed', text }], now);
}
