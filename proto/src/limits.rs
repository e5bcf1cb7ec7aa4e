//! Every limit on what a peer or a person may hand in, in one place.

use std::time::Duration;

/// Encoded content of one entry, bytes.
pub const ENTRY_CONTENT: usize = 512 * 1024;
/// Scopes in one audience. More offices than this are addressed by a subtree.
pub const AUDIENCE: usize = 4096;
/// Attachments of one entry.
pub const ATTACHMENTS: usize = 64;
/// Name of an attachment, bytes of UTF-8.
pub const ATTACHMENT_NAME: usize = 255;
/// One attachment, bytes.
pub const ATTACHMENT_SIZE: u64 = 2 * 1024 * 1024 * 1024;
/// One chunk of an attachment, bytes.
pub const CHUNK: usize = 256 * 1024;
/// Author account of an entry, bytes of UTF-8.
pub const AUTHOR: usize = 64;

/// One gRPC message, bytes, either way.
pub const FRAME: usize = 1024 * 1024;
/// Entries in one batch.
pub const BATCH_ENTRIES: usize = 256;
/// Contents of the entries in one batch, bytes; a single entry may always travel.
pub const BATCH_BYTES: usize = 512 * 1024;
/// What a packed batch may expand to, bytes.
pub const BATCH_UNPACKED: usize = 960 * 1024;
/// Batches smaller than this are not packed: it would not pay.
pub const PACK_FROM: usize = 512;

/// Fields of one message in which something repeats: an empty entry is two bytes on the wire and a hundred decoded, so
/// that a frame full of them would take fifty times its size. Twice what a full batch has, and more.
pub const FIELDS: usize = 1024;
/// Fields of an entry's header, for the same reason; scopes and attachments are most of them.
pub const HEADER_FIELDS: usize = AUDIENCE + ATTACHMENTS + 64;
/// Name and version of a peer's program, bytes of UTF-8; the rest is not kept.
pub const PROGRAM: usize = 128;

/// Own entries pushed and not yet receipted, per session.
pub const UNRECEIPTED_ENTRIES: usize = 512;
/// Contents of own entries pushed and not yet receipted, bytes; a batch may go beyond it.
pub const UNRECEIPTED_BYTES: usize = 1024 * 1024;
/// Batches of one session that the hub writes at once; meanwhile it reads no more from that node.
pub const UNWRITTEN_BATCHES: usize = 8;
/// Urgent entries handed over ahead of one backlog.
pub const EARLY_ENTRIES: usize = 64;
/// Deliver frames sent and not yet answered by `Delivered`, per session.
pub const UNDELIVERED_FRAMES: usize = 4;
/// A piece of mail is answered by `Delivered` within this time, or the session ends; the mail comes again from the
/// cursor. A line that carries less than 35 kbit/s would never get the largest piece.
pub const DELIVERED_WAIT: Duration = Duration::from_secs(120);
/// Frames that wait for the line to take them, per session: receipts of all that may be pushed ahead, and mail.
/// Who sends and does not read fills it, and is cut off.
pub const UNREAD_FRAMES: usize = 1024;
/// Bytes of such frames beyond which nothing is handed over ahead of the queue: it comes in order later.
pub const UNREAD_EARLY: usize = 1024 * 1024;
/// Writes that wait for the writer; more wait at their source.
pub const WRITE_QUEUE: usize = 1024;
/// Writes in one group: one transaction, one fsync.
pub const GROUP_WRITES: usize = 256;
/// Frames in the journal's log at which the writer folds them into the file, after it has answered (16 MiB).
pub const WAL_FRAMES: u32 = 4000;
/// A store that could not be written is tried again after so long; a sound one is never tried.
pub const STORE_RETRY: Duration = Duration::from_secs(5);
/// Newest entries that are verified when a journal is opened to be written.
pub const TAIL_ENTRIES: usize = 1000;
/// Contents of entries that are verified in one go, bytes; a single entry may always be.
pub const VERIFY_BYTES: usize = 8 * 1024 * 1024;
/// Entries that the verification in the background takes in one go.
pub const VERIFY_ENTRIES: usize = 500;
/// It rests so many times as long as it worked: a tenth of one core.
pub const VERIFY_REST: u32 = 9;
/// It begins anew so long after it came to the end.
pub const VERIFY_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// Median of a commit below which a disk is doubted: none writes so fast what must not be lost.
pub const COMMIT_DOUBTED: Duration = Duration::from_micros(50);
/// Older marks in a Hello, beside the newest.
pub const OLDER_MARKS: usize = 16;
/// Entries of one office that are held as evidence.
pub const HELD_ENTRIES: usize = 10_000;

/// A node tells the hub how it stands at most so often.
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
/// Streams that the peer's errors made us reset (RUSTSEC-2024-0003); tonic's unset value means none.
pub const LOCAL_ERROR_RESETS: usize = 128;
/// Time for a TLS handshake.
pub const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes under way at once from one address.
pub const HANDSHAKES_PER_SOURCE: usize = 4;
/// Handshakes under way at once from all addresses; bounds what half-open connections may hold.
pub const HANDSHAKES: usize = 2048;
/// Connections of one office at once: its line, one that it has lost and the hub not yet noticed, and room for both
/// beside a machine that replaces it. The newest wins.
pub const CONNECTIONS: usize = 4;
/// Connections that the kernel may hold ready for the listener.
pub const BACKLOG: u32 = 1024;
/// Time for a TCP connection to come about.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Time from the handshake to the first bytes of HTTP/2, from the call to the first frame of a session.
pub const FIRST_FRAME: Duration = Duration::from_secs(10);
/// HTTP/2 keepalive: a ping after so much silence.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// HTTP/2 keepalive: the answer must come within this.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// First wait before a reconnect; doubled each time, the wait itself drawn evenly from zero to it (full jitter).
pub const BACKOFF_FIRST: Duration = Duration::from_millis(500);
/// Longest wait before a reconnect.
pub const BACKOFF_CAP: Duration = Duration::from_secs(60);
/// A machine that the hub sent away waits at least so long before it calls again.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(3);
/// Positions of the hub's journal at which it signs heads: multiples of this.
pub const HEAD_EVERY: u64 = 16;
/// Heads that a node keeps; when there are more, the least round of the older half go.
pub const HEADS: usize = 512;
/// What was sent longer ago is no longer looked at for that.
pub const WORD_LOOKED: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// Heads in an archive that are looked at.
pub const ARCHIVE_HEADS: usize = 10_000;
/// Mail that the hub says it has, and of which nothing comes for so long on a line that stands: people are told.
pub const MAIL_OVERDUE: Duration = Duration::from_secs(60 * 60);
/// What was sent, and of which its addressee has said nothing for so long: people are told.
pub const WORD_OVERDUE: Duration = Duration::from_secs(24 * 60 * 60);
/// Notes in the audit of one thing that the machines of one office say wrong: one in so long.
pub const SUSPECT_EVERY: Duration = Duration::from_secs(60);
/// A machine that a person is asked about is still shown so long after its last call: two copies take turns.
pub const QUESTION_SHOWN: Duration = Duration::from_secs(15 * 60);

/// Life of an office's TLS certificate.
pub const NODE_CERTIFICATE: Duration = Duration::from_secs(30 * 86_400);
/// An office renews its certificate when this part of its life is over: from day 10 of 30 on.
pub const RENEW_FROM: f64 = 1.0 / 3.0;
/// The moment is drawn from so long a part of the life after that (3 days of 30), so that offices which enrolled
/// together do not all come at once.
pub const RENEW_SPREAD: f64 = 1.0 / 10.0;
/// After a renewal that failed the next try comes after this part of the life (an hour of 30 days).
pub const RENEW_AGAIN: f64 = 1.0 / 720.0;
/// A machine hears of a new authority and renews within this part of the life (20 seconds of 30 days): not all at
/// once.
pub const RENEW_ROLLED: f64 = 1.0 / 129_600.0;
/// The hub issues no second certificate to a machine within this part of the life (10 minutes of 30 days); it
/// repeats the first.
pub const RENEW_PAUSE: f64 = 1.0 / 4_320.0;
/// A certificate that has ended still opens renewal, and nothing else, for so long.
pub const LAPSED: Duration = Duration::from_secs(180 * 86_400);
/// Time for one renewal.
pub const RENEW_CALL: Duration = Duration::from_secs(30);
/// Sessions end so long before the certificate they came with, so that their last writes are answered.
pub const DRAIN: Duration = Duration::from_secs(3);
/// A connection is cut so long after its session was told that it ends, whatever still runs on it.
pub const CUT: Duration = Duration::from_secs(2);
/// Life of the hub's TLS certificate; a new one is made at every start, and while it runs when a third is left.
pub const HUB_CERTIFICATE: Duration = Duration::from_secs(90 * 86_400);
/// Life of the authority's certificate.
pub const AUTHORITY_CERTIFICATE: Duration = Duration::from_secs(20 * 365 * 86_400);
/// Certificate authorities trusted at once: one, and the one that takes over.
pub const AUTHORITIES: usize = 4;
/// The certificate of an authority, bytes of DER.
pub const AUTHORITY_DER: usize = 4 * 1024;
/// Certificates in one chain, from an office's to its authority's.
pub const CHAIN: usize = 5;
/// Certificates begin so much before they are made: clocks differ.
pub const CERTIFICATE_BACKDATE: Duration = Duration::from_secs(5 * 60);

/// Life of an enrolment code, unless whoever makes it says otherwise.
pub const ENROLMENT_CODE_LIFE: Duration = Duration::from_secs(15 * 60);
/// The longest that may be said: a letter has to travel by post.
pub const ENROLMENT_CODE_LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// Wrong enrolment secrets from one address before it has to wait.
pub const ENROLMENT_TRIES: u32 = 10;
/// How long it has to wait then.
pub const ENROLMENT_WAIT: Duration = Duration::from_secs(60);
/// Addresses that are remembered for wrong secrets; beyond it the oldest is forgotten.
pub const ENROLMENT_SOURCES: usize = 10_000;
/// One enrolment message, bytes, either way.
pub const ENROLMENT_MESSAGE: usize = 16 * 1024;
/// Time for one enrolment.
pub const ENROLMENT_CALL: Duration = Duration::from_secs(30);
/// Life of a connection to the enrolment port.
pub const ENROLMENT_CONNECTION: Duration = Duration::from_secs(60);
/// A certificate request (PKCS#10), bytes.
pub const CSR: usize = 4 * 1024;
/// Name of an office, bytes of UTF-8.
pub const OFFICE_NAME: usize = 512;
/// Text of an enrolment code, bytes.
pub const CODE_TEXT: usize = 1024;
/// `host:port`, bytes.
pub const ADDRESS: usize = 261;
/// A key or certificate file, bytes.
pub const PEM_FILE: u64 = 64 * 1024;

/// A paper handed to `import`, bytes.
pub const IMPORT_FILE: u64 = 4 * 1024 * 1024;
/// A store that was not backed up for so long should be.
pub const BACKUP_OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// What a backup says of itself, bytes: a line for each attachment.
pub const BACKUP_MANIFEST: u64 = 64 * 1024 * 1024;
/// Entries read at once by whatever goes through a whole journal.
pub const READ_ENTRIES: usize = 1_000;
/// Entries without a counting signature that a verification keeps in mind until a later word explains them.
pub const PROOF_DOUBTS: usize = 100_000;
/// Entries of one ledger that a verification keeps in mind until their predecessor comes.
pub const PROOF_WAITING: usize = 100_000;
/// Faults that a verification tells one by one.
pub const PROOF_FAULTS: usize = 40;
/// Certificates between the hub's ledger key and the authority that vouches for it, with that on the key.
pub const CERTIFICATES: usize = 8;
/// One line of a table or manifest in an archive, bytes.
pub const ARCHIVE_LINE: usize = 256 * 1024;
/// What an archive says of itself, bytes.
pub const ARCHIVE_FACTS: u64 = 16 * 1024 * 1024;
/// One file of entries in an archive, bytes; a new one is begun after that.
pub const ARCHIVE_SEGMENT: u64 = 64 * 1024 * 1024;
/// Rows of an office list.
pub const OFFICE_ROWS: usize = 20_000;
/// A request over the local socket, bytes.
pub const LOCAL_REQUEST: usize = 8 * 1024 * 1024;
/// One line of an answer over the local socket, bytes.
pub const LOCAL_LINE: u64 = 64 * 1024 * 1024;
/// Requests over the local socket under way at once.
pub const LOCAL_REQUESTS: usize = 64;
/// Time for a whole request to come in over the local socket.
pub const LOCAL_READ: Duration = Duration::from_secs(10);
/// Time that requests under way get to end when a program stops.
pub const LOCAL_STOP: Duration = Duration::from_secs(5);

/// Tasks, items, indicators, questions or answers in one move or strand.
pub const PARTS: usize = 1000;
/// A name, number, code or other short text of a record, bytes of UTF-8.
pub const LINE: usize = 512;
/// A title, note, question or answer in a record, bytes of UTF-8; only the text of a paper may be longer.
pub const NOTE: usize = 16 * 1024;
/// What somebody types into search, characters; the rest is not looked at.
pub const SEARCH_TEXT: usize = 256;
/// Words of it; further ones are not looked at.
pub const SEARCH_WORDS: usize = 12;
/// Hits that are weighed against each other by their words; of more, only number and title count, and age.
pub const SEARCH_WEIGHED: usize = 3_000;
/// Of so many that they are not weighed, the newest are looked at.
pub const SEARCH_NEWEST: usize = 1_000;
/// Hits on one page.
pub const SEARCH_PAGE: usize = 200;
/// What is said about one record and found by search, bytes, the newest first.
pub const SEARCH_SAID: usize = 256 * 1024;
/// A text is looked through for an excerpt as far as this, bytes.
pub const SEARCH_EXCERPT: usize = 64 * 1024;
/// Decimal places of an indicator.
pub const DECIMAL_SCALE: u32 = 18;
/// A duty that ends within this time is shown as due soon (3 or 5 days are usual), unless people set another.
pub const DUE_SOON: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The most that they may set; none at all is allowed.
pub const DUE_SOON_MOST: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// An office not heard from for this long is unknown, never on time and never late, unless people set another.
pub const SILENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// The least that they may set: a line that is up breaks and comes back within less.
pub const SILENCE_LEAST: Duration = Duration::from_secs(5 * 60);
/// The most that they may set.
pub const SILENCE_MOST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Something that was finished late is shown as such for so long.
pub const DONE_LATE_SHOWN: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The age of what is known of an office is shown from here on.
pub const AGE_SHOWN: Duration = Duration::from_secs(15 * 60);
/// A certificate that ends within this time needs somebody.
pub const CERTIFICATE_SOON: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A clock further off than this signs times that mislead.
pub const CLOCK_OFF: Duration = Duration::from_secs(2 * 60);
/// A disk with less room than this needs somebody, bytes.
pub const DISK_LOW: u64 = 2 * 1024 * 1024 * 1024;
/// A page that shows the whole province waits so long for the newest facts; then it shows those before, and
/// says of when they are.
pub const GLANCE_WAIT: Duration = Duration::from_millis(60);
/// Offices in the list of what to act on first.
pub const ACT_FIRST: usize = 25;
/// Enrolment letters in one go: each is a secret that somebody has to hand over.
pub const LETTERS: usize = 50;

/// Name of a person as shown on pages, bytes of UTF-8.
pub const SHOWN_NAME: usize = 128;
/// Accounts of one office or of the console.
pub const ACCOUNTS: usize = 10_000;
/// Passwords that are hashed at once: each takes 19 MiB.
pub const HASHES: usize = 4;
/// Passwords that wait for their turn to be hashed; who comes then is asked to come again.
pub const HASHES_WAITING: usize = 32;
/// Wrong passwords for one account from one source before it has to wait (TCVN 14423, 5.5.2.2: at most 5).
pub const LOGIN_TRIES: u32 = 5;
/// Wrong passwords from one source, whatever the account; an office sits behind one address.
pub const LOGIN_SOURCE_TRIES: u32 = 20;
/// Wrong second factors for one account from anywhere: who gets that far knows the password.
pub const LOGIN_CODE_TRIES: u32 = 20;
/// First wait after too many; doubled with each further wrong one.
pub const LOGIN_WAIT: Duration = Duration::from_secs(30);
/// Longest wait.
pub const LOGIN_WAIT_LONGEST: Duration = Duration::from_secs(15 * 60);
/// Wrong ones are forgotten when so long none came.
pub const LOGIN_FORGET: Duration = Duration::from_secs(60 * 60);
/// Names and sources that are remembered for wrong passwords; beyond it the oldest is forgotten.
pub const LOGIN_SOURCES: usize = 10_000;
/// Time from the password to the second factor.
pub const LOGIN_PENDING: Duration = Duration::from_secs(5 * 60);
/// Logins that wait for their second factor, and challenges for passkeys; beyond it the oldest is dropped.
pub const LOGINS_PENDING: usize = 1000;
/// A session ends when so long nobody did anything (TCVN 14423, 5.5.2.2: at most 15 minutes in business
/// software). It costs nobody what was typed: a draft is kept whatever happens.
pub const SESSION_IDLE: Duration = Duration::from_secs(15 * 60);
/// The same for administrators, at the desk and at the console (TCVN 14423, 5.5.2.2: at most 5 minutes where
/// somebody could change who may do what). The console's observers and supervisors keep no accounts, settings
/// or machines: theirs is business software.
pub const SESSION_IDLE_STRICT: Duration = Duration::from_secs(5 * 60);
/// A session ends so long after its login, whatever is done (ASVS 5.0, 7.3.2).
pub const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// That somebody did something is written at most so often.
pub const SESSION_TOUCH: Duration = Duration::from_secs(60);
/// Sessions of one account; a further login ends the oldest.
pub const SESSIONS: usize = 16;
/// What the next page says once, bytes.
pub const FLASH: usize = 1024;
/// What was typed in one form, bytes of JSON.
pub const DRAFT: usize = ENTRY_CONTENT;
/// Drafts of one account.
pub const DRAFTS: usize = 500;
/// Notes of what was done are kept so long (level 3 asks for 3 months of logs; a year answers "who was it
/// last time").
pub const NOTES_KEPT: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Notes in one answer.
pub const NOTES: u32 = 500;
/// Recovery codes of one account.
pub const RECOVERY_CODES: usize = 10;
/// Passkeys of one account.
pub const PASSKEYS: usize = 10;
/// A credential id, bytes (WebAuthn, 4).
pub const CREDENTIAL_ID: usize = 1023;
/// What a browser says of a passkey, bytes: client data, authenticator data, each.
pub const PASSKEY_DATA: usize = 16 * 1024;
/// What is typed into one form, bytes.
pub const WEB_FORM: usize = 2 * 1024 * 1024;
/// Fields of one form.
pub const WEB_FIELDS: usize = 20_000;
/// One request to desk or console with its files, bytes.
pub const WEB_UPLOAD: usize = ATTACHMENT_SIZE as usize + WEB_FORM;
/// Connections of browsers to desk or console at once.
pub const WEB_CONNECTIONS: usize = 1024;
/// Of them from one address beyond this machine: browsers open six each, and an office may sit behind one address.
pub const WEB_CONNECTIONS_PER_SOURCE: usize = 256;
/// Time for the head of a request of a browser, from its first byte or from the answer before it.
pub const WEB_HEAD: Duration = Duration::from_secs(30);
/// Concurrent HTTP/2 streams of one browser.
pub const WEB_STREAMS: u32 = 64;
/// Entries that the views may be behind the journal before pages say so instead of showing a part.
pub const VIEWS_BEHIND: u64 = 2_000;
/// Files that no form has sent are kept for so long.
pub const UPLOAD_AGE: Duration = Duration::from_secs(30 * 86_400);
