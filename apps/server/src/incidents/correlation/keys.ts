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
  /** Undefined: the first. Alerts of two workspaces share no key. */
  readonly workspaceId?: string;
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
  /** Incidents of the alerts that it tells of, the one with most of them first. */
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
  /** All that the alert names is many people's. */
  readonly isOfMany: boolean;
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
  const { own, machines } = tellingOf(alert, shared, ignored);
  const artefacts = artefactsOf(alert.customDetails)
    .filter(({ key }) => !shared.has(key))
    .map(({ key, label }) => ({ keys: [key], label }));
  for (const thing of [...own, ...artefacts]) for (const link of thingKeys(thing, alert.storm)) add(link.key, link);
  const isAlone = !own.some(({ saysWho }) => saysWho);
  // What tells of others is about all that time: on a machine of many it would be near everything.
  for (const machine of alert.told?.length ? [] : machines)
    for (const link of machineKeys(machine, isAlone, alert.storm)) add(link.key, link);
  if (alert.storm)
    add(`storm:${alert.ruleId}`, {
      windowSeconds: defaultWindowSeconds,
      sequenceSeconds: 0,
      kind: 'storm',
      label: 'the many alerts of its rule',
      emits: true,
      probes: true,
    });
  const isOfMany = own.length === 0 && (machines.length > 0 || ignored.length > 0);
  const here = alert.workspaceId;
  const all = [...keys.values()];
  return {
    keys: here === undefined ? all : all.map((link) => ({ ...link, key: `${here} ${link.key}` })),
    stages: stagesOf(alert.tactics),
    ignored,
    isOfMany,
  };
}

/** Keys of a thing that is one story's. A server that sent mail sends it for many: by that alone mails do not belong together, but with what else came from there they do. */
function* thingKeys({ keys, label, isMailServer = false }: Thing, isStorm: boolean): Generator<LinkKey> {
  const link = { windowSeconds: defaultWindowSeconds, sequenceSeconds, kind: 'entity', label } as const;
  for (const key of keys) {
    yield { key, ...link, emits: !isStorm && !isMailServer, probes: true };
    if (key.startsWith('ip:'))
      yield { key: `mail-server:${key}`, ...link, emits: !isStorm && isMailServer, probes: !isMailServer };
  }
}

/**
 * Keys of a machine that many use. Two alerts that both say who did it are told apart by that. Where neither does, the machine is what they are about; where one does, they belong together when
 * they are close, or in the order of an attack.
 */
function* machineKeys({ keys, label, isBusy }: Machine, isAlone: boolean, isStorm: boolean): Generator<LinkKey> {
  const alone = { windowSeconds: defaultWindowSeconds, sequenceSeconds: isBusy ? 0 : sequenceSeconds };
  const near = { windowSeconds: nearSeconds, sequenceSeconds: isBusy ? 0 : defaultWindowSeconds };
  for (const key of keys)
    for (const [prefix, reach, emits, probes] of [
      ['alone', alone, isAlone, isAlone],
      ['only', near, isAlone, !isAlone],
      ['near', near, !isAlone, isAlone],
    ] as const)
      yield {
        key: `${prefix}:${key}`,
        ...reach,
        kind: 'entity',
        label: prefix === 'alone' ? label : `${label}, within hours`,
        emits: emits && !isStorm,
        probes,
      };
}

/** Every key whose sharing by many matters to the alert. */
export const shareableKeys = (alert: AlertFacts): string[] => [
  ...alert.entities.flatMap(({ joinKeys }) => joinKeys),
  ...artefactsOf(alert.customDetails).map(({ key }) => key),
];

interface Thing {
  readonly keys: readonly string[];
  readonly label: string;
  readonly isMailServer?: boolean;
}
interface Telling extends Thing {
  /** Not only what was touched, but who did it or where from. */
  readonly saysWho: boolean;
}
const actors: ReadonlySet<Kind> = new Set<Kind>(['Account', 'Host', 'IP', 'Mailbox', 'CloudApplication']);

interface Machine extends Thing {
  /** Many accounts were seen on it. */
  readonly isBusy: boolean;
}

/** The entities by which the alert joins, and machines of many among them; what says nothing goes to `ignored`. */
function tellingOf(
  alert: AlertFacts,
  shared: SharedKeys,
  ignored: string[],
): { own: Telling[]; machines: readonly Machine[] } {
  const own: Telling[] = [];
  const machines: Machine[] = [];
  const isOfMail = alert.entities.some(({ kind }) => kind === 'MailMessage');
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
      } else if (entity.isOfSeveral === true || (byMany !== undefined && kind === 'Host'))
        machines.push({ keys: entity.joinKeys, label, isBusy: byMany !== undefined });
      else if (byMany !== undefined) ignored.push(`${label}: ${byMany}`);
      else
        own.push({ keys: entity.joinKeys, label, saysWho: actors.has(kind), isMailServer: isOfMail && kind === 'IP' });
    }
  }
  return { own, machines };
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
