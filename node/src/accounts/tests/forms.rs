//! What came of forms, and how much an account may hand in.

use std::collections::HashSet;

use super::*;
use truc_proto::limits;
use uuid::Uuid;

#[test]
fn what_came_of_a_form_is_known_for_its_time_and_its_draft_is_gone() {
    let (_dir, accounts) = desk();
    let id = Uuid::from_u128;
    let draft = |owner: &str| Draft {
        id: id(1),
        form: "/reports/new".into(),
        owner: owner.into(),
        title: String::new(),
        fields: "[]".into(),
        shared: false,
        version: 0,
    };
    accounts.save_draft(draft("vt"), NOW).unwrap();
    let done = |at| Done { place: "/report/1".into(), fields: [7; 32], again: false, at };
    // Whose draft it is not does not delete it.
    accounts.finish_draft(id(1), "ld", &done(NOW)).unwrap();
    assert!(accounts.draft(id(1)).unwrap().is_some());
    accounts.finish_draft(id(1), "vt", &done(NOW)).unwrap();
    assert_eq!((accounts.draft(id(1)).unwrap(), accounts.done(id(1)).unwrap()), (None, Some(done(NOW))));
    let later = NOW + limits::DONE_KEPT.as_secs() + 1;
    accounts.finish_draft(id(2), "vt", &done(later)).unwrap();
    assert_eq!((accounts.done(id(1)).unwrap(), accounts.done(id(2)).unwrap()), (None, Some(done(later))));
}

/// Hands in a file of that many bytes, in two parts.
fn hand_in(accounts: &Accounts, account: &str, id: u128, bytes: u64) -> Result<(), Failure> {
    let mut coming = accounts.coming(account);
    coming.more(bytes / 2)?;
    coming.more(bytes - bytes / 2)?;
    coming.keep(Uuid::from_u128(id))
}

/// Bytes that an account may still hand in.
fn room(accounts: &Accounts, account: &str) -> u64 {
    let fits = |bytes: &u64| accounts.coming(account).more(*bytes).is_ok();
    let mut room = 0;
    for bit in (0..40).rev().map(|bit| 1 << bit) {
        room += if fits(&(room + bit)) { bit } else { 0 };
    }
    room
}

#[test]
fn nobody_hands_in_more_than_an_account_may() {
    let (_dir, accounts) = desk();
    let id = Uuid::from_u128;
    let most = limits::UPLOADS_OF_ACCOUNT;
    hand_in(&accounts, "vt", 1, most - 10).unwrap();
    assert_eq!(room(&accounts, "vt"), 10);
    assert_eq!(hand_in(&accounts, "vt", 2, 11).unwrap_err().key, "upload-too-much");
    assert_eq!(room(&accounts, "vt"), 10, "of one that was refused nothing counts");
    hand_in(&accounts, "ld", 3, most).unwrap();
    hand_in(&accounts, "vt", 2, 10).unwrap();
    accounts.forget_files(&HashSet::from([id(1)])).unwrap();
    assert_eq!((room(&accounts, "vt"), room(&accounts, "ld")), (most - 10, 0));
    accounts.forget_files_but(&HashSet::from([id(2)])).unwrap();
    assert_eq!((room(&accounts, "vt"), room(&accounts, "ld")), (most - 10, most));
}

#[test]
fn files_that_come_together_do_not_overrun_the_account() {
    let (_dir, accounts) = desk();
    let mut files: Vec<_> = (0..4).map(|_| accounts.coming("vt")).collect();
    let part = limits::UPLOADS_OF_ACCOUNT / 64;
    let mut came = 0;
    let mut refused = 0;
    for _ in 0..32 {
        for file in &mut files {
            match file.more(part) {
                Ok(()) => came += part,
                Err(_) => refused += 1,
            }
        }
    }
    assert_eq!((came, refused), (limits::UPLOADS_OF_ACCOUNT, 64));
    assert_eq!((room(&accounts, "vt"), room(&accounts, "ld")), (0, limits::UPLOADS_OF_ACCOUNT));
    drop(files.pop());
    assert_eq!(room(&accounts, "vt"), limits::UPLOADS_OF_ACCOUNT / 4, "one that breaks off gives it back");
}

#[test]
fn the_draft_of_a_move_is_found_again_and_its_id_is_not_guessed() {
    let (dir, accounts) = desk();
    let about = |accounts: &Accounts, name| accounts.draft_about([name, "/directives/1/move", "task", "T1"]);
    let mine = about(&accounts, "vt");
    assert_ne!(mine, about(&accounts, "ld"));
    assert_ne!(mine, accounts.draft_about(["vt", "/directives/1/movetask", "T1"]));
    drop(accounts);
    let again = Accounts::open(dir.path(), Realm::Desk).unwrap();
    assert_eq!(about(&again, "vt"), mine);
    let (_other, elsewhere) = desk();
    assert_ne!(about(&elsewhere, "vt"), mine, "whoever knows what it is about does not know the id");
}
