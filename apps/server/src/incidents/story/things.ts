import type { Entity } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import { nameOf } from '../entities/names.ts';

type Known = Entity & {
  /** What the inventory calls it, and how it knows it; null: not at all. */
  readonly known: { readonly name: string; readonly identifiers: Readonly<Record<string, string>> } | null;
};

export interface Thing {
  /** All that is known of it, under the id of the one that is named best. */
  readonly entity: Entity;
  /** The others. */
  readonly aliases: readonly { readonly id: string; readonly name: string }[];
}

/** Of each group of ids that mean one thing, that thing with all that is known of it. */
export async function thingsOf(
  db: Queryable,
  groups: readonly (readonly string[])[],
): Promise<readonly (Thing | undefined)[]> {
  const rows = await db.query<Known>(
    `SELECT e.id, e.kind, e.name, e.identifiers, e.strong,
       (SELECT jsonb_build_object('name', v.name, 'identifiers', v.identifiers) FROM inventory_keys k JOIN inventory v ON v.id = k.entity_id
         WHERE k.alias = e.id AND v.kind = e.kind) AS known
     FROM entities e WHERE e.id = ANY($1::text[])`,
    [groups.flat()],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return groups.map((ids) => oneOf(ids.flatMap((id) => byId.get(id) ?? [])));
}

/** Entities that are one, with the identifiers of all. Pure. */
function oneOf(entities: readonly Known[]): Thing | undefined {
  const known = entities.find((one) => one.known !== null)?.known;
  const isNamed = ({ name }: Known) => name.toLowerCase() === known?.name.toLowerCase();
  const [best] = entities.toSorted(
    (a, b) => Number(isNamed(b)) - Number(isNamed(a)) || Number(b.strong) - Number(a.strong) || (a.id < b.id ? -1 : 1),
  );
  if (!best) return undefined;
  const identifiers: Record<string, string> = { ...known?.identifiers };
  for (const one of [...entities, best]) Object.assign(identifiers, one.identifiers);
  // A mail is known by its subject once anything says what that is.
  const name = best.kind === 'MailMessage' ? nameOf(best.kind, identifiers) : (known?.name ?? best.name);
  return {
    entity: { id: best.id, kind: best.kind, name, identifiers, strong: entities.some(({ strong }) => strong) },
    aliases: entities.filter(({ id }) => id !== best.id).map((one) => ({ id: one.id, name: one.name })),
  };
}

/** Ids under which alerts name a thing. */
export const idsOf = ({ entity, aliases }: Thing): readonly string[] => [entity.id, ...aliases.map(({ id }) => id)];
