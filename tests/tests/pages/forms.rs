//! Forms: carried out once; what must not be kept is nowhere, what was typed is a draft.

use std::fs;

use http::{Method, header};
use truc_node::accounts::{ACCOUNTS, Role};
use truc_node::store::uploads;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::support::until;

const DRAFT: &str = "01890000-0000-7000-8000-0000000000a1";

/// Whether a text stands anywhere in the files of the accounts.
pub(crate) fn is_kept(small: &Small, name: &str, text: &str) -> bool {
    let find = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let files = [ACCOUNTS.to_owned(), format!("{ACCOUNTS}-wal")];
    files.iter().any(|file| fs::read(small.dir(name).join(file)).is_ok_and(|bytes| find(&bytes)))
}

/// A form with a file, as browsers send it.
pub(crate) fn with_file(who: &Visitor, path: &str, csrf: &str, fields: &[(&str, &str)]) -> u16 {
    let mut body = String::new();
    let part =
        |head: &str, text: &str| format!("--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n");
    for (name, value) in [&[("csrf", csrf)], fields].concat() {
        body += &part(&format!("name=\"{name}\""), value);
    }
    body += &part("name=\"files\"; filename=\"Phụ lục.docx\"", "nội dung của tệp");
    body += "--X--\r\n";
    who.ask(Method::POST, path, &[(header::CONTENT_TYPE, "multipart/form-data; boundary=X")], &body).status
}

/// Value of a hidden field of a page.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("name=\"{name}\" value=\"")).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn a_paper_is_issued_once_however_often_its_form_is_sent() {
    let small = Small::new();
    let who = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "lanh.dao"));
    let to = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    let page = who.get("/directives/new");
    let address = page.header("location").to_owned();
    assert_eq!((page.status, address.contains("draft=")), (303, true), "Back and reload meet the same form");
    let id = address.split_once("draft=").unwrap().1.to_owned();
    let send = |title: &str, more: &[(&str, &str)]| {
        let fields = [("draft", id.as_str()), ("type", "CV"), ("title", title), ("recipient", &to)];
        who.send("/directives/new", &[&fields[..], more].concat())
    };
    // What is wrong is said before anything is asked.
    let wrong = send("", &[]);
    assert!(wrong.status == 422 && !wrong.body.contains("name=\"sure\""), "{}", wrong.body);
    let asked = send("Cấm biển", &[]);
    assert!(
        asked.status == 200
            && asked.body.contains("name=\"sure\" value=\"1\"")
            && asked.body.contains("xã Một")
    );
    let issued = || small.ask(TOP, &["directive", "list"])["records"].as_array().unwrap().len();
    assert_eq!(issued(), 0);
    let sure = [("sure", "1")];
    let first = send("Cấm biển", &sure).header("location").to_owned();
    assert!(first.starts_with("/directive/"), "{first}");
    for _ in 0..2 {
        assert_eq!(send("Cấm biển", &sure).header("location"), first);
    }
    // So do Back and a second tab.
    assert_eq!(who.get(&address).header("location"), first);
    // What was changed since is another paper, and not sent.
    let other = send("Cấm biển từ 12 giờ", &sure).header("location").to_owned();
    let form = who.get(who.get(&other).header("location")).body;
    assert!(other.starts_with("/drafts/") && form.contains("Cấm biển từ 12 giờ"), "{other}");
    assert_eq!(issued(), 1);
    let next = small.ask(
        TOP,
        &["directive", "create", "--to", COMMUNE, "--type", "CV", "--title", "Hai", "--author", "lanh.dao"],
    );
    assert!(next["number"].as_str().unwrap().starts_with("02"), "no number is burnt: {next}");
}

#[test]
fn passwords_come_into_no_draft_and_only_into_no_page() {
    let small = Small::new();
    let person = small.person(COMMUNE, Role::Administrator, "quan.tri");
    let nobody = Visitor::nobody(&small.url(COMMUNE));
    let who = Visitor::sign_in(&small.url(COMMUNE), &person);
    for (path, field) in [("/me/password", "old"), ("/me/password", "new"), ("/backup", "password")] {
        let secret = "mật khẩu rất dài và bí mật";
        let ended = nobody.post(path, &[(field, secret)]);
        assert_eq!((ended.status, hidden(&ended.body, "next").as_str()), (401, path));
        assert!(
            !ended.body.contains(secret) && !ended.body.contains("name=\"kept\""),
            "{path}: {}",
            ended.body
        );
        let stale = who.post(path, &[("csrf", "old"), (field, secret)]);
        assert!(stale.status == 403 && !stale.body.contains(secret), "{path}: {}", stale.body);
        let fields = [("account", person.user.as_str()), ("password", &person.password), ("next", path)];
        assert_eq!(nobody.post("/login", &fields).header("location"), path);
        assert!(!is_kept(&small, COMMUNE, secret), "{path}");
    }
}

#[test]
fn what_was_typed_when_the_session_ended_is_a_draft_of_its_form() {
    let small = Small::new();
    let person = small.person(TOP, Role::Clerk, "van.thu");
    let mut who = Visitor::nobody(&small.url(TOP));
    let form = [
        ("draft", DRAFT),
        ("draft-form", "/directives/new"),
        ("title", "Viết dở"),
        ("task.3.content", "Việc"),
    ];
    // Also under the button that saves, which stands at an address without a form.
    for path in ["/directives/new", &format!("/drafts/{DRAFT}")] {
        let ended = who.post(path, &form);
        assert_eq!(ended.status, 401, "{path}");
        let (kept, next) = (hidden(&ended.body, "kept"), hidden(&ended.body, "next"));
        let fields = [
            ("account", person.user.as_str()),
            ("password", &person.password),
            ("kept", &kept),
            ("next", &next),
        ];
        let heard = who.post("/login", &fields);
        assert!(heard.header("location").starts_with("/drafts/"), "{path}: {}", heard.header("location"));
        who.cookie = heard.cookie();
        let open = who.get(heard.header("location")).header("location").to_owned();
        assert!(open.starts_with("/directives/new?draft="), "{path}: {open}");
        let page = who.get(&open).body;
        assert!(page.contains("Viết dở") && page.contains("task.3.content"), "{path}: {page}");
        who.cookie = None;
    }
}

#[test]
fn a_secret_text_is_kept_nowhere() {
    let small = Small::new();
    let who = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Clerk, "van.thu"));
    let save = |level: &str, title: &str| {
        let version = if level == "0" { "0" } else { "1" };
        let form = [
            ("draft", DRAFT),
            ("draft-form", "/directives/new"),
            ("draft-version", version),
            ("confidentiality", level),
            ("title", title),
            ("text", "NOI DUNG MAT"),
            ("task.0.content", "VIEC MAT"),
        ];
        assert_eq!(with_file(&who, &format!("/drafts/{DRAFT}"), &who.csrf, &form), 303);
    };
    save("0", "TRICH YEU");
    assert!(is_kept(&small, COMMUNE, "NOI DUNG MAT"), "an open text is kept");
    assert_eq!(uploads::backed_up(&small.dir(COMMUNE)).unwrap().len(), 1);
    save("1", "TRICH YEU");
    for text in ["NOI DUNG MAT", "VIEC MAT"] {
        assert!(!is_kept(&small, COMMUNE, text), "{text} is still there");
    }
    assert!(is_kept(&small, COMMUNE, "TRICH YEU"), "the stub stays");
    assert!(uploads::backed_up(&small.dir(COMMUNE)).unwrap().is_empty());
    // At the highest level a paper has no title, and can be issued without one.
    let to = small.ask(HUB, &["office", "show", TOP])["office"].as_str().unwrap().to_owned();
    let issue = |level: &str, title: &str, text: &str| {
        let fields = [
            ("confidentiality", level),
            ("type", "CV"),
            ("title", title),
            ("text", text),
            ("recipient", &to),
            ("sure", "1"),
        ];
        who.send("/directives/new", &fields)
    };
    for (level, title, text) in [("1", "", ""), ("1", "T", "NOI DUNG KIN"), ("3", "TRICH YEU KIN", "")] {
        let refused = issue(level, title, text);
        assert!(refused.status == 422 && !refused.body.contains("KIN"), "{level} {title} {text}");
    }
    assert!(issue("3", "", "").header("location").starts_with("/directive/"));
}

#[test]
fn files_are_taken_from_who_may_and_go_when_they_are_sent() {
    let small = Small::new();
    let dir = small.dir(COMMUNE);
    let there = || uploads::backed_up(&dir).unwrap().len();
    let clerk = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Clerk, "van.thu"));
    let admin =
        Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Administrator, "quan.tri"));
    assert_eq!(with_file(&clerk, "/upload", "wrong", &[]), 403);
    assert_eq!(with_file(&admin, "/upload", &admin.csrf, &[]), 404);
    assert_eq!(with_file(&clerk, "/me", &clerk.csrf, &[]), 303, "no form of files");
    assert_eq!(there(), 0);
    let to = small.ask(HUB, &["office", "show", TOP])["office"].as_str().unwrap().to_owned();
    let form =
        [("draft", DRAFT), ("type", "CV"), ("title", "Có tệp"), ("recipient", to.as_str()), ("sure", "1")];
    assert_eq!(with_file(&clerk, "/directives/new", &clerk.csrf, &form), 303);
    assert_eq!(there(), 0, "it is an attachment now");
}

#[test]
fn a_form_begins_with_what_was_looked_at_and_keeps_figures_as_they_are() {
    let small = Small::new();
    small.person(TOP, Role::Chief, "viet");
    let who = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Chief, "chanh.vp"));
    let open = |address: &str| who.get(who.get(address).header("location")).body;
    // The week that somebody looked at.
    let week = who.get("/programmes/week?from=2026-12-02").body;
    let link = week.split_once("href=\"/programmes/new?").unwrap().1.split('"').next().unwrap().to_owned();
    let page = open(&format!("/programmes/new?{link}"));
    assert_eq!((hidden(&page, "from").as_str(), hidden(&page, "to").as_str()), ("2026-11-30", "2026-12-06"));

    let words =
        ["report", "create", "--title", "Báo cáo", "--form", "VP", "--to", TOP, "--author", "chanh.vp"];
    let more = ["--period", "month:2026-10-01:2026-10-31", "--indicator", "A01|Tỷ lệ|%|2.125|"];
    let report = small.ask(COMMUNE, &[&words[..], &more].concat())["record"].as_str().unwrap().to_owned();
    until("it is at the province", || {
        small.ask(TOP, &["report", "list"])["records"][0]["id"] == report.as_str()
    });
    small.ask(TOP, &["report", "return", &report, "--note", "thiếu căn cứ", "--author", "viet"]);
    let shown = || small.ask(COMMUNE, &["report", "show", &report]);
    until("it came back", || who.get(&format!("/report/{report}")).body.contains("thiếu căn cứ"));
    let page = open(&format!("/reports/new?again={report}"));
    assert!(page.contains("thiếu căn cứ"), "why it was returned is said where it is corrected");
    assert_eq!(hidden(&page, "indicator.0.value"), "2,125");
    let fields =
        ["again", "notation", "title", "form", "from", "to", "indicator.0.id", "indicator.0.content"];
    let fields = fields
        .iter()
        .chain(&["indicator.0.unit", "indicator.0.value"])
        .map(|name| (*name, hidden(&page, name)));
    let mut fields: Vec<(&str, String)> = fields.collect();
    fields.extend([
        ("title", "Báo cáo".to_owned()),
        ("period", "month".to_owned()),
        ("type", "BC".to_owned()),
    ]);
    let to = small.ask(HUB, &["office", "show", TOP])["office"].as_str().unwrap().to_owned();
    fields.extend([("recipient", to.clone()), ("sure", "1".to_owned())]);
    fields.retain(|(name, value)| *name != "title" || !value.is_empty());
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = who.send("/reports/new", &fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(shown()["indicators"][0]["value"], serde_json::json!({ "unscaled": 2125, "scale": 3 }));
    // Another report for the same period is asked about as such.
    let second: Vec<(&str, &str)> =
        fields.iter().copied().filter(|(name, _)| !["again", "sure"].contains(name)).collect();
    let asked = who.send("/reports/new", &second).body;
    assert!(asked.contains("Kỳ này cơ quan đã gửi một báo cáo") && asked.contains(&report), "{asked}");
}

#[test]
fn only_forms_that_can_be_sent_are_offered_and_a_programme_goes_up() {
    let small = Small::new();
    let site = small.url(COMMUNE);
    let who = Visitor::sign_in(&site, &small.person(COMMUNE, Role::Chief, "chanh.vp"));
    let open = |who: &Visitor, address: &str| who.get(who.get(address).header("location"));
    for list in ["/guidances", "/inspections"] {
        let new = format!("{list}/new");
        assert!(!who.get(list).body.contains(&format!("href=\"{new}\"")), "{list}");
        let page = open(&who, &new);
        assert_eq!(page.status, 403, "{new}");
        assert!(
            page.body.contains("chỉ gửi xuống cấp dưới") && !page.body.contains("name=\"title\""),
            "{new}"
        );
    }
    let top = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    assert!(top.get("/guidances").body.contains("href=\"/guidances/new\""));
    assert_eq!(open(&top, "/guidances/new").status, 200);

    // A commune's programme: for itself, or for those above.
    let id = |name: &str| small.ask(HUB, &["office", "show", name])["office"].as_str().unwrap().to_owned();
    let (mine, above) = (id(COMMUNE), id(TOP));
    let page = open(&who, "/programmes/new").body;
    let picker = page.split_once("data-picker").unwrap().1.split_once("</fieldset>").unwrap().0.to_owned();
    for office in [&mine, &above] {
        assert!(picker.contains(&format!("name=\"recipient\" value=\"{office}\"")), "{picker}");
    }
    assert!(picker.contains("Để trống: chỉ cơ quan mình.") && !picker.contains("class=\"req\""), "{picker}");
    let send = |title: &str, to: &[(&str, &str)]| {
        let fields = [
            ("type", "CTr"),
            ("title", title),
            ("period", "year"),
            ("from", "01/01/2027"),
            ("to", "2027-12-31"),
            ("item.0.content", "Sơ kết quý I"),
            ("item.0.preparer", "Ban Xây dựng Đảng"),
            ("item.0.coordinating", TOP),
            ("item.0.due", "2027-04-10"),
            ("sure", "1"),
        ];
        let heard = who.send("/programmes/new", &[&fields[..], to].concat());
        assert_eq!(heard.status, 303, "{}", heard.body);
        heard.header("location").trim_start_matches("/programme/").to_owned()
    };
    let own = send("Chương trình nội bộ", &[]);
    let up = send("Chương trình năm 2027", &[("recipient", &mine), ("recipient", &above)]);
    until("the province has it", || top.get(&format!("/programme/{up}")).status == 200);
    assert_eq!(top.get(&format!("/programme/{own}")).status, 404, "the other one stays here");
    let page = top.get(&format!("/programme/{up}")).body;
    assert!(page.contains("Ban Xây dựng Đảng chuẩn bị") && page.contains("phối hợp: "), "{page}");
    let shown = small.ask(COMMUNE, &["programme", "show", &up]);
    assert_eq!(shown["period"]["from"], "2027-01-01", "a typed day is day, month, year");
}

/// The fields of a form as a browser would send them: inputs, text areas and chosen options.
fn fields_of(page: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    let form = page.split_once("form class=\"write").map_or("", |(_, rest)| rest);
    let form = form.split_once("</form>").map_or(form, |(form, _)| form);
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(plain(rest.split('"').next()?))
    };
    let mut fields = Vec::new();
    for part in form.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let Some(name) = attribute(tag, "name").filter(|_| !tag.starts_with("button")) else {
            if tag.starts_with("option")
                && tag.contains(" selected")
                && let Some((_, value)) = fields.last_mut()
            {
                *value = attribute(tag, "value").unwrap_or_default();
            }
            continue;
        };
        let ticked = tag.contains("type=\"checkbox\"");
        if ticked && !tag.contains(" checked") || tag.contains("type=\"file\"") {
            continue;
        }
        let typed =
            if tag.starts_with("textarea") { plain(text.trim_start_matches('\n')) } else { String::new() };
        fields.push((name, attribute(tag, "value").unwrap_or(typed)));
    }
    fields.retain(|(name, _)| name != "csrf");
    fields
}

#[test]
fn a_programme_is_adjusted_at_the_desk_and_each_open_item_is_accounted_for() {
    let small = Small::new();
    let viet = Visitor::sign_in(&small.url(TOP), &small.person(TOP, Role::Chief, "viet"));
    let hoa = Visitor::sign_in(&small.url(COMMUNE), &small.person(COMMUNE, Role::Chief, "hoa"));
    let create = [
        "programme",
        "create",
        "--title",
        "Chương trình năm",
        "--to",
        COMMUNE,
        "--period",
        "year:2027-01-01:2027-12-31",
        "--author",
        "viet",
        "--item",
        "A|Sơ kết quý I|1|2027-04-10|báo cáo|1|2027-04-01T07:30:15+07:00|Hội trường|Văn phòng",
        "--item",
        "B|Kiểm tra sổ|1|2027-05-10T10:00:00+07:00",
        "--item",
        "C|Tổng kết|40|2027-12-20",
    ];
    let made = small.ask(TOP, &create);
    let (record, number) = (made["record"].as_str().unwrap(), made["number"].as_str().unwrap());
    let path = format!("/programme/{record}");
    until("it has arrived", || hoa.get(&path).status == 200);
    let shown = || small.ask(TOP, &["programme", "show", record]);
    let before = shown();
    assert!(viet.get(&path).body.contains(&format!("href=\"{path}/adjust\"")));
    assert!(!hoa.get(&path).body.contains("/adjust"), "only its owner adjusts it");
    assert_eq!(hoa.get(&format!("{path}/adjust?draft={DRAFT}")).status, 404);

    let open = || {
        let address = viet.get(&format!("{path}/adjust")).header("location").to_owned();
        fields_of(&viet.get(&address).body)
    };
    let send = |form: &[(String, String)], change: &[(&str, &str)]| {
        let fields = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut fields: Vec<_> =
            fields.filter(|(name, _)| !change.iter().any(|(changed, _)| changed == name)).collect();
        fields.extend(change);
        fields.push(("sure", "1"));
        viet.send(&format!("{path}/adjust"), &fields)
    };
    // What is not touched is carried over as it was.
    let form = open();
    let sent = send(&form, &[("title", "Chương trình năm, điều chỉnh")]);
    assert_eq!((sent.status, sent.header("location")), (303, path.as_str()), "{}", sent.body);
    let after = shown();
    assert_eq!((&after["version"], &after["number"]), (&2.into(), &number.into()));
    for (old, new) in before["items"].as_array().unwrap().iter().zip(after["items"].as_array().unwrap()) {
        for field in
            ["id", "content", "lead", "coordinating", "due", "product", "preparer", "starts", "place"]
        {
            assert_eq!(old[field], new[field], "{field}");
        }
    }
    // A row that is emptied asks why; one that is added gets a name of its own.
    let stale = form;
    let form = open();
    let refused = send(&form, &[("item.1.content", "")]);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"err-item.1.drop\"") && refused.body.contains("Ghi lý do bỏ"));
    let changes =
        [("item.1.drop", "đã gộp vào A"), ("item.0.due", "2027-04-20"), ("item.3.content", "Việc mới")];
    let sent = send(&form, &changes);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let after = shown();
    let ids: Vec<&str> =
        after["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["A", "C", "N01"]);
    assert_eq!(after["dropped"][0]["reason"], "đã gộp vào A");
    until("the commune has it", || hoa.get(&path).body.contains("đã gộp vào A"));
    // Who began with the version before hears that somebody was quicker, and nothing of what he typed is lost.
    let late = send(&stale, &[("title", "Chậm một bước"), ("draft", DRAFT)]);
    assert!(late.status != 303 && late.body.contains("Chậm một bước"), "{}", late.body);
    assert!(late.body.contains("có người vừa làm trước"), "{}", late.body);
    assert_eq!(shown()["version"], 3);
}
