//! What the accounts promise, from outside.
#![allow(clippy::unwrap_used)]

mod drafts;
mod figures;
mod keeping;
mod login;
mod passkeys;
mod recovery;
mod sessions;
mod totp;

use std::net::IpAddr;

use tempfile::TempDir;

use super::*;

/// A moment; Unix seconds.
const NOW: u64 = 1_790_000_000;
const GOOD: &str = "cá lóc nướng trui";
const DESK: &str = "192.0.2.7";
const ELSEWHERE: &str = "192.0.2.8";

fn ip(address: &str) -> IpAddr {
    address.parse().unwrap()
}

/// A desk with an administrator `qtv`, a clerk `vt` and a chief `ld`, all with the password [`GOOD`].
fn desk() -> (TempDir, Accounts) {
    let dir = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(dir.path(), Realm::Desk).unwrap();
    for (name, role) in [("qtv", Role::Administrator), ("vt", Role::Clerk), ("ld", Role::Chief)] {
        accounts.add("test", person(name, role), NOW).unwrap();
    }
    (dir, accounts)
}

fn person(name: &str, role: Role) -> NewAccount {
    NewAccount { name: name.into(), shown: String::new(), role, password: Some(GOOD.into()) }
}

fn attempt(accounts: &Accounts, name: &str, password: &str, from: &str, now: u64) -> Result<Login, Refused> {
    let attempt = Attempt { name: name.into(), password: password.into(), source: ip(from) };
    accounts.login(attempt, now)
}

#[track_caller]
fn signed_in(accounts: &Accounts, name: &str, now: u64) -> Token {
    match attempt(accounts, name, GOOD, DESK, now) {
        Ok(Login::In(token)) => token,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn pending(accounts: &Accounts, name: &str, now: u64) -> Pending {
    match attempt(accounts, name, GOOD, DESK, now) {
        Ok(Login::SecondFactor(pending)) => pending,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn key<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
    result.unwrap_err().key.into_owned()
}

/// What was noted, oldest first.
fn noted(accounts: &Accounts) -> Vec<(String, String, String)> {
    let notes = accounts.notes(None, 100).unwrap().into_iter().rev();
    notes.map(|note| (note.who, note.what, note.about)).collect()
}
