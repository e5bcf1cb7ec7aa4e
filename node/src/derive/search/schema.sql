-- Search: what can be found of each record, derived from journal and views. May be dropped and made again at any
-- time. Offices, records: UUID, 16 bytes.

-- One row: how far the journal has been taken in, in the same transaction as everything that came of it.
CREATE TABLE upto (
  position INTEGER NOT NULL,
  edition  INTEGER NOT NULL            -- of the journal, as the views name it
) STRICT;
INSERT INTO upto VALUES (0, 0);

-- Records as hits show them. Should two offices open one id, both stand here.
CREATE TABLE doc (
  id            INTEGER PRIMARY KEY,   -- rowid in `word`; grows as records arrive here
  record        BLOB    NOT NULL,
  kind          INTEGER NOT NULL,
  owner         BLOB    NOT NULL,
  position      INTEGER NOT NULL,      -- of the version in force: its text is there
  opened        INTEGER NOT NULL,      -- time of the first version, Unix milliseconds
  number        TEXT    NOT NULL,      -- as written; empty: not numbered
  title         TEXT    NOT NULL,
  document_type TEXT    NOT NULL,      -- code
  number_words  TEXT    NOT NULL,      -- the number folded, its parts one space apart
  UNIQUE (record, kind, owner)
) STRICT;
CREATE INDEX doc_number ON doc (number_words) WHERE number_words <> '';

-- What entries say about records beside opening them; not of refused ones.
CREATE TABLE said (
  position    INTEGER PRIMARY KEY,     -- of the entry in this store's journal
  record      BLOB    NOT NULL,
  kind        INTEGER NOT NULL,
  ledger      BLOB    NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  time        INTEGER NOT NULL,        -- signed by the author
  text        TEXT    NOT NULL         -- as written; names of files too
) STRICT;
CREATE INDEX said_record ON said (record, kind, time DESC);

-- The names by which records of offices are found.
CREATE TABLE office (
  id   BLOB PRIMARY KEY,
  name TEXT NOT NULL                   -- of the newest fact
) STRICT, WITHOUT ROWID;

-- Folded words of each record. Texts are not kept: they are in the journal.
-- tag: `_k3` for the kind, `_o` and hexadecimal digits for the owner; no word of a text has an underscore.
CREATE VIRTUAL TABLE word USING fts5(
  number, title, text, about, said, tag,
  content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'", prefix = '1 2'
);
