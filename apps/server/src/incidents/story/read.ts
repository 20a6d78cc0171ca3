import {
  SallyportError,
  type RemediationStatus,
  type Severity,
  type StoryAlert,
  type Verdict,
} from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { IncidentRow } from '../types.ts';
import type { Closed } from './judge.ts';
import { thingsOf, type Thing } from './things.ts';

export const alertsMax = 1_000;
export const evidenceMax = 2_000;

const severities = ['Informational', 'Low', 'Medium', 'High'] as const satisfies readonly Severity[];

/** The incident itself. Throws NotFound. */
export async function incidentRow(db: Queryable, number: number): Promise<IncidentRow> {
  const row = await db.first<IncidentRow>('SELECT * FROM incidents WHERE number = $1', [number]);
  if (!row) throw new SallyportError('NotFound', `there is no incident ${number}`);
  return row;
}

export const closedAs = (row: IncidentRow): Closed =>
  row.status === 'Closed' ? (row.classification ?? undefined) : undefined;

interface StoryAlertRow {
  id: string;
  name: string;
  rule_id: string;
  severity: Severity;
  status: StoryAlert['status'];
  tactics: string[];
  techniques: string[];
  start_time: Date;
  end_time: Date;
  query_number: number;
  entity_ids: string[];
}
export interface ReadAlert extends StoryAlert {
  /** Of `queries`. */
  readonly query: number;
}

/** The first 1,000 alerts in order of time, and the queries behind them, each once. */
export async function storyAlerts(
  db: Queryable,
  number: number,
): Promise<{ alerts: ReadAlert[]; queries: readonly string[] }> {
  const rows = await db.query<StoryAlertRow>(
    `SELECT a.id, a.name, a.rule_id, a.severity, a.status, a.tactics, a.techniques, a.start_time, a.end_time,
       (dense_rank() OVER (ORDER BY a.query) - 1)::int AS query_number,
       coalesce((SELECT array_agg(l.entity_id ORDER BY l.position) FROM alert_entities l WHERE l.alert_id = a.id), '{}') AS entity_ids
     FROM (SELECT * FROM alerts WHERE incident_number = $1 ORDER BY start_time, id LIMIT $2) a ORDER BY a.start_time, a.id`,
    [number, alertsMax],
  );
  const queries = await db.query<{ query: string }>(
    `SELECT DISTINCT query FROM (SELECT query FROM alerts WHERE incident_number = $1 ORDER BY start_time, id LIMIT $2) q ORDER BY query`,
    [number, alertsMax],
  );
  return {
    queries: queries.map(({ query }) => query),
    alerts: rows.map((row) => ({
      id: row.id,
      name: row.name,
      ruleId: row.rule_id,
      severity: row.severity,
      status: row.status,
      tactics: row.tactics,
      techniques: row.techniques,
      startTime: row.start_time.toISOString(),
      endTime: row.end_time.toISOString(),
      entityIds: row.entity_ids,
      query: row.query_number,
    })),
  };
}

/** An entity of alerts and others that the inventory knows to be the same: a person by name, by SID, by object id. */
export interface EvidenceRow extends Thing {
  readonly alerts: number;
  readonly high: number;
  readonly medium: number;
  readonly severity: Severity;
  readonly tactics: readonly string[];
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Entities of an incident, each once, those of most alerts first; `id` asks for one alone. `total`: how many there are. */
export async function evidenceRows(
  db: Queryable,
  number: number,
  id?: string,
): Promise<{ rows: EvidenceRow[]; total: number }> {
  const rows = await db.query<{
    thing: string;
    ids: string[];
    alerts: number;
    high: number;
    medium: number;
    rank: number;
    tactics: (string | null)[];
    first_at: Date;
    last_at: Date;
    total: number;
  }>(
    // Materialised: who is who is worked out once for each entity, not for each row of the join.
    `WITH named AS MATERIALIZED (
       SELECT e.id, e.kind, e.name, coalesce(k.entity_id, e.id) AS thing FROM entities e LEFT JOIN inventory_keys k ON k.alias = e.id
       WHERE e.id IN (SELECT l.entity_id FROM alerts a JOIN alert_entities l ON l.alert_id = a.id WHERE a.incident_number = $1))
     SELECT n.thing, array_agg(DISTINCT n.id) AS ids, count(DISTINCT a.id)::int AS alerts,
       count(DISTINCT a.id) FILTER (WHERE a.severity = 'High')::int AS high, count(DISTINCT a.id) FILTER (WHERE a.severity = 'Medium')::int AS medium,
       max(array_position(ARRAY['Informational', 'Low', 'Medium', 'High'], a.severity))::int AS rank, array_agg(DISTINCT t.tactic) AS tactics,
       min(a.start_time) AS first_at, max(a.end_time) AS last_at, (count(*) OVER ())::int AS total
     FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN named n ON n.id = l.entity_id
       LEFT JOIN LATERAL unnest(a.tactics) AS t (tactic) ON true
     WHERE a.incident_number = $1 AND ($3::text IS NULL OR n.thing = (SELECT thing FROM named WHERE id = $3))
     GROUP BY n.thing, n.kind ORDER BY alerts DESC, n.kind, min(n.name), n.thing LIMIT $2`,
    [number, evidenceMax, id ?? null],
  );
  const things = await thingsOf(
    db,
    rows.map(({ ids }) => ids),
  );
  return {
    total: rows[0]?.total ?? 0,
    rows: rows.flatMap((row, place) => {
      const thing = things[place];
      if (!thing) return [];
      return {
        ...thing,
        alerts: row.alerts,
        high: row.high,
        medium: row.medium,
        severity: severities[row.rank - 1] ?? 'Informational',
        tactics: row.tactics.filter((tactic) => tactic !== null),
        firstAt: row.first_at,
        lastAt: row.last_at,
      };
    }),
  };
}

export interface Finding {
  readonly entity_id: string;
  readonly verdict: Verdict | null;
  readonly remediation: RemediationStatus | null;
  readonly reason: string;
  readonly set_by: string;
  readonly set_at: Date;
}

/** What people found of an incident's entities, by entity; of incidents that went up in it, too: the newest counts. */
export async function findingsOf(db: Queryable, number: number): Promise<ReadonlyMap<string, Finding>> {
  const rows = await db.query<Finding>(
    `SELECT entity_id, verdict, remediation, reason, set_by, set_at FROM incident_evidence
     WHERE incident_number IN (SELECT number FROM incidents WHERE number = $1 OR redirected_to = $1) ORDER BY set_at, incident_number LIMIT $2`,
    [number, 10 * evidenceMax],
  );
  return new Map(rows.map((row) => [row.entity_id, row]));
}

/** What was found of an alert's entity: by a person where one said it, else by an investigation. */
export interface AlertFinding {
  readonly verdict: Verdict | null;
  readonly remediation: RemediationStatus | null;
  readonly reason: string;
  /** Whether a person said the verdict. */
  readonly isSaid: boolean;
}
type AlertFindingRow = Omit<AlertFinding, 'isSaid'> & { readonly alert_id: string; readonly entity_id: string };

/** What was found of the entities of some alerts, by alert and entity: what a person found stands above what an investigation concluded. */
export async function findingsOfAlerts(
  db: Queryable,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, AlertFinding>>> {
  const ofTable = (table: 'incident_evidence' | 'incident_conclusions', order: string) =>
    db.query<AlertFindingRow>(
      `SELECT DISTINCT ON (a.id, f.entity_id) a.id AS alert_id, f.entity_id, f.verdict, f.remediation, f.reason
       FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN ${table} f ON f.entity_id = l.entity_id
         AND f.incident_number IN (SELECT i.number FROM incidents i WHERE i.number = a.incident_number OR i.redirected_to = a.incident_number)
       WHERE a.id = ANY($1::uuid[]) ORDER BY a.id, f.entity_id, ${order}`,
      [alertIds],
    );
  const concluded = await ofTable(
    'incident_conclusions',
    '(f.incident_number = a.incident_number) DESC, f.incident_number DESC',
  );
  const found = await ofTable('incident_evidence', 'f.set_at DESC');
  const findings = new Map<string, Map<string, AlertFinding>>();
  for (const [row, isSaid] of [
    ...concluded.map((one) => [one, false] as const),
    ...found.map((one) => [one, one.verdict !== null] as const),
  ]) {
    const known = findings.get(row.alert_id) ?? new Map<string, AlertFinding>();
    const below = known.get(row.entity_id);
    known.set(row.entity_id, {
      verdict: row.verdict ?? below?.verdict ?? null,
      remediation: row.remediation ?? below?.remediation ?? null,
      reason: row.reason || (below?.reason ?? ''),
      isSaid,
    });
    findings.set(row.alert_id, known);
  }
  return findings;
}
