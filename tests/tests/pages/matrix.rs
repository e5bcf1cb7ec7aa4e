//! Every route of the real tables, asked for by every role and by nobody: allowed exactly when the table of
//! rights says so, and what is forbidden answers as what does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use http::{Method, header};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use truc_node::accounts::{ACCOUNTS, Realm, Role, may};
use truc_node::clock::unix_now;
use truc_node::derive::views::VIEWS;
use truc_node::store::journal::JOURNAL;
use truc_node::store::uploads::UPLOADS;
use truc_node::web::Route;
use truc_node::web::route::{Need, Text};
use truc_tests::pages::http::{Heard, Visitor};
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::programs::{ask, program_of, run};
use truc_tests::support::until;

/// A form that every deed can read something from.
const FORM: &[(&str, &str)] = &[
    ("account", "nobody"),
    ("name", "khong.hop.le!"),
    ("role", "no-role-at-all"),
    ("title", ""),
    ("note", ""),
    ("draft-form", "/directives/new"),
];

/// A draft's id, as a page chooses it.
const DRAFT: &str = "01890000-0000-7000-8000-000000000001";

/// Text that would clear a screen, colour it, turn the direction of writing and hide what stands beside it.
const HOSTILE: &str = "A\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\u{202e}B\u{200b}C\u{feff}\r\u{8}";

/// A small house with something in each table, and text that nobody should see as it is.
const HOUSE: &str = r#"
office = "1"
internal_lead = 3
petitions.denouncer = "paper"
[[units]]
id = "VPDU"
name = "A\u001b[2J\u202eB\u200bC"
class = "own"
[[people]]
id = "lan"
name = "Trần Lan Mẫu"
title = "văn thư"
unit = "VPDU"
head = true
account = "clerk"
[[posts]]
person = "lan"
unit = "VPDU"
title = "thủ quỹ"
from = 2035-01-01
[[rights]]
person = "lan"
right = "don-thu"
[[absences]]
person = "lan"
from = 2035-01-01
to = 2035-01-02
[[delegations]]
person = "lan"
to_person = "lan"
what = ["don-thu"]
paper = "1-QĐ/ĐU"
[[issuers]]
id = "DU"
symbol = "ĐU"
line1 = "ĐẢNG BỘ"
line2 = "ĐẢNG ỦY"
[[signers]]
issuer = "DU"
person = "lan"
form = "T/M BAN THƯỜNG VỤ | BÍ THƯ"
types = ["CV", "TTr"]
[[terms]]
issuer = "DU"
term = "2025-2030"
[[parties]]
id = "SNV"
name = "Sở Nội vụ"
regime = "state"
[[resources]]
id = "X1"
kind = "vehicle"
name = "Xe 7 chỗ"
seats = 6
[[holidays]]
date = 2035-01-01
name = "Tết Dương lịch"
[[roles]]
person = "lan"
role = "drafter"
[[roles]]
person = "lan"
role = "appraiser"
[[roles]]
person = "lan"
role = "clerk"
[[people]]
id = "vai-clerk"
name = "Vai clerk"
title = "cán bộ"
unit = "VPDU"
[[roles]]
person = "vai-clerk"
role = "standing"
[[people]]
id = "vai-specialist"
name = "Vai specialist"
title = "cán bộ"
unit = "VPDU"
[[roles]]
person = "vai-specialist"
role = "standing"
[[people]]
id = "vai-chief"
name = "Vai chief"
title = "cán bộ"
unit = "VPDU"
[[roles]]
person = "vai-chief"
role = "standing"
[[people]]
id = "vai-administrator"
name = "Vai administrator"
title = "cán bộ"
unit = "VPDU"
[[roles]]
person = "vai-administrator"
role = "standing"
[[roads]]
id = "ttr"
version = 1
name = "Tờ trình"
issuers = ["DU"]
types = ["TTr"]
signer = "lan"
steps = [
  "soan draft drafter yes=ky",
  "ky sign signer yes=ph no=soan",
  "ph issue clerk no=soan",
]
"#;

/// Checks that an answer for people has nothing of [`HOSTILE`] but what can be seen.
#[track_caller]
fn seen(what: &str, body: &str) {
    let hidden = body
        .trim_start_matches('\u{feff}')
        .chars()
        .find(|letter| truc_proto::visible::is_invisible(*letter) && !"\r\n\t".contains(*letter));
    assert_eq!(hidden, None, "{what}: {body:?}");
}

/// What a page says between its frame.
fn main(heard: &Heard) -> &str {
    heard
        .body
        .split_once("<main")
        .map_or(heard.body.as_str(), |(_, rest)| rest.split_once("</main>").map_or(rest, |(main, _)| main))
}

/// Whether a path is one of a route.
fn is_of(route: &Route, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (one, other) = (route.path.split('/'), path.split('/'));
    one.clone().count() == other.clone().count()
        && one.zip(other).all(|(part, is)| part.starts_with('{') || part == is)
}

/// Checks that each form of a page whose deed is carried out once bears the name under which it is.
#[track_caller]
fn forms_have_names(page: &str, body: &str, routes: &[Route]) {
    for form in body.split("<form").skip(1) {
        let (tag, rest) = form.split_once('>').unwrap();
        let fields = rest.split("</form>").next().unwrap();
        if !tag.contains("method=\"post\"") {
            continue;
        }
        let to = tag.split_once("action=\"").map_or(page, |(_, to)| to.split('"').next().unwrap());
        // A fixed path is meant before one with a placeholder.
        let route = routes.iter().filter(|route| route.method() == Method::POST && is_of(route, to));
        let route = route.min_by_key(|route| route.path.contains('{'));
        let route = route.unwrap_or_else(|| panic!("{page}: a form leads to {to}"));
        let named =
            fields.contains("name=\"draft\" value=\"") && !fields.contains("name=\"draft\" value=\"\"");
        assert!(route.text == Text::Passes || named, "{page}: the form to {to} has no name");
    }
}

/// A site, with real things to ask for.
struct Asked {
    realm: Realm,
    site: String,
    /// By the part of a path that stands before a placeholder, by the placeholder, or by the whole path.
    real: BTreeMap<&'static str, String>,
    /// Whose draft it is, and whose account.
    colleague: Visitor,
    /// The store's folder.
    store: PathBuf,
}

/// Every row of a database, but for when a session was last used.
fn rows(path: &Path) -> BTreeMap<String, Vec<String>> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let named = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut tables = conn.prepare(named).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let rows = |table: &str| -> Vec<String> {
        let mut all = conn.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let names: Vec<String> = all.column_names().map(str::to_owned).collect();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            let shown = names.iter().enumerate().filter(|(_, name)| *name != "touched");
            let values = shown.map(|(at, name)| Ok(format!("{name}={:?}", row.get::<_, Value>(at)?)));
            values.collect::<rusqlite::Result<Vec<_>>>().map(|values| values.join(" "))
        };
        all.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    tables.map(|table| (table.clone(), rows(&table))).collect()
}

impl Asked {
    /// A path with real things in the place of its placeholders.
    fn path(&self, route: &Route) -> String {
        if let Some(whole) = self.real.get(route.path.as_str()) {
            return whole.clone();
        }
        let mut before = "";
        let mut path = String::new();
        for part in route.path.split('/').skip(1) {
            path.push('/');
            match part.strip_prefix('{').map(|name| name.trim_end_matches('}')) {
                None => path.push_str(part),
                Some(name) => {
                    let real = self.real.get(before).or_else(|| self.real.get(name));
                    path.push_str(real.unwrap_or_else(|| panic!("{}: what is {name}?", route.path)));
                }
            }
            before = part;
        }
        path
    }

    #[track_caller]
    fn ask(&self, who: &Visitor, route: &Route) -> Heard {
        let path = self.path(route);
        let heard = if route.method() == Method::GET { who.get(&path) } else { who.send(&path, FORM) };
        if heard.header("content-type").starts_with("text/html") {
            seen(&path, &heard.body);
        }
        if route.method() == Method::GET {
            let file = who.get(&format!("{path}?as=csv"));
            if file.header("content-type").starts_with("text/csv") {
                seen(&path, &file.body);
            }
        }
        heard
    }

    /// Looking at every page changes nothing that is kept: pages look again by themselves, and a second window looks too.
    fn looking(&self, role: Role, who: &Visitor, routes: &[Route]) {
        let accounts = || rows(&self.store.join(ACCOUNTS));
        let rest = || {
            let handed = std::fs::read_dir(self.store.join(UPLOADS)).map_or(0, Iterator::count);
            (rows(&self.store.join(VIEWS)), rows(&self.store.join(JOURNAL))["entry"].len(), handed)
        };
        let (mut kept, mut before) = (accounts(), rest());
        until("what came before is folded", || std::mem::replace(&mut before, rest()) == before);
        for route in routes.iter().filter(|route| route.method() == Method::GET) {
            let heard = self.ask(who, route);
            if self.realm == Realm::Desk {
                forms_have_names(&self.path(route), &heard.body, routes);
            }
            let after = accounts();
            assert_eq!(after, kept, "{role:?} GET {}", route.path);
            kept = after;
        }
        let after = rest();
        for (table, rows) in &after.0 {
            assert_eq!(Some(rows), before.0.get(table), "{role:?}: looking wrote into {table}");
        }
        assert!(after == before, "{role:?}: looking wrote something");
    }

    /// Every route for one role.
    fn role(&self, role: Role, person: &Person, routes: &[Route]) {
        let who = Visitor::sign_in(&self.site, person);
        // A colleague's draft, shared; whoever was here before may have removed it.
        let fields = [("draft-form", "/directives/new"), ("draft-version", "0"), ("title", "chung")];
        assert_eq!(self.colleague.send(&format!("/drafts/{DRAFT}?share=1"), &fields).status, 303);
        let nothing = who.get("/no-such-page");
        assert_eq!(nothing.status, 404);
        self.looking(role, &who, routes);
        for route in routes {
            let name = format!("{role:?} {} {}", route.method(), route.path);
            // Signing in and out is asked for elsewhere, and so is what a watch opens.
            if route.path == "/logout" || route.path.starts_with("/login") || route.need == Need::Watch {
                continue;
            }
            let allowed = match route.need {
                Need::Nothing | Need::Account | Need::Watch => true,
                Need::Right(right) => may(self.realm, role, right),
            };
            if route.method() == Method::POST {
                self.others(&name, &who, route, allowed);
            }
            let heard = self.ask(&who, route);
            if allowed {
                // A deed that finds nothing to do says so; that it was allowed is seen above, from the token.
                let found = main(&heard) != main(&nothing) || route.method() == Method::POST;
                assert!(found, "{name} is allowed, and answers {}", heard.status);
                // A form that this office could send to nobody says so.
                let to_nobody = heard.body.contains("Không có cơ quan nào mà cơ quan mình được gửi");
                assert!(
                    heard.status < 500 && (heard.status != 403 || to_nobody),
                    "{name}: {} {}",
                    heard.status,
                    main(&heard)
                );
            } else {
                assert_eq!((heard.status, main(&heard)), (404, main(&nothing)), "{name} is forbidden");
            }
            assert_eq!(who.get("/me").status, 200, "{name} with nothing in its form ends no session");
        }
        self.only_what_is_in_the_table(&who, routes);
    }

    /// A form without its token, or from another site, does nothing for anybody.
    fn others(&self, name: &str, who: &Visitor, route: &Route, allowed: bool) {
        let path = self.path(route);
        let refused = if allowed { 403 } else { 404 };
        for token in [None, Some(""), Some("wrong"), Some(&who.csrf[1..])] {
            let token: Vec<(&str, &str)> = token.map(|token| ("csrf", token)).into_iter().collect();
            let heard = who.post(&path, &[FORM, &token].concat());
            assert_eq!(heard.status, refused, "{name} with the token {token:?}");
        }
        let form = format!("csrf={}", who.csrf);
        let kind = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let elsewhere = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
        ];
        for (header, value) in elsewhere {
            let header = http::HeaderName::from_static(header);
            let heard = who.ask(Method::POST, &path, &[kind.clone(), (header, value)], &form);
            assert_eq!(heard.status, 403, "{name} from {value}");
        }
    }

    /// Every route for nobody: pages lead to the login and say nothing; deeds ask to sign in again.
    fn nobody(&self, routes: &[Route]) {
        let who = Visitor::nobody(&self.site);
        let pages: BTreeSet<&str> =
            routes.iter().filter(|route| route.method() == Method::GET).map(|route| &*route.path).collect();
        for route in routes.iter().filter(|route| route.need != Need::Nothing) {
            assert!(pages.contains(&*route.back), "{}: a login leads back to {}", route.path, route.back);
        }
        for route in routes.iter().filter(|route| route.need != Need::Nothing) {
            let (name, heard) = (format!("{} {}", route.method(), route.path), self.ask(&who, route));
            if route.method() == Method::GET {
                assert_eq!(heard.status, 303, "{name}");
                assert!(heard.header("location").starts_with("/login?next="), "{name}");
                assert!(heard.body.is_empty(), "{name}: {}", heard.body);
            } else {
                assert_eq!(heard.status, 401, "{name}");
                assert!(main(&heard).contains("type=\"password\""), "{name}: {}", main(&heard));
            }
        }
        // Nobody learns either what there is.
        let (there, nowhere) = (who.get("/accounts"), who.get("/no-such-page"));
        assert_eq!((there.status, there.body), (nowhere.status, nowhere.body));
    }

    /// A path that has no route for a method is no page.
    fn only_what_is_in_the_table(&self, who: &Visitor, routes: &[Route]) {
        let all: BTreeSet<(String, Method)> =
            routes.iter().map(|route| (route.path.clone(), route.method())).collect();
        for route in routes {
            for method in
                [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS]
            {
                if all.contains(&(route.path.clone(), method.clone())) {
                    continue;
                }
                let heard = who.ask(method.clone(), &self.path(route), &[], "");
                assert_eq!(heard.status, 404, "{method} {}", route.path);
            }
        }
        for path in ["/metrics", "/.git/config", "/admin", "/api", "/..%2fconfig", "/assets/x", "//", "/in/"]
        {
            assert_eq!(who.get(path).status, 404, "{path}");
        }
    }

    fn everything(&self, small: &Small, name: &str, routes: &[Route]) {
        assert!(routes.len() > 40, "{}", routes.len());
        self.nobody(routes);
        for role in Role::of(self.realm) {
            let person = small.person(name, *role, &format!("vai-{}", role.code()));
            self.role(*role, &person, routes);
        }
    }
}

/// Writes one record of every kind and gives their ids by the part of the path before them.
fn records(small: &Small) -> BTreeMap<&'static str, String> {
    small.person(TOP, Role::Chief, "viet");
    small.person(COMMUNE, Role::Chief, "viet");
    small.person(COMMUNE, Role::Administrator, "quan.tri");
    // The house is a record, too; its page shows every table.
    let house = small.write("nep-nha.toml", HOUSE);
    small.ask(COMMUNE, &["house", "import", house.to_str().unwrap(), "--author", "quan.tri"]);
    let file = small.write("Phụ lục.txt", "Phụ lục");
    let written = |office, words: &[&str], more: &[&str]| {
        let both = ["--title", "Thử quyền", "--author", "viet", "--text", HOSTILE];
        let said = small.ask(office, &[words, &both, more].concat());
        said["record"].as_str().unwrap().to_owned()
    };
    let file = file.to_str().unwrap();
    let task = format!("T1|{HOSTILE}|{COMMUNE}");
    let year =
        truc_proto::date::Date::of_millis(unix_now() as i64 * 1000).unwrap().to_string()[..4].to_owned();
    let period = format!("month:{year}-01-01:{year}-01-31");
    let down = |kind, more: &[&str]| written(TOP, &[kind, "create", "--to", COMMUNE], more);
    [
        ("directive", down("directive", &["--type", "CV", "--attach", file, "--task", &task])),
        ("guidance", down("guidance", &["--type", "HD"])),
        ("inspection", down("inspection", &["--type", "KH"])),
        ("programme", down("programme", &["--type", "CTr"])),
        (
            "report",
            written(COMMUNE, &["report", "create", "--to", TOP], &["--form", "VP", "--period", &period]),
        ),
    ]
    .into()
}

/// A work inside the office: no record that a console shows.
fn work(small: &Small) -> String {
    small.person(COMMUNE, Role::Clerk, "lan");
    let give = ["assignment", "give", HOSTILE, "--lead", "lan", "--no-due", "--author", "lan"];
    small.ask(COMMUNE, &give)["record"].as_str().unwrap().to_owned()
}

/// A draft, which every account of the test may see.
fn draft(small: &Small) -> String {
    let begin =
        ["draft", "begin", HOSTILE, "--issuer", "DU", "--type", "TTr", "--text", HOSTILE, "--author", "lan"];
    small.ask(COMMUNE, &begin)["record"].as_str().unwrap().to_owned()
}

/// A paper from outside: no record that a console shows.
fn from_outside(small: &Small) -> String {
    let arrive = ["outside", "arrive", HOSTILE, "--party", HOSTILE, "--author", "lan"];
    small.ask(COMMUNE, &arrive)["record"].as_str().unwrap().to_owned()
}

fn asked(small: &Small, realm: Realm, name: &str) -> Asked {
    let (site, mut real) = (small.url(name), records(small));
    let reader = Visitor::sign_in(&site, &small.person(name, Role::of(realm)[1], "nguoi.doc"));
    for (kind, id) in &real {
        until("every record is here", || reader.get(&format!("/{kind}/{id}")).status == 200);
    }
    if realm == Realm::Desk {
        real.insert("assignment", work(small));
        real.insert("outside", from_outside(small));
        real.insert("draft", draft(small));
    }
    // What a node still brings, or says of what arrived there, would look like something that a page wrote.
    small.rest();
    // The file's place in this journal, from the page that leads to it.
    let page = format!("/directive/{}", real["directive"]);
    let mut link = String::new();
    until("the file is here", || {
        let body = reader.get(&page).body;
        link = body.split_once("href=\"/files/").map_or("", |(_, rest)| rest).to_owned();
        !link.is_empty()
    });
    let mut parts = link.split(['/', '?']);
    real.insert("position", parts.next().unwrap().to_owned());
    real.insert("hash", parts.next().unwrap().to_owned());
    // The console's own page of a directive.
    real.insert("directives", real["directive"].clone());
    // Figures of a period, from the page that leads to them.
    if realm == Realm::Console {
        let body = reader.get("/reports").body;
        let link = body.split_once("href=\"/reports/period?").and_then(|(_, rest)| rest.split_once('"'));
        let link = link.unwrap_or_else(|| panic!("no period: {body}")).0.replace("&amp;", "&");
        real.insert("/reports/period", format!("/reports/period?{link}"));
    }
    real.insert("drafts", DRAFT.to_owned());
    real.insert("letters", DRAFT.to_owned());
    real.insert("sheets", DRAFT.to_owned());
    real.insert("accounts", "nguoi.doc".to_owned());
    real.insert("assets", "any".to_owned());
    real.insert("name", "truc.css".to_owned());
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    real.insert("offices", office);
    Asked { realm, site, real, colleague: reader, store: small.dir(name) }
}

#[test]
fn every_route_of_a_desk_asks_for_its_right() {
    let small = Small::new();
    let asked = asked(&small, Realm::Desk, COMMUNE);
    asked.everything(&small, COMMUNE, &truc_node::desk::routes());
    let directive = asked.real["directive"].as_str();
    small.ask(
        COMMUNE,
        &["directive", "progress", directive, "T1", "10", "--note", HOSTILE, "--author", "viet"],
    );
    for (store, words) in [
        (COMMUNE, &["directive", "show", directive][..]),
        (COMMUNE, &["directive", "list"]),
        (COMMUNE, &["log"]),
        (COMMUNE, &["search", "a"]),
        (COMMUNE, &["status"]),
        (HUB, &["log"]),
        (HUB, &["status"]),
        (HUB, &["directive", "show", HOSTILE]),
    ] {
        for json in [&[][..], &["--json"]] {
            let output = run(program_of(store), &small.dir(store), &[words, json].concat());
            for said in [output.stdout, output.stderr] {
                seen(&format!("{store} {words:?}"), &String::from_utf8(said).unwrap());
            }
        }
    }
}

#[tokio::test]
async fn every_route_of_the_console_asks_for_its_right() {
    // The table wants a hub, and asks it nothing: one that nobody serves.
    let small = Small::new();
    let other = small.dir("other");
    let init = ["init", "--name", "x", "--address", "127.0.0.1:1", "--enrol-address", "127.0.0.1:2"];
    ask("truc-hub", &other, &init);
    let config = truc_hub::config::Config::load(&other).unwrap();
    let hub = truc_hub::hub::Hub::open(&other, config.identity(&other).unwrap()).unwrap();
    let routes = truc_hub::console::routes(&hub);
    let done = tokio::task::spawn_blocking(move || {
        let asked = asked(&small, Realm::Console, HUB);
        asked.everything(&small, HUB, &routes);
    });
    done.await.unwrap();
}
