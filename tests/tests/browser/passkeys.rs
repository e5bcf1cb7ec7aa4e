//! A passkey: made at the account's page, asked for at the next login, by a device that the browser plays.

use truc_node::accounts::{ACCOUNTS, Realm, Role};
use truc_tests::pages::demo::Demo;
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, Small};
use truc_tests::pages::window::Window;

use crate::{outside, word};

#[test]
fn a_passkey_is_made_and_signs_in() {
    let demo = Demo::shared();
    // Passkeys belong to a name; an address is none.
    let site = demo.console().replace("127.0.0.1", "localhost");
    let person = Person::new(&demo.store(Realm::Console, ""), Realm::Console, Role::Administrator, "khoa");
    let window = Window::open();
    window.authenticator();
    window.sign_in(&site, &person);
    window.go(&format!("{site}me/factor"));
    window.fill("#password", &person.password);
    window.click("form[action='/me/factor/prove'] button");
    window.until_there("[data-passkey-new]:not([hidden]) [name='label']");
    window.fill("[name='label']", "Máy của tôi");
    window.click_said("[data-passkey-new] button", &word("btn-passkey"));
    // With the first factor come recovery codes, whatever factor it is.
    window.until_there(".codes code");
    let recovery = window.text(".codes code");
    window.click(".acts a.go");
    window.until_said("Máy của tôi");

    window.go(&format!("{site}me"));
    window.click("form[action='/logout'] button");
    window.until_there("#password");
    window.credentials(&person);
    window.until_there("[data-passkey-use]:not([hidden])");
    window.go(&format!("{site}offices"));
    assert!(window.at().starts_with("/login"), "the password alone opens nothing: {}", window.at());
    window.credentials(&person);
    window.until_there("[data-passkey-use]:not([hidden])");
    window.click("[data-passkey-use]");
    window.until("one is where one wanted to go", "location.pathname === '/offices'");

    // Where the device shows nothing, that is said, and the code may still be typed.
    window.go(&format!("{site}me"));
    window.click("form[action='/logout'] button");
    window.until_there("#password");
    window.credentials(&person);
    window.until_there("[data-passkey-use]:not([hidden])");
    assert!(window.has("[data-passkey-failed][hidden]"), "nothing has failed yet");
    window.js("navigator.credentials.get = () => Promise.reject(new Error('nobody touched it'))", &[]);
    window.click("[data-passkey-use]");
    window.until_there("[data-passkey-failed]:not([hidden])");
    window.go(&format!("{site}offices"));
    assert!(window.at().starts_with("/login"), "{}", window.at());
    window.credentials(&person);
    window.until_there("#code");
    assert!(
        window.text("#main").contains(&outside("hint-code-recovery")),
        "there is no app whose code could be typed"
    );
    window.fill("#code", &recovery);
    window.click("#main form button.go");
    window.until("a recovery code opens it", "location.pathname === '/offices'");
}

#[test]
fn on_a_page_whose_session_is_over_the_account_is_asked_for_what_it_has() {
    let small = Small::new();
    let site = small.url(COMMUNE).replace("127.0.0.1", "localhost");
    let person = small.person(COMMUNE, Role::Chief, "khoa");
    let window = Window::open();
    window.authenticator();
    window.sign_in(&site, &person);
    window.go(&format!("{site}me/factor"));
    window.fill("#password", &person.password);
    window.click("form[action='/me/factor/prove'] button");
    window.until_there("[data-passkey-new]:not([hidden]) [name='label']");
    window.fill("[name='label']", "Máy của tôi");
    window.click_said("[data-passkey-new] button", &word("btn-passkey"));
    window.until_there(".codes code");
    // All recovery codes are used up: only the passkey is left.
    let accounts = rusqlite::Connection::open(small.dir(COMMUNE).join(ACCOUNTS)).unwrap();
    accounts.execute("DELETE FROM recovery", []).unwrap();

    window.go(&format!("{site}directives/new"));
    accounts.execute("DELETE FROM session", []).unwrap();
    window.fill("[name='title']", "Về việc trực");
    window.until_there("dialog.again[open] #again-password");
    window.fill("#again-password", &person.password);
    window.click("dialog.again [data-enter]");
    window.until_there("dialog.again [data-passkey-use]:not([hidden])");
    assert!(window.has("dialog.again [data-code][hidden]"), "there is no code to type");
    window.click("dialog.again [data-passkey-use]");
    window.until("the page goes on", "!document.querySelector('dialog.again')");
    assert_eq!(window.value("[name='title']"), "Về việc trực");
}
