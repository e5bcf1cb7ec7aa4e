//! Every route of the real tables, asked for by every role and by nobody: allowed exactly when the table of
//! rights says so, and what is forbidden answers as what does not exist.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, header};
use truc_node::accounts::{Realm, Role, may};
use truc_node::web::Route;
use truc_node::web::route::Need;
use truc_tests::pages::http::{Heard, Visitor};
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::pages::until;

/// A form that every deed can read something from.
const FORM: &[(&str, &str)] = &[
    ("account", "nobody"),
    ("name", "khong.hop.le!"),
    ("role", "no-role-at-all"),
    ("title", ""),
    ("note", ""),
    ("draft-form", "/directives/new"),
];

/// What finds nothing for those who may: it wants a period or a role that is none here, or a colleague has
/// thrown the shared draft away before.
const WANTS_MORE: &[&str] =
    &["GET /drafts/{id}", "POST /accounts", "GET /reports/period", "POST /reports/remind"];

/// What a page says between its frame.
fn main(heard: &Heard) -> &str {
    heard
        .body
        .split_once("<main")
        .map_or(heard.body.as_str(), |(_, rest)| rest.split_once("</main>").map_or(rest, |(main, _)| main))
}

/// A site, with real things to ask for.
struct Asked {
    realm: Realm,
    site: String,
    /// By the part of a path that stands before a placeholder, or by the placeholder.
    real: BTreeMap<&'static str, String>,
}

impl Asked {
    /// A path with real things in the place of its placeholders.
    fn path(&self, route: &Route) -> String {
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
        if route.method() == Method::GET { who.get(&path) } else { who.send(&path, FORM) }
    }

    /// Every route for one role.
    fn role(&self, role: Role, person: &Person, routes: &[Route]) {
        let who = Visitor::sign_in(&self.site, person);
        let nothing = who.get("/no-such-page");
        assert_eq!(nothing.status, 404);
        for route in routes {
            let name = format!("{role:?} {} {}", route.method(), route.path);
            // Signing out, and what ends the session in other ways, is asked for elsewhere.
            if matches!(route.path.as_str(), "/logout" | "/login" | "/login/code") {
                continue;
            }
            // Passkeys want a secure context (Web Authentication, Level 2): at a plain address they are no page.
            if route.path.contains("/passkey") {
                assert_eq!(self.ask(&who, route).status, 404, "{name}");
                continue;
            }
            let allowed = match route.need {
                Need::Nothing | Need::Account => true,
                Need::Right(right) => may(self.realm, role, right),
            };
            if route.method() == Method::POST {
                self.others(&name, &who, route, allowed);
            }
            let heard = self.ask(&who, route);
            if allowed {
                let asked = format!("{} {}", route.method(), route.path);
                if !WANTS_MORE.contains(&asked.as_str()) {
                    assert_ne!(
                        main(&heard),
                        main(&nothing),
                        "{name} is allowed, and answers {}",
                        heard.status
                    );
                }
                assert!(
                    heard.status < 500 && heard.status != 403,
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
            let person = small.person(name, *role, &format!("vai.{}", role.code()));
            self.role(*role, &person, routes);
        }
    }
}

/// Writes one record of every kind and gives their ids by the part of the path before them.
fn records(small: &Small) -> BTreeMap<&'static str, String> {
    small.person(TOP, Role::Chief, "viet");
    small.person(COMMUNE, Role::Chief, "viet");
    let file = small.dir("Phụ lục.txt");
    std::fs::write(&file, "Phụ lục").unwrap();
    let written = |office, words: &[&str], more: &[&str]| {
        let both = ["--title", "Thử quyền", "--author", "viet"];
        let said = small.ask(office, &[words, &both, more].concat());
        said["record"].as_str().unwrap().to_owned()
    };
    let file = file.to_str().unwrap();
    let down = |kind, more: &[&str]| written(TOP, &[kind, "create", "--to", COMMUNE], more);
    [
        ("directive", down("directive", &["--type", "CV", "--attach", file])),
        ("guidance", down("guidance", &["--type", "HD"])),
        ("inspection", down("inspection", &["--type", "KH"])),
        ("programme", down("programme", &["--type", "CTr"])),
        ("report", written(COMMUNE, &["report", "create", "--to", TOP], &[])),
    ]
    .into()
}

fn asked(small: &Small, realm: Realm, name: &str) -> Asked {
    let (site, mut real) = (small.url(name), records(small));
    let reader = Visitor::sign_in(&site, &small.person(name, Role::of(realm)[1], "nguoi.doc"));
    for (kind, id) in &real {
        until("every record is here", || reader.get(&format!("/{kind}/{id}")).status == 200);
    }
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
    // A colleague's draft, shared, and a colleague's account.
    let draft = "01890000-0000-7000-8000-000000000001";
    let fields = [("draft-form", "/directives/new"), ("draft-version", "0"), ("title", "chung")];
    assert_eq!(reader.send(&format!("/drafts/{draft}?share=1"), &fields).status, 303);
    real.insert("drafts", draft.to_owned());
    real.insert("accounts", "nguoi.doc".to_owned());
    real.insert("assets", "any".to_owned());
    real.insert("name", "truc.css".to_owned());
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    real.insert("offices", office);
    Asked { realm, site, real }
}

#[test]
fn every_route_of_a_desk_asks_for_its_right() {
    let small = Small::new();
    let asked = asked(&small, Realm::Desk, COMMUNE);
    asked.everything(&small, COMMUNE, &truc_node::desk::routes());
}

#[tokio::test]
async fn every_route_of_the_console_asks_for_its_right() {
    // The table wants a hub, and asks it nothing: one that nobody serves.
    let small = Small::new();
    let other = small.dir("other");
    let init = ["init", "--name", "x", "--address", "127.0.0.1:1", "--enrol-address", "127.0.0.1:2"];
    small.ask("other", &init);
    let config = truc_hub::config::Config::load(&other).unwrap();
    let hub = truc_hub::hub::Hub::open(&other, config.identity(&other).unwrap()).unwrap();
    let routes = truc_hub::console::routes(&hub);
    let done = tokio::task::spawn_blocking(move || {
        let asked = asked(&small, Realm::Console, HUB);
        asked.everything(&small, HUB, &routes);
    });
    done.await.unwrap();
}
