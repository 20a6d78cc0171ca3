-- Rules that people made, changed or brought here: each the text of a file, as it would lie in a folder of rules.
CREATE TABLE own_rules (
  -- Of the rule; of the first one where a text of Sigma has several.
  id text PRIMARY KEY,
  format text NOT NULL CHECK (format IN ('sentinel', 'sigma')),
  version integer NOT NULL,
  -- Where the text came from: a file of an import. Null: it was written here.
  path text,
  -- The shipped rule that it was made from, and the text which that had. With the same id it stands in that one's place.
  template_id text,
  template_text text,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL
);
CREATE TABLE own_rule_versions (
  rule_id text NOT NULL REFERENCES own_rules ON DELETE CASCADE,
  version integer NOT NULL,
  text text NOT NULL,
  note text NOT NULL,
  saved_at timestamptz NOT NULL,
  saved_by text NOT NULL,
  PRIMARY KEY (rule_id, version)
);
-- Goes up with every change, so that all servers see that there is one.
CREATE TABLE own_rules_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO own_rules_revision (revision) VALUES (0);
