-- When the hub had entries from their authors. Hub: one row a push; the entries of a push stand one after the other.
-- Node: what the hub said of entries of others when it brought them, and in receipts for own ones; one row an entry.
-- Of what others gave back, nobody knows.
CREATE TABLE arrival (
  position INTEGER PRIMARY KEY,       -- of the first
  last     INTEGER NOT NULL,          -- of the last
  time     INTEGER NOT NULL           -- Unix milliseconds, by the hub's clock
) STRICT;
