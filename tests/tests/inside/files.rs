//! Files in a province: each reaches everyone who was sent it, whatever others do with its name.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_stream::StreamExt as _;
use tonic::Code;
use truc_node::derive::views::read;
use truc_node::line::state::Standing;
use truc_node::office::Intent;
use truc_proto::audience::Scope;
use truc_proto::entry::Attachment;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::{self, Urgency};
use truc_tests::province::{Node, Province, Result, letter};
use truc_tests::slow_line::SlowLine;
use truc_tests::support::eventually;

use crate::certificates::support::{Ahead, channel};

/// A province office and two communes, all with a line and the whole registry.
struct Three {
    province: Province,
    top: OfficeId,
    a: OfficeId,
    b: OfficeId,
    nodes: [Node; 3],
}

async fn three() -> Result<Three> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let mut nodes =
        [province.node(top, "top").await?, province.node(a, "a").await?, province.node(b, "b").await?];
    for node in &mut nodes {
        node.line_is(Standing::On).await?;
        node.until(|office| Ok(office.registry().office(b).is_some())).await?;
    }
    Ok(Three { province, top, a, b, nodes })
}

/// A file beside the nodes, of this length, each byte `fill`.
fn written(province: &Province, name: &str, fill: u8, length: usize) -> PathBuf {
    let path = province.dir.path().join(name);
    std::fs::write(&path, vec![fill; length]).unwrap();
    path
}

/// Sends a letter with a file of this machine.
async fn send(node: &Node, title: &str, to: Scope, path: &std::path::Path) -> Result<Hash> {
    let file = node.files.put_file(path)?;
    let hash = file.hash;
    node.office.act(Intent { attachments: vec![file], ..letter(title, to) }).await?;
    Ok(hash)
}

/// Sends a letter that names a file.
async fn name(node: &Node, title: &str, to: Scope, hash: Hash, size: u64) -> Result<()> {
    let file = Attachment { hash, size, name: "a.pdf".into(), media_type: "application/pdf".into() };
    node.office.act(Intent { attachments: vec![file], ..letter(title, to) }).await?;
    Ok(())
}

async fn here(what: &str, node: &Node, hash: Hash) {
    eventually(what, || node.files.have(hash).unwrap().complete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_from_two_offices_arrives_from_both() -> Result<()> {
    let three = three().await?;
    let [node_top, node_a, node_b] = &three.nodes;
    let law = written(&three.province, "luat.pdf", 7, 300_000);
    let hash = send(node_a, "Gửi xã bạn", Scope::office(three.b), &law).await?;
    here("the other commune has it", node_b, hash).await;
    // The province has it too, and its own letter with it is for somebody else.
    send(node_top, "Gửi hub", Scope::office(three.top), &law).await?;
    let rule = &three.province.hub().file_rule;
    eventually("the province is a source too", || rule.brought().is_source(three.top, hash).unwrap()).await;
    // Passed on by whoever was sent it: nothing has to be brought again.
    let received = node_b.files.have(hash)?.bytes;
    name(node_b, "Chuyển tiếp", Scope::office(three.top), hash, received).await?;
    let waits = || node_b.line.borrow().files;
    eventually("nothing waits", || waits().up + waits().down == 0).await;
    assert!(!rule.brought().is_source(three.b, hash)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_a_file_first_owns_nothing_and_rubbish_harms_nobody() -> Result<()> {
    let three = three().await?;
    let [node_top, node_a, node_b] = &three.nodes;
    let scan = written(&three.province, "scan.pdf", 3, 4_000_000);
    let hash = node_top.files.put_file(&scan)?.hash;
    // One commune has heard of the file. It names it, with the true size and with others, to itself and to everybody.
    for (title, size) in [("Một", 17), ("Hai", 4_000_000), ("Ba", 1 << 31)] {
        name(node_b, title, Scope::office(three.b), hash, size).await?;
    }
    node_b.receipted().await;
    let mut client = AttachmentsClient::new(channel(&node_b.dir, &Ahead::default()).await?);
    let rubbish = tokio::spawn(async move {
        let mut answers = Vec::new();
        for round in 0_u64.. {
            let size = [17, 4_000_000, 1 << 31][(round % 3) as usize];
            let data = vec![0; size.min(200_000) as usize].into();
            let chunk = wire::PutChunk { hash: hash.to_wire(), size, offset: 0, data };
            let answer = client.put(tokio_stream::iter([chunk])).await;
            answers.push(answer.map(drop).map_err(|status| status.code()));
            if answers.len() >= 200 && answers.contains(&Err(Code::ResourceExhausted)) {
                break;
            }
            tokio::task::yield_now().await;
        }
        answers
    });
    let file = node_top.files.put_file(&scan)?;
    let urgent = Intent {
        attachments: vec![file],
        urgency: Urgency::Express,
        ..letter("Hỏa tốc", Scope::subtree(three.top))
    };
    node_top.office.act(urgent).await?;
    here("it is here", node_a, hash).await;
    here("it is there too", node_b, hash).await;
    let answers = rubbish.await?;
    assert!(answers.contains(&Err(Code::DataLoss)), "rubbish is found out");
    // A name alone opens nothing.
    let rule = &three.province.hub().file_rule;
    let heard = Hash([9; 32]);
    name(node_b, "Nghe nói", Scope::office(three.b), heard, 5).await?;
    assert!(!rule.may_get(three.b, heard)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_files_of_one_entry_all_arrive_and_no_border_of_a_page_skips_one() -> Result<()> {
    let three = three().await?;
    let [node_top, node_a, _] = &three.nodes;
    let mut all = Vec::new();
    for (entry, files) in [1, 1, 3, 1, 2].into_iter().enumerate() {
        let mut attachments = Vec::new();
        for file in 0..files {
            let name = format!("{entry}-{file}.txt");
            let path = written(&three.province, &name, (entry * 10 + file) as u8, 100 + file);
            attachments.push(node_top.files.put_file(&path)?);
        }
        all.extend(attachments.iter().map(|file| file.hash));
        let intent = Intent { attachments, ..letter(&format!("Thư {entry}"), Scope::office(three.a)) };
        node_top.office.act(intent).await?;
    }
    for hash in &all {
        here("each file is here", node_a, *hash).await;
    }
    all.sort_unstable();
    for page in 1..10 {
        let (mut found, mut after) = (Vec::new(), (0, Hash::ZERO));
        loop {
            let rows = node_top.office.view(|views| read::files_after(views, after, page))?;
            let Some(last) = rows.last() else { break };
            after = (last.position, last.file.hash);
            found.extend(rows.into_iter().map(|row| row.file.hash));
        }
        found.sort_unstable();
        assert_eq!(found, all, "pages of {page}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_lost_its_files_gets_them_again() -> Result<()> {
    let mut three = three().await?;
    let law = written(&three.province, "luat.pdf", 7, 300_000);
    let hash = send(&three.nodes[0], "Gửi xã", Scope::office(three.a), &law).await?;
    here("the commune has it", &three.nodes[1], hash).await;
    let files = |node: &Node| node.line.borrow().files;
    eventually("nothing waits", || files(&three.nodes[0]).up == 0).await;
    let dir = three.nodes[0].dir.clone();
    eventually("that is noted", || dir.join("carried.json").exists()).await;
    three.province.stop().await;
    let hub = three.province.hub_dir();
    std::fs::remove_dir_all(hub.join("attachments"))?;
    for file in ["files.db", "files.db-wal", "files.db-shm"] {
        let _ = std::fs::remove_file(hub.join(file));
    }
    three.province.start().await?;
    let there = || three.province.hub().files.have(hash).unwrap().complete;
    eventually("the hub has it again", there).await;
    // What passes it on reaches its addressee.
    let size = three.nodes[1].files.have(hash)?.bytes;
    name(&three.nodes[1], "Chuyển", Scope::office(three.b), hash, size).await?;
    here("the other commune has it", &three.nodes[2], hash).await;
    // A machine that starts again fetches what it has lost, and brings nothing that the hub has.
    let [top, a, b] = three.nodes;
    let dir = a.stop().await?;
    std::fs::remove_dir_all(dir.join("attachments"))?;
    let a = Node::start(&dir).await?;
    here("it is here again", &a, hash).await;
    eventually("nothing waits", || files(&a).up + files(&a).down == 0).await;
    for node in [top, a, b] {
        node.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_stops_lets_go_of_an_upload_that_stands_still() -> Result<()> {
    let mut three = three().await?;
    let node_b = &three.nodes[2];
    let hash = Hash([7; 32]);
    name(node_b, "Đang gửi", Scope::office(three.b), hash, 2_000_000).await?;
    let mut client = AttachmentsClient::new(channel(&node_b.dir, &Ahead::default()).await?);
    let upload = tokio::spawn(async move {
        // Until the hub knows the entry that names the file, it takes nothing.
        loop {
            let chunk =
                wire::PutChunk { hash: hash.to_wire(), size: 2_000_000, offset: 0, data: vec![0; 9].into() };
            let chunks = tokio_stream::iter([chunk]).chain(tokio_stream::pending());
            let _ = client.put(chunks).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let files = three.province.hub().files.clone();
    eventually("the upload has begun", || !files.unfinished().unwrap().is_empty()).await;
    let hub = Arc::downgrade(&three.province.hub().hub);
    three.province.stop().await;
    eventually("nothing holds the hub's store", || hub.strong_count() == 0).await;
    upload.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_there_two_seconds_after_its_letter() -> Result<()> {
    let three = three().await?;
    let [node_top, node_a, _] = &three.nodes;
    let mut best = Duration::MAX;
    for round in 0..3 {
        let path = written(&three.province, &format!("{round}.pdf"), 10 + round, 2_000_000);
        let file = node_top.files.put_file(&path)?;
        let hash = file.hash;
        let letter = letter(&format!("Thư {round}"), Scope::office(three.a));
        node_top.office.act(Intent { attachments: vec![file], ..letter }).await?;
        let begun = Instant::now();
        here("it is here", node_a, hash).await;
        best = best.min(begun.elapsed());
    }
    assert!(best < Duration::from_secs(2), "{best:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_and_urgent_waits_for_no_large_one() -> Result<()> {
    let three = three().await?;
    let [node_top, node_a, _node_b] = three.nodes;
    let dir = node_top.stop().await?;
    let line = SlowLine::to(three.province.hub().config.address.clone());
    let path = dir.join("identity/enrolled.json");
    let enrolled = std::fs::read_to_string(&path)?;
    std::fs::write(&path, enrolled.replace(&three.province.hub().config.address, &line.address))?;
    let mut node_top = Node::start(&dir).await?;
    node_top.line_is(Standing::On).await?;
    let to = Scope::office(three.a);
    let large = node_top.files.put_file(&written(&three.province, "lon.pdf", 1, 12_000_000))?;
    let small = node_top.files.put_file(&written(&three.province, "nho.pdf", 2, 20_000))?;
    let (large_one, small_one) = (large.hash, small.hash);
    node_top.office.act(Intent { attachments: vec![large], ..letter("Lớn", to) }).await?;
    let hub = &three.province.hub().files;
    eventually("the large one has begun", || !hub.unfinished().unwrap().is_empty()).await;
    let urgent = Intent { attachments: vec![small], urgency: Urgency::Express, ..letter("Hỏa tốc", to) };
    node_top.office.act(urgent).await?;
    here("the urgent one is here", &node_a, small_one).await;
    assert!(!hub.have(large_one)?.complete, "it went ahead of the large one");
    here("the large one goes on where it was", &node_a, large_one).await;
    Ok(())
}
