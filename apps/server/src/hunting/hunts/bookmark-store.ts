import { Cell, NamedEntity, type NewBookmark } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queryable } from '../../platform/database/types.ts';
import type { RowObject } from '../../platform/types.ts';

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  notes: z.string(),
  labels: z.array(z.string()),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  query: z.string(),
  query_from: z.date().nullable(),
  query_to: z.date().nullable(),
  row: z.string().transform((text) => z.record(z.string(), Cell).parse(JSON.parse(text))),
  event_at: z.date().nullable(),
  entities: z.array(NamedEntity),
  hunt_id: z.uuid().nullable(),
  incident_number: z.int().nullable(),
  created_at: z.date(),
  created_by: z.string(),
  updated_at: z.date(),
  updated_by: z.string(),
});
export type BookmarkRow = z.infer<typeof Row>;

const rowsOf = async (found: Promise<object[]>): Promise<BookmarkRow[]> => z.array(Row).parse(await found);
/** PostgreSQL's text has no NUL. */
const plain = (text: string): string => text.replaceAll('\0', '\u{FFFD}');
const json = (value: unknown): string => JSON.stringify(value).replaceAll(String.raw`\u0000`, '');

export interface BookmarkFilter {
  readonly search?: string | undefined;
  readonly hunt?: string | undefined;
  readonly incident?: number | undefined;
}

const where = `($1::text IS NULL OR strpos(lower(concat_ws(' ', name, notes, array_to_string(labels, ' '), row)), lower($1)) > 0)
  AND ($2::uuid IS NULL OR hunt_id = $2) AND ($3::integer IS NULL OR incident_number = $3)`;
const valuesOf = ({ search, hunt, incident }: BookmarkFilter) => [search || null, hunt ?? null, incident ?? null];

export const bookmarksBy = (
  db: Queryable,
  filter: BookmarkFilter,
  page: { limit: number; offset: number },
): Promise<BookmarkRow[]> =>
  rowsOf(
    db.query(`SELECT * FROM bookmarks WHERE ${where} ORDER BY created_at DESC, id LIMIT $4 OFFSET $5`, [
      ...valuesOf(filter),
      page.limit,
      page.offset,
    ]),
  );

export const countBookmarks = async (db: Queryable, filter: BookmarkFilter = {}): Promise<number> =>
  (await db.first<{ count: number }>(`SELECT count(*)::int AS count FROM bookmarks WHERE ${where}`, valuesOf(filter)))
    ?.count ?? 0;

export const bookmarkBy = async (db: Queryable, id: string, lock = false): Promise<BookmarkRow | undefined> =>
  (await rowsOf(db.query(`SELECT * FROM bookmarks WHERE id = $1${lock ? ' FOR UPDATE' : ''}`, [id])))[0];

/** Those of these ids that there are, locked, oldest first. */
export const lockedBookmarks = (tx: Queryable, ids: readonly string[]): Promise<BookmarkRow[]> =>
  rowsOf(tx.query('SELECT * FROM bookmarks WHERE id = ANY($1::uuid[]) ORDER BY created_at, id FOR UPDATE', [ids]));

export async function insertBookmark(
  tx: Queryable,
  { id, bookmark, by, at }: { id: string; bookmark: NewBookmark & { eventAt: Date | null }; by: string; at: Date },
): Promise<BookmarkRow> {
  const [row] = await rowsOf(
    tx.query(
      `INSERT INTO bookmarks (id, name, notes, labels, tactics, techniques, query, query_from, query_to, row, event_at, entities, hunt_id,
         created_at, created_by, updated_at, updated_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13, $14, $15, $14, $15) RETURNING *`,
      [
        id,
        plain(bookmark.name),
        plain(bookmark.notes),
        bookmark.labels,
        bookmark.tactics,
        bookmark.techniques,
        plain(bookmark.query),
        bookmark.queryFrom,
        bookmark.queryTo,
        json(bookmark.row),
        bookmark.eventAt,
        json(bookmark.entities),
        bookmark.huntId,
        at,
        by,
      ],
    ),
  );
  return row!;
}

export async function changeBookmark(tx: Queryable, row: BookmarkRow, by: string, at: Date): Promise<BookmarkRow> {
  const [changed] = await rowsOf(
    tx.query(
      `UPDATE bookmarks SET name = $2, notes = $3, labels = $4, tactics = $5, techniques = $6, entities = $7::jsonb, hunt_id = $8, incident_number = $9,
         updated_at = $10, updated_by = $11 WHERE id = $1 RETURNING *`,
      [
        row.id,
        plain(row.name),
        plain(row.notes),
        row.labels,
        row.tactics,
        row.techniques,
        json(row.entities),
        row.hunt_id,
        row.incident_number,
        at,
        by,
      ],
    ),
  );
  return changed!;
}

export const removeBookmark = (tx: Queryable, id: string): Promise<number> =>
  tx.execute('DELETE FROM bookmarks WHERE id = $1', [id]);

/** A row of `HuntingBookmark`: https://learn.microsoft.com/azure/azure-monitor/reference/tables/huntingbookmark */
export const huntingBookmarkRow = (row: BookmarkRow, at: Date, softDeleted = false): RowObject => ({
  TimeGenerated: at,
  BookmarkId: row.id,
  BookmarkName: row.name,
  BookmarkType: 'Log Query',
  CreatedBy: json({ name: row.created_by }),
  CreatedTime: row.created_at,
  Entities: json(row.entities.map(({ kind, identifiers }) => ({ ...identifiers, Type: kind.toLowerCase() }))),
  EventTime: row.event_at,
  LastUpdatedTime: row.updated_at,
  Notes: row.notes,
  QueryEndTime: row.query_to,
  QueryResultRow: json(row.row),
  QueryStartTime: row.query_from,
  QueryText: row.query,
  SoftDeleted: softDeleted,
  SourceSystem: 'Sallyport',
  Tags: json(row.labels),
  Type: 'HuntingBookmark',
  UpdatedBy: json({ name: row.updated_by }),
});
