import type { Bookmark, HuntQuery, HuntSummary } from '@sallyport/contracts';
import type { BookmarkRow } from './bookmark-store.ts';
import type { CountedHuntRow, HuntQueryRow } from './store.ts';

export const toBookmark = (row: BookmarkRow): Bookmark => ({
  id: row.id,
  name: row.name,
  notes: row.notes,
  labels: row.labels,
  tactics: row.tactics,
  techniques: row.techniques,
  query: row.query,
  queryFrom: row.query_from?.toISOString() ?? null,
  queryTo: row.query_to?.toISOString() ?? null,
  row: row.row,
  eventAt: row.event_at?.toISOString() ?? null,
  entities: row.entities,
  huntId: row.hunt_id,
  incidentNumber: row.incident_number,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});

export const toHuntSummary = (row: CountedHuntRow): HuntSummary => ({
  id: row.id,
  name: row.name,
  hypothesis: row.hypothesis,
  description: row.description,
  status: row.status,
  hypothesisStatus: row.hypothesis_status,
  owner: row.owner,
  labels: row.labels,
  tactics: row.tactics,
  techniques: row.techniques,
  queryCount: row.query_count,
  bookmarkCount: row.bookmark_count,
  commentCount: row.comment_count,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});

export const toHuntQuery = (row: HuntQueryRow): HuntQuery => ({
  id: row.id,
  name: row.name,
  query: row.query,
  tactics: row.tactics,
  techniques: row.techniques,
  addedAt: row.added_at.toISOString(),
  addedBy: row.added_by,
  lastRun: row.last_run,
});
