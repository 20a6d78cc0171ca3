import { HuntQuery, HuntStatus, HypothesisStatus, huntLimits } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  hypothesis: z.string(),
  description: z.string(),
  status: HuntStatus,
  hypothesis_status: HypothesisStatus,
  owner: z.string().nullable(),
  labels: z.array(z.string()),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  created_at: z.date(),
  created_by: z.string(),
  updated_at: z.date(),
  updated_by: z.string(),
});
const CountedRow = Row.extend({ query_count: z.int(), bookmark_count: z.int(), comment_count: z.int() });
const QueryRow = z.object({
  id: z.uuid(),
  name: z.string(),
  query: z.string(),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  added_at: z.date(),
  added_by: z.string(),
  last_run: HuntQuery.shape.lastRun,
});
const CommentRow = z.object({ id: z.uuid(), at: z.date(), by: z.string(), text: z.string() });
export type HuntRow = z.infer<typeof Row>;
export type CountedHuntRow = z.infer<typeof CountedRow>;
export type HuntQueryRow = z.infer<typeof QueryRow>;
export type HuntCommentRow = z.infer<typeof CommentRow>;
export type HuntText = Pick<
  HuntRow,
  'name' | 'hypothesis' | 'description' | 'status' | 'hypothesis_status' | 'owner' | 'labels' | 'tactics' | 'techniques'
>;
export type NewHuntQuery = Pick<HuntQueryRow, 'name' | 'query' | 'tactics' | 'techniques'>;

const counted = `SELECT h.*, (SELECT count(*)::int FROM hunt_queries q WHERE q.hunt_id = h.id) AS query_count,
  (SELECT count(*)::int FROM bookmarks b WHERE b.hunt_id = h.id) AS bookmark_count,
  (SELECT count(*)::int FROM hunt_comments c WHERE c.hunt_id = h.id) AS comment_count FROM hunts h`;

export const allHunts = async (db: Database): Promise<CountedHuntRow[]> =>
  z.array(CountedRow).parse(await db.query(`${counted} ORDER BY h.updated_at DESC, h.id LIMIT $1`, [huntLimits.hunts]));

export const huntBy = async (db: Queryable, id: string): Promise<CountedHuntRow | undefined> =>
  z.array(CountedRow).parse(await db.query(`${counted} WHERE h.id = $1`, [id]))[0];

const values = (text: HuntText) => [
  text.name,
  text.hypothesis,
  text.description,
  text.status,
  text.hypothesis_status,
  text.owner,
  text.labels,
  text.tactics,
  text.techniques,
];

/** False when there are too many. */
export const insertHunt = async (
  db: Queryable,
  { id, text, by, at }: { id: string; text: HuntText; by: string; at: Date },
): Promise<boolean> =>
  (await db.execute(
    `INSERT INTO hunts (id, name, hypothesis, description, status, hypothesis_status, owner, labels, tactics, techniques, created_at, created_by, updated_at, updated_by)
     SELECT $10, $1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $12, $11, $12 WHERE (SELECT count(*) FROM hunts) < $13`,
    [...values(text), id, at, by, huntLimits.hunts],
  )) > 0;

export const changeHunt = (db: Queryable, id: string, text: HuntText, by: string, at: Date): Promise<number> =>
  db.execute(
    `UPDATE hunts SET name = $1, hypothesis = $2, description = $3, status = $4, hypothesis_status = $5, owner = $6, labels = $7, tactics = $8, techniques = $9,
       updated_at = $11, updated_by = $12 WHERE id = $10`,
    [...values(text), id, at, by],
  );

export const touchHunt = (db: Queryable, id: string, by: string, at: Date): Promise<number> =>
  db.execute('UPDATE hunts SET updated_at = $2, updated_by = $3 WHERE id = $1', [id, at, by]);

export const removeHunt = (db: Queryable, id: string): Promise<number> =>
  db.execute('DELETE FROM hunts WHERE id = $1', [id]);

export const huntQueries = async (db: Queryable, huntId: string): Promise<HuntQueryRow[]> =>
  z
    .array(QueryRow)
    .parse(
      await db.query(
        `SELECT id, name, query, tactics, techniques, added_at, added_by, last_run FROM hunt_queries WHERE hunt_id = $1 ORDER BY position LIMIT $2`,
        [huntId, huntLimits.queries],
      ),
    );

export async function insertHuntQuery(
  db: Queryable,
  huntId: string,
  { id, query, by, at }: { id: string; query: NewHuntQuery; by: string; at: Date },
): Promise<void> {
  await db.execute(
    'INSERT INTO hunt_queries (id, hunt_id, name, query, tactics, techniques, added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
    [id, huntId, query.name, query.query, query.tactics, query.techniques, at, by],
  );
}

export const removeHuntQuery = (db: Queryable, huntId: string, id: string): Promise<number> =>
  db.execute('DELETE FROM hunt_queries WHERE hunt_id = $1 AND id = $2', [huntId, id]);

export const noteRun = (db: Queryable, id: string, run: NonNullable<HuntQueryRow['last_run']>): Promise<number> =>
  db.execute('UPDATE hunt_queries SET last_run = $2::jsonb WHERE id = $1', [id, JSON.stringify(run)]);

export const huntComments = async (db: Queryable, huntId: string): Promise<HuntCommentRow[]> =>
  z
    .array(CommentRow)
    .parse(
      await db.query('SELECT id, at, by, text FROM hunt_comments WHERE hunt_id = $1 ORDER BY at, id LIMIT $2', [
        huntId,
        huntLimits.comments,
      ]),
    );

export const insertHuntComment = (
  db: Queryable,
  huntId: string,
  comment: { id: string; at: Date; by: string; text: string },
): Promise<number> =>
  db.execute('INSERT INTO hunt_comments (id, hunt_id, at, by, text) VALUES ($1, $2, $3, $4, $5)', [
    comment.id,
    huntId,
    comment.at,
    comment.by,
    comment.text.replaceAll('\0', '\u{FFFD}'),
  ]);
