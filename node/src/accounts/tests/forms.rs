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

#[test]
fn nobody_hands_in_more_than_an_account_may() {
    let (_dir, accounts) = desk();
    let id = Uuid::from_u128;
    let most = limits::UPLOADS_OF_ACCOUNT;
    accounts.handed_in("vt", id(1), most - 10).unwrap();
    assert_eq!(accounts.room_for_files("vt"), Ok(10));
    assert_eq!(accounts.handed_in("vt", id(2), 11).unwrap_err().key, "upload-too-much");
    accounts.handed_in("ld", id(3), most).unwrap();
    accounts.handed_in("vt", id(2), 10).unwrap();
    accounts.forget_files(&HashSet::from([id(1)])).unwrap();
    assert_eq!((accounts.room_for_files("vt"), accounts.room_for_files("ld")), (Ok(most - 10), Ok(0)));
    accounts.forget_files_but(&HashSet::from([id(2)])).unwrap();
    assert_eq!((accounts.room_for_files("vt"), accounts.room_for_files("ld")), (Ok(most - 10), Ok(most)));
}
