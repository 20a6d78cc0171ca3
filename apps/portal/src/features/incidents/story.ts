import type { Alert, Entity, Incident, Severity } from '@sallyport/contracts';

/** Alerts of one rule, drawn as one node. */
export interface AlertNode {
  readonly key: string;
  readonly name: string;
  readonly severity: Severity;
  readonly alerts: readonly Alert[];
  readonly startTime: string;
}

export interface Story {
  readonly alerts: readonly AlertNode[];
  readonly entities: readonly Entity[];
  /** Index of an alert node, index of an entity. */
  readonly links: readonly (readonly [number, number])[];
  /** How many rules and entities are not drawn. */
  readonly alertsLeftOut: number;
  readonly entitiesLeftOut: number;
}

/** A few dozen nodes at most: beyond that a drawing tells less than a list. */
export const ALERT_NODES_MAX = 14;
export const ENTITY_NODES_MAX = 18;

const rank: Record<Severity, number> = { High: 0, Medium: 1, Low: 2, Informational: 3 };

/**
 * The attack story as two columns: rules that alerted, by the time of their first activity, and the entities that join them, those of
 * most rules first. Same incident, same drawing: nothing is placed by chance.
 */
export function storyOf(incident: Pick<Incident, 'alerts' | 'entities'>): Story {
  const groups = new Map<string, Alert[]>();
  for (const alert of incident.alerts) {
    const key = `${alert.ruleId} ${alert.alertName}`;
    groups.set(key, [...(groups.get(key) ?? []), alert]);
  }
  const nodes = [...groups].map(([key, alerts]): AlertNode => {
    const sorted = alerts.toSorted((a, b) => a.startTime.localeCompare(b.startTime));
    const worst = alerts.map((alert) => alert.severity).toSorted((a, b) => rank[a] - rank[b])[0]!;
    return { key, name: alerts[0]!.alertName, severity: worst, alerts: sorted, startTime: sorted[0]!.startTime };
  });
  const shown = nodes
    .toSorted((a, b) => rank[a.severity] - rank[b.severity] || a.startTime.localeCompare(b.startTime))
    .slice(0, ALERT_NODES_MAX)
    .toSorted((a, b) => a.startTime.localeCompare(b.startTime) || a.key.localeCompare(b.key));
  const members = shown.map(
    (node) => new Set(node.alerts.flatMap((alert) => alert.entities.map((entity) => entity.id))),
  );
  const degree = (entity: Entity): number => members.filter((ids) => ids.has(entity.id)).length;
  const firstAt = (entity: Entity): number => members.findIndex((ids) => ids.has(entity.id));
  const joined = incident.entities.filter((entity) => degree(entity) > 0);
  const entities = joined
    .toSorted((a, b) => degree(b) - degree(a) || Number(b.strong) - Number(a.strong) || a.name.localeCompare(b.name))
    .slice(0, ENTITY_NODES_MAX)
    .toSorted((a, b) => firstAt(a) - firstAt(b) || degree(b) - degree(a) || a.id.localeCompare(b.id));
  const links = shown.flatMap((_, alert) =>
    entities.flatMap((entity, index) => (members[alert]!.has(entity.id) ? [[alert, index] as const] : [])),
  );
  return {
    alerts: shown,
    entities,
    links,
    alertsLeftOut: nodes.length - shown.length,
    entitiesLeftOut: incident.entities.length - entities.length,
  };
}
