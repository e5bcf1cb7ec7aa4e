-- The journal: all entries that a store holds, its own and received. The truth; never rewritten.

-- One row, written with the commits that it speaks of.
CREATE TABLE state (
  id              INTEGER PRIMARY KEY CHECK (id = 1),
  office          BLOB NOT NULL,      -- whose store, UUID
  hub             INTEGER NOT NULL,   -- 1: this store is a hub's
  tip_incarnation INTEGER,            -- the entry that the next own entry continues
  tip_seq         INTEGER,
  tip_hash        BLOB,
  receipt         BLOB,               -- newest hub receipt for an entry on the tip's chain, as on the wire
  resuming        INTEGER NOT NULL,   -- 1: the store knows itself behind (restored, enrolled anew)
  credential      INTEGER NOT NULL,   -- number of the credential this machine was enrolled with
  vetted          INTEGER NOT NULL    -- positions up to here were checked: signature, authority
) STRICT;

-- Ledgers by a short number, so that the index over places stays small.
CREATE TABLE ledger (
  no     INTEGER PRIMARY KEY,
  office BLOB NOT NULL UNIQUE,        -- UUID
  line   INTEGER                      -- hub: position of the ledger's line
) STRICT;

-- Runs of the programs that wrote ledgers, with what each continues.
CREATE TABLE incarnation (
  ledger           INTEGER NOT NULL,
  incarnation      INTEGER NOT NULL,
  base_incarnation INTEGER,           -- NULL: the ledger begins here
  base_seq         INTEGER,
  PRIMARY KEY (ledger, incarnation)
) STRICT, WITHOUT ROWID;

CREATE INDEX incarnation_base ON incarnation (ledger, base_incarnation, base_seq);

CREATE TABLE entry (
  position     INTEGER PRIMARY KEY,   -- 1, 2, 3 ... in commit order
  ledger       INTEGER NOT NULL,      -- ledger.no
  incarnation  INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  hash         BLOB NOT NULL,
  prev         BLOB NOT NULL,
  signature    BLOB NOT NULL,
  running      BLOB NOT NULL,         -- running hash of this journal here
  hub_position INTEGER,               -- node: position at the hub; 0: written here; NULL: the hub may lack it
                                      -- hub: 1: its author may lack it (given back, or left by
                                      -- the line); 0: pushed by its author
  content      BLOB NOT NULL          -- the signed bytes
) STRICT;

CREATE UNIQUE INDEX entry_place ON entry (ledger, incarnation, seq);
CREATE INDEX entry_beyond ON entry (hub_position) WHERE hub_position IS NULL;
-- Node: where a hub that went back makes what came from it doubtful.
CREATE INDEX entry_from_hub ON entry (hub_position) WHERE hub_position > 1;
-- At a node this holds what came first from the hub: one row.
CREATE INDEX entry_given_back ON entry (ledger, position) WHERE hub_position = 1;

-- Entries whose bodies were destroyed: of their content only the body's hash is left.
CREATE TABLE destroyed (
  position INTEGER PRIMARY KEY,       -- of the entry
  by       INTEGER NOT NULL,          -- position of the own entry that ordered it
  stead    BLOB NOT NULL              -- the message that is read instead: number, date and abstract of a paper
) STRICT;

-- Entries whose predecessors are not all here (given back after this hub went back).
CREATE TABLE island (
  ledger      INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  PRIMARY KEY (ledger, incarnation, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX island_next ON island (ledger, seq);

-- Scopes of entries: at a node, of its own; at a hub, of all.
CREATE TABLE channel (
  ledger      INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  scope       BLOB NOT NULL,          -- office UUID and one byte: subtree or not
  PRIMARY KEY (ledger, incarnation, seq, scope)
) STRICT, WITHOUT ROWID;

-- The newest entry to each scope on one chain of a ledger: at a node, that of its tip; at a hub, those of all lines.
CREATE TABLE latest (
  ledger      INTEGER NOT NULL,
  scope       BLOB NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  PRIMARY KEY (ledger, scope)
) STRICT, WITHOUT ROWID;

-- Entries kept as evidence: delivered to nobody, in no total.
CREATE TABLE held (
  ledger      INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  hash        BLOB NOT NULL,
  prev        BLOB NOT NULL,
  signature   BLOB NOT NULL,
  content     BLOB NOT NULL,
  forged      INTEGER NOT NULL,       -- 1: said to be an own entry, and signed by no key of this office
  PRIMARY KEY (ledger, incarnation, seq, hash)
) STRICT, WITHOUT ROWID;

-- Entries moved here from `entry`. Own ones lost a fork: kept and shown, never sent again, to be issued anew by people.
-- Others were bytes that nobody vouches for, at a place that a signed entry claimed. Their positions stay theirs, so that
-- the running hash can still be followed.
CREATE TABLE aside (
  position    INTEGER PRIMARY KEY,
  ledger      INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  hash        BLOB NOT NULL,
  prev        BLOB NOT NULL,
  signature   BLOB NOT NULL,
  running     BLOB NOT NULL,
  content     BLOB NOT NULL,
  again       INTEGER                 -- position of the entry by which it was issued anew
) STRICT;

-- Node: the cursor (the newest mark) and older marks at growing distance.
CREATE TABLE mark (
  position INTEGER PRIMARY KEY,
  running  BLOB NOT NULL
) STRICT;

-- Hub: the highest position that each office has said is durable there.
CREATE TABLE delivered (
  office   BLOB PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Positions that the checks refused, with the reason's code.
CREATE TABLE refused (
  position INTEGER PRIMARY KEY,
  reason   TEXT NOT NULL
) STRICT;

-- When the hub had entries from their authors. Hub: one row a push; the entries of a push stand one after the other.
-- Node: what the hub said of entries of others when it brought them, and in receipts of own ones; one row an entry.
-- Of what others gave back, nobody knows.
CREATE TABLE arrival (
  position INTEGER PRIMARY KEY,       -- of the first
  last     INTEGER NOT NULL,          -- of the last
  time     INTEGER NOT NULL           -- Unix milliseconds, by the hub's clock
) STRICT;

-- Node: heads of the hub's journal, as the hub signed them. Two rows of one life and one position are evidence.
CREATE TABLE head (
  life      INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  running   BLOB NOT NULL,
  hub_time  INTEGER NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (life, position, running)
) STRICT, WITHOUT ROWID;

-- One row: a hash over the state and the cursor, so that a changed bit in them is noticed. Entries have their own.
CREATE TABLE seal (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  digest BLOB NOT NULL,
  probes INTEGER NOT NULL DEFAULT 0   -- counted up to see whether the disk takes a write
) STRICT;
