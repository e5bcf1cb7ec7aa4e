//! What the registry says of offices, and when it counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use truc_hub::authority::{Authority, Lives};
use truc_hub::config::Config;
use truc_hub::demo::address;
use truc_hub::trust::enrolment::{Enrolments, RedeemError, Redemption};
use truc_hub::trust::redeem::HubEnrolments;
use truc_node::accounts::{Accounts, Realm};
use truc_node::clock::{Clock, unix_millis, unix_now};
use truc_node::line::state::Standing;
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::Hash;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{HubAddresses, OfficeFact};
use truc_tests::province::{Province, Result};
use truc_tests::support::eventually;

const DAY: u64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_turns_the_day_on_which_a_fact_comes_into_force() -> Result<()> {
    let (dir, hub) = Province::folder()?;
    Authority::init(&hub, "Thử nghiệm", unix_now())?;
    let ahead = Arc::new(AtomicU64::new(0));
    let shown = Arc::clone(&ahead);
    let clock = Clock::new(move || unix_millis() + shown.load(Ordering::Relaxed));
    let mut province = Province::with(dir, Lives::default(), clock).await?;
    let top = province.add("province", None, "40", "Tỉnh").await?;
    let one = province.add("district", Some(top), "1", "Huyện Một").await?;
    let two = province.add("district", Some(top), "2", "Huyện Hai").await?;
    let commune = province.add("commune", Some(one), "100", "Xã").await?;
    let hub = &province.hub().hub;
    let day = Date::of_millis((unix_millis() + 2 * DAY) as i64).ok_or("a day")?;
    let moved = OfficeFact {
        office: commune.to_wire(),
        since: day.to_string(),
        said: hub.today().to_string(),
        tier: "commune".into(),
        parent: two.to_wire(),
        code: "100".into(),
        name: "Xã".into(),
        ..OfficeFact::default()
    };
    hub.say("hub", Word::Office(moved), hub.everybody()).await?;
    assert!(hub.office.registry().is_above(one, commune), "it rests");
    assert!(!hub.turn().await?, "the day has not come");
    let before = hub.office.read(|journal| journal.end())?.position;
    province.stop().await;
    ahead.store(2 * DAY, Ordering::Relaxed);
    province.start().await?;
    let hub = &province.hub().hub;
    eventually("the day is turned before any call is taken", || hub.office.registry().is_above(two, commune))
        .await;
    assert!(!hub.turn().await?, "once is enough");
    let registry = hub.office.registry();
    assert!(!registry.is_above(one, commune));
    let (under_two, end) = (Scope::subtree(two), hub.office.read(|journal| journal.end())?.position);
    assert!(!registry.addressed(commune, under_two, before), "not before the hub said so");
    assert!(registry.addressed(commune, under_two, end));
    // The fold reads no clock: a hub whose clock is back where it was holds the same map.
    province.stop().await;
    ahead.store(0, Ordering::Relaxed);
    province.start().await?;
    let hub = &province.hub().hub;
    assert!(hub.office.registry().is_above(two, commune));
    assert!(!hub.turn().await?);
    province.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_enrolment_outlives_a_revocation_and_no_key_is_of_two_offices() -> Result<()> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Tỉnh").await?;
    let other = province.add("province", None, "41", "Tỉnh khác").await?;
    let hub = &province.hub().hub;
    let enrolments =
        HubEnrolments::new(Arc::clone(hub), Accounts::open(&province.hub_dir(), Realm::Console)?);
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key().to_bytes();
    let redemption = |office, secret: u8| Redemption {
        secret_hash: Hash([secret; 32]),
        office,
        ledger_key: key,
        certificate: Hash([secret; 32]),
        tls_key: Hash([7; 32]),
        not_after: unix_now() + 900,
    };
    let now = unix_now();
    hub.codes.add(Hash([1; 32]), top, now + 900, now)?;
    hub.codes.add(Hash([2; 32]), other, now + 900, now)?;
    assert_eq!(enrolments.redeem(redemption(top, 1)).await?, 1);
    let foreign = enrolments.redeem(redemption(other, 2)).await;
    assert!(matches!(foreign, Err(RedeemError::OtherOffice)), "{foreign:?}");
    assert_eq!(hub.codes.get(Hash([2; 32]))?.ok_or("the code")?.used_by, None, "the code is still good");
    // The same machine comes again with its code while it is revoked: its request was under way.
    let offer = enrolments.offer(Hash([1; 32])).await?.ok_or("the code")?;
    assert!(offer.expires > now);
    assert_eq!(hub.revoke("hub", top, "mất máy".into()).await?.0, 1);
    let late = enrolments.redeem(redemption(top, 1)).await;
    assert!(matches!(late, Err(RedeemError::Used)), "{late:?}");
    assert_eq!(hub.office.registry().credential(top).map(|credential| credential.number), None);
    province.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_follow_a_hub_that_moves() -> Result<()> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Tỉnh").await?;
    let mut node = province.node(top, "top").await?;
    node.line_is(Standing::On).await?;
    let (old, new) = (province.hub().config.address.clone(), address::free());
    let addresses = vec![old, new.clone()];
    let hub = &province.hub().hub;
    hub.say("hub", Word::Addresses(HubAddresses { addresses: addresses.clone() }), hub.everybody()).await?;
    node.until(|office| Ok(office.registry().addresses() == addresses)).await?;
    province.stop().await;
    node.line_is(Standing::Off).await?;
    let mut config = Config::load(&province.hub_dir())?;
    config.listen = new.parse()?;
    config.save(&province.hub_dir())?;
    province.start().await?;
    node.line_is(Standing::On).await?;
    node.stop().await?;
    province.stop().await;
    Ok(())
}
