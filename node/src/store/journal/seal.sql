-- One row: a hash over the state and the cursor, so that a changed bit in them is noticed. Entries have their own.
CREATE TABLE seal (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  digest BLOB NOT NULL,
  probes INTEGER NOT NULL DEFAULT 0   -- counted up to see whether the disk takes a write
) STRICT;
