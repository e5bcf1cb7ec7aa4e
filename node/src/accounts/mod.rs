//! Accounts: who may sign in at the desk of an office or at the console of the province.
//!
//! They lie in `accounts.db` beside the journal, readable by the owner of the store only. Nothing of them
//! travels: an entry of the ledger names its author, and that is all that others ever learn.
//!
//! Everything here blocks, a login for the time of an Argon2 hash: call it where waiting is allowed. Times
//! are Unix seconds, handed in by the caller.

mod drafts;
mod figures;
mod keep;
mod login;
mod notes;
mod passkeys;
mod password;
pub mod policy;
pub mod rights;
mod secret;
mod sessions;
#[cfg(test)]
mod tests;
mod totp;
mod waiting;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::{Deserialize, Serialize};
use truc_proto::record::duty::Figures;

use crate::fault;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};
pub use drafts::{Draft, DraftError, SavedDraft};
pub use keep::{Added, First, NewAccount, new_password};
pub use login::{Attempt, Login};
pub use notes::Note;
pub use passkeys::{Assertion, Passkey, Registration, RelyingParty};
pub use rights::{Realm, Right, Role, may};
pub use secret::{NotAToken, Pending, Secret, Token};
pub use sessions::{Session, SessionInfo};
pub use totp::TotpSecret;
pub use waiting::Refused;

/// File name.
pub const ACCOUNTS: &str = "accounts.db";
/// Where `serve` leaves the first password, for the owner's eyes, until it is changed.
pub const FIRST_PASSWORD: &str = "first-password.txt";
/// Version of the schema, in `PRAGMA user_version`.
const SCHEMA: i64 = 2;

/// How pages look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the machine is set.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its name in stores and pages.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Of that name; what is none means as the machine is set.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.code() == code).unwrap_or(Self::Auto)
    }
}

/// What people set for themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Language of pages.
    pub lang: Lang,
    /// Their look.
    pub theme: Theme,
    /// Whether single-key shortcuts are on.
    pub keys: bool,
}

/// An account, without its secrets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// What is typed at login, and the author of entries.
    pub name: String,
    /// The person's name as pages show it.
    pub shown: String,
    /// What it may do.
    pub role: Role,
    /// Language of its pages.
    pub lang: Lang,
    /// Their look.
    pub theme: Theme,
    /// Whether single-key shortcuts are on.
    pub keys: bool,
    /// May not sign in.
    pub disabled: bool,
    /// Signing in takes a second factor.
    pub second_factor: bool,
    /// The password must be changed before anything else: somebody else knows it.
    pub must_change: bool,
    /// Unix seconds.
    pub created: u64,
    /// Unix seconds.
    pub last_login: Option<u64>,
}

/// The accounts of a store. Clones share it.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    realm: Realm,
    conn: Mutex<Connection>,
    gate: login::Gate,
    waiting: Mutex<waiting::Waiting>,
    /// As stored: every page asks for them.
    figures: RwLock<Figures>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("realm", &self.0.realm).finish_non_exhaustive()
    }
}

/// Commits what was changed.
fn commit(tx: Transaction<'_>) -> Result<(), Failure> {
    fault::point("accounts.commit.before");
    tx.commit()?;
    fault::point("accounts.commit.after");
    Ok(())
}

impl Accounts {
    /// Opens or creates them in a store's folder.
    pub fn open(dir: &Path, realm: Realm) -> Result<Self, Failure> {
        let path = dir.join(ACCOUNTS);
        // Made before SQLite does, which would let others read it. WAL files get the same mode.
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        made.map_err(|error| Failure::io(&path, error))?;
        let mut conn = Connection::open(&path)?;
        // First: what a newer program wrote stays as it is.
        let version = conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
        if version > SCHEMA {
            return Err(Failure::new(ExitCode::Store, "store-newer").with("version", version));
        }
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        for (name, value) in [("synchronous", "FULL"), ("foreign_keys", "ON"), ("trusted_schema", "OFF")] {
            conn.pragma_update(None, name, value)?;
        }
        // What is deleted here was a secret, or somebody's words.
        conn.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match tx.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
            SCHEMA => {}
            older @ 0..SCHEMA => {
                if older == 0 {
                    tx.execute_batch(include_str!("schema.sql"))?;
                }
                tx.execute_batch(include_str!("figures.sql"))?;
                tx.pragma_update(None, "user_version", SCHEMA)?;
            }
            newer => return Err(Failure::new(ExitCode::Store, "store-newer").with("version", newer)),
        }
        let figures = figures::read(&tx)?;
        commit(tx)?;
        let inner = Inner {
            dir: dir.to_owned(),
            realm,
            conn: Mutex::new(conn),
            gate: login::Gate::default(),
            waiting: Mutex::default(),
            figures: RwLock::new(figures),
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

    fn waiting(&self) -> MutexGuard<'_, waiting::Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
