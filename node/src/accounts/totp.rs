//! Time-based one-time codes (TOTP, RFC 6238) as a second factor.

use data_encoding::BASE32_NOPAD;
use rusqlite::{Connection, OptionalExtension, params};
use totp_rs::{Builder, Totp};
use truc_proto::limits;
use truc_proto::time::Moment;
use zeroize::Zeroizing;

use super::secret::Secret;
use super::{Accounts, Realm, keep, recovery};
use crate::clock::unix_now;
use crate::identity::keys;
use crate::words::failure::{ExitCode, Failure};

/// Seconds per step, digits of a code, steps that a clock may be off: the defaults of authenticator apps.
const STEP: u64 = 30;
const DIGITS: u8 = 6;
const SKEW: u16 = 1;

/// A secret for an authenticator app, shown only until it is confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TotpSecret {
    /// The secret to type, base32.
    pub secret_base32: Secret,
    /// The secret as an `otpauth://` URI, to show as a QR code.
    pub uri: Secret,
}

/// A secret that was shown and is not confirmed yet.
#[derive(Debug)]
pub(super) struct Shown {
    secret: Zeroizing<[u8; 20]>,
    /// When it was made, Unix seconds.
    made: u64,
}

impl Shown {
    fn is_open(&self, now: u64) -> bool {
        Moment::seconds(self.made).is_within(limits::TOTP_SHOWN, Moment::seconds(now))
    }
}

impl Accounts {
    /// Makes a secret for an account's app. It takes effect with [`Accounts::totp_confirm`]; until then the one in force
    /// stays valid, and asking again gives the same one: a wrong code, or a second window, must not make the code that
    /// was just scanned a wrong one. It ends after [`limits::TOTP_SHOWN`], and with every change of the account: who
    /// saw it then must not know the second factor of later.
    pub fn totp_begin(&self, name: &str, now: u64) -> Result<TotpSecret, Failure> {
        if self.get(name)?.is_none() {
            return Err(keep::unknown(name));
        }
        // What could not be confirmed is not shown.
        drop(self.lasting()?);
        // 160 bits, as RFC 4226, section 4, recommends.
        let new: Zeroizing<[u8; 20]> = Zeroizing::new(keys::random()?);
        let shown = &mut self.waiting().shown;
        shown.retain(|_, shown| shown.is_open(now));
        let made = || Shown { secret: new, made: now };
        Ok(self.told(name, &shown.entry(name.to_owned()).or_insert_with(made).secret))
    }

    /// The secret that was made for an account's app and can still be confirmed.
    pub fn totp_shown(&self, name: &str, now: u64) -> Option<TotpSecret> {
        let waiting = self.waiting();
        let shown = waiting.shown.get(name).filter(|shown| shown.is_open(now));
        shown.map(|shown| self.told(name, &shown.secret))
    }

    fn told(&self, name: &str, secret: &[u8; 20]) -> TotpSecret {
        let base32 = BASE32_NOPAD.encode(secret);
        let issuer = match self.realm() {
            Realm::Desk => "Truc",
            Realm::Console => "Truc%20console",
        };
        // Account names need no percent-encoding: [`keep::is_name`] allows no letter that would.
        let uri = format!(
            "otpauth://totp/{issuer}:{name}?secret={base32}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        );
        TotpSecret { secret_base32: base32.into(), uri: uri.into() }
    }

    /// Puts the new secret into effect if `code` proves that the app has it. Returns the recovery codes that come with
    /// an account's first factor, shown only once.
    pub fn totp_confirm(&self, name: &str, code: &str, now: u64) -> Result<Vec<Secret>, Failure> {
        let shown = self
            .waiting()
            .shown
            .get(name)
            .filter(|shown| shown.is_open(now))
            .map(|shown| shown.secret.clone());
        let secret = shown.ok_or_else(|| Failure::new(ExitCode::NotAllowed, "totp-not-begun"))?;
        let mut codes = Vec::new();
        self.change(name, "totp-on", name, now, |tx| {
            let step = totp(secret.to_vec())?.check(&digits(code), now);
            let step = step.ok_or_else(|| Failure::new(ExitCode::NotAllowed, "totp-wrong"))?;
            tx.execute(
                "UPDATE account SET totp = ?3, totp_step = ?2 WHERE name = ?1",
                params![name, step as i64, &secret[..]],
            )?;
            codes = recovery::first_codes(tx, name)?;
            Ok(())
        })?;
        Ok(codes)
    }

    /// Removes an account's app as a second factor and ends its sessions. If no second factor is left, the password must
    /// be changed: it may be shorter than a password without second factor must be.
    pub fn totp_remove(&self, by: &str, name: &str) -> Result<(), Failure> {
        self.change(by, "totp-off", name, unix_now(), |tx| {
            let to = "UPDATE account SET totp = NULL WHERE name = ?1 AND totp IS NOT NULL";
            if tx.execute(to, [name])? == 0 {
                return Err(recovery::none(name));
            }
            recovery::weaker(tx, name)
        })
    }
}

/// Whether a code of the account's app is valid now. A valid code is consumed.
pub(super) fn spend(tx: &Connection, name: &str, code: &str, now: u64) -> Result<bool, Failure> {
    let query = "SELECT totp, totp_step FROM account WHERE name = ?1 AND totp IS NOT NULL";
    let kept = tx.query_row(query, [name], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)));
    let Some((secret, used)) = kept.optional()? else { return Ok(false) };
    let Some(step) = totp(secret)?.check(&digits(code), now) else { return Ok(false) };
    // A step of the future was noted by a wrong clock; it must not lock the person out until then.
    let used = Moment::seconds(used as u64 * STEP).known(Moment::seconds(now)).map_or(0, |_| used);
    let to = "UPDATE account SET totp_step = ?2 WHERE name = ?1 AND ?2 > ?3";
    Ok(tx.execute(to, params![name, step as i64, used])? == 1)
}

fn totp(secret: Vec<u8>) -> Result<Totp, Failure> {
    let built =
        Builder::new().with_digits(DIGITS).with_skew(SKEW).with_step_duration(STEP).with_secret(secret);
    built.build().map_err(|error| Failure::new(ExitCode::Store, "store-damaged").because(error))
}

/// The digits of a code: people type `123 456`.
fn digits(code: &str) -> Zeroizing<String> {
    Zeroizing::new(code.chars().filter(char::is_ascii_digit).take(usize::from(DIGITS) + 1).collect())
}
