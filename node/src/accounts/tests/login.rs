use std::time::Duration;

use super::*;
use crate::accounts::password::work;
use truc_proto::limits;

fn wrong(result: Result<Login, Refused>) -> Duration {
    match result {
        Err(Refused::Wrong { wait }) => wait,
        other => panic!("{other:?}"),
    }
}

fn must_wait(result: Result<Login, Refused>) -> Duration {
    match result {
        Err(Refused::Wait { wait }) => wait,
        other => panic!("{other:?}"),
    }
}

#[test]
fn unknown_disabled_and_mistyped_are_one_answer_for_the_same_work() {
    let (_dir, accounts) = desk();
    accounts.set_disabled("qtv", "ld", true, NOW).unwrap();
    for (name, password) in
        [("vt", "sai"), ("nobody", GOOD), ("ld", GOOD), ("ld", "sai"), ("Not A Name", "x"), ("", "")]
    {
        let before = work::DONE.get();
        let refused = attempt(&accounts, name, password, &format!("192.0.2.{}", name.len() + 50), NOW);
        assert_eq!(refused, Err(Refused::Wrong { wait: Duration::ZERO }), "{name}");
        assert_eq!(work::DONE.get(), before + 1, "{name}: one hash");
    }
}

#[test]
fn an_account_is_named_as_people_type_it() {
    let (_dir, accounts) = desk();
    for name in ["vt", "Vt", " VT\u{200b}"] {
        assert!(matches!(attempt(&accounts, name, GOOD, DESK, NOW), Ok(Login::In(_))), "{name:?}");
    }
}

#[test]
fn five_wrong_ones_and_then_growing_waits_up_to_a_quarter_of_an_hour() {
    let (_dir, accounts) = desk();
    let mut now = NOW;
    for _ in 1..limits::LOGIN_TRIES {
        assert_eq!(wrong(attempt(&accounts, "vt", "sai", DESK, now)), Duration::ZERO);
    }
    let mut waits = vec![wrong(attempt(&accounts, "vt", "sai", DESK, now))];
    while waits.len() < 8 {
        let wait = *waits.last().unwrap();
        let before = work::DONE.get();
        assert_eq!(must_wait(attempt(&accounts, "vt", GOOD, DESK, now)), wait, "even with the right one");
        assert_eq!(work::DONE.get(), before, "not looked at");
        now += wait.as_secs();
        waits.push(wrong(attempt(&accounts, "vt", "sai", DESK, now)));
    }
    let seconds: Vec<u64> = waits.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [30, 60, 120, 240, 480, 900, 900, 900]);
    // The colleague, or the owner, at another address is not locked out.
    assert!(matches!(attempt(&accounts, "vt", GOOD, ELSEWHERE, now), Ok(Login::In(_))));
    assert!(matches!(attempt(&accounts, "ld", GOOD, DESK, now), Ok(Login::In(_))));
    // And who waits gets in.
    now += 900;
    assert!(matches!(attempt(&accounts, "vt", GOOD, DESK, now), Ok(Login::In(_))));
    assert_eq!(wrong(attempt(&accounts, "vt", "sai", DESK, now)), Duration::ZERO, "forgiven");
}

#[test]
fn names_that_are_none_wait_too() {
    let (_dir, accounts) = desk();
    for _ in 0..limits::LOGIN_TRIES {
        wrong(attempt(&accounts, "nobody", "x", DESK, NOW));
    }
    must_wait(attempt(&accounts, "nobody", "x", DESK, NOW));
}

#[test]
fn one_source_cannot_try_all_names_and_a_right_password_is_no_way_around() {
    let (_dir, accounts) = desk();
    for number in 0..limits::LOGIN_SOURCE_TRIES {
        wrong(attempt(&accounts, &format!("name{number}"), "x", "2001:db8::1", NOW));
        if number == 5 {
            assert!(matches!(attempt(&accounts, "ld", GOOD, "2001:db8::1", NOW), Ok(Login::In(_))));
        }
    }
    must_wait(attempt(&accounts, "vt", GOOD, "2001:db8::ffff", NOW));
    assert!(matches!(attempt(&accounts, "vt", GOOD, "2001:db8:0:1::1", NOW), Ok(Login::In(_))));
}

#[test]
fn many_at_once_are_no_way_around() {
    let (_dir, accounts) = desk();
    let looked_at = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..12).map(|_| scope.spawn(|| attempt(&accounts, "vt", "sai", DESK, NOW))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let looked_at = looked_at.iter().filter(|result| matches!(result, Err(Refused::Wrong { .. }))).count();
    assert_eq!(looked_at, limits::LOGIN_TRIES as usize);
}

#[test]
fn every_login_has_a_token_of_its_own_and_the_store_knows_none() {
    let (dir, accounts) = desk();
    let (one, two) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
    assert_ne!(one, two);
    // A token that somebody else chose opens nothing, before or after a login.
    let chosen = Token::new().unwrap();
    assert_eq!(accounts.session(&chosen, NOW).unwrap(), None);
    let raw = data_encoding::BASE64URL_NOPAD.decode(one.to_string().as_bytes()).unwrap();
    accounts.conn().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let stored = std::fs::read(dir.path().join(ACCOUNTS)).unwrap();
    let holds = |bytes: &[u8]| stored.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(&one.hash()));
    assert!(!holds(&raw) && !holds(one.to_string().as_bytes()));
    assert!(!holds(GOOD.as_bytes()) && holds(b"$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one_and_other_sessions_end() {
    let (_dir, accounts) = desk();
    let (mine, other) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
    let change = |old, new| accounts.change_password("vt", old, new, &mine, NOW);
    let new = "bánh mướt Đô Lương";
    assert_eq!(key(change("sai", new)), "password-wrong");
    assert_eq!(key(change(GOOD, "ngắn quá")), "password-short");
    assert_eq!(key(change(GOOD, GOOD)), "password-same");
    change(GOOD, new).unwrap();
    assert!(accounts.session(&mine, NOW).unwrap().is_some());
    assert_eq!(accounts.session(&other, NOW).unwrap(), None);
    wrong(attempt(&accounts, "vt", GOOD, DESK, NOW));
    assert!(matches!(attempt(&accounts, "vt", new, DESK, NOW), Ok(Login::In(_))));
    // Who took a session over cannot guess on.
    for _ in 0..limits::LOGIN_CODE_TRIES {
        key(change("sai", "thêm một mật khẩu"));
    }
    assert_eq!(key(change(new, "thêm một mật khẩu")), "password-wrong", "it has to wait");
}

#[test]
fn logins_and_refusals_are_noted_without_names_that_are_none() {
    let (_dir, accounts) = desk();
    wrong(attempt(&accounts, "vt", "sai", DESK, NOW));
    wrong(attempt(&accounts, "matkhaucuatoi", "x", DESK, NOW));
    signed_in(&accounts, "vt", NOW + 1);
    let tail: Vec<_> = noted(&accounts).split_off(3);
    let of = |what: &str| ("vt".to_owned(), what.to_owned(), String::new());
    assert_eq!(tail, [of("login-refused"), of("login")]);
    assert_eq!(accounts.get("vt").unwrap().unwrap().last_login, Some(NOW + 1));
}
