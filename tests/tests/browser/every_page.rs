//! Every page of desk and console, found by following links: it stands as it must, in both languages, wide and
//! narrow, light and dark, and the accessibility checker has nothing to say.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use truc_node::accounts::{Accounts, Draft, Realm, Right, Role, Theme, may};
use truc_node::clock::unix_now;
use truc_node::words::Lang;
use truc_tests::pages::axe;
use truc_tests::pages::demo::{COMMUNE, Demo, TOP};
use truc_tests::pages::people::Person;
use truc_tests::pages::window::Window;

/// More kinds of pages than there are; a crawl that finds more runs in circles.
const MOST: usize = 150;

/// A screen, a phone, and the narrowest that must do.
const WIDTHS: [u32; 3] = [1280, 390, 320];

/// What a page says of itself.
const SAYS: &str = "
    const named = (field) => field.labels?.length || field.getAttribute('aria-label') || field.getAttribute('aria-labelledby');
    const fields = Array.from(document.querySelectorAll('input:not([type=hidden]), select, textarea'));
    return {
        status: performance.getEntriesByType('navigation')[0].responseStatus,
        lang: document.documentElement.lang,
        title: document.title,
        heads: document.querySelectorAll('h1').length,
        mute: fields.filter((field) => !named(field)).map((field) => field.outerHTML),
        links: Array.from(document.querySelectorAll('a[href]')).map((link) => link.href),
    }";

/// What a page says to a person: its text without what stands as code.
const SPOKEN: &str = "
    const code = Array.from(document.querySelectorAll('code'));
    code.forEach((one) => { one.style.display = 'none'; });
    const spoken = document.body.innerText;
    code.forEach((one) => { one.style.display = ''; });
    return spoken";

/// What is wider than the window, or squeezed to a column of letters; nothing where the page does not scroll
/// sideways and its head has room.
const WIDE: &str = "
    const root = document.documentElement;
    const head = document.querySelector('h1');
    if (head && head.parentElement.clientWidth < Math.min(200, innerWidth / 2)) return ['the head has no room'];
    if (root.scrollWidth <= innerWidth) return [];
    const all = Array.from(document.querySelectorAll('body *'));
    const out = all.filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
    return [`${root.scrollWidth} px wide`, ...out.slice(0, 4).map((element) => element.outerHTML.slice(0, 120))]";

/// An address without what differs between pages of one kind: ids, numbers, names, values of the query.
fn kind(url: &url::Url) -> String {
    let is_id = |part: &str| part.len() >= 32 || part.contains('.') || part.parse::<u64>().is_ok();
    let path: Vec<&str> = url.path().split('/').map(|part| if is_id(part) { "#" } else { part }).collect();
    // Sorted otherwise, or further down, it is the same page.
    let names =
        url.query_pairs().map(|(name, _)| name.into_owned()).filter(|name| name != "sort" && name != "page");
    let names: BTreeSet<String> = names.collect();
    format!("{}?{}", path.join("/"), names.into_iter().collect::<Vec<_>>().join("&"))
}

/// Whether an address is a page: not a file, not another site.
fn is_page(site: &str, url: &url::Url) -> bool {
    let file = url.query_pairs().any(|(name, _)| name == "as") || url.path().starts_with("/files/");
    url.as_str().starts_with(site) && !file
}

/// Every kind of page that links lead to, with one address of each; what is done with each while it is open.
#[track_caller]
fn crawl(window: &Window, site: &str, mut at: impl FnMut(&str, &Value)) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut next = VecDeque::from([url::Url::parse(site).unwrap()]);
    while let Some(mut url) = next.pop_front() {
        url.set_fragment(None);
        if !is_page(site, &url) || found.contains_key(&kind(&url)) {
            continue;
        }
        found.insert(kind(&url), url.to_string());
        assert!(found.len() < MOST, "{found:#?}");
        window.go(url.as_str());
        let says = window.js(SAYS, &[]);
        let links = says["links"].as_array().unwrap().iter().filter_map(Value::as_str);
        next.extend(links.filter_map(|link| url::Url::parse(link).ok()));
        at(&kind(&url), &says);
    }
    found
}

/// All keys of the catalogue.
fn keys() -> impl Iterator<Item = String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../node/words/vi");
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let lines: Vec<String> =
        files.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let key = |line: String| Some(line.split_once(" = ")?.0.to_owned());
    lines.into_iter().filter_map(key).filter(|key| key.contains('-'))
}

/// Whether a word is a date or time as machines write it: 2026-11-26, 2026-11-26T08:00:00+07:00.
fn is_for_machines(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    word.get(..10).is_some_and(|day| day.parse::<truc_proto::date::Date>().is_ok())
}

/// What is wrong with the page that is open.
struct Looker<'a> {
    window: &'a Window,
    faults: Vec<String>,
    /// Accounts whose people have names.
    accounts: Vec<String>,
    /// Spent in the accessibility checker.
    checking: Duration,
}

impl Looker<'_> {
    fn wrong(&mut self, page: &str, said: impl std::fmt::Display) {
        self.faults.push(format!("{page}: {said}"));
    }

    /// What it says of itself, and what the browser says of it.
    fn look(&mut self, page: &str, says: &Value, lang: &str) {
        for (name, wanted) in
            [("status", json!(200)), ("lang", json!(lang)), ("heads", json!(1)), ("mute", json!([]))]
        {
            if says[name] != wanted {
                self.wrong(page, format_args!("{name} is {}", says[name]));
            }
        }
        if says["title"].as_str().is_none_or(|title| title.trim_start_matches(" – Trục").is_empty()) {
            self.wrong(page, "no title");
        }
        for said in self.window.complaints() {
            self.wrong(page, said);
        }
    }

    /// Words of machines on a page in Vietnamese: names of moves and states, keys of the catalogue, ids, options of
    /// commands, errors of the system. What stands as code is there to be given back to a machine.
    fn speaks(&mut self, page: &str) {
        let moves = truc_proto::record::KINDS.iter().flat_map(|kind| kind.moves.iter().map(|rule| rule.name));
        let states = ["applied", "not-allowed", "undigested", "newer", "byte", "bytes", "null", "undefined"];
        let machine: BTreeSet<String> = moves.chain(states).map(str::to_owned).chain(keys()).collect();
        let text = self.window.js(SPOKEN, &[]);
        let text = text.as_str().unwrap_or_default();
        let letter = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
        for token in text.split(|other: char| !letter(other)).filter(|token| token.is_ascii()) {
            let is_id = token.len() == 36 && uuid::Uuid::parse_str(token).is_ok();
            let option =
                token.strip_prefix("--").is_some_and(|name| !name.is_empty() && !name.starts_with('-'));
            if is_id || option || machine.contains(token) {
                self.wrong(page, format_args!("the machine's word {token:?}"));
            }
        }
        if text.contains("os error") {
            self.wrong(page, "an error of the system");
        }
        for time in text.split_whitespace().filter(|word| is_for_machines(word)) {
            self.wrong(page, format_args!("the machine's time {time:?}"));
        }
        for name in self.accounts.clone().iter().filter(|name| text.contains(name.as_str())) {
            self.wrong(page, format_args!("the account {name:?} for its person"));
        }
        // A preposition wants a time.
        for before in ["từ", "lúc", "đến"].map(|before| format!("{before} vừa xong")) {
            if text.contains(&before) {
                self.wrong(page, before);
            }
        }
    }

    /// At each width, whether it scrolls sideways.
    fn fits(&mut self, page: &str) {
        for width in WIDTHS {
            self.fits_at(page, width);
        }
        self.window.size(WIDTHS[0], 900);
    }

    fn fits_at(&mut self, page: &str, width: u32) {
        self.window.size(width, 900);
        let wide = self.window.js(WIDE, &[]);
        if wide != json!([]) {
            self.wrong(page, format_args!("at {width} px: {wide}"));
        }
    }

    /// The same; and where the layout differs, what the checker says, light and dark.
    fn check(&mut self, page: &str) {
        for width in WIDTHS {
            self.fits_at(page, width);
            for scheme in ["light", "dark"].into_iter().filter(|_| width != 320) {
                self.window.look(scheme, "screen");
                let begun = Instant::now();
                let found =
                    if scheme == "light" { axe::everything(self.window) } else { axe::colours(self.window) };
                self.checking += begun.elapsed();
                for said in found {
                    self.wrong(page, format_args!("{scheme}, {width} px: {said}"));
                }
            }
        }
        self.window.look("light", "screen");
        self.window.size(WIDTHS[0], 900);
    }
}

/// The accounts whose people have names; this person gets one, and who may write a draft that waits for a signature.
fn named(store: &Path, realm: Realm, person: &Person) -> Vec<String> {
    let accounts = Accounts::open(store, realm).unwrap();
    accounts.set_shown("tests", &person.user, "Nguyễn Thị Xem", unix_now()).unwrap();
    let role = accounts.get(&person.user).unwrap().unwrap().role;
    let draft = Draft {
        id: uuid::Uuid::now_v7(),
        form: "/directives/new".into(),
        owner: person.user.clone(),
        title: "Dự thảo".into(),
        fields: "[]".into(),
        shared: true,
        version: 0,
    };
    if may(realm, role, Right::Handle) {
        accounts.save_draft(draft, unix_now()).unwrap();
    }
    let all = accounts.list().unwrap().into_iter();
    all.filter(|account| account.name != account.shown).map(|account| account.name).collect()
}

/// Looks at every page that somebody is led to.
#[track_caller]
fn all_pages(site: &str, store: &Path, realm: Realm, person: &Person, least: usize) {
    let begun = Instant::now();
    let window = Window::open();
    window.look("light", "screen");
    let accounts = named(store, realm, person);
    let mut looker = Looker { window: &window, faults: Vec::new(), accounts, checking: Duration::ZERO };
    window.go(&format!("{site}login"));
    looker.look("/login", &window.js(SAYS, &[]), "en");
    looker.check("/login");
    person.set(store, realm, Lang::Vi, Theme::Auto);
    window.sign_in(site, person);
    window.complaints();
    let pages = crawl(&window, site, |page, says| {
        looker.look(page, says, "vi");
        looker.speaks(page);
        looker.check(page);
    });
    assert!(pages.len() >= least, "links lead to {} kinds of pages only", pages.len());
    if realm == Realm::Desk {
        // A button leads there, not a link.
        window.go(&format!("{site}watch/begin"));
        window.click("form[action='/watch/begin'] button");
        window.until_there("#watch");
        looker.look("/watch", &window.js(SAYS, &[]), "vi");
        looker.speaks("/watch");
        looker.check("/watch");
    }
    person.set(store, realm, Lang::En, Theme::Auto);
    for (page, url) in &pages {
        window.go(url);
        looker.look(page, &window.js(SAYS, &[]), "en");
        looker.fits(page);
    }
    println!(
        "{} kinds of pages in {:?}, {:?} of it the checker: {:#?}",
        pages.len(),
        begun.elapsed(),
        looker.checking,
        pages.keys()
    );
    let faults = looker.faults;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_page_of_a_desk_is_whole() {
    let demo = Demo::shared();
    let store = demo.store(Realm::Desk, COMMUNE);
    let person = Person::new(&store, Realm::Desk, Role::Chief, "xem.het");
    all_pages(demo.desk(COMMUNE), &store, Realm::Desk, &person, 20);
}

#[test]
fn every_page_of_a_desk_s_administrator_is_whole() {
    let demo = Demo::shared();
    let store = demo.store(Realm::Desk, TOP);
    let person = Person::new(&store, Realm::Desk, Role::Administrator, "quan.tri");
    all_pages(demo.desk(TOP), &store, Realm::Desk, &person, 15);
}

#[test]
fn every_page_of_the_console_is_whole() {
    let demo = Demo::shared();
    let store = demo.store(Realm::Console, "");
    let person = Person::new(&store, Realm::Console, Role::Administrator, "xem.het");
    all_pages(demo.console(), &store, Realm::Console, &person, 15);
}

#[test]
fn nobody_is_led_to_a_page_that_is_not_his() {
    let demo = Demo::shared();
    for (site, realm, code, role) in [
        (demo.desk(COMMUNE), Realm::Desk, COMMUNE, Role::Specialist),
        (demo.desk(COMMUNE), Realm::Desk, COMMUNE, Role::Clerk),
        (demo.console(), Realm::Console, "", Role::Observer),
    ] {
        let person = Person::new(&demo.store(realm, code), realm, role, &format!("dan.{}", role.code()));
        let window = Window::open();
        window.sign_in(site, &person);
        window.complaints();
        crawl(&window, site, |_, _| {});
        assert_eq!(window.complaints(), [""; 0], "{role:?}");
    }
}
