use std::fs;
use std::os::unix::fs::MetadataExt;

use super::*;
use crate::accounts::policy::{PASSWORDS, check};
use truc_proto::limits;

#[test]
fn the_first_account_is_made_once_and_its_password_left_for_the_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(dir.path(), Realm::Desk).unwrap();
    accounts.welcome().unwrap();
    accounts.welcome().unwrap();
    let file = dir.path().join(FIRST_PASSWORD);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    let (name, password) = text.trim().split_once('\n').unwrap();
    let all = accounts.list().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].name.as_str(), all[0].role, all[0].must_change), (name, Role::Administrator, true));
    let Ok(Login::In(token)) = attempt(&accounts, name, password, DESK, NOW) else { panic!() };
    assert!(accounts.session(&token, NOW).unwrap().unwrap().must_change);
    accounts.change_password(name, password, GOOD, &token, NOW).unwrap();
    assert!(!accounts.session(&token, NOW).unwrap().unwrap().must_change);
    assert!(!file.exists(), "it is worth nothing any more");
    assert_eq!(accounts.first(|_| Ok(())).unwrap(), None);
}

#[test]
fn the_store_is_for_its_owner_only_and_stays() {
    let (dir, accounts) = desk();
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", file.path());
    }
    drop(accounts);
    let again = Accounts::open(dir.path(), Realm::Desk).unwrap();
    assert_eq!(again.list().unwrap().len(), 3);
}

#[test]
fn accounts_of_another_version_are_refused_and_left_as_they_are() {
    let (dir, accounts) = desk();
    drop(accounts);
    let path = dir.path().join(ACCOUNTS);
    for (version, why) in [(SCHEMA + 1, "store-newer"), (SCHEMA - 1, "store-older")] {
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(conn);
        let before = fs::read(&path).unwrap();
        assert_eq!(key(Accounts::open(dir.path(), Realm::Desk)), why);
        assert_eq!(key(Accounts::reading(dir.path(), Realm::Desk)), why);
        assert_eq!(fs::read(&path).unwrap(), before, "{version}");
    }
}

#[test]
fn who_only_reads_makes_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let none = Accounts::reading(dir.path(), Realm::Desk).unwrap();
    assert_eq!((none.list().unwrap().len(), none.author("anybody").unwrap()), (0, "anybody"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let (dir, accounts) = desk();
    drop(accounts);
    let before = fs::read(dir.path().join(ACCOUNTS)).unwrap();
    let reading = Accounts::reading(dir.path(), Realm::Desk).unwrap();
    assert_eq!(reading.list().unwrap().len(), 3);
    assert_eq!(key(reading.add("t", person("new", Role::Clerk), NOW)), "io-read-only");
    assert_eq!(fs::read(dir.path().join(ACCOUNTS)).unwrap(), before);
}

#[test]
fn settings_that_promises_rest_on_are_taken() {
    let (_dir, accounts) = desk();
    let conn = accounts.conn();
    let of = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((of("synchronous"), of("foreign_keys"), of("secure_delete")), (2, 1, 1));
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn names_roles_and_passwords_are_checked_before_anything_is_made() {
    let (_dir, accounts) = desk();
    let long = "a".repeat(limits::AUTHOR);
    for name in ["", "nguyễn", "a b", "a/b", "a@b", "..", ".a", "-x", "_", "1a", &format!("{long}a")] {
        assert_eq!(key(accounts.add("t", person(name, Role::Clerk), NOW)), "account-name", "{name}");
    }
    accounts.add("t", person(&long, Role::Clerk), NOW).unwrap();
    accounts.add("t", person("n.v_a-2", Role::Clerk), NOW).unwrap();
    assert_eq!(key(accounts.add("t", person("vt", Role::Clerk), NOW)), "account-exists");
    assert_eq!(key(accounts.add("t", person("x", Role::Supervisor), NOW)), "account-role");
    assert_eq!(key(accounts.set_role("t", "vt", Role::Observer, NOW)), "account-role");
    let weak = NewAccount { password: Some("ngắn".into()), ..person("x", Role::Clerk) };
    assert_eq!(key(accounts.add("t", weak, NOW)), "password-short");
    for shown in ["a\nb".to_owned(), "ư".repeat(limits::SHOWN_NAME)] {
        assert_eq!(key(accounts.set_shown("t", "vt", &shown, NOW)), "account-shown-wrong");
    }
    assert_eq!(accounts.list().unwrap().len(), 5);
}

#[test]
fn a_person_signs_as_what_was_said_and_with_the_name() {
    let (_dir, accounts) = desk();
    let signs = |accounts: &Accounts| accounts.get("vt").unwrap().unwrap().signer();
    accounts.set_shown("t", "vt", "Nguyễn Văn A", NOW).unwrap();
    assert_eq!(signs(&accounts), "Nguyễn Văn A");
    // As a form sends it, with a line that was left empty.
    accounts.set_position("t", "vt", " T/M ĐẢNG ỦY \r\n\r\nPHÓ BÍ THƯ\r\n", NOW).unwrap();
    assert_eq!(signs(&accounts), "T/M ĐẢNG ỦY\nPHÓ BÍ THƯ\nNguyễn Văn A");
    for wrong in ["a\nb\nc".to_owned(), "ư".repeat(limits::SHOWN_NAME), "\u{202e}a".to_owned()] {
        assert_eq!(key(accounts.set_position("t", "vt", &wrong, NOW)), "account-position-wrong");
    }
    accounts.set_position("t", "vt", "", NOW).unwrap();
    assert_eq!(signs(&accounts), "Nguyễn Văn A");
}

#[test]
fn a_password_that_was_made_is_good_whatever_the_name() {
    // Names made of letters that generated passwords consist of: about 20 of 20,000 would contain such a name.
    for name in ["abc", "xyz", "k7m", "a-b"].iter().cycle().take(20_000) {
        let made = new_password(name).unwrap();
        assert!(check(&PASSWORDS, name, made.reveal(), false).is_ok(), "{name}");
    }
}

#[test]
fn a_password_that_was_made_works_and_must_be_changed() {
    let (_dir, accounts) = desk();
    let new = NewAccount { password: None, ..person("cv", Role::Specialist) };
    let added = accounts.add("qtv", new, NOW).unwrap();
    let password = added.password.unwrap();
    assert!(added.account.must_change);
    assert!(matches!(attempt(&accounts, "cv", password.reveal(), DESK, NOW), Ok(Login::In(_))));
    assert!(noted(&accounts).contains(&("qtv".into(), "account-added".into(), "cv".into())));
}

#[test]
fn disabling_and_changes_of_role_and_password_end_all_sessions_at_once() {
    let (_dir, accounts) = desk();
    type Change<'a> = &'a dyn Fn() -> Result<(), Failure>;
    let changes: [(&str, Change<'_>); 4] = [
        ("disabled", &|| accounts.set_disabled("qtv", "vt", true, NOW)),
        ("role", &|| accounts.set_role("qtv", "vt", Role::Specialist, NOW)),
        ("password", &|| accounts.set_password("qtv", "vt", GOOD, NOW)),
        ("ended", &|| accounts.end_sessions("qtv", "vt")),
    ];
    for (what, change) in changes {
        accounts.set_disabled("qtv", "vt", false, NOW).unwrap();
        let (one, two) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
        let other = signed_in(&accounts, "ld", NOW);
        change().unwrap();
        assert_eq!(accounts.session(&one, NOW).unwrap(), None, "{what}");
        assert_eq!(accounts.peek(&two, NOW).unwrap(), None, "{what}");
        assert!(accounts.session(&other, NOW).unwrap().is_some(), "{what}");
        if what == "disabled" {
            assert!(matches!(attempt(&accounts, "vt", GOOD, DESK, NOW), Err(Refused::Wrong { .. })));
        }
    }
}

#[test]
fn the_last_active_administrator_stays() {
    let (_dir, accounts) = desk();
    let last = "account-last-administrator";
    assert_eq!(key(accounts.set_disabled("qtv", "qtv", true, NOW)), last);
    assert_eq!(key(accounts.set_role("qtv", "qtv", Role::Clerk, NOW)), last);
    accounts.set_role("qtv", "qtv", Role::Administrator, NOW).unwrap();
    accounts.set_role("qtv", "ld", Role::Administrator, NOW).unwrap();
    accounts.set_disabled("qtv", "ld", true, NOW).unwrap();
    assert_eq!(key(accounts.set_disabled("qtv", "qtv", true, NOW)), last, "the other one is disabled");
    accounts.set_disabled("qtv", "ld", false, NOW).unwrap();
    accounts.set_disabled("ld", "qtv", true, NOW).unwrap();
    assert_eq!(key(accounts.set_disabled("t", "nobody", true, NOW)), "account-unknown");
}

#[test]
fn what_people_set_stays() {
    let (_dir, accounts) = desk();
    let before = accounts.get("vt").unwrap().unwrap();
    assert_eq!((before.lang, before.theme, before.keys), (Lang::Vi, Theme::Auto, true));
    for theme in [Theme::Light, Theme::Dark, Theme::Auto] {
        accounts.settings("vt", Settings { lang: Lang::En, theme, keys: false }).unwrap();
        let after = accounts.get("vt").unwrap().unwrap();
        assert_eq!((after.lang, after.theme, after.keys), (Lang::En, theme, false));
    }
    accounts.set_shown("qtv", "vt", " Nguyễn Văn A ", NOW).unwrap();
    assert_eq!(accounts.get("vt").unwrap().unwrap().shown, "Nguyễn Văn A");
}

#[test]
fn an_author_is_an_active_account_once_there_are_some() {
    let dir = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(dir.path(), Realm::Desk).unwrap();
    assert_eq!(accounts.author("root"), Ok("root"));
    accounts.first(|_| Ok(())).unwrap();
    assert_eq!(accounts.author("root"), Ok("root"), "the first one was not added by anybody");
    accounts.add("t", person("vt", Role::Clerk), NOW).unwrap();
    let refused = accounts.author("root").unwrap_err();
    assert_eq!((refused.exit, &*refused.key), (ExitCode::NotAllowed, "author-unknown"));
    assert_eq!(accounts.author("vt"), Ok("vt"));
    accounts.set_disabled("t", "vt", true, NOW).unwrap();
    assert_eq!(key(accounts.author("vt")), "author-unknown");
    assert_eq!(accounts.author("admin"), Ok("admin"));
}

#[test]
fn notes_are_read_backwards_in_pages_and_old_ones_go() {
    let (_dir, accounts) = desk();
    let kept = limits::NOTES_KEPT.as_secs();
    accounts.note("vt", "exported", "sổ đến", Some(ip("::ffff:192.0.2.7")), NOW).unwrap();
    let newest = accounts.notes(None, 1).unwrap();
    assert_eq!((newest[0].what.as_str(), newest[0].source.as_deref()), ("exported", Some("192.0.2.7")));
    let before = accounts.notes(Some(newest[0].id), 2).unwrap();
    assert_eq!(before.iter().map(|note| note.about.as_str()).collect::<Vec<_>>(), ["ld", "vt"]);
    accounts.note("vt", "later", "", None, NOW + kept).unwrap();
    assert_eq!(accounts.notes(None, 100).unwrap().len(), 5, "a year is not over");
    accounts.note("vt", "latest", "", None, NOW + kept + 1).unwrap();
    let left = noted(&accounts);
    assert_eq!(left.iter().map(|(_, what, _)| what.as_str()).collect::<Vec<_>>(), ["later", "latest"]);
}

#[test]
fn nothing_secret_shows() {
    let (_dir, accounts) = desk();
    let attempt = Attempt { name: "secret-name".into(), password: "secret-pass".into(), source: ip(DESK) };
    let new = NewAccount { password: Some("secret-pass".into()), ..person("x", Role::Clerk) };
    let totp = accounts.totp_begin("vt", NOW).unwrap();
    let shown = format!("{attempt:?} {new:?} {accounts:?} {totp:?}");
    assert!(!shown.contains("secret-") && !shown.contains(totp.secret_base32.reveal()), "{shown}");
}
