//! Every limit on what a peer or a person may hand in, in one place.

use std::time::Duration;

/// Encoded content of one entry, bytes.
pub const ENTRY_CONTENT: usize = 512 * 1024;
/// Scopes in one audience. More offices than this are addressed by a subtree.
pub const AUDIENCE: usize = 4096;
/// Offices that one entry is sealed to: each costs about 110 bytes of it, and its author 0.15 ms.
pub const SEALED_TO: usize = 512;
/// Sealing keys of one office. A new one is made with each set of sheets, and whenever people ask for it.
pub const SEALING_KEYS: usize = 200;
/// Attachments of one entry.
pub const ATTACHMENTS: usize = 64;
/// Name of an attachment, bytes of UTF-8.
pub const ATTACHMENT_NAME: usize = 255;
/// One attachment, bytes.
pub const ATTACHMENT_SIZE: u64 = 2 * 1024 * 1024 * 1024;
/// One chunk of an attachment, bytes.
pub const CHUNK: usize = 256 * 1024;
/// One chunk of an attachment as this program sends it, bytes. A transfer that makes room for a more urgent one loses
/// what is under way, and on a line of 64 kbit/s this is 8 seconds' worth.
pub const CHUNK_SENT: usize = 64 * 1024;
/// Files that one Have asks about.
pub const FILES_ASKED: usize = 500;
/// Time for a Have, or without any progress of a transfer: then it is given up and goes on later where it stopped.
/// Hashing
/// a file of [`ATTACHMENT_SIZE`] at the hub fits in, and a chunk on a line of 5 kbit/s.
pub const FILE_SILENCE: Duration = Duration::from_secs(120);
/// First pause before a file is asked for or brought again; doubled each time. The first is short: the hub wants a file
/// some milliseconds after it has receipted the entry that names it.
pub const FILE_PAUSE_FIRST: Duration = Duration::from_millis(100);
/// Least time between two destructions of bodies of papers that were given back. Each time views and search are made
/// anew, so that whoever writes on about such a paper does not keep an office busy.
pub const DESTROYED_AGAIN: Duration = Duration::from_secs(60 * 60);
/// First pause before a look for what came late of a paper that was destroyed, a file that was under way; doubled each
/// time, up to [`DESTROYED_AGAIN`].
pub const DESTROYED_FIRST: Duration = Duration::from_secs(1);
/// How long a file that was put into the store is taken for one of an entry that is being written, though the only
/// entries that name it are destroyed. Longer than an import of many papers takes.
pub const DESTROYED_SPARED: Duration = Duration::from_secs(10 * 60);
/// Longest pause before a file is asked for or brought again. Nobody waits for it: the hub says when a file is whole.
pub const FILE_PAUSE_MOST: Duration = Duration::from_secs(60);
/// Files that the hub says are whole and the carrier has not looked at yet; beyond it, it asks about all that it lacks.
pub const FILES_TOLD: usize = 4096;
/// Sizes that the entries of one office give one file and that the hub remembers; only one of them can be true.
pub const FILE_SIZES: usize = 8;
/// Unfinished uploads of one office: the carrier has one under way and some that made room for more urgent ones.
pub const UNFINISHED_FILES: usize = 128;
/// Declared sizes of the unfinished uploads of one office together, bytes; hub.toml may set another. Two of the largest
/// files: one that makes room, and one for which it does.
pub const UNFINISHED_BYTES: u64 = 2 * ATTACHMENT_SIZE;
/// Files that one office may bring within a day, bytes; hub.toml may set another. A commune's line of 2 Mbit/s carries
/// as
/// much in a day.
pub const FILES_A_DAY: u64 = 20 * 1024 * 1024 * 1024;
/// Part of the disk that files of others leave free, percent; hub.toml may set another. Entries need so little that a
/// tenth lasts until somebody has made room.
pub const DISK_KEPT: u64 = 10;
/// Most that files of others leave free, bytes: more than a year of a province's entries. A tenth of a large disk would
/// keep files away from room that entries never need.
pub const DISK_KEPT_MOST: u64 = 4 * 1024 * 1024 * 1024;
/// Uploads of one office that did not have their hash, before it has to wait.
pub const WRONG_FILES: u32 = 3;
/// How long an office has to wait that brought as many wrong files: hashing them is work for the hub.
pub const WRONG_FILES_WAIT: Duration = Duration::from_secs(60);
/// Time from one sweep of unfinished uploads that no entry wants any more to the next.
pub const UNFINISHED_SWEEP: Duration = Duration::from_secs(3600);
/// Files for which the hub remembers whom they have reached, so that it need not read all entries that name them again.
pub const FILES_REMEMBERED: usize = 1024;
/// Time after which that is read anew.
pub const FILES_READ_ANEW: Duration = Duration::from_secs(5 * 60);
/// Author account of an entry, bytes of UTF-8.
pub const AUTHOR: usize = 64;
/// Media type of an attachment, bytes of UTF-8: two names of 127 characters and a slash (RFC 6838, 4.2).
pub const MEDIA_TYPE: usize = 255;
/// Greatest number of a place or position: stores and other languages keep numbers as signed 64-bit ones.
pub const NUMBER: u64 = i64::MAX as u64;

/// One gRPC message, bytes, either way.
pub const FRAME: usize = 1024 * 1024;
/// Entries in one batch.
pub const BATCH_ENTRIES: usize = 256;
/// Contents of the entries in one batch together, bytes.
pub const BATCH_BYTES: usize = 512 * 1024;
/// What a packed batch may expand to, bytes.
pub const BATCH_UNPACKED: usize = 960 * 1024;
/// Batches smaller than this are not packed: it would not pay.
pub const PACK_FROM: usize = 512;

/// Fields of one message with repeated fields: four times those of a full batch. A frame full of empty entries (two
/// bytes each on the wire, a hundred decoded) would otherwise take fifty times its size.
pub const FIELDS: usize = 1024;
/// Fields of an entry's header, for the same reason; scopes and attachments are most of them.
pub const HEADER_FIELDS: usize = AUDIENCE + ATTACHMENTS + 64;
/// Name and version of a peer's program, bytes of UTF-8; a longer text is cut.
pub const PROGRAM: usize = 128;

/// Own entries pushed and not yet receipted, per session.
pub const UNRECEIPTED_ENTRIES: usize = 512;
/// Contents of own entries pushed and not yet receipted, bytes; the last batch may exceed it.
pub const UNRECEIPTED_BYTES: usize = 1024 * 1024;
/// Batches of one session that may be waiting to be written at the hub; until one is written, it reads no more from the
/// node.
pub const UNWRITTEN_BATCHES: usize = 8;
/// Frames of one session that may be waiting to be written at the node; until one is written, it reads no more from the
/// hub.
pub const UNWRITTEN_FRAMES: usize = 16;
/// Urgent entries that may overtake one backlog of mail.
pub const EARLY_ENTRIES: usize = 64;
/// Bytes of them that may overtake when a session begins. They are sent again in their turn, and the largest frame of
/// mail behind them must still be answered within [`DELIVERED_WAIT`].
pub const EARLY_BYTES: usize = 64 * 1024;
/// Bytes of mail that an urgent entry overtakes at least: a second on a line of 64 kbit/s.
pub const EARLY_WORTH: usize = 8 * 1024;
/// Deliver frames sent and not yet answered by `Delivered`, per session.
pub const UNDELIVERED_FRAMES: usize = 4;
/// Time for a node to answer a Deliver frame with `Delivered`. Then the session ends, and mail starts again from the
/// cursor: a connection of less than 40 kbit/s would never get the largest frame.
pub const DELIVERED_WAIT: Duration = Duration::from_secs(120);
/// Outgoing frames that may wait for one session: receipts for all that the node may push ahead, and mail. A node that
/// sends without reading fills the queue and is cut off.
pub const UNREAD_FRAMES: usize = 1024;
/// Bytes of waiting frames above which urgent entries no longer overtake; they come in order later.
pub const UNREAD_EARLY: usize = 1024 * 1024;
/// Writes queued for the writer above which sessions read nothing more. Handing in a write does not wait itself.
pub const WRITE_QUEUE: usize = 1024;
/// Writes in one group: one transaction, one fsync.
pub const GROUP_WRITES: usize = 256;
/// Frames in the journal's WAL at which the writer makes a checkpoint, after it has answered the writes (16 MiB).
pub const WAL_FRAMES: u32 = 4000;
/// Entries that are folded, indexed or checked in one go.
pub const FOLD_ENTRIES: usize = 1_000;
/// Contents of those entries together, bytes, after which no more are read: entries may have 512 KiB each, and the
/// service has 512 MiB of memory for everything.
pub const FOLD_BYTES: usize = 8 * 1024 * 1024;
/// Entries that one session has brought and the views have not folded, above which nothing more is read from it: mail of
/// others waits behind them.
pub const UNFOLDED: usize = 1_000;
/// Most time for which a session is not read because of them: views that are made anew take longer.
pub const UNFOLDED_WAIT: Duration = Duration::from_secs(1);
/// Most time until an index that could not be written is tried again; the first pause is [`STORE_RETRY`].
pub const FOLLOW_RETRY_MOST: Duration = Duration::from_secs(60);
/// Time for the search index to take in what the views show already, before a search is answered without it.
pub const SEARCH_SOON: Duration = Duration::from_secs(2);
/// Time until a store that could not be written is tried again.
pub const STORE_RETRY: Duration = Duration::from_secs(5);
/// Newest entries that are verified when a journal is opened for writing.
pub const TAIL_ENTRIES: usize = 1000;
/// Contents of the entries verified in one step, bytes; a single entry may exceed it.
pub const VERIFY_BYTES: usize = 8 * 1024 * 1024;
/// Entries in one step of the background verification.
pub const VERIFY_ENTRIES: usize = 500;
/// Rest of the background verification after a step, in multiples of the step's time: 9 makes it a tenth of one core.
pub const VERIFY_REST: u32 = 9;
/// Time from the start of one background verification to the start of the next.
pub const VERIFY_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// Median time of a commit below which a disk is suspected of losing acknowledged data: no disk flushes that fast.
pub const COMMIT_DOUBTED: Duration = Duration::from_micros(50);
/// Older marks in a Hello, beside the newest.
pub const OLDER_MARKS: usize = 16;
/// Entries of one office that are held as evidence.
pub const HELD_ENTRIES: usize = 10_000;

/// Time over which a used-up quota of an office is free again.
pub const QUOTA_DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest time that an office is told to wait before it asks again whether it may push on: a person at the hub may have
/// raised the quota meanwhile.
pub const QUOTA_WAIT: Duration = Duration::from_secs(15 * 60);
/// Entries that one office may bring in a day: ten years of a commune's papers; the hub's configuration may say
/// otherwise, as for all that follow. Each [`SCOPES_COUNTED`] scopes count as one more.
pub const DAY_ENTRIES: u64 = 100_000;
/// Arrivals of papers that a machine says in a day: so many of [`DAY_ENTRIES`] at most are used up by what others send.
pub const ARRIVALS: usize = 20_000;
/// Of these, arrivals of papers of one sender.
pub const ARRIVALS_OF_ONE: usize = 2_000;
/// Scopes of an entry that count as an entry: stores keep a row of each.
pub const SCOPES_COUNTED: usize = 4;
/// Contents of those entries, bytes. They stay in the hub's journal for ever.
pub const DAY_BYTES: u64 = 1024 * 1024 * 1024;
/// Entries of one office that the hub may refuse in a day before the office has to wait: its program is wrong, or a
/// machine that somebody else has.
pub const DAY_REFUSED: u64 = 2_000;
/// Refusals of one office's entries that the hub says in its ledger in a day. Each is an entry that stays; beyond it
/// people are told at the console.
pub const DAY_REFUSED_SAID: u64 = 200;
/// Entries of one office that are kept as evidence in a day, bytes.
pub const DAY_EVIDENCE: u64 = 16 * 1024 * 1024;
/// Entries with wrong signatures that one office may offer in a day: checking them costs, and an honest node has none.
pub const DAY_FORGED: u64 = 1_000;
/// Questions to a person about one office's machines in a day: each is an entry.
pub const DAY_QUESTIONS: u64 = 12;
/// Claims of one office in a day that the hub went back: each is an entry.
pub const DAY_WENT_BACK: u64 = 1;
/// Times in a day that the line of one office may go on from an earlier entry, or try to: the hub reads the whole ledger
/// each time, and others wait. A machine that was restored does it once.
pub const DAY_BRANCHES: u64 = 24;
/// Enrolments of one office in a day, repeated ones too: each is an entry at every office.
pub const DAY_ENROLMENTS: u64 = 24;
/// Part of the hub's disk, percent, that one office's ordinary traffic may not take: below it, the one office waits that
/// has pushed most within a day, if that is [`DISK_OFFENDER`] or more.
pub const DISK_RESERVE_PERCENT: u64 = 5;
/// Bytes that an office must have brought within a day to be the one who waits when the disk is nearly full.
pub const DISK_OFFENDER: u64 = 16 * 1024 * 1024;
/// Time between two looks at the room on the hub's disk.
pub const DISK_LOOK: Duration = Duration::from_secs(5);
/// Refused entries that the hub tells of in one group.
pub const REFUSED_GROUP: usize = 100;
/// Hub's own words that one session may give back before they are folded: each is applied to a copy of the registry.
pub const GIVEN_BACK_WORDS: usize = 10_000;
/// Sessions in a row that end with "say Hello again" before a node waits between them: an honest hub says it once.
pub const AGAIN_AT_ONCE: u32 = 3;
/// Shortest time of a session after which a node counts its line as sound: the next wait is the shortest again.
pub const SOUND_SESSION: Duration = Duration::from_secs(10);
/// Lines of the log that wait while they cannot be written; further ones are dropped and counted.
pub const LOG_WAITING: usize = 1024;
/// Time for the log to be written out when a program ends.
pub const LOG_END: Duration = Duration::from_millis(500);
/// Threads for work that waits for a disk or a signature, beside one thread a core for everything else.
pub const BLOCKING_THREADS: usize = 64;

/// Shortest time between two Status frames of a node in one session.
pub const STATUS_EVERY: Duration = Duration::from_secs(30);

/// Concurrent HTTP/2 streams of one connection: the session, and attachments beside it.
pub const STREAMS: u32 = 8;
/// HTTP/2 flow-control window of one stream, bytes.
pub const STREAM_WINDOW: u32 = 256 * 1024;
/// HTTP/2 flow-control window of one connection, bytes.
pub const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// HTTP/2 frame, bytes: the smallest that HTTP/2 allows to be set. Larger ones cost memory for each connection.
pub const HTTP_FRAME: u32 = 16 * 1024;
/// HTTP/2 header list, bytes (CONTINUATION flood, RUSTSEC-2024-0332).
pub const HEADER_LIST: u32 = 16 * 1024;
/// Streams reset by the peer before they were accepted (rapid reset, CVE-2023-44487).
pub const PENDING_RESETS: usize = 20;
/// Streams reset because of the peer's errors (RUSTSEC-2024-0003); unset, tonic has no limit.
pub const LOCAL_ERROR_RESETS: usize = 128;
/// Time for a TLS handshake.
pub const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes under way at once from one address: a province's offices may all sit behind one router. Beyond it the
/// oldest one is dropped, which an honest caller has long finished. At the port for new machines, where anybody may
/// connect, open connections count as well, and beyond it the newest one is turned away.
pub const HANDSHAKES_PER_SOURCE: usize = 256;
/// Handshakes under way at once from all addresses; bounds what half-open connections may hold.
pub const HANDSHAKES: usize = 2048;
/// Connections of one office at once: the live one, a lost one that the hub has not noticed yet, and the same for a
/// machine that replaces it. Beyond that the oldest is cut.
pub const CONNECTIONS: usize = 4;
/// Connections that the kernel holds until the listener accepts them.
pub const BACKLOG: u32 = 1024;
/// Time to open a TCP connection.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Time from the TLS handshake to the first bytes of HTTP/2, and from the call to the first frame of a session.
pub const FIRST_FRAME: Duration = Duration::from_secs(10);
/// HTTP/2 keepalive: silence after which a ping is sent.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// HTTP/2 keepalive: time for the answer to the ping.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Time between two looks whether mail was missed.
pub const MISSED_LOOK: Duration = Duration::from_secs(60);
/// Time until mail that was missed is asked for a second time, doubled each time: a gap that a liar names stays.
pub const MISSED_FIRST: Duration = Duration::from_secs(60 * 60);
/// Longest time until it is asked for again.
pub const MISSED_CAP: Duration = Duration::from_secs(24 * 60 * 60);
/// Bound of the first wait before a reconnect, doubled each time; the wait is drawn evenly from zero to the bound (full
/// jitter).
pub const BACKOFF_FIRST: Duration = Duration::from_millis(500);
/// Largest bound of the wait before a reconnect.
pub const BACKOFF_CAP: Duration = Duration::from_secs(60);
/// How long work in the background may fail before `status` ends with the exit code for what needs a person: a hub that
/// is started anew, or a line that is down for a moment, mends itself.
pub const TROUBLE_LASTS: Duration = Duration::from_secs(15 * 60);
/// Shortest wait of a machine that the hub sent away, before it calls again.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(3);
/// The hub signs heads only at positions that are multiples of this, so that different offices get heads at the same
/// positions.
pub const HEAD_EVERY: u64 = 16;
/// Heads that a node keeps. Beyond that, those of the older half at positions with the fewest factors of 2 are deleted:
/// other offices are least likely to have them.
pub const HEADS: usize = 512;
/// Age from which a sent paper is no longer looked at for [`WORD_OVERDUE`].
pub const WORD_LOOKED: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// Heads of an archive that are checked; further ones are ignored.
pub const ARCHIVE_HEADS: usize = 10_000;
/// Time without any mail, over a working connection, although the hub has said that mail waits: then people are told.
pub const MAIL_OVERDUE: Duration = Duration::from_secs(60 * 60);
/// Time without any answer of an addressee after a paper was sent: then people are told.
pub const WORD_OVERDUE: Duration = Duration::from_secs(24 * 60 * 60);
/// Shortest time between two audit notes on the same wrong code from one office's machines.
pub const SUSPECT_EVERY: Duration = Duration::from_secs(60);
/// Machines of one office whose addresses, hosts and times are kept for people who must tell two copies: the newest.
pub const MACHINES_KEPT: usize = 4;
/// Length of a host's name as a machine tells it, bytes (RFC 1035, and room).
pub const HOST: usize = 256;
/// Time after its last call for which a machine that a person is asked about is still shown: two copies call in turns.
pub const QUESTION_SHOWN: Duration = Duration::from_secs(15 * 60);

/// Life of an office's TLS certificate.
pub const NODE_CERTIFICATE: Duration = Duration::from_secs(30 * 86_400);
/// Part of its life after which a certificate is renewed: from day 10 of 30 on.
pub const RENEW_FROM: f64 = 1.0 / 3.0;
/// Part of the life over which the moment of renewal is spread after that (3 days of 30), so that offices which
/// enrolled together do not all renew at once.
pub const RENEW_SPREAD: f64 = 1.0 / 10.0;
/// Part of the life between a failed renewal and the next try (an hour of 30 days).
pub const RENEW_AGAIN: f64 = 1.0 / 720.0;
/// Part of the life over which renewals are spread after a new authority was announced (20 seconds of 30 days).
pub const RENEW_ROLLED: f64 = 1.0 / 129_600.0;
/// Part of the life within which the hub issues no second certificate to a machine, but repeats the first (10 minutes
/// of 30 days).
pub const RENEW_PAUSE: f64 = 1.0 / 4_320.0;
/// Time for which a certificate that has ended still opens renewal, and nothing else.
pub const LAPSED: Duration = Duration::from_secs(180 * 86_400);
/// Time for one renewal.
pub const RENEW_CALL: Duration = Duration::from_secs(30);
/// Time before the end of its certificate at which a session is ended, so that its last writes are still answered.
pub const DRAIN: Duration = Duration::from_secs(3);
/// Time from telling a session that it ends to cutting its connection, whatever still runs on it.
pub const CUT: Duration = Duration::from_secs(2);
/// Life of the hub's TLS certificate; a new one is made at every start, and while it runs when a third is left.
pub const HUB_CERTIFICATE: Duration = Duration::from_secs(90 * 86_400);
/// Life of the authority's certificate.
pub const AUTHORITY_CERTIFICATE: Duration = Duration::from_secs(20 * 365 * 86_400);
/// Certificate authorities trusted at once; more than one while one takes over from another.
pub const AUTHORITIES: usize = 4;
/// Certificate of an authority, bytes of DER.
pub const AUTHORITY_DER: usize = 4 * 1024;
/// Certificates in one chain, from an office's to its authority's.
pub const CHAIN: usize = 5;
/// Time before its making from which a certificate is valid, since clocks differ.
pub const CERTIFICATE_BACKDATE: Duration = Duration::from_secs(5 * 60);

/// Difference up to which two clocks may both be called right. A moment that was written down further in the future than
/// this was written by a wrong clock.
pub const CLOCK_MARGIN: Duration = Duration::from_secs(5 * 60);
/// Step of a hub's clock, against the time that has passed, from which it is not believed. Corrections are smaller.
pub const CLOCK_JUMP: Duration = Duration::from_secs(60 * 60);
/// Difference from the clocks of most offices from which a hub's clock is not believed; and time since the newest entry
/// of its journal up to which a hub that starts believes its clock.
pub const CLOCK_APART: Duration = Duration::from_secs(86_400);
/// Time since the newest entry of its journal from which a hub that starts does not believe its clock until offices or a
/// person say so: no certificate of an office holds as long.
pub const CLOCK_STOOD: Duration = Duration::from_secs(LAPSED.as_secs() + NODE_CERTIFICATE.as_secs());
/// Offices whose clocks together outweigh the hub's: one or two may be wrong, or lie.
pub const CLOCK_WITNESSES: usize = 3;
/// Time for which what an office told of its clock counts.
pub const CLOCK_HEARD: Duration = Duration::from_secs(86_400);
/// How far the time of an entry may lie beyond the newest hub time that its author had seen, because the entry before it
/// does: a ledger that once was in the future comes back as soon as it hears from the hub.
pub const AHEAD: Duration = Duration::from_secs(86_400);

/// Life of an enrolment code, unless whoever makes it sets another.
pub const ENROLMENT_CODE_LIFE: Duration = Duration::from_secs(15 * 60);
/// Longest life that may be set for an enrolment code: a letter has to travel by post.
pub const ENROLMENT_CODE_LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// Wrong enrolment secrets from one address before it has to wait.
pub const ENROLMENT_TRIES: u32 = 10;
/// How long such an address has to wait.
pub const ENROLMENT_WAIT: Duration = Duration::from_secs(60);
/// Time for which an enrolment that comes again gets the first answer again, and no other key of the same machine is
/// enrolled.
pub const ENROLMENT_REPEATED: Duration = Duration::from_secs(10 * 60);
/// Addresses that are remembered for wrong secrets; beyond it the oldest is forgotten.
pub const ENROLMENT_SOURCES: usize = 10_000;
/// One enrolment message, bytes, either way.
pub const ENROLMENT_MESSAGE: usize = 16 * 1024;
/// Time for one enrolment.
pub const ENROLMENT_CALL: Duration = Duration::from_secs(30);
/// Longest life of a connection to the enrolment port.
pub const ENROLMENT_CONNECTION: Duration = Duration::from_secs(60);
/// A certificate request (PKCS#10), bytes.
pub const CSR: usize = 4 * 1024;
/// Name of an office, bytes of UTF-8.
pub const OFFICE_NAME: usize = 512;
/// Text of an enrolment code, bytes.
pub const CODE_TEXT: usize = 1024;
/// Text of a recovery sheet as typed, bytes of UTF-8: four times what is printed.
pub const SHEET_TEXT: usize = 1024;
/// `host:port`, bytes.
pub const ADDRESS: usize = 261;
/// A key or certificate file, bytes.
pub const PEM_FILE: u64 = 64 * 1024;

/// A paper handed to `import`, bytes.
pub const IMPORT_FILE: u64 = 4 * 1024 * 1024;
/// Age of the newest backup from which people are asked to make another.
pub const BACKUP_OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Manifest of a backup, bytes: it has a line for each attachment.
pub const BACKUP_MANIFEST: u64 = 64 * 1024 * 1024;
/// Entries per read where a whole journal is gone through.
pub const READ_ENTRIES: usize = 1_000;
/// Entries without a counting signature that a verification remembers until a later registry entry explains them.
pub const PROOF_DOUBTS: usize = 100_000;
/// Entries of one ledger that a verification remembers until their predecessor comes.
pub const PROOF_WAITING: usize = 100_000;
/// Faults that a verification lists one by one; all are counted.
pub const PROOF_FAULTS: usize = 40;
/// Certificates from the hub's ledger key to the authority that vouches for it, the one on the key included.
pub const CERTIFICATES: usize = 8;
/// One line of a table or manifest in an archive, bytes.
pub const ARCHIVE_LINE: usize = 256 * 1024;
/// File in which an archive describes itself, bytes.
pub const ARCHIVE_FACTS: u64 = 16 * 1024 * 1024;
/// Size at which a new file of entries is begun in an archive, bytes.
pub const ARCHIVE_SEGMENT: u64 = 64 * 1024 * 1024;
/// Incarnations of a ledger that a revocation names: about ten years of a machine that is started five times a day. The
/// list must fit into one entry.
pub const HELD: usize = 20_000;
/// Addresses of the hub at one time: the old one, the new one, and one for each network that offices come from.
pub const HUB_ADDRESSES: usize = 8;
/// Machine addresses of the hub that one call tries: names may have several each.
pub const HUB_WAYS: usize = 16;
/// Time after which a call tries the next address beside the one before, which may be dead (RFC 8305).
pub const NEXT_WAY: Duration = Duration::from_millis(250);
/// Time for a service that starts to wait for a command that has the store.
pub const LOCK_WAIT: Duration = Duration::from_secs(30);
/// How often the hub looks whether a day has begun on which facts come into force.
pub const TURN_LOOK: Duration = Duration::from_secs(10);
/// Rows of an office list.
pub const OFFICE_ROWS: usize = 20_000;
/// Own entries that the views may lack when a move is written: the writer's turn reads them, and others wait meanwhile.
pub const TURN_BEHIND: usize = 10_000;
/// A request over the local socket, bytes.
pub const LOCAL_REQUEST: usize = 8 * 1024 * 1024;
/// One line of an answer over the local socket, bytes.
pub const LOCAL_LINE: u64 = 64 * 1024 * 1024;
/// Requests over the local socket under way at once.
pub const LOCAL_REQUESTS: usize = 64;
/// Time within which a service must take up a request over the local socket; it works on it as long as it needs.
pub const LOCAL_TAKEN: Duration = Duration::from_secs(10);
/// Time for a whole request to come in over the local socket.
pub const LOCAL_READ: Duration = Duration::from_secs(10);
/// Time for requests under way to finish when a program stops.
pub const LOCAL_STOP: Duration = Duration::from_secs(5);

/// How often an office looks whether its sealing key is deposited.
pub const SEALS_SETTLED: Duration = Duration::from_secs(60 * 60);
/// Sheets of a recovery key that nobody has held against it for so long may be lost.
pub const SHEETS_CHECKED: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// Sheets of one recovery key: any two of three open.
pub const SHEETS: usize = 3;

/// Tasks, items, indicators, questions or answers in one move or strand.
pub const PARTS: usize = 1000;
/// Text of one part of a draft, bytes. It is one sealed entry; what is longer comes as a file.
pub const DRAFT_TEXT: usize = 400 * 1024;
/// Versions of one draft.
pub const DRAFT_VERSIONS: usize = 200;
/// Hours between asking for opinions and the time until which they are asked for.
pub const DRAFT_ASK_HOURS: u32 = 8;
/// Drafts that a list looks at, the newest first: those of more than ten years of a commune.
pub const DRAFTS_LISTED: u32 = 10_000;
/// Working days in which a draft is appraised.
pub const DRAFT_APPRAISE_DAYS: u32 = 2;
/// A name, number, code or other short text of a record, bytes of UTF-8.
pub const LINE: usize = 512;
/// An office's code, bytes of UTF-8: people type it, and lists and file names carry it.
pub const CODE: usize = 64;
/// Symbols with which one office numbers its papers: its committee, the committee's office, boards and commissions.
pub const SYMBOLS: usize = 32;
/// The highest figure of a paper's number. No register of a term comes near it; a longer figure is a slip of the hand.
pub const FIGURE: u32 = 99_999;
/// How far a typed figure may lie beyond the last of its register: an office that begins here in the middle of a term has
/// used some thousands of numbers; beyond that, it is a slip of the hand, and the register would go on from it.
pub const FIGURE_AHEAD: i64 = 5_000;
/// How many days after the end of a term its registers still take papers that were signed within it.
pub const TERM_OPEN: i64 = 15;
/// Years that an inspection may look back over: a term.
pub const INSPECTED_YEARS: u32 = 5;
/// Years after its date within which a paper may ask for something, and around it within which a period ends: two terms.
/// What lies beyond is a slip of the hand.
pub const DUE_YEARS: i64 = 10;
/// Years that a report may look back: reports sum up resolutions of decades.
pub const PERIOD_YEARS: i64 = 100;
/// Id of a unit, person, issuer, party or resource of a house, letters.
pub const HOUSE_ID: usize = 32;
/// One fact of a house, encoded, bytes.
pub const HOUSE_FACT: usize = 8 * 1024;
/// Texts in one list of a fact: keywords, types of papers, rights.
pub const HOUSE_LIST: usize = 100;
/// Steps of one road.
pub const ROAD_STEPS: usize = 20;
/// Roads of one house.
pub const HOUSE_ROADS: usize = 100;
/// Pairs of blocks that are looked at to find what two versions of a text have in common; 100 pages have some thousands of
/// blocks.
pub const COMPARED_BLOCKS: usize = 16_000_000;
/// Pairs of words that are looked at within the blocks of two versions, all together.
pub const COMPARED_WORDS: usize = 16_000_000;
/// Pairs of blocks in one rewritten part up to which each is held against each; beyond, against those beside it.
pub const COMPARED_LIKENESS: usize = 40_000;
/// Facts that one entry says. An office has a few hundred.
pub const HOUSE_FACTS: usize = 2_000;
/// Fields of one fact of a house in its message: its days and what is so.
pub const HOUSE_FIELDS: usize = 3;
/// Facts that a house holds, with those that others have replaced.
pub const HOUSE_SAID: usize = 20_000;
/// A number of days or minutes of a house.
pub const HOUSE_COUNT: u32 = 1_000;
/// Days in a row off, after which a house is taken not to work at all and the day asked about is kept.
pub const DAYS_OFF: u32 = 60;
/// Working days that are counted between two days: what is later by more is that late.
pub const WORKING_DAYS: u32 = 5_000;
/// Years from the first to the last of a term. A term has five; congresses were late, never by five years.
pub const TERM_YEARS: u16 = 10;
/// A title, note, question or answer in a record, bytes of UTF-8; only the text of a paper may be longer.
pub const NOTE: usize = 16 * 1024;
/// What one office's strand of a record may hold beside what opens it, bytes: names, texts, and [`WORD`] for each word.
/// A strand is read and written whole with each move, so a larger one would cost every store memory and time. Verdicts
/// on 20 tasks of 131 offices need a tenth.
pub const STRAND: usize = 4 * 1024 * 1024;
/// Moves of one office about one record that count, in the order of their seats. A move with a lower seat than the newest
/// has all of them folded again, so more would let one office hold up everybody's mail with a few entries. A programme
/// of 100 items that is reported each week has half as many in a year.
pub const STRAND_MOVES: usize = 10_000;
/// What a word in a strand costs beside its name and text, bytes.
pub const WORD: usize = 100;
/// Forms of periodic reports that a page offers; a province uses some dozen.
pub const FORMS: usize = 100;
/// Search text, characters; the rest is ignored.
pub const SEARCH_TEXT: usize = 256;
/// Words of a search; further ones are ignored.
pub const SEARCH_WORDS: usize = 12;
/// Hits up to which a search ranks by all words; of more, only number, title and age count.
pub const SEARCH_WEIGHED: usize = 3_000;
/// Newest hits that are looked at if there are too many to rank.
pub const SEARCH_NEWEST: usize = 1_000;
/// Hits on one page.
pub const SEARCH_PAGE: usize = 200;
/// Text about one record that search finds it by, bytes; of more, the newest.
pub const SEARCH_SAID: usize = 256 * 1024;
/// Bytes of a text that are searched for an excerpt.
pub const SEARCH_EXCERPT: usize = 64 * 1024;
/// Decimal places of an indicator.
pub const DECIMAL_SCALE: u32 = 18;
/// Time before its end from which a duty is shown as due soon (3 or 5 days are usual); people may set another.
pub const DUE_SOON: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// Longest time that people may set for [`DUE_SOON`]; zero is allowed.
pub const DUE_SOON_MOST: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// Time without contact after which an office is unknown, never on time and never late; people may set another.
pub const SILENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Shortest time that people may set for [`SILENCE`]: a working connection breaks and comes back within less.
pub const SILENCE_LEAST: Duration = Duration::from_secs(5 * 60);
/// Longest time that people may set for [`SILENCE`].
pub const SILENCE_MOST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Time for which something finished late is shown as such.
pub const DONE_LATE_SHOWN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Age from which it is shown how old the knowledge of an office is.
pub const AGE_SHOWN: Duration = Duration::from_secs(15 * 60);
/// Time before the end of a certificate from which people are asked to act.
pub const CERTIFICATE_SOON: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Error of a clock from which people are told: the times signed by it mislead.
pub const CLOCK_OFF: Duration = Duration::from_secs(2 * 60);
/// Free disk space below which people are told, bytes.
pub const DISK_LOW: u64 = 2 * 1024 * 1024 * 1024;
/// Time that a page about the whole province waits for the newest facts; then it shows the previous ones with their
/// time.
pub const GLANCE_WAIT: Duration = Duration::from_millis(60);
/// Time in which an express paper (hỏa tốc) is to be accepted; before it has passed, an office is not said to ignore it.
pub const EXPRESS_ANSWERED: Duration = Duration::from_secs(30 * 60);
/// Rows of a list in one exported file; the file says how many it leaves out. Each row costs about 1 KiB of memory while
/// the file is made.
pub const FILE_ROWS: usize = 20_000;
/// Records of one sort that the page Today shows; it counts them all, and links to the list.
pub const TODAY_SHOWN: usize = 50;
/// Papers that the page of another one names as its answers; it counts them all.
pub const REPLIES: u32 = 20;
/// Largest file that a page shows within itself, bytes; a larger one is a link, since the page would wait for it, and so
/// would whoever else waits for the disk.
pub const SHOWN_FILE: u64 = 20 * 1024 * 1024;
/// Express records of one sender that Today and the watch show, and of which the hook is told, unless the sender stands
/// above the office: whoever writes hundreds takes nobody else's place.
pub const EXPRESS_OF_ONE: usize = 10;
/// Offices in the list of what to act on first.
pub const ACT_FIRST: usize = 25;
/// Enrolment letters made at once: each holds a secret that somebody has to hand over.
pub const LETTERS: usize = 50;
/// Houses that a program keeps folded in memory: one, but for tests with many offices in one process.
pub const HOUSES_FOLDED: usize = 4;
/// How long a work that nobody has taken can be taken back with one press.
pub const WORK_UNDO: Duration = Duration::from_secs(10 * 60);
/// Rows of a page of works.
pub const WORKS_PAGE: usize = 50;
/// Pages of enrolment letters that a hub keeps in memory, so that pressing again shows the first; each may hold as many
/// secrets as there are letters at once.
pub const LETTERS_KEPT: usize = 50;

/// Name of a person as shown on pages, bytes of UTF-8.
pub const SHOWN_NAME: usize = 128;
/// Accounts of one office or of the console.
pub const ACCOUNTS: usize = 10_000;
/// Passwords hashed at once: each takes 19 MiB of memory.
pub const HASHES: usize = 4;
/// Passwords that wait to be hashed; further logins are told to come again.
pub const HASHES_WAITING: usize = 32;
/// Wrong passwords for one account from one source before it has to wait (TCVN 14423, 5.5.2.2: at most 5).
pub const LOGIN_TRIES: u32 = 5;
/// Wrong passwords from one source for any account before it has to wait; an office sits behind one address.
pub const LOGIN_SOURCE_TRIES: u32 = 20;
/// Wrong second factors for one account from anywhere: whoever gets that far knows the password.
pub const LOGIN_CODE_TRIES: u32 = 20;
/// First wait after too many wrong ones; doubled by each further one.
pub const LOGIN_WAIT: Duration = Duration::from_secs(30);
/// Longest wait.
pub const LOGIN_WAIT_LONGEST: Duration = Duration::from_secs(15 * 60);
/// Time without a wrong one after which earlier ones are forgotten.
pub const LOGIN_FORGET: Duration = Duration::from_secs(60 * 60);
/// Names and sources that are remembered for wrong passwords; beyond it the oldest is forgotten.
pub const LOGIN_SOURCES: usize = 10_000;
/// Time in which a secret for an authenticator app can be confirmed after it was first shown: whoever saw it once must
/// not know the second factor for ever.
pub const TOTP_SHOWN: Duration = Duration::from_secs(15 * 60);
/// Time for which a password that was typed within a session lets its account's second factors be changed, as long as a
/// secret can be confirmed: whoever sits down at an open session must not put a factor of his own in the place of its
/// owner's.
pub const PROVED: Duration = TOTP_SHOWN;
/// Time from the password to the second factor.
pub const LOGIN_PENDING: Duration = Duration::from_secs(5 * 60);
/// Logins that wait for their second factor, and challenges for passkeys; beyond it the oldest is dropped.
pub const LOGINS_PENDING: usize = 1000;
/// Time without activity after which a login ends (TCVN 14423, 5.5.2.2: at most 15 minutes in business software). What
/// was typed is kept as a draft.
pub const SESSION_IDLE: Duration = Duration::from_secs(15 * 60);
/// The same for administrators, at the desk and at the console (TCVN 14423, 5.5.2.2: at most 5 minutes where somebody
/// could change who may do what). Observers and supervisors of the console manage no accounts, settings or machines, so
/// theirs counts as business software.
pub const SESSION_IDLE_STRICT: Duration = Duration::from_secs(5 * 60);
/// Time from a login to its end, whatever is done (ASVS 5.0, 7.3.2).
pub const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// Shortest time between two writes of a login's last activity.
pub const SESSION_TOUCH: Duration = Duration::from_secs(60);
/// Time for which a register of petitions shows all senders, once somebody has said why.
pub const REGISTER_OPEN: Duration = Duration::from_secs(10 * 60);
/// Logins of one account at once; a further one ends the oldest.
pub const SESSIONS: usize = 16;
/// Time from the begin of a watch to its end: a month's roster. It opens nothing and does nothing, so it is not held to
/// [`SESSION`].
pub const WATCH: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// Watches of one account at once; a further one ends the oldest.
pub const WATCHES: usize = 4;
/// Time for one call of the hook for express papers: a message is handed over in seconds, and a program that hangs must
/// not keep the next paper waiting.
pub const NOTIFY_TIME: Duration = Duration::from_secs(20);
/// Notice that the hook is given, bytes: a few names and numbers.
pub const NOTIFY_SIZE: usize = 16 * 1024;
/// Addressees that such a notice names: a message of a hundred names is read by nobody.
pub const NOTIFY_NAMES: usize = 10;
/// Time from one call of the hook to the next: whoever writes a thousand express papers sends twelve messages a minute.
pub const NOTIFY_PAUSE: Duration = Duration::from_secs(5);
/// Time until the hook is tried again after its first failure; doubled by each further one.
pub const NOTIFY_AGAIN: Duration = Duration::from_secs(15);
/// Longest such time.
pub const NOTIFY_LONGEST: Duration = Duration::from_secs(10 * 60);
/// Age of a paper beyond which the hook is told of it no more: somebody has seen it by then, or a message is no help.
pub const NOTIFY_OLD: Duration = Duration::from_secs(24 * 60 * 60);
/// Papers that are remembered as told, so that none is told twice.
pub const NOTIFIED: usize = 1000;
/// Message that the next page shows once, bytes.
pub const FLASH: usize = 1024;
/// Draft of one form, bytes of JSON.
pub const DRAFT: usize = ENTRY_CONTENT;
/// Drafts of one account.
pub const DRAFTS: usize = 500;
/// Time for which it is known what came of a form, so that the same form pressed again shows it.
pub const DONE_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Time within which the same move with the same words counts as pressed twice.
pub const DONE_TWICE: Duration = Duration::from_secs(10 * 60);
/// Files that one account has handed in and not sent yet, bytes: two of the largest.
pub const UPLOADS_OF_ACCOUNT: u64 = 2 * ATTACHMENT_SIZE;
/// Bytes of a file that is being handed in for which room is set aside at once: a file of gigabytes asks a few thousand
/// times.
pub const UPLOAD_STEP: u64 = 1024 * 1024;
/// Time for which audit notes are kept (level 3 asks for 3 months of logs; a year answers "who was it last time").
pub const NOTES_KEPT: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Audit notes in one answer.
pub const NOTES: u32 = 500;
/// Recovery codes of one account.
pub const RECOVERY_CODES: usize = 10;
/// Passkeys of one account.
pub const PASSKEYS: usize = 10;
/// A credential id, bytes (WebAuthn, 4).
pub const CREDENTIAL_ID: usize = 1023;
/// Client data or authenticator data of a passkey, bytes.
pub const PASSKEY_DATA: usize = 16 * 1024;
/// One form without its files, bytes.
pub const WEB_FORM: usize = 2 * 1024 * 1024;
/// Fields of one form.
pub const WEB_FIELDS: usize = 20_000;
/// One request to desk or console, files included, bytes.
pub const WEB_UPLOAD: usize = ATTACHMENT_SIZE as usize + WEB_FORM;
/// Smallest answer that is packed, bytes: a shorter one fits into one packet of the network as it is.
pub const WEB_PACKED: u64 = 1024;
/// Connections of browsers to desk or console at once.
pub const WEB_CONNECTIONS: usize = 1024;
/// Connections of browsers from one address beyond this machine: browsers open six each, and an office may sit behind
/// one address.
pub const WEB_CONNECTIONS_PER_SOURCE: usize = 256;
/// Time for the head of a request of a browser, from its first byte or from the answer before it.
pub const WEB_HEAD: Duration = Duration::from_secs(30);
/// Concurrent HTTP/2 streams of one browser.
pub const WEB_STREAMS: u32 = 64;
/// Entries that the views may be behind the journal before pages say so instead of showing a part.
pub const VIEWS_BEHIND: u64 = 2_000;
/// Time for which a file has been left alone before it counts as written: what writes it slowly writes more by then.
pub const FILE_SETTLED: Duration = Duration::from_millis(300);
/// Ending of a file's name that a cut name keeps, with its dot, bytes.
pub const FILE_ENDING: usize = 16;
/// Time between two starts of the program that both find an upload older than [`UPLOAD_AGE`] before it is deleted: a
/// clock that is ahead must not do it.
pub const UPLOAD_SPARED: Duration = Duration::from_secs(86_400);
/// Age from which uploaded files that no form has sent and no draft names are deleted.
pub const UPLOAD_AGE: Duration = Duration::from_secs(30 * 86_400);
