//! Sessions: who is signed in, for how long, and the message for the next page.

use std::net::IpAddr;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use truc_proto::limits;
use truc_proto::time::Moment;

use super::notes::note;
use super::{Account, Accounts, Role, Token, commit, keep};
use crate::clock::unix_now;
use crate::words::failure::{ExitCode, Failure};

/// A session as page handlers see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The account that is signed in.
    pub account: Account,
    /// Token against forged requests: every form carries it, and a post without it is refused.
    pub csrf: String,
    /// When it began, Unix seconds.
    pub since: u64,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Message for the next page; [`Accounts::take_flash`] reads and clears it.
    pub flash: Option<String>,
}

/// A session as its owner and administrators see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionInfo {
    /// When it began, Unix seconds.
    pub since: u64,
    /// Last activity, Unix seconds; precise to [`limits::SESSION_TOUCH`].
    pub touched: u64,
    /// Address from which it began.
    pub source: String,
    /// Whether it is a watch.
    pub watch: bool,
}

/// What a session is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    /// All that the account may do; it ends when nobody does anything.
    Work,
    /// A watch: it shows what waits and stays, because nobody touches the screen of a night's duty.
    Watch,
}

impl Purpose {
    fn is_watch(self) -> bool {
        self == Self::Watch
    }
}

impl Accounts {
    /// The session of a token; marks it as active now. None: there is no such session, or it has ended.
    pub fn session(&self, token: &Token, now: u64) -> Result<Option<Session>, Failure> {
        self.look(token, Purpose::Work, now, true)
    }

    /// Like [`Accounts::session`], without marking activity. For pages that refresh themselves: a page left open must
    /// not keep its session alive.
    pub fn peek(&self, token: &Token, now: u64) -> Result<Option<Session>, Failure> {
        self.look(token, Purpose::Work, now, false)
    }

    /// The watch of a token. It opens nothing else, and no other session is a watch.
    pub fn watch(&self, token: &Token, now: u64) -> Result<Option<Session>, Failure> {
        self.look(token, Purpose::Watch, now, false)
    }

    /// Begins a watch for an account that is signed in. It ends after [`limits::WATCH`], and with everything that ends
    /// all sessions of the account.
    pub fn watch_begin(&self, name: &str, source: IpAddr, now: u64) -> Result<Token, Failure> {
        self.signing(|| {
            let mut conn = self.conn();
            let tx = conn.transaction()?;
            let token = insert(&tx, name, Purpose::Watch, source, now)?;
            note(&tx, name, "watch-begun", "", Some(source), now)?;
            commit(tx)?;
            Ok(token)
        })
    }

    fn look(
        &self,
        token: &Token,
        purpose: Purpose,
        now: u64,
        touch: bool,
    ) -> Result<Option<Session>, Failure> {
        let (conn, hash) = (self.conn(), token.hash());
        let query = "SELECT account, since, touched, flash FROM session WHERE token = ?1 AND watch = ?2";
        let found = conn.prepare_cached(query)?.query_row(params![hash, purpose.is_watch()], |row| {
            let times = (row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64);
            Ok((row.get::<_, String>(0)?, times, row.get::<_, Option<String>>(3)?))
        });
        let Some((name, (since, touched), flash)) = found.optional()? else { return Ok(None) };
        let account = keep::find(&conn, &name)?.filter(|account| !account.disabled);
        let live = |account: &Account| {
            let (now, since, touched) =
                (Moment::seconds(now), Moment::seconds(since), Moment::seconds(touched));
            match purpose {
                Purpose::Work => {
                    touched.is_within(idle(account.role), now) && since.is_within(limits::SESSION, now)
                }
                Purpose::Watch => since.is_within(limits::WATCH, now),
            }
        };
        let Some(account) = account.filter(live) else {
            let ended = conn.execute("DELETE FROM session WHERE token = ?1", [hash]);
            unless_full(ended)?;
            return Ok(None);
        };
        if touch && now.saturating_sub(touched) >= limits::SESSION_TOUCH.as_secs() {
            let to = "UPDATE session SET touched = ?2 WHERE token = ?1";
            unless_full(conn.prepare_cached(to)?.execute(params![hash, now as i64]))?;
        }
        let must_change = account.must_change;
        Ok(Some(Session { account, csrf: token.csrf(), since, must_change, flash }))
    }

    /// Ends a session in the store, so that its cookie is of no use any more.
    pub fn logout(&self, token: &Token) -> Result<(), Failure> {
        self.signing(|| {
            self.conn().execute("DELETE FROM session WHERE token = ?1", [token.hash()])?;
            Ok(())
        })
    }

    /// Ends all sessions of an account.
    pub fn end_sessions(&self, by: &str, name: &str) -> Result<(), Failure> {
        self.change(by, "sessions-ended", name, unix_now(), |tx| keep::end(tx, name))
    }

    /// Ends all sessions of all accounts. For a store restored from a backup, which may hold sessions that ended since.
    pub fn end_all_sessions(&self) -> Result<(), Failure> {
        self.lasting()?.execute("DELETE FROM session", [])?;
        Ok(())
    }

    /// The sessions of an account, newest first. Expired ones are included until the next login removes them.
    pub fn sessions(&self, name: &str) -> Result<Vec<SessionInfo>, Failure> {
        let conn = self.conn();
        let query =
            "SELECT since, touched, source, watch FROM session WHERE account = ?1 ORDER BY since DESC";
        let mut statement = conn.prepare_cached(query)?;
        let rows = statement.query_map([name], |row| {
            let (since, touched) = (row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64);
            Ok(SessionInfo { since, touched, source: row.get(2)?, watch: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores the message for the session's next page, cut to [`limits::FLASH`] bytes.
    pub fn flash(&self, token: &Token, mut text: String) -> Result<(), Failure> {
        text.truncate(text.floor_char_boundary(limits::FLASH));
        let to = "UPDATE session SET flash = ?2 WHERE token = ?1";
        self.conn().prepare_cached(to)?.execute(params![token.hash(), text])?;
        Ok(())
    }

    /// Reads and clears the message for the next page.
    pub fn take_flash(&self, token: &Token) -> Result<Option<String>, Failure> {
        let mut conn = self.conn();
        let (tx, hash) = (conn.transaction()?, token.hash());
        let query = "SELECT flash FROM session WHERE token = ?1 AND flash IS NOT NULL";
        let flash = tx.prepare_cached(query)?.query_row([hash], |row| row.get(0)).optional()?;
        if flash.is_some() {
            tx.execute("UPDATE session SET flash = NULL WHERE token = ?1", [hash])?;
        }
        commit(tx)?;
        Ok(flash)
    }
}

/// Whoever is signed in goes on reading on a full disk: that the session was used, or has ended, is then not noted.
fn unless_full(noted: rusqlite::Result<usize>) -> Result<(), Failure> {
    match noted.map_err(Failure::from) {
        Err(failure) if failure.exit != ExitCode::CannotWrite => Err(failure),
        _ => Ok(()),
    }
}

/// Idle time after which a session ends; shorter for administrators.
fn idle(role: Role) -> Duration {
    if role == Role::Administrator { limits::SESSION_IDLE_STRICT } else { limits::SESSION_IDLE }
}

/// Begins a session under a new token (ASVS 7.2.4).
pub(super) fn begin(tx: &Connection, account: &str, source: IpAddr, now: u64) -> Result<Token, Failure> {
    let token = insert(tx, account, Purpose::Work, source, now)?;
    tx.execute("UPDATE account SET last_login = ?2 WHERE name = ?1", params![account, now as i64])?;
    note(tx, account, "login", "", Some(source), now)?;
    Ok(token)
}

/// Adds a session. Removes expired ones and, above [`limits::SESSIONS`] or [`limits::WATCHES`], the account's oldest of
/// that purpose.
fn insert(
    tx: &Connection,
    account: &str,
    purpose: Purpose,
    source: IpAddr,
    now: u64,
) -> Result<Token, Failure> {
    let token = Token::new()?;
    let before = |span: Duration| now.saturating_sub(span.as_secs()) as i64;
    let ahead = (now + limits::CLOCK_MARGIN.as_secs()) as i64;
    tx.execute(
        "DELETE FROM session WHERE since > ?1 OR touched > ?1
           OR NOT watch AND (since <= ?2 OR touched <= ?3) OR watch AND since <= ?4",
        [ahead, before(limits::SESSION), before(limits::SESSION_IDLE), before(limits::WATCH)],
    )?;
    let most = match purpose {
        Purpose::Work => limits::SESSIONS,
        Purpose::Watch => limits::WATCHES,
    };
    tx.execute(
        "DELETE FROM session WHERE token IN
           (SELECT token FROM session WHERE account = ?1 AND watch = ?2
            ORDER BY since DESC, touched DESC LIMIT -1 OFFSET ?3)",
        params![account, purpose.is_watch(), most as i64 - 1],
    )?;
    tx.execute(
        "INSERT INTO session (token, account, since, touched, source, watch) VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        params![token.hash(), account, now as i64, source.to_canonical().to_string(), purpose.is_watch()],
    )?;
    Ok(token)
}
