import { kinds } from './kinds.ts';
import type { ResolvedEntity } from './resolve.ts';

/** Entities of one alert take at most this many bytes of JSON (Sentinel: 64 KB). */
const entitiesBytesMax = 64 * 1_024;

/** Of an alert's entities those that fit into its 64 KB; the last ones are left out, hosts last of all, since others refer to them. */
export function entitiesThatFit(entities: readonly ResolvedEntity[]): readonly ResolvedEntity[] {
  const fitting = new Set<ResolvedEntity>();
  let bytes = 2;
  for (const { entity, text } of textsOf(entities)) {
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > entitiesBytesMax) break;
    fitting.add(entity);
  }
  return fitting.size === entities.length ? entities : entities.filter((entity) => fitting.has(entity));
}

/** The Entities column of `SecurityAlert`: objects with `$id`, refering to each other by `$ref` (a process and an account to the alert's only host). */
export const entitiesColumn = (entities: readonly ResolvedEntity[]): string =>
  `[${textsOf(entities)
    .map(({ text }) => text)
    .join(',')}]`;

function textsOf(entities: readonly ResolvedEntity[]): { readonly entity: ResolvedEntity; readonly text: string }[] {
  const hosts = entities.filter((entity) => entity.kind === 'Host');
  // References go to an object that stands before them.
  const ordered = [...hosts, ...entities.filter((entity) => entity.kind !== 'Host')];
  const hostRef = hosts.length === 1 ? { Host: { $ref: '1' } } : {};
  return ordered.map((entity, index) => {
    const onHost =
      entity.kind === 'Process' ||
      (entity.kind === 'Account' && entity.keys.some((k) => k.startsWith('account-local')));
    const text = JSON.stringify({
      $id: String(index + 1),
      ...entity.identifiers,
      ...(onHost ? hostRef : {}),
      Type: kinds[entity.kind].type,
    });
    return { entity, text };
  });
}
