import type { EntityChange } from '@sallyport/contracts';
import { storableText } from '../platform/canonical-json.ts';
import type { Platform } from '../platform/types.ts';
import { lockInventory } from './inventory/merge.ts';
import { publish } from './inventory/publish.ts';
import { levelOf } from './store.ts';

/** Sets what a person says of an entity; its row of EntityInventory_CL follows in the same transaction. */
export async function changeEntity(
  { clock, database, outbox }: Pick<Platform, 'clock' | 'database' | 'outbox'>,
  id: string,
  change: EntityChange,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockInventory(tx);
    if (change.criticality !== undefined)
      await tx.execute(
        'UPDATE inventory SET criticality_set = $2, criticality_set_by = $3, published_at = NULL WHERE id = $1',
        [id, change.criticality === null ? null : levelOf(change.criticality), change.criticality === null ? null : by],
      );
    if (change.owner !== undefined)
      await tx.execute('UPDATE inventory SET owner = $2, published_at = NULL WHERE id = $1', [
        id,
        change.owner === null ? null : storableText(change.owner, 256),
      ]);
    if (change.tags !== undefined)
      await tx.execute('UPDATE inventory SET tags = $2, published_at = NULL WHERE id = $1', [
        id,
        [...new Set(change.tags.map((tag) => storableText(tag, 64)))].toSorted(),
      ]);
    await publish({ outbox }, tx, clock.now());
  });
}
