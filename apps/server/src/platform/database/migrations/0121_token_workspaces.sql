-- Where the logs go that a token sends. Null: the first workspace.
ALTER TABLE api_tokens ADD COLUMN workspace_id uuid REFERENCES workspaces;
