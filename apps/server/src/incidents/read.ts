import {
  SallyportError,
  type Alert,
  type Entity,
  type Incident,
  type IncidentSummary,
  type QueryOf,
  type incidentRoutes,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { IncidentRow } from './types.ts';

type ListQuery = QueryOf<typeof incidentRoutes.listIncidents>;

const sortColumns: Readonly<Record<ListQuery['sort'], string>> = {
  lastUpdatedAt: 'updated_at',
  createdAt: 'created_at',
  severity: "array_position(ARRAY['Informational', 'Low', 'Medium', 'High'], severity)",
  number: 'number',
  alertCount: 'alert_count',
};

/** The queue. Merged incidents are left out, unless asked for by number. */
export async function listIncidents(
  db: Queryable,
  query: ListQuery,
): Promise<{ total: number; incidents: IncidentSummary[] }> {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const search = query.search?.trim();
  const number = search && /^#?\d{1,9}$/.test(search) ? Number(search.replace('#', '')) : undefined;
  const conditions = [number === undefined ? 'redirected_to IS NULL' : 'true'];
  if (query.status) conditions.push(`status = ANY(${parameter(query.status.split(','))})`);
  if (query.severity) conditions.push(`severity = ANY(${parameter(query.severity.split(','))})`);
  if (query.owner) conditions.push(`owner = ${parameter(query.owner)}`);
  if (search) conditions.push(`(${searchConditions(search, number, parameter).join(' OR ')})`);
  const where = conditions.join(' AND ');
  const total = await db.first<{ total: number }>(
    `SELECT count(*)::int AS total FROM incidents WHERE ${where}`,
    parameters,
  );
  // Both are of closed sets, checked by the route's schema.
  const order = query.order === 'asc' ? 'ASC' : 'DESC';
  const rows = await db.query<IncidentRow>(
    `SELECT * FROM incidents WHERE ${where} ORDER BY ${sortColumns[query.sort]} ${order}, number ${order}
     LIMIT ${parameter(query.limit)} OFFSET ${parameter(query.offset)}`,
    parameters,
  );
  return { total: total?.total ?? 0, incidents: rows.map(toSummary) };
}

function searchConditions(search: string, number: number | undefined, parameter: (value: unknown) => string): string[] {
  const pattern = parameter(`%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  return [
    `lower(title) LIKE ${pattern}`,
    `EXISTS (SELECT 1 FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id
       WHERE a.incident_number = incidents.number AND lower(e.name) LIKE ${pattern})`,
    ...(number === undefined ? [] : [`number = ${parameter(number)}`]),
  ];
}

export const toSummary = (row: IncidentRow): IncidentSummary => ({
  number: row.number,
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
});

/** An incident's activity log shows its newest 1,000 entries. */
const activitiesMax = 1_000;

/** One incident with all that is in it. Throws NotFound. */
export async function getIncident(db: Queryable, number: number): Promise<Incident> {
  const row = await db.first<IncidentRow>('SELECT * FROM incidents WHERE number = $1', [number]);
  if (!row) throw new SallyportError('NotFound', `there is no incident ${number}`);
  const alerts = await alertsOf(db, 'a.incident_number = $1 ORDER BY a.start_time, a.id', [number]);
  const activities = await db.query<{
    at: Date;
    by: string;
    kind: Incident['activities'][number]['kind'];
    text: string;
  }>('SELECT at, by, kind, text FROM incident_activities WHERE incident_number = $1 ORDER BY id DESC LIMIT $2', [
    number,
    activitiesMax,
  ]);
  return {
    ...toSummary(row),
    description: row.description,
    classificationReason: row.classification_reason,
    classificationComment: row.classification_comment,
    determination: row.determination,
    labels: [...row.labels, ...row.system_labels],
    mergedInto: row.redirected_to,
    alerts,
    entities: [...new Map(alerts.flatMap((alert) => alert.entities).map((entity) => [entity.id, entity])).values()],
    activities: activities.toReversed().map(({ at, by, kind, text }) => ({ at: at.toISOString(), by, kind, text })),
  };
}

/** One alert, in an incident or not. Throws NotFound. */
export async function getAlert(db: Queryable, id: string): Promise<Alert> {
  const [alert] = await alertsOf(db, 'a.id = $1', [id]);
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
  entities: Entity[];
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
       WHERE l.alert_id = a.id), '[]') AS entities
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
    entities: row.entities,
    customDetails: row.custom_details,
    query: row.query,
    queryFrom: row.query_from.toISOString(),
    queryTo: row.query_to.toISOString(),
  }));
}
