//! A day inside one commune's office, whose line is cut: who works there, and how the work of the province's letter goes
//! from hand to hand.

use truc_node::accounts::Role;
use truc_node::words::failure::Failure;

use super::stage::Stage;

/// Code of the commune.
pub(super) const CODE: &str = "17464";
/// Its people who may sign in: those of the sample house who act in the play, the chief first.
pub(super) const PEOPLE: &[(&str, &str, Role)] = &[
    (CHIEF, "Đậu Thị Chánh", Role::Chief),
    (CLERK, "Trần Lan Mẫu", Role::Clerk),
    (FIRST, "Võ Minh Thử", Role::Specialist),
    (SECOND, "Lê Thị Hoa Mẫu", Role::Specialist),
    (SIGNER, "Phan Thị Thử", Role::Chief),
    (ADMINISTRATOR, "Quản trị", Role::Administrator),
];

const CHIEF: &str = "cvp";
const CLERK: &str = "lan";
const FIRST: &str = "minh";
const SECOND: &str = "hoa";
const SIGNER: &str = "pbttt";
const ADMINISTRATOR: &str = "quantri";

const HOUSE: &str = include_str!("../../../deploy/samples/houses/17464.toml");

/// Says who works in the office.
pub(super) fn house(stage: &Stage) -> Result<(), Failure> {
    let path = stage.papers_dir().join("nep-nha.toml");
    std::fs::write(&path, HOUSE)?;
    stage.ask_as(CODE, ADMINISTRATOR, &["house", "import", &path.to_string_lossy()]).map(drop)
}

/// The chief gives the work of the letter; one work is done and confirmed, one waits to be confirmed, one to be taken.
pub(super) fn day(stage: &Stage) -> Result<(), Failure> {
    let given = |words: &[&str]| -> Result<String, Failure> {
        let words = [&["assignment", "give"], words].concat();
        let answer = stage.ask_as(CODE, CHIEF, &words)?;
        Ok(answer["record"].as_str().unwrap_or_default().to_owned())
    };
    let act = |who: &str, verb: &str, work: &str, more: &[&str]| {
        stage.ask_as(CODE, who, &[&["assignment", verb, work], more].concat()).map(drop)
    };
    let first = given(&["--source", "913-CV/TU#T1", "--lead", FIRST, "--no-due"])?;
    let second = given(&[
        "--source",
        "913-CV/TU#T4",
        "--lead",
        SECOND,
        "--helping",
        FIRST,
        "--product",
        "BC",
        "--no-due",
    ])?;
    given(&["--source", "913-CV/TU#T5", "--lead", "VPDU", "--no-due"])?;
    act(FIRST, "take", &first, &[])?;
    act(FIRST, "hand-in", &first, &["--note", "Đã thông báo hoãn ba cuộc họp"])?;
    act(CHIEF, "confirm", &first, &[])?;
    act(SECOND, "take", &second, &[])?;
    act(FIRST, "contribute", &second, &["--note", "Số liệu của tám xóm"])?;
    act(SECOND, "hand-in", &second, &["--number", "31-BC/VPĐU", "--note", "Kèm số liệu của tám xóm"])
}
