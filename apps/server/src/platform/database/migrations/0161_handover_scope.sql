-- What part of the data the one who handed over saw, as a hash: whoever sees a part is shown the notes of those who see the same. Empty: everything.
ALTER TABLE handovers ADD COLUMN seen text NOT NULL DEFAULT '';
