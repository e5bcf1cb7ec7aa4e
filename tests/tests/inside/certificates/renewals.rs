//! Renewal: by itself, after months offline, by a wrong clock, over and over.

use std::time::Duration;

use tonic::Code;
use truc_hub::authority::{Authority, Lives};
use truc_node::clock::unix_now;
use truc_node::line::dial::{ConnectError, Refusal};
use truc_node::line::renewal::refusal;
use truc_node::line::state::Standing;
use truc_node::office::Intent;
use truc_proto::enrolment::CallRefusal;
use truc_proto::id::OfficeId;
use truc_proto::record::{Move, Paper, guidance};
use truc_proto::registry::Credential;
use truc_proto::wire;
use truc_proto::wire::attachments_client::AttachmentsClient;
use truc_proto::wire::renewal_client::RenewalClient;
use truc_tests::province::{Node, Province, Result};
use truc_tests::support::{copy_folder, eventually};
use uuid::Uuid;

use super::support::{Ahead, DAY, channel, leaf, province, welcomed};

fn credential(province: &Province, office: OfficeId) -> Credential {
    province.hub().hub.office.registry().credential(office).unwrap().clone()
}

/// A paper of the office's own.
fn paper() -> Intent {
    let paper = Paper { title: "Thư".into(), ..Default::default() };
    let issued = guidance::Move::Issued { paper };
    Intent::opening("thu", Move::Guidance(issued), Vec::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_renews_by_itself_and_stays_the_same_machine() -> Result<()> {
    let time = Ahead::default();
    let (province, office) = province(Lives::default(), &time).await?;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    let (before, issued) = (leaf(&node.dir), credential(&province, office));
    assert_eq!(issued.tls_key, Some(before.key_hash));
    let dir = node.stop().await?;

    // Nothing is due on day 9, and everything on day 14.
    time.set(9 * DAY);
    let mut node = Node::start_by(&dir, time.clock()).await?;
    node.line_is(Standing::On).await?;
    let dir = node.stop().await?;
    assert_eq!(leaf(&dir).hash, before.hash);
    time.set(14 * DAY);
    let mut node = Node::start_by(&dir, time.clock()).await?;
    eventually("it has renewed", || leaf(&dir).hash != before.hash).await;
    node.line_is(Standing::On).await?;
    let (after, renewed) = (leaf(&dir), credential(&province, office));
    assert_eq!((after.office, after.key_hash), (before.office, before.key_hash));
    assert!(after.not_after >= before.not_after + 13 * DAY as u64);
    assert_eq!((renewed.number, renewed.key, renewed.tls_key), (1, issued.key, issued.tls_key));
    assert_eq!((renewed.certificate, renewed.not_after), (after.hash, after.not_after));
    assert_eq!(node.line.borrow().renewal, None);

    // The same machine as ever: what it writes is taken, nobody is asked.
    let hub = &province.hub().hub;
    let (_, entry) = node.office.append(paper()).await?;
    eventually("the hub has it", || {
        hub.office.read(|journal| journal.hash_at(office, entry.header.seat)).unwrap().is_some()
    })
    .await;
    assert!(hub.sessions.connected().values().all(|seen| !seen.questioned));
    let known = hub.office.registry();
    assert_eq!(known.office(office).unwrap().highest_credential(), 1);
    node.stop().await?;
    Ok(())
}

/// The life is short, so a certificate is renewed again and again while the line stays up.
#[tokio::test(flavor = "multi_thread")]
async fn renewals_follow_each_other() -> Result<()> {
    let lives = Lives { node: Duration::from_secs(12), ..Lives::default() };
    let (province, office) = province(lives, &Ahead::default()).await?;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    let first = credential(&province, office);
    eventually("it is renewed twice", || {
        let now = credential(&province, office);
        now.not_after >= first.not_after + 8
    })
    .await;
    node.line_is(Standing::On).await?;
    assert_eq!(credential(&province, office).number, 1);
    node.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_machine_may_call_nothing_but_renewal_for_180_days() -> Result<()> {
    let time = Ahead::default();
    let (province, office) = province(Lives::default(), &time).await?;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    let dir = node.stop().await?;
    let before = leaf(&dir);

    // The hub renews its own in time; here the time has jumped.
    time.set((30 + 181) * DAY);
    province.hub().trust.reload()?;
    let refused = channel(&dir, &time).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Expired)), "{refused:?}");

    time.set((30 + 179) * DAY);
    let lapsed = channel(&dir, &time).await.unwrap();
    let no = welcomed(lapsed.clone()).await.err().unwrap();
    assert_eq!((no.code(), refusal(&no)), (Code::PermissionDenied, Some(CallRefusal::Lapsed)));
    let no = AttachmentsClient::new(lapsed.clone()).have(wire::HaveRequest::default()).await;
    assert_eq!(refusal(&no.unwrap_err()), Some(CallRefusal::Lapsed));
    let no =
        AttachmentsClient::new(lapsed).get(wire::GetRequest { hash: vec![1; 32].into(), offset: 0 }).await;
    assert_eq!(refusal(&no.err().unwrap()), Some(CallRefusal::Lapsed));
    assert!(province.hub().hub.sessions.connected().is_empty());

    // By itself it renews, and then works as ever.
    let mut node = Node::start_by(&dir, time.clock()).await?;
    node.line_is(Standing::On).await?;
    assert_ne!(leaf(&dir).hash, before.hash);
    assert_eq!(leaf(&dir).key_hash, before.key_hash);
    assert_eq!(credential(&province, office).number, 1);
    node.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_replaced_machine_cannot_renew() -> Result<()> {
    let time = Ahead::default();
    let (province, office) = province(Lives::default(), &time).await?;
    let first = province.node(office, "a").await?.stop().await?;
    let second = province.node(office, "b").await?.stop().await?;
    time.set(60 * DAY);
    let replaced = channel(&first, &time).await.unwrap_err();
    assert!(matches!(replaced, ConnectError::Refused(Refusal::Revoked)), "{replaced:?}");
    // In force when it connects, revoked when it asks: the registry of that moment counts.
    let late = channel(&second, &time).await.unwrap();
    let word = wire::registry_move::Move::Revoked(wire::CredentialRevoked {
        office: office.to_wire(),
        up_to: 2,
        reason: "lost".into(),
        held: vec![],
    });
    let hub = &province.hub().hub;
    hub.say("hub", word, hub.everybody()).await?;
    let no = RenewalClient::new(late).renew(wire::RenewRequest::default()).await.unwrap_err();
    assert!(matches!(refusal(&no), Some(CallRefusal::Credential) | None), "{no:?}");
    assert!(hub.office.registry().credential(office).is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_repeated_and_asking_again_makes_no_second_certificate() -> Result<()> {
    let time = Ahead::default();
    let (mut province, office) = province(Lives::default(), &time).await?;
    let dir = province.node(office, "a").await?.stop().await?;
    time.set(14 * DAY);
    let ask = async || {
        RenewalClient::new(channel(&dir, &time).await.unwrap()).renew(wire::RenewRequest::default()).await
    };
    let first = ask().await?.into_inner();
    let again = ask().await?.into_inner();
    assert_eq!(first, again);
    let position = credential(&province, office).position;
    // Both certificates are good: the machine may not have got the new one.
    let old = leaf(&dir);
    assert!(welcomed(channel(&dir, &time).await.unwrap()).await.is_ok());
    // The hub forgets what it gave; it does not give more for it.
    province.stop().await;
    province.start().await?;
    let soon = ask().await.unwrap_err();
    assert_eq!(refusal(&soon), Some(CallRefusal::Soon));
    assert_eq!(credential(&province, office).position, position);
    assert!(welcomed(channel(&dir, &time).await.unwrap()).await.is_ok());
    time.set(14 * DAY + 3600);
    assert!(ask().await.is_ok());
    assert_eq!(leaf(&dir).hash, old.hash);
    Ok(())
}

/// A hub put back to a copy from before the renewal knows the machine by its key.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_forgot_a_renewal_takes_the_machine() -> Result<()> {
    let time = Ahead::default();
    let (mut province, office) = province(Lives::default(), &time).await?;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    let dir = node.stop().await?;
    province.stop().await;
    let (hub, copy) = (province.hub_dir(), province.dir.path().join("copy"));
    copy_folder(&hub, &copy);
    province.start().await?;
    time.set(14 * DAY);
    let before = leaf(&dir);
    let mut node = Node::start_by(&dir, time.clock()).await?;
    eventually("it has renewed", || leaf(&dir).hash != before.hash).await;
    node.line_is(Standing::On).await?;
    let dir = node.stop().await?;
    province.stop().await;
    std::fs::remove_dir_all(&hub)?;
    copy_folder(&copy, &hub);
    province.start().await?;
    assert_eq!(credential(&province, office).certificate, before.hash, "it forgot");
    let mut node = Node::start_by(&dir, time.clock()).await?;
    node.line_is(Standing::On).await?;
    node.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_stops_no_work_and_the_hubs_time_decides() -> Result<()> {
    let time = Ahead::default();
    let (province, office) = province(Lives::default(), &time).await?;
    let dir = province.node(office, "a").await?.stop().await?;
    let before = leaf(&dir);

    // 2035: the hub's certificate has ended by this clock, so there is no line. People write on.
    let far = Ahead::default();
    far.set(9 * 365 * DAY);
    let mut node = Node::start_by(&dir, far.clock()).await?;
    node.line.wait_for(|line| line.standing == Standing::Off && !line.detail.is_empty()).await?;
    node.office.append(paper()).await?;
    assert_eq!(leaf(&dir).hash, before.hash);
    let dir = node.stop().await?;

    // A fortnight ahead: by this clock renewal is due, by the hub's it is not.
    far.set(14 * DAY);
    let mut node = Node::start_by(&dir, far.clock()).await?;
    node.line_is(Standing::On).await?;
    let (_, entry) = node.office.append(paper()).await?;
    let hub = &province.hub().hub;
    eventually("the hub has it", || {
        hub.office.read(|journal| journal.hash_at(office, entry.header.seat)).unwrap().is_some()
    })
    .await;
    assert_eq!(leaf(&dir).hash, before.hash);
    let dir = node.stop().await?;

    // 2020: every certificate is one of the future. Writing goes on, and so does the line.
    far.set(-6 * 365 * DAY);
    let mut node = Node::start_by(&dir, far.clock()).await?;
    node.office.append(paper()).await?;
    node.line_is(Standing::On).await?;
    assert_eq!(leaf(&dir).hash, before.hash, "nothing is due by the hub's time");
    let dir = node.stop().await?;
    time.set(14 * DAY);
    let node = Node::start_by(&dir, far.clock()).await?;
    eventually("it has renewed by the hub's time", || leaf(&dir).hash != before.hash).await;
    node.stop().await?;
    Ok(())
}

/// The authority itself ends: what it issues does not outlive it.
#[test]
fn nothing_outlives_its_authority() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let now = unix_now();
    let authority = Authority::init(folder.path(), "Thử nghiệm", now)?;
    let key = rcgen::KeyPair::generate()?;
    let csr = rcgen::CertificateParams::default().serialize_request(&key)?;
    let office = OfficeId(Uuid::from_u128(1));
    let late = authority.ends() - 60;
    assert_eq!(authority.issue_office(office, csr.der(), late)?.not_after, authority.ends());
    assert!(authority.issue_office(office, csr.der(), authority.ends()).is_err());
    Ok(())
}
