import type { Severity } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { json } from './store.ts';
import { orderedTactics, rankOf, severityOf, titleOf } from './summary.ts';
import { engine, type NewAlert } from './types.ts';

/** Which alert of a rule leads: the most severe, of these the earliest, of these the first by name. */
interface RuleTally {
  readonly incident_number: number;
  readonly rule_id: string;
  alerts: number;
  rank: number;
  lead_at: Date;
  name: string;
  tactics: string[];
  techniques: string[];
  first_at: Date;
  last_at: Date;
}
interface EntityTally {
  readonly incident_number: number;
  readonly kind: string;
  readonly entity_id: string;
  alerts: number;
  first_at: Date;
  last_at: Date;
}

const union = (a: string, b: string): string =>
  `(SELECT coalesce(array_agg(DISTINCT t), '{}') FROM unnest(${a} || ${b}) AS t)`;
/** Brings one tally of a rule (`r`) and another (`excluded`) together. */
const joinRules = `
  ON CONFLICT (incident_number, rule_id) DO UPDATE SET alerts = r.alerts + excluded.alerts,
    rank = least(r.rank, excluded.rank),
    lead_at = CASE WHEN (excluded.rank, excluded.lead_at, excluded.name) < (r.rank, r.lead_at, r.name) THEN excluded.lead_at ELSE r.lead_at END,
    name = CASE WHEN (excluded.rank, excluded.lead_at, excluded.name) < (r.rank, r.lead_at, r.name) THEN excluded.name ELSE r.name END,
    tactics = CASE WHEN r.tactics @> excluded.tactics THEN r.tactics ELSE ${union('r.tactics', 'excluded.tactics')} END,
    techniques = CASE WHEN r.techniques @> excluded.techniques THEN r.techniques ELSE ${union('r.techniques', 'excluded.techniques')} END,
    first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)`;
const joinEntities = `
  ON CONFLICT (incident_number, kind, entity_id) DO UPDATE SET alerts = n.alerts + excluded.alerts,
    first_at = least(n.first_at, excluded.first_at), last_at = greatest(n.last_at, excluded.last_at)`;

/** Counts new alerts into what their incidents hold. */
export async function tally(
  tx: Queryable,
  alerts: readonly { readonly alert: NewAlert; readonly incident: number }[],
): Promise<void> {
  if (alerts.length === 0) return;
  const rules = new Map<string, RuleTally>();
  const entities = new Map<string, EntityTally>();
  for (const { alert, incident } of alerts) {
    addRule(rules, alert, incident);
    for (const { id, kind } of alert.entities) {
      const key = `${incident} ${id}`;
      const known = entities.get(key);
      if (known) addTimes(known, alert);
      else
        entities.set(key, {
          incident_number: incident,
          kind,
          entity_id: id,
          alerts: 1,
          first_at: alert.startTime,
          last_at: alert.endTime,
        });
    }
  }
  await tx.execute(
    `INSERT INTO incident_rules AS r SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(incident_number int, rule_id text, alerts int, rank smallint,
       lead_at timestamptz, name text, tactics text[], techniques text[], first_at timestamptz, last_at timestamptz) ${joinRules}`,
    [json([...rules.values()])],
  );
  if (entities.size === 0) return;
  const inserted = await tx.query<{ incident_number: number; fresh: boolean }>(
    `INSERT INTO incident_entities AS n SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(incident_number int, kind text, entity_id text, alerts int,
       first_at timestamptz, last_at timestamptz) ${joinEntities} RETURNING incident_number, (xmax = 0) AS fresh`,
    [JSON.stringify([...entities.values()])],
  );
  const counts = Map.groupBy(
    inserted.filter(({ fresh }) => fresh),
    (row) => row.incident_number,
  );
  await tx.execute(
    `UPDATE incidents i SET entity_count = i.entity_count + x.n FROM jsonb_to_recordset($1::jsonb) AS x(number int, n int) WHERE i.number = x.number`,
    [JSON.stringify([...counts].map(([number, rows]) => ({ number, n: rows.length })))],
  );
}

function addRule(rules: Map<string, RuleTally>, alert: NewAlert, incident: number): void {
  const key = `${incident} ${alert.ruleId}`;
  const known = rules.get(key);
  const rank = rankOf(alert.severity);
  if (!known) {
    rules.set(key, {
      incident_number: incident,
      rule_id: alert.ruleId,
      alerts: 1,
      rank,
      lead_at: alert.startTime,
      name: alert.name,
      tactics: [...new Set(alert.tactics)],
      techniques: [...new Set(alert.techniques)],
      first_at: alert.startTime,
      last_at: alert.endTime,
    });
    return;
  }
  addTimes(known, alert);
  known.tactics = [...new Set([...known.tactics, ...alert.tactics])];
  known.techniques = [...new Set([...known.techniques, ...alert.techniques])];
  const at = alert.startTime.getTime() - known.lead_at.getTime();
  if (rank < known.rank || (rank === known.rank && (at < 0 || (at === 0 && alert.name < known.name))))
    Object.assign(known, { rank, lead_at: alert.startTime, name: alert.name });
}

function addTimes(known: { alerts: number; first_at: Date; last_at: Date }, { startTime, endTime }: NewAlert): void {
  known.alerts += 1;
  if (startTime < known.first_at) known.first_at = startTime;
  if (endTime > known.last_at) known.last_at = endTime;
}

/** What merged incidents held goes to those that they went up in. */
export async function moveTallies(tx: Queryable, redirects: ReadonlyMap<number, number>): Promise<void> {
  for (const [source, target] of redirects) {
    await tx.execute(
      `WITH moved AS (DELETE FROM incident_rules WHERE incident_number = $1 RETURNING *)
       INSERT INTO incident_rules AS r SELECT $2, rule_id, alerts, rank, lead_at, name, tactics, techniques, first_at, last_at FROM moved ${joinRules}`,
      [source, target],
    );
    await tx.execute(
      `WITH moved AS (DELETE FROM incident_entities WHERE incident_number = $1 RETURNING *)
       INSERT INTO incident_entities AS n SELECT $2, kind, entity_id, alerts, first_at, last_at FROM moved ${joinEntities}`,
      [source, target],
    );
  }
  await countEntities(tx, [...new Set(redirects.values())]);
}

/** Counts anew what incidents hold, from their alerts: after a person moved some. */
export async function recount(tx: Queryable, numbers: readonly number[]): Promise<void> {
  await tx.execute('DELETE FROM incident_rules WHERE incident_number = ANY($1)', [numbers]);
  await tx.execute('DELETE FROM incident_entities WHERE incident_number = ANY($1)', [numbers]);
  await tx.execute(
    `INSERT INTO incident_rules SELECT a.incident_number, a.rule_id, count(*), min(r.rank),
       (array_agg(a.start_time ORDER BY r.rank, a.start_time, a.name))[1], (array_agg(a.name ORDER BY r.rank, a.start_time, a.name))[1],
       ${allOf('tactics')}, ${allOf('techniques')}, min(a.start_time), max(a.end_time)
     FROM alerts a, LATERAL (SELECT array_position(ARRAY['High', 'Medium', 'Low', 'Informational'], a.severity) - 1 AS rank) r
     WHERE a.incident_number = ANY($1) GROUP BY a.incident_number, a.rule_id`,
    [numbers],
  );
  await tx.execute(
    `INSERT INTO incident_entities SELECT a.incident_number, e.kind, e.id, count(*), min(a.start_time), max(a.end_time)
     FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id
     WHERE a.incident_number = ANY($1) GROUP BY a.incident_number, e.kind, e.id`,
    [numbers],
  );
  await countEntities(tx, numbers);
}

const allOf = (column: string): string =>
  `coalesce((SELECT array_agg(DISTINCT t) FROM alerts b, unnest(b.${column}) AS t WHERE b.incident_number = a.incident_number AND b.rule_id = a.rule_id), '{}')`;

const countEntities = (tx: Queryable, numbers: readonly number[]): Promise<number> =>
  tx.execute(
    `UPDATE incidents i SET entity_count = (SELECT count(*) FROM incident_entities n WHERE n.incident_number = i.number) WHERE number = ANY($1)`,
    [numbers],
  );

/** More of a kind are told as more. */
const toldMax = 1_000;

/**
 * Title, severity, tactics, times and counts from what the incidents now hold. What a person has set stays, and of an incident without alerts all but what
 * is counted. Costs what rules are in them, not what alerts.
 */
export async function summarise(
  tx: Queryable,
  numbers: readonly number[],
  reopened: ReadonlySet<number>,
  now: Date,
  by: string = engine,
): Promise<void> {
  if (numbers.length === 0) return;
  const rules = Map.groupBy(
    await tx.query<RuleTally>('SELECT * FROM incident_rules WHERE incident_number = ANY($1)', [numbers]),
    (row) => row.incident_number,
  );
  const empty = numbers.filter((number) => !rules.has(number));
  if (empty.length > 0)
    await tx.execute(
      `UPDATE incidents SET alert_count = 0, entity_count = 0, tactics = '{}', techniques = '{}', rule_ids = '{}', updated_at = $2, modified_by = $3
       WHERE number = ANY($1)`,
      [empty, now, by],
    );
  if (rules.size === 0) return;
  const places = Map.groupBy(
    await tx.query<{ number: number; kind: string; n: number; name: string | null }>(
      `SELECT x.number, k.kind, count(*)::int AS n, min(e.name) AS name
       FROM unnest($1::int[]) AS x(number), unnest(ARRAY['Host', 'Account', 'IP']) AS k(kind),
         LATERAL (SELECT entity_id FROM incident_entities n WHERE n.incident_number = x.number AND n.kind = k.kind LIMIT ${toldMax + 1}) n
         JOIN entities e ON e.id = n.entity_id
       GROUP BY x.number, k.kind`,
      [[...rules.keys()]],
    ),
    (row) => row.number,
  );
  const rows = [...rules].map(([number, held]) => ({
    number,
    title: titleOf(
      held.map((rule) => ({ ...rule, leadAt: rule.lead_at.getTime() })),
      places.get(number) ?? [],
      toldMax,
    ),
    severity: severityOf(Math.min(...held.map(({ rank }) => rank))) satisfies Severity,
    tactics: orderedTactics(held.flatMap(({ tactics }) => tactics)),
    techniques: [...new Set(held.flatMap(({ techniques }) => techniques))].toSorted(),
    rule_ids: held.map((rule) => rule.rule_id).toSorted(),
    alert_count: held.reduce((sum, { alerts }) => sum + alerts, 0),
    first_activity_at: new Date(Math.min(...held.map((rule) => rule.first_at.getTime()))),
    last_activity_at: new Date(Math.max(...held.map((rule) => rule.last_at.getTime()))),
    reopened: reopened.has(number),
  }));
  await tx.execute(
    `UPDATE incidents i SET
       title = CASE WHEN i.title_fixed THEN i.title ELSE x.title END,
       severity = CASE WHEN i.severity_fixed THEN i.severity ELSE x.severity END,
       status = CASE WHEN x.reopened THEN 'Active' ELSE i.status END,
       closed_at = CASE WHEN x.reopened THEN NULL ELSE i.closed_at END,
       tactics = x.tactics, techniques = x.techniques, rule_ids = x.rule_ids, alert_count = x.alert_count,
       first_activity_at = x.first_activity_at, last_activity_at = x.last_activity_at, updated_at = $2, modified_by = $3
     FROM jsonb_to_recordset($1::jsonb) AS x(number int, title text, severity text, tactics text[], techniques text[], rule_ids text[],
       alert_count int, first_activity_at timestamptz, last_activity_at timestamptz, reopened boolean)
     WHERE i.number = x.number`,
    [json(rows), now, by],
  );
}
