//! Pictures of the main pages of desk and console: `truc-shots DIR`. Plays the demo, looks at each page whole, on a
//! screen and on a phone, light and dark (PNG), and as it is printed on A4 (PDF).
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use truc_tests::pages::demo::{COMMUNE, Demo, TOP};
use truc_tests::pages::window::Window;

/// Width in CSS pixels and the least height: a screen, a phone.
const SIZES: [(&str, u32, u32); 2] = [("wide", 1280, 900), ("phone", 390, 844)];
/// Of longer pages, only this much is seen.
const MOST: u32 = 4000;
/// Height of the whole page.
const HEIGHT: &str = "return document.documentElement.scrollHeight";

/// A page: its name, its path, and the links that lead on from there.
type Way = (&'static str, &'static str, &'static [&'static str]);

const DESK: &[Way] = &[
    ("today", "", &[]),
    ("incoming", "in", &[]),
    ("document", "in", &["a.t"]),
    ("guidance", "guidances", &["a.t"]),
    ("inspection", "inspections", &["a.t"]),
    ("report-form", "reports/new", &[]),
    ("self-report", "inspections", &["a.t", "a[href$='/self-report']"]),
    ("search", "search?q=chi+dao", &[]),
    ("drafts", "drafts", &[]),
    ("line", "line", &[]),
    ("me", "me", &[]),
    ("factor", "me/factor", &[]),
    ("lost", "nothing/here", &[]),
];
const PROVINCE: &[Way] = &[
    ("outgoing", "out", &[]),
    ("directive-form", "directives/new", &[]),
    ("programmes", "programmes", &[]),
    ("programme-form", "programmes/new", &[]),
    ("guidance-form", "guidances/new", &[]),
    ("inspection-form", "inspections/new", &[]),
    ("issued", "out", &["a.t"]),
    ("programme", "programmes", &["#main a.t"]),
    ("week", "programmes/week", &[]),
    ("month", "programmes/month", &[]),
    ("reports", "reports", &[]),
    ("report", "reports", &["a.t"]),
];
const CONSOLE: &[Way] = &[
    ("overview", "", &[]),
    ("directives", "directives", &[]),
    ("matrix", "directives", &["#main tbody a"]),
    ("tasks", "tasks", &[]),
    ("completeness", "reports", &[]),
    ("period", "reports", &["table.rp td a"]),
    ("offices", "offices", &[]),
    ("office", "offices", &["#main tbody a"]),
    ("add-office", "offices/new", &[]),
    ("import", "offices/import", &[]),
    ("accounts", "accounts", &[]),
    ("account", "accounts", &["#main tbody a"]),
    ("audit", "audit", &[]),
    ("settings", "settings", &[]),
    ("backup", "backup", &[]),
];

fn main() {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("truc-shots DIR");
        std::process::exit(2);
    };
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Demo::shared();
    let window = Window::open();
    for (site, person, ways) in [
        (demo.desk(COMMUNE), demo.chief(COMMUNE), DESK),
        (demo.desk(TOP), demo.chief(TOP), PROVINCE),
        (demo.console(), demo.supervisor(), CONSOLE),
    ] {
        window.sign_in(site, &person);
        for (name, path, links) in ways {
            window.go(&format!("{site}{path}"));
            for link in *links {
                window.until_there(link);
                let next = window.js("return document.querySelector(arguments[0]).href", &[json!(link)]);
                window.go(next.as_str().unwrap());
            }
            shots(&window, &folder, name);
        }
    }
    // The letter comes from a button on the office's page, where the window is last but two.
    window.go(&format!("{}offices", demo.console()));
    window.click("#main tbody a");
    window.click_said(
        "details.move summary",
        &truc_node::words::say(truc_node::words::Lang::Vi, "btn-letter", &[]),
    );
    window.click("form[action$='/letter'] button");
    window.until_there(".letter");
    shots(&window, &folder, "letter");
}

/// Every look of the page that is open.
fn shots(window: &Window, folder: &Path, name: &str) {
    for (size, width, least) in SIZES {
        for scheme in ["light", "dark"] {
            window.look(scheme, "screen");
            window.size(width, least);
            let height = window.js(HEIGHT, &[]).as_u64().and_then(|height| u32::try_from(height).ok());
            window.size(width, height.unwrap_or(least).clamp(least, MOST));
            write(folder, &format!("{name}-{size}-{scheme}.png"), &window.picture());
        }
    }
    window.look("light", "");
    let printed = json!({ "preferCSSPageSize": true, "printBackground": false });
    let printed = window.devtools("Page.printToPDF", printed);
    let Value::String(text) = &printed["data"] else { panic!("not printed: {printed}") };
    write(folder, &format!("{name}-print.pdf"), &data_encoding::BASE64.decode(text.as_bytes()).unwrap());
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let file = folder.join(name);
    println!("{} {} KB", file.display(), bytes.len() / 1024);
    std::fs::write(file, bytes).unwrap();
}
