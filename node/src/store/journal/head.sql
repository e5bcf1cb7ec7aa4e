-- Node: heads of the hub's journal, as the hub signed them. Two rows of one life and one position are evidence.
CREATE TABLE head (
  life      INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  running   BLOB NOT NULL,
  hub_time  INTEGER NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (life, position, running)
) STRICT, WITHOUT ROWID;
