//! Signing in: the password, then the second factor if the account has one, and growing waits against guessing.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::params;
use truc_proto::time::Moment;
use truc_proto::{identifier, limits};
use zeroize::Zeroize;

use super::notes::note;
use super::policy::{PASSWORDS, check};
use super::waiting::{Refused, Waits, bounded, is_open};
use super::{Account, Accounts, Pending, Token, commit, keep, password, recovery, sessions, totp};
use crate::words::failure::{ExitCode, Failure};

/// A try to sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Name as typed.
    pub name: String,
    /// Password as typed.
    pub password: String,
    /// Address of the client.
    pub source: IpAddr,
}

/// Hides name and password: people type passwords into the name field.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

/// Result of a right password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// Signed in.
    In(Token),
    /// The second factor is still missing; it must come within [`limits::LOGIN_PENDING`].
    SecondFactor(Pending),
}

/// Failure for a wrong password within a session; `wait`: how long until the next try.
fn wrong_password(wait: Duration) -> Failure {
    Failure::new(ExitCode::NotAllowed, "password-wrong").with("wait", wait.as_secs())
}

impl Accounts {
    /// Signs in with name and password. Work and answer are the same whether the account exists or not. Blocks for the
    /// duration of an Argon2 hash.
    pub fn login(&self, attempt: Attempt, now: u64) -> Result<Login, Refused> {
        let Attempt { name, password, source } = &attempt;
        // Text that cannot be an account's name is counted under the empty name and stored nowhere: it may be a
        // password.
        let name = &*identifier::account(name);
        let name = if keep::is_name(name) { name } else { "" };
        let wait = self.waiting().begin(name, *source, now)?;
        let kept = self.kept(name)?;
        let permit = self.0.gate.enter()?;
        let fits = password::fits(password, kept.as_ref().map(|(_, hash)| hash.as_str()));
        drop(permit);
        let Some((account, hash)) = kept.filter(|(account, _)| fits && !account.disabled) else {
            self.refused(name, *source, now)?;
            return Err(Refused::Wrong { wait });
        };
        self.waiting().right(name, *source, !account.second_factor);
        if account.second_factor {
            return Ok(Login::SecondFactor(self.wait_for_second(name, now)?));
        }
        self.signing(|| {
            let mut conn = self.conn();
            let tx = conn.transaction()?;
            // The account may have changed during the hash.
            let still = keep::find(&tx, name)?.filter(|still| !still.disabled && !still.second_factor);
            let same = "SELECT 1 FROM account WHERE name = ?1 AND password = ?2";
            if still.is_none() || !keep::exists(&tx, same, [name, &hash])? {
                return Err(Refused::Wrong { wait: Duration::ZERO });
            }
            let token = sessions::begin(&tx, name, *source, now)?;
            commit(tx)?;
            Ok(Login::In(token))
        })
    }

    /// Completes a login with a code of the app or a recovery code, each valid once.
    pub fn second_factor(
        &self,
        pending: &Pending,
        code: &str,
        source: IpAddr,
        now: u64,
    ) -> Result<Token, Refused> {
        self.finish(pending, source, now, |conn, name| {
            Ok(totp::spend(conn, name, code, now)? || recovery::spend(conn, name, code, now)?)
        })
    }

    /// Completes a pending login if `shown` accepts the second factor.
    pub(super) fn finish(
        &self,
        pending: &Pending,
        source: IpAddr,
        now: u64,
        shown: impl Fn(&rusqlite::Connection, &str) -> Result<bool, Failure>,
    ) -> Result<Token, Refused> {
        let name = self.pending(pending, now)?;
        let wait = {
            let mut waiting = self.waiting();
            let wait = waiting.begin_inside(&name, now)?;
            let begun = waiting.begin(&name, source, now);
            if begun.is_err() {
                waiting.inside.take_back(&name);
            }
            begun?.max(wait)
        };
        let token = self.signing(|| {
            let mut conn = self.conn();
            let tx = conn.transaction()?;
            let account = keep::find(&tx, &name)?.filter(|account| !account.disabled);
            if account.is_none() || !shown(&tx, &name)? {
                return Ok(None);
            }
            let token = sessions::begin(&tx, &name, source, now)?;
            commit(tx)?;
            Ok::<_, Refused>(Some(token))
        })?;
        let Some(token) = token else {
            self.refused(&name, source, now)?;
            return Err(Refused::Wrong { wait });
        };
        let mut waiting = self.waiting();
        waiting.right(&name, source, true);
        waiting.inside.forgive(&name);
        waiting.pending.remove(&pending.0.hash());
        Ok(token)
    }

    /// The account of a pending login.
    pub(super) fn pending(&self, pending: &Pending, now: u64) -> Result<String, Failure> {
        let waiting = self.waiting();
        let waits = waiting.pending.get(&pending.0.hash()).filter(|waits| is_open(waits.until, now));
        let anew = || Failure::new(ExitCode::NotAllowed, "login-begin-anew");
        waits.map(|waits| waits.account.clone()).ok_or_else(anew)
    }

    /// Checks the password again before a grave action: somebody else may use an open session. Wrong tries are
    /// throttled like logins. Blocks for the duration of an Argon2 hash.
    pub fn prove(&self, name: &str, typed: &str, now: u64) -> Result<(), Failure> {
        let (_, hash) = self.kept(name)?.ok_or_else(|| keep::unknown(name))?;
        let _permit = self.0.gate.enter()?;
        self.proved(name, typed, &hash, now)
    }

    /// Like [`Accounts::prove`]; the session may then change its account's second factors for [`limits::PROVED`].
    pub fn prove_session(&self, name: &str, typed: &str, session: &Token, now: u64) -> Result<(), Failure> {
        self.prove(name, typed, now)?;
        self.proven(session, now);
        Ok(())
    }

    fn proven(&self, session: &Token, now: u64) {
        let old = |at: &u64| at + limits::LOGIN_PENDING.as_secs();
        bounded(&mut self.waiting().proved, session.hash(), now, now, old);
    }

    /// Whether the password was typed within this session a short time ago.
    pub fn is_proved(&self, session: &Token, now: u64) -> bool {
        let at = self.waiting().proved.get(&session.hash()).copied();
        at.is_some_and(|at| Moment::seconds(at).is_within(limits::PROVED, Moment::seconds(now)))
    }

    /// Like [`Accounts::prove`], for a caller that has the account's hash and holds the gate's permit.
    fn proved(&self, name: &str, typed: &str, hash: &str, now: u64) -> Result<(), Failure> {
        let begun = self.waiting().begin_inside(name, now);
        let wait = begun.map_err(|refused| match refused {
            Refused::Wait { wait } | Refused::Wrong { wait } => wrong_password(wait),
            Refused::Failure(failure) => failure,
        })?;
        if !password::fits(typed, Some(hash)) {
            return Err(wrong_password(wait));
        }
        self.waiting().inside.forgive(&name.to_owned());
        Ok(())
    }

    /// Changes one's own password and ends all sessions but `keep`.
    pub fn change_password(
        &self,
        name: &str,
        old: &str,
        new: &str,
        keep: &Token,
        now: u64,
    ) -> Result<(), Failure> {
        let (account, hash) = self.kept(name)?.ok_or_else(|| keep::unknown(name))?;
        check(&PASSWORDS, name, new, account.second_factor)?;
        let permit = self.0.gate.enter()?;
        self.proved(name, old, &hash, now)?;
        if password::fits(new, Some(&hash)) {
            return Err(Failure::new(ExitCode::Input, "password-same"));
        }
        let new = password::hash(new)?;
        drop(permit);
        self.change(name, "password-changed", name, now, |tx| {
            let to = "UPDATE account SET password = ?2, must_change = 0 WHERE name = ?1 AND password = ?3";
            if tx.execute(to, [name, &new, &hash])? == 0 {
                return Err(wrong_password(Duration::ZERO));
            }
            tx.execute("DELETE FROM session WHERE account = ?1 AND token <> ?2", params![name, keep.hash()])?;
            Ok(())
        })?;
        self.proven(keep, now);
        self.forget_first(name)
    }

    /// An account with its password hash.
    fn kept(&self, name: &str) -> Result<Option<(Account, String)>, Failure> {
        let conn = self.conn();
        let Some(account) = keep::find(&conn, name)? else { return Ok(None) };
        let query = "SELECT password FROM account WHERE name = ?1";
        let hash = conn.prepare_cached(query)?.query_row([name], |row| row.get(0))?;
        Ok(Some((account, hash)))
    }

    /// Notes a refused login if the account exists; other names are not noted, because they may be passwords.
    fn refused(&self, name: &str, source: IpAddr, now: u64) -> Result<(), Failure> {
        tracing::info!(%source, "a login was refused");
        self.signing(|| {
            let conn = self.conn();
            if keep::find(&conn, name)?.is_some() {
                note(&conn, name, "login-refused", "", Some(source), now)?;
            }
            Ok(())
        })
    }

    fn wait_for_second(&self, name: &str, now: u64) -> Result<Pending, Failure> {
        let pending = Pending(Token::new()?);
        let until = now + limits::LOGIN_PENDING.as_secs();
        let mut waiting = self.waiting();
        let waits = Waits { account: name.to_owned(), until };
        bounded(&mut waiting.pending, pending.0.hash(), waits, now, |waits| waits.until);
        Ok(pending)
    }
}

/// Limits how many hashes run at once and how many wait: each takes memory, and anybody can request one.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<Crowd>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct Crowd {
    inside: usize,
    waiting: usize,
}

/// Permission to hash; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Gate);

impl Gate {
    pub(super) fn enter(&self) -> Result<Permit<'_>, Failure> {
        let mut crowd = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if crowd.waiting >= limits::HASHES_WAITING {
            return Err(Failure::new(ExitCode::NotAllowed, "login-crowded"));
        }
        crowd.waiting += 1;
        while crowd.inside >= limits::HASHES {
            crowd = self.free.wait(crowd).unwrap_or_else(PoisonError::into_inner);
        }
        crowd.waiting -= 1;
        crowd.inside += 1;
        Ok(Permit(self))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).inside -= 1;
        self.0.free.notify_one();
    }
}
