-- On how many days a thing must be seen before it is taken for one that many share.
ALTER TABLE shared_things ADD COLUMN days smallint NOT NULL DEFAULT 2;
