//! Accounts: who may sign in at the desk of an office or at the console of the province.
//!
//! Accounts are stored in `accounts.db` beside the journal, which only the store's owner can read. They never leave the
//! store: other offices only see the author's name in ledger entries.
//!
//! Every function here blocks, a login for the duration of an Argon2 hash: do not call them on an async worker. Times
//! are Unix seconds, passed in by the caller.

mod done;
mod drafts;
mod figures;
mod handed;
mod keep;
mod login;
mod loose;
mod notes;
mod passkeys;
mod password;
pub mod policy;
mod recovery;
pub mod rights;
mod secret;
mod sessions;
#[cfg(test)]
mod tests;
mod totp;
mod waiting;

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::{Deserialize, Serialize};
use truc_proto::record::duty::Thresholds;

use crate::fault;
use crate::identity::keys;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};
pub use done::Done;
pub use drafts::{Draft, DraftError, SavedDraft};
pub use handed::Coming;
pub use keep::{Added, First, NewAccount, new_password};
pub use login::{Attempt, Login};
use loose::Loose;
pub use notes::Note;
pub use passkeys::{Assertion, Passkey, Registration, RelyingParty};
pub use recovery::{FactorReset, Factors};
pub use rights::{Realm, Right, Role, may};
pub use secret::{NotAToken, Pending, Secret, Token};
pub use sessions::{Session, SessionInfo};
pub use totp::TotpSecret;
pub use waiting::Refused;

/// File name of the accounts' database.
pub const ACCOUNTS: &str = "accounts.db";
/// File into which `serve` writes the first password, readable by the owner only; removed when the password is changed.
pub const FIRST_PASSWORD: &str = "first-password.txt";
/// Version of the schema, in `PRAGMA user_version`. There is one: accounts of another version are refused and left as
/// they are, so that no command changes what an older program must still read.
const SCHEMA: i64 = 4;

/// Colour theme of pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Follows the browser's setting.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Account {
    /// The person as signer of a paper, as its foot prints it.
    pub fn signer(&self) -> String {
        if self.position.is_empty() {
            self.shown.clone()
        } else {
            format!("{}\n{}", self.position, self.shown)
        }
    }
}

impl Theme {
    /// All themes.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its name in the database and in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a code; [`Theme::Auto`] for an unknown one.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.code() == code).unwrap_or(Self::Auto)
    }
}

/// Settings that people choose for themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Language of pages.
    pub lang: Lang,
    /// Colour theme of pages.
    pub theme: Theme,
    /// Whether single-key shortcuts are on.
    pub keys: bool,
}

/// An account, without its secrets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Login name, and author of the account's entries.
    pub name: String,
    /// The person's name as pages show it.
    pub shown: String,
    /// Role, which decides what the account may do ([`may`]).
    pub role: Role,
    /// As what the person signs papers: for whom (T/M BAN THƯỜNG VỤ) and the position (PHÓ BÍ THƯ), one a line; empty:
    /// not said.
    pub position: String,
    /// Language of the account's pages.
    pub lang: Lang,
    /// Colour theme of the account's pages.
    pub theme: Theme,
    /// Whether single-key shortcuts are on.
    pub keys: bool,
    /// Whether signing in is forbidden.
    pub disabled: bool,
    /// Whether signing in takes a second factor.
    pub second_factor: bool,
    /// Whether the password must be changed before anything else, because somebody else knows it.
    pub must_change: bool,
    /// When it was added, Unix seconds.
    pub created: u64,
    /// Last login, Unix seconds; none: never.
    pub last_login: Option<u64>,
}

/// The accounts of a store. Clones share one connection.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    realm: Realm,
    conn: Mutex<Connection>,
    /// Set while `conn` is a copy in memory, because the file cannot be written.
    loose: Mutex<Option<Loose>>,
    gate: login::Gate,
    waiting: Mutex<waiting::Waiting>,
    /// Cache of the stored figures, because every page needs them.
    figures: RwLock<Thresholds>,
    /// From which the ids of the drafts of moves follow.
    seed: [u8; 32],
    /// Bytes of files that are being handed in, by account.
    coming: Mutex<HashMap<String, u64>>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("realm", &self.0.realm).finish_non_exhaustive()
    }
}

/// Commits a transaction, with fault points before and after.
fn commit(tx: Transaction<'_>) -> Result<(), Failure> {
    fault::point("accounts.commit.before");
    tx.commit()?;
    fault::point("accounts.commit.after");
    Ok(())
}

/// Opens the accounts' file for reading and writing, or creates it.
fn connect(dir: &Path) -> Result<Connection, Failure> {
    let path = dir.join(ACCOUNTS);
    // Created here, because SQLite would create the file readable by others. WAL files inherit its mode.
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    file.map_err(|error| Failure::io(&path, error))?;
    let conn = Connection::open(&path)?;
    // Checked before any pragma writes: a store of another program stays unchanged.
    made(&conn)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    settings(&conn)?;
    Ok(conn)
}

/// Whether the file has tables yet. Fails if another version of the program made them.
fn made(conn: &Connection) -> Result<bool, Failure> {
    let other = |key, version| Failure::new(ExitCode::Store, key).with("version", version).about(ACCOUNTS);
    match conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
        0 => Ok(false),
        SCHEMA => Ok(true),
        newer if newer > SCHEMA => Err(other("store-newer", newer)),
        older => Err(other("store-older", older)),
    }
}

/// Makes a connection's settings, and the tables that are missing.
fn settings(conn: &Connection) -> Result<(), Failure> {
    for (name, value) in [("synchronous", "FULL"), ("foreign_keys", "ON"), ("trusted_schema", "OFF")] {
        conn.pragma_update(None, name, value)?;
    }
    // Deleted rows held secrets or private text: overwrite them.
    conn.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    if !made(&tx)? {
        tx.execute_batch(include_str!("schema.sql"))?;
        tx.execute("INSERT INTO seed (id, value) VALUES (1, ?1)", [keys::random::<32>()?])?;
        tx.pragma_update(None, "user_version", SCHEMA)?;
    }
    commit(tx)
}

impl Accounts {
    /// Opens the accounts of a store's folder, or creates them. Where nothing can be written they are a copy in memory,
    /// so that people can sign in and read.
    pub fn open(dir: &Path, realm: Realm) -> Result<Self, Failure> {
        let named = |failure: Failure| failure.of_file(ACCOUNTS);
        let (conn, loose) = match connect(dir).map_err(named) {
            Err(why) if why.exit == ExitCode::CannotWrite => {
                (loose::copy(dir).map_err(named)?, Some(Loose::new(why)))
            }
            conn => (conn?, None),
        };
        Self::with(dir, realm, conn, loose)
    }

    /// Reads the accounts of a store's folder, for a command that only reads: nothing there is made or changed.
    pub fn reading(dir: &Path, realm: Realm) -> Result<Self, Failure> {
        let why = Failure::new(ExitCode::CannotWrite, "io-read-only").about(dir.join(ACCOUNTS).display());
        Self::with(dir, realm, loose::copy(dir)?, Some(Loose::new(why)))
    }

    fn with(dir: &Path, realm: Realm, conn: Connection, loose: Option<Loose>) -> Result<Self, Failure> {
        let figures = figures::read(&conn)?;
        let seed = conn.query_row("SELECT value FROM seed", [], |row| row.get(0))?;
        let inner = Inner {
            dir: dir.to_owned(),
            realm,
            conn: Mutex::new(conn),
            loose: Mutex::new(loose),
            gate: login::Gate::default(),
            waiting: Mutex::default(),
            figures: RwLock::new(figures),
            seed,
            coming: Mutex::default(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Whose accounts these are.
    pub fn realm(&self) -> Realm {
        self.0.realm
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        self.0.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loose(&self) -> MutexGuard<'_, Option<Loose>> {
        self.0.loose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, waiting::Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
