import type { IncidentStory, StoryAlert, StoryEdge } from '@sallyport/contracts';
import type { Kql } from '@sallyport/kql';
import type { Queryable } from '../../platform/database/types.ts';
import { conclusionsOf } from '../conclusions.ts';
import { conclusionOf, evidenceOf, findingOf } from './evidence.ts';
import { nextSteps, type Guide } from './next-steps.ts';
import { attackPath, type Techniques } from './path.ts';
import { closedAs, evidenceRows, findingsOf, incidentRow, storyAlerts, type ReadAlert } from './read.ts';
import { idsOf } from './things.ts';
import { tiesOf, type Party } from './relations.ts';

const edgesMax = 4_000;
const alertsPerEdge = 50;

export interface StoryContent {
  readonly techniques: Techniques;
  readonly guides: readonly Guide[];
}

/** All of an incident's story but its rows. Throws NotFound. */
export async function readStory(
  db: Queryable,
  kql: Pick<Kql, 'dependsOn'>,
  { techniques, guides }: StoryContent,
  number: number,
): Promise<IncidentStory> {
  const incident = await incidentRow(db, number);
  const [{ alerts: raw, queries }, found, findings, conclusions] = await Promise.all([
    storyAlerts(db, number),
    evidenceRows(db, number),
    findingsOf(db, number),
    conclusionsOf(db, number),
  ]);
  const closed = closedAs(incident);
  const evidence = found.rows.map((row) =>
    evidenceOf(row, findingOf(row, findings), closed, conclusionOf(row, conclusions)),
  );
  const pieceOf = new Map(found.rows.flatMap((row) => idsOf(row).map((id) => [id, row.entity.id])));
  const alerts = raw.map((alert) => ({
    ...alert,
    entityIds: [...new Set(alert.entityIds.map((id) => pieceOf.get(id) ?? id))],
  }));
  const parties = new Map(evidence.map(({ entity }) => [entity.id, { id: entity.id, kind: entity.kind }]));
  const tables = queries.map((query) => kql.dependsOn(query).tables);
  const edges = edgesOf(alerts, parties, tables);
  const path = attackPath(alerts, techniques);
  const descriptions = await descriptionsOf(db, number);
  return {
    number,
    incidentUpdatedAt: incident.updated_at.toISOString(),
    alerts: alerts.map(answered),
    evidence,
    edges: edges.slice(0, edgesMax),
    path,
    nextSteps: nextSteps(
      { alerts, descriptions, evidence, path, firstAt: incident.first_activity_at, lastAt: incident.last_activity_at },
      guides,
    ),
    leftOut: {
      alerts: Math.max(0, incident.alert_count - alerts.length),
      evidence: found.total - evidence.length,
      edges: Math.max(0, edges.length - edgesMax),
    },
  };
}

const answered = (alert: ReadAlert): StoryAlert => ({
  id: alert.id,
  name: alert.name,
  ruleId: alert.ruleId,
  severity: alert.severity,
  status: alert.status,
  tactics: alert.tactics,
  techniques: alert.techniques,
  startTime: alert.startTime,
  endTime: alert.endTime,
  entityIds: alert.entityIds,
});

/** What ties the entities of all alerts, each pair once for each direction, the strongest first. Of several relations the one of most alerts counts. Pure. */
export function edgesOf(
  alerts: readonly ReadAlert[],
  parties: ReadonlyMap<string, Party>,
  tables: readonly (readonly string[] | undefined)[],
): StoryEdge[] {
  interface Kept {
    readonly from: string;
    readonly to: string;
    readonly relations: Map<string, number>;
    readonly alertIds: string[];
    alertCount: number;
    firstAt: string;
  }
  const edges = new Map<string, Kept>();
  for (const alert of alerts) {
    const present = alert.entityIds.flatMap((id) => parties.get(id) ?? []);
    for (const { from, to, relation } of tiesOf(present, { tactics: alert.tactics, tables: tables[alert.query] })) {
      const key = `${from}\0${to}`;
      const edge: Kept = edges.get(key) ?? {
        from,
        to,
        relations: new Map(),
        alertIds: [],
        alertCount: 0,
        firstAt: alert.startTime,
      };
      edge.relations.set(relation, (edge.relations.get(relation) ?? 0) + 1);
      if (edge.alertIds.length < alertsPerEdge) edge.alertIds.push(alert.id);
      edge.alertCount += 1;
      if (alert.startTime < edge.firstAt) edge.firstAt = alert.startTime;
      edges.set(key, edge);
    }
  }
  const relation = (of: ReadonlyMap<string, number>): string => {
    // What only says that two were seen together counts where nothing more is known.
    const [best] = [...of].toSorted(
      ([a, n], [b, m]) => Number(a === 'seen with') - Number(b === 'seen with') || m - n || (a < b ? -1 : 1),
    );
    return best?.[0] ?? 'seen with';
  };
  return [...edges.values()]
    .map(({ relations, ...edge }) => ({ ...edge, relation: relation(relations) }))
    .toSorted((a, b) => b.alertCount - a.alertCount || (a.firstAt < b.firstAt ? -1 : a.firstAt > b.firstAt ? 1 : 0));
}

/** Of each rule the newest alert's description. */
async function descriptionsOf(db: Queryable, number: number): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ rule_id: string; description: string }>(
    'SELECT DISTINCT ON (rule_id) rule_id, description FROM alerts WHERE incident_number = $1 ORDER BY rule_id, created_at DESC LIMIT 500',
    [number],
  );
  return new Map(rows.map((row) => [row.rule_id, row.description]));
}
