//! The course of the demo: the sample papers, a line that is cut, a node that is killed.

use truc_node::web::Visit;
use truc_node::web::times::Clock;
use truc_node::words::Lang;
use truc_node::words::failure::Failure;

use super::picture::{Glyph, Picture};
use super::stage::Stage;
use super::{commune, pages};

macro_rules! papers {
    ($($name:literal),* $(,)?) => {
        /// The sample papers, by file name without extension.
        const PAPERS: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../deploy/samples/papers/", $name, ".md")))),*];
    };
}

papers![
    "01-cong-van-hoa-toc-ung-pho-bao",
    "02-chi-thi-ky-luat-ky-cuong-van-ban-bao-cao",
    "03-chuong-trinh-cong-tac-nam-2026",
    "04-chuong-trinh-cong-tac-thang-11-2026",
    "05-chuong-trinh-cong-tac-tuan-48-2026",
    "06-bao-cao-thang-10-2026-xa-dien-chau",
    "07-bao-cao-thang-12-2024-huyen-yen-thanh",
    "08-huong-dan-gui-nhan-van-ban-bao-cao",
    "09-cong-van-yeu-cau-tu-kiem-tra",
    "10-bao-cao-tu-kiem-tra-phuong-cua-lo",
    "11-thong-bao-hop-giao-ban-thang-11",
    "12-van-ban-unicode-kho",
];

/// Plays everything, and waits until every entry is where it belongs.
pub(super) fn play(stage: &mut Stage, picture: &mut Picture) -> Result<(), Failure> {
    picture.all(Glyph::On);
    if stage.three_tiers { three_tiers(stage, picture) } else { two_tiers(stage, picture) }
}

fn two_tiers(stage: &mut Stage, picture: &mut Picture) -> Result<(), Failure> {
    picture.step("demo-storm", &[]);
    import(stage, "40", &["01"])?;
    picture.step("demo-papers", &[]);
    import(stage, "40", &["03", "08", "09", "11"])?;
    stage.rest(picture)?;

    picture.step("demo-answers", &[]);
    stage.each(|code, _| {
        if code == "40" {
            return Ok(());
        }
        stage.ask(code, &["directive", "accept", "913-CV/TU", "--arrival-number", "1"])?;
        stage.ask(code, &["guidance", "acknowledge", "04-HD/VPTU"]).map(|_| ())
    })?;

    let weak = stage.weak.clone();
    picture.step("demo-cut", &[("office", stage.nodes[&weak].name.clone().into())]);
    stage.line.cut();
    picture.office(&weak, Glyph::Cut);
    import(stage, &weak, &["06"])?;
    stage.ask(&weak, &["directive", "process", "913-CV/TU", "--note", "Ghi khi mất mạng"])?;
    stage.ask(
        "40",
        &["directive", "create", "--type", "CV", "--title", "Gửi khi đường truyền đứt", "--to", &weak],
    )?;
    if weak == pages::commune::CODE {
        picture.step("demo-inside", &[("office", stage.nodes[&weak].name.clone().into())]);
        commune::house(stage)?;
        commune::day(stage)?;
    }

    let killed = "16732";
    picture.step("demo-kill", &[("office", stage.nodes[killed].name.clone().into())]);
    import(stage, killed, &["10"])?;
    stage.kill(killed)?;
    picture.office(killed, Glyph::Killed);
    for (office, paper) in [("17179", "04"), ("17254", "05"), ("17506", "12")] {
        if stage.has(office) {
            import(stage, office, &[paper])?;
        }
    }
    stage.start(killed)?;
    picture.office(killed, Glyph::On);

    picture.step("demo-restore", &[("office", stage.nodes[&weak].name.clone().into())]);
    stage.line.restore();
    picture.office(&weak, Glyph::On);
    stage.rest(picture)?;
    picture.step("demo-judged", &[]);
    stage.ask("40", &["report", "accept", "31-BC/VPĐU"])?;
    stage.ask("40", &["inspection", "verify", "1318-CV/VPTU", killed])?;
    stage.ask_hub(&[
        "guidance",
        "create",
        "--type",
        "HD",
        "--title",
        "Hướng dẫn của trung tâm",
        "--to",
        "subtree:40",
    ])?;
    picture.step("demo-rest", &[]);
    stage.rest(picture)
}

fn three_tiers(stage: &mut Stage, picture: &mut Picture) -> Result<(), Failure> {
    picture.step("demo-papers", &[]);
    import(stage, "40", &["02"])?;
    stage.rest(picture)?;
    let weak = stage.weak.clone();
    picture.step("demo-cut", &[("office", stage.nodes[&weak].name.clone().into())]);
    stage.line.cut();
    picture.office(&weak, Glyph::Cut);
    stage.ask(&weak, &["directive", "accept", "36-CT/TU"])?;
    import(stage, &weak, &["07"])?;
    let to = format!("subtree:{weak}");
    stage
        .ask(&weak, &["directive", "create", "--type", "CT", "--title", "Chỉ thị của huyện", "--to", &to])?;
    picture.step("demo-kill", &[("office", stage.nodes["412"].name.clone().into())]);
    stage.ask("412", &["directive", "accept", "36-CT/TU"])?;
    stage.kill("412")?;
    picture.office("412", Glyph::Killed);
    stage.start("412")?;
    picture.office("412", Glyph::On);
    picture.step("demo-restore", &[("office", stage.nodes[&weak].name.clone().into())]);
    stage.line.restore();
    picture.office(&weak, Glyph::On);
    picture.step("demo-rest", &[]);
    stage.rest(picture)
}

/// Imports sample papers at an office; `papers` are the beginnings of their file names.
fn import(stage: &Stage, office: &str, papers: &[&str]) -> Result<(), Failure> {
    let folder = stage.papers_dir();
    std::fs::create_dir_all(&folder)?;
    for paper in papers {
        for (name, bytes) in PAPERS.iter().filter(|(name, _)| name.starts_with(paper)) {
            let path = folder.join(format!("{name}.md"));
            std::fs::write(&path, bytes)?;
            stage.ask(office, &["import", &path.to_string_lossy()])?;
        }
    }
    Ok(())
}

/// Leaves work for whoever opens the pages: an express directive that nobody has accepted yet.
pub(super) fn leave_work(stage: &Stage, picture: &mut Picture) -> Result<(), Failure> {
    picture.step("demo-work", &[]);
    let clock = Clock { now: Visit::moment(), lang: Lang::Vi };
    let (soon, later) = (clock.machine(clock.now + 2 * HOUR), clock.machine(clock.now + 6 * HOUR));
    let below = format!("subtree:{}", stage.top);
    let tasks = [
        format!(
            "T1|Rà soát các điểm nguy cơ lũ quét, sạt lở; chốt chặn ngầm, tràn|{below}|{soon}|báo cáo nhanh"
        ),
        format!("T2|Trực 24/24, báo cáo kết quả sơ tán|{below}|{later}|báo cáo"),
    ];
    let title = "Chủ động ứng phó mưa lớn, nguy cơ lũ quét, sạt lở đất trên địa bàn miền núi";
    let mut words = vec!["directive", "create", "--type", "CV", "--title", title, "--to", &below];
    words.extend(["--urgency", "express", "--due", &soon, "--text", WORK]);
    words.extend(tasks.iter().flat_map(|task| ["--task", task.as_str()]));
    stage.ask(&stage.top, &words)?;
    stage.rest(picture)
}

const HOUR: i64 = 3_600_000;
/// Text of that directive.
const WORK: &str = "**Kính gửi:** ban thường vụ đảng ủy các xã, phường.\n\nĐể chủ động ứng phó, Ban Thường vụ Tỉnh ủy \
    yêu cầu:\n\n1. **Rà soát** các điểm nguy cơ lũ quét, sạt lở; chốt chặn ngầm, tràn; dự trữ lương thực.\n2. \
    **Trực 24/24**; báo cáo kết quả sơ tán. Khi mất kết nối vẫn lập báo cáo đúng giờ.\n\nT/M BAN THƯỜNG VỤ";
