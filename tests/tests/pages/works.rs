//! Works at the desk: what is typed stays, what is pressed twice is done once, and files lie in clear no longer than needed.

use std::fs;

use serde_json::Value;
use truc_node::accounts::Role;
use truc_node::store::uploads::{self, UPLOADS};
use truc_tests::pages::http::Visitor;
use truc_tests::pages::people::Person;
use truc_tests::pages::small::{COMMUNE, Small, TOP};
use truc_tests::programs::{program_of, run};
use truc_tests::support::until;

use super::forms::{hidden, is_kept, with_file};

const HOUSE: &str = r#"
office = "1"
[[units]]
id = "VPDU"
name = "Văn phòng Đảng ủy"
class = "own"
[[people]]
id = "cvp"
name = "Đậu Thị Chánh"
title = "Chánh Văn phòng"
unit = "VPDU"
head = true
account = "chief"
[[people]]
id = "lan"
name = "Trần Lan Mẫu"
title = "văn thư"
unit = "VPDU"
account = "clerk"
[[people]]
id = "minh"
name = "Võ Minh Thử"
title = "chuyên viên"
unit = "VPDU"
account = "specialist"
[[rights]]
person = "cvp"
right = "giao-viec"
[[rights]]
person = "cvp"
right = "nep-nha"
"#;

/// A commune with a house, and its people.
pub(crate) struct Office {
    pub(crate) small: Small,
    pub(crate) cvp: Visitor,
    pub(crate) minh: Visitor,
    person: Person,
}

impl Office {
    pub(crate) fn new() -> Self {
        let small = Small::new();
        small.person(COMMUNE, Role::Administrator, "qt");
        let house = small.write("nep-nha.toml", HOUSE);
        small.ask(COMMUNE, &["house", "import", house.to_str().unwrap(), "--author", "qt"]);
        let person = small.person(COMMUNE, Role::Specialist, "minh");
        let chief = small.person(COMMUNE, Role::Chief, "cvp");
        let (cvp, minh) =
            (Visitor::sign_in(&small.url(COMMUNE), &chief), Visitor::sign_in(&small.url(COMMUNE), &person));
        Self { small, cvp, minh, person }
    }

    fn works(&self) -> Vec<Value> {
        self.small.ask(COMMUNE, &["assignment", "list", "--author", "cvp"])["records"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The page of the form by which a work is given, and its draft.
    fn form(&self) -> (String, String) {
        let page = self.cvp.get("/works/new").header("location").to_owned();
        let draft = page.split_once("draft=").unwrap().1.to_owned();
        (page, draft)
    }
}

#[test]
fn a_work_is_given_once_and_a_refused_form_loses_nothing() {
    let office = Office::new();
    let (page, draft) = office.form();
    let give = |content: &str, lead: &str| {
        let fields = [
            ("draft", draft.as_str()),
            ("content", content),
            ("lead", lead),
            ("no_due", "1"),
            ("do", "give"),
        ];
        office.cvp.send("/works/new", &fields)
    };
    let refused = give("Báo cáo quý IV", "khong");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("Báo cáo quý IV") && hidden(&refused.body, "draft") == draft);
    let first = give("Báo cáo quý IV", "minh").header("location").to_owned();
    assert!(first.starts_with("/assignment/"), "{first}");
    assert_eq!(give("Báo cáo quý IV", "minh").header("location"), first, "pressed twice");
    assert_eq!(office.cvp.get(&page).header("location"), first, "Back");
    assert_eq!(office.works().len(), 1);
    // A line of the story that is sent twice is one.
    let id = first.rsplit('/').next().unwrap();
    let body = office.minh.get(&first).body;
    let note = body.split("name=\"move\" value=\"note\"").next().unwrap();
    let name = note.rsplit("name=\"draft\" value=\"").next().unwrap().split('"').next().unwrap();
    let before = office.small.written(COMMUNE);
    for _ in 0..2 {
        let fields = [("draft", name), ("move", "note"), ("note", "đã gọi điện")];
        assert_eq!(office.minh.send(&format!("/assignment/{id}"), &fields).status, 303);
    }
    assert_eq!(office.small.written(COMMUNE), before + 1);
}

#[test]
fn what_was_typed_into_a_work_when_the_session_ended_is_found_again() {
    let office = Office::new();
    let (_, draft) = office.form();
    let fields =
        [("draft", draft.as_str()), ("content", "Việc"), ("lead", "minh"), ("no_due", "1"), ("do", "give")];
    let work = office.cvp.send("/works/new", &fields).header("location").to_owned();
    let page = office.minh.get(&work).body;
    let form = page.split("<form").find(|form| form.contains("value=\"back\"")).unwrap().to_owned();
    let mut fields: Vec<(&str, String)> =
        ["draft", "draft-form", "move", "saw"].iter().map(|name| (*name, hidden(&form, name))).collect();
    fields.push(("note", "không thuộc phần tôi".into()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut nobody = Visitor::nobody(&office.small.url(COMMUNE));
    let ended = nobody.post(&work, &fields);
    assert_eq!(ended.status, 401);
    let (kept, next) = (hidden(&ended.body, "kept"), hidden(&ended.body, "next"));
    let login =
        [("account", "minh"), ("password", &office.person.password), ("kept", &kept), ("next", &next)];
    let heard = nobody.post("/login", &login);
    nobody.cookie = heard.cookie();
    let open = nobody.get(heard.header("location")).header("location").to_owned();
    assert!(open.starts_with(&work), "{open}");
    let page = nobody.get(&open).body;
    let back = page.split("<details").find(|form| form.contains("value=\"back\"")).unwrap();
    assert!(back.contains("open") && back.contains("không thuộc phần tôi"), "{back}");
}

#[test]
fn a_file_handed_in_stays_in_clear_no_longer_than_needed_and_in_no_backup() {
    let office = Office::new();
    let dir = office.small.dir(COMMUNE);
    let (_, draft) = office.form();
    let fields =
        [("draft", draft.as_str()), ("content", "Việc"), ("lead", "minh"), ("no_due", "1"), ("do", "give")];
    let work = office.cvp.send("/works/new", &fields).header("location").to_owned();
    let page = office.minh.get(&work).body;
    let form = page.split("<form").find(|form| form.contains("value=\"hand-in\"")).unwrap().to_owned();
    assert_eq!(hidden(&form, "stays"), "1");
    let name = hidden(&form, "draft");
    let there = || fs::read_dir(dir.join(UPLOADS)).map_or(0, Iterator::count);
    // By the button that saves, and by the script: it lies in no backup.
    let save = [
        ("draft", name.as_str()),
        ("draft-version", "0"),
        ("draft-form", &work),
        ("move", "hand-in"),
        ("stays", "1"),
        ("note", "nháp"),
    ];
    assert_eq!(with_file(&office.minh, &format!("/drafts/{name}"), &office.minh.csrf, &save), 303);
    assert_eq!(with_file(&office.minh, "/upload/inward", &office.minh.csrf, &[]), 200);
    assert!(there() >= 4, "two files with their marks: {}", there());
    assert!(uploads::backed_up(&dir).unwrap().is_empty());
    assert!(is_kept(&office.small, COMMUNE, "nháp"));
    // Handed in, nothing of it is left in clear but what belongs to no form.
    let fields = [("draft", name.as_str()), ("move", "hand-in"), ("stays", "1"), ("note", "xong")];
    assert_eq!(with_file(&office.minh, &work, &office.minh.csrf, &fields), 303);
    assert_eq!(there(), 2, "what the script brought and no form named");
    assert!(!office.minh.get("/drafts").body.contains(&name), "the draft is gone, too");
}

#[test]
fn what_waits_stands_on_a_page_and_is_found_undone_and_handed_over() {
    let office = Office::new();
    let ask = |words: &[&str]| office.small.ask(COMMUNE, words);
    // What is proposed for no paper stands on the page of who gives work, and the day is not calm.
    let propose = ["assignment", "propose", "Mua máy in", "--lead", "minh", "--no-due", "--author", "minh"];
    let proposal = ask(&propose)["record"].as_str().unwrap().to_owned();
    let today = office.cvp.get("/").body;
    assert!(today.contains("Mua máy in") && today.contains("1 việc của tôi"), "{today}");
    assert!(!office.minh.get("/").body.contains("Mua máy in"), "minh gives no work");
    let page = office.cvp.get(&format!("/assignment/{proposal}")).body;
    assert!(page.contains("value=\"approve\""), "{page}");
    // Given a moment ago, it is taken back with one press.
    let give = ["assignment", "give", "Báo cáo quý IV", "--lead", "minh", "--no-due", "--author", "cvp"];
    let work = format!("/assignment/{}", ask(&give)["record"].as_str().unwrap());
    let page = office.cvp.get(&work).body;
    let undo = page.split("<form").find(|form| form.contains("Hoàn tác")).unwrap().to_owned();
    let fields: Vec<(&str, String)> =
        ["draft", "move", "saw", "note"].iter().map(|name| (*name, hidden(&undo, name))).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(office.cvp.send(&work, &fields).status, 303);
    assert!(office.works().iter().all(|row| row["content"] != "Báo cáo quý IV"));
    // A form that showed another state is refused, and keeps what was typed.
    let one = ask(&give)["record"].as_str().unwrap().to_owned();
    let other = ask(&give)["record"].as_str().unwrap().to_owned();
    let work = format!("/assignment/{one}");
    let form = office.minh.get(&work).body;
    let form = form.split("<form").find(|form| form.contains("value=\"progress\"")).unwrap().to_owned();
    let saw = hidden(&form, "saw");
    ask(&["assignment", "move-due", &one, "2035-01-03", "--note", "có hạn", "--author", "cvp"]);
    let late = [("move", "progress"), ("saw", saw.as_str()), ("percent", "40"), ("note", "đã làm một nửa")];
    let refused = office.minh.send(&work, &late);
    assert!(refused.status == 422 && refused.body.contains("đã làm một nửa"), "{}", refused.body);
    assert!(refused.body.contains("Đậu Thị Chánh đã bấm “đổi hạn”"), "{}", refused.body);
    // Dates of another year name it.
    assert!(refused.body.contains("03/01/2035"), "{}", refused.body);
    // By words without marks, and by the person; who sees a work finds it.
    for (words, found) in [("bao cao quy", 3), ("vo minh", 4), ("khong co", 0)] {
        let page = office.cvp.get(&format!("/search?q={}", words.replace(' ', "+"))).body;
        assert_eq!(page.matches("href=\"/assignment/").count(), found, "{words}: {page}");
    }
    // One press gives all of a person's works to another, or none.
    let page = office.cvp.get("/works/of?person=minh").body;
    assert!(page.contains("Giao lại cả 2 việc"), "{page}");
    let over = |to: &str| {
        [("person", "minh"), ("to", to), ("note", "đồng chí Minh nghỉ")].map(|(a, b)| (a, b.to_owned()))
    };
    let send = |to: &str| {
        let fields = over(to);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        office.cvp.send("/works/of", &fields)
    };
    let refused = send("khong");
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("“Báo cáo quý IV”: Nếp nhà không có"), "{}", refused.body);
    assert_eq!(send("lan").status, 303);
    let leads: Vec<Value> = [&one, &other]
        .iter()
        .map(|id| ask(&["assignment", "show", id, "--author", "cvp"])["lead"].clone())
        .collect();
    assert_eq!(leads, ["lan", "lan"]);
}

/// Where there is a house, an arrived paper is assigned by its works, and told to be done only after them.
#[test]
fn a_paper_that_arrives_is_accepted_given_and_not_closed_over_an_open_work() {
    let office = Office::new();
    let small = &office.small;
    small.person(TOP, Role::Chief, "viet");
    let task = format!("T1|Báo cáo bão|{COMMUNE}|2035-12-03");
    let create = [
        "directive",
        "create",
        "--to",
        COMMUNE,
        "--type",
        "CV",
        "--title",
        "Bão số 7",
        "--task",
        &task,
        "--author",
        "viet",
    ];
    let record = small.ask(TOP, &create)["record"].as_str().unwrap().to_owned();
    let page = format!("/directive/{record}");
    until("the paper is here", || office.cvp.get(&page).status == 200);
    assert!(office.cvp.get(&page).body.contains("Tiếp nhận và giao việc"));
    // One press accepts and leads to the form by which it is given, filled in.
    let accept = [("then", "give")];
    let give = office.cvp.send(&format!("{page}/accepted"), &accept).header("location").to_owned();
    assert!(give.starts_with("/works/new?source="), "{give}");
    let form = office.cvp.get(&give).header("location").to_owned();
    let form = office.cvp.get(&form).body;
    assert!(form.contains("Báo cáo bão"), "{form}");
    // The old way of assigning leads to the works.
    assert!(!office.cvp.get(&page).body.contains(&format!("{page}/assigned")));
    let old = office.cvp.send(&format!("{page}/assigned"), &[("assigned_to", "minh")]);
    assert_eq!(old.header("location"), format!("{page}#works"));
    let today = office.cvp.get("/").body;
    assert!(today.contains("1 việc chờ phân công") && !today.contains("văn bản chờ phân công"), "{today}");
    let (source, draft) = (hidden(&form, "source"), hidden(&form, "draft"));
    let fields = [
        ("draft", draft.as_str()),
        ("source", &source),
        ("content", "Báo cáo bão"),
        ("lead", "minh"),
        ("do", "give"),
    ];
    let work = office.cvp.send("/works/new", &fields).header("location").to_owned();
    assert!(work.starts_with("/assignment/"), "{work}");
    // Neither the task nor the whole paper is done before the work is.
    let node = |words: &[&str]| {
        run(program_of(COMMUNE), &small.dir(COMMUNE), &[words, &["--author", "cvp"]].concat())
    };
    for words in [
        &["directive", "progress", &record, "T1", "100"][..],
        &["directive", "complete", &record, "--all", "--note", "xong"],
    ] {
        let refused = node(words);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            refused.status.code() == Some(5)
                && said.contains("The work inside is not confirmed yet: Võ Minh Thử"),
            "{words:?}: {said}"
        );
    }
    let confirm = [("move", "confirm"), ("note", "đã báo qua điện thoại")];
    assert_eq!(office.cvp.send(&work, &confirm).status, 303);
    assert!(office.cvp.get("/").body.contains("Báo cấp trên hoàn thành"));
    assert!(node(&["directive", "complete", &record, "--all", "--note", "xong"]).status.success());
}
