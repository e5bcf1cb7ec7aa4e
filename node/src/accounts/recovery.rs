//! An account's second factors as a whole: what it has, the recovery codes that stand in for any of them, and taking
//! all away from somebody who lost them.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use truc_proto::limits;
use zeroize::Zeroizing;

use super::notes::note;
use super::secret::{Secret, readable};
use super::{Accounts, Pending, keep};
use crate::words::failure::{ExitCode, Failure};

/// Groups of four letters in a recovery code: 80 bits, enough for an unsalted hash (ASVS 6.5.2).
const GROUPS: usize = 4;

/// What an account can show as its second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Factors {
    /// Whether it has an authenticator app.
    pub app: bool,
    /// How many passkeys it has.
    pub passkeys: usize,
    /// How many recovery codes are left.
    pub codes: usize,
}

/// That somebody else took an account's second factors away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactorReset {
    /// Who did it.
    pub by: String,
    /// When, Unix seconds.
    pub at: u64,
}

impl Accounts {
    /// The second factors of an account.
    pub fn factors(&self, name: &str) -> Result<Factors, Failure> {
        let query = "SELECT totp IS NOT NULL, (SELECT count(*) FROM passkey WHERE account = name),
            (SELECT count(*) FROM recovery WHERE account = name) FROM account WHERE name = ?1";
        let conn = self.conn();
        let found = conn.prepare_cached(query)?.query_row([name], |row| {
            let count = |column| row.get::<_, i64>(column).map(|count| count as usize);
            Ok(Factors { app: row.get(0)?, passkeys: count(1)?, codes: count(2)? })
        });
        found.optional()?.ok_or_else(|| keep::unknown(name))
    }

    /// The second factors with which a pending login can go on. Whoever asks knows the password.
    pub fn factors_of(&self, pending: &Pending, now: u64) -> Result<Factors, Failure> {
        self.factors(&self.pending(pending, now)?)
    }

    /// Makes new recovery codes in the place of the old ones, shown only once. Fails for an account without a second
    /// factor: there is nothing that they could stand in for.
    pub fn new_recovery_codes(&self, name: &str, now: u64) -> Result<Vec<Secret>, Failure> {
        let mut made = Vec::new();
        self.change(name, "recovery-codes", name, now, |tx| {
            if keep::find(tx, name)?.is_none_or(|account| !account.second_factor) {
                return Err(none(name));
            }
            made = codes(tx, name)?;
            Ok(())
        })?;
        Ok(made)
    }

    /// Takes all second factors and recovery codes of somebody else's account away, because they are lost, and ends its
    /// sessions. Its next login asks for a new password, and says who did it. One's own are removed with the password.
    pub fn reset_factor(&self, by: &str, name: &str, now: u64) -> Result<(), Failure> {
        if by == name {
            return Err(Failure::new(ExitCode::NotAllowed, "factor-own"));
        }
        self.change(by, "factor-reset", name, now, |tx| {
            if keep::find(tx, name)?.is_some_and(|account| !account.second_factor) {
                return Err(none(name));
            }
            tx.execute("DELETE FROM passkey WHERE account = ?1", [name])?;
            let to = "UPDATE account SET totp = NULL, reset_by = ?2, reset_at = ?3 WHERE name = ?1";
            tx.execute(to, params![name, by, now as i64])?;
            weaker(tx, name)
        })
    }

    /// What the person must hear at this login of a reset since the last one; it is told once.
    pub fn take_reset(&self, name: &str) -> Result<Option<FactorReset>, Failure> {
        self.signing(|| {
            let mut conn = self.conn();
            let tx = conn.transaction()?;
            let query = "SELECT reset_by, reset_at FROM account WHERE name = ?1 AND reset_by IS NOT NULL";
            let reset = tx.query_row(query, [name], |row| {
                Ok(FactorReset { by: row.get(0)?, at: row.get::<_, i64>(1)? as u64 })
            });
            let reset = reset.optional()?;
            if reset.is_some() {
                tx.execute("UPDATE account SET reset_by = NULL, reset_at = NULL WHERE name = ?1", [name])?;
            }
            super::commit(tx)?;
            Ok(reset)
        })
    }
}

pub(super) fn none(name: &str) -> Failure {
    Failure::new(ExitCode::NotAllowed, "factor-none").with("name", name)
}

/// Codes for an account that has none yet: with its first factor. Later factors leave those in force that are printed.
pub(super) fn first_codes(tx: &Connection, name: &str) -> Result<Vec<Secret>, Failure> {
    if keep::exists(tx, "SELECT 1 FROM recovery WHERE account = ?1", [name])? {
        return Ok(Vec::new());
    }
    codes(tx, name)
}

fn codes(tx: &Connection, name: &str) -> Result<Vec<Secret>, Failure> {
    tx.execute("DELETE FROM recovery WHERE account = ?1", [name])?;
    let codes: Vec<Secret> =
        (0..limits::RECOVERY_CODES).map(|_| readable(GROUPS)).collect::<Result<_, _>>()?;
    for code in &codes {
        let hash = hash(code.reveal());
        tx.execute("INSERT INTO recovery (account, code) VALUES (?1, ?2)", params![name, hash])?;
    }
    Ok(codes)
}

/// To be called after a second factor was removed: ends the account's sessions. If no second factor is left, its
/// recovery codes end too, and a new password is required: it may be shorter than one without a second factor must be.
pub(super) fn weaker(tx: &Connection, name: &str) -> Result<(), Failure> {
    keep::end(tx, name)?;
    if keep::find(tx, name)?.is_some_and(|account| !account.second_factor) {
        tx.execute("DELETE FROM recovery WHERE account = ?1", [name])?;
        tx.execute("UPDATE account SET must_change = 1 WHERE name = ?1", [name])?;
    }
    Ok(())
}

/// Whether this is a recovery code of the account; it is consumed.
pub(super) fn spend(tx: &Connection, name: &str, code: &str, now: u64) -> Result<bool, Failure> {
    let gone = "DELETE FROM recovery WHERE account = ?1 AND code = ?2";
    if tx.execute(gone, params![name, hash(code)])? == 0 {
        return Ok(false);
    }
    note(tx, name, "recovery-code-used", "", None, now)?;
    Ok(true)
}

/// Hash of a recovery code, the same for capitals, with and without hyphens and spaces.
fn hash(code: &str) -> [u8; 32] {
    let letters = code.bytes().filter(u8::is_ascii_alphanumeric).take(GROUPS * 4 + 1);
    let typed: Zeroizing<Vec<u8>> =
        Zeroizing::new(letters.map(|letter| letter.to_ascii_lowercase()).collect());
    Sha256::digest(&typed).into()
}
