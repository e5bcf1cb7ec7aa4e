//! The loss of the hub: its folder is deleted, and the hub is rebuilt from the authority's key and an export of the
//! registry. The nodes then call by themselves and give everything else back.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use truc_node::identity::enrolled::Enrolled;
use truc_node::words::failure::{ExitCode, Failure};

use super::picture::{Glyph, Picture};
use super::stage::Stage;
use crate::authority::AUTHORITY_KEY;
use crate::check::known::{Recovered, Snapshot};
use crate::recover::refill::Refill;

/// What was known before the loss, and how the refill went.
pub(super) struct Lost {
    known: Snapshot,
    /// Which offices have called, which have not, which entries are missing; for machines.
    account: Value,
}

/// Plays the loss, and waits until every entry and file is again where it belongs.
pub(super) fn lose(stage: &mut Stage, picture: &mut Picture) -> Result<Lost, Failure> {
    let codes: Vec<String> = stage.nodes.keys().filter(|code| stage.is_extra(code)).cloned().collect();
    let [first, .., second] = codes.as_slice() else {
        return Err(Failure::new(ExitCode::Unexpected, "demo-failed").about("two offices to rob"));
    };
    let top = stage.top.clone();
    let safe = stage.dir().join("safe");
    fs::create_dir_all(&safe)?;

    // A revocation that the export contains, and a file whose author no longer has its machine.
    letter(stage, first, "Gửi trước khi mất máy", &top)?;
    stage.filed(picture)?;
    stage.rest(picture)?;
    picture.step("demo-stolen", &[("office", stage.nodes[first].name.clone().into())]);
    stage.steal(first, picture)?;
    picture.step("demo-safe", &[]);
    fs::copy(stage.hub_dir().join(AUTHORITY_KEY), safe.join(AUTHORITY_KEY))?;
    let registry = safe.join("registry").to_string_lossy().into_owned();
    stage.ask_hub(&["export-registry", &registry])?;

    // What the export does not contain: a second revocation and enrolment, letters both ways, a guidance of the hub.
    picture.step("demo-stolen", &[("office", stage.nodes[second].name.clone().into())]);
    stage.steal(second, picture)?;
    let below = format!("subtree:{top}");
    letter(stage, &top, "Gửi sau khi cất sổ đăng ký", &below)?;
    letter(stage, second, "Gửi từ máy mới", &top)?;
    stage.ask_hub(&[
        "guidance",
        "create",
        "--type",
        "HD",
        "--title",
        "Hướng dẫn sau cùng",
        "--to",
        &below,
    ])?;
    stage.filed(picture)?;
    stage.rest(picture)?;
    stage.shut_out(picture)?;
    let known = Snapshot::read(stage.dir()).map_err(unread)?;

    picture.step("demo-lost", &[]);
    stage.stop_hub()?;
    fs::remove_dir_all(stage.hub_dir())?;
    picture.all(Glyph::Cut);
    letter(stage, first, "Viết khi không có trung tâm", &top)?;
    let key = safe.join(AUTHORITY_KEY).to_string_lossy().into_owned();
    stage.ask_hub(&["rebuild", "--authority-key", &key, "--registry", &registry])?;
    stage.start_hub(picture)?;
    picture.step("demo-refill", &[]);
    stage.connected(picture)?;
    stage.until("demo-refill", picture, |stage, picture| {
        let refill = stage.ask_hub(&["refill"])?;
        let called = refill["called"].as_u64().unwrap_or(0) as usize;
        picture.progress(called, stage.nodes.len());
        Ok(refill["done"] == true && called == stage.nodes.len())
    })?;
    picture.all(Glyph::On);
    stage.filed(picture)?;
    stage.rest(picture)?;
    stage.shut_out(picture)?;
    Ok(Lost { known, account: account(stage)? })
}

/// Sends a letter with an attachment.
fn letter(stage: &Stage, from: &str, title: &str, to: &str) -> Result<(), Failure> {
    let folder = stage.papers_dir();
    fs::create_dir_all(&folder)?;
    let scan = folder.join(format!("{title}.txt"));
    fs::write(&scan, format!("{title}. ").repeat(4_000))?;
    let words = ["directive", "create", "--type", "CV", "--title", title, "--to", to, "--attach"];
    stage.ask(from, &[&words[..], &[&scan.to_string_lossy()]].concat()).map(|_| ())
}

/// By office code: which offices have called since the rebuild, which have not; and which entries are missing.
fn account(stage: &Stage) -> Result<Value, Failure> {
    let state = Refill::open(&stage.hub_dir())?.state();
    let (mut called, mut waiting) = (Vec::new(), Vec::new());
    for (code, node) in &stage.nodes {
        let office = Enrolled::load(&node.dir)?.map(|enrolled| enrolled.office);
        let has =
            state.as_ref().zip(office).is_some_and(|(state, office)| state.called.contains_key(&office));
        if has { &mut called } else { &mut waiting }.push(code);
    }
    let missing = &stage.ask_hub(&["refill"])?["missing"];
    Ok(json!({ "called": called, "waiting": waiting, "missing": missing }))
}

impl Lost {
    /// The account for machines, with a comparison of what is there again; and that comparison.
    pub(super) fn told(mut self, dir: &Path) -> Result<(Value, Recovered), Failure> {
        let again = self.known.again(dir).map_err(unread)?;
        self.account["again"] = json!(again);
        Ok((self.account, again))
    }
}

fn unread(error: crate::check::CheckError) -> Failure {
    Failure::new(ExitCode::Unexpected, "demo-check-failed").because(error)
}
