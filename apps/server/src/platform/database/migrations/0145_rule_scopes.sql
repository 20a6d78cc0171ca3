-- Whom an own rule's query is asked as, where whoever made it sees a part of the data: `{ personId, name, scopes }`. Null: as Sallyport itself, over everything.
ALTER TABLE own_rules ADD COLUMN on_behalf_of jsonb;
