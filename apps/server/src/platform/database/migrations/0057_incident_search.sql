-- Parts of names are searched for.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX entities_by_part_of_name ON entities USING gin (lower(name) gin_trgm_ops);
CREATE INDEX incidents_by_part_of_title ON incidents USING gin (lower(title) gin_trgm_ops);
