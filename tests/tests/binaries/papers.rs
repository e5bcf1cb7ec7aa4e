//! Papers and records that are refused at the desk.

use serde_json::Value;
use truc_tests::programs::{Province, fails};

fn paper(front: &str) -> String {
    format!(
        "---\nkind: directive\ndocument_type: công văn\n\
         title: T\nnumber: 01-CV/TU\nseries_term: 2025-2030\nissuer_code: \"40\"\n\
         issued: \"2026-01-08\"\nurgency: thường\nconfidentiality: không mật\ntasks: []\n\
         {front}---\n\nText\n"
    )
}

#[test]
fn a_paper_that_cannot_be_read_is_refused_with_all_that_came_with_it() {
    let province = Province::running();
    let before = province.written("40");
    let good = paper("recipients: [\"1\"]\n");
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("none", b"Just text\n".to_vec(), "does not begin with front matter"),
        ("open", b"---\nkind: directive\n".to_vec(), "no closing line"),
        ("syntax", paper("recipients: [\"1\"\n").into(), "cannot be read"),
        ("field", paper("recipients: [\"1\"]\ncolour: red\n").into(), "there is no field \"colour\""),
        ("office", paper("recipients: [\"99\"]\n").into(), "no office had the code 99"),
        ("utf8", [good.as_bytes(), b"\xc4\xff\n"].concat(), "not UTF-8"),
    ];
    let good = province.write("good.md", &good);
    for (name, text, words) in cases {
        let bad = province.write(&format!("{name}.md"), text);
        let import = ["import", good.to_str().unwrap(), bad.to_str().unwrap()];
        fails("truc-node", &province.dir("40"), &import, 3, words);
        assert_eq!(province.written("40"), before, "{name}: nothing is written");
    }
    let import = ["import", good.to_str().unwrap()];
    fails("truc-node", &province.dir("1"), &import, 5, "not of this office");
    province.node("40", &import);
    assert_eq!(province.written("40"), before + 1, "without the bad one it goes in");
    // Of many, one of another office is left out and named, and the others go in.
    let second = paper("recipients: [\"1\"]\n").replace("01-CV/TU", "02-CV/TU");
    let second = province.write("second.md", second);
    let foreign = paper("recipients: [\"2\"]\n").replace("issuer_code: \"40\"", "issuer_code: \"1\"");
    let foreign = province.write("foreign.md", foreign);
    let [first, foreign, second] = [&good, &foreign, &second].map(|path| path.to_str().unwrap());
    let papers = province.node("40", &["import", first, foreign, second])["papers"].clone();
    let said = |number: usize| (papers[number]["stood"] == true, papers[number]["left_out"].clone());
    assert_eq!(
        [said(0), said(1), said(2)],
        [(true, Value::Null), (false, "import-not-ours".into()), (false, Value::Null)],
        "{papers}"
    );
    assert_eq!((&papers[1]["file"], province.written("40")), (&foreign.into(), before + 2));
}

#[test]
fn what_the_rules_forbid_is_refused_at_the_desk() {
    let province = Province::running();
    let before = province.written("1");
    let up = ["directive", "create", "--type", "CT", "--title", "Up", "--to", "40"];
    let task = ["directive", "create", "--title", "Up", "--to", "40", "--task", "T|Do|40||"];
    let sideways = ["guidance", "create", "--title", "Aside", "--text", "T", "--to", "2"];
    let secret =
        ["directive", "create", "--title", "S", "--text", "T", "--to", "40", "--confidentiality", "secret"];
    let cases: [(&[&str], &str); 4] = [
        (&up, "to one's own office and those below"),
        (&task, "to one's own office and those below"),
        (&sideways, "Nothing was written"),
        (&secret, "Secret content does not travel"),
    ];
    for (args, words) in cases {
        fails("truc-node", &province.dir("1"), args, 5, words);
    }
    let nobody = ["directive", "create", "--title", "N", "--to", "99"];
    fails("truc-node", &province.dir("1"), &nobody, 4, "No office has the code or name 99");
    let absent = ["directive", "create", "--title", "N", "--to", "40", "--attach", "/nowhere"];
    fails("truc-node", &province.dir("1"), &absent, 4, "No such file");
    assert_eq!(province.written("1"), before);
    assert!(province.titles("40").is_empty());
}

#[test]
fn an_import_says_what_it_will_do_and_repeats_as_nothing() {
    let province = Province::running();
    let before = province.written("40");
    let file = |name: &str, from: &str, to: &str| {
        let text = paper("recipients: [\"1\"]\n").replace(from, to);
        province.write(&format!("{name}.md"), &text).to_str().unwrap().to_owned()
    };
    let one = file("one", "title: T", "title: Một");
    let two = file("two", "01-CV/TU", "02-CV/TU");
    let unnumbered = file("unnumbered", "number: 01-CV/TU\n", "");
    let other = file("other", "title: T", "title: Khác");
    let stood = |said: serde_json::Value| -> Vec<bool> {
        said["papers"].as_array().unwrap().iter().map(|paper| paper["stood"] == true).collect()
    };
    let said = province.node("40", &["import", "--check", &one, &two, &unnumbered]);
    assert_eq!((stood(said), province.written("40")), (vec![false; 3], before));
    // The last paper bears the number of another one, so none goes in.
    fails("truc-node", &province.dir("40"), &["import", &two, &one, &other], 5, "1-CV/TU");
    assert_eq!(province.written("40"), before);
    province.node("40", &["import", &one, &unnumbered]);
    assert_eq!(province.written("40"), before + 2);
    // As after an import that was cut off: what is here stays, the rest goes in.
    let all = ["import", &one, &two, &unnumbered, &unnumbered];
    assert_eq!(stood(province.node("40", &all)), [true, false, true, true]);
    assert_eq!(stood(province.node("40", &all)), [true; 4]);
    assert_eq!(province.written("40"), before + 3);
}
