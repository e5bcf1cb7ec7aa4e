use super::*;
use truc_proto::limits;
use uuid::Uuid;

fn draft(id: u128, owner: &str, fields: &str, version: u64) -> Draft {
    Draft {
        id: Uuid::from_u128(id),
        form: "report".into(),
        owner: owner.into(),
        title: "Báo cáo tháng 9".into(),
        fields: fields.into(),
        shared: true,
        version,
    }
}

fn texts(accounts: &Accounts, viewer: &str, shared: bool) -> Vec<String> {
    accounts.drafts(viewer, shared).unwrap().into_iter().map(|saved| saved.draft.fields).collect()
}

#[test]
fn versions_follow_each_other() {
    let (_dir, accounts) = desk();
    assert_eq!(accounts.save_draft(draft(1, "vt", "a", 0), NOW), Ok(1));
    assert_eq!(accounts.save_draft(draft(1, "vt", "b", 1), NOW + 1), Ok(2));
    assert_eq!(accounts.save_draft(draft(1, "ld", "c", 2), NOW + 2), Ok(3));
    let saved = accounts.draft(Uuid::from_u128(1)).unwrap().unwrap();
    assert_eq!(
        (saved.draft.fields.as_str(), saved.draft.owner.as_str(), saved.draft.version),
        ("c", "vt", 3)
    );
    assert_eq!((saved.saved_by.as_str(), saved.saved_at), ("ld", NOW + 2));
}

#[test]
fn of_two_who_write_at_once_both_are_kept() {
    let (_dir, accounts) = desk();
    accounts.save_draft(draft(1, "vt", "chung", 0), NOW).unwrap();
    accounts.save_draft(draft(1, "ld", "của lãnh đạo", 1), NOW + 5).unwrap();
    let DraftError::Edited { by, at, kept } =
        accounts.save_draft(draft(1, "vt", "của văn thư", 1), NOW + 9).unwrap_err()
    else {
        panic!()
    };
    assert_eq!((by.as_str(), at), ("ld", NOW + 5));
    assert_eq!(accounts.draft(Uuid::from_u128(1)).unwrap().unwrap().draft.fields, "của lãnh đạo");
    let mine = accounts.draft(kept).unwrap().unwrap();
    assert_eq!(
        (mine.draft.fields.as_str(), mine.saved_by.as_str(), mine.draft.version),
        ("của văn thư", "vt", 1)
    );
    assert!(!mine.draft.shared, "one of the two is handed in for signature, not both");
    assert_eq!(texts(&accounts, "vt", false), ["của văn thư", "của lãnh đạo"]);
}

#[test]
fn what_is_not_shared_is_its_owners() {
    let (_dir, accounts) = desk();
    let private =
        |owner: &str, fields: &str, version| Draft { shared: false, ..draft(2, owner, fields, version) };
    accounts.save_draft(private("vt", "riêng", 0), NOW).unwrap();
    accounts.save_draft(draft(1, "vt", "chung", 0), NOW + 1).unwrap();
    assert_eq!(texts(&accounts, "vt", true), ["chung", "riêng"]);
    assert_eq!(texts(&accounts, "ld", true), ["chung"]);
    assert_eq!(texts(&accounts, "ld", false), [""; 0]);
    let refused = accounts.save_draft(private("ld", "x", 1), NOW).unwrap_err();
    assert!(matches!(refused, DraftError::Failure(failure) if failure.key == "draft-of-another"));
    assert_eq!(key(accounts.drop_draft(Uuid::from_u128(2), "ld")), "draft-of-another");
    // A colleague writes in what is shared, and does not take it for himself.
    accounts.save_draft(Draft { shared: false, ..draft(1, "ld", "thêm", 1) }, NOW + 2).unwrap();
    assert_eq!(texts(&accounts, "ld", true), ["thêm"]);
    assert_eq!(
        key(accounts.drop_draft(Uuid::from_u128(1), "ld")),
        "draft-of-another",
        "nor does he remove it"
    );
    accounts.drop_draft(Uuid::from_u128(1), "vt").unwrap();
    accounts.drop_draft(Uuid::from_u128(2), "vt").unwrap();
    assert_eq!(texts(&accounts, "vt", true), [""; 0]);
    accounts.drop_draft(Uuid::from_u128(2), "vt").unwrap();
}

#[test]
fn drafts_outlive_sessions_and_what_was_dropped_meanwhile_is_kept() {
    let (dir, accounts) = desk();
    let token = signed_in(&accounts, "vt", NOW);
    accounts.save_draft(draft(1, "vt", "a", 0), NOW).unwrap();
    accounts.logout(&token).unwrap();
    drop(accounts);
    let accounts = Accounts::open(dir.path(), Realm::Desk).unwrap();
    assert_eq!(texts(&accounts, "vt", false), ["a"]);
    accounts.drop_draft(Uuid::from_u128(1), "vt").unwrap();
    assert_eq!(accounts.save_draft(draft(1, "vt", "b", 1), NOW), Ok(1));
    assert_eq!(texts(&accounts, "vt", false), ["b"]);
}

#[test]
fn drafts_are_bounded() {
    let (_dir, accounts) = desk();
    let huge = draft(1, "vt", &"x".repeat(limits::DRAFT), 0);
    let refused = accounts.save_draft(huge, NOW).unwrap_err();
    assert!(matches!(refused, DraftError::Failure(failure) if failure.key == "draft-too-large"));
    {
        let conn = accounts.conn();
        for number in 0..limits::DRAFTS as u128 {
            super::super::drafts::insert(&conn, &draft(100 + number, "vt", "", 1), NOW).unwrap();
        }
    }
    let refused = accounts.save_draft(draft(1, "vt", "x", 0), NOW).unwrap_err();
    assert!(matches!(refused, DraftError::Failure(failure) if failure.key == "draft-too-many"));
    accounts.save_draft(draft(1, "ld", "x", 0), NOW).unwrap();
}
