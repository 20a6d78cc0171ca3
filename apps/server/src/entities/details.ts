import type { EntityDetails, ResponseOf, RiskReason, entityRoutes } from '@sallyport/contracts';
import { alertWithin, type Sight } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { kqlText, kqlTexts, withLets } from './content/kql.ts';
import { letsOf, subjectOf } from './content/subject.ts';
import { alertOf, type EntityPlace } from './place.ts';
import { aliasesOf, criticalityOf, riskLevelOf, shown, type KnownEntity } from './store.ts';

/** Tables that one hunt over everything looks in. */
const huntTablesMax = 40;
const alertsMax = 200;

/** One entity with all that is known of it; of alerts and risk what the workspace tells, and the scores of the others. */
export async function detailsOf(
  db: Queryable,
  entity: KnownEntity,
  place: EntityPlace,
  sight: Sight,
): Promise<EntityDetails> {
  const { row, keys } = entity;
  const values: unknown[] = [aliasesOf(entity)];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const within = `${alertWithin(sight, bind)} AND ${alertOf(place, bind)}`;
  const counts = await db.first<{ alerts: number; incidents: number }>(
    `SELECT count(DISTINCT a.id)::int AS alerts, count(DISTINCT i.number) FILTER (WHERE i.status <> 'Closed')::int AS incidents
     FROM alert_entities l JOIN alerts a ON a.id = l.alert_id LEFT JOIN incidents i ON i.number = a.incident_number WHERE l.entity_id = ANY($1) AND ${within}`,
    values,
  );
  return {
    ...shown(row),
    ...(await riskOf(db, entity, place, sight)),
    identifiers: { ...row.identifiers },
    aliases: keys.flatMap(({ key }) => {
      const at = key.indexOf(':');
      const type = key.slice(0, at);
      if (at < 0 || type === 'entity' || key.startsWith('[[')) return [];
      return [{ type, value: valueOf(type, key.slice(at + 1)) }];
    }),
    events: row.events,
    criticalityConcluded: criticalityOf(row.criticality_concluded),
    criticalityReason: row.criticality_reason,
    criticalitySetBy: row.criticality_set_by,
    alerts: counts?.alerts ?? 0,
    openIncidents: counts?.incidents ?? 0,
    hunts: huntsOf(entity, place),
  };
}

/** The risk in a workspace, and the scores in others. Who sees a part of the data is told that in the first, as far as `inventoryWithin` tells it. */
async function riskOf(
  db: Queryable,
  { row }: KnownEntity,
  { workspaceId }: EntityPlace,
  { scope, first }: Sight,
): Promise<Pick<EntityDetails, 'riskScore' | 'riskLevel' | 'riskReasons' | 'elsewhere'>> {
  const told = scope.whole
    ? await db.query<{ workspace_id: string | null; score: number; reasons: readonly RiskReason[] }>(
        'SELECT workspace_id, score, reasons FROM inventory_risks WHERE entity_id = $1 AND score > 0 ORDER BY score DESC, workspace_id',
        [row.id],
      )
    : [{ workspace_id: null, score: row.risk_score, reasons: row.risk_reasons }];
  const here = told.find(({ workspace_id }) => workspace_id === workspaceId);
  const riskScore = here?.score ?? 0;
  return {
    riskScore,
    riskLevel: riskLevelOf(riskScore),
    riskReasons: [...(here?.reasons ?? [])],
    elsewhere: scope.whole
      ? told
          .filter((one) => one !== here)
          .map(({ workspace_id, score }) => ({
            workspaceId: workspace_id ?? first,
            riskScore: score,
            riskLevel: riskLevelOf(score),
          }))
      : [],
  };
}

/** A key as people write such a name. */
function valueOf(type: string, value: string): string {
  const [first = '', second = ''] = value.split('|');
  if (type === 'account-upn' || type === 'account-dns') return `${first}@${second}`;
  if (type === 'account-nt' || type === 'host-nt') return `${second}\\${first}`;
  if (type === 'host-dns') return `${first}.${second}`;
  return second === '' ? first : value;
}

/** Where one hunt over everything looks: first in the tables that told of the entity, however many hold rows. */
export function huntedTables(filled: ReadonlySet<string>, sources: readonly string[]): readonly string[] {
  const of = (names: readonly string[]) =>
    names.filter((name) => filled.has(name) && !name.startsWith('Entity') && name !== 'LAQueryLogs').toSorted();
  return [...new Set([...of(sources), ...of([...filled])])].slice(0, huntTablesMax);
}

/** KQL to begin with, for an entity of any kind. */
function huntsOf(entity: KnownEntity, { filled, securityAlert, history }: EntityPlace): EntityDetails['hunts'] {
  const subject = subjectOf(entity);
  const terms = subject.lists['Entity_Terms'] ?? [];
  const tables = huntedTables(filled, entity.row.sources);
  const text = terms.map((term) => `* has ${kqlText(term)}`).join(' or ');
  const lets = withLets({ Entity_Terms: kqlTexts(terms) }, '');
  const everything = `search in (${tables.join(', ')}) ${text}\n| sort by TimeGenerated desc\n| take 500`;
  return [
    ...(tables.length > 0 && terms.length > 0 ? [{ name: 'Everything that names it', query: everything }] : []),
    ...(securityAlert === undefined
      ? []
      : [
          {
            name: 'Alerts with it',
            query: `${lets}${securityAlert}\n| where Entities has_any (Entity_Terms)\n| sort by TimeGenerated desc`,
          },
        ]),
    ...(subject.kind === 'Account'
      ? [
          {
            name: 'What behaviour analytics tells of it',
            query: withLets(
              { Account_Names: letsOf(subject)['Account_Names'] ?? 'dynamic([])' },
              'BehaviorAnalytics\n| where tolower(UserPrincipalName) in (Account_Names)\n| sort by InvestigationPriority desc, TimeGenerated desc',
            ),
          },
        ]
      : []),
    ...(history === undefined
      ? []
      : [
          {
            name: 'Its history in the inventory',
            query: `${history}\n| where EntityId == ${kqlText(entity.row.id)}\n| sort by TimeGenerated desc`,
          },
        ]),
  ];
}

/** Alerts of the workspace with the entity that `sight` shows, newest first; 200 at most. */
export async function alertsWith(
  db: Queryable,
  entity: KnownEntity,
  place: EntityPlace,
  sight: Sight,
): Promise<ResponseOf<typeof entityRoutes.getEntityIncidents>['alerts']> {
  const values: unknown[] = [aliasesOf(entity), alertsMax];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const rows = await db.query<{
    id: string;
    name: string;
    severity: 'High' | 'Medium' | 'Low' | 'Informational';
    status: string;
    start_time: Date;
    incident_number: number | null;
  }>(
    `SELECT id, name, severity, status, start_time, incident_number FROM alerts a WHERE id IN (SELECT alert_id FROM alert_entities WHERE entity_id = ANY($1)) AND ${alertWithin(sight, bind)} AND ${alertOf(place, bind)}
     ORDER BY start_time DESC, id LIMIT $2`,
    values,
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    severity: row.severity,
    status: row.status,
    startTime: row.start_time.toISOString(),
    incidentNumber: row.incident_number,
  }));
}
