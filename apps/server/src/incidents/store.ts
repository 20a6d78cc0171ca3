import { storableJson } from '../platform/canonical-json.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { RowSink } from '../platform/outbox/types.ts';
import { reachSeconds, type IncidentFacts, type KeySpan } from './correlation/index.ts';
import type { ResolvedEntity } from './entities/index.ts';
import { securityIncidentRow, type IncidentTask } from './rows.ts';
import type { IncidentRow, NewActivity, NewAlert } from './types.ts';

/** One writer of incidents at a time among all servers, so that two runs can't split one story. Held until the transaction ends. */
const correlationLock = 7_255_040;

export const lockIncidents = (tx: Queryable): Promise<unknown> =>
  tx.query('SELECT pg_advisory_xact_lock($1)', [correlationLock]);

/** Those of the ids that are alerts already. */
export async function knownAlerts(tx: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>('SELECT id FROM alerts WHERE id = ANY($1::uuid[])', [ids]);
  return new Set(rows.map((row) => row.id));
}

interface SpanRow {
  key: string;
  stage: number;
  incident_number: number;
  first_at: Date;
  last_at: Date;
}

/** Spans of the keys that come within reach of the time, their incidents, and those `also` named. Times in milliseconds. */
export async function loadBoard(
  tx: Queryable,
  keys: readonly string[],
  reach: { from: number; to: number },
  also: readonly number[] = [],
): Promise<{ spans: KeySpan[]; incidents: IncidentFacts[]; nextNumber: number }> {
  const rows = await tx.query<SpanRow>(
    'SELECT * FROM incident_keys WHERE key = ANY($1) AND last_at >= $2 AND first_at <= $3 ORDER BY key, incident_number, first_at',
    [keys, new Date(reach.from), new Date(reach.to)],
  );
  const numbers = [...new Set([...rows.map((row) => row.incident_number), ...also])];
  return {
    spans: rows.map((row) => ({
      key: row.key,
      stage: row.stage,
      incident: row.incident_number,
      firstAt: row.first_at.getTime(),
      lastAt: row.last_at.getTime(),
    })),
    incidents: await incidentFacts(tx, numbers),
    nextNumber: await nextNumber(tx),
  };
}

/** What of incidents decides where alerts go. */
export async function incidentFacts(tx: Queryable, numbers: readonly number[]): Promise<IncidentFacts[]> {
  const incidents = await tx.query<IncidentRow>(
    'SELECT number, status, owner, classification, determination, alert_count, entity_count, workspace_id FROM incidents WHERE number = ANY($1)',
    [numbers],
  );
  const apart = await tx.query<{ one: number; other: number }>(
    'SELECT one, other FROM incidents_apart WHERE one = ANY($1) OR other = ANY($1)',
    [numbers],
  );
  return incidents.map((row) => ({
    number: row.number,
    status: row.status,
    owner: row.owner,
    classification: row.classification,
    determination: row.determination,
    alertCount: row.alert_count,
    entityCount: row.entity_count,
    workspaceId: row.workspace_id,
    apartFrom: apart.flatMap(({ one, other }) => (one === row.number ? [other] : other === row.number ? [one] : [])),
  }));
}

/** The number of the next incident: none is ever given twice. Under the correlation lock. */
export async function nextNumber(tx: Queryable): Promise<number> {
  const last = await tx.first<{ number: number }>(
    'SELECT greatest((SELECT max(number) FROM incidents), (SELECT max(number) FROM deleted_incidents), 0) AS number',
  );
  return (last?.number ?? 0) + 1;
}

/** The spans that are gone, then those of merged incidents to their targets, then the new ones. */
export async function saveSpans(
  tx: Queryable,
  changes: { removed: readonly KeySpan[]; added: readonly KeySpan[] },
  redirects: ReadonlyMap<number, number>,
): Promise<void> {
  if (changes.removed.length > 0)
    await tx.execute(
      `DELETE FROM incident_keys k USING jsonb_to_recordset($1::jsonb) AS x(key text, stage smallint, incident_number int, first_at timestamptz)
       WHERE k.key = x.key AND k.incident_number = x.incident_number AND k.stage = x.stage AND k.first_at = x.first_at`,
      [JSON.stringify(changes.removed.map(spanJson))],
    );
  for (const [source, target] of redirects)
    await tx.execute(
      `WITH moved AS (DELETE FROM incident_keys WHERE incident_number = $1 RETURNING key, first_at, last_at, stage)
       INSERT INTO incident_keys SELECT key, $2, first_at, last_at, stage FROM moved
       ON CONFLICT (key, incident_number, stage, first_at) DO UPDATE SET last_at = greatest(incident_keys.last_at, excluded.last_at)`,
      [source, target],
    );
  if (changes.added.length > 0)
    await tx.execute(
      `INSERT INTO incident_keys SELECT key, incident_number, first_at, max(last_at), stage
       FROM jsonb_to_recordset($1::jsonb) AS x(key text, stage smallint, incident_number int, first_at timestamptz, last_at timestamptz) GROUP BY 1, 2, 3, 5
       ON CONFLICT (key, incident_number, stage, first_at) DO UPDATE SET last_at = greatest(incident_keys.last_at, excluded.last_at)`,
      [JSON.stringify(changes.added.map(spanJson))],
    );
}

/**
 * Removes at most `max` keys that no alert about rows since `before` can come near, whatever rules group over: of the time and of incidents that have not
 * changed since, so that an incident of old logs that were loaded today keeps its keys for as long. `lookbackMs`: the longest lookback of any rule's
 * grouping. Answers how many.
 */
export async function forgetKeys(db: Queryable, before: Date, lookbackMs: number, max: number): Promise<number> {
  const reached = new Date(before.getTime() - Math.max(lookbackMs, reachSeconds * 1_000));
  return db.execute(
    `DELETE FROM incident_keys WHERE ctid = ANY(ARRAY(SELECT k.ctid FROM incident_keys k JOIN incidents i ON i.number = k.incident_number
       WHERE k.last_at < $1 AND i.updated_at < $1 LIMIT $2))`,
    [reached, max],
  );
}

const spanJson = (span: KeySpan) => ({
  key: span.key,
  stage: span.stage,
  incident_number: span.incident,
  first_at: new Date(span.firstAt),
  last_at: new Date(span.lastAt),
});

export async function insertIncidents(
  tx: Queryable,
  incidents: readonly { number: number; name: string; description: string; workspaceId?: string | null }[],
  at: Date,
  by: string,
): Promise<void> {
  if (incidents.length === 0) return;
  await tx.execute(
    `INSERT INTO incidents (number, name, title, description, severity, status, first_activity_at, last_activity_at, created_at, updated_at, modified_by, workspace_id)
     SELECT number, name, '', description, 'Informational', 'New', $2, $2, $2, $2, $3, "workspaceId"
     FROM jsonb_to_recordset($1::jsonb) AS x(number int, name uuid, description text, "workspaceId" uuid)`,
    [JSON.stringify(incidents), at, by],
  );
}

export async function insertAlerts(
  tx: Queryable,
  alerts: readonly { alert: NewAlert; incident: number | null; linkedBy: string }[],
  at: Date,
): Promise<void> {
  await tx.execute(
    `INSERT INTO alerts (id, rule_id, name, description, severity, tactics, techniques, start_time, end_time, created_at, incident_number,
       custom_details, query, query_from, query_to, updated_at, linked_by, workspace_id)
     SELECT id, rule_id, name, description, severity, tactics, techniques, start_time, end_time, $2, incident_number,
       custom_details, query, query_from, query_to, $2, linked_by, workspace_id
     FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, rule_id text, name text, description text, severity text, tactics text[], techniques text[],
       start_time timestamptz, end_time timestamptz, incident_number int, custom_details jsonb, query text, query_from timestamptz, query_to timestamptz, linked_by text, workspace_id uuid)`,
    [
      json(
        alerts.map(({ alert, incident, linkedBy }) => ({
          id: alert.id,
          rule_id: alert.ruleId,
          name: alert.name,
          description: alert.description,
          severity: alert.severity,
          tactics: alert.tactics,
          techniques: alert.techniques,
          start_time: alert.startTime,
          end_time: alert.endTime,
          incident_number: incident,
          custom_details: alert.customDetails,
          query: alert.query,
          query_from: alert.queryFrom,
          query_to: alert.queryTo,
          linked_by: linkedBy,
          workspace_id: alert.workspaceId ?? null,
        })),
      ),
      at,
    ],
  );
  await insertEntities(
    tx,
    alerts.map(({ alert }) => alert),
  );
}

async function insertEntities(tx: Queryable, alerts: readonly NewAlert[]): Promise<void> {
  const entities = new Map<string, ResolvedEntity>();
  const links: { alert_id: string; entity_id: string; position: number }[] = [];
  for (const alert of alerts)
    for (const [position, entity] of alert.entities.entries()) {
      entities.set(entity.id, entity);
      links.push({ alert_id: alert.id, entity_id: entity.id, position });
    }
  if (links.length === 0) return;
  // In order of id, so that two transactions can't wait for each other.
  const sorted = [...entities.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await tx.execute(
    `INSERT INTO entities (id, kind, name, identifiers, strong, keys)
     SELECT id, kind, name, identifiers, strong, keys
     FROM jsonb_to_recordset($1::jsonb) AS x(id text, kind text, name text, identifiers jsonb, strong boolean, keys text[])
     ON CONFLICT (id) DO UPDATE SET identifiers = entities.identifiers || excluded.identifiers, strong = entities.strong OR excluded.strong,
       keys = CASE WHEN entities.keys @> excluded.keys THEN entities.keys ELSE ARRAY(SELECT DISTINCT k FROM unnest(entities.keys || excluded.keys) AS k) END
       WHERE NOT entities.identifiers @> excluded.identifiers OR NOT entities.keys @> excluded.keys`,
    [
      json(
        sorted.map(({ id, kind, name, identifiers, strong, keys }) => ({ id, kind, name, identifiers, strong, keys })),
      ),
    ],
  );
  await tx.execute(
    `INSERT INTO alert_entities (alert_id, entity_id, position)
     SELECT alert_id, entity_id, position FROM jsonb_to_recordset($1::jsonb) AS x(alert_id uuid, entity_id text, position int)`,
    [json(links)],
  );
}

/** Moves the alerts, entities and comments of merged incidents, closes them and leaves a signpost. */
export async function redirectIncidents(
  tx: Queryable,
  redirects: ReadonlyMap<number, number>,
  at: Date,
): Promise<void> {
  for (const [source, target] of redirects) {
    await tx.execute('UPDATE alerts SET incident_number = $2, updated_at = $3 WHERE incident_number = $1', [
      source,
      target,
      at,
    ]);
    await tx.execute(
      `UPDATE incidents t SET owner = coalesce(t.owner, s.owner), classification = coalesce(t.classification, s.classification),
         determination = CASE WHEN t.classification IS NULL THEN s.determination ELSE t.determination END,
         status = CASE WHEN s.status = 'Active' THEN 'Active' ELSE t.status END,
         labels = (SELECT coalesce(array_agg(DISTINCT l), '{}') FROM unnest(t.labels || s.labels) AS l)
       FROM incidents s WHERE t.number = $2 AND s.number = $1`,
      [source, target],
    );
    await tx.execute(
      `UPDATE incidents SET status = 'Closed', redirected_to = $2, classification = coalesce(classification, 'Undetermined'),
         classification_comment = CASE WHEN classification_comment = '' THEN $3 ELSE classification_comment END,
         system_labels = array_append(system_labels, 'Redirected'), closed_at = $4, updated_at = $4, modified_by = 'Sallyport',
         alert_count = 0, entity_count = 0
       WHERE number = $1`,
      [source, target, `Merged into incident ${target}`, at],
    );
    await tx.execute('UPDATE incidents SET redirected_to = $2 WHERE redirected_to = $1', [source, target]);
  }
}

/** Text columns bound the length of an activity's text at 30,000, that of a comment. Each is also an event, for whoever has to be told. */
export async function insertActivities(tx: Queryable, activities: readonly NewActivity[], at: Date): Promise<void> {
  if (activities.length === 0) return;
  await tx.execute(
    `WITH given AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(incident int, by text, kind text, text text, name uuid, changes jsonb)
     ), told AS (
       INSERT INTO work_events (subject, number, at, by, kind, text, changes)
       SELECT 'incident', incident, $2::timestamptz, by, kind, text, coalesce(changes, '{}') FROM given
     )
     INSERT INTO incident_activities (incident_number, at, by, kind, text, name)
     SELECT incident, $2::timestamptz, by, kind, text, coalesce(name, gen_random_uuid()) FROM given`,
    [json(activities), at],
  );
}

/** An incident's row of `SecurityIncident` names its first alerts; `AdditionalData.alertsCount` says how many there are. */
const alertIdsMax = 1_000;

/** Writes the incidents as they are now to `SecurityIncident`, with the transaction. */
export async function publishIncidents(tx: Queryable, outbox: RowSink, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return;
  const incidents = await tx.query<IncidentRow>('SELECT * FROM incidents WHERE number = ANY($1) ORDER BY number', [
    numbers,
  ]);
  const alertIds = Map.groupBy(
    await tx.query<{ number: number; id: string }>(
      `SELECT x.number, a.id FROM unnest($1::int[]) AS x(number),
         LATERAL (SELECT id, start_time FROM alerts WHERE incident_number = x.number ORDER BY start_time, id LIMIT $2) a
       ORDER BY x.number, a.start_time, a.id`,
      [numbers, alertIdsMax],
    ),
    (row) => row.number,
  );
  const bookmarkIds = await bookmarksOf(tx, numbers);
  const comments = Map.groupBy(
    await tx.query<{ number: number; at: Date; by: string; text: string }>(
      `SELECT incident_number AS number, at, by, text FROM incident_activities WHERE incident_number = ANY($1) AND kind = 'comment' ORDER BY id`,
      [numbers],
    ),
    (row) => row.number,
  );
  const tasks = Map.groupBy(
    await tx.query<IncidentTask>(
      `SELECT incident_number AS number, id, title, description, status, assignee, due_at FROM tasks WHERE incident_number = ANY($1)
       ORDER BY position`,
      [numbers],
    ),
    (row) => row.number,
  );
  await outbox.write(
    'SecurityIncident',
    incidents.map((incident) =>
      securityIncidentRow(incident, {
        tasks: tasks.get(incident.number) ?? [],
        alertIds: (alertIds.get(incident.number) ?? []).map((row) => row.id),
        bookmarkIds: bookmarkIds.get(incident.number) ?? [],
        comments: comments.get(incident.number) ?? [],
      }),
    ),
    tx,
  );
}

/** `rule_id` of alerts that people made of what they found: such an alert has its bookmark's id. */
export const findingRuleId = 'bookmark';

/** The bookmarks in each of these incidents that has some. */
export async function bookmarksOf(db: Queryable, numbers: readonly number[]): Promise<Map<number, string[]>> {
  const rows = await db.query<{ number: number; id: string }>(
    `SELECT a.incident_number AS number, id FROM alerts a JOIN bookmarks USING (id)
     WHERE a.rule_id = $1 AND a.incident_number = ANY($2) ORDER BY a.start_time, id`,
    [findingRuleId, numbers],
  );
  return new Map(
    [...Map.groupBy(rows, (row) => row.number)].map(([number, found]) => [number, found.map(({ id }) => id)]),
  );
}

/** As PostgreSQL can hold it: what logs bring may have U+0000 or half a surrogate pair. */
export const json = (value: unknown): string => JSON.stringify(storableJson(value));
