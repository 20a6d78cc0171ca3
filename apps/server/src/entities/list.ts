import {
  EntityKind,
  SallyportError,
  type InventoryEntity,
  type QueryOf,
  type entityRoutes,
} from '@sallyport/contracts';
import { z } from 'zod';
import { storableText } from '../platform/canonical-json.ts';
import type { Sight } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { levelOf, riskFloors, shown, type EntityRow } from './store.ts';
import { inventoryWithin } from './within.ts';

type ListQuery = QueryOf<typeof entityRoutes.listEntities>;

/** Counting stops here: past it the number says nothing to anybody. */
const countedMax = 10_001;

/** What a list can be sorted by: the expression and its type. Ties are broken by id. */
const sorts: Readonly<Record<ListQuery['sort'], readonly (readonly [string, string])[]>> = {
  risk: [
    ['risk_score', 'smallint'],
    ['last_seen', 'timestamptz'],
  ],
  lastSeen: [['last_seen', 'timestamptz']],
  criticality: [
    ['criticality', 'smallint'],
    ['risk_score', 'smallint'],
  ],
  name: [['lower(name)', 'text']],
};

const Cursor = z.array(z.string().max(2_048)).min(2).max(3);

/** A page of the inventory. Throws BadRequest for a cursor that is none of this list's. */
export async function listEntities(
  db: Queryable,
  query: ListQuery,
  sight: Sight,
): Promise<{
  total: number;
  entities: InventoryEntity[];
  cursor: string | null;
  kinds: Record<string, number> | null;
}> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const inventory = inventoryWithin(sight, bind);
  const seen = [...values];
  const conditions = conditionsOf(query, bind);
  const counting = [...values];
  const where = conditions.join(' AND ');
  const sort = sorts[query.sort];
  const way = query.order === 'asc' ? 'ASC' : 'DESC';
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, sort.length + 1);
  const place = after
    ? `(${sort.map(([sql]) => sql).join(', ')}, id) ${way === 'ASC' ? '>' : '<'} (${after.map((value, at) => `${bind(value)}::${sort[at]?.[1] ?? 'text'}`).join(', ')})`
    : 'true';
  const rows = await db.query<EntityRow & { cursor: string[] }>(
    `SELECT *, ARRAY[${sort.map(([sql]) => `(${sql})::text`).join(', ')}, id] AS cursor FROM ${inventory}
     WHERE ${where} AND ${place} ORDER BY ${sort.map(([sql]) => `${sql} ${way}`).join(', ')}, id ${way} LIMIT ${bind(query.limit + 1)}`,
    values,
  );
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1)?.cursor : undefined;
  const [counted] = await db.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM (SELECT 1 FROM ${inventory} WHERE ${where} LIMIT ${countedMax}) AS counted`,
    counting,
  );
  return {
    total: counted?.total ?? 0,
    entities: page.map(shown),
    cursor: last ? Buffer.from(JSON.stringify(last)).toString('base64url') : null,
    kinds: after ? null : await countKinds(db, inventory, seen),
  };
}

function conditionsOf(query: ListQuery, bind: (value: unknown) => string): string[] {
  const conditions = ['true'];
  const text = storableText(query.search.trim().toLowerCase(), 200);
  for (const word of text
    .split(/\s+/)
    .filter((one) => one !== '')
    .slice(0, 5))
    conditions.push(`search LIKE ${bind(`%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)}`);
  if (query.kind) conditions.push(`kind = ANY(${bind(query.kind)})`);
  if (query.criticality) conditions.push(`criticality = ANY(${bind(query.criticality.map(levelOf))}::smallint[])`);
  if (query.risk) {
    const ranges = query.risk.map((level) => {
      const at = riskFloors.findIndex(([name]) => name === level);
      const floor = riskFloors[at]?.[1] ?? 0;
      const ceiling = at === 0 ? 101 : (riskFloors[at - 1]?.[1] ?? 101);
      return `(risk_score >= ${bind(floor)} AND risk_score < ${bind(ceiling)})`;
    });
    conditions.push(`(${ranges.join(' OR ')})`);
  }
  if (query.tag) conditions.push(`tags @> ARRAY[${bind(storableText(query.tag, 64))}]::text[]`);
  return conditions;
}

function readCursor(text: string, length: number): string[] {
  try {
    const parsed = Cursor.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (parsed.success && parsed.data.length === length) return parsed.data.map((value) => storableText(value));
  } catch {
    // Said below.
  }
  throw new SallyportError('BadRequest', 'this is no cursor of this list', { target: 'cursor' });
}

/** Of all that there is, by the index alone. */
async function countKinds(
  db: Queryable,
  inventory: string,
  values: readonly unknown[],
): Promise<Record<string, number>> {
  const rows = await db.query<{ kind: string; count: number }>(
    `SELECT kind, count(*)::int AS count FROM ${inventory} GROUP BY kind`,
    [...values],
  );
  const counts = new Map(rows.map(({ kind, count }) => [kind, count]));
  return Object.fromEntries(
    EntityKind.options.flatMap((kind) => (counts.has(kind) ? [[kind, counts.get(kind) ?? 0] as const] : [])),
  );
}
