import type { SimilarIncident } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { IncidentRow } from '../types.ts';
import { bindingOnce, incidentWithin, type Sight } from '../within.ts';
import { incidentRow } from './read.ts';

const similarMax = 10;
const leastSimilarity = 0.12;
/** Incidents looked at for each thing that is shared, the newest first. */
const perThing = 300;
const namesShown = 4;

interface SimilarRow extends Pick<
  IncidentRow,
  | 'number'
  | 'title'
  | 'severity'
  | 'status'
  | 'classification'
  | 'determination'
  | 'classification_comment'
  | 'owner'
  | 'alert_count'
  | 'created_at'
  | 'closed_at'
> {
  readonly similarity: number;
  readonly shared_rules: readonly string[];
  readonly shared_techniques: readonly string[];
  readonly shared_entities: readonly string[];
}

/**
 * How alike two incidents are: half of it the share of their rules that both have, three tenths the entities (one that many incidents have counts little), two tenths
 * the techniques. `seen`: whether an incident (its number as SQL) may count, so that neither it nor how alike it is tells of another.
 */
const similarSql = (seen: (number: string) => string): string => `
WITH me AS (SELECT * FROM incidents WHERE number = $1),
mine AS (
  SELECT DISTINCT l.entity_id AS id FROM alerts a JOIN alert_entities l ON l.alert_id = a.id WHERE a.incident_number = $1 LIMIT 500
),
places AS (
  SELECT mine.id, p.number FROM mine CROSS JOIN LATERAL (
    SELECT DISTINCT a.incident_number AS number FROM (
      SELECT l.alert_id FROM alert_entities l WHERE l.entity_id = mine.id LIMIT 2000
    ) l JOIN alerts a ON a.id = l.alert_id WHERE a.incident_number IS NOT NULL AND a.incident_number <> $1
  ) p WHERE ${seen('p.number')}
),
weights AS (SELECT id, 1 / (1 + ln(1 + count(*))) AS weight FROM places GROUP BY id),
total AS (SELECT greatest(1, sum(coalesce(w.weight, 1))) AS weight FROM mine LEFT JOIN weights w USING (id)),
by_entity AS (
  SELECT p.number, sum(w.weight) / (SELECT weight FROM total) AS score, array_agg(p.id ORDER BY w.weight DESC, p.id) AS ids
  FROM places p JOIN weights w USING (id) GROUP BY p.number ORDER BY score DESC, p.number DESC LIMIT $2
),
candidates AS (
  SELECT number FROM by_entity
  UNION (SELECT i.number FROM incidents i, me WHERE i.rule_ids && me.rule_ids AND i.number <> $1 AND ${seen('i.number')} ORDER BY i.number DESC LIMIT $2)
  UNION (SELECT i.number FROM incidents i, me WHERE cardinality(me.techniques) > 1 AND i.techniques @> me.techniques[1:2] AND i.number <> $1 AND ${seen('i.number')} ORDER BY i.number DESC LIMIT $2)
),
scored AS (
  SELECT i.*, e.ids, r.shared AS shared_rule_ids, t.shared AS shared_techniques,
    0.5 * coalesce(cardinality(r.shared)::float8 / nullif(cardinality(i.rule_ids) + cardinality(me.rule_ids) - cardinality(r.shared), 0), 0)
    + 0.3 * least(1, coalesce(e.score, 0))
    + 0.2 * coalesce(cardinality(t.shared)::float8 / nullif(cardinality(i.techniques) + cardinality(me.techniques) - cardinality(t.shared), 0), 0) AS similarity
  FROM candidates c JOIN incidents i ON i.number = c.number CROSS JOIN me LEFT JOIN by_entity e ON e.number = i.number
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(x), '{}') AS shared FROM (SELECT unnest(i.rule_ids) INTERSECT SELECT unnest(me.rule_ids)) s (x)) r
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(x ORDER BY x), '{}') AS shared FROM (SELECT unnest(i.techniques) INTERSECT SELECT unnest(me.techniques)) s (x)) t
  WHERE i.redirected_to IS NULL
)
SELECT number, title, severity, status, classification, determination, classification_comment, owner, alert_count, created_at, closed_at, similarity, shared_techniques,
  coalesce((SELECT array_agg(name ORDER BY name) FROM (SELECT DISTINCT ON (a.rule_id) a.name FROM alerts a WHERE a.incident_number = $1 AND a.rule_id = ANY(s.shared_rule_ids) ORDER BY a.rule_id) n), '{}') AS shared_rules,
  coalesce((SELECT array_agg(e.name ORDER BY array_position(s.ids, e.id)) FROM entities e WHERE e.id = ANY(s.ids[1:20])), '{}') AS shared_entities
FROM scored s WHERE similarity >= $3 ORDER BY similarity DESC, number DESC LIMIT $4`;

/** The incidents most like one, with why, and how they were closed: of those that `sight` shows whole. Throws NotFound. */
export async function similarIncidents(db: Queryable, number: number, sight: Sight): Promise<SimilarIncident[]> {
  await incidentRow(db, number);
  const values: unknown[] = [number, perThing, leastSimilarity, similarMax];
  const bind = bindingOnce((value) => `$${values.push(value)}`);
  const rows = await db.query<SimilarRow>(
    similarSql((of) => incidentWithin(sight, bind, of, true)),
    values,
  );
  return rows.map((row) => ({
    number: row.number,
    title: row.title,
    severity: row.severity,
    status: row.status,
    classification: row.classification,
    determination: row.determination,
    classificationComment: row.classification_comment,
    owner: row.owner,
    alertCount: row.alert_count,
    createdAt: row.created_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    similarity: Math.round(row.similarity * 1_000) / 1_000,
    reasons: [
      told('Same rule', 'Same rules', row.shared_rules),
      told('Same entity', 'Same entities', row.shared_entities),
      told('Same technique', 'Same techniques', row.shared_techniques),
    ].flat(),
  }));
}

function told(one: string, several: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length - namesShown;
  const shown = names.slice(0, namesShown).map((name) => (name.length > 80 ? `${name.slice(0, 79)}…` : name));
  return [`${names.length === 1 ? one : several}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`];
}
