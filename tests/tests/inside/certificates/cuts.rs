//! A certificate that is no longer good ends what runs on it: within 5 seconds, whatever the other end does.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use truc_hub::authority::Lives;
use truc_node::clock::unix_now;
use truc_node::line::dial::{ConnectError, Refusal};
use truc_node::line::enrol::enrol;
use truc_node::office::Intent;
use truc_proto::entry::Attachment;
use truc_proto::id::{Hash, OfficeId, RecordId};
use truc_proto::record::{Move, Paper, guidance};
use truc_proto::wire;
use truc_proto::wire::EndReason;
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::registry_move::Move as Word;
use truc_tests::province::{Province, Result};
use truc_tests::support::{eventually, soon};
use uuid::Uuid;

use super::support::{Ahead, CUT, channel, province, welcomed};

/// A file that an office has written about and not brought.
const FILE: Hash = Hash([7; 32]);
const SIZE: u64 = 1 << 30;

/// The commune has written an entry with a file, and stopped.
async fn with_file(province: &Province, office: OfficeId) -> Result<std::path::PathBuf> {
    let node = province.node(office, "a").await?;
    let paper = Paper { title: "Thư".into(), ..Default::default() };
    let issued = guidance::Move::Issued { paper };
    let mut intent = Intent::opening("thu", Move::Guidance(issued), Vec::new());
    intent.attachments =
        vec![Attachment { hash: FILE, size: SIZE, name: "lớn".into(), media_type: "video/mp4".into() }];
    let (_, entry) = node.office.append(intent).await?;
    let hub = &province.hub().hub;
    eventually("the hub has it", || {
        hub.office.read(|journal| journal.hash_at(office, entry.header.seat)).unwrap().is_some()
    })
    .await;
    node.stop().await
}

/// An upload that has begun and never ends by itself. Tells when the hub has ended it.
async fn upload(channel: Channel) -> (mpsc::UnboundedSender<wire::PutChunk>, tokio::task::JoinHandle<()>) {
    let (chunks, stream) = mpsc::unbounded_channel();
    let first = wire::PutChunk { hash: FILE.to_wire(), size: SIZE, offset: 0, data: vec![1; 1000].into() };
    chunks.send(first).unwrap();
    let mut client = AttachmentsClient::new(channel.clone());
    let put = tokio::spawn(async move {
        client.put(UnboundedReceiverStream::new(stream)).await.expect_err("the file is never whole");
    });
    soon("the upload has begun", async {
        let mut client = AttachmentsClient::new(channel);
        loop {
            let files = vec![wire::FileName { hash: FILE.to_wire(), size: SIZE }];
            let have = client.have(wire::HaveRequest { files }).await.unwrap();
            if have.into_inner().files[0].have > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    (chunks, put)
}

fn revoked(office: OfficeId, up_to: u64) -> Word {
    Word::Revoked(wire::CredentialRevoked {
        office: office.to_wire(),
        up_to,
        reason: "lost".into(),
        held: vec![],
    })
}

async fn refused_as_revoked(dir: &Path) {
    let refused = channel(dir, &Ahead::default()).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Revoked)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_ends_an_idle_session_and_a_running_transfer() -> Result<()> {
    let (province, office) = province(Lives::default(), &Ahead::default()).await?;
    let dir = with_file(&province, office).await?;
    let line = channel(&dir, &Ahead::default()).await?;
    let mut session = welcomed(line.clone()).await?;
    let (_chunks, put) = upload(line.clone()).await;
    let hub = &province.hub().hub;
    eventually("nothing else is open", || hub.connections.count() == 1).await;

    let begun = Instant::now();
    hub.say("hub", revoked(office, 1), hub.everybody()).await?;
    assert_eq!(timeout(CUT, session.ended()).await??.reason(), EndReason::EndCredential);
    timeout(CUT, put).await??;
    // This client would hold on to its connection; it cannot.
    eventually("the connection is gone", || hub.connections.count() == 0).await;
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
    refused_as_revoked(&dir).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_ends_what_the_old_machine_has_open() -> Result<()> {
    let (province, office) = province(Lives::default(), &Ahead::default()).await?;
    let dir = with_file(&province, office).await?;
    let line = channel(&dir, &Ahead::default()).await?;
    let mut session = welcomed(line.clone()).await?;
    let (_chunks, put) = upload(line).await;
    let begun = Instant::now();
    let other = province.dir.path().join("b");
    enrol(&province.code(office)?, &other).await?;
    assert_eq!(timeout(CUT, session.ended()).await??.reason(), EndReason::EndCredential);
    timeout(CUT, put).await??;
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
    refused_as_revoked(&dir).await;
    assert!(welcomed(channel(&other, &Ahead::default()).await?).await.is_ok());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn expiry_drains_the_session_and_cuts_the_rest() -> Result<()> {
    // Long enough to get a transfer going on a busy machine; the certificate itself ends it.
    let lives = Lives { node: Duration::from_secs(12), ..Lives::default() };
    let (province, office) = province(lives, &Ahead::default()).await?;
    let dir = with_file(&province, office).await?;
    let line = channel(&dir, &Ahead::default()).await?;
    let ends = super::support::leaf(&dir).not_after;
    let mut session = welcomed(line.clone()).await?;
    let (_chunks, put) = upload(line).await;
    assert_eq!(session.ended().await?.reason(), EndReason::EndCredential);
    assert!(unix_now() <= ends, "told before the end");
    soon("the upload ends", put).await?;
    let over = unix_now() as i64 - ends as i64;
    assert!((-1..=CUT.as_secs() as i64).contains(&over), "cut {over} s after the end");
    eventually("the connection is gone", || province.hub().hub.connections.count() == 0).await;
    Ok(())
}

/// What another node gives back counts too: a hub that was set back learns its revocations again.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_registry_learns_counts_whoever_says_it() -> Result<()> {
    let (province, office) = province(Lives::default(), &Ahead::default()).await?;
    let dir = with_file(&province, office).await?;
    let mut session = welcomed(channel(&dir, &Ahead::default()).await?).await?;
    let hub = &province.hub().hub;
    // Past `say`, which publishes by itself: straight into the journal, as an Offer comes.
    let record = RecordId(Uuid::now_v7());
    let word = wire::RegistryMove { r#move: Some(revoked(office, 1)) };
    let mv = Move::Registry(truc_proto::record::registry::Move(word));
    hub.office.append(Intent::new("hub", record, mv, hub.everybody())).await?;
    assert_eq!(timeout(CUT, session.ended()).await??.reason(), EndReason::EndCredential);
    refused_as_revoked(&dir).await;
    Ok(())
}
