import { SallyportError, type Entity } from '@sallyport/contracts';
import type { Queryable } from '../../../platform/database/types.ts';
import {
  pageSql,
  Parameters,
  type ListOptions,
  type Properties,
  type Property,
} from '../../../platform/odata/index.ts';
import type { IncidentRow } from '../../types.ts';
import type { ArmComment } from './objects.ts';
import { incidentWithin, type Sight } from '../../within.ts';

const text = (sql: string, nullable = false): Property => ({ sql, type: 'string', nullable });
const time = (sql: string, nullable = false): Property => ({ sql, type: 'datetime', nullable });
const oneOf = (sql: string, values: readonly string[], nullable = false): Property => ({
  sql,
  type: 'string',
  values,
  nullable,
});
const count = (sql: string): Property => ({ sql, type: 'number' });

/** What the list of incidents can be filtered and sorted by. Enumerations stand in their order. */
const properties: Properties = {
  single: {
    name: text('i.name::text'),
    'properties/title': text('i.title'),
    'properties/description': text('i.description'),
    'properties/severity': oneOf('i.severity', ['Informational', 'Low', 'Medium', 'High']),
    'properties/status': oneOf('i.status', ['New', 'Active', 'Closed']),
    'properties/classification': oneOf(
      'i.classification',
      ['Undetermined', 'TruePositive', 'BenignPositive', 'FalsePositive'],
      true,
    ),
    'properties/classificationReason': oneOf(
      'i.classification_reason',
      ['SuspiciousActivity', 'SuspiciousButExpected', 'IncorrectAlertLogic', 'InaccurateData'],
      true,
    ),
    'properties/classificationComment': text('i.classification_comment'),
    'properties/incidentNumber': count('i.number'),
    'properties/createdTimeUtc': time('i.created_at'),
    'properties/lastModifiedTimeUtc': time('i.updated_at'),
    'properties/firstActivityTimeUtc': time('i.first_activity_at'),
    'properties/lastActivityTimeUtc': time('i.last_activity_at'),
    'properties/owner/assignedTo': text('i.owner', true),
    'properties/owner/email': text('i.owner', true),
    'properties/owner/userPrincipalName': text('i.owner', true),
    'properties/providerIncidentId': text('i.number::text'),
    'properties/additionalData/alertsCount': count('i.alert_count'),
    'properties/additionalData/commentsCount': count('i.comment_count'),
  },
  collections: {
    'properties/labels': {
      from: 'unnest(i.labels || i.system_labels) AS label(name)',
      properties: { single: { labelName: text('label.name') } },
    },
    'properties/additionalData/tactics': { from: 'unnest(i.tactics) AS tactic(name)', item: text('tactic.name') },
    'properties/additionalData/techniques': { from: 'unnest(i.techniques) AS tactic(name)', item: text('tactic.name') },
    'properties/relatedAnalyticRuleIds': { from: 'unnest(i.rule_ids) AS rule(id)', item: text('rule.id') },
  },
};
const newestFirst = [{ path: 'properties/createdTimeUtc', descending: true }];

/** A page of at most `size` incidents of a workspace (null: the first), and the place of its last when there are more. */
export async function armIncidents(
  db: Queryable,
  workspaceId: string | null,
  options: ListOptions,
  size: number,
  sight: Sight,
): Promise<{ rows: readonly IncidentRow[]; next: readonly string[] | undefined }> {
  const parameters = new Parameters();
  const page = pageSql(options, properties, { key: count('i.number'), defaultOrder: newestFirst }, parameters);
  const rows = await db.query<IncidentRow & { cursor?: string[] }>(
    `SELECT i.*, ${page.cursor} AS cursor FROM incidents i WHERE (${page.where}) AND ${incidentWithin(sight, (value) => parameters.bind(value), 'i.number', options.filter !== undefined)} AND i.workspace_id IS NOT DISTINCT FROM ${parameters.bind(workspaceId)}::uuid ORDER BY ${page.orderBy} LIMIT ${parameters.bind(size + 1)}`,
    parameters.values,
  );
  const next = rows.length > size ? rows[size - 1]?.cursor : undefined;
  // The etag is of the row alone.
  for (const row of rows) delete row.cursor;
  return { rows: rows.slice(0, size), next };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const isUuid = (name: string): boolean => uuid.test(name);

/** The incident of a name, or undefined. `workspaceId`: of that workspace alone, null for the first; of any where it is left out. */
export async function incidentNamed(
  db: Queryable,
  name: string,
  workspaceId?: string | null,
): Promise<IncidentRow | undefined> {
  if (!isUuid(name)) return undefined;
  const incident = await db.first<IncidentRow>('SELECT * FROM incidents WHERE name = $1', [name]);
  return workspaceId === undefined || incident?.workspace_id === workspaceId ? incident : undefined;
}

/** Throws NotFound. */
export async function knownIncident(db: Queryable, name: string, workspaceId: string | null): Promise<IncidentRow> {
  const incident = await incidentNamed(db, name, workspaceId);
  if (!incident) throw new SallyportError('NotFound', `Incident '${name.slice(0, 100)}' could not be found`);
  return incident;
}

/** Entities of alerts in the order of their ids, at most `size`. */
export const entitiesAfter = (db: Queryable, after: string, size: number): Promise<Entity[]> =>
  db.query<Entity>('SELECT id, kind, name, identifiers, strong FROM entities WHERE id > $1 ORDER BY id LIMIT $2', [
    after,
    size,
  ]);
/** Throws NotFound. */
export async function knownEntity(db: Queryable, id: string): Promise<Entity> {
  const entity = id.includes('\0')
    ? undefined
    : await db.first<Entity>('SELECT id, kind, name, identifiers, strong FROM entities WHERE id = $1', [id]);
  if (!entity) throw new SallyportError('NotFound', `Entity '${id.slice(0, 100)}' could not be found`);
  return entity;
}

/** Newest first, as many as an incident has. */
export const commentsOf = (db: Queryable, number: number): Promise<ArmComment[]> =>
  db.query<ArmComment>(
    `SELECT name, at, by, text, modified_at FROM incident_activities WHERE incident_number = $1 AND kind = 'comment' ORDER BY id DESC`,
    [number],
  );

/** The comment of a name, or undefined. */
export const commentNamed = async (db: Queryable, number: number, name: string): Promise<ArmComment | undefined> =>
  (await commentsOf(db, number)).find((comment) => comment.name === name.toLowerCase());
