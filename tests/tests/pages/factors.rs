//! Second factors: what sign-in offers, what asks for the password, who takes a lost one away; and what logins leave.

use truc_node::accounts::{Accounts, Realm, Role, TotpSecret};
use truc_node::clock::unix_now;
use truc_node::words::{self, Lang};
use truc_tests::pages::http::Visitor;
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, HUB, Small};

fn word(key: &str) -> String {
    words::say(Lang::Vi, key, &[])
}

/// What an app shows so many seconds from now.
pub(crate) fn app(base32: &str, later: i64) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    app.generate(unix_now().checked_add_signed(later).unwrap()).to_string()
}

/// Gives a person an app; returns its secret and a recovery code.
fn with_app(small: &Small, name: &str, realm: Realm, person: &Person) -> (TotpSecret, String) {
    let accounts = Accounts::open(&small.dir(name), realm).unwrap();
    let secret = accounts.totp_begin(&person.user, unix_now()).unwrap();
    let code = app(secret.secret_base32.reveal(), 0);
    let codes = accounts.totp_confirm(&person.user, &code, unix_now()).unwrap();
    (secret, codes[0].reveal().to_owned())
}

/// The pending login in a page that asks for the second factor.
fn pending(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"pending\" value=\"").unwrap_or_else(|| panic!("{page}"));
    rest.split_once('"').unwrap().0
}

#[test]
fn sign_in_offers_what_the_account_has_and_says_what_is_wrong() {
    let small = Small::new();
    let site = small.url(COMMUNE);
    let clerk = small.person(COMMUNE, Role::Clerk, "van.thu");
    let mut nobody = Visitor::nobody(&site);
    let page = nobody.get("/login").body;
    assert!(page.contains("autocapitalize=\"none\""), "telephones begin with a capital: {page}");
    assert_eq!(nobody.login(" Van.Thu ", &clerk.password).status, 303, "and a name is the same in capitals");

    let (secret, recovery) = with_app(&small, COMMUNE, Realm::Desk, &clerk);
    let asked = nobody.login(&clerk.user, &clerk.password).body;
    assert!(asked.contains(&word("hint-code")), "{asked}");
    assert!(!asked.contains("data-passkey"), "there is no passkey: {asked}");
    for late in ["000000".to_owned(), app(secret.secret_base32.reveal(), 7 * 3600)] {
        let heard = nobody.post("/login/code", &[("pending", pending(&asked)), ("code", &late)]);
        assert!(heard.body.contains(&word("err-code")), "{}", heard.body);
        assert!(!heard.body.contains(&word("err-login")), "the password was right");
    }
    let entered = nobody.post("/login/code", &[("pending", pending(&asked)), ("code", &recovery)]);
    assert_eq!(entered.status, 303);
    nobody.cookie = entered.cookie();
    assert_eq!(nobody.get("/in").status, 200);

    // Of one whose codes are used up no code is asked that is not there.
    let conn = rusqlite::Connection::open(small.dir(COMMUNE).join(truc_node::accounts::ACCOUNTS)).unwrap();
    conn.execute("DELETE FROM recovery", []).unwrap();
    let asked = Visitor::nobody(&site).login(&clerk.user, &clerk.password).body;
    assert!(asked.contains(&word("hint-code-app")) && !asked.contains(&word("hint-code")), "{asked}");
}

#[test]
fn nothing_of_a_factor_changes_before_the_password() {
    let small = Small::new();
    let clerk = small.person(COMMUNE, Role::Clerk, "van.thu");
    let who = Visitor::sign_in(&small.url(COMMUNE), &clerk);
    let accounts = Accounts::open(&small.dir(COMMUNE), Realm::Desk).unwrap();
    let has = || accounts.factors(&clerk.user).unwrap();
    let page = who.get("/me/factor").body;
    assert!(page.contains("/me/factor/prove") && !page.contains("data-live"), "{page}");
    for deed in ["/me/factor/app", "/me/passkey/begin"] {
        let heard = who.send(deed, &[]);
        assert_eq!((heard.status, heard.header("location")), (303, "/me/factor"), "{deed}");
    }
    assert!(!who.get("/me/factor").body.contains("class=\"qr\""), "no secret was made");
    let wrong = who.send("/me/factor/prove", &[("password", "sai mật khẩu rồi")]);
    assert!(wrong.status == 422 && !wrong.body.contains("0 giây"), "{}", wrong.body);
    assert_eq!(who.send("/me/factor/prove", &[("password", &clerk.password)]).status, 303);
    assert_eq!(who.send("/me/factor/app", &[]).status, 303);
    let secret = || {
        let page = who.get("/me/factor").body;
        let (_, rest) = page.split_once("<p class=\"so\"><code>").unwrap_or_else(|| panic!("{page}"));
        rest.split_once('<').unwrap().0.to_owned()
    };
    let first = secret();
    assert_eq!(secret(), first, "looking again changes nothing");
    assert_eq!(who.send("/me/factor", &[("code", "000000")]).status, 422);
    assert_eq!(secret(), first, "nor does a wrong code");
    let codes = who.send("/me/factor", &[("code", &app(&first, 0))]);
    assert!(codes.status == 200 && has().app && has().codes > 0, "{}", codes.body);

    // In another session of the same person the password is asked again.
    let other = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Chief, "lanh.dao"));
    for deed in ["/me/factor/remove", "/me/factor/codes", "/me/passkey/remove"] {
        assert_eq!(other.send(deed, &[]).header("location"), "/me/factor", "{deed}");
    }
    assert_eq!(who.send("/me/factor/codes", &[]).status, 200);
    assert_eq!(who.send("/me/factor/remove", &[]).status, 303);
    assert!(!has().app && has().codes == 0);
}

#[test]
fn an_administrator_takes_a_lost_factor_away() {
    let small = Small::new();
    for (name, realm) in [(COMMUNE, Realm::Desk), (HUB, Realm::Console)] {
        let site = small.url(name);
        let admin = Visitor::sign_in(&site, &small.person(name, Role::Administrator, "quan.tri"));
        let lost = small.person(name, Role::of(realm)[0], "mat.may");
        let had = Visitor::sign_in(&site, &lost);
        with_app(&small, name, realm, &lost);
        let page = admin.get("/accounts/mat.may").body;
        assert!(page.contains("value=\"factor\""), "{page}");
        assert_eq!(admin.send("/accounts/mat.may", &[("do", "factor")]).status, 303);
        assert_eq!(had.get("/me").status, 303, "their sessions end");
        let mut back = Visitor::nobody(&site);
        let heard = back.login(&lost.user, &lost.password);
        assert_eq!(heard.status, 303, "the password is enough");
        back.cookie = heard.cookie();
        assert_eq!(back.get("/").header("location"), "/me/password", "and must be changed");
        let told = back.get("/me/password").body;
        assert!(told.contains("quan.tri đã gỡ xác thực hai lớp"), "{told}");
        assert!(admin.get("/notes").body.contains(&word("note-factor-reset")));
        // One's own is no such case: it asks for the password.
        let own = admin.send("/accounts/quan.tri", &[("do", "factor")]);
        assert!(own.body.contains("gỡ xác thực hai lớp của chính mình"), "{}", own.body);

        let (_, recovery) = with_app(&small, name, realm, &lost);
        small.ask(name, &["account", "reset-factor", "Mat.May", "--author", "quan.tri"]);
        assert_eq!(Visitor::nobody(&site).login(&lost.user, &lost.password).status, 303, "{recovery}");
    }
}

#[test]
fn logins_leave_no_memory() {
    let small = Small::new();
    let (site, clerk) = (small.url(COMMUNE), small.person(COMMUNE, Role::Clerk, "van.thu"));
    let logins = |each: usize| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let nobody = Visitor::nobody(&site);
                    (0..each)
                        .for_each(|_| assert_eq!(nobody.login(&clerk.user, &clerk.password).status, 303));
                });
            }
        });
    };
    let before = small.resident(COMMUNE);
    logins(12);
    let after = small.resident(COMMUNE);
    // 48 logins, four at a time: each thread that ever hashed kept 19 MiB.
    assert!(after < before + 12 * 1024 * 1024, "{before} {after}");
}

#[test]
fn a_proxy_on_the_same_machine_is_refused() {
    let small = Small::new();
    let nobody = Visitor::nobody(&small.url(COMMUNE));
    for header in ["x-forwarded-for", "forwarded"] {
        let header = http::HeaderName::from_static(header);
        let heard = nobody.ask(http::Method::GET, "/login", &[(header, "192.0.2.9")], "");
        assert_eq!(heard.status, 403, "{}", heard.body);
    }
    assert_eq!(nobody.get("/login").status, 200);
}
