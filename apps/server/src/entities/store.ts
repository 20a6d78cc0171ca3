import {
  SallyportError,
  type Criticality,
  type EntityKind,
  type InventoryEntity,
  type RiskLevel,
  type RiskReason,
} from '@sallyport/contracts';
import { storableText } from '../platform/canonical-json.ts';
import type { Sight } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { addAlertEntities, lockInventory, mergeSeen, openSeen } from './inventory/merge.ts';
import { inventoryWithin, keysWithin } from './within.ts';

/** A row of `inventory`. */
export interface EntityRow {
  readonly id: string;
  readonly kind: EntityKind;
  readonly name: string;
  readonly strong: boolean;
  readonly identifiers: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly events: number;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly criticality: number;
  readonly criticality_concluded: number;
  readonly criticality_reason: string;
  readonly criticality_set_by: string | null;
  readonly risk_score: number;
  readonly risk_reasons: readonly RiskReason[];
  readonly owner: string | null;
  readonly tags: readonly string[];
}

const levels: readonly (Criticality | null)[] = [null, 'Low', 'Medium', 'High', 'VeryHigh'];
export const criticalityOf = (level: number): Criticality | null => levels[level] ?? null;
export const levelOf = (criticality: Criticality): number => levels.indexOf(criticality);

/** Scores from which a level begins. */
export const riskFloors: readonly (readonly [RiskLevel, number])[] = [
  ['High', 70],
  ['Medium', 40],
  ['Low', 1],
  ['None', 0],
];
export const riskLevelOf = (score: number): RiskLevel => riskFloors.find(([, floor]) => score >= floor)?.[0] ?? 'None';

export const shown = (row: EntityRow): InventoryEntity => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  strong: row.strong,
  firstSeen: row.first_seen.toISOString(),
  lastSeen: row.last_seen.toISOString(),
  criticality: criticalityOf(row.criticality),
  riskScore: row.risk_score,
  riskLevel: riskLevelOf(row.risk_score),
  owner: row.owner,
  tags: [...row.tags],
  sources: [...row.sources],
  properties: { ...row.properties },
});

/** What an id means: the entity, and all its keys with the ids that they give, of alerts too. */
export interface KnownEntity {
  readonly row: EntityRow;
  readonly keys: readonly { readonly key: string; readonly alias: string }[];
}

async function find(db: Queryable, sight: Sight, id: string): Promise<EntityRow | undefined> {
  const values: unknown[] = [id];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const known = `SELECT entity_id FROM ${keysWithin(sight, bind)} WHERE alias = $1 LIMIT 1`;
  return db.first<EntityRow>(
    `SELECT * FROM ${inventoryWithin(sight, bind)} WHERE id = coalesce((${known}), $1)`,
    values,
  );
}

/**
 * The entity of an id: its own, that of one that went up in it, or that of an alert's entity. An alert's entity that no pass has taken in yet is taken in now. Throws NotFound, also of one that
 * `sight` does not show.
 */
export async function knownEntity(
  db: Queryable & { transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> },
  id: string,
  sight: Sight,
): Promise<KnownEntity> {
  const plain = storableText(id, 64);
  const row =
    (await find(db, sight, plain)) ??
    (sight.scope.whole
      ? await db.transaction(async (tx) => {
          await lockInventory(tx);
          await openSeen(tx);
          await addAlertEntities(tx, { id: plain });
          await mergeSeen(tx);
          return find(tx, sight, plain);
        })
      : undefined);
  if (!row) throw new SallyportError('NotFound', `there is no entity ${plain}`);
  const values: unknown[] = [row.id];
  const keys = await db.query<{ key: string; alias: string }>(
    `SELECT key, alias FROM ${keysWithin(sight, (value) => `$${values.push(value)}`)} WHERE entity_id = $1 ORDER BY key LIMIT 300`,
    values,
  );
  return { row, keys: [...keys, { key: `entity:${row.id}`, alias: row.id }] };
}

/** Ids by which alerts may know the entity. */
export const aliasesOf = ({ keys }: KnownEntity): string[] => [...new Set(keys.map(({ alias }) => alias))];
