//! Signing in and out: sessions begin anew, end where they are kept, and guessing leads nowhere.

use std::time::Instant;

use rusqlite::{Connection, params};
use truc_node::accounts::{ACCOUNTS, Accounts, Realm, Role};
use truc_node::clock::unix_now;
use truc_proto::limits;
use truc_tests::pages::http::{Heard, Visitor};
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, HUB, Small};

/// The store's sessions as if all had been quiet for so long.
fn quiet(small: &Small, name: &str, seconds: u64) {
    let conn = Connection::open(small.dir(name).join(ACCOUNTS)).unwrap();
    let long_ago = (unix_now() - seconds) as i64;
    let changed = conn.execute("UPDATE session SET touched = ?1", params![long_ago]).unwrap();
    assert!(changed > 0);
}

#[test]
fn a_session_is_new_kept_from_scripts_and_ends_at_the_server() {
    let small = Small::new();
    let (site, person) = (small.url(COMMUNE), small.person(COMMUNE, Role::Specialist, "chuyen.vien"));
    // Somebody else's token, or an old one of one's own, is not taken over (session fixation).
    let mut guest = Visitor::nobody(&site);
    let set = guest.login(&person.user, &person.password);
    let (first, flags) = (set.cookie().unwrap(), set.header("set-cookie").to_owned());
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(flags.contains(flag), "{flags}");
    }
    assert!(!flags.contains("Domain"), "{flags}");
    let forced = first.replace(|letter: char| letter.is_ascii_digit(), "0");
    guest.cookie = Some(forced.clone());
    let second = guest.login(&person.user, &person.password).cookie().unwrap();
    assert!(second != first && second != forced);

    let mut visitor = Visitor::sign_in(&site, &person);
    let token = visitor.cookie.clone();
    let out = visitor.send("/logout", &[]);
    assert!(
        out.header("set-cookie").contains("Max-Age=0") && out.header("clear-site-data").contains("cache")
    );
    // Whoever kept the cookie has nothing.
    visitor.cookie = token;
    assert_eq!(visitor.get("/").status, 303);
    guest.cookie = Some(first);
    assert_eq!(guest.get("/in").status, 200, "others of the same person go on");
    assert!(!guest.get("/in").body.contains(second.split_once('=').unwrap().1));
}

#[test]
fn a_disabled_account_is_out_at_once_and_a_changed_password_ends_the_others() {
    let small = Small::new();
    let (site, person) = (small.url(COMMUNE), small.person(COMMUNE, Role::Specialist, "chuyen.vien"));
    let (here, there) = (Visitor::sign_in(&site, &person), Visitor::sign_in(&site, &person));
    let new = "năm con trâu trắng";
    let fields = [("old", person.password.as_str()), ("new", new), ("again", new)];
    assert_eq!(here.send("/me/password", &fields).status, 303);
    assert_eq!((here.get("/in").status, there.get("/in").status), (200, 303));

    let admin = Visitor::sign_in(&site, &small.person(COMMUNE, Role::Administrator, "quan.tri"));
    assert_eq!(admin.send(&format!("/accounts/{}", person.user), &[("do", "disable")]).status, 303);
    assert_eq!(here.get("/in").status, 303);
    assert_eq!(Visitor::nobody(&site).login(&person.user, new).status, 401);
}

#[test]
fn an_idle_session_ends_and_a_page_left_open_does_not_keep_it() {
    let small = Small::new();
    for (name, role, idle) in [
        (COMMUNE, Role::Specialist, limits::SESSION_IDLE),
        (COMMUNE, Role::Administrator, limits::SESSION_IDLE_STRICT),
        (HUB, Role::Observer, limits::SESSION_IDLE),
        (HUB, Role::Administrator, limits::SESSION_IDLE_STRICT),
    ] {
        let person = small.person(name, role, &format!("vai.{}", role.code()));
        let visitor = Visitor::sign_in(&small.url(name), &person);
        let live = || {
            visitor.ask(http::Method::GET, "/", &[(http::HeaderName::from_static("x-truc-live"), "1")], "")
        };
        quiet(&small, name, idle.as_secs() - 120);
        assert_eq!(live().status, 200);
        quiet(&small, name, idle.as_secs() - 60);
        assert_eq!(live().status, 200, "{role:?}: not yet");
        // Had the live page counted, this would be the session's first quiet second.
        quiet(&small, name, idle.as_secs() + 1);
        assert_eq!(live().status, 303, "{role:?}: idle for too long");
        assert_eq!(visitor.get("/").status, 303);
    }
    // A live page leaves the time of the last deed as it was; a page that somebody opens does not.
    let person = small.person(COMMUNE, Role::Clerk, "van.thu");
    let visitor = Visitor::sign_in(&small.url(COMMUNE), &person);
    let touched = || {
        let accounts = Accounts::open(&small.dir(COMMUNE), Realm::Desk).unwrap();
        accounts.sessions(&person.user).unwrap()[0].touched
    };
    quiet(&small, COMMUNE, 600);
    let before = touched();
    visitor.ask(http::Method::GET, "/", &[(http::HeaderName::from_static("x-truc-live"), "1")], "");
    assert_eq!(touched(), before);
    visitor.get("/");
    assert!(touched() > before);
}

/// What a login says, without what was typed.
fn said(heard: &Heard, typed: &str) -> (u16, String) {
    (heard.status, heard.body.replace(typed, "…"))
}

#[test]
fn nobody_learns_which_accounts_there_are_and_guessing_has_to_wait() {
    let small = Small::new();
    let site = small.url(COMMUNE);
    let there = small.person(COMMUNE, Role::Clerk, "co.nguoi");
    let off = small.person(COMMUNE, Role::Clerk, "da.khoa");
    let admin = Visitor::sign_in(&site, &small.person(COMMUNE, Role::Administrator, "quan.tri"));
    assert_eq!(admin.send("/accounts/da.khoa", &[("do", "disable")]).status, 303);
    let nobody = Visitor::nobody(&site);
    let time = |user: &str, password: &str| {
        let begun = Instant::now();
        let heard = nobody.login(user, password);
        (said(&heard, user), begun.elapsed())
    };
    let (wrong, took) = time(&there.user, "sai mật khẩu rồi");
    let (unknown, unknown_took) = time("ai.do.la", "sai mật khẩu rồi");
    let (disabled, _) = time(&off.user, &off.password);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, disabled);
    // As much is hashed for a name that is none; on a busy machine only the order of size can be told.
    assert!(unknown_took * 5 > took, "{took:?} {unknown_took:?}");

    for _ in 0..limits::LOGIN_TRIES {
        nobody.login(&there.user, "sai mật khẩu rồi");
    }
    let right = nobody.login(&there.user, &there.password);
    assert_eq!(right.status, 401, "even the right one waits now");
    let colleague = Person { ..small.person(COMMUNE, Role::Clerk, "dong.nghiep") };
    assert_eq!(nobody.login(&colleague.user, &colleague.password).status, 303, "a colleague does not");
}
