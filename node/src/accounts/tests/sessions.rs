use super::*;
use truc_proto::limits;

const MINUTE: u64 = 60;

#[test]
fn a_session_says_whose_it_is() {
    let (_dir, accounts) = desk();
    let token = signed_in(&accounts, "vt", NOW);
    let session = accounts.session(&token, NOW + 5).unwrap().unwrap();
    assert_eq!((session.account.name.as_str(), session.since, session.flash), ("vt", NOW, None));
    assert_eq!(session.csrf, token.csrf());
    assert_ne!(session.csrf, signed_in(&accounts, "vt", NOW).csrf(), "each session has its own");
}

#[test]
fn logging_out_ends_it_here() {
    let (_dir, accounts) = desk();
    let (token, other) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
    accounts.logout(&token).unwrap();
    assert_eq!(accounts.session(&token, NOW).unwrap(), None);
    assert!(accounts.session(&other, NOW).unwrap().is_some());
    accounts.logout(&token).unwrap();
}

/// Seconds without a sign of life after which the session is over.
fn ends_after(accounts: &Accounts, name: &str) -> u64 {
    let over = |quiet: u64| {
        let token = signed_in(accounts, name, NOW);
        accounts.session(&token, NOW + quiet).unwrap().is_none()
    };
    *[5 * MINUTE, 15 * MINUTE].iter().find(|quiet| !over(**quiet - 1) && over(**quiet)).unwrap()
}

#[test]
fn idle_sessions_end_sooner_for_administrators() {
    let (_dir, accounts) = desk();
    assert_eq!(ends_after(&accounts, "vt"), 15 * MINUTE);
    assert_eq!(ends_after(&accounts, "qtv"), 5 * MINUTE);
    let dir = tempfile::tempdir().unwrap();
    let console = Accounts::open(dir.path(), Realm::Console).unwrap();
    console.add("t", person("td", Role::Observer), NOW).unwrap();
    console.add("t", person("qt", Role::Administrator), NOW).unwrap();
    assert_eq!(ends_after(&console, "td"), 15 * MINUTE);
    assert_eq!(ends_after(&console, "qt"), 5 * MINUTE);
}

#[test]
fn what_is_done_keeps_a_session_alive_and_a_page_left_open_does_not() {
    let (_dir, accounts) = desk();
    let (active, open) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
    for minutes in 1..15 {
        assert!(accounts.session(&active, NOW + minutes * MINUTE).unwrap().is_some());
        assert!(accounts.peek(&open, NOW + minutes * MINUTE).unwrap().is_some());
    }
    assert!(accounts.session(&active, NOW + 16 * MINUTE).unwrap().is_some());
    assert_eq!(accounts.peek(&open, NOW + 16 * MINUTE).unwrap(), None);
    assert_eq!(accounts.session(&open, NOW).unwrap(), None, "ended is ended");
}

#[test]
fn signs_of_life_are_written_once_a_minute() {
    let (_dir, accounts) = desk();
    let token = signed_in(&accounts, "vt", NOW);
    let changes = || accounts.conn().total_changes();
    let before = changes();
    for second in 0..60 {
        accounts.session(&token, NOW + second).unwrap();
    }
    assert_eq!(changes(), before);
    accounts.session(&token, NOW + 60).unwrap();
    accounts.session(&token, NOW + 61).unwrap();
    assert_eq!(changes(), before + 1);
}

#[test]
fn no_session_outlives_its_twelve_hours() {
    let (_dir, accounts) = desk();
    let token = signed_in(&accounts, "vt", NOW);
    let end = 12 * 60;
    for minutes in (0..end).step_by(10) {
        assert!(accounts.session(&token, NOW + minutes * MINUTE).unwrap().is_some());
    }
    assert!(accounts.session(&token, NOW + end * MINUTE - 1).unwrap().is_some());
    assert_eq!(accounts.session(&token, NOW + end * MINUTE).unwrap(), None);
}

#[test]
fn of_too_many_sessions_the_oldest_ends() {
    let (_dir, accounts) = desk();
    let first = signed_in(&accounts, "vt", NOW);
    let rest: Vec<Token> =
        (1..=limits::SESSIONS as u64).map(|at| signed_in(&accounts, "vt", NOW + at)).collect();
    assert_eq!(accounts.peek(&first, NOW + 20).unwrap(), None);
    assert!(rest.iter().all(|token| accounts.peek(token, NOW + 20).unwrap().is_some()));
    let listed = accounts.sessions("vt").unwrap();
    assert_eq!(listed.len(), limits::SESSIONS);
    assert_eq!((listed[0].since, listed[0].source.as_str()), (NOW + limits::SESSIONS as u64, DESK));
    signed_in(&accounts, "ld", NOW + 3600);
    assert_eq!(accounts.sessions("vt").unwrap(), [], "old ones go");
}

#[test]
fn the_next_page_says_it_once() {
    let (_dir, accounts) = desk();
    let (token, other) = (signed_in(&accounts, "vt", NOW), signed_in(&accounts, "vt", NOW));
    accounts.flash(&token, "Đã lưu.".into()).unwrap();
    assert_eq!(accounts.peek(&token, NOW).unwrap().unwrap().flash.as_deref(), Some("Đã lưu."));
    assert_eq!(accounts.take_flash(&other).unwrap(), None);
    assert_eq!(accounts.take_flash(&token).unwrap().as_deref(), Some("Đã lưu."));
    assert_eq!(accounts.take_flash(&token).unwrap(), None);
    accounts.flash(&token, "ữ".repeat(limits::FLASH)).unwrap();
    let cut = accounts.take_flash(&token).unwrap().unwrap();
    assert!(cut.len() <= limits::FLASH && cut.ends_with('ữ'));
}

#[test]
fn a_session_of_a_clock_in_the_future_is_over_when_the_clock_is_right() {
    let (_dir, accounts) = desk();
    for days in [1, 20, 60, 100, 400, 3_650] {
        let then = NOW + days * 24 * 60 * MINUTE;
        for later in [0, 15, 20 * 60 * MINUTE, (then - NOW) / 2] {
            let token = signed_in(&accounts, "vt", then);
            assert!(accounts.peek(&token, then + MINUTE).unwrap().is_some(), "by that clock it lasts");
            assert_eq!(accounts.session(&token, NOW + later).unwrap(), None, "{days} {later}");
        }
        // Who signs in by the right clock again stays so.
        let token = signed_in(&accounts, "vt", NOW);
        assert!(accounts.session(&token, NOW + MINUTE).unwrap().is_some());
        let behind = signed_in(&accounts, "vt", NOW - 400 * 24 * 60 * MINUTE);
        assert_eq!(accounts.session(&behind, NOW).unwrap(), None);
    }
}

#[test]
fn who_is_signed_in_reads_on_where_nothing_can_be_written() {
    let (_dir, accounts) = desk();
    let Ok(Login::In(token)) = attempt(&accounts, "vt", GOOD, DESK, NOW) else { panic!("no login") };
    accounts.conn().pragma_update(None, "query_only", true).unwrap();
    let later = NOW + limits::SESSION_TOUCH.as_secs();
    assert!(accounts.session(&token, later).unwrap().is_some());
}

#[test]
fn people_sign_in_where_nothing_can_be_written_and_nothing_that_must_last_is_lost() {
    let (_dir, accounts) = desk();
    accounts.conn().pragma_update(None, "query_only", true).unwrap();
    let Ok(Login::In(token)) = attempt(&accounts, "vt", GOOD, DESK, NOW) else { panic!("no login") };
    assert!(accounts.session(&token, NOW).unwrap().is_some());
    assert!(matches!(attempt(&accounts, "vt", "wrong", DESK, NOW), Err(Refused::Wrong { .. })));
    let changed = accounts.set_disabled("qtv", "ld", true, NOW).unwrap_err();
    assert_eq!(changed.exit, ExitCode::CannotWrite, "what must last is refused");
    // The disk takes writes again: what is in memory goes into the file, and changes last.
    accounts.loose().as_mut().unwrap().tried_long_ago();
    accounts.set_disabled("qtv", "ld", true, NOW).unwrap();
    assert!(accounts.loose().is_none());
    assert!(accounts.session(&token, NOW).unwrap().is_some(), "who signed in stays signed in");
    assert!(noted(&accounts).iter().any(|(who, what, _)| who == "vt" && what == "login"));
}

#[test]
fn people_sign_out_where_nothing_can_be_written_and_what_is_deleted_there_is_gone() {
    let (dir, accounts) = desk();
    let token = signed_in(&accounts, "vt", NOW);
    let draft = Draft {
        id: uuid::Uuid::from_u128(1),
        form: "directive".into(),
        owner: "vt".into(),
        title: "Dự thảo".into(),
        fields: "{}".into(),
        shared: false,
        version: 0,
    };
    accounts.save_draft(draft.clone(), NOW).unwrap();
    accounts.conn().pragma_update(None, "query_only", true).unwrap();
    accounts.logout(&token).unwrap();
    assert_eq!(accounts.session(&token, NOW).unwrap(), None);
    let kept = accounts.drop_draft(draft.id, "vt").unwrap_err();
    assert_eq!(kept.exit, ExitCode::CannotWrite, "it would come back");
    let live = accounts.end_all_sessions().unwrap_err();
    assert_eq!(live.exit, ExitCode::CannotWrite, "they would live on");
    accounts.loose().as_mut().unwrap().tried_long_ago();
    accounts.drop_draft(draft.id, "vt").unwrap();
    drop(accounts);
    let accounts = Accounts::open(dir.path(), Realm::Desk).unwrap();
    assert_eq!(accounts.session(&token, NOW).unwrap(), None, "signed out for good");
    assert_eq!(accounts.draft(draft.id).unwrap(), None);
}

#[test]
fn a_watch_stays_and_opens_nothing_else() {
    let (_dir, accounts) = desk();
    let watch = accounts.watch_begin("qtv", ip(DESK), NOW).unwrap();
    let end = NOW + limits::WATCH.as_secs();
    for later in [NOW, NOW + limits::SESSION_IDLE.as_secs() + 1, NOW + limits::SESSION.as_secs() + 1, end - 1]
    {
        assert!(accounts.watch(&watch, later).unwrap().is_some(), "{later}");
        assert_eq!(accounts.session(&watch, later).unwrap(), None, "it is no session");
        assert_eq!(accounts.peek(&watch, later).unwrap(), None);
        // Whoever signs in beside it does not end it.
        let token = signed_in(&accounts, "qtv", later);
        assert_eq!(accounts.watch(&token, later).unwrap(), None, "and no session is a watch");
    }
    assert_eq!(accounts.watch(&watch, end).unwrap(), None);

    let again: Vec<Token> = (0..=limits::WATCHES)
        .map(|at| accounts.watch_begin("qtv", ip(DESK), NOW + at as u64).unwrap())
        .collect();
    let there = |token: &Token| accounts.watch(token, NOW + 60).unwrap().is_some();
    assert!(!there(&again[0]) && again[1..].iter().all(there), "the oldest goes");
    type Change<'a> = (&'a str, &'a dyn Fn() -> Result<(), Failure>);
    let changes: [Change<'_>; 3] = [
        ("password", &|| accounts.set_password("ld", "qtv", "một mật khẩu khác dài", NOW)),
        ("sessions", &|| accounts.end_sessions("ld", "qtv")),
        ("all", &|| accounts.end_all_sessions()),
    ];
    for (what, change) in changes {
        let watch = accounts.watch_begin("qtv", ip(DESK), NOW).unwrap();
        change().unwrap();
        assert_eq!(accounts.watch(&watch, NOW).unwrap(), None, "{what}");
    }
}
