import { SallyportError, type HuntingQuery } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database } from '../../platform/database/types.ts';
import { yamlOf } from '../rules/yaml.ts';
import type { ReadHuntingQuery } from './read.ts';

/** Queries that are kept. */
export const huntingQueriesMax = 10_000;

const Row = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  query: z.string(),
});

/** Hunting queries that were imported, in the database. */
export function huntingQueryStore(db: Database) {
  return {
    /** By name. */
    all: async (): Promise<HuntingQuery[]> =>
      z
        .array(Row)
        .parse(
          await db.query(
            'SELECT id, name, description, tactics, techniques, query FROM hunting_queries ORDER BY name, id LIMIT $1',
            [huntingQueriesMax],
          ),
        ),
    /** Saves them, in the place of those of their ids. Throws Conflict past `huntingQueriesMax`. */
    save: async (queries: readonly ReadHuntingQuery[], by: string, at: Date): Promise<void> =>
      db.transaction(async (tx) => {
        const row = await tx.first<{ n: number }>(
          'SELECT count(*)::int AS n FROM hunting_queries WHERE NOT id = ANY($1)',
          [queries.map(({ id }) => id)],
        );
        if ((row?.n ?? 0) + queries.length > huntingQueriesMax)
          throw new SallyportError('Conflict', `at most ${huntingQueriesMax} hunting queries are kept`);
        for (const { id, name, description, tactics, techniques, query, path } of queries)
          await tx.execute(
            `INSERT INTO hunting_queries (id, name, description, tactics, techniques, query, path, changed_at, changed_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, tactics = excluded.tactics,
               techniques = excluded.techniques, query = excluded.query, path = excluded.path, changed_at = excluded.changed_at,
               changed_by = excluded.changed_by`,
            [id, name, description, tactics, techniques, query, path.slice(0, 1_000), at, by],
          );
      }),
    remove: (ids: readonly string[]): Promise<number> =>
      db.execute('DELETE FROM hunting_queries WHERE id = ANY($1)', [ids]),
  };
}
export type HuntingQueryStore = ReturnType<typeof huntingQueryStore>;

/** As Sentinel's YAML has it. */
export const exportHuntingQuery = ({
  id,
  name,
  description,
  tactics,
  techniques,
  query,
}: HuntingQuery): { name: string; text: string } => ({
  name: `${id.replaceAll(/[^\w.-]/g, '_')}.yaml`,
  text: yamlOf({ id, name, description, requiredDataConnectors: [], tactics, relevantTechniques: techniques, query }),
});
