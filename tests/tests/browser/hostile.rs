//! Hostile text: shown as it was typed but for what nobody could see, running nothing, breaking no page.

use serde_json::json;
use truc_node::accounts::Realm;
use truc_proto::visible;
use truc_tests::pages::demo::{COMMUNE, Demo, TOP};
use truc_tests::pages::window::Window;
use truc_tests::programs::ask;
use truc_tests::support::until;

const MARKUP: &str =
    r#"<script>document.title='ran'</script><img src=x onerror="document.title='ran'">'"><b>&amp;"#;

/// Composed or not, letters are the same; papers are kept composed.
const SHOWN: &str = "const [text] = arguments; \
    return document.querySelector('#main').textContent.normalize('NFC').includes(text.normalize('NFC'))";

/// Writes a directive with a file at the province's desk; gives its path.
#[track_caller]
fn send(demo: &Demo, title: &str, file: &std::path::Path) -> String {
    let (store, author) = (demo.store(Realm::Desk, TOP), demo.chief(TOP).user);
    let create = ["directive", "create", "--type", "CV", "--title", title, "--to", COMMUNE, "--text", title];
    let more = ["--author", &author, "--attach", file.to_str().unwrap()];
    let said = ask("truc-node", &store, &[&create[..], &more].concat());
    format!("directive/{}", said["record"].as_str().unwrap())
}

#[test]
fn hostile_text_is_shown_as_typed_and_breaks_nothing() {
    let demo = Demo::shared();
    let folder = tempfile::tempdir().unwrap();
    let long = "w".repeat(10_000);
    let texts = [
        ("markup", MARKUP.to_owned()),
        ("long", long),
        (
            "right to left",
            "\u{202e}cod.exe \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}".to_owned(),
        ),
        ("decomposed", "Tie\u{302}\u{301}ng Vie\u{323}\u{302}t".to_owned()),
    ];
    let (desk, console) = (Window::open(), Window::open());
    desk.sign_in(demo.desk(COMMUNE), &demo.chief(COMMUNE));
    console.sign_in(demo.console(), &demo.supervisor());
    desk.complaints();
    console.complaints();
    for (name, text) in &texts {
        let short: String = text.chars().filter(|letter| *letter != '/').take(60).collect();
        let file = folder.path().join(format!("{short}.txt"));
        std::fs::write(&file, "x").unwrap();
        let path = send(demo, text, &file);
        for (window, site) in [(&desk, demo.desk(COMMUNE)), (&console, demo.console())] {
            until("the paper is there", || {
                window.go(&format!("{site}{path}"));
                window.has("article.doc")
            });
            // That it was not there at first was said too.
            window.complaints();
            for list in [path.as_str(), "", if site == demo.console() { "directives" } else { "in" }] {
                window.go(&format!("{site}{list}"));
                if list == path {
                    assert_eq!(
                        window.js(SHOWN, &[json!(visible::clean(text))]),
                        true,
                        "{name} is not as typed on {site}{list}"
                    );
                }
                assert_ne!(window.js("return document.title", &[]), "ran", "{name} ran on {site}{list}");
                assert!(!window.has("#main img, #main script"), "{name} became markup on {site}{list}");
                for width in [1280, 390] {
                    window.size(width, 900);
                    let wide = window.js("return document.documentElement.scrollWidth - innerWidth", &[]);
                    assert!(
                        wide.as_i64() <= Some(0),
                        "{name} makes {site}{list} {wide} px too wide at {width}"
                    );
                }
                assert_eq!(window.complaints(), [""; 0], "{name} on {site}{list}");
            }
        }
    }
}

#[test]
fn a_title_that_is_too_long_is_told_beside_it_and_kept() {
    let demo = Demo::shared();
    let window = Window::open();
    window.sign_in(demo.desk(TOP), &demo.chief(TOP));
    window.go(&format!("{}directives/new", demo.desk(TOP)));
    // Two bytes each: more than a title may have.
    let long = "Đ".repeat(10_000);
    window.put("#title", &long);
    window.put("#number", "01-CV/TU");
    window.put("#text", "Toàn văn");
    window.put("[name='task.0.content']", "Việc thứ nhất");
    window.js("document.querySelector('.tree li[data-name$=\"cua lo\"] > label input').click()", &[]);
    window.js("window.confirm = () => true", &[]);
    window.js("document.querySelector('.foot button.go').click()", &[]);
    window.until_there(".errsum");
    let beside = window.text("#err-title");
    assert!(beside.contains("16"), "how long it may be: {beside}");
    assert!(window.text(".errsum a[href='#title']").contains("16"), "the summary leads to it");
    assert_eq!(window.value("#title"), long, "it is kept");
    for (field, typed) in
        [("#number", "01-CV/TU"), ("#text", "Toàn văn"), ("[name='task.0.content']", "Việc thứ nhất")]
    {
        assert_eq!(window.value(field), typed, "{field} is kept");
    }
    assert_eq!(window.js("return document.querySelectorAll('.tree input:checked').length", &[]), 1);
    let wide = window.js("return document.documentElement.scrollWidth - innerWidth", &[]);
    assert!(wide.as_i64() <= Some(0), "{wide} px too wide");
}
