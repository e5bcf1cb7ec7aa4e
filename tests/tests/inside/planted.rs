//! Testing the tests: each planted bug of the table is caught by the layer named for it. Those outside the reach of
//! the simulation are caught by the tests below, which pass without them.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use truc_node::line::enrol::enrol;
use truc_node::line::state::Standing;
use truc_node::office::Intent;
use truc_node::store::attachments::Attachments;
use truc_node::store::journal::{Draft, Journal};
use truc_node::store::writer::Writer;
use truc_proto::audience::Scope;
use truc_proto::entry::Attachment;
use truc_proto::id::{Hash, Mark, OfficeId, RecordId};
use truc_proto::receipt::Receipt;
use truc_proto::record::Move;
use truc_proto::session::{MailEnd, NodeWrite};
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{Confidentiality, CredentialRevoked, Urgency};
use truc_tests::programs::program;
use truc_tests::province::{Node, Province, Result};
use truc_tests::sim::{Layer, PLANTED, Planted};
use truc_tests::support::{IN_VAIN, copy_folder, eventually, literals, within};
use uuid::Uuid;

/// A machine that is to be cut off is, within this time (DESIGN: 5 s), even if this one is busy. With its planted bug a
/// test waits so long.
const CUT: Duration = Duration::from_secs(15);
/// Processes at once.
const AT_ONCE: usize = 2;

#[test]
fn each_planted_bug_is_caught_by_the_layer_named_for_it() {
    let next = AtomicUsize::new(0);
    let missed: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(planted) = PLANTED.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = caught(planted) {
                        missed.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not caught:\n{}", missed.join("\n"));
}

/// Runs what must catch it in a process that has the bug.
fn caught(planted: &Planted) -> std::result::Result<(), String> {
    let begun = Instant::now();
    let (program, args, red, waits) = match planted.layer {
        Layer::Simulation(_) => (program("truc-sim"), vec!["planted", planted.name], "caught by day", false),
        // A test that is not there passes.
        Layer::Test(name) => (std::env::current_exe().unwrap(), vec!["--exact", name], "1 failed", false),
        Layer::Wait(name) => (std::env::current_exe().unwrap(), vec!["--exact", name], "1 failed", true),
    };
    let mut command = Command::new(program);
    let output = command.args(args).env("TRUC_PLANT", planted.name).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let how = said.lines().find(|line| line.contains("caught")).unwrap_or("a test fails");
    println!("{:5.1} s  {}: {how}", begun.elapsed().as_secs_f64(), planted.name);
    let seen = said.contains(red) && !output.status.success() && said.contains(IN_VAIN) == waits;
    if seen { Ok(()) } else { Err(format!("{planted:?}: {said}")) }
}

#[test]
fn a_name_is_planted_once_and_somewhere() {
    let mut names: Vec<&str> = PLANTED.iter().map(|planted| planted.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all >= 24);
    let parts = ["proto", "node", "hub"];
    let code: BTreeSet<String> = parts.iter().flat_map(|part| literals(part, "planted(\"")).collect();
    let nowhere: Vec<&&str> = names.iter().filter(|name| !code.contains(**name)).collect();
    assert!(nowhere.is_empty(), "planted nowhere: {nowhere:?}");
}

fn draft() -> Draft {
    Draft {
        author: "test".into(),
        record: RecordId(Uuid::from_u128(2)),
        kind: 99,
        body: vec![1].into(),
        audience: vec![],
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

/// A writer whose disk keeps the first so many commits.
fn writer(keeps: usize) -> Writer {
    let mut journal = Journal::in_memory(OfficeId(Uuid::from_u128(1)), false).unwrap();
    let commits = AtomicUsize::new(0);
    journal.connection().commit_hook(Some(move || commits.fetch_add(1, Ordering::SeqCst) >= keeps)).unwrap();
    let (wake, _woken) = sync_channel(1);
    Writer::start(journal, wake).unwrap()
}

#[tokio::test]
async fn saved_is_said_after_the_commit() {
    truc_node::fault::arm();
    let key = SigningKey::from_bytes(&[1; 32]);
    let writer = writer(1);
    let append = |key: SigningKey| move |journal: &mut Journal| journal.append(draft(), &key, 1, 1);
    assert!(writer.write(append(key.clone())).await.is_ok());
    assert!(writer.write(append(key)).await.is_err(), "said to be saved, and it is not");
}

#[test]
fn other_branches_of_ones_own_are_given_back() {
    truc_node::fault::arm();
    let (own, key) = (OfficeId(Uuid::from_u128(1)), SigningKey::from_bytes(&[1; 32]));
    let mut journals = [0, 1].map(|_| Journal::in_memory(own, false).unwrap());
    // Two copies of one machine write; the line of the second is adopted by the first.
    let [left, taken] = [0, 1].map(|which| {
        let random = which as u32;
        journals[which].group(|journal| journal.append(draft(), &key, 1, random)).unwrap().1
    });
    let mark = Mark { position: 2, running: Hash([2; 32]) };
    let line = Receipt::sign(own, taken.link(), 2, Hlc(1), &key);
    let end = MailEnd::Adopt { tip: Some(left.link()), line };
    let mail =
        NodeWrite::Mail { entries: vec![(2, taken.clone())], arrivals: vec![0], mark: Some(mark), end };
    let [journal, _] = &mut journals;
    journal.group(|journal| journal.session_write(mail)).unwrap();
    assert_eq!(journal.tip(), Some(taken.link()));
    assert!(!journal.reads().has_beyond().unwrap());
    // The hub has lost all of it. What is on the chain is pushed anyway.
    let welcome = NodeWrite::Welcome { from: Mark::START, resuming: false, line: None };
    journal.group(|journal| journal.session_write(welcome)).unwrap();
    assert_eq!(journal.reads().beyond(0).unwrap(), (vec![left], None));
}

#[test]
fn a_wrong_file_is_never_shown() {
    truc_node::fault::arm();
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let hash = Hash([7; 32]);
    let mut coming = store.resume(hash, 3).unwrap();
    coming.append(0, &[1, 2, 3]).unwrap();
    assert!(coming.finish().is_err());
    assert!(!store.have(hash).unwrap().complete);
}

/// A province with one commune, and the commune's node.
async fn commune() -> Result<(Province, OfficeId, Node)> {
    truc_node::fault::arm();
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let commune = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let mut node = province.node(commune, "commune").await?;
    node.line_is(Standing::On).await?;
    node.until(|office| Ok(office.registry().office(commune).is_some())).await?;
    Ok((province, commune, node))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_its_addressees() -> Result<()> {
    let (province, commune, node) = commune().await?;
    let other = province.add("commune", None, "16732", "Đảng ủy phường Cửa Lò").await?;
    let (hash, name, media_type) = (Hash([9; 32]), "a.pdf".into(), "application/pdf".into());
    let file = Attachment { hash, size: 3, name, media_type };
    let mv = Move::Unknown { kind: 99, body: vec![].into() };
    let intent = Intent::new("clerk", RecordId(Uuid::from_u128(5)), mv, vec![Scope::office(commune)]);
    node.office.act(Intent { attachments: vec![file], ..intent }).await?;
    let hub = Arc::clone(&province.hub().hub);
    eventually("the hub has its name", || {
        let named = |views: &_| truc_node::derive::views::read::files_named(views, hash, 0, u64::MAX, 1);
        !hub.office.view(named).unwrap().is_empty()
    })
    .await;
    let rule = &province.hub().file_rule;
    assert_eq!(rule.note(commune, hash, 3, vec![commune, other])?, [commune]);
    assert!(!rule.may_get(other, hash)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_machine_is_cut_off() -> Result<()> {
    let (province, commune, mut node) = commune().await?;
    let revoked = CredentialRevoked { office: commune.to_wire(), up_to: 1, ..Default::default() };
    let hub = &province.hub().hub;
    hub.say("hub", Word::Revoked(revoked), hub.everybody()).await?;
    let refused = node.line.wait_for(|state| state.standing == Standing::Refused);
    within(CUT, "it is refused", refused).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_session_ends_the_older() -> Result<()> {
    let (province, commune, node) = commune().await?;
    let dir = node.stop().await?;
    let copy = province.dir.path().join("copy");
    copy_folder(&dir, &copy);
    let mut first = Node::start(&dir).await?;
    first.line_is(Standing::On).await?;
    let second = Node::start(&copy).await?;
    let ended = first.line.wait_for(|state| state.standing != Standing::On);
    within(CUT, "the older has no line", ended).await?;
    assert!(province.hub().hub.sessions.is_connected(commune));
    drop(second);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_enrols_one_machine() -> Result<()> {
    let (province, commune, _node) = commune().await?;
    let code = province.code(commune)?;
    enrol(&code, &province.dir.path().join("first")).await?;
    assert!(enrol(&code, &province.dir.path().join("second")).await.is_err());
    Ok(())
}
