//! Pictures of the main pages of desk and console: `truc-shots DIR`. Plays the demo, looks at each page wide
//! and narrow, light, dark and as printed, and writes WebP files.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use truc_tests::pages::demo::{COMMUNE, Demo, TOP};
use truc_tests::pages::window::Window;

/// Quality of a picture, out of 100: letters stay sharp, files small.
const QUALITY: u32 = 60;
/// Widths in CSS pixels, and how much of the page is seen: a screen, a phone, a sheet of A4.
const SCREEN: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);
const SHEET: (u32, u32) = (794, 1123);

fn main() {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("truc-shots DIR");
        std::process::exit(2);
    };
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Demo::shared();
    let window = Window::open();
    window.sign_in(demo.desk(COMMUNE), &demo.chief(COMMUNE));
    shots(
        &window,
        &folder,
        demo.desk(COMMUNE),
        &[("today", ""), ("incoming", "in"), ("report", "reports/new")],
    );
    window.go(&format!("{}in", demo.desk(COMMUNE)));
    let paper = window.js("return document.querySelector('a.t').pathname.slice(1)", &[]);
    shots(&window, &folder, demo.desk(COMMUNE), &[("document", paper.as_str().unwrap())]);
    window.sign_in(demo.desk(TOP), &demo.chief(TOP));
    shots(&window, &folder, demo.desk(TOP), &[("directive", "directives/new"), ("week", "programmes/week")]);
    window.sign_in(demo.console(), &demo.supervisor());
    let pages = [("overview", ""), ("matrix", "matrix"), ("offices", "offices")];
    shots(&window, &folder, demo.console(), &pages);
}

/// Every look of some pages of a site.
fn shots(window: &Window, folder: &Path, site: &str, pages: &[(&str, &str)]) {
    for (name, path) in pages {
        window.look("light", "screen");
        window.go(&format!("{site}{path}"));
        for (look, scheme, media, size) in [
            ("wide", "light", "screen", SCREEN),
            ("wide-dark", "dark", "screen", SCREEN),
            ("phone", "light", "screen", PHONE),
            ("phone-dark", "dark", "screen", PHONE),
            ("print", "light", "print", SHEET),
        ] {
            window.look(scheme, media);
            window.size(size.0, size.1);
            let file = folder.join(format!("{name}-{look}.webp"));
            let picture = picture(window);
            println!("{} {} KB", file.display(), picture.len() / 1024);
            std::fs::write(file, picture).unwrap();
        }
    }
}

fn picture(window: &Window) -> Vec<u8> {
    let taken = window.devtools("Page.captureScreenshot", json!({ "format": "webp", "quality": QUALITY }));
    let Value::String(text) = &taken["data"] else { panic!("no picture: {taken}") };
    data_encoding::BASE64.decode(text.as_bytes()).unwrap()
}
