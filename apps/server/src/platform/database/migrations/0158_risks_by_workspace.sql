-- The risk of an entity by what the rows and alerts of one workspace say; null: the first. `inventory` has the highest.
CREATE TABLE inventory_risks (
  entity_id text NOT NULL REFERENCES inventory (id) ON DELETE CASCADE,
  workspace_id uuid REFERENCES workspaces (id),
  score smallint NOT NULL,
  reasons jsonb NOT NULL,
  UNIQUE NULLS NOT DISTINCT (entity_id, workspace_id)
);
INSERT INTO inventory_risks (entity_id, workspace_id, score, reasons)
  SELECT id, NULL, risk_score, risk_reasons FROM inventory WHERE risk_score > 0;
