-- Accounts of an office, version 2. Times are Unix seconds. What opens something is here only as a hash,
-- the TOTP secret excepted: the other side of it is computed.
CREATE TABLE account (
  name        TEXT PRIMARY KEY,
  shown       TEXT NOT NULL,
  role        TEXT NOT NULL,
  position    TEXT NOT NULL DEFAULT '',   -- as what the person signs papers, one or two lines
  lang        TEXT NOT NULL,
  theme       TEXT NOT NULL,
  keys        INTEGER NOT NULL,   -- whether single-key shortcuts are on
  disabled    INTEGER NOT NULL,
  must_change INTEGER NOT NULL,   -- somebody else knows the password
  automatic   INTEGER NOT NULL,   -- the first one, made by the program
  created     INTEGER NOT NULL,
  last_login  INTEGER,
  password    TEXT NOT NULL,      -- Argon2id in PHC form, parameters included
  totp        BLOB,               -- secret in force
  totp_step   INTEGER NOT NULL,   -- newest step used: none of it or before it is taken again
  reset_by    TEXT,               -- who took the second factors away, until the person has heard of it
  reset_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  token   BLOB PRIMARY KEY,       -- SHA-256
  account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
  since   INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  source  TEXT NOT NULL,
  flash   TEXT,
  watch   INTEGER NOT NULL        -- whether it only shows what waits, and stays
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);

CREATE TABLE recovery (
  account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
  code    BLOB NOT NULL,          -- SHA-256 of 80 random bits as text
  PRIMARY KEY (account, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
  id      BLOB PRIMARY KEY,       -- credential id
  account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
  label   TEXT NOT NULL,
  key     BLOB NOT NULL,          -- P-256 point, uncompressed
  site    TEXT NOT NULL,          -- relying party id
  counter INTEGER NOT NULL,
  created INTEGER NOT NULL,
  used    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_account ON passkey (account);

CREATE TABLE draft (
  id       BLOB PRIMARY KEY,      -- UUID
  form     TEXT NOT NULL,
  owner    TEXT NOT NULL,
  title    TEXT NOT NULL,
  fields   TEXT NOT NULL,         -- JSON
  shared   INTEGER NOT NULL,
  version  INTEGER NOT NULL,
  saved_by TEXT NOT NULL,
  saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_owner ON draft (owner, saved_at);
CREATE INDEX draft_shared ON draft (saved_at) WHERE shared;

-- One row: random bytes from which the ids of the drafts of moves follow. Who does not know them cannot guess the id of
-- somebody else's.
CREATE TABLE seed (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  value BLOB NOT NULL
) STRICT;

-- Forms that were carried out, by the id of their draft.
CREATE TABLE done (
  draft  BLOB PRIMARY KEY,        -- UUID
  place  TEXT NOT NULL,           -- path of the page that shows what came of it
  fields BLOB NOT NULL,           -- SHA-256
  again  INTEGER NOT NULL,        -- whether it may be carried out again with other fields
  at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX done_at ON done (at);

-- Files that were handed in and belong to no entry yet.
CREATE TABLE upload (
  id    BLOB PRIMARY KEY,         -- UUID, the name of its folder
  owner TEXT NOT NULL,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_owner ON upload (owner);

CREATE TABLE note (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  who    TEXT NOT NULL,
  what   TEXT NOT NULL,           -- a key
  about  TEXT NOT NULL,
  source TEXT
) STRICT;
CREATE INDEX note_at ON note (at);

-- Figures that people set, seconds. What is not here is as the program has it.
CREATE TABLE figure (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
