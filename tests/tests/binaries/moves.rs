//! The meaning of moves: who receives them, what they are held against, and that no work is lost by them.

use serde_json::Value;
use truc_tests::programs::{Province, fails, run};
use truc_tests::support::until;

/// Everything that an office has in its ledger and from others, in one line an entry.
fn log(province: &Province, at: &str) -> Vec<Value> {
    province.ask(at, &["log", "--last", "500"])["entries"].as_array().unwrap().clone()
}

/// Whether an office has an entry at all.
fn has(province: &Province, at: &str, hash: &Value) -> bool {
    log(province, at).iter().any(|entry| entry["hash"] == *hash)
}

fn show(province: &Province, at: &str, kind: &str, record: &str) -> Value {
    province.ask(at, &[kind, "show", record])
}

fn made<'a>(written: &'a Value, what: &str) -> &'a str {
    written[what].as_str().unwrap()
}

/// Waits until an office has a record, and returns it.
fn arrived(province: &Province, at: &str, kind: &str, record: &str) {
    until("it has arrived", || {
        let list = province.ask(at, &[kind, "list"]);
        list["records"].as_array().unwrap().iter().any(|found| found["id"] == record)
    });
}

/// Fails with this code and these words, and writes nothing.
#[track_caller]
fn refused(province: &Province, at: &str, args: &[&str], exit: i32, words: &str) {
    let before = province.written(at);
    let program = if at == "hub" { "truc-hub" } else { "truc-node" };
    fails(program, &province.dir(at), args, exit, words);
    assert_eq!(province.written(at), before, "{args:?}: nothing is written");
}

/// Every move about one office: that office has it, the other addressee has no entry of it, and the story names whom it
/// is about.
#[test]
fn a_move_about_one_office_is_at_that_office_and_at_no_other() {
    let province = Province::running();
    let both = "1,2";
    let task =
        ["directive", "create", "--title", "Storm", "--to", "subtree:40", "--task", "T1|Do|1,2|2035-10-05"];
    let storm = province.node("40", &task);
    let question = ["inspection", "create", "--title", "Check", "--to", both, "--question", "K1|Order?"];
    let check = province.node("40", &question);
    let guide = province.node("40", &["guidance", "create", "--title", "How", "--text", "So", "--to", both]);
    let item = ["programme", "create", "--title", "Year", "--to", both, "--item", "W1|Do|1|2035-10-05"];
    let year = province.node("40", &item);
    let [storm, check, guide, year] = [&storm, &check, &guide, &year].map(|made_| made(made_, "record"));
    for at in ["1", "2"] {
        arrived(&province, at, "directive", storm);
        arrived(&province, at, "inspection", check);
        arrived(&province, at, "guidance", guide);
        arrived(&province, at, "programme", year);
    }
    province.node("1", &["directive", "progress", storm, "T1", "100"]);
    province.node("1", &["programme", "progress", year, "W1", "100"]);
    province.node("1", &["guidance", "ask", guide, "From when?"]);
    until("the province knows", || {
        let asked = &show(&province, "40", "guidance", guide)["addressees"];
        asked.as_array().unwrap().iter().any(|one| !one["questions"].as_array().unwrap().is_empty())
    });
    let denials: [&[&str]; 2] = [
        &["directive", "confirm", storm, "T1", "1", "--not-done", "--note", "secret of one"],
        &["programme", "confirm", year, "W1", "--not-done", "--note", "secret of one"],
    ];
    let denied: Vec<Value> = denials.iter().map(|args| province.node("40", args)).collect();
    // Each result is judged once, and again when it is reported again.
    refused(&province, "40", &["directive", "confirm", storm, "T1", "1"], 5, "not possible now");
    refused(&province, "40", &["programme", "confirm", year, "W1"], 5, "not possible now");
    until("the commune knows", || denied.iter().all(|denial| has(&province, "1", &denial["hash"])));
    province.node("1", &["directive", "progress", storm, "T1", "100"]);
    let again = province.node("1", &["programme", "progress", year, "W1", "100"]);
    until("the province knows", || has(&province, "40", &again["hash"]));
    let moves: [&[&str]; 6] = [
        &["directive", "confirm", storm, "T1", "1"],
        &["programme", "confirm", year, "W1"],
        &["guidance", "answer", guide, "1", "1", "Secret of one"],
        &["inspection", "verify", check, "1", "--note", "secret of one"],
        &["inspection", "conclude", check, "1", "secret of one", "--remedy-by", "2035-12-31"],
        &["inspection", "close", check, "1"],
    ];
    let mut written: Vec<Value> = moves.iter().map(|args| province.node("40", args)).collect();
    refused(&province, "40", &["guidance", "answer", guide, "1", "1", "Other words"], 5, "not possible now");
    written.extend(denied);
    let moves = [&moves[..], &denials].concat();
    // What goes to both comes after all of them.
    let last = province.node("40", &["directive", "remind", storm, "--note", "to all"]);
    for at in ["1", "2"] {
        until("the last has arrived", || has(&province, at, &last["hash"]));
    }
    for (args, written) in moves.iter().zip(&written) {
        assert!(has(&province, "1", &written["hash"]), "{args:?}: whom it is about has it");
        assert!(!has(&province, "2", &written["hash"]), "{args:?}: no other has so much as its header");
    }
    for (kind, record) in
        [("directive", storm), ("programme", year), ("guidance", guide), ("inspection", check)]
    {
        let there = show(&province, "2", kind, record).to_string();
        assert!(!there.to_lowercase().contains("secret of one"), "{kind}: {there}");
        let story = show(&province, "40", kind, record);
        let named = story["story"].as_array().unwrap().iter().filter(|row| !row["about"].is_null()).count();
        assert!(named > 0, "{kind}: the story names whom it is about");
    }
    assert!(province.ask("2", &["search", "secret of one"])["hits"].as_array().is_none_or(Vec::is_empty));
    province.judge();
}

#[test]
fn a_corrected_report_goes_to_whom_the_first_went() {
    let province = Province::running();
    let words = ["--title", "Month", "--form", "VP-T/2026", "--period", "month:2026-10-15:2026-11-14"];
    let figure = |value| format!("A01|Received|papers|{value}");
    let sent = province
        .node("1", &[&["report", "create", "--to", "40", "--indicator", &figure("5")], &words[..]].concat());
    let report = made(&sent, "record");
    arrived(&province, "40", "report", report);
    let back = province.node("40", &["report", "return", report, "--note", "A01 is wrong"]);
    until("the commune knows", || has(&province, "1", &back["hash"]));
    let again = ["report", "resubmit", report, "--indicator", &figure("6")];
    let again = province.node("1", &[&again[..], &words].concat());
    until("the province has it", || has(&province, "40", &again["hash"]));
    let there = show(&province, "40", "report", report);
    assert_eq!(there["version"], 2, "{there}");
    province.judge();
}

#[test]
fn what_an_office_writes_to_itself_is_nowhere_at_the_hub() {
    let province = Province::running();
    let inward = ["programme", "create", "--title", "Inward week", "--text", "Staff only", "--to", "1"];
    let week = province.node("1", &inward);
    let outward = province.node("1", &["directive", "create", "--title", "Outward", "--to", "40"]);
    let record = made(&week, "record");
    until("the hub has the later one", || has(&province, "hub", &outward["hash"]));
    let all = log(&province, "hub");
    let there = all.iter().find(|entry| entry["hash"] == week["hash"]).unwrap();
    assert_eq!(there["brief"], "", "the bytes are kept, and not shown");
    fails("truc-hub", &province.dir("hub"), &["programme", "show", record], 4, "There is no record");
    let listed = province.hub(&["programme", "list"]).to_string();
    assert!(!listed.contains("Inward"), "{listed}");
    let found = province.hub(&["search", "inward"]).to_string();
    assert!(!found.contains("Inward"), "{found}");
    let shown = province.hub(&["show", made(&week, "hash")]);
    assert!(shown["body"].is_null() && !shown.to_string().contains("Inward"), "{shown}");
    // Whoever wrote it reads it.
    assert_eq!(show(&province, "1", "programme", record)["text"], "Staff only");
    province.judge();
}

/// Who in an office does the work, and what its leader notes for that person, goes to nobody.
#[test]
fn whom_an_office_assigns_a_paper_to_is_its_own() {
    let province = Province::running();
    let storm = province.node("40", &["directive", "create", "--title", "Storm", "--to", "1"]);
    let storm = made(&storm, "record");
    until("it has arrived", || {
        province.ask("1", &["directive", "list"])["records"].as_array().is_some_and(|all| !all.is_empty())
    });
    province.node("1", &["directive", "accept", storm]);
    let assign =
        ["directive", "assign", storm, "--assigned-to", "Hoa Inward", "--note", "before Friday inward"];
    let assigned = province.node("1", &assign);
    let begun = province.node("1", &["directive", "process", storm, "--note", "begun"]);
    until("the province knows of the next step", || has(&province, "40", &begun["hash"]));
    assert!(has(&province, "hub", &assigned["hash"]), "the hub keeps the bytes for their author");
    assert!(!has(&province, "40", &assigned["hash"]), "they go to nobody else");
    for there in [show(&province, "40", "directive", storm), province.hub(&["directive", "show", storm])] {
        assert_eq!(there["addressees"][0]["status"], "processing");
        assert!(!there.to_string().contains("nward"), "{there}");
    }
    for name in ["40", "hub"] {
        let found = province.ask(name, &["search", "inward"]).to_string();
        assert!(!found.contains("Friday"), "{name}: {found}");
    }
    assert_eq!(show(&province, "1", "directive", storm)["addressees"][0]["assigned_to"], "Hoa Inward");
    province.judge();
}

#[test]
fn work_for_an_office_that_is_not_addressed_is_refused() {
    let province = Province::running();
    let item = ["programme", "create", "--title", "P", "--to", "1", "--item", "W1|Do|2|2035-10-05"];
    refused(&province, "40", &item, 5, "Add 2 to the addressees");
    let task = ["directive", "create", "--title", "P", "--to", "1", "--task", "T1|Do|1,2|2035-10-05"];
    refused(&province, "40", &task, 5, "Add 2 to the addressees");
    let all = ["directive", "create", "--title", "P", "--to", "1", "--task", "T1|Do|subtree:40|2035-10-05"];
    refused(&province, "40", &all, 5, "Add subtree:40 to the addressees");
    let good =
        ["directive", "create", "--title", "P", "--to", "subtree:40", "--task", "T1|Do|1,2|2035-10-05"];
    let good = province.node("40", &good);
    assert_eq!(good["number"], "01-CV/TU", "no number was burnt");
}

/// The command line is as strict as the desk.
#[test]
fn what_would_say_nothing_is_not_written() {
    let province = Province::running();
    let create = ["directive", "create", "--title", "Storm", "--to", "1,2"];
    let tasks = ["--task", "T1|Do|1|2035-10-05", "--task", "T2|Do|2|2035-10-05", "--task", "T3|Do|1|"];
    let storm = province.node("40", &[&create[..], &tasks].concat());
    let check = [
        "inspection",
        "create",
        "--title",
        "Check",
        "--to",
        "1",
        "--question",
        "K1|A?",
        "--question",
        "K2|B?",
    ];
    let check = province.node("40", &check);
    let guide = province.node("40", &["guidance", "create", "--title", "How", "--text", "So", "--to", "1"]);
    let [storm, check, guide] = [&storm, &check, &guide].map(|written| made(written, "record"));
    arrived(&province, "1", "directive", storm);
    arrived(&province, "1", "inspection", check);
    let self_report = ["inspection", "self-report", check, "--title", "R", "--answer", "K1|met|yes"];
    let strange = [&self_report[..], &["--answer", "K2|met|yes", "--answer", "K9|met|yes"]].concat();
    let cases: [(&str, &[&str], i32, &str); 14] = [
        ("1", &["directive", "refuse", storm], 3, "the reason is missing"),
        ("1", &self_report, 3, "K2"),
        ("1", &strange, 3, "K9"),
        ("1", &["directive", "progress", storm, "T9", "50"], 3, "no such task"),
        ("1", &["directive", "progress", storm, "T2", "50"], 5, "not given to this office"),
        ("1", &["inspection", "remedy", check, "--note", "done"], 5, "not allow"),
        ("40", &["directive", "confirm", storm, "T3", "2"], 5, "not given to this office"),
        ("40", &["directive", "confirm", storm, "T3", "1"], 5, "has not reported"),
        ("40", &["directive", "confirm", storm, "T3", "1", "--not-done"], 3, "the reason is missing"),
        ("40", &["directive", "take-back", storm], 3, "the reason is missing"),
        ("40", &["guidance", "answer", guide, "1", "7", "Yes"], 5, "has not asked"),
        ("40", &["inspection", "verify", check, "2"], 5, "not among the addressees"),
        ("40", &["inspection", "conclude", check, "1", "Good"], 5, "would change nothing"),
        ("40", &["inspection", "close", check, "1"], 5, "would change nothing"),
    ];
    for (at, args, exit, words) in cases {
        refused(&province, at, args, exit, words);
    }
    // An issuer is no addressee of its own paper.
    refused(&province, "40", &["directive", "accept", storm], 5, "not allow");
}

#[test]
fn whoever_reports_the_whole_answers_for_each_open_task() {
    let province = Province::running();
    let create = ["directive", "create", "--title", "Storm", "--to", "1,2"];
    let tasks = ["--task", "T1|Do|1|2035-10-05", "--task", "T2|Do|1,2|2035-10-05", "--task", "T3|Do|2|"];
    let storm = province.node("40", &[&create[..], &tasks].concat());
    let storm = made(&storm, "record");
    arrived(&province, "1", "directive", storm);
    province.node("1", &["directive", "accept", storm]);
    province.node("1", &["directive", "progress", storm, "T1", "60", "--note", "still two villages"]);
    refused(&province, "1", &["directive", "complete", storm], 5, "T1, T2");
    let one = ["directive", "complete", storm, "--done", "T1|all villages"];
    refused(&province, "1", &one, 5, "T2");
    province
        .node("1", &["directive", "complete", storm, "--done", "T1|all villages", "--all", "--note", "done"]);
    let said = |at: &str| {
        let shown = show(&province, at, "directive", storm);
        let tasks = shown["tasks"].as_array().unwrap().clone();
        let of = |task: &Value| {
            let offices = task["offices"].as_array().unwrap();
            let one = offices.iter().find(|office| office["progress"]["percent"] == 100);
            one.map(|office| office["progress"]["note"].as_str().unwrap().to_owned())
        };
        tasks.iter().map(of).collect::<Vec<_>>()
    };
    let expected = [Some("all villages".to_owned()), Some("done".to_owned()), None];
    assert_eq!(said("1"), expected);
    until("the province sees each", || said("40") == expected);
}

#[test]
fn a_programme_that_changes_or_ends_accounts_for_each_open_item() {
    let province = Province::running();
    let create = ["programme", "create", "--title", "Year", "--to", "1"];
    let items = ["--item", "A|Do|1|2035-12-05", "--item", "B|Do|1|2035-12-06", "--item", "C|Do|1|2035-12-07"];
    let year = province.node("40", &[&create[..], &items].concat());
    let year = made(&year, "record");
    arrived(&province, "1", "programme", year);
    province.node("1", &["programme", "progress", year, "B", "40"]);
    province.node("1", &["programme", "progress", year, "C", "100"]);
    until("the province knows", || {
        let shown = show(&province, "40", "programme", year);
        shown["items"][2]["progress"]["percent"] == 100
    });
    let adjust = ["programme", "adjust", year, "--title", "Year", "--item", "A|Do|1|2035-12-20"];
    // C is done and may go; B is not.
    refused(&province, "40", &adjust, 5, "items are open: B");
    let elsewhere =
        [&adjust[..], &["--item", "D|Do|2|", "--drop", "B", "--reason", "merged into A"]].concat();
    refused(&province, "40", &elsewhere, 5, "Add 2 to the addressees");
    province.node("40", &[&elsewhere[..], &["--to", "2"]].concat());
    for at in ["40", "1", "2"] {
        until("the new version is there", || {
            let list = province.ask(at, &["programme", "list"]);
            list["records"]
                .as_array()
                .unwrap()
                .iter()
                .any(|found| found["id"] == year && found["version"] == 2)
        });
    }
    let shown = show(&province, "1", "programme", year);
    assert_eq!(shown["items"][0]["earlier"], serde_json::json!(["2035-12-05"]), "both dates are visible");
    assert_eq!(shown["dropped"][0]["reason"], "merged into A");
    assert_eq!(shown["dropped"].as_array().unwrap().len(), 1, "what was done is not dropped");
    let brief = shown["story"].as_array().unwrap().last().unwrap()["brief"].as_str().unwrap().to_owned();
    assert!(brief.contains("merged into A"), "{brief}");

    let close = ["programme", "close", year];
    refused(&province, "40", &close, 5, "items are open: A, D");
    let next = ["programme", "create", "--title", "Next", "--to", "1", "--item", "N|Do|1|"];
    let other = province.node("40", &next);
    let carry =
        [&close[..], &["--drop", "D", "--reason", "not needed", "--carry", made(&other, "record")]].concat();
    refused(&province, "40", &carry, 5, "items are open: A");
    let carrying = [&next[..], &["--carry", year, "--to", "2"]].concat();
    let next = province.node("40", &carrying);
    let carry =
        [&close[..], &["--drop", "D", "--reason", "not needed", "--carry", made(&next, "record")]].concat();
    province.node("40", &carry);
    let shown = show(&province, "40", "programme", year);
    assert_eq!(shown["carried"], next["record"]);
    arrived(&province, "1", "programme", made(&next, "record"));
    let there = show(&province, "1", "programme", made(&next, "record"));
    let a = there["items"].as_array().unwrap().iter().find(|item| item["id"] == "A").unwrap();
    assert_eq!((&a["carries"]["record"], &a["due"]), (&shown["id"], &"2035-12-20".into()));
}

#[test]
fn who_comes_second_hears_who_did_what() {
    let province = Province::running();
    let storm = province.node("40", &["directive", "create", "--title", "Storm", "--to", "1"]);
    let storm = made(&storm, "record");
    arrived(&province, "1", "directive", storm);
    province.node("1", &["directive", "accept", storm]);
    province.node("1", &["directive", "assign", storm, "--assigned-to", "Hoa"]);
    let again = ["directive", "assign", storm, "--assigned-to", "Lan"];
    refused(&province, "1", &again, 5, "did \"assigned it\" at");
}

/// 01 is the machine's word: it says it when the paper comes, and whoever accepts the paper later does not say it again.
#[test]
fn that_a_paper_has_arrived_is_said_by_the_machine_when_it_comes() {
    let province = Province::running();
    let sent = province.node("40", &["directive", "create", "--title", "Gửi", "--to", "1"]);
    let record = made(&sent, "record");
    let mine = |at: &str| {
        let shown = show(&province, at, "directive", record);
        let addressees = shown["addressees"].as_array().cloned().unwrap_or_default();
        addressees.into_iter().next().unwrap_or_default()
    };
    until("the sender sees that it has arrived", || mine("40")["status"] == "arrived");
    let before = mine("40")["since"].clone();
    province.node("1", &["directive", "accept", record]);
    until("it is accepted", || mine("40")["status"] == "accepted");
    assert_eq!(mine("40")["since"]["arrived"], before["arrived"], "the time is that of the arrival");
    let said = |name: &str| {
        let all = log(&province, "1").into_iter().filter(|entry| entry["move"] == name);
        all.map(|entry| entry["author"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(said("arrived"), ["truc"]);
    assert_ne!(said("accepted"), ["truc"]);
}

/// Whoever accepts a paper at the moment when it comes is not told that the machine was first.
#[test]
fn who_accepts_at_once_is_not_forestalled_by_the_machine() {
    let province = Province::running();
    for number in 0..12 {
        let title = format!("Gửi {number}");
        let sent = province.node("40", &["directive", "create", "--title", &title, "--to", "1"]);
        let accept = ["directive", "accept", made(&sent, "record"), "--json"];
        until("it is accepted", || {
            let done = run("truc-node", &province.dir("1"), &accept);
            // Not found as long as it has not come.
            let code = done.status.code().unwrap();
            assert!([0, 4].contains(&code), "{}", String::from_utf8_lossy(&done.stderr));
            code == 0
        });
    }
    province.judge();
}
