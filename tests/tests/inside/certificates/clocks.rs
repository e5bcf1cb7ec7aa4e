//! Clocks that jump, at hub and node, for seconds and for days, and come back: nobody is locked out, and nothing that is
//! written carries the wrong time once the hub has been heard.

use truc_hub::authority::Lives;
use truc_node::clock::{unix_millis, unix_now};
use truc_node::line::renewal::refusal;
use truc_node::line::state::Standing;
use truc_node::office::{Intent, Office};
use truc_proto::clock::Why;
use truc_proto::enrolment::CallRefusal;
use truc_proto::entry::Entry;
use truc_proto::id::RecordId;
use truc_proto::record::{Move, Paper, guidance};
use truc_proto::wire;
use truc_proto::wire::renewal_client::RenewalClient;
use truc_tests::province::{Node, Province, Result};
use truc_tests::support::eventually;
use uuid::Uuid;

use super::support::{Ahead, DAY, channel, leaf, province, province_by};

/// The jumps, in days.
const JUMPS: [i64; 7] = [20, -20, 60, -60, 100, 400, 3_650];

async fn writes(office: &Office) -> Result<Entry> {
    let paper = Paper { title: "Thư".into(), ..Default::default() };
    let issued = guidance::Move::Issued { paper };
    let intent = Intent::new("thu", RecordId(Uuid::now_v7()), Move::Guidance(issued), Vec::new());
    Ok(office.append(intent).await?.1)
}

/// How far a time is from now, days.
fn days_off(millis: u64) -> i64 {
    ((millis as i64 - unix_millis() as i64) as f64 / (DAY * 1000) as f64).round() as i64
}

async fn on_the_line(province: &Province, node: &mut Node) -> Result<Entry> {
    node.line_is(Standing::On).await?;
    let entry = writes(&node.office).await?;
    node.receipted().await;
    assert!(!province.hub().hub.sessions.connected().is_empty());
    Ok(entry)
}

/// The hub's clock jumps while it runs: for seconds, and until it is started again. Machines call meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_whose_clock_jumps_signs_nothing_and_locks_nobody_out() -> Result<()> {
    let (hub_time, right) = (Ahead::default(), Ahead::default());
    let (mut province, office) = province_by(Lives::default(), hub_time.wrong()).await?;
    let dir = province.node(office, "a").await?.stop().await?;
    let before = leaf(&dir);
    for jump in JUMPS {
        hub_time.set(jump * DAY);
        let doubt = province.hub().hub.time.doubt().map(|doubt| doubt.why);
        assert_eq!(doubt, Some(Why::Jumped), "{jump}");
        let mut client = RenewalClient::new(channel(&dir, &right).await.unwrap());
        let no = client.renew(wire::RenewRequest::default()).await.unwrap_err();
        assert_eq!(refusal(&no), Some(CallRefusal::Clock), "{jump}");
        let mut node = Node::start_by(&dir, right.clock()).await?;
        on_the_line(&province, &mut node).await?;
        let receipt = node.office.read(|journal| journal.receipt())?.unwrap();
        assert_eq!(days_off(receipt.hub_time.millis()), 0, "{jump}");
        node.stop().await?;
        // It is started again while its clock is still wrong: the first machine that calls tells it.
        province.stop().await;
        province.start().await?;
        let mut node = Node::start_by(&dir, right.clock()).await?;
        if jump <= 200 {
            on_the_line(&province, &mut node).await?;
        }
        assert!(province.hub().hub.time.doubt().is_some(), "{jump}");
        assert_eq!(leaf(&dir).hash, before.hash, "{jump}");
        hub_time.set(0);
        on_the_line(&province, &mut node).await?;
        assert_eq!(province.hub().hub.time.doubt(), None, "{jump}");
        let receipt = node.office.read(|journal| journal.receipt())?.unwrap();
        assert_eq!(days_off(receipt.hub_time.millis()), 0, "{jump}");
        node.stop().await?;
    }
    assert_eq!(leaf(&dir).hash, before.hash);
    Ok(())
}

/// All machines renewed by a hub that was believed though its clock was wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_future_opens_renewal_and_the_one_before_still_works() -> Result<()> {
    let hub_time = Ahead::default();
    let (province, office) = province_by(Lives::default(), hub_time.wrong()).await?;
    let right = Ahead::default();
    for jump in [20, 60, 100] {
        let dir = province.node(office, &format!("a{jump}")).await?.stop().await?;
        let before = leaf(&dir);
        hub_time.set(jump * DAY);
        province.hub().hub.time.accept()?;
        let future = Ahead::default();
        future.set(jump * DAY);
        let mut node = Node::start_by(&dir, future.clock()).await?;
        eventually("it has renewed", || leaf(&dir).hash != before.hash).await;
        node.line_is(Standing::On).await?;
        node.stop().await?;
        assert!(leaf(&dir).not_before > unix_now() + 10 * DAY as u64);
        // The clock is right again, and somebody says so.
        hub_time.set(0);
        province.hub().hub.time.accept()?;
        let mut node = Node::start_by(&dir, right.clock()).await?;
        let entry = on_the_line(&province, &mut node).await?;
        assert!(leaf(&dir).not_before <= unix_now(), "{jump}");
        node.stop().await?;
        let mut node = Node::start_by(&dir, right.clock()).await?;
        let entry = (entry, on_the_line(&province, &mut node).await?);
        assert!(days_off(entry.1.header.time.millis()) <= 1, "{jump}");
        node.stop().await?;
    }
    Ok(())
}

/// A node's clock jumps, with and without a line.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_was_wrong_comes_back() -> Result<()> {
    let (province, office) = province(Lives::default(), &Ahead::default()).await?;
    let dir = province.node(office, "a").await?.stop().await?;
    let mut node = Node::start_by(&dir, Ahead::default().clock()).await?;
    on_the_line(&province, &mut node).await?;
    let dir = node.stop().await?;
    for jump in JUMPS.into_iter().chain([-4_000]) {
        let wrong = Ahead::default();
        wrong.set(jump * DAY);
        let mut node = Node::start_by(&dir, wrong.wrong()).await?;
        // Before it has heard the hub, it may be in the future, never behind what the hub said; nor further than a day
        // because it once was in the future.
        let alone = days_off(writes(&node.office).await?.header.time.millis());
        assert!(alone == jump || jump < 0 && (0..=1).contains(&alone), "{jump}: {alone}");
        if jump < 90 {
            let heard = on_the_line(&province, &mut node).await?;
            assert!(days_off(heard.header.time.millis()) <= 1, "{jump}: {:?}", heard.header.time);
            assert!(node.office.time().wrong().is_some(), "people are told");
        }
        let dir = node.stop().await?;
        let mut node = Node::start_by(&dir, Ahead::default().clock()).await?;
        on_the_line(&province, &mut node).await?;
        let right = writes(&node.office).await?;
        assert!(days_off(right.header.time.millis()) <= 1, "{jump}: {:?}", right.header.time);
        assert_eq!(node.office.time().wrong(), None);
        node.stop().await?;
    }
    Ok(())
}
