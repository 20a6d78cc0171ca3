import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';

/** Rows that one pass writes; others follow with the next. */
const rowsMax = 5_000;
const criticalities = ['', 'Low', 'Medium', 'High', 'VeryHigh'];

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly keys: string[] | null;
  readonly identifiers: Record<string, string>;
  readonly properties: Record<string, string>;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly criticality: number;
  readonly risk_score: number;
  readonly risk_reasons: unknown[];
  readonly owner: string | null;
  readonly tags: string[];
}

/** Writes the rows of `EntityInventory_CL` of entities that have changed, and of those whose row is old. In the transaction that changes them. Answers how many. */
export async function publish({ outbox }: Pick<Platform, 'outbox'>, tx: Queryable, now: Date): Promise<number> {
  const rows = await tx.query<Row>(
    `WITH changed AS (
       UPDATE inventory SET published_at = $2 WHERE id IN (SELECT id FROM inventory WHERE published_at IS NULL ORDER BY last_seen DESC LIMIT $1)
       RETURNING id, kind, name, identifiers, properties, first_seen, last_seen, criticality, risk_score, risk_reasons, owner, tags)
     SELECT c.*, (SELECT array_agg(key ORDER BY key) FROM inventory_keys k WHERE k.entity_id = c.id AND k.key NOT LIKE 'entity:%') AS keys FROM changed c`,
    [rowsMax, now],
  );
  await outbox.write(
    'EntityInventory_CL',
    rows.map((row) => ({
      TimeGenerated: now,
      EntityId: row.id,
      Kind: row.kind,
      Name: row.name,
      Keys: row.keys ?? [],
      Identifiers: row.identifiers,
      Properties: row.properties,
      FirstSeen: row.first_seen,
      LastSeen: row.last_seen,
      Criticality: criticalities[row.criticality] ?? '',
      RiskScore: row.risk_score,
      RiskReasons: row.risk_reasons,
      Owner: row.owner ?? '',
      Tags: row.tags,
      MergedInto: '',
    })),
    tx,
  );
  return rows.length;
}

/** Says of entities that they went up in others, or are gone (no survivor). */
export async function publishMerged(
  { outbox }: Pick<Platform, 'outbox'>,
  tx: Queryable,
  merged: readonly { readonly loser: string; readonly survivor: string }[],
  now: Date,
): Promise<void> {
  for (let at = 0; at < merged.length; at += rowsMax)
    await outbox.write(
      'EntityInventory_CL',
      merged.slice(at, at + rowsMax).map(({ loser, survivor }) => ({
        TimeGenerated: now,
        EntityId: loser,
        MergedInto: survivor,
      })),
      tx,
    );
}
