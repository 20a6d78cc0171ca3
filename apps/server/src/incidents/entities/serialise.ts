import { kinds } from './kinds.ts';
import type { ResolvedEntity } from './resolve.ts';

/** Entities of one alert take at most this many bytes of JSON (Sentinel: 64 KB). */
const entitiesBytesMax = 64 * 1_024;

/**
 * The Entities column of `SecurityAlert`: objects with `$id`, refering to each other by `$ref` (a process and an account to the alert's only host).
 * Entities that no longer fit in 64 KB are left out, the last ones first.
 */
export function entitiesColumn(entities: readonly ResolvedEntity[]): string {
  const hosts = entities.filter((entity) => entity.kind === 'Host');
  // References go to an object that stands before them.
  const ordered = [...hosts, ...entities.filter((entity) => entity.kind !== 'Host')];
  const hostRef = hosts.length === 1 ? { Host: { $ref: '1' } } : {};
  const parts: string[] = [];
  let bytes = 2;
  for (const [index, entity] of ordered.entries()) {
    const onHost =
      entity.kind === 'Process' ||
      (entity.kind === 'Account' && entity.keys.some((k) => k.startsWith('account-local')));
    const text = JSON.stringify({
      $id: String(index + 1),
      ...entity.identifiers,
      ...(onHost ? hostRef : {}),
      Type: kinds[entity.kind].type,
    });
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > entitiesBytesMax) break;
    parts.push(text);
  }
  return `[${parts.join(',')}]`;
}
