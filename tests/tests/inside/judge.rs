//! The judge of stores (`truc_hub::check`) must be able to find fault: each kind of damage is named.

use std::path::Path;

use rusqlite::Connection;
use truc_hub::check::check;
use truc_hub::check::known::Snapshot;
use truc_node::derive::views::read;
use truc_proto::audience::Scope;
use truc_proto::record::{Move, guidance};
use truc_proto::wire::registry_move;
use truc_tests::province::{Province, Result, intent};

/// Stores of a province at rest: a province office and one commune, one guidance sent down.
async fn at_rest() -> Result<Province> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let node_top = province.node(top, "nodes/40").await?;
    let node_a = province.node(a, "nodes/17464").await?;
    node_top.until(|office| Ok(office.registry().office(a).is_some())).await?;
    let mv = Move::Guidance(guidance::Move::Issued { paper: Default::default() });
    let (_, entry) = node_top.office.act(intent(mv, Scope::office(a))).await?;
    let arrived = |office: &truc_node::office::Office| {
        Ok(office.read(|journal| journal.holds(top, &entry.link()))?
            && office.view(read::folded_to)? == office.read(|journal| journal.end())?.position)
    };
    node_a.until(arrived).await?;
    node_top.receipted().await;
    node_top.stop().await?;
    node_a.stop().await?;
    // Nobody but the hub itself hears of it: nothing is owed to a machine that is revoked.
    let hub = &province.hub().hub;
    let revoked = hub.revocation(a, 1, "lost".into())?;
    hub.say("hub", registry_move::Move::Revoked(revoked), Vec::new()).await?;
    province.stop().await;
    Ok(province)
}

fn spoil(dir: &Path, file: &str, sql: &str) {
    let changed = Connection::open(dir.join(file)).unwrap().execute(sql, []).unwrap();
    assert!(changed > 0, "{sql} changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_province_is_good_and_each_fault_is_found() -> Result<()> {
    let province = at_rest().await?;
    let dir = province.dir.path();
    let report = check(dir, |_, _| {})?;
    assert!(report.good(), "{report:?}");
    assert_eq!((report.offices, report.lost), (2, 0));
    assert!(report.deliveries > 0 && report.receipts > 0, "{report:?}");

    spoil(dir, "nodes/17464/search.db", "UPDATE doc SET title = 'Another'");
    let report = check(dir, |_, _| {})?;
    assert!(!report.views_agree && report.faults[0].contains("search"), "{report:?}");

    spoil(dir, "nodes/17464/views.db", "DELETE FROM record");
    let report = check(dir, |_, _| {})?;
    assert!(!report.views_agree && report.lost == 0, "{report:?}");

    let last = "position = (SELECT max(position) FROM entry)";
    spoil(dir, "nodes/17464/journal.db", &format!("DELETE FROM entry WHERE {last}"));
    let report = check(dir, |_, _| {})?;
    assert!(report.lost > 0, "{report:?}");

    spoil(dir, "nodes/40/journal.db", &format!("UPDATE entry SET signature = zeroblob(64) WHERE {last}"));
    let report = check(dir, |_, _| {})?;
    assert!(!report.verified, "{report:?}");

    spoil(
        dir,
        "hub/journal.db",
        &format!("UPDATE entry SET content = CAST(content || x'00' AS BLOB) WHERE {last}"),
    );
    assert!(check(dir, |_, _| {}).is_err(), "a changed byte in the hub's journal");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_hub_knew_and_lacks_is_named() -> Result<()> {
    let province = at_rest().await?;
    let dir = province.dir.path();
    let file = dir.join("hub/attachments").join("a1".repeat(32));
    std::fs::create_dir_all(file.parent().unwrap())?;
    std::fs::write(&file, "a scan")?;
    let known = Snapshot::read(dir)?;
    let again = known.again(dir)?;
    assert_eq!((again.receipts, again.revocations, again.files), (1, 1, 1), "{again:?}");
    assert!(again.entries > 0 && again.lacking.is_empty(), "{again:?}");

    let lacking = |what: &[&str]| {
        let again = known.again(dir).unwrap();
        let named = what.iter().all(|what| again.lacking.iter().any(|lacking| lacking.starts_with(what)));
        assert!(named && again.lacking.len() == what.len(), "{what:?}: {again:?}");
    };
    std::fs::remove_file(&file)?;
    lacking(&["file"]);
    spoil(dir, "nodes/40/journal.db", "UPDATE state SET receipt = NULL");
    lacking(&["file", "receipt"]);
    let last = "DELETE FROM entry WHERE position = (SELECT max(position) FROM entry)";
    spoil(dir, "hub/journal.db", last);
    lacking(&["entry", "file", "receipt", "revocation"]);
    Ok(())
}
