//! What comes to an office from outside: numbers without a hole, petitions for who may see them, registers that are the same
//! after a rebuild, and no word of it anywhere else.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::Value;
use truc_tests::programs::{Province, fails_in_both, letter, run};
use truc_tests::support::until;

const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy Nghệ An\n\
    17464,40,commune,xã,Đảng ủy xã Diễn Châu\n";
const COMMUNE: &str = "17464";
/// Words of petitions and their senders, which stand at the commune alone.
const CANARIES: [&str; 4] =
    ["Giang Tố Canary", "xóm Chim Sẻ Canary", "Nêu việc chia đất canary", "Hồ đập canary"];

/// The commune with its house and accounts, and its line up.
fn province() -> Province {
    let province = Province::new(OFFICES);
    province.start("hub");
    for code in ["40", COMMUNE] {
        province.enrol(code);
        province.start(code);
    }
    let said = province.hub(&["status"])["journal"].clone();
    for code in ["40", COMMUNE] {
        until("the node knows the registry", || province.node(code, &["status"])["journal"] == said);
    }
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/samples/houses/17464.toml");
    province.node(COMMUNE, &["house", "import", house.to_str().unwrap()]);
    for (account, role) in
        [("cvp", "chief"), ("bithu", "chief"), ("pbttt", "chief"), ("hoa", "specialist"), ("lan", "clerk")]
    {
        province.node(COMMUNE, &["account", "add", account, "--role", role]);
    }
    for account in ["cnubkt", "cvkt", "minh", "ubndvp"] {
        province.node(COMMUNE, &["account", "add", account, "--role", "specialist"]);
    }
    province
}

/// A command of an account of the commune.
fn by<'a>(account: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--author", account]].concat()
}

fn node(province: &Province, account: &str, args: &[&str]) -> Value {
    province.node(COMMUNE, &by(account, args))
}

/// What is refused writes nothing.
fn refused(province: &Province, account: &str, args: &[&str], exit: i32, vi: &str, en: &str) {
    let before = province.written(COMMUNE);
    fails_in_both("truc-node", &province.dir(COMMUNE), &by(account, args), exit, vi, en);
    assert_eq!(province.written(COMMUNE), before, "{args:?}");
}

fn paper<'a>(title: &'a str, number: &'a str) -> Vec<&'a str> {
    let from = ["--party", "Sở Nội vụ", "--issued", "2026-11-02", "--type", "CV"];
    [&["outside", "arrive", title, "--number", number], &from[..]].concat()
}

/// A denunciation, registered.
fn denounced(province: &Province) -> Value {
    let said = ["outside", "arrive", CANARIES[2], "--class", "to-cao"];
    let sent = ["--sender", CANARIES[0], "--address", CANARIES[1]];
    node(province, "lan", &[&said[..], &sent].concat())
}

fn register(province: &Province, account: &str, which: &str) -> Vec<Vec<String>> {
    let made = node(province, account, &["register", which]);
    let cells = |line: &Value| {
        let cells = line["cells"].as_array().unwrap();
        cells.iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
    };
    made["lines"].as_array().unwrap().iter().map(cells).collect()
}

#[test]
fn one_series_of_numbers_without_a_hole() {
    let province = province();
    let first =
        node(&province, "lan", &[&paper("Thống kê", "2210/SNV-CCVC")[..], &["--no", "1203"]].concat());
    assert_eq!(first["arrival_number"], "1203");
    // A paper of the network, and others from outside, go on in the same series.
    assert!(letter(&province.dir("40"), "Báo cáo quý IV", COMMUNE));
    until("the letter is here", || province.titles(COMMUNE) == ["Báo cáo quý IV"]);
    let letter =
        province.node(COMMUNE, &["directive", "list"])["records"][0]["id"].as_str().unwrap().to_owned();
    let accepted = node(&province, "lan", &["directive", "accept", &letter]);
    assert_eq!(accepted["arrival_number"], "1204");
    // Of many at once each has its own, and none is left out.
    let titles: Vec<String> = (0..12).map(|number| format!("Công văn {number}")).collect();
    let mut numbers: Vec<u32> = thread::scope(|scope| {
        let register = |title: &String| {
            let (title, number) = (
                title.clone(),
                format!("{}/SNV", 100 + title.len() * 7 + title.bytes().map(usize::from).sum::<usize>()),
            );
            let province = &province;
            scope.spawn(move || {
                node(province, "lan", &paper(&title, &number))["arrival_number"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
        };
        let all: Vec<_> = titles.iter().map(register).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (1205..1217).collect::<Vec<u32>>());
    // Under one name it is registered once.
    let once =
        [&paper("Một lần", "77/SNV")[..], &["--once", "01890000-0000-7000-8000-0000000000d1"]].concat();
    let first = node(&province, "lan", &once);
    let again = node(&province, "lan", &once);
    assert_eq!((&first["arrival_number"], &again["arrival_number"]), (&"1217".into(), &"1217".into()));
    assert_eq!(again["stood"], true);
    // Other books have series of their own.
    let secret =
        ["outside", "arrive", "--confidentiality", "secret", "--party", "Công an tỉnh", "--number", "M-118"];
    assert_eq!(node(&province, "lan", &secret)["arrival_number"], "1");
    assert_eq!(denounced(&province)["arrival_number"], "1");
    // Refused, and no number is used up.
    let again = [&paper("Thống kê", "2210 / snv–ccvc")[..], &[]].concat();
    refused(&province, "lan", &again, 5, "đã vào sổ số 1203", "registered as no. 1203");
    let used = [&paper("Khác", "1/SNV")[..], &["--no", "1203"]].concat();
    refused(&province, "lan", &used, 5, "Số đến 1203 đã dùng", "1203 is used");
    refused(&province, "hoa", &paper("Khác", "1/SNV"), 5, "không có quyền vào sổ", "no right to register");
    let words = [&secret[..], &["x"]].concat();
    refused(&province, "lan", &words, 5, "Văn bản mật", "Secret paper");
    refused(&province, "lan", &["outside", "void", "1205"], 3, "Nêu lý do", "Say why");
    node(&province, "lan", &["outside", "void", "1205", "--note", "vào sổ nhầm"]);
    refused(
        &province,
        "lan",
        &["outside", "note", "9999", "--note", "x"],
        4,
        "Không có việc này",
        "No such work",
    );
    assert_eq!(node(&province, "lan", &paper("Tiếp", "5/SNV"))["arrival_number"], "1218");
    // The register has a line for each number, the void one too; the other way of asking says the same.
    let lines = register(&province, "lan", "incoming");
    let figures: Vec<u32> = lines.iter().map(|line| line[1].parse().unwrap()).collect();
    assert_eq!(figures, (1203..1219).collect::<Vec<u32>>());
    assert_eq!(lines[0][2..6], ["Sở Nội vụ", "2210/SNV-CCVC", "02/11/2026", "Công văn Thống kê"]);
    assert_eq!(lines[1][2], "Tỉnh ủy Nghệ An");
    assert_eq!((&*lines[0][10], &*lines[2][10]), ("chưa giao", "Số bỏ trống: vào sổ nhầm"));
    let some = node(&province, "lan", &["register", "incoming", "--from", "1204", "--to", "1206"]);
    assert_eq!(some["lines"].as_array().unwrap().len(), 3);
    let csv = run("truc-node", &province.dir(COMMUNE), &by("lan", &["register", "incoming", "--csv"]));
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert!(csv.starts_with("\u{feff}Ngày đến;Số đến;Tác giả;"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + lines.len());
}

#[test]
fn a_paper_is_worked_on_and_its_line_says_so() {
    let province = province();
    node(&province, "lan", &[&paper("Rà soát hồ đập", "7/SNV")[..], &["--no", "10"]].concat());
    let parts = |list: &str| node(&province, "cvp", &["tasks", list])["parts"].clone();
    assert_eq!(parts("--unassigned")[0]["name"], "07/SNV");
    let given = node(
        &province,
        "cvp",
        &["assignment", "give", "--source", "10", "--lead", "hoa", "--due", "2099-11-11"],
    );
    assert_eq!(parts("--unassigned"), Value::Array(vec![]));
    refused(&province, "lan", &["outside", "void", "10", "--note", "x"], 5, "đã giao", "was given");
    let work = given["record"].as_str().unwrap();
    node(&province, "hoa", &["assignment", "take", work]);
    let line = &register(&province, "lan", "incoming")[0];
    assert_eq!((&*line[6], &*line[9], &*line[10]), ("Lê Thị Hoa Mẫu", "11/11/2099", ""));
    assert!(line[8].starts_with("Lê Thị Hoa Mẫu "), "{line:?}");
    node(&province, "hoa", &["assignment", "hand-in", work]);
    node(&province, "cvp", &["assignment", "confirm", work]);
    assert!(register(&province, "lan", "incoming")[0][10].starts_with("xong "));
    assert_eq!(parts("--office"), Value::Array(vec![]));
    // Kept, and passed on.
    node(&province, "lan", &paper("Để biết", "8/SNV"));
    node(&province, "lan", &["outside", "keep", "11", "--note", "để biết"]);
    assert!(register(&province, "lan", "incoming")[1][10].starts_with("lưu: để biết ("));
    node(&province, "lan", &paper("Chuyển", "9/SNV"));
    let pass = ["outside", "transfer", "12", "UBND", "12-PC/VPĐU"];
    refused(&province, "cvp", &pass, 3, "ngày trả lời", "a date to answer");
    node(&province, "cvp", &[&pass[..], &["--answer-by", "2099-11-27"]].concat());
    assert_eq!(node(&province, "cvp", &["tasks", "--owed"])["transfers"][0]["paper"], "12-PC/VPĐU");
    node(&province, "ubndvp", &["outside", "receipt", "12"]);
    node(&province, "ubndvp", &["outside", "reply", "12", "66/CV-UBND"]);
    assert_eq!(node(&province, "cvp", &["tasks", "--owed"])["transfers"], Value::Array(vec![]));
    let transfers = register(&province, "lan", "transfers");
    assert_eq!(transfers[0][1..3], ["12-PC/VPĐU", "Ủy ban nhân dân xã"]);
    assert!(transfers[0][3].starts_with("Chu Văn Ủy, "), "{transfers:?}");
    // Found by words of what is on it, by who sees it.
    let found = |account: &str, words: &str| {
        node(&province, account, &["search", words])["records"].as_array().unwrap().len()
    };
    assert_eq!((found("hoa", "ho dap"), found("ubndvp", "ho dap")), (1, 0));
}

#[test]
fn a_petition_is_for_who_may_see_it_and_no_word_of_it_goes_elsewhere() {
    let province = province();
    denounced(&province);
    let petition = "petitions:1";
    let show = |account: &str| node(&province, account, &["outside", "show", petition]);
    let unseen = |account: &str, args: &[&str]| {
        refused(&province, account, args, 4, "Không có việc này", "No such work");
    };
    // Who may see it sees all but who denounced; others nothing, as of a number that does not exist.
    for account in ["lan", "cvp", "bithu", "cnubkt"] {
        let shown = show(account).to_string();
        assert!(shown.contains(CANARIES[2]) && !shown.contains(CANARIES[0]), "{account}: {shown}");
    }
    for account in ["hoa", "pbttt", "minh", "ubndvp"] {
        unseen(account, &["outside", "show", petition]);
        unseen(account, &["outside", "identity", petition, "--note", "xem"]);
        let found = node(&province, account, &["search", "chia dat canary"])["records"].clone();
        assert_eq!(found, Value::Array(vec![]), "{account}");
        let lists =
            ["--unassigned", "--office", "--mine"].map(|list| node(&province, account, &["tasks", list]));
        assert!(!format!("{lists:?}").contains("canary"), "{account}");
    }
    assert_eq!(
        node(&province, "lan", &["search", "chia dat canary"])["records"].as_array().unwrap().len(),
        1
    );
    let none = node(&province, "lan", &["search", "giang to canary"])["records"].clone();
    assert_eq!(none, Value::Array(vec![]), "nobody is found by name");
    refused(
        &province,
        "hoa",
        &["register", "petitions"],
        5,
        "không có quyền đơn thư",
        "no right to handle petitions",
    );
    // Its masked line, and the whole one, which is for who may open it and says why.
    let masked = register(&province, "lan", "petitions");
    assert_eq!(masked[0][2..5], ["giữ bí mật", CANARIES[2], "tố cáo"]);
    let identity = ["outside", "identity", petition];
    refused(
        &province,
        "lan",
        &[&identity[..], &["--note", "x"]].concat(),
        5,
        "giữ quyền danh tính",
        "may open who it is",
    );
    refused(&province, "cnubkt", &identity, 3, "Nêu lý do", "Say why");
    let opened = node(&province, "cnubkt", &[&identity[..], &["--note", "liên hệ"]].concat());
    assert_eq!(opened["sender"]["name"], CANARIES[0]);
    assert_eq!(show("lan")["opened"][0]["by"], "cnubkt", "that somebody looked stays");
    let full = node(&province, "cnubkt", &["register", "petitions", "--full", "kiểm tra"]);
    assert!(full.to_string().contains(CANARIES[0]));
    refused(
        &province,
        "lan",
        &["register", "petitions", "--full", "x"],
        5,
        "danh tính",
        "may open who it is",
    );
    // No text names who denounced.
    let note = ["outside", "note", petition, "--note", "Bà GIANG TO CANARY nêu"];
    refused(&province, "lan", &note, 5, "tên hoặc địa chỉ người tố cáo", "names the denouncer");
    // Whoever it is about sees nothing, and the unit does not get it.
    node(&province, "lan", &["outside", "classify", petition, "to-cao", "--about", "cnubkt"]);
    unseen("cnubkt", &["outside", "show", petition]);
    assert_eq!(register(&province, "cnubkt", "petitions")[0][2..], ["", "", "", "", "", ""]);
    let give = |lead: &'static str| ["assignment", "give", "--source", petition, "--lead", lead, "--no-due"];
    refused(&province, "cvp", &give("cnubkt"), 5, "Đơn này nêu", "is about");
    let work = node(&province, "cvp", &give("minh"))["record"].as_str().unwrap().to_owned();
    // Whoever has it sees it, masked.
    let shown = show("minh").to_string();
    assert!(shown.contains(CANARIES[2]) && !shown.contains(CANARIES[0]), "{shown}");
    unseen("hoa", &["assignment", "show", &work]);
    let listed = node(&province, "hoa", &["assignment", "list"])["records"].clone();
    assert_eq!(listed, Value::Array(vec![]));
    node(&province, "lan", &[&paper(CANARIES[3], "7/SNV")[..], &[]].concat());

    // The registers are the same from views that are made anew.
    let all = ["incoming", "petitions", "transfers", "secret", "tasks"];
    let before = all.map(|which| register(&province, "lan", which));
    until("nothing waits", || province.node(COMMUNE, &["status"])["backlog"]["total"] == 0);
    province.stop(COMMUNE);
    province.node(COMMUNE, &["rebuild-views"]);
    assert_eq!(all.map(|which| register(&province, "lan", which)), before);
    // Who denounced stands in no table that is derived.
    let dir = province.dir(COMMUNE);
    for file in ["views.db", "search.db"] {
        let bytes = fs::read(dir.join(file)).unwrap();
        assert!(!holds(&bytes, CANARIES[0]) && !holds(&bytes, CANARIES[1]), "{file}");
    }
    // Nothing of all this is at the hub, in its backup, in a log, in the ledger as it is kept, or at another office.
    let backup = province.path().join("hub.backup");
    province.hub(&["backup", backup.to_str().unwrap()]);
    for code in ["hub", "40"] {
        province.stop(code);
        nowhere(&province.dir(code));
    }
    let own = province.path().join("own.backup");
    province.node(COMMUNE, &["backup", own.to_str().unwrap()]);
    for file in
        [backup, own, province.log("hub"), province.log("40"), province.log(COMMUNE), dir.join("journal.db")]
    {
        let bytes = fs::read(&file).unwrap();
        for word in CANARIES {
            assert!(!holds(&bytes, word), "{word} in {}", file.display());
        }
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// No file below a folder holds one of the words.
fn nowhere(folder: &Path) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            nowhere(&path);
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        for word in CANARIES {
            assert!(!holds(&bytes, word), "{word} in {}", path.display());
        }
    }
}
