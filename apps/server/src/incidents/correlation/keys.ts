import { createHash } from 'node:crypto';
import type { Kind, ResolvedEntity } from '../entities/index.ts';
import { artefactsOf } from './artefacts.ts';
import { stagesOf, type Stage } from './stages.ts';

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
  readonly tactics: readonly string[];
  /** Milliseconds. */
  readonly startAt: number;
  readonly endAt: number;
  readonly entities: readonly ResolvedEntity[];
  readonly customDetails: Readonly<Record<string, readonly string[]>>;
  readonly grouping: GroupingRule | undefined;
  /** One of very many alerts of its rule: it joins what is there, and neither bridges incidents nor begins one of its own. */
  readonly storm: boolean;
  /** Incidents of the alerts that it tells of. */
  readonly told?: readonly number[];
}

/** What an alert is found by, and finds others by. */
export interface LinkKey {
  readonly key: string;
  /** Two alerts with the key, at most so far apart, belong together. */
  readonly windowSeconds: number;
  /** So far apart they do when one is of an earlier stage of an attack, and does not come after the other. 0: never. */
  readonly sequenceSeconds: number;
  /** `entity`: any alert's. `rule`: only alerts of one rule have it. `storm`: of a rule that raises very many. */
  readonly kind: 'entity' | 'rule' | 'storm';
  /** For people: what is shared. */
  readonly label: string;
  /** Later and earlier alerts find this one by it. */
  readonly emits: boolean;
  /** This alert looks for others by it. */
  readonly probes: boolean;
}

export interface Links {
  readonly keys: readonly LinkKey[];
  readonly stages: readonly Stage[];
  /** What the alert names and does not join by, and why. */
  readonly ignored: readonly string[];
}

/** Keys that many share → in words, by how many. */
export type SharedKeys = ReadonlyMap<string, string>;
export const nothingShared: SharedKeys = new Map();

/** Alerts about one thing within a day are one story, unless told otherwise. */
export const defaultWindowSeconds = 24 * 3_600;
/** Attackers wait over a night or two between getting in and going on. */
export const sequenceSeconds = 72 * 3_600;
/** On a machine that many use, only what happens close together belongs together, and only where nothing else says whose it is. */
export const nearSeconds = 2 * 3_600;
/** The keys whose spans may matter to an alert reach no farther than this. */
export const reachSeconds = Math.max(defaultWindowSeconds, sequenceSeconds);
/** An alert with hundreds of entities says little by each; the first ones are looked at. */
const keysMax = 100;
/** An alert that names more of a kind lists targets (passwords tried, mail sent): none of them alone is its story. */
const namedMax: Partial<Record<Kind, number>> = { Account: 6, IP: 10, URL: 10, DNS: 10, MailMessage: 20, Mailbox: 6 };
const namedMaxOfOthers = 30;

/** What an alert joins by: its entities, artefacts in its details, its rule's grouping. Pure: the same for an alert whenever it comes. */
export function linkKeys(alert: AlertFacts, shared: SharedKeys = nothingShared): Links {
  const keys = new Map<string, LinkKey>();
  const ignored: string[] = [];
  const add = (key: string, link: Omit<LinkKey, 'key'>) => {
    if (keys.size < keysMax && !keys.has(key)) keys.set(key, { key, ...link });
  };
  if (alert.grouping)
    add(`rule:${alert.ruleId}:${groupOf(alert, alert.grouping)}`, {
      windowSeconds: alert.grouping.lookbackSeconds,
      sequenceSeconds: 0,
      kind: 'rule',
      label: 'the grouping of its rule',
      emits: !alert.storm,
      probes: true,
    });
  const { own, busy } = tellingOf(alert, shared, ignored);
  const artefacts = artefactsOf(alert.customDetails)
    .filter(({ key }) => !shared.has(key))
    .map(({ key, label }) => ({ keys: [key], label }));
  for (const { keys: names, label } of [...own, ...artefacts])
    for (const key of names)
      add(key, {
        windowSeconds: defaultWindowSeconds,
        sequenceSeconds,
        kind: 'entity',
        label,
        emits: !alert.storm,
        probes: true,
      });
  const isAlone = !own.some(({ saysWho }) => saysWho);
  for (const { keys: names, label } of busy)
    for (const key of names)
      // Two alerts that both say who did it are told apart by that, on a machine that everybody is on.
      for (const [prefix, isOwn] of [
        ['only', isAlone],
        ['near', !isAlone],
      ] as const)
        add(`${prefix}:${key}`, {
          windowSeconds: nearSeconds,
          sequenceSeconds: 0,
          kind: 'entity',
          label: `${label}, within hours`,
          emits: isOwn && !alert.storm,
          probes: isAlone || prefix === 'only',
        });
  if (alert.storm)
    add(`storm:${alert.ruleId}`, {
      windowSeconds: defaultWindowSeconds,
      sequenceSeconds: 0,
      kind: 'storm',
      label: 'the many alerts of its rule',
      emits: true,
      probes: true,
    });
  return { keys: [...keys.values()], stages: stagesOf(alert.tactics), ignored };
}

/** Every key whose sharing by many matters to the alert. */
export const shareableKeys = (alert: AlertFacts): string[] => [
  ...alert.entities.flatMap(({ joinKeys }) => joinKeys),
  ...artefactsOf(alert.customDetails).map(({ key }) => key),
];

interface Telling {
  readonly keys: readonly string[];
  readonly label: string;
  /** Not only what was touched, but who did it or where from. */
  readonly saysWho: boolean;
}
const actors: ReadonlySet<Kind> = new Set<Kind>(['Account', 'Host', 'IP', 'Mailbox', 'CloudApplication']);

/** The entities by which the alert joins, and the busy machines among them; what says nothing goes to `ignored`. */
function tellingOf(alert: AlertFacts, shared: SharedKeys, ignored: string[]): { own: Telling[]; busy: Telling[] } {
  const own: Telling[] = [];
  const busy: Telling[] = [];
  for (const [kind, entities] of Map.groupBy(alert.entities, (entity) => entity.kind)) {
    if (entities.length > (namedMax[kind] ?? namedMaxOfOthers)) {
      ignored.push(`${entities.length} of kind ${kind}: a list of targets`);
      continue;
    }
    for (const entity of entities) {
      const label = `${entity.kind.toLowerCase()} ${entity.name}`;
      const byMany = entity.joinKeys.flatMap((key) => shared.get(key) ?? [])[0];
      if (entity.joinKeys.length === 0) {
        if (entity.discounted !== undefined) ignored.push(`${label}: ${entity.discounted}`);
      } else if (byMany === undefined) own.push({ keys: entity.joinKeys, label, saysWho: actors.has(kind) });
      else if (kind === 'Host') busy.push({ keys: entity.joinKeys, label, saysWho: false });
      else ignored.push(`${label}: ${byMany}`);
    }
  }
  return { own, busy };
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
