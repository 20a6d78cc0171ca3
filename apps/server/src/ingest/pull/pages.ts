import { randomUUID } from 'node:crypto';
import type { Lake } from '@sallyport/lake';
import type { Queryable } from '../../platform/database/types.ts';
import type { PageGate } from '../loading.ts';
import { held, holds, type Lease } from './store.ts';

/** So long a page that was taken back is known to be: its lines may lie in the spool of a server that is away. */
const keptDays = 90;
/** Segments taken back at a time. */
const segmentsMax = 1_000;

/** Notes that a page is about to be stored, and answers its id; undefined when the right to poll was lost. */
export async function openPage(db: Queryable, lease: Lease): Promise<string | undefined> {
  const id = randomUUID();
  // The lock makes a server that takes the poll over wait, so that it sees this page.
  const rows = await db.execute(
    `INSERT INTO connector_pages (id, connector_id, workspace_id)
     SELECT $4, id, workspace_id FROM connectors WHERE ${holds} AND lease_until IS NOT NULL FOR SHARE`,
    [...held(lease), id],
  );
  return rows === 1 ? id : undefined;
}

/** Where loading asks whether a segment's page still stands. */
export const pageGate = (db: Queryable): PageGate => ({
  enter: async (page, segmentId, tables) => {
    // The lock makes who takes the page back wait, so that it sees this segment.
    const row = await db.first<{ gone: boolean }>(
      `WITH page AS (SELECT id, taken_back_at FROM connector_pages WHERE id = $1 FOR SHARE),
         noted AS (INSERT INTO connector_segments (page_id, segment_id, tables)
           SELECT id, $2, $3 FROM page WHERE taken_back_at IS NULL
           ON CONFLICT (page_id, segment_id) DO UPDATE SET tables = excluded.tables)
       SELECT taken_back_at IS NOT NULL AS gone FROM page`,
      [page, segmentId, tables],
    );
    // One that is not there any more was stored whole.
    return row?.gone !== true;
  },
  stands: async (page) =>
    (await db.first('SELECT 1 FROM connector_pages WHERE id = $1 AND taken_back_at IS NOT NULL', [page])) === undefined,
});

/**
 * Takes back what a poll stored of pages and did not bring to their end: rows are deleted, and lines that still wait in a spool, of whichever server, will not be
 * stored. Answers how many segments that were. To be called by who holds the right to poll.
 */
export async function takeBackPages(
  db: Queryable,
  lakeOf: (workspaceId: string | undefined) => Pick<Lake, 'forget'> | Promise<Pick<Lake, 'forget'>>,
  connectorId: string,
  now: Date,
): Promise<number> {
  await db.execute('UPDATE connector_pages SET taken_back_at = $2 WHERE connector_id = $1 AND taken_back_at IS NULL', [
    connectorId,
    now,
  ]);
  let taken = 0;
  for (;;) {
    const segments = await db.query<{
      page_id: string;
      workspace_id: string | null;
      segment_id: string;
      tables: string[];
    }>(
      `SELECT s.page_id, p.workspace_id, s.segment_id, s.tables FROM connector_segments s JOIN connector_pages p ON p.id = s.page_id
       WHERE p.connector_id = $1 AND p.taken_back_at IS NOT NULL LIMIT ${segmentsMax}`,
      [connectorId],
    );
    if (segments.length === 0) break;
    for (const { page_id: page, workspace_id: workspaceId, segment_id: segment, tables } of segments) {
      await (await lakeOf(workspaceId ?? undefined)).forget(segment, tables);
      await db.execute('DELETE FROM connector_segments WHERE page_id = $1 AND segment_id = $2', [page, segment]);
    }
    taken += segments.length;
  }
  await db.execute(
    `DELETE FROM connector_pages WHERE connector_id = $1 AND taken_back_at < $2::timestamptz - interval '${keptDays} days'`,
    [connectorId, now],
  );
  return taken;
}
