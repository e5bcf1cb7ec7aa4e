use std::time::Duration;

use super::*;
use data_encoding::BASE32_NOPAD;
use truc_proto::limits;

/// What an app shows at a moment.
pub(super) fn app(secret: &TotpSecret, now: u64) -> String {
    let bytes = BASE32_NOPAD.decode(secret.secret_base32.reveal().as_bytes()).unwrap();
    let app = totp_rs::Builder::new().with_secret(bytes).build().unwrap();
    app.generate(now).to_string()
}

pub(super) fn with_totp(accounts: &Accounts, name: &str) -> (TotpSecret, Vec<Secret>) {
    let secret = accounts.totp_begin(name, NOW).unwrap();
    let codes = accounts.totp_confirm(name, &app(&secret, NOW), NOW).unwrap();
    (secret, codes)
}

pub(super) fn second(accounts: &Accounts, pending: &Pending, code: &str, now: u64) -> Result<Token, Refused> {
    accounts.second_factor(pending, code, ip(DESK), now)
}

#[test]
fn it_is_in_force_once_the_app_has_shown_it() {
    let (_dir, accounts) = desk();
    assert_eq!(key(accounts.totp_confirm("vt", "123456", NOW)), "totp-not-begun");
    let secret = accounts.totp_begin("vt", NOW).unwrap();
    let uri = secret.uri.reveal();
    assert!(uri.starts_with("otpauth://totp/Truc:vt?secret="), "{uri}");
    assert!(uri.contains(secret.secret_base32.reveal()));
    signed_in(&accounts, "vt", NOW);
    let later = app(&secret, NOW + 3600);
    assert_eq!(key(accounts.totp_confirm("vt", &later, NOW)), "totp-wrong");
    assert!(!accounts.get("vt").unwrap().unwrap().second_factor);
    let codes = accounts.totp_confirm("vt", &app(&secret, NOW), NOW).unwrap();
    assert_eq!(codes.len(), limits::RECOVERY_CODES);
    assert!(accounts.get("vt").unwrap().unwrap().second_factor);
    pending(&accounts, "vt", NOW);
}

#[test]
fn a_code_signs_in_once() {
    let (_dir, accounts) = desk();
    let (secret, _) = with_totp(&accounts, "vt");
    let confirmed = app(&secret, NOW);
    let login = pending(&accounts, "vt", NOW);
    assert_eq!(second(&accounts, &login, &confirmed, NOW), Err(Refused::Wrong { wait: Duration::ZERO }));
    let code = app(&secret, NOW + 60);
    let typed = format!(" {} {}", &code[..3], &code[3..]);
    let token = second(&accounts, &login, &typed, NOW + 60).unwrap();
    assert_eq!(accounts.session(&token, NOW + 60).unwrap().unwrap().account.name, "vt");
    // The same code again, and an older one of the same window.
    let again = pending(&accounts, "vt", NOW + 61);
    for used in [code, app(&secret, NOW + 30)] {
        let refused = second(&accounts, &again, &used, NOW + 61);
        assert!(matches!(refused, Err(Refused::Wrong { .. })), "{refused:?}");
    }
    second(&accounts, &again, &app(&secret, NOW + 90), NOW + 90).unwrap();
}

#[test]
fn a_recovery_code_signs_in_once_however_it_is_typed() {
    let (_dir, accounts) = desk();
    let (_, codes) = with_totp(&accounts, "vt");
    let typed = codes[3].reveal().to_uppercase().replace('-', " ");
    second(&accounts, &pending(&accounts, "vt", NOW), &typed, NOW).unwrap();
    let again = second(&accounts, &pending(&accounts, "vt", NOW), codes[3].reveal(), NOW);
    assert!(matches!(again, Err(Refused::Wrong { .. })));
    second(&accounts, &pending(&accounts, "vt", NOW), codes[4].reveal(), NOW).unwrap();
    assert!(noted(&accounts).contains(&("vt".into(), "recovery-code-used".into(), String::new())));
    let other = with_totp(&accounts, "ld");
    let stolen = second(&accounts, &pending(&accounts, "ld", NOW), codes[5].reveal(), NOW);
    assert!(matches!(stolen, Err(Refused::Wrong { .. })), "codes are their account's: {other:?}");
}

#[test]
fn the_password_alone_opens_nothing_and_waits_five_minutes() {
    let (_dir, accounts) = desk();
    let (secret, _) = with_totp(&accounts, "vt");
    let login = pending(&accounts, "vt", NOW);
    let as_session: Token = login.to_string().parse().unwrap();
    assert_eq!(accounts.session(&as_session, NOW).unwrap(), None);
    let late = NOW + limits::LOGIN_PENDING.as_secs();
    let refused = second(&accounts, &login, &app(&secret, late), late);
    assert!(matches!(refused, Err(Refused::Failure(failure)) if failure.key == "login-begin-anew"));
    let token = second(&accounts, &login, &app(&secret, late - 1), late - 1).unwrap();
    assert_ne!(token.to_string(), login.to_string(), "a new token");
    let spent = second(&accounts, &login, &app(&secret, late + 30), late - 1);
    assert!(matches!(spent, Err(Refused::Failure(_))), "a login ends once");
    assert!(accounts.session(&token, late).unwrap().is_some());
}

#[test]
fn guessing_codes_has_to_wait_and_the_password_does_not_forgive() {
    let (_dir, accounts) = desk();
    let (secret, _) = with_totp(&accounts, "vt");
    for _ in 0..limits::LOGIN_TRIES {
        let login = pending(&accounts, "vt", NOW);
        assert!(matches!(second(&accounts, &login, "000000", NOW), Err(Refused::Wrong { .. })));
    }
    assert!(matches!(attempt(&accounts, "vt", GOOD, DESK, NOW), Err(Refused::Wait { .. })));
    // From anywhere else it goes on, but not for ever.
    let mut looked_at = limits::LOGIN_TRIES;
    let last = loop {
        let from = format!("198.51.100.{looked_at}");
        let Ok(Login::SecondFactor(login)) = attempt(&accounts, "vt", GOOD, &from, NOW) else { panic!() };
        match accounts.second_factor(&login, "000000", ip(&from), NOW) {
            Err(Refused::Wrong { .. }) => looked_at += 1,
            other => break other,
        }
    };
    assert!(matches!(last, Err(Refused::Wait { .. })), "{last:?}");
    assert_eq!(looked_at, limits::LOGIN_CODE_TRIES);
    let later = NOW + limits::LOGIN_WAIT_LONGEST.as_secs();
    second(&accounts, &pending(&accounts, "vt", later), &app(&secret, later), later).unwrap();
}

#[test]
fn disabled_while_the_code_was_typed() {
    let (_dir, accounts) = desk();
    let (secret, _) = with_totp(&accounts, "vt");
    let login = pending(&accounts, "vt", NOW);
    accounts.set_disabled("qtv", "vt", true, NOW).unwrap();
    let refused = second(&accounts, &login, &app(&secret, NOW + 30), NOW + 30);
    assert!(matches!(refused, Err(Refused::Wrong { .. })));
}

#[test]
fn taking_it_away_ends_sessions_and_asks_for_a_password_that_stands_alone() {
    let (_dir, accounts) = desk();
    let (secret, codes) = with_totp(&accounts, "vt");
    let token =
        second(&accounts, &pending(&accounts, "vt", NOW + 30), &app(&secret, NOW + 30), NOW + 30).unwrap();
    accounts.change_password("vt", GOOD, "tám chữ!", &token, NOW).unwrap();
    accounts.totp_remove("qtv", "vt").unwrap();
    assert_eq!(accounts.session(&token, NOW + 30).unwrap(), None);
    let account = accounts.get("vt").unwrap().unwrap();
    assert!(account.must_change && !account.second_factor);
    let Ok(Login::In(token)) = attempt(&accounts, "vt", "tám chữ!", DESK, NOW) else { panic!() };
    assert_eq!(key(accounts.change_password("vt", "tám chữ!", "chín chữ!", &token, NOW)), "password-short");
    let again = with_totp(&accounts, "vt");
    assert_ne!(again.1, codes);
}

#[test]
fn a_code_used_by_a_clock_in_the_future_locks_nobody_out() {
    let (_dir, accounts) = desk();
    let (secret, _) = with_totp(&accounts, "vt");
    for days in [20, 400, 3_650] {
        let then = NOW + days * 86_400;
        let waits = pending(&accounts, "vt", then);
        second(&accounts, &waits, &app(&secret, then), then).unwrap();
        // A login that began by that clock is over.
        let left = pending(&accounts, "vt", then + 60);
        assert!(second(&accounts, &left, &app(&secret, NOW + 60), NOW + 60).is_err());
        let now = NOW + days * 60;
        let waits = pending(&accounts, "vt", now);
        second(&accounts, &waits, &app(&secret, now), now).unwrap();
        let waits = pending(&accounts, "vt", now);
        assert!(second(&accounts, &waits, &app(&secret, now), now).is_err(), "a code counts once");
    }
}

#[test]
fn the_secret_that_was_scanned_stays_until_it_is_confirmed() {
    let (_dir, accounts) = desk();
    let first = accounts.totp_begin("vt", NOW).unwrap();
    let wrong = accounts.totp_confirm("vt", "000000", NOW).unwrap_err();
    assert_eq!(wrong.key, "totp-wrong");
    assert_eq!(accounts.totp_begin("vt", NOW).unwrap(), first, "after a wrong code, and in a second window");
    accounts.totp_confirm("vt", &app(&first, NOW), NOW).unwrap();
    assert_ne!(accounts.totp_begin("vt", NOW).unwrap(), first, "a confirmed one is not shown again");
    assert_ne!(accounts.totp_begin("ld", NOW).unwrap(), accounts.totp_begin("vt", NOW).unwrap());
}

#[test]
fn who_saw_a_secret_once_does_not_know_the_factor_of_later() {
    let (_dir, accounts) = desk();
    let (later, minute) = (NOW + limits::TOTP_SHOWN.as_secs() + 1, NOW + 60);
    let seen = accounts.totp_begin("vt", NOW).unwrap();
    assert_eq!(key(accounts.totp_confirm("vt", &app(&seen, later), later)), "totp-not-begun");
    let newer = accounts.totp_begin("vt", later).unwrap();
    assert_ne!(newer, seen);
    // One that a wrong clock dated ahead.
    assert_ne!(accounts.totp_begin("vt", NOW).unwrap(), newer);
    type Change<'a> = (&'a str, &'a dyn Fn() -> Result<(), Failure>);
    let changes: [Change<'_>; 5] = [
        ("password", &|| accounts.set_password("qtv", "vt", "một mật khẩu khác dài", NOW)),
        ("sessions", &|| accounts.end_sessions("vt", "vt")),
        ("role", &|| accounts.set_role("qtv", "vt", Role::Chief, NOW)),
        ("name", &|| accounts.set_shown("qtv", "vt", "Tên khác", NOW)),
        ("disabled", &|| accounts.set_disabled("qtv", "vt", false, NOW)),
    ];
    for (what, change) in changes {
        let seen = accounts.totp_begin("vt", NOW).unwrap();
        change().unwrap();
        assert_eq!(key(accounts.totp_confirm("vt", &app(&seen, minute), minute)), "totp-not-begun", "{what}");
    }
}
