import { createHash } from 'node:crypto';
import { keysOf, type Context, type Keys } from './keys.ts';
import type { Kind } from './kinds.ts';
import { nameOf } from './names.ts';
import { normalise } from './normalise.ts';

/** An entity as a rule's mapping read it from a row. */
export interface MappedEntity {
  readonly kind: Kind;
  readonly identifiers: Readonly<Record<string, string>>;
}

/** An entity with its identity worked out. */
export interface ResolvedEntity extends MappedEntity {
  /** The same for the same strong identifiers; for a weak entity, for the same identifiers. */
  readonly id: string;
  readonly name: string;
  readonly strong: boolean;
  /** One for each strong identifier set. Equal keys mean the same thing. */
  readonly keys: readonly string[];
  /** The keys on which alerts join: mostly the strong ones. Empty when shared by too many to mean anything: then `discounted` says why. */
  readonly joinKeys: readonly string[];
  readonly discounted?: string;
  /** A machine that several people use, as the inventory knows. */
  readonly isOfSeveral?: boolean;
}

/** No alert takes more text than this of one identifier. Microsoft names no bound; a row's cell can be megabytes. */
const identifierCharsMax = 2_048;

/**
 * Works out who the entities of one row are. Entities of a row explain each other: a local account is one of the row's host, a process ran
 * on it, a registry value belongs to the row's key. Entities of which nothing is left (`-`, generic account names) are dropped.
 */
export function resolveEntities(mapped: readonly MappedEntity[]): ResolvedEntity[] {
  const present = mapped
    .map((entity) => ({ kind: entity.kind, identifiers: normalise(entity.kind, clip(entity.identifiers)) }))
    .filter((entity) => Object.keys(entity.identifiers).length > 0);
  const context = contextOf(present);
  const resolved = new Map<string, ResolvedEntity>();
  for (const entity of present) {
    const one = resolve(entity, context);
    const twin = resolved.get(one.id);
    resolved.set(one.id, twin ? mergeEntities(twin, one) : one);
  }
  return [...resolved.values()];
}

/** The same entity seen twice: all that is known of it. */
export function mergeEntities(a: ResolvedEntity, b: ResolvedEntity): ResolvedEntity {
  const identifiers = { ...b.identifiers, ...a.identifiers };
  return {
    ...a,
    identifiers,
    name: nameOf(a.kind, identifiers),
    strong: a.strong || b.strong,
    keys: [...new Set([...a.keys, ...b.keys])],
    joinKeys: [...new Set([...a.joinKeys, ...b.joinKeys])],
  };
}

function contextOf(entities: readonly MappedEntity[]): Context {
  // With several hosts or keys in a row nobody says which one is meant.
  const only = (kind: Kind) => {
    const all = entities.filter((entity) => entity.kind === kind);
    return all.length === 1 ? all[0] : undefined;
  };
  const host = only('Host');
  const registryKey = only('RegistryKey');
  return {
    host: host?.identifiers,
    hostKeys: host ? keysOf(host.kind, host.identifiers, {}).strong : [],
    registryKeys: registryKey ? keysOf(registryKey.kind, registryKey.identifiers, {}).strong : [],
    registryKey: registryKey?.identifiers,
  };
}

function resolve(entity: MappedEntity, context: Context): ResolvedEntity {
  const keys: Keys = keysOf(entity.kind, entity.identifiers, context);
  const weakKey = JSON.stringify(
    Object.entries(entity.identifiers)
      .map(([name, value]) => [name, value.toLowerCase()] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    ...entity,
    id: shortHash(`${entity.kind}|${keys.strong[0] ?? weakKey}`),
    name: nameOf(entity.kind, entity.identifiers),
    strong: keys.strong.length > 0,
    keys: keys.strong,
    joinKeys: keys.discounted === undefined ? (keys.join ?? keys.strong) : [],
    ...(keys.discounted === undefined ? {} : { discounted: keys.discounted }),
  };
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

const clip = (identifiers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(identifiers).map(([name, value]) => [name, value.slice(0, identifierCharsMax).toWellFormed()]),
  );
