-- Figures that people set, since version 2: seconds. What is not here is as the program has it.
CREATE TABLE figure (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
