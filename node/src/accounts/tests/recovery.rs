use super::passkeys::with_passkey;
use super::totp::{app, second, with_totp};
use super::*;
use truc_proto::limits;

/// Signs in by password and a code.
#[track_caller]
fn by_code(accounts: &Accounts, name: &str, code: &str) -> Result<Token, Refused> {
    second(accounts, &pending(accounts, name, NOW), code, NOW)
}

#[test]
fn codes_come_with_the_first_factor_and_stand_in_for_any() {
    let (_dir, accounts) = desk();
    let (_, codes) = with_passkey(&accounts, "vt", 7);
    assert_eq!(codes.len(), limits::RECOVERY_CODES);
    let has = Factors { app: false, passkeys: 1, codes: codes.len() };
    assert_eq!(accounts.factors("vt").unwrap(), has);
    assert_eq!(accounts.factors_of(&pending(&accounts, "vt", NOW), NOW).unwrap(), has);
    by_code(&accounts, "vt", codes[0].reveal()).unwrap();
    // What is printed stays good when an app and a second key come, and when one of them goes.
    let (_, more) = with_totp(&accounts, "vt");
    assert!(more.is_empty() && with_passkey(&accounts, "vt", 8).1.is_empty());
    by_code(&accounts, "vt", codes[1].reveal()).unwrap();
    accounts.totp_remove("vt", "vt").unwrap();
    by_code(&accounts, "vt", codes[2].reveal()).unwrap();
    assert!(by_code(&accounts, "vt", codes[2].reveal()).is_err(), "each once");

    let newer = accounts.new_recovery_codes("vt", NOW).unwrap();
    assert!(by_code(&accounts, "vt", codes[3].reveal()).is_err(), "the old ones are void");
    by_code(&accounts, "vt", newer[0].reveal()).unwrap();
    for id in [7, 8] {
        accounts.passkey_remove("vt", "vt", &[id; 16]).unwrap();
    }
    assert_eq!(accounts.factors("vt").unwrap(), Factors::default(), "with the last factor they go");
    assert_eq!(key(accounts.new_recovery_codes("vt", NOW)), "factor-none");
}

#[test]
fn what_is_not_there_is_not_removed_and_not_noted() {
    let (_dir, accounts) = desk();
    let token = signed_in(&accounts, "vt", NOW);
    for changed in [accounts.totp_remove("vt", "vt"), accounts.reset_factor("qtv", "vt", NOW)] {
        assert_eq!(key(changed), "factor-none");
    }
    let _device = with_passkey(&accounts, "ld", 7);
    assert_eq!(key(accounts.totp_remove("ld", "ld")), "factor-none");
    let noted = noted(&accounts);
    assert!(!noted.iter().any(|(_, what, _)| what == "totp-off" || what == "factor-reset"), "{noted:?}");
    assert!(accounts.session(&token, NOW).unwrap().is_some());
}

#[test]
fn somebody_else_takes_lost_factors_away_and_the_person_hears_of_it() {
    let (_dir, accounts) = desk();
    let (_, codes) = with_passkey(&accounts, "vt", 7);
    let (secret, _) = with_totp(&accounts, "vt");
    let session = by_code(&accounts, "vt", &app(&secret, NOW + 30)).unwrap();
    let watch = accounts.watch_begin("vt", ip(DESK), NOW).unwrap();
    assert_eq!(key(accounts.reset_factor("vt", "vt", NOW)), "factor-own");
    accounts.reset_factor("qtv", "vt", NOW).unwrap();
    assert!(noted(&accounts).contains(&("qtv".into(), "factor-reset".into(), "vt".into())));
    assert_eq!(accounts.session(&session, NOW).unwrap(), None);
    assert_eq!(accounts.watch(&watch, NOW).unwrap(), None);
    assert_eq!(accounts.factors("vt").unwrap(), Factors::default(), "{codes:?} too");
    // The password alone signs in, and has to be changed first.
    let token = signed_in(&accounts, "vt", NOW + 60);
    assert!(accounts.session(&token, NOW + 60).unwrap().unwrap().must_change);
    assert_eq!(accounts.take_reset("vt").unwrap(), Some(FactorReset { by: "qtv".into(), at: NOW }));
    assert_eq!(accounts.take_reset("vt").unwrap(), None, "it is told once");
}

#[test]
fn a_session_may_change_factors_for_a_while_after_its_password_was_typed() {
    let (_dir, accounts) = desk();
    let (one, other) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
    assert!(!accounts.is_proved(&one, NOW), "that one signed in is long ago for an open session");
    let wrong = accounts.prove_session("vt", "sai mật khẩu rồi", &one, NOW).unwrap_err();
    assert_eq!(wrong.key, "password-wrong");
    for lang in [crate::words::Lang::Vi, crate::words::Lang::En] {
        assert!(!wrong.message(lang).contains('0'), "no wait of 0 seconds: {}", wrong.message(lang));
    }
    accounts.prove_session("vt", GOOD, &one, NOW).unwrap();
    let end = NOW + limits::PROVED.as_secs();
    assert!(accounts.is_proved(&one, NOW) && accounts.is_proved(&one, end - 1));
    assert!(!accounts.is_proved(&one, end) && !accounts.is_proved(&other, NOW));
}
