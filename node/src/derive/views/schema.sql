-- Views: what people see, derived from the journal. May be dropped and folded again at any time.
-- Offices, records: UUID, 16 bytes. A seat (place within one ledger): incarnation, seq.
-- Times of entries are hybrid logical (Unix milliseconds << 16 | counter); deadlines are Unix milliseconds.

-- One row: how far the journal has been folded, in the same transaction as everything that came of it.
CREATE TABLE folded (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  position INTEGER NOT NULL,           -- of this store's journal; 0: nothing yet
  edition  INTEGER NOT NULL            -- of that journal: changes when entries read otherwise than before
) STRICT;
INSERT INTO folded VALUES (1, 0, 0);

-- Every entry, in one line: the timeline of records, and which places are held.
CREATE TABLE story (
  position    INTEGER PRIMARY KEY,     -- in this store's journal
  record      BLOB    NOT NULL,
  kind        INTEGER NOT NULL,
  ledger      BLOB    NOT NULL,        -- whose entry
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  time        INTEGER NOT NULL,        -- when it was done: the signed time, not before what the author had seen, not
                                       -- after it came
  signed      INTEGER NOT NULL,        -- signed by the author
  arrived     INTEGER,                 -- when the hub had it, Unix milliseconds; NULL: not yet, or nobody knows
  author      TEXT    NOT NULL,        -- the account that acted
  move        TEXT    NOT NULL,        -- name of the move
  about       BLOB,                    -- the one office that it is about; NULL: it is about the record
  brief       TEXT    NOT NULL,        -- what it said, shortened
  destroyed   INTEGER NOT NULL DEFAULT 0, -- 1: its body was destroyed
  outcome     TEXT    NOT NULL         -- applied | not-allowed: WHY | refused: CODE | undigested: WHY | newer:
                                       -- needs a newer program
) STRICT;
CREATE UNIQUE INDEX story_place ON story (ledger, incarnation, seq);
CREATE INDEX story_other ON story (outcome) WHERE outcome <> 'applied';
CREATE INDEX story_waits ON story (ledger, position) WHERE arrived IS NULL;
CREATE INDEX story_agreed ON story (ledger) WHERE move = 'agreed';
CREATE INDEX story_record ON story (record, kind, ledger, incarnation, seq);

-- What one office's entries about one record add up to.
CREATE TABLE strand (
  record      BLOB    NOT NULL,
  kind        INTEGER NOT NULL,
  office      BLOB    NOT NULL,
  state       TEXT    NOT NULL,        -- JSON of truc_proto::record::State
  status      TEXT    NOT NULL,        -- in one word; empty: nothing to say
  arrival     TEXT    NOT NULL,        -- so den that this office gave; empty: none
  accepted    INTEGER,                 -- when it gave it
  incarnation INTEGER NOT NULL,        -- seat of its newest entry
  seq         INTEGER NOT NULL,
  updated     INTEGER NOT NULL,        -- time of its newest entry
  moves       INTEGER NOT NULL,        -- how many of its moves count
  UNIQUE (record, kind, office)        -- rows are long: in a WITHOUT ROWID table each would take a page of its own
) STRICT;

CREATE INDEX strand_status ON strand (kind, status, record, office);
CREATE INDEX strand_arrival ON strand (office, accepted) WHERE accepted IS NOT NULL;

-- Records as their owners opened them. An id says whose record it is, so one office only can open it.
CREATE TABLE record (
  id              BLOB    NOT NULL,
  kind            INTEGER NOT NULL,
  owner           BLOB    NOT NULL,
  document_type   TEXT    NOT NULL,    -- code
  title           TEXT    NOT NULL,
  number          TEXT    NOT NULL,    -- as written; empty: not numbered
  term            TEXT    NOT NULL,    -- nhiem ky
  issued          TEXT,                -- YYYY-MM-DD on the paper
  due             INTEGER,
  urgency         INTEGER NOT NULL,
  confidentiality INTEGER NOT NULL,
  audience        TEXT    NOT NULL,    -- JSON list of scopes
  opened          INTEGER NOT NULL,    -- time of the first version
  position        INTEGER NOT NULL,    -- of the entry in force: its text and attachments are there
  search          TEXT    NOT NULL,    -- number and title, folded
  PRIMARY KEY (id, kind, owner)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_list ON record (kind, opened DESC);
CREATE INDEX record_urgent ON record (kind, urgency) WHERE urgency >= 3;    -- EXPRESS of truc_proto::paper
CREATE INDEX record_number ON record (number, owner) WHERE number <> '';

-- Who owes what by when. How it stands is computed when somebody looks.
CREATE TABLE duty (
  record  BLOB    NOT NULL,
  kind    INTEGER NOT NULL,
  owner   BLOB    NOT NULL,
  part    TEXT    NOT NULL,            -- task or item; empty: the record itself
  office  BLOB    NOT NULL,
  subtree INTEGER NOT NULL,            -- 1: the office and all under it
  due     INTEGER,
  content TEXT    NOT NULL,            -- shortened
  given   INTEGER NOT NULL,            -- time of the first version: nothing is done before
  PRIMARY KEY (record, kind, owner, part, office, subtree)
) STRICT, WITHOUT ROWID;
CREATE INDEX duty_office ON duty (office, due);

-- What an office says of what it owes or wants to know: one row for each part that it spoke of, from its strand. The part
-- of a question is its number.
CREATE TABLE answer (
  record BLOB    NOT NULL,
  kind   INTEGER NOT NULL,
  office BLOB    NOT NULL,
  part   TEXT    NOT NULL,             -- task or item; empty: the record itself
  word   TEXT    NOT NULL,             -- for the record itself, where it stands with the office; else empty
  said   INTEGER NOT NULL,             -- time of its newest word on this part
  done   INTEGER,                      -- when it was finished; NULL: it is not
  done_signed  INTEGER,                -- the same as the office signed it
  done_arrived INTEGER,                -- when the hub had that, Unix milliseconds; NULL: not yet, or nobody knows
  PRIMARY KEY (record, kind, part, office)
) STRICT, WITHOUT ROWID;

-- What the owner says of what an office says, from the owner's strand: a question is answered, a self-report concluded, a
-- task taken for done or not. It holds until the office says more.
CREATE TABLE verdict (
  record   BLOB    NOT NULL,
  kind     INTEGER NOT NULL,
  owner    BLOB    NOT NULL,
  part     TEXT    NOT NULL,
  office   BLOB    NOT NULL,
  said     INTEGER NOT NULL,           -- when it said so
  accepted INTEGER NOT NULL,           -- 0: it does not take it for done
  PRIMARY KEY (record, kind, owner, part, office)
) STRICT, WITHOUT ROWID;

-- Numbers of papers, one row for each version of each paper; refused ones too, for their numbers were given out.
CREATE TABLE number (
  position      INTEGER PRIMARY KEY,   -- of the entry
  office        BLOB    NOT NULL,      -- whose paper
  document_type TEXT    NOT NULL,      -- code
  term          TEXT    NOT NULL,      -- nhiem ky
  tail          TEXT    NOT NULL,      -- what stands after the figure, in small letters: -cv/tu
  figure        INTEGER NOT NULL,      -- 0: the number begins with none
  record        BLOB    NOT NULL,
  written       TEXT    NOT NULL       -- the number as written
) STRICT;
CREATE INDEX number_register ON number (office, document_type, term, tail, figure, record);

-- Papers, one row for each version of each, whatever record carries it: the lines of registers.
CREATE TABLE paper (
  position        INTEGER PRIMARY KEY, -- of the entry
  office          BLOB    NOT NULL,    -- whose paper
  record          BLOB    NOT NULL,
  kind            INTEGER NOT NULL,
  document_type   TEXT    NOT NULL,    -- code
  title           TEXT    NOT NULL,
  number          TEXT    NOT NULL,    -- as written; empty: not numbered
  term            TEXT    NOT NULL,    -- nhiem ky
  issued          TEXT,                -- YYYY-MM-DD on the paper
  due             INTEGER,
  urgency         INTEGER NOT NULL,
  confidentiality INTEGER NOT NULL,
  audience        TEXT    NOT NULL,    -- JSON list of scopes
  signer          TEXT    NOT NULL     -- who signed, as printed; the last line is the name
) STRICT;
CREATE INDEX paper_office ON paper (office, record, kind, number);
CREATE INDEX paper_number ON paper (office, number, document_type, term, record);

-- Ledgers: how much of each is here and when it last spoke.
CREATE TABLE ledger (
  office      BLOB    PRIMARY KEY,
  entries     INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,        -- highest seat
  seq         INTEGER NOT NULL,
  time        INTEGER NOT NULL         -- latest signed time
) STRICT, WITHOUT ROWID;

-- Channels: one ledger's entries to one scope.
CREATE TABLE channel (
  ledger            BLOB    NOT NULL,
  office            BLOB    NOT NULL,
  subtree           INTEGER NOT NULL,
  first_incarnation INTEGER NOT NULL,  -- lowest seat held
  first_seq         INTEGER NOT NULL,
  last_incarnation  INTEGER NOT NULL,  -- highest seat held
  last_seq          INTEGER NOT NULL,
  PRIMARY KEY (ledger, office, subtree)
) STRICT, WITHOUT ROWID;

-- Back-pointers to entries that are not here. Whether one is a gap is decided when somebody looks: not
-- if it was refused, if this office is not in the scope, or if the channel was joined after it.
CREATE TABLE missing (
  ledger         BLOB    NOT NULL,
  incarnation    INTEGER NOT NULL,     -- the place that is not held
  seq            INTEGER NOT NULL,
  office         BLOB    NOT NULL,     -- the channel's scope
  subtree        INTEGER NOT NULL,
  by_incarnation INTEGER NOT NULL,     -- the entry that names it
  by_seq         INTEGER NOT NULL,
  PRIMARY KEY (ledger, incarnation, seq, office, subtree, by_incarnation, by_seq)
) STRICT, WITHOUT ROWID;

-- Entries that the rules forbid: in no total. Named here even before, or without, being held.
CREATE TABLE refusal (
  ledger      BLOB    NOT NULL,
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  hash        BLOB    NOT NULL,
  by_hub      INTEGER NOT NULL,        -- 1: the hub said so; 0: this store found so itself
  reason      TEXT    NOT NULL,        -- code of truc_proto::authority::Refusal
  position    INTEGER NOT NULL,        -- of the hub's word, or of the entry
  PRIMARY KEY (ledger, incarnation, seq, hash, by_hub)
) STRICT, WITHOUT ROWID;
CREATE INDEX refusal_hash ON refusal (hash);
CREATE INDEX refusal_position ON refusal (position) WHERE by_hub = 0;

-- Entries that could not be folded, each for itself: everything else goes on without them.
CREATE TABLE undigested (
  position INTEGER PRIMARY KEY,        -- in this store's journal
  ledger   BLOB,                       -- whose entry; NULL: it cannot even be read
  reason   TEXT    NOT NULL            -- what failed, in English, for the log and for help
) STRICT;

-- What the hub said of offices and keys, to build the registry from without reading the journal.
CREATE TABLE registry_entry (
  incarnation INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  position    INTEGER NOT NULL,
  body        BLOB    NOT NULL,        -- an encoded RegistryMove
  PRIMARY KEY (incarnation, seq)
) STRICT, WITHOUT ROWID;

-- Files that entries name, by their hash: what may be fetched, and what is to be sent.
CREATE TABLE attachment (
  position   INTEGER NOT NULL,         -- of the entry, in this store's journal
  hash       BLOB    NOT NULL,         -- SHA-256
  size       INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  media_type TEXT    NOT NULL,
  ledger     BLOB    NOT NULL,         -- whose entry: an own one's files are sent, others' are fetched
  urgency    INTEGER NOT NULL,         -- of the entry: which file travels first
  PRIMARY KEY (position, hash, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_hash ON attachment (hash);

-- Files of entries whose bodies were destroyed.
CREATE TABLE gone (
  position INTEGER NOT NULL,           -- of the entry
  hash     BLOB    NOT NULL,           -- SHA-256
  PRIMARY KEY (position, hash)
) STRICT, WITHOUT ROWID;
