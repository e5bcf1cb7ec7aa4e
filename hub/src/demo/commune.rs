//! A day inside one commune's office, whose line is cut: who works there, how the work of the province's letter goes from
//! hand to hand, what comes by post, and the road of a letter to its number.

use serde_json::Value;
use truc_node::web::Visit;
use truc_node::words::failure::Failure;
use truc_proto::date::Date;

use super::pages::commune::{ADMINISTRATOR, CHIEF, CLERK, CODE, FIRST, SECOND, SIGNER};
use super::stage::Stage;

const HOUSE: &str = include_str!("../../../deploy/samples/houses/17464.toml");

/// Says who works in the office.
pub(super) fn house(stage: &Stage) -> Result<(), Failure> {
    let path = stage.papers_dir().join("nep-nha.toml");
    std::fs::write(&path, HOUSE)?;
    stage.ask_as(CODE, ADMINISTRATOR, &["house", "import", &path.to_string_lossy()]).map(drop)
}

/// The day: the work of the letter, what comes by post, a letter of the office's own.
pub(super) fn day(stage: &Stage) -> Result<(), Failure> {
    works(stage)?;
    arrivals(stage)?;
    letters(stage)
}

/// Somebody does something; what came of it.
fn does(stage: &Stage, who: &str, words: &[&str]) -> Result<Value, Failure> {
    stage.ask_as(CODE, who, words)
}

fn record(answer: &Value) -> String {
    answer["record"].as_str().unwrap_or_default().to_owned()
}

/// The chief gives the work of the letter; one work is done and confirmed, one waits to be confirmed, one to be taken.
fn works(stage: &Stage) -> Result<(), Failure> {
    let given = |words: &[&str]| -> Result<String, Failure> {
        Ok(record(&does(stage, CHIEF, &[&["assignment", "give"], words].concat())?))
    };
    let act = |who: &str, verb: &str, work: &str, more: &[&str]| {
        does(stage, who, &[&["assignment", verb, work], more].concat()).map(drop)
    };
    let first = given(&["--source", "913-CV/TU#T1", "--lead", FIRST, "--no-due"])?;
    let report =
        ["--source", "913-CV/TU#T4", "--lead", SECOND, "--helping", FIRST, "--product", "BC", "--no-due"];
    let second = given(&report)?;
    given(&["--source", "913-CV/TU#T5", "--lead", "VPDU", "--no-due"])?;
    act(FIRST, "take", &first, &[])?;
    act(FIRST, "hand-in", &first, &["--note", "Đã thông báo hoãn ba cuộc họp"])?;
    act(CHIEF, "confirm", &first, &[])?;
    act(SECOND, "take", &second, &[])?;
    act(FIRST, "contribute", &second, &["--note", "Số liệu của tám xóm"])?;
    act(SECOND, "hand-in", &second, &["--number", "31-BC/VPĐU", "--note", "Kèm số liệu của tám xóm"])
}

/// The clerk registers what came by post: a paper becomes a work, a petition is passed on.
fn arrivals(stage: &Stage) -> Result<(), Failure> {
    let arrive = |title: &str, more: &[&str]| -> Result<String, Failure> {
        Ok(record(&does(stage, CLERK, &[&["outside", "arrive", title], more].concat())?))
    };
    let plan = ["--party", "Ủy ban nhân dân tỉnh", "--number", "125/KH-UBND", "--type", "KH"];
    let paper = arrive("Rà soát hồ, đập trước mùa mưa lũ", &plan)?;
    does(stage, CHIEF, &["assignment", "give", "--source", &paper, "--lead", SECOND, "--no-due"])?;
    let road = [
        "--class",
        "kien-nghi",
        "--sender",
        "Nguyễn Văn Kiến",
        "--address",
        "xóm 3",
        "--channel",
        "reception",
    ];
    let petition = arrive("Đề nghị sửa đường liên xóm", &road)?;
    let by = Date::of_millis(Visit::moment()).unwrap_or(Date::LAST).plus(10).to_string();
    does(stage, CHIEF, &["outside", "transfer", &petition, "UBND", "12-PC/VPĐU", "--answer-by", &by])
        .map(drop)
}

/// Two letters of the office's own go their road: one to its number, one to the signature.
fn letters(stage: &Stage) -> Result<(), Failure> {
    let drafted = |title: &str| -> Result<String, Failure> {
        let text = format!("Kính gửi: Văn phòng Tỉnh ủy.\n\n{title}: có phụ lục kèm theo.");
        let begin =
            ["draft", "begin", title, "--issuer", "DU", "--type", "CV", "--to", "40", "--text", &text];
        let draft = record(&does(stage, FIRST, &begin)?);
        does(stage, FIRST, &["draft", "hand-in", &draft])?;
        does(stage, SECOND, &["draft", "appraise", &draft])?;
        does(stage, CHIEF, &["draft", "initial", &draft])?;
        Ok(draft)
    };
    let issued = drafted("Báo cáo thiệt hại do bão số 9")?;
    does(stage, SIGNER, &["draft", "sign", &issued])?;
    does(stage, CLERK, &["draft", "issue", &issued])?;
    drafted("Đề nghị hỗ trợ khắc phục thiệt hại").map(drop)
}
