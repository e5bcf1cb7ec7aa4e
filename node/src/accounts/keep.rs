//! Managing accounts: the first one, adding, changing, disabling. The caller checks whether the acting account has the
//! right ([`super::may`]); every change is noted with its name.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use truc_proto::entry::INSIDE;
use truc_proto::record::directive::PROGRAM;
use truc_proto::{identifier, limits, visible};
use zeroize::Zeroizing;

use super::notes::note;
use super::policy::{PASSWORDS, check};
use super::secret::{Secret, readable};
use super::{Account, Accounts, FIRST_PASSWORD, Role, Settings, Theme, commit, password};
use crate::clock::unix_now;
use crate::identity::keys;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};

/// Name of the account that [`Accounts::first`] makes.
const FIRST: &str = "admin";
/// Groups of four letters in a generated password: 80 bits.
const GROUPS: usize = 4;
/// Most passwords generated until one passes [`check`]; a rejection by chance is too rare for all to fail.
const TRIES: usize = 100;
const COLUMNS: &str =
    "SELECT name, shown, role, lang, theme, keys, disabled, must_change, created, last_login,
    totp IS NOT NULL OR EXISTS (SELECT 1 FROM passkey WHERE account = name), position FROM account";

/// The account that the program made because the store had none, with its password, which is shown only once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct First {
    /// Login name.
    pub name: String,
    /// Password; must be changed at the first login.
    pub password: Secret,
}

/// An account to be added.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// 1 to [`limits::AUTHOR`] bytes of `a-z`, `0-9`, `.`, `_`, `-`, a letter first.
    pub name: String,
    /// The person's name; empty: `name` is shown.
    pub shown: String,
    /// One of the realm's roles.
    pub role: Role,
    /// First password; none: one is generated. It must be changed at the first login, because two people know it.
    pub password: Option<String>,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// An account that was added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Added {
    /// The account.
    pub account: Account,
    /// The generated password, shown only once; none: the caller gave one.
    pub password: Option<Secret>,
}

/// Generates a password for an account, to be handed over and changed. It is generated again if [`check`] rejects it,
/// because a short account name may occur in it by chance.
pub fn new_password(name: &str) -> Result<Secret, Failure> {
    let mut made = readable(GROUPS)?;
    for _ in 0..TRIES {
        if check(&PASSWORDS, name, made.reveal(), false).is_ok() {
            break;
        }
        made = readable(GROUPS)?;
    }
    Ok(made)
}

impl Accounts {
    /// Makes an administrator if the store has no account. `keep` stores the password for the owner before the account
    /// is committed: otherwise a crash could leave an account whose password nobody knows.
    pub fn first(&self, keep: impl FnOnce(&First) -> Result<(), Failure>) -> Result<Option<First>, Failure> {
        if exists(&self.conn(), "SELECT 1 FROM account", [])? {
            return Ok(None);
        }
        let secret = new_password(FIRST)?;
        let hash = password::hash(secret.reveal())?;
        let (now, mut conn) = (unix_now(), self.lasting()?);
        let tx = conn.transaction()?;
        if exists(&tx, "SELECT 1 FROM account", [])? {
            return Ok(None);
        }
        insert(&tx, FIRST, FIRST, Role::Administrator, &hash, true, now)?;
        note(&tx, FIRST, "account-first", FIRST, None, now)?;
        let first = First { name: FIRST.to_owned(), password: secret };
        keep(&first)?;
        commit(tx)?;
        Ok(Some(first))
    }

    /// Calls [`Accounts::first`] and writes the password to [`FIRST_PASSWORD`] in the store's folder, where it stays
    /// until it is changed. It is not logged: logs are read by others and kept.
    pub fn welcome(&self) -> Result<(), Failure> {
        let path = self.0.dir.join(FIRST_PASSWORD);
        let first = self.first(|first| {
            let text = Zeroizing::new(format!("{}\n{}\n", first.name, first.password.reveal()));
            Ok(keys::write_private(&path, text.as_bytes())?)
        })?;
        if let Some(first) = first {
            tracing::info!(account = first.name, file = %path.display(), "the first account was made");
        }
        Ok(())
    }

    /// Removes the file of the first password once that password is no longer valid.
    pub(super) fn forget_first(&self, name: &str) -> Result<(), Failure> {
        if name != FIRST {
            return Ok(());
        }
        let path = self.0.dir.join(FIRST_PASSWORD);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io(&path, error)),
            _ => Ok(()),
        }
    }

    /// All accounts, by name.
    pub fn list(&self) -> Result<Vec<Account>, Failure> {
        let conn = self.conn();
        let mut statement = conn.prepare_cached(&format!("{COLUMNS} ORDER BY name"))?;
        let rows = statement.query_map([], account)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The account with this name.
    pub fn get(&self, name: &str) -> Result<Option<Account>, Failure> {
        Ok(find(&self.conn(), name)?)
    }

    /// Adds an account. Fails if the name is taken or invalid, the role is not one of this realm, or the password
    /// breaks the rules.
    pub fn add(&self, by: &str, mut new: NewAccount, now: u64) -> Result<Added, Failure> {
        new.name = identifier::account(&new.name);
        if !is_name(&new.name) {
            return Err(Failure::new(ExitCode::Input, "account-name").with("limit", limits::AUTHOR));
        }
        let shown = if new.shown.trim().is_empty() { &new.name } else { &new.shown };
        let shown = checked_shown(shown)?;
        self.checked_role(new.role)?;
        let given = new.password.map(Secret::from);
        let made = if given.is_none() { Some(new_password(&new.name)?) } else { None };
        let password = given.as_ref().or(made.as_ref()).map_or("", Secret::reveal);
        check(&PASSWORDS, &new.name, password, false)?;
        let hash = password::hash(password)?;
        let mut conn = self.lasting()?;
        let tx = conn.transaction()?;
        if [PROGRAM, INSIDE].contains(&&*new.name) || find(&tx, &new.name)?.is_some() {
            return Err(Failure::new(ExitCode::NotAllowed, "account-exists").with("name", &*new.name));
        }
        if count(&tx)? >= limits::ACCOUNTS {
            return Err(
                Failure::new(ExitCode::NotAllowed, "account-too-many").with("limit", limits::ACCOUNTS)
            );
        }
        insert(&tx, &new.name, shown, new.role, &hash, false, now)?;
        note(&tx, by, "account-added", &new.name, None, now)?;
        let account = find(&tx, &new.name)?.ok_or_else(|| unknown(&new.name))?;
        commit(tx)?;
        Ok(Added { account, password: made })
    }

    /// Changes an account's role and ends its sessions. Fails for the last active administrator.
    pub fn set_role(&self, by: &str, name: &str, role: Role, now: u64) -> Result<(), Failure> {
        self.checked_role(role)?;
        self.change(by, "account-role", name, now, |tx| {
            if role != Role::Administrator {
                not_the_last(tx, name)?;
            }
            tx.execute("UPDATE account SET role = ?2 WHERE name = ?1", params![name, role.code()])?;
            end(tx, name)
        })
    }

    /// Changes how the person's name is shown.
    pub fn set_shown(&self, by: &str, name: &str, shown: &str, now: u64) -> Result<(), Failure> {
        let shown = checked_shown(shown)?;
        self.change(by, "account-shown", name, now, |tx| {
            tx.execute("UPDATE account SET shown = ?2 WHERE name = ?1", [name, shown])?;
            Ok(())
        })
    }

    /// Changes as what the person signs papers.
    pub fn set_position(&self, by: &str, name: &str, position: &str, now: u64) -> Result<(), Failure> {
        let position = checked_position(position)?;
        self.change(by, "account-position", name, now, |tx| {
            tx.execute("UPDATE account SET position = ?2 WHERE name = ?1", [name, &position])?;
            Ok(())
        })
    }

    /// Sets an account's password, which must be changed at the next login, and ends its sessions.
    pub fn set_password(&self, by: &str, name: &str, password: &str, now: u64) -> Result<(), Failure> {
        let account = self.get(name)?.ok_or_else(|| unknown(name))?;
        check(&PASSWORDS, name, password, account.second_factor)?;
        let hash = password::hash(password)?;
        self.change(by, "account-password", name, now, |tx| {
            let to = "UPDATE account SET password = ?2, must_change = 1 WHERE name = ?1";
            tx.execute(to, [name, &hash])?;
            end(tx, name)
        })?;
        self.forget_first(name)
    }

    /// Disables or enables an account and ends its sessions. Fails to disable the last active administrator.
    pub fn set_disabled(&self, by: &str, name: &str, disabled: bool, now: u64) -> Result<(), Failure> {
        let what = if disabled { "account-disabled" } else { "account-enabled" };
        self.change(by, what, name, now, |tx| {
            if disabled {
                not_the_last(tx, name)?;
            }
            tx.execute("UPDATE account SET disabled = ?2 WHERE name = ?1", params![name, disabled])?;
            end(tx, name)
        })
    }

    /// Stores a person's own settings.
    pub fn settings(&self, name: &str, settings: Settings) -> Result<(), Failure> {
        let Settings { lang, theme, keys } = settings;
        let changed = self.lasting()?.execute(
            "UPDATE account SET lang = ?2, theme = ?3, keys = ?4 WHERE name = ?1",
            params![name, lang.code(), theme.code(), keys],
        )?;
        if changed == 1 { Ok(()) } else { Err(unknown(name)) }
    }

    /// The ledger author for a command that names `author`. Any name is valid while the store has only the account that
    /// the program made; afterwards it must be an active account, or this fails with `author-unknown`.
    pub fn author<'a>(&self, author: &'a str) -> Result<&'a str, Failure> {
        let conn = self.conn();
        let free = !exists(&conn, "SELECT 1 FROM account WHERE NOT automatic", [])?;
        if free || find(&conn, author)?.is_some_and(|account| !account.disabled) {
            return Ok(author);
        }
        Err(Failure::new(ExitCode::NotAllowed, "author-unknown").with("author", author))
    }

    /// Runs `work` on an existing account and notes the change, in one transaction. Whatever changes, a secret for an app
    /// that is shown and not confirmed ends.
    pub(super) fn change(
        &self,
        by: &str,
        what: &str,
        name: &str,
        now: u64,
        work: impl FnOnce(&Transaction<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut conn = self.lasting()?;
        let tx = conn.transaction()?;
        if find(&tx, name)?.is_none() {
            return Err(unknown(name));
        }
        work(&tx)?;
        note(&tx, by, what, name, None, now)?;
        commit(tx)?;
        drop(conn);
        self.waiting().shown.remove(name);
        Ok(())
    }

    fn checked_role(&self, role: Role) -> Result<(), Failure> {
        let of = Role::of(self.realm());
        if of.contains(&role) {
            return Ok(());
        }
        let allowed: Vec<_> = of.iter().map(|role| role.code()).collect();
        let failure = Failure::new(ExitCode::Input, "account-role").with("role", role.code());
        Err(failure.with("allowed", allowed.join(", ")))
    }
}

/// Ends all sessions of an account.
pub(super) fn end(tx: &Connection, name: &str) -> Result<(), Failure> {
    tx.execute("DELETE FROM session WHERE account = ?1", [name])?;
    Ok(())
}

pub(super) fn unknown(name: &str) -> Failure {
    Failure::new(ExitCode::NotFound, "account-unknown").with("name", name)
}

pub(super) fn find(conn: &Connection, name: &str) -> rusqlite::Result<Option<Account>> {
    conn.prepare_cached(&format!("{COLUMNS} WHERE name = ?1"))?.query_row([name], account).optional()
}

pub(super) fn exists(conn: &Connection, query: &str, args: impl rusqlite::Params) -> rusqlite::Result<bool> {
    conn.prepare_cached(query)?.exists(args)
}

/// Whether a text can be the name of an account. It begins with a letter: pages stand at addresses that end with it, and
/// `..` leads elsewhere; commands take `-x` for an option.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= limits::AUTHOR
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
}

fn checked_shown(shown: &str) -> Result<&str, Failure> {
    let shown = shown.trim();
    if visible::is_blank(shown)
        || shown.len() > limits::SHOWN_NAME
        || shown.chars().any(visible::is_invisible)
    {
        return Err(Failure::new(ExitCode::Input, "account-shown-wrong"));
    }
    Ok(shown)
}

/// A position as papers print it: at most two lines, for whom and as what, none of them blank.
fn checked_position(position: &str) -> Result<String, Failure> {
    let lines: Vec<&str> = position.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let seen = |line: &&str| !visible::is_blank(line) && !line.chars().any(visible::is_invisible);
    let joined = lines.join("\n");
    if lines.len() > 2 || joined.len() > limits::SHOWN_NAME || !lines.iter().all(seen) {
        return Err(Failure::new(ExitCode::Input, "account-position-wrong"));
    }
    Ok(joined)
}

/// Fails if no other active administrator would be left: nobody could then manage accounts.
fn not_the_last(tx: &Connection, name: &str) -> Result<(), Failure> {
    let me = find(tx, name)?.is_some_and(|me| me.role == Role::Administrator && !me.disabled);
    let others = "SELECT 1 FROM account WHERE role = 'administrator' AND NOT disabled AND name <> ?1";
    if me && !exists(tx, others, [name])? {
        return Err(Failure::new(ExitCode::NotAllowed, "account-last-administrator").with("name", name));
    }
    Ok(())
}

fn count(conn: &Connection) -> rusqlite::Result<usize> {
    conn.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0)).map(|count| count as usize)
}

fn insert(
    tx: &Connection,
    name: &str,
    shown: &str,
    role: Role,
    hash: &str,
    automatic: bool,
    now: u64,
) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO account (name, shown, role, lang, theme, keys, disabled, must_change, automatic, created,
             password, totp_step) VALUES (?1, ?2, ?3, 'vi', 'auto', 1, 0, 1, ?4, ?5, ?6, 0)",
        params![name, shown, role.code(), automatic, now as i64, hash],
    )?;
    Ok(())
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let (role, lang, theme): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let odd =
        |column| rusqlite::Error::InvalidColumnType(column, "account".into(), rusqlite::types::Type::Text);
    Ok(Account {
        name: row.get(0)?,
        shown: row.get(1)?,
        role: Role::from_code(&role).ok_or_else(|| odd(2))?,
        lang: Lang::from_code(&lang),
        theme: Theme::from_code(&theme),
        keys: row.get(5)?,
        disabled: row.get(6)?,
        must_change: row.get(7)?,
        created: row.get::<_, i64>(8)? as u64,
        last_login: row.get::<_, Option<i64>>(9)?.map(|at| at as u64),
        second_factor: row.get(10)?,
        position: row.get(11)?,
    })
}
