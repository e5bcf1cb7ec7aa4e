//! A hub that lies, in one process: what it hands to the wrong office, what it leaves out, two histories. The hub's own
//! files are changed under it, as somebody who runs it could.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};
use truc_hub::delivery::index::MAIL;
use truc_node::clock::unix_millis;
use truc_node::command::verify::Verify;
use truc_node::derive::views::read::{self, Viewpoint};
use truc_node::derive::views::story;
use truc_node::derive::views::unheard::{Unheard, unheard};
use truc_node::identity::{IDENTITY, keys};
use truc_node::line::state::Standing;
use truc_node::office::{Intent, Office};
use truc_node::proof::{Store, archive};
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::record::duty::Thresholds;
use truc_proto::record::{Move, directive};
use truc_tests::province::{Node, Province, Result, letter};
use truc_tests::support::{copy_folder, eventually};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A province with two communes, all on.
async fn province() -> Result<(Province, Node, Node, [OfficeId; 3])> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let (mut first, mut second) = (province.node(a, "a").await?, province.node(b, "b").await?);
    for node in [&mut first, &mut second] {
        node.line_is(Standing::On).await?;
        node.until(|office| Ok(office.registry().credential(b).is_some())).await?;
    }
    Ok((province, first, second, [top, a, b]))
}

/// Where the hub's journal has the newest entry of an office, and changes its mail index behind its back.
async fn tamper(province: &Province, ledger: OfficeId, change: impl FnOnce(&Connection, i64)) -> Result<()> {
    let hub = &province.hub().hub.office;
    let positions = hub.read(|journal| journal.own_positions(ledger, 0, 1000))?;
    hub.wait_folded(*positions.last().unwrap()).await?;
    let mail = Connection::open(province.hub_dir().join(MAIL))?;
    mail.busy_timeout(Duration::from_secs(5))?;
    change(&mail, *positions.last().unwrap() as i64);
    Ok(())
}

fn scope(office: OfficeId) -> Vec<u8> {
    [&office.0.as_bytes()[..], &[0]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_to_the_wrong_office_is_refused_there_and_disturbs_nobody() -> Result<()> {
    let (province, a, b, [top, _, second]) = province().await?;
    let b_dir = b.stop().await?;
    a.office.act(letter("Chỉ cho tỉnh", Scope::office(top))).await?;
    a.receipted().await;
    tamper(&province, a.office.id(), |mail, position| {
        let row = params![scope(second), position];
        mail.execute("INSERT INTO mail (scope, position, urgency) VALUES (?1, ?2, 0)", row).unwrap();
    })
    .await?;
    let b = Node::start(&b_dir).await?;
    let refused = |office: &Office| office.view(story::refused);
    b.until(|office| Ok(!refused(office)?.is_empty())).await?;
    let told = refused(&b.office)?;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].outcome, "refused: not-addressed");
    assert_eq!(told[0].brief, "", "what it says is nobody's business here");
    eventually("it is audited", || {
        b.office.read(|journal| journal.refused(told[0].position)).unwrap().as_deref()
            == Some("not-addressed")
    })
    .await;
    assert!(b.titles().is_empty(), "and it is no record");
    // What is for it comes, from the same office and from others.
    a.office.act(letter("Cho phường", Scope::office(second))).await?;
    b.has("Cho phường").await?;
    assert!(a.titles().contains(&"Chỉ cho tỉnh".to_owned()));
    Ok(())
}

fn unheard_at(office: &Office, now: i64) -> Unheard {
    let registry = office.registry();
    let figures = Thresholds::default();
    let receipt = office.read(|journal| journal.receipt()).unwrap().unwrap();
    let place = office.read(|journal| journal.hash_at(office.id(), receipt.link.seat)).unwrap();
    office
        .view(|views| {
            let look = Viewpoint { me: office.id(), registry: &registry, now, figures, heard: &|_| None };
            unheard(views, &look, place.unwrap().1)
        })
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withheld_is_missed_by_its_author_within_a_day_and_by_its_addressee_with_the_next()
-> Result<()> {
    let (province, a, b, [_, _, second]) = province().await?;
    let b_dir = b.stop().await?;
    a.office.act(letter("Giữ lại", Scope::office(second))).await?;
    a.receipted().await;
    let now = unix_millis() as i64;
    assert_eq!(unheard_at(&a.office, now), Unheard::default(), "not yet");
    tamper(&province, a.office.id(), |mail, position| {
        let row = params![scope(second), position];
        assert_eq!(mail.execute("DELETE FROM mail WHERE scope = ?1 AND position = ?2", row).unwrap(), 1);
    })
    .await?;
    let mut b = Node::start(&b_dir).await?;
    b.line_is(Standing::On).await?;
    let overdue = unheard_at(&a.office, now + DAY + 60_000);
    assert_eq!((overdue.papers, overdue.offices.into_iter().collect::<Vec<_>>()), (1, vec![second]));

    // The next one shows the addressee that one is missing; its own word about that one ends the author's doubt there.
    a.office.act(letter("Tiếp theo", Scope::office(second))).await?;
    b.has("Tiếp theo").await?;
    let registry = b.office.registry();
    let gaps = b.office.view(|views| {
        let (now, figures) = (unix_millis() as i64, Thresholds::default());
        read::gaps(views, &Viewpoint { me: second, registry: &registry, now, figures, heard: &|_| None })
    })?;
    assert_eq!(gaps.iter().map(|gap| gap.ledger).collect::<Vec<_>>(), [a.office.id()]);
    let rows = b.office.view(|views| read::list(views, &read::Filter::default()))?;
    let arrived = directive::Move::status("01");
    b.office
        .act(Intent::new("clerk", rows[0].id, Move::Directive(arrived), vec![Scope::office(a.office.id())]))
        .await?;
    a.until(|office| Ok(unheard_at(office, now + 2 * DAY).papers == 1)).await?;
    Ok(())
}

fn export(node: &Node, to: &Path) -> Result<()> {
    let folder = node.dir.join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE);
    let authorities = keys::load_certificates(&folder)?;
    let store = Store { dir: &node.dir, identity: node.office.identity() };
    let selection = archive::Selection::default();
    let source = archive::Source { store, selection: &selection, authorities: &authorities };
    archive::write(to, source, |_, _| {}).map_err(|failure| format!("{failure:?}"))?;
    Ok(())
}

fn verified(node: &Node, one: &Path, other: &Path) -> serde_json::Value {
    let authority = node.dir.join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE);
    let verify = Verify { archive: Some(one.into()), other: Some(other.into()), authority: vec![authority] };
    verify.execute(one, || unreachable!(), || unreachable!()).unwrap()
}

/// More than enough letters of the hub for a head.
async fn announce(province: &Province, title: &str, node: &Node) -> Result<()> {
    let hub = &province.hub().hub;
    for count in 0..=2 * limits::HEAD_EVERY {
        hub.office.act(letter(&format!("{title} {count}"), Scope::subtree(hub.office.id()))).await?;
    }
    node.has(&format!("{title} {}", 2 * limits::HEAD_EVERY)).await?;
    eventually("a head is kept", || !node.office.read(|journal| journal.heads()).unwrap().is_empty()).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_histories_are_seen_when_two_offices_compare() -> Result<()> {
    let (mut province, a, b, _) = province().await?;
    let archives = tempfile::tempdir()?;
    let (one, other) = (archives.path().join("one"), archives.path().join("other"));
    // An honest hub: everybody is shown the same.
    announce(&province, "Cho mọi người", &a).await?;
    b.has(&format!("Cho mọi người {}", 2 * limits::HEAD_EVERY)).await?;
    export(&a, &one)?;
    export(&b, &other)?;
    let same = verified(&a, &one, &other);
    assert_eq!(same["verified"], true, "{same}");
    assert!(same["heads"].as_u64() > Some(0), "{same}");

    // One history for the one, another for the other, from a copy of the hub as it was.
    let (a_dir, b_dir) = (a.stop().await?, b.stop().await?);
    province.stop().await;
    let (hub, twin) = (province.hub_dir(), archives.path().join("twin"));
    copy_folder(&hub, &twin);
    province.start().await?;
    let a = Node::start(&a_dir).await?;
    announce(&province, "Cho một nơi", &a).await?;
    province.stop().await;
    let a_dir = a.stop().await?;
    fs::remove_dir_all(&hub)?;
    copy_folder(&twin, &hub);
    province.start().await?;
    let b = Node::start(&b_dir).await?;
    announce(&province, "Cho nơi khác", &b).await?;
    province.stop().await;
    let a = Node::start(&a_dir).await?;
    fs::remove_dir_all(&one)?;
    fs::remove_dir_all(&other)?;
    export(&a, &one)?;
    export(&b, &other)?;
    let told = verified(&a, &one, &other);
    assert_eq!(told["verified"], false, "{told}");
    assert_eq!(told["first"]["code"], "two-histories", "{told}");
    // Each by itself is whole: only the two together prove it.
    for alone in [&one, &other] {
        assert_eq!(verified(&a, alone, alone)["verified"], true);
    }
    Ok(())
}
