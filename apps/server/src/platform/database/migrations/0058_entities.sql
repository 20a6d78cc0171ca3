-- Texts within names are found by their three-letter pieces.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Strong keys of an alert's entity, so that the inventory knows it by each of them.
ALTER TABLE entities ADD COLUMN keys text[] NOT NULL DEFAULT '{}';

-- The id by which an entity of that kind and key is known; as alerts' entities are (`shortHash` of incidents/entities).
CREATE FUNCTION entity_alias(kind text, key text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT left(translate(encode(sha256(convert_to(kind || '|' || key, 'UTF8')), 'base64'), '+/', '-_'), 22)
$$;

-- One row an account, host, address, …, whatever it is called where.
CREATE TABLE inventory (
  id text PRIMARY KEY,
  kind text NOT NULL,
  name text NOT NULL,
  -- How good the name is: the lowest is kept.
  name_rank smallint NOT NULL,
  -- What only some know it by: `anna` of `anna@contoso.com`; empty where there is no such name.
  short text NOT NULL,
  strong boolean NOT NULL,
  identifiers jsonb NOT NULL,
  -- What directory and inventory rows say of it.
  properties jsonb NOT NULL DEFAULT '{}',
  -- Tables that it was seen in.
  sources text[] NOT NULL DEFAULT '{}',
  events bigint NOT NULL DEFAULT 0,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  -- 1 Low, 2 Medium, 3 High, 4 very high; 0: nothing makes it critical. What a person says stands above what is concluded.
  criticality_concluded smallint NOT NULL DEFAULT 0,
  criticality_reason text NOT NULL DEFAULT '',
  criticality_set smallint,
  criticality_set_by text,
  criticality smallint GENERATED ALWAYS AS (coalesce(criticality_set, criticality_concluded)) STORED,
  -- 0 to 100.
  risk_score smallint NOT NULL DEFAULT 0,
  risk_reasons jsonb NOT NULL DEFAULT '[]',
  owner text,
  tags text[] NOT NULL DEFAULT '{}',
  -- Lower case: what a search looks in.
  search text NOT NULL,
  -- When its row of EntityInventory_CL was written; null: that one is out of date.
  published_at timestamptz
);
CREATE INDEX inventory_by_search ON inventory USING gin (search gin_trgm_ops);
CREATE INDEX inventory_by_risk ON inventory (risk_score DESC, last_seen DESC, id);
CREATE INDEX inventory_by_last_seen ON inventory (last_seen DESC, id);
CREATE INDEX inventory_by_criticality ON inventory (criticality DESC, risk_score DESC, id);
CREATE INDEX inventory_by_name ON inventory (lower(name), id);
CREATE INDEX inventory_by_kind ON inventory (kind, last_seen);
CREATE INDEX inventory_by_short ON inventory (kind, short) WHERE short <> '';
CREATE INDEX inventory_by_tag ON inventory USING gin (tags) WHERE tags <> '{}';
CREATE INDEX inventory_unpublished ON inventory (last_seen) WHERE published_at IS NULL;

-- By what each is known. Ids of entities that went up in others are among them, so that a link never breaks.
CREATE TABLE inventory_keys (
  alias text PRIMARY KEY,
  kind text NOT NULL,
  -- As `keysOf` of incidents/entities writes them; of a weak one its identifiers as JSON.
  key text NOT NULL,
  entity_id text NOT NULL REFERENCES inventory (id) ON DELETE CASCADE
);
CREATE INDEX inventory_keys_by_entity ON inventory_keys (entity_id);
