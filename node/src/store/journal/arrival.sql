-- Hub: when entries came from their authors, one row a push; the entries of a push stand one after the other.
-- Since version 2; of what came before, nobody knows.
CREATE TABLE arrival (
  position INTEGER PRIMARY KEY,       -- of the first
  last     INTEGER NOT NULL,          -- of the last
  time     INTEGER NOT NULL           -- Unix milliseconds, by the hub's clock
) STRICT;
