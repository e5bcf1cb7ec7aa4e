//! Forms in a browser: Enter, a second press, a session or a node that goes away, files, secret papers.

use fantoccini::key::Key;
use serde_json::json;
use truc_node::accounts::{ACCOUNTS, Realm, Role, Theme};
use truc_node::words::Lang;
use truc_tests::pages::http::Visitor;
use truc_tests::pages::small::{COMMUNE, HUB, Small, TOP};
use truc_tests::pages::window::Window;
use truc_tests::support::until;

/// Forms for new papers.
const FORMS: [(&str, &str); 5] = [
    ("directives/new", "directive"),
    ("reports/new", "report"),
    ("programmes/new", "programme"),
    ("guidances/new", "guidance"),
    ("inspections/new", "inspection"),
];

/// Fields of one line that are seen, in the form with the draft.
const LINES: &str = "return Array.from(document.querySelectorAll('form[data-draft] input')).filter((field) => \
    !['hidden', 'checkbox', 'radio', 'file', 'search', 'datetime-local', 'date'].includes(field.type) && field.offsetParent) \
    .map((field) => field.name)";

/// What a browser would send of the form with the draft.
const SENDS: &str = "return Array.from(new FormData(document.querySelector('form[data-draft]'))) \
    .filter(([name, value]) => typeof value === 'string' && !['csrf', 'draft', 'draft-version', 'notation'].includes(name)) \
    .map(([name, value]) => `${name}=${value}`).sort()";

const SAVED: &str = "/\\d/.test(document.querySelector('[data-saved]').textContent)";

fn count(small: &Small, office: &str, kind: &str) -> usize {
    small.ask(office, &[kind, "list"])["records"].as_array().unwrap().len()
}

/// Ends all sessions, as time does.
fn end_sessions(small: &Small, office: &str) {
    let conn = rusqlite::Connection::open(small.dir(office).join(ACCOUNTS)).unwrap();
    assert!(conn.execute("DELETE FROM session", []).unwrap() > 0);
}

#[test]
fn enter_saves_and_issues_nothing() {
    let small = Small::new();
    let (site, chief) = (small.url(TOP), small.person(TOP, Role::Chief, "lanh.dao"));
    let window = Window::open();
    window.sign_in(&site, &chief);
    for (address, kind) in FORMS {
        window.go(&format!("{site}{address}"));
        window.fill("#title", &format!("Chưa viết xong {kind}"));
        let here = window.at();
        let lines = window.js(LINES, &[]);
        let lines: Vec<&str> = lines.as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
        assert!(!lines.is_empty(), "{address}");
        for name in lines {
            window.js("document.querySelector(`[name='${arguments[0]}']`).focus()", &[json!(name)]);
            window.key(Key::Enter);
            assert_eq!(window.question(), None, "{address} {name}");
            assert_eq!(window.at(), here, "{address} {name}");
        }
        window.until("the draft is saved", SAVED);
        assert_eq!(count(&small, TOP, kind), 0, "{address}");
    }
    // Cells of a table of figures: Enter goes down.
    window.go(&format!("{site}reports/new"));
    window.js("document.querySelector('[name=\"indicator.0.value\"]').focus()", &[]);
    window.press("12");
    window.key(Key::Enter);
    window.until("the cell below has the focus", "document.activeElement.name === 'indicator.1.value'");
    // So do the arrows, and a column from a spreadsheet fills the cells below, with rows for all of it.
    window.key(Key::Up);
    window.until("back at the first", "document.activeElement.name === 'indicator.0.value'");
    window.key(Key::Down);
    window.until("down again", "document.activeElement.name === 'indicator.1.value'");
    window.js(
        "const data = new DataTransfer(); data.setData('text', '1.204\\tx\\r\\n7\\r\\n8\\r\\n91,2\\r\\n');
         document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))",
        &[],
    );
    let values = "return [0, 1, 2, 3, 4].map((row) => document.querySelector(`[name=\"indicator.${row}.value\"]`)?.value)";
    assert_eq!(window.js(values, &[]), json!(["12", "1.204", "7", "8", "91,2"]));
    // A date stands beside its field in words, whatever order the browser writes figures in.
    window.put("#from", "2026-11-10");
    assert!(
        window
            .js("return document.querySelector('output[for=from]').textContent", &[])
            .as_str()
            .unwrap()
            .contains("tháng 11")
    );
    // Without scripts too.
    let plain = Window::open_with(truc_tests::pages::driver::Setup { scripts: false });
    plain.sign_in(&site, &chief);
    plain.go(&format!("{site}directives/new"));
    plain.fill("#title", "Không có mã chạy");
    plain.fill("#number", "7");
    plain.key(Key::Enter);
    until("the form stands there again, saved", || {
        plain.has("[name='draft-version'][value='1']") && plain.value("#title") == "Không có mã chạy"
    });
    assert_eq!((plain.value("#number").as_str(), count(&small, TOP, "directive")), ("7", 0));
    window.go(&format!("{site}drafts"));
    assert_eq!(window.js("return document.querySelectorAll('#main a.t').length", &[]), FORMS.len() + 2);
}

#[test]
fn what_is_shown_is_read_as_it_was_kept() {
    let small = Small::new();
    let (site, chief) = (small.url(TOP), small.person(TOP, Role::Chief, "lanh.dao"));
    let office = small.ask(HUB, &["office", "show", COMMUNE])["office"].as_str().unwrap().to_owned();
    let whole = format!("subtree:{}", small.ask(HUB, &["office", "show", TOP])["office"].as_str().unwrap());
    let tricky = "\nđầu dòng\r\n\"<&'>\u{1f600} 1.204,50 \\ %20+ cuối ";
    let tricky_line = "\"<&'> 1.204,50 %20+ ệ";
    let common = [
        ("confidentiality", "0"),
        ("title", tricky),
        ("number", tricky_line),
        ("recipient", office.as_str()),
        ("due", "2031-05-04T17:00"),
        ("text", tricky),
    ];
    let of = |more: &[(&'static str, &'static str)]| more.to_vec();
    let forms: [(&str, Vec<(&str, &str)>); 4] = [
        (
            "directives/new",
            of(&[
                ("type", "QĐ"),
                ("urgency", "4"),
                ("task.7.content", "việc\r\nhai"),
                ("task.7.offices", "1"),
                ("task.7.due", "2031-05-04T12:00"),
                ("task.7.product", "x"),
            ]),
        ),
        (
            "reports/new",
            of(&[
                ("type", "BC"),
                ("form", "VP-01"),
                ("period", "quarter"),
                ("from", "2026-07-01"),
                ("to", "2026-09-30"),
                ("indicator.0.id", "A01"),
                ("indicator.0.content", "Số"),
                ("indicator.0.unit", "%"),
                ("indicator.0.before", "2.125"),
                ("indicator.0.value", "2,125"),
                ("indicator.0.none", "1"),
                ("indicator.0.note", "–"),
                ("indicator.4.id", ""),
                ("indicator.4.content", ""),
                ("indicator.4.unit", ""),
                ("indicator.4.before", ""),
                ("indicator.4.value", "−1.204,5"),
                ("indicator.4.note", ""),
                ("indicator.5.id", ""),
                ("indicator.5.content", "c"),
                ("indicator.5.unit", ""),
                ("indicator.5.before", ""),
                ("indicator.5.value", ""),
                ("indicator.5.note", ""),
            ]),
        ),
        (
            "programmes/new",
            of(&[
                ("type", "KH"),
                ("period", "month"),
                ("from", "2026-11-01"),
                ("to", "2026-11-30"),
                ("item.0.content", "a"),
                ("item.0.lead", ""),
                ("item.0.starts", "2026-11-02T08:00"),
                ("item.0.place", "P. 1"),
                ("item.0.due", ""),
                ("item.0.product", ""),
                ("item.9.content", ""),
                ("item.9.lead", "40"),
                ("item.9.starts", ""),
                ("item.9.place", ""),
                ("item.9.due", "2026-11-20"),
                ("item.9.product", ""),
            ]),
        ),
        (
            "inspections/new",
            of(&[
                ("type", "KH"),
                ("supervision", "1"),
                ("from", ""),
                ("to", ""),
                ("question.0.content", "một?"),
                ("question.1.content", ""),
                ("question.5.content", "hai?"),
            ]),
        ),
    ];
    let who = Visitor::sign_in(&site, &chief);
    let window = Window::open();
    window.sign_in(&site, &chief);
    for (number, (address, more)) in forms.iter().enumerate() {
        let mut fields: Vec<(&str, &str)> = common.iter().chain(more).copied().collect();
        if *address != "reports/new" {
            fields.push(("recipient", &whole));
        }
        let mut wanted: Vec<String> = fields
            .iter()
            .map(|(name, value)| {
                // Browsers send line breaks as CR LF, whatever they were.
                format!("{name}={}", value.replace("\r\n", "\n").replace('\n', "\r\n"))
            })
            .collect();
        // A form of reports offers only who is above, and the province has nobody.
        wanted.retain(|line| *address != "reports/new" || !line.starts_with("recipient="));
        let from = format!("/{address}");
        wanted.push(format!("draft-form={from}"));
        wanted.sort_unstable();
        let id = format!("01890000-0000-7000-8000-00000000000{number}");
        fields.extend([
            ("draft", id.as_str()),
            ("draft-form", &from),
            ("draft-version", "0"),
            ("notation", "vi"),
        ]);
        assert_eq!(who.send(&format!("/drafts/{id}"), &fields).status, 303, "{address}");
        for lang in [Lang::Vi, Lang::En] {
            chief.set(&small.dir(TOP), Realm::Desk, lang, Theme::Auto);
            window.go(&format!("{site}{address}?draft={id}"));
            let sent = window.js(SENDS, &[]);
            let mut sent: Vec<String> =
                sent.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
            if lang == Lang::En {
                // Figures stand in the notation of the page.
                for (english, vietnamese) in
                    [("value=2.125", "value=2,125"), ("value=−1,204.5", "value=−1.204,5")]
                {
                    sent.iter_mut().for_each(|line| *line = line.replace(english, vietnamese));
                }
            }
            sent.iter_mut().for_each(|line| *line = line.replace("\r\n", "\n").replace('\n', "\r\n"));
            sent.sort_unstable();
            // Fields that were left out are shown empty.
            sent.retain(|line| !line.ends_with('=') || wanted.contains(line));
            // Offered with a choice made, whatever the draft has.
            sent.retain(|line| !line.starts_with("symbol="));
            let not_urgent = |line: &String| line == "urgency=0" && !wanted.contains(line);
            sent.retain(|line| !not_urgent(line));
            assert_eq!(sent, wanted, "{address} {lang:?}");
        }
    }
}

#[test]
fn radios_and_rows_come_back_after_the_node_was_away() {
    let small = Small::new();
    let (site, chief) = (small.url(COMMUNE), small.person(COMMUNE, Role::Chief, "chanh.vp"));
    let viet = small.person(TOP, Role::Chief, "viet");
    let words =
        ["inspection", "create", "--type", "KH", "--title", "Kiểm tra", "--to", COMMUNE, "--author", "viet"];
    let record = small.ask(TOP, &[&words[..], &["--question", "K1|Đủ sổ?", "--question", "K2|Đúng hạn?"]].concat())["record"]
        .as_str()
        .unwrap()
        .to_owned();
    let window = Window::open();
    window.sign_in(&site, &chief);
    until("it is there", || count(&small, COMMUNE, "inspection") == 1);
    window.go(&format!("{site}inspection/{record}/self-report"));
    let here = window.url();
    small.kill(COMMUNE);
    window.fill("#title", "Tự kiểm tra");
    window.click("[name='answer.K1.finding'][value='met']");
    window.click("[name='answer.K2.finding'][value='not-met']");
    window.until(
        "the browser has it",
        "Object.keys(localStorage).some((key) => localStorage[key].includes('K2.finding=not-met'))",
    );
    // Said, with a time, and not "saving" for ever.
    window.until("that it is not saved is said", SAVED);
    assert!(!window.text("[data-saved]").contains(&crate::word("form-saved")));
    small.start(COMMUNE);
    window.js("window.onbeforeunload = null", &[]);
    window.go("about:blank");
    if window.question().is_some() {
        window.say_yes();
    }
    window.go(&here);
    let chosen = "Array.from(document.querySelectorAll('input[type=radio]:checked')).map((radio) => radio.name + radio.value).join()";
    window.until(
        "what was chosen is chosen",
        &format!("{chosen} === 'answer.K1.findingmet,answer.K2.findingnot-met'"),
    );
    assert_eq!(
        window.js("return Array.from(document.querySelectorAll('input[type=radio]')).map((radio) => radio.value).join()", &[]),
        "met,partly,not-met,met,partly,not-met"
    );

    // Tasks are given at the office above.
    let (site, window) = (small.url(TOP), Window::open());
    window.sign_in(&site, &viet);
    window.go(&format!("{site}directives/new"));
    let here = window.url();
    small.kill(TOP);
    window.fill("[name='task.0.content']", "Việc một");
    window.js("document.querySelector(\"[data-more='task']\").click()", &[]);
    window.fill("[name='task.1.content']", "Việc hai");
    window.js("document.querySelector(\"[data-more='task']\").click()", &[]);
    window.fill("[name='task.2.content']", "Việc ba");
    window.until(
        "the browser has it",
        "Object.keys(localStorage).some((key) => localStorage[key].includes('task.2.content=Vi'))",
    );
    small.start(TOP);
    window.js("window.onbeforeunload = null", &[]);
    window.go("about:blank");
    if window.question().is_some() {
        window.say_yes();
    }
    window.go(&here);
    window.until_there("[name='task.2.content']");
    let rows = "Array.from(document.querySelectorAll('[name^=\"task.\"][name$=content]')).map((field) => field.value).join()";
    window.until("all rows are back", &format!("{rows} === 'Việc một,Việc hai,Việc ba'"));
}

#[test]
fn a_session_that_ends_asks_for_the_password_on_the_page() {
    let small = Small::new();
    let (site, chief) = (small.url(COMMUNE), small.person(COMMUNE, Role::Chief, "chanh.vp"));
    small.person(TOP, Role::Chief, "viet");
    let words =
        ["directive", "create", "--type", "CV", "--title", "Giao việc", "--to", COMMUNE, "--author", "viet"];
    let record = small.ask(TOP, &words)["record"].as_str().unwrap().to_owned();
    let window = Window::open();
    window.sign_in(&site, &chief);
    until("the paper is there", || count(&small, COMMUNE, "directive") == 1);
    let page = format!("{site}directive/{record}");
    window.go(&page);
    // The key opens the question, and the focus is in what can be answered.
    window.press("t");
    window.until_there("#next details[open] form[action$='/accepted']");
    window.click("#next form[action$='/accepted'] button.go");
    window.until_there("summary[data-key='p']");
    window.press("p");
    window.until("the person's field has the focus", "document.activeElement.name === 'assigned_to'");
    window.press("Nguyễn Thị Hoa");
    window.js("window.stays = true", &[]);
    end_sessions(&small, COMMUNE);
    window.fill("details[open] [name='note']", "Làm trước thứ sáu");
    window.until_there("dialog.again[open] #again-password");
    window.fill("#again-password", "sai rồi");
    window.click("dialog.again button.go");
    window.until("why not is said", "document.querySelector('dialog.again [data-told]').textContent");
    window.fill("#again-password", &chief.password);
    window.click("dialog.again button.go");
    window.until("the page goes on", "!document.querySelector('dialog.again')");
    window
        .until("it is saved", "/\\d/.test(document.querySelector('details[open] [data-saved]').textContent)");
    assert_eq!(window.js("return window.stays", &[]), true, "the page was not left");
    // What was typed is found by whoever comes back to the page.
    let other = Window::open();
    other.sign_in(&site, &chief);
    other.go(&page);
    assert_eq!(other.value("form[action$='/assigned'] [name='note']"), "Làm trước thứ sáu");
    window.click("details[open] button.go");
    window.until("it is done", "document.querySelector('#story li').innerText.includes('Nguyễn Thị Hoa')");
    other.go(&page);
    assert!(!other.text("#main").contains(&crate::word("draft-untitled")));
    window.go(&format!("{site}drafts"));
    assert!(!window.has("#main a[href^='/drafts/']"), "nothing is left over");
}

#[test]
fn the_password_counts_though_somebody_else_signed_in_here() {
    let small = Small::new();
    let (site, chief) = (small.url(TOP), small.person(TOP, Role::Chief, "chanh.vp"));
    let clerk = small.person(TOP, Role::Clerk, "van.thu");
    let window = Window::open();
    window.sign_in(&site, &chief);
    window.go(&format!("{site}directives/new"));
    // In another tab of this browser somebody else takes the machine.
    let other = "const [account, password, done] = arguments; \
        fetch('/login', { method: 'POST', body: new URLSearchParams({ account, password }) }).then((answer) => done(answer.ok))";
    assert_eq!(window.js_later(other, &[clerk.user.clone().into(), clerk.password.clone().into()]), true);
    window.fill("#title", "Chưa viết xong");
    window.until_there("dialog.again[open] #again-password");
    window.fill("#again-password", "sai rồi");
    window.click("dialog.again button.go");
    let said = "document.querySelector('dialog.again [data-told]').textContent";
    window.until("why not is said in the page's language", &format!("{said}.includes('mật khẩu')"));
    window.fill("#again-password", &chief.password);
    window.click("dialog.again button.go");
    window.until("the page goes on", "!document.querySelector('dialog.again')");
    window.until("it is saved", "/\\d/.test(document.querySelector('[data-saved]').textContent)");
    window.go(&format!("{site}drafts"));
    window.until_said("Chưa viết xong");
}

#[test]
fn files_dropped_after_a_renewal_and_secret_levels() {
    let small = Small::new();
    let (site, chief) = (small.url(TOP), small.person(TOP, Role::Chief, "lanh.dao"));
    let window = Window::open();
    window.sign_in(&site, &chief);
    window.go(&format!("{site}directives/new"));
    window.fill("#title", "Có tệp");
    let here = window.at();
    // A renewal puts another element in the zone's place.
    let script = "const zone = document.querySelector('[data-drop]'); zone.replaceWith(document.importNode(zone, true)); \
        const files = new DataTransfer(); files.items.add(new File(['chữ'], 'Phụ lục.txt', { type: 'text/plain' })); \
        for (const kind of ['dragover', 'drop']) document.querySelector('[data-drop]').dispatchEvent( \
        new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files }))";
    window.js(script, &[]);
    window.until_there("[name='attach']:checked");
    window.until("the draft is saved", SAVED);
    assert_eq!(window.at(), here);
    window.reload();
    window.until_there("[name='attach']:checked");

    window.fill("#text", "NOI DUNG MAT");
    window.js("document.querySelector('#confidentiality').value = '1'", &[]);
    window.js(
        "setTimeout(() => document.querySelector('#confidentiality').dispatchEvent(new Event('input', { bubbles: true })), 0)",
        &[],
    );
    window.say_yes();
    window.until("the text is gone and closed", "document.querySelector('#text').value === '' && document.querySelector('#text').closest('fieldset').disabled");
    window.until(
        "the stub is saved",
        "document.querySelector('[data-saved]').textContent && !document.querySelector('form[data-dirty]')",
    );
    assert_eq!(window.js("return Object.values(localStorage).join().includes('NOI')", &[]), false);
    window.reload();
    assert_eq!(
        (window.value("#text"), window.value("#title"), window.has("[name='attach']")),
        (String::new(), "Có tệp".into(), false)
    );
}

#[test]
fn two_presses_issue_one_paper() {
    let small = Small::new();
    let (site, chief) = (small.url(TOP), small.person(TOP, Role::Chief, "lanh.dao"));
    let window = Window::open();
    window.sign_in(&site, &chief);
    window.go(&format!("{site}directives/new"));
    let form = window.url();
    window.fill("#title", "Bấm hai lần");
    window.js("document.querySelector(\".tree li[data-name$='xa mot'] > label input\").click()", &[]);
    window.js("window.confirm = () => true", &[]);
    window
        .js("const button = document.querySelector('.foot button.go'); button.click(); button.click()", &[]);
    window.until("it is issued", "location.pathname.startsWith('/directive/')");
    let paper = window.at();
    // Going back leads to what came of it.
    window.go(&form);
    window.until("the first paper is shown", &format!("location.pathname === {}", json!(paper)));
    assert_eq!(count(&small, TOP, "directive"), 1);
}
