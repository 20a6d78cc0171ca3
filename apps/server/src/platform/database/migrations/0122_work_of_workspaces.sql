-- Which workspace's rows they are of. Null: the first's.
ALTER TABLE arrived_segments ADD COLUMN workspace_id uuid;
ALTER TABLE alerts ADD COLUMN workspace_id uuid;
ALTER TABLE incidents ADD COLUMN workspace_id uuid;
CREATE INDEX incidents_workspace ON incidents (workspace_id, updated_at) WHERE workspace_id IS NOT NULL;
