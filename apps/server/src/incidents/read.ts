import { SallyportError, type Alert, type Entity, type Incident, type IncidentSummary } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { confidenceOf, reasonsFor } from './reasons.ts';
import { thingsOf } from './story/things.ts';
import type { IncidentRow } from './types.ts';
import { alertWithin, requireSeen, shownOf, type Sight } from './within.ts';

export const toSummary = (row: IncidentRow): IncidentSummary => ({
  number: row.number,
  workspaceId: row.workspace_id,
  title: row.title,
  severity: row.severity,
  status: row.status,
  classification: row.classification,
  owner: row.owner,
  alertCount: row.alert_count,
  entityCount: row.entity_count,
  tactics: [...row.tactics],
  createdAt: row.created_at.toISOString(),
  lastUpdatedAt: row.updated_at.toISOString(),
  firstActivityAt: row.first_activity_at.toISOString(),
  lastActivityAt: row.last_activity_at.toISOString(),
  confidence: confidenceOf(row).score,
  techniques: [...row.techniques],
  labels: [...row.labels, ...row.system_labels],
  determination: row.determination,
  commentCount: row.comment_count,
  firstModifiedAt: row.first_modified_at?.toISOString() ?? null,
  acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
  closedAt: row.closed_at?.toISOString() ?? null,
});

/** Incidents by their numbers, newest activity first; with `sight`, as much of each as that shows. */
export async function incidentsOf(
  db: Queryable,
  numbers: readonly number[],
  sight?: Sight,
): Promise<IncidentSummary[]> {
  const rows = await db.query<IncidentRow>(
    'SELECT * FROM incidents WHERE number = ANY($1) ORDER BY last_activity_at DESC, number DESC',
    [numbers],
  );
  return (sight ? await shownOf(db, sight, rows) : rows).map(toSummary);
}

/** An incident's activity log shows its newest 1,000 entries. */
const activitiesMax = 1_000;
/** Alerts and entities that come with an incident. */
const alertsMax = 500;
const entitiesMax = 500;

/** One incident with all that is in it; with `sight`, as much as that shows. Throws NotFound. */
export async function getIncident(db: Queryable, number: number, sight?: Sight): Promise<Incident> {
  const { outside } = sight ? await requireSeen(db, sight, number) : { outside: 0 };
  const row = await db.first<IncidentRow>('SELECT * FROM incidents WHERE number = $1', [number]);
  if (!row) throw new SallyportError('NotFound', `there is no incident ${number}`);
  const { alerts, nextCursor } = await listAlerts(db, number, { limit: alertsMax, cursor: undefined }, sight);
  const activities = await db.query<{
    at: Date;
    by: string;
    kind: Incident['activities'][number]['kind'];
    text: string;
    name: string;
    modified_at: Date | null;
  }>(
    'SELECT at, by, kind, text, name, modified_at FROM incident_activities WHERE incident_number = $1 ORDER BY id DESC LIMIT $2',
    [number, activitiesMax],
  );
  const [counted = row] = sight ? await shownOf(db, sight, [row]) : [row];
  if (outside > 0)
    return {
      ...toSummary(counted),
      description: '',
      classificationReason: row.classification_reason,
      classificationComment: row.classification_comment,
      mergedInto: row.redirected_to,
      alerts,
      alertsNext: nextCursor,
      entities: entitiesIn(alerts),
      activities: [],
      leftOut: `${outside} of its alerts, with what is told of them, are outside of what your roles let you see`,
    };
  return {
    ...toSummary(counted),
    description: row.description,
    classificationReason: row.classification_reason,
    classificationComment: row.classification_comment,
    mergedInto: row.redirected_to,
    alerts,
    alertsNext: nextCursor,
    entities: await entitiesOf(db, number),
    reasons: await reasonsFor(db, row),
    activities: activities.toReversed().map(({ at, by, kind, text, name, modified_at }) => ({
      ...(kind === 'comment' ? { id: name, modifiedAt: modified_at?.toISOString() ?? null } : {}),
      at: at.toISOString(),
      by,
      kind,
      text,
    })),
  };
}

/** What the inventory knows to be one is one. */
async function entitiesOf(db: Queryable, number: number): Promise<Entity[]> {
  const rows = await db.query<{ ids: string[] }>(
    `SELECT array_agg(e.id) AS ids FROM incident_entities n JOIN entities e ON e.id = n.entity_id LEFT JOIN inventory_keys k ON k.alias = e.id
     WHERE n.incident_number = $1 GROUP BY coalesce(k.entity_id, e.id), e.kind ORDER BY sum(n.alerts) DESC, min(n.first_at), min(e.id) LIMIT $2`,
    [number, entitiesMax],
  );
  const things = await thingsOf(
    db,
    rows.map(({ ids }) => ids),
  );
  return things.flatMap((thing) => thing?.entity ?? []);
}

/** A page of an incident's alerts, by time. Throws BadRequest for a cursor that is none. */
export async function listAlerts(
  db: Queryable,
  number: number,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
  sight?: Sight,
): Promise<{ alerts: Alert[]; nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const values: unknown[] = [number, limit + 1, ...(after ?? [])];
  const within = sight ? alertWithin(sight, (value) => `$${values.push(value)}`) : 'true';
  const alerts = await alertsOf(
    db,
    `a.incident_number = $1 AND ${within} ${after ? 'AND (a.start_time, a.id) > ($3::timestamptz, $4::uuid)' : ''} ORDER BY a.start_time, a.id LIMIT $2`,
    values,
  );
  const page = alerts.slice(0, limit);
  const last = alerts.length > limit ? page.at(-1) : undefined;
  return { alerts: page, nextCursor: last ? writeCursor([last.startTime, last.systemAlertId]) : null };
}

const entitiesIn = (alerts: readonly Alert[]): Entity[] => [
  ...new Map(alerts.flatMap(({ entities }) => entities.map((entity) => [entity.id, entity] as const))).values(),
];

/** One alert, in an incident or not. Throws NotFound. */
export async function getAlert(db: Queryable, id: string, sight?: Sight): Promise<Alert> {
  const values: unknown[] = [id];
  const within = sight ? alertWithin(sight, (value) => `$${values.push(value)}`) : 'true';
  const [alert] = await alertsOf(db, `a.id = $1 AND ${within}`, values);
  if (!alert) throw new SallyportError('NotFound', `there is no alert ${id}`);
  return alert;
}

/** An alert as it is kept, with its entities in their order. */
export interface AlertRow {
  id: string;
  rule_id: string;
  name: string;
  description: string;
  severity: Alert['severity'];
  status: Alert['status'];
  tactics: string[];
  techniques: string[];
  start_time: Date;
  end_time: Date;
  created_at: Date;
  incident_number: number | null;
  custom_details: Record<string, string[]>;
  query: string;
  query_from: Date;
  query_to: Date;
  owner: string | null;
  classification: IncidentRow['classification'];
  determination: IncidentRow['determination'];
  updated_at: Date;
  resolved_at: Date | null;
  linked_by: string;
  /** Null: the first. */
  workspace_id: string | null;
  entities: Entity[];
  /** Null: nobody looked whether it begins one. A state of null: no playbook was for it. */
  investigation: Alert['investigation'] | { id: null; state: null };
}

/** Alerts as they are kept (`a`). `where` is our own text, with an order if wanted; so is `more`, further columns. */
export const alertRows = <More extends object = object>(
  db: Queryable,
  where: string,
  parameters: readonly unknown[],
  more = '',
): Promise<(AlertRow & More)[]> =>
  db.query<AlertRow & More>(
    `SELECT a.*${more}, coalesce((SELECT jsonb_agg(to_jsonb(e) ORDER BY l.position) FROM alert_entities l JOIN entities e ON e.id = l.entity_id
       WHERE l.alert_id = a.id), '[]') AS entities,
       (SELECT jsonb_build_object('id', v.id, 'state', v.state) FROM investigation_alerts j LEFT JOIN investigations v ON v.id = j.investigation_id WHERE j.alert_id = a.id) AS investigation
     FROM alerts a WHERE ${where}`,
    parameters,
  );

async function alertsOf(db: Queryable, where: string, parameters: readonly unknown[]): Promise<Alert[]> {
  const rows = await alertRows(db, where, parameters);
  return rows.map((row) => ({
    systemAlertId: row.id,
    ruleId: row.rule_id,
    alertName: row.name,
    description: row.description,
    severity: row.severity,
    status: row.status,
    tactics: row.tactics,
    techniques: row.techniques,
    startTime: row.start_time.toISOString(),
    endTime: row.end_time.toISOString(),
    createdAt: row.created_at.toISOString(),
    // The contract has a number; 0 is no incident's.
    incidentNumber: row.incident_number ?? 0,
    workspaceId: row.workspace_id,
    entities: row.entities,
    customDetails: row.custom_details,
    query: row.query,
    queryFrom: row.query_from.toISOString(),
    queryTo: row.query_to.toISOString(),
    linkedBy: row.linked_by,
    investigation: row.investigation?.id ? row.investigation : null,
  }));
}
