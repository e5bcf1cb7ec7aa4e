//! Drafts on their road, with the real programs: five people of one office, one paper.

use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;
use truc_tests::programs::{Province, fails_in_both, run};
use truc_tests::support::until;

use super::sealed::{settled, telling};

const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy Nghệ An\n\
    17464,40,commune,xã,Đảng ủy xã Diễn Châu\n";
const COMMUNE: &str = "17464";
/// A word that stands in texts, remarks and answers, and nowhere else.
const CANARY: &str = "chimhoangyen";

/// The two offices with the house of the commune, and its people.
struct Office(Province);

impl Office {
    fn open() -> Self {
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
        for (account, role) in [
            ("qt", "administrator"),
            ("cvp", "chief"),
            ("pbttt", "chief"),
            ("bithu", "chief"),
            ("hoa", "specialist"),
            ("minh", "specialist"),
            ("lan", "clerk"),
        ] {
            province.node(COMMUNE, &["account", "add", account, "--role", role]);
        }
        Self(province)
    }

    fn dir(&self) -> PathBuf {
        self.0.dir(COMMUNE)
    }

    #[track_caller]
    fn does(&self, account: &str, args: &[&str]) -> Value {
        let args = [&["draft"], args, &["--author", account]].concat();
        self.0.node(COMMUNE, &args)
    }

    #[track_caller]
    fn refused(&self, account: &str, args: &[&str], exit: i32, vi: &str, en: &str) {
        let before = self.0.written(COMMUNE);
        let args = [&["draft"], args, &["--author", account]].concat();
        fails_in_both("truc-node", &self.dir(), &args, exit, vi, en);
        assert_eq!(self.0.written(COMMUNE), before, "{args:?}");
    }

    /// A letter that is begun and has come to the signature, as version 2.
    fn for_signature(&self, title: &str) -> String {
        let text = format!("Kính gửi Tỉnh ủy.\n\nNội dung {CANARY} thứ nhất.");
        let begin = ["begin", title, "--issuer", "DU", "--type", "CV", "--to", "40", "--text", &text];
        let draft = self.does("minh", &begin)["record"].as_str().unwrap().to_owned();
        let text = format!("Kính gửi Tỉnh ủy.\n\nNội dung {CANARY} thứ hai.");
        self.does("minh", &["save", &draft, "--base", "1", "--text", &text]);
        self.does("minh", &["hand-in", &draft]);
        self.does("hoa", &["appraise", &draft, "--version", "2"]);
        self.does("cvp", &["initial", &draft, "--version", "2"]);
        draft
    }

    fn mine(&self, account: &str) -> Vec<(String, String)> {
        let listed = self.does(account, &["list", "--mine"]);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        listed["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (text(row, "section"), text(row, "title")))
            .collect()
    }
}

#[test]
fn a_paper_goes_its_road_to_its_number() {
    let office = Office::open();
    let draft = office.for_signature("Về chuẩn bị hội nghị");
    let waits = |section: &str| vec![(section.to_owned(), "Về chuẩn bị hội nghị".to_owned())];
    assert_eq!(office.mine("pbttt"), waits("sign"));
    assert_eq!(office.mine("bithu"), []);
    // Nobody signs what waits for another, or in another's form, and nobody issues what is not signed.
    office.refused("bithu", &["sign", &draft], 5, "Dự thảo trình đồng chí", "It waits for");
    office.refused("pbttt", &["sign", &draft, "--form", "BÍ THƯ"], 5, "PHÓ BÍ THƯ", "PHÓ BÍ THƯ");
    office.refused("lan", &["issue", &draft], 5, "Chưa ký (chờ ký)", "Not signed (waits for the signature)");
    office.refused("qt", &["show", &draft], 4, "Không có dự thảo này", "no such draft");
    office.does("pbttt", &["sign", &draft, "--version", "2"]);
    assert_eq!(office.mine("lan"), waits("issue"));
    office.refused("minh", &["issue", &draft], 5, "Chỉ văn thư", "Only the clerk");
    office.refused("lan", &["issue", &draft, "--date", "2099-01-01"], 3, "sau hôm nay", "in the future");
    let issued = office.does("lan", &["issue", &draft]);
    // The register counts on from the book of paper.
    assert_eq!(issued["number"], "813-CV/ĐU", "{issued}");
    assert_eq!(office.mine("lan"), []);
    // A second press is told of the first; a letter of this type is issued by no other way.
    office.refused("lan", &["issue", &draft], 5, "đã ban hành 813-CV/ĐU", "issued 813-CV/ĐU");
    let dir = office.dir();
    let letter =
        ["directive", "create", "--type", "CV", "--title", "Thư khác", "--to", "40", "--symbol", "ĐU"];
    let letter = [&letter[..], &["--author", "lan"]].concat();
    fails_in_both("truc-node", &dir, &letter, 5, "có quy trình", "has a road");
    // The paper is the text that was signed, and names its road.
    let paper = office.0.node(COMMUNE, &["directive", "show", "813-CV/ĐU"]);
    assert!(paper["text"].as_str().unwrap().contains("thứ hai"), "{paper}");
    let proof = office.does("lan", &["proof", "813-CV/ĐU"]);
    assert_eq!(proof["entries"].as_array().unwrap().len(), 6, "{proof}");
    let province = &office.0;
    until("the province has the paper", || {
        province.titles("40").contains(&"Về chuẩn bị hội nghị".to_owned())
    });
    // The same after the views are made anew.
    let shown = || office.does("cvp", &["show", "813-CV/ĐU"])["draft"].clone();
    let before = shown();
    province.stop(COMMUNE);
    province.node(COMMUNE, &["rebuild-views"]);
    assert_eq!(shown(), before);
    assert_eq!(office.does("lan", &["proof", "813-CV/ĐU"])["road"], proof["road"]);
}

#[test]
fn a_signature_is_over_the_version_that_was_seen() {
    let office = Office::open();
    let draft = office.for_signature("Về việc đổi chữ");
    office.refused(
        "minh",
        &["save", &draft, "--base", "2", "--text", "khác"],
        5,
        "chờ ký nên không sửa",
        "cannot",
    );
    office.does("minh", &["take-back", &draft]);
    office.does("minh", &["save", &draft, "--base", "2", "--text", "Nội dung thứ ba."]);
    office.does("minh", &["hand-in", &draft]);
    // Words changed, so form and initials are asked for again.
    assert_eq!(office.does("hoa", &["show", &draft])["state"], "appraise");
    office.refused("hoa", &["appraise", &draft, "--version", "2"], 5, "Đã có bản 3", "version 3");
    office.does("hoa", &["appraise", &draft, "--version", "3"]);
    office.does("cvp", &["initial", &draft, "--version", "3"]);
    office.refused("pbttt", &["sign", &draft, "--version", "2"], 5, "Đã có bản 3", "version 3");
    let changed = office.does("pbttt", &["diff", &draft, "2", "3"]);
    assert_eq!(changed["parts"][0]["part"], "body", "{changed}");
    office.does("pbttt", &["sign", &draft, "--version", "3"]);
    // Given back by the clerk, the signature is gone, and the reason is a remark that must be answered.
    office.does("lan", &["return", &draft, "--note", "thiếu phụ lục"]);
    office.refused("minh", &["hand-in", &draft], 5, "R1", "R1");
    office.does("minh", &["answer", &draft, "R1", "explained", "--text", "không cần phụ lục"]);
    office.refused("minh", &["check", &draft, "R1"], 5, "không tự đối soát", "does not check");
    office.does("hoa", &["check", &draft, "R1"]);
    office.does("minh", &["hand-in", &draft]);
    assert_eq!(office.does("cvp", &["show", &draft])["state"], "sign", "what still holds is passed over");
}

#[test]
fn two_clerks_issue_one_paper() {
    let office = Office::open();
    let clerk = ["house", "say", "roles", "person=hoa", "role=clerk"];
    office.0.node(COMMUNE, &[&clerk[..], &["--author", "cvp"]].concat());
    for round in 0..4u32 {
        let draft = office.for_signature(&format!("Về việc thứ {round}"));
        office.does("pbttt", &["sign", &draft]);
        let issue = |account: &str| {
            run("truc-node", &office.dir(), &["draft", "issue", &draft, "--json", "--author", account])
        };
        let both = thread::scope(|scope| {
            let [lan, hoa] = ["lan", "hoa"].map(|account| scope.spawn(move || issue(account)));
            [lan.join().unwrap(), hoa.join().unwrap()]
        });
        let mut codes = both.each_ref().map(|output| output.status.code().unwrap());
        codes.sort_unstable();
        assert_eq!(codes, [0, 5], "{both:?}");
        let number = office.does("cvp", &["show", &draft])["number"].clone();
        assert_eq!(number, format!("{}-CV/ĐU", 813 + round), "no number is lost");
    }
}

#[test]
fn the_hub_holds_no_word_of_a_draft() {
    let office = Office::open();
    let draft = office.for_signature(&format!("Về {CANARY}"));
    office.does("pbttt", &["return", &draft, "--note", &format!("sửa {CANARY}")]);
    office.does("minh", &["answer", &draft, "R1", "explained", "--text", CANARY]);
    let province = &office.0;
    settled(province, COMMUNE);
    province.stop("hub");
    province.stop(COMMUNE);
    for store in ["hub", "40"] {
        assert_eq!(telling(&province.dir(store), &[CANARY]), []);
    }
    assert!(!telling(&office.dir(), &[CANARY]).is_empty(), "the office itself reads it");
}
