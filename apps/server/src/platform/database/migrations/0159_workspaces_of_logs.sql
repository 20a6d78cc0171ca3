-- The workspace that rows go to; null: the first.
ALTER TABLE uploads ADD COLUMN workspace_id uuid REFERENCES workspaces (id);
ALTER TABLE connectors ADD COLUMN workspace_id uuid REFERENCES workspaces (id);
-- Of the connector when the page was opened: there its rows are taken back.
ALTER TABLE connector_pages ADD COLUMN workspace_id uuid REFERENCES workspaces (id);

-- Null: as a wider range says, else the first. The first is named, too, so that it stands out of a wider range.
ALTER TABLE stream_pins ADD COLUMN workspace_id uuid REFERENCES workspaces (id);
ALTER TABLE stream_pins DROP CONSTRAINT stream_pins_check;
ALTER TABLE stream_pins ADD CHECK (stream IS NOT NULL OR time_zone IS NOT NULL OR workspace_id IS NOT NULL);
