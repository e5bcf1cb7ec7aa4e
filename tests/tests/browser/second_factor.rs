//! The second factor by an authenticator app: with scripts on, over TLS, at a desk that is opened by its IP address.

use truc_node::accounts::Role;
use truc_node::clock::unix_now;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::pages::window::Window;

use crate::{outside, word};

/// What an app shows so many seconds from now.
fn app(base32: &str, later: i64) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(base32.as_bytes()).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    app.generate(unix_now().checked_add_signed(later).unwrap()).to_string()
}

#[test]
fn an_app_is_set_up_and_signs_in() {
    let small = Small::over_tls();
    let site = small.url(COMMUNE);
    assert!(site.starts_with("https://127.0.0.1:"), "{site}");
    let person = small.person(COMMUNE, Role::Administrator, "quan.tri");
    let chief = small.person(TOP, Role::Chief, "chanh.vp");
    let window = Window::open();
    window.sign_in(&site, &person);
    assert_eq!(window.at(), "/me/factor", "an administrator from another machine is led here");
    window.fill("#password", &person.password);
    window.click("form[action='/me/factor/prove'] button");
    window.click("form[action='/me/factor/app'] button");
    window.until_there(".qr svg");
    let secret = window.text(".so code");
    // Something happens in the office, and the page stays as it is scanned.
    let title = ["--type", "CV", "--title", "Công văn", "--to", COMMUNE, "--author", &chief.user];
    small.ask(TOP, &[&["directive", "create"][..], &title].concat());
    truc_tests::support::until("it is here", || !small.titles(COMMUNE).is_empty());
    assert!(!window.has("body[data-live]"), "the page asks for nothing by itself");
    for wrong in ["000000".to_owned(), app(&secret, -300)] {
        window.fill("#code", &wrong);
        window.click("form[action='/me/factor'] button");
        window.until_said("giờ của máy hay điện thoại sai");
        assert_eq!(
            window.text(".so code"),
            secret,
            "after a wrong or late code the one that was scanned stays"
        );
    }
    let other = Window::open();
    other.sign_in(&site, &person);
    other.fill("#password", &person.password);
    other.click("form[action='/me/factor/prove'] button");
    other.until_there(".qr svg");
    assert_eq!(other.text(".so code"), secret, "so it does in a second window");
    window.fill("#code", &app(&secret, 0));
    window.click("form[action='/me/factor'] button");
    window.until_there(".codes code");
    let recovery = window.text(".codes code");
    window.click(".acts a.go");
    window.until_said(&word("factor-app-on"));

    window.go(&format!("{site}me"));
    window.click("form[action='/logout'] button");
    window.until_there("#password");
    window.credentials(&person);
    window.until_there("#code");
    assert!(!window.has("[data-passkey-use]"), "no passkey is offered to whom has none");
    window.fill("#code", &app(&secret, 7 * 3600));
    window.click("#main form button");
    window.until_said(&outside("err-code"));
    window.fill("#code", &recovery);
    window.click("#main form button");
    window.until("one is in", "location.pathname === '/'");
}
