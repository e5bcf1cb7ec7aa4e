//! What administrators set and supervisors do: figures, reminders, letters, and what machines say of themselves.

use truc_node::accounts::Role;
use truc_node::clock::unix_now;
use truc_proto::date::Date;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::support::until;

fn in_days(days: u64) -> String {
    Date::of_millis((unix_now() + days * 86_400) as i64 * 1000).unwrap().to_string()
}

/// A directive of the province to the commune.
fn directive(small: &Small, more: &[&str]) -> String {
    small.person(TOP, Role::Chief, "viet");
    let words = ["directive", "create", "--to", COMMUNE, "--type", "CV", "--title", "Ứng phó bão"];
    let said = small.ask(TOP, &[&words[..], &["--author", "viet"], more].concat());
    said["record"].as_str().unwrap().to_owned()
}

/// The form as it stands, and what is said beside one of its fields.
fn beside<'a>(page: &'a str, field: &str) -> &'a str {
    let error = page.split_once(&format!("id=\"err-{field}\"")).map_or("", |(_, rest)| rest);
    error.split_once("</p>").map_or("", |(said, _)| said)
}

#[test]
fn figures_are_set_by_administrators_stay_and_count_at_once() {
    let small = Small::new();
    let due = in_days(10);
    let task = format!("T1|Cấm biển|{COMMUNE}|{due}");
    let record = directive(&small, &["--task", &task]);
    for (name, shown) in [(HUB, "/tasks?state=soon"), (COMMUNE, "/")] {
        let site = small.url(name);
        let admin = Visitor::sign_in(&site, &small.person(name, Role::Administrator, "quan.tri"));
        let soon = || {
            let page = admin.get(shown).body;
            let (_, soon) = page.split_once(if name == HUB { "id=\"tasks\"" } else { "id=\"soon\"" })?;
            let soon = soon.split_once("</section>").map_or(soon, |(soon, _)| soon);
            soon.contains(&record).then_some(())
        };
        until("it has arrived", || admin.get(&format!("/directive/{record}")).status == 200);
        if name == COMMUNE {
            // Until it is accepted, the paper stands among those that wait for that.
            let clerk = small.person(COMMUNE, Role::Clerk, "van.thu");
            small.ask(COMMUNE, &["directive", "accept", &record, "--author", &clerk.user]);
            until("it stands by its day", || admin.get(shown).body.contains("id=\"rest\""));
        }
        assert_eq!(soon(), None, "{name}: ten days are not soon");

        let set = |silence, unit, soon| {
            admin.send("/settings", &[("silence", silence), ("silence-unit", unit), ("soon", soon)])
        };
        let refused = set("4", "minute", "x");
        assert_eq!(refused.status, 422, "{name}");
        assert!(beside(&refused.body, "soon").contains("“x”"), "{name}");
        let refused = set("4", "minute", "61");
        assert!(!beside(&refused.body, "silence").is_empty() && refused.body.contains("value=\"61\""));
        let refused = set("31", "day", "5");
        assert!(!beside(&refused.body, "silence").is_empty() && beside(&refused.body, "soon").is_empty());
        assert!(!beside(&set("2", "hour", "61").body, "soon").is_empty());
        let as_before = admin.get("/settings").body;
        assert!(as_before.contains("name=\"soon\" value=\"3\""), "{name}: {as_before}");

        assert_eq!(set("2", "hour", "15").status, 303, "{name}");
        until("it is soon now", || soon().is_some());
        let notes = admin.get(if name == HUB { "/audit?of=console" } else { "/notes" }).body;
        assert!(notes.contains("1 d → 2 h") && notes.contains("3 d → 15 d"), "{name}: {notes}");
        small.kill(name);
        small.start(name);
        let page = admin.get("/settings").body;
        assert!(page.contains("name=\"soon\" value=\"15\""), "{name}: {page}");
        assert!(page.contains("name=\"silence\" value=\"2\"") && page.contains("value=\"hour\" selected"));
    }
}

#[test]
fn the_overview_offers_the_reminder_that_would_help_to_those_who_may_send_it() {
    let small = Small::new();
    let record = directive(&small, &["--urgency", "express"]);
    let site = small.url(HUB);
    let supervisor = Visitor::sign_in(&site, &small.person(HUB, Role::Supervisor, "giam.sat"));
    let observer = Visitor::sign_in(&site, &small.person(HUB, Role::Observer, "theo.doi"));
    let address = format!("action=\"/directives/{record}/remind\"");
    until("it is seen", || supervisor.get("/").body.contains(&address));
    let page = observer.get("/").body;
    assert!(page.contains(&record) && !page.contains(&address), "{page}");

    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    let send = |more: &[(&str, &str)]| {
        let fields = [("office", office.as_str()), ("from", "sent")];
        supervisor.send(&format!("/directives/{record}/remind"), &[&fields[..], more].concat())
    };
    // It cannot be taken back: it is asked first.
    let asked = send(&[]);
    assert_eq!(asked.status, 200);
    assert!(asked.body.contains("name=\"from\" value=\"sent\"") && asked.body.contains("Đảng ủy xã Một"));
    let once =
        asked.body.split_once("name=\"draft\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let letter = [
        ("send", "1"),
        ("title", "Đôn đốc"),
        ("text", "Đề nghị tiếp nhận"),
        ("urgency", "1"),
        ("draft", &once),
    ];
    let sent = send(&letter);
    assert_eq!((sent.status, sent.header("location")), (303, "/?only=sent"));
    // A form that is sent twice issues its letter once.
    assert_eq!(send(&letter).status, 303);
    assert_eq!(small.ask(HUB, &["directive", "list"])["records"].as_array().unwrap().len(), 2);
    let page = supervisor.get("/?only=sent").body;
    assert!(page.contains("role=\"status\"") && page.contains("đã đôn đốc"), "{page}");
    until("the commune has it", || {
        small.ask(COMMUNE, &["directive", "list"])["records"].as_array().unwrap().len() == 2
    });
    // The record that it reminds of says so in its story.
    let listed = small.ask(COMMUNE, &["directive", "list"])["records"].clone();
    let mut ids = listed.as_array().unwrap().iter().filter_map(|row| row["id"].as_str());
    let letter = ids.rfind(|id| *id != record).unwrap_or_else(|| panic!("{listed}"));
    let clerk = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Clerk, "vt.mot"));
    let page = clerk.get(&format!("/directive/{record}")).body;
    let story = page.split_once("id=\"story\"").unwrap().1.split("</ol>").next().unwrap();
    let link = format!("href=\"/directive/{letter}\"");
    assert!(story.contains(&link) && story.contains("gửi văn bản về việc này"), "{story}");
}

#[test]
fn a_letter_that_travels_says_until_when() {
    let small = Small::new();
    let admin = Visitor::sign_in(&small.url(HUB), &small.person(HUB, Role::Administrator, "quan.tri"));
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    let letter = |valid: &str| {
        let heard = admin.send(&format!("/offices/{office}/letter"), &[("valid", valid)]);
        match heard.header("location") {
            "" => (heard.status, heard.body),
            place => (admin.get(place).status, admin.get(place).body),
        }
    };
    // DD/MM/YYYY, as people write it.
    let day = |days| in_days(days).split('-').rev().collect::<Vec<_>>().join("/");
    let (status, page) = letter("7d");
    let until = page.split_once("class=\"until\"").map_or("", |(_, rest)| rest);
    assert!(status == 200 && until.split("</p>").next().unwrap().contains(&day(7)), "{page}");
    let (_, page) = letter("");
    assert!(!page.contains(&day(7)) && page.contains("class=\"until\""));
    assert_eq!(letter("8d").0, 422, "nobody is offered more");
}

#[test]
fn a_letter_that_is_asked_for_twice_is_the_first_and_stays_valid() {
    let small = Small::new();
    let admin = Visitor::sign_in(&small.url(HUB), &small.person(HUB, Role::Administrator, "quan.tri"));
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    let form = admin.get(&format!("/offices/{office}")).body;
    let letter = form.split_once("/letter\"").unwrap().1;
    let once = letter.split_once("name=\"draft\" value=\"").unwrap().1.split('"').next().unwrap();
    let press = |fields: &[(&str, &str)]| {
        let heard = admin.send(&format!("/offices/{office}/letter"), fields);
        assert_eq!(heard.status, 303, "{}", heard.body);
        heard.header("location").to_owned()
    };
    let code = |place: &str| {
        let page = admin.get(place).body;
        let code =
            page.split_once("class=\"code\"").map(|(_, rest)| rest.split("</p>").next().unwrap().to_owned());
        code.unwrap_or_else(|| panic!("no code: {page}"))
    };
    let same = [("valid", "1d"), ("draft", once)];
    let first = press(&same);
    let said = code(&first);
    assert_eq!((press(&same), code(&first)), (first.clone(), said.clone()), "pressed twice, and reloaded");
    // Other words are another letter.
    let other = press(&[("valid", "7d"), ("draft", once)]);
    assert_ne!(code(&other), said);
    // Nobody else opens it.
    let colleague = Visitor::sign_in(&small.url(HUB), &small.person(HUB, Role::Administrator, "quan.tri.2"));
    let theirs = colleague.get(&other).body;
    assert!(!theirs.contains("class=\"code\"") && theirs.contains("cấp mã mới"), "{theirs}");
}

#[test]
fn a_machine_says_by_itself_how_it_stands() {
    let small = Small::new();
    let admin = Visitor::sign_in(&small.url(HUB), &small.person(HUB, Role::Administrator, "quan.tri"));
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    until("it has said how much room its disk has", || {
        let page = admin.get(&format!("/offices/{office}")).body;
        let machine = page.split_once("id=\"machine\"").unwrap().1;
        let room = machine.split_once("<dt>Đĩa trống").map_or("", |(_, rest)| rest);
        room.split("</dd>").next().unwrap().contains("GB")
    });
}

#[test]
fn codes_and_revocations_are_in_the_audit_with_their_office() {
    let small = Small::new();
    let admin = Visitor::sign_in(&small.url(HUB), &small.person(HUB, Role::Administrator, "quan.tri"));
    small.ask(HUB, &["office", "code", COMMUNE, "--replace", "--author", "quan.tri"]);
    small.ask(HUB, &["office", "revoke", COMMUNE, "--reason", "máy bị mất", "--author", "quan.tri"]);
    let noted = admin.get("/audit?of=console").body;
    for what in ["cấp mã kết nối cho cơ quan", "thu hồi chứng thư máy của cơ quan", "1 Đảng ủy xã Một"]
    {
        assert!(noted.contains(what), "{what}: {noted}");
    }
    let mut trail = String::new();
    until("the revocation is in the trail", || {
        trail = admin.get("/audit?kind=1").body;
        trail.contains("sổ đăng ký: thu hồi chứng thư máy")
    });
    assert!(trail.contains("Đảng ủy xã Một: máy số 1 · máy bị mất"), "{trail}");
}
