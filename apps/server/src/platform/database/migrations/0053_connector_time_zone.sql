-- The time zone of times that say none, in what a connector fetches: an IANA name.
ALTER TABLE connectors ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';

-- The same of a sender over syslog; one may be pinned to a zone alone.
ALTER TABLE stream_pins ADD COLUMN time_zone text;
ALTER TABLE stream_pins ALTER COLUMN stream DROP NOT NULL;
ALTER TABLE stream_pins ADD CHECK (stream IS NOT NULL OR time_zone IS NOT NULL);
