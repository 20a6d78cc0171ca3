import { SallyportError, type EntityKind } from '@sallyport/contracts';
import { resolveEntities, type Sight } from '../incidents/index.ts';
import { storableJson } from '../platform/canonical-json.ts';
import type { Platform } from '../platform/types.ts';
import { addSeen, lockInventory, mergeSeen, openSeen } from './inventory/merge.ts';
import { keysWithin } from './within.ts';

/**
 * The id of the entity that identifiers name, as an alert's would be resolved; one that is not known yet is taken into the inventory. Throws BadRequest when nothing is left of them (`-`, a
 * generic account name), and NotFound where `sight` shows a part and not this one: nothing is taken in for it then.
 */
export async function resolveEntity(
  { clock, database }: Pick<Platform, 'clock' | 'database'>,
  kind: EntityKind,
  identifiers: Readonly<Record<string, string>>,
  sight: Sight,
): Promise<string> {
  const [resolved] = resolveEntities([{ kind, identifiers }]);
  if (!resolved) throw new SallyportError('BadRequest', `these identifiers name no ${kind}`, { target: 'identifiers' });
  const { keys, strong, name } = resolved;
  const lower = (identifier: string): string | undefined => resolved.identifiers[identifier]?.toLowerCase();
  const weakOf: Partial<Record<EntityKind, string>> = { Account: 'Name', Host: 'HostName', IP: 'Address' };
  const weak = weakOf[kind];
  const value = weak === undefined ? undefined : lower(weak);
  const ownKeys = strong ? keys : [value === undefined ? `entity:${resolved.id}` : JSON.stringify([[weak, value]])];
  const values: unknown[] = [kind, ownKeys];
  const among = keysWithin(sight, (value) => `$${values.push(value)}`);
  const known = await database.first<{ entity_id: string }>(
    `SELECT entity_id FROM ${among} WHERE alias = ANY(SELECT entity_alias($1, k) FROM unnest($2::text[]) AS k) ORDER BY alias LIMIT 1`,
    values,
  );
  if (known) return known.entity_id;
  if (!sight.scope.whole) throw new SallyportError('NotFound', `nothing of what you see tells of this ${kind}`);
  const now = clock.now().toISOString();
  return database.transaction(async (tx) => {
    await lockInventory(tx);
    await openSeen(tx);
    const short = kind === 'Account' || kind === 'Host' ? (lower(kind === 'Account' ? 'Name' : 'HostName') ?? '') : '';
    const row = {
      kind,
      name,
      rank: strong ? 1 : 2,
      short,
      strong,
      keys: ownKeys,
      identifiers: resolved.identifiers,
      properties: {},
      sources: [],
      events: 0,
      first_at: now,
      last_at: now,
    };
    await addSeen(tx, JSON.stringify(storableJson([row])));
    await mergeSeen(tx);
    const entity = await tx.first<{ entity: string }>('SELECT entity FROM seen LIMIT 1');
    if (!entity) throw new SallyportError('BadRequest', `these identifiers name no ${kind}`, { target: 'identifiers' });
    return entity.entity;
  });
}
