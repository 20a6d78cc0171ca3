import { createHash } from 'node:crypto';
import type { Kind, ResolvedEntity } from '../entities/index.ts';

/** How a rule groups its own alerts (`groupingConfiguration`), beside what their entities say. */
export interface GroupingRule {
  readonly lookbackSeconds: number;
  readonly matchingMethod: 'AllEntities' | 'AnyAlert' | 'Selected';
  readonly entities: readonly Kind[];
  readonly alertDetails: readonly ('DisplayName' | 'Severity')[];
  readonly customDetails: readonly string[];
  readonly reopenClosedIncident: boolean;
}

/** What of an alert decides which incident it belongs to. */
export interface AlertFacts {
  readonly id: string;
  readonly ruleId: string;
  readonly name: string;
  readonly severity: string;
  /** Milliseconds. */
  readonly startAt: number;
  readonly endAt: number;
  readonly entities: readonly ResolvedEntity[];
  readonly customDetails: Readonly<Record<string, readonly string[]>>;
  readonly grouping: GroupingRule | undefined;
}

/** Two alerts that have the same key, at most `windowSeconds` apart, belong together. */
export interface LinkKey {
  readonly key: string;
  readonly windowSeconds: number;
  /** `entity`: any alert's. `rule`: only alerts of one rule have it. */
  readonly kind: 'entity' | 'rule';
  /** For people: what is shared. */
  readonly label: string;
}

/** Alerts about one thing within a day are one story, unless told otherwise. */
export const defaultWindowSeconds = 24 * 3_600;
/** An alert with hundreds of entities says little by each; the first ones are looked at. */
const keysMax = 100;

/** The keys of an alert: its entities' join keys, and its rule's grouping. */
export function linkKeys(alert: AlertFacts, windowSeconds = defaultWindowSeconds): LinkKey[] {
  const keys = new Map<string, LinkKey>();
  if (alert.grouping) {
    const key = `rule:${alert.ruleId}:${groupOf(alert, alert.grouping)}`;
    keys.set(key, {
      key,
      windowSeconds: alert.grouping.lookbackSeconds,
      kind: 'rule',
      label: 'the grouping of its rule',
    });
  }
  for (const entity of alert.entities)
    for (const key of entity.joinKeys)
      if (keys.size < keysMax)
        keys.set(key, { key, windowSeconds, kind: 'entity', label: `${entity.kind.toLowerCase()} ${entity.name}` });
  return [...keys.values()];
}

function groupOf(alert: AlertFacts, grouping: GroupingRule): string {
  switch (grouping.matchingMethod) {
    case 'AnyAlert':
      return 'any';
    case 'AllEntities':
      return `all:${hash(idsOf(alert.entities))}`;
    case 'Selected':
      return `selected:${hash([
        ...idsOf(alert.entities.filter((entity) => grouping.entities.includes(entity.kind))),
        ...grouping.alertDetails.map((detail) => (detail === 'DisplayName' ? alert.name : alert.severity)),
        ...grouping.customDetails.map((name) => [name, ...(alert.customDetails[name] ?? []).toSorted()].join('\0')),
      ])}`;
  }
}

const idsOf = (entities: readonly ResolvedEntity[]): string[] => entities.map((entity) => entity.id).toSorted();
const hash = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
