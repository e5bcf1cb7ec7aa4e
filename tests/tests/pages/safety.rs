//! What every answer carries, where one is led, and what comes out of files and names (OWASP ASVS 5.0, 3).

use http::{Method, header};
use truc_node::accounts::Role;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::support::until;

#[test]
fn every_answer_carries_its_headers() {
    let small = Small::new();
    for name in [COMMUNE, HUB] {
        let site = small.url(name);
        let who = Visitor::sign_in(&site, &small.person(name, Role::Administrator, "quan.tri"));
        let nobody = Visitor::nobody(&site);
        let css =
            nobody.get("/login").body.split_once("href=\"/assets/").map(|(_, rest)| rest.to_owned()).unwrap();
        let css = format!("/assets/{}", css.split_once('"').unwrap().0);
        let answers = [
            who.get("/"),
            who.get("/no-such-page"),
            who.get("/accounts?as=csv"),
            who.get("/live"),
            who.post("/logout", &[]),
            who.ask(Method::PUT, "/", &[], ""),
            nobody.get("/"),
            nobody.get("/login"),
            nobody.get(&css),
        ];
        for heard in answers {
            let policy = heard.header("content-security-policy");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{heard:?}"
            );
            assert!(!policy.contains("unsafe-"), "{policy}");
            assert_eq!(heard.header("x-content-type-options"), "nosniff");
            assert_eq!(heard.header("x-frame-options"), "DENY");
            assert_eq!(heard.header("referrer-policy"), "same-origin");
            assert_eq!(heard.header("cross-origin-opener-policy"), "same-origin");
            assert_eq!(heard.header("cross-origin-resource-policy"), "same-origin");
            assert!(heard.header("access-control-allow-origin").is_empty());
            assert!(heard.header("server").is_empty() && heard.header("x-powered-by").is_empty());
        }
        assert_eq!(who.get("/").header("cache-control"), "no-store");
        assert!(nobody.get(&css).header("cache-control").contains("immutable"));
        // No page has a script or a style within it; the policy would forbid it.
        let page = who.get("/").body;
        assert!(
            !page.contains("<script>") && !page.contains("<style") && !page.contains(" style="),
            "{page}"
        );
        assert!(!page.contains(" onclick=") && !page.contains("javascript:"));
    }
}

#[test]
fn one_is_led_to_no_other_site() {
    let small = Small::new();
    let site = small.url(COMMUNE);
    let (one, two) =
        (small.person(COMMUNE, Role::Clerk, "nguoi.mot"), small.person(COMMUNE, Role::Clerk, "nguoi.hai"));
    let elsewhere = [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ];
    let local =
        |place: &str| place.starts_with('/') && !place.starts_with("//") && !place.contains(['\\', '\t']);
    let nobody = Visitor::nobody(&site);
    for next in elsewhere {
        let fields = [("account", one.user.as_str()), ("password", one.password.as_str()), ("next", next)];
        let heard = nobody.post("/login", &fields);
        assert_eq!(heard.status, 303);
        assert!(local(heard.header("location")), "{next}: {}", heard.header("location"));
    }
    let (first, second) = (Visitor::sign_in(&site, &one), Visitor::sign_in(&site, &two));
    for (number, form) in elsewhere.iter().enumerate() {
        let heard = first.get(&format!("/login?next={}", truc_node::web::visit::encoded(form)));
        assert!(local(heard.header("location")), "{form}: {}", heard.header("location"));
        // A colleague's shared draft must not lead anywhere else either.
        let path = format!("/drafts/01890000-0000-7000-8000-00000000000{number}");
        let heard = first.send(&format!("{path}?share=1"), &[("draft-form", form), ("draft-version", "0")]);
        assert!(local(heard.header("location")), "{form}: {}", heard.header("location"));
        let heard = second.get(&path);
        assert!(
            heard.status == 404 || local(heard.header("location")),
            "{form}: {}",
            heard.header("location")
        );
    }
}

#[test]
fn a_file_is_given_out_as_a_file_and_its_name_is_text() {
    let small = Small::new();
    small.person(TOP, Role::Chief, "viet");
    let files = [
        ("trang.html", "<script>alert(1)</script>"),
        ("hinh.svg", "<svg onload='alert(1)'/>"),
        ("chu.txt", "chữ"),
    ];
    let name = "\"><img src=x onerror=alert(1)>.txt";
    let folder = small.dir("files");
    std::fs::create_dir(&folder).unwrap();
    let mut words = vec![
        "directive",
        "create",
        "--type",
        "CV",
        "--title",
        "<b>đậm</b>",
        "--to",
        COMMUNE,
        "--author",
        "viet",
    ];
    let paths: Vec<String> = files
        .iter()
        .chain([&(name, "x")])
        .map(|(name, content)| {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    for path in &paths {
        words.extend(["--attach", path]);
    }
    let said = small.ask(TOP, &words);
    let path = format!("/directive/{}", said["record"].as_str().unwrap());
    let who = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Clerk, "van.thu"));
    let mut page = String::new();
    until("all files are here", || {
        page = who.get(&path).body;
        page.matches("href=\"/files/").count() == paths.len()
    });
    assert!(!page.contains("<img src=x") && !page.contains("<b>đậm"), "{page}");
    let links = page.split("href=\"/files/").skip(1).map(|rest| rest.split_once('?').unwrap().0.to_owned());
    for link in links {
        for ask in ["", "?as=file"] {
            let heard = who.get(&format!("/files/{link}{ask}"));
            assert_eq!(heard.status, 200);
            let (how, kind) = (heard.header("content-disposition"), heard.header("content-type"));
            assert!(how.is_ascii() && !how.contains(['"', '<', '\n']), "{how}");
            let safe = how.starts_with("attachment") && kind == "application/octet-stream";
            assert!(safe || ask.is_empty() && kind.starts_with("text/plain"), "{how} {kind}");
            // Only pages of this site frame it, and nothing in it runs.
            let policy = heard.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';") && policy.ends_with("frame-ancestors 'self'"));
            assert!(!policy.contains("script-src"), "{policy}");
            assert_eq!(heard.header("x-frame-options"), "SAMEORIGIN");
            assert_eq!(heard.header("x-content-type-options"), "nosniff");
        }
        // A place that does not name the file opens nothing.
        let hash = link.split_once('/').unwrap().1;
        assert_eq!(who.get(&format!("/files/1/{hash}")).status, 404);
    }
    // Markup in a title stays text wherever titles stand, in files of tables too.
    for list in ["/", "/in", "/search?q=dam", "/in?filter=%3Cb%3E"] {
        let heard = who.ask(Method::GET, list, &[(header::ACCEPT_LANGUAGE, "vi")], "");
        assert!(!heard.body.contains("<b>đậm"), "{list}");
    }
}

/// A paper may bring the same content under two names; each link gives it its own.
#[test]
fn a_file_keeps_the_name_under_which_it_was_chosen() {
    let small = Small::new();
    small.person(TOP, Role::Chief, "viet");
    let folder = small.dir("files");
    std::fs::create_dir(&folder).unwrap();
    let names = ["Phụ lục 1.docx", "Phụ lục 2.docx", "ảnh & chữ.txt"];
    let mut words =
        vec!["directive", "create", "--title", "Hai phụ lục", "--to", COMMUNE, "--author", "viet"];
    let paths: Vec<String> =
        names.iter().map(|name| folder.join(name).to_str().unwrap().to_owned()).collect();
    for path in &paths {
        std::fs::write(path, "cùng một nội dung").unwrap();
        words.extend(["--attach", path]);
    }
    let said = small.ask(TOP, &words);
    let path = format!("/directive/{}", said["record"].as_str().unwrap());
    let who = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Clerk, "van.thu"));
    let mut page = String::new();
    until("all files are here", || {
        page = who.get(&path).body;
        page.matches("href=\"/files/").count() == names.len()
    });
    let links = page.split("href=\"").skip(1).filter(|rest| rest.starts_with("/files/"));
    let links: Vec<String> =
        links.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect();
    let mut given = std::collections::BTreeSet::new();
    for link in &links {
        let named = link.split_once("name=").unwrap().1.split('&').next().unwrap();
        let heard = who.get(link);
        let (how, name) = heard.header("content-disposition").split_once("UTF-8''").unwrap();
        assert!(how.starts_with("attachment") && name == named, "{name} {named}");
        given.insert(name.to_owned());
    }
    assert_eq!(given.len(), names.len(), "{given:?}");
}
