//! What the registry says of offices, and when it counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use serde_json::Value;
use truc_hub::authority::codes::CODES;
use truc_hub::authority::{Authority, Lives};
use truc_hub::command::code::Code;
use truc_hub::command::import::Import;
use truc_hub::command::office::{self, Level};
use truc_hub::command::{Command, Desk, list};
use truc_hub::config::Config;
use truc_hub::delivery::index::MAIL;
use truc_hub::demo::address;
use truc_hub::trust::enrolment::{Enrolments, RedeemError, Redemption};
use truc_hub::trust::redeem::HubEnrolments;
use truc_node::accounts::{Accounts, Realm};
use truc_node::clock::{Clock, unix_millis, unix_now};
use truc_node::line::state::Standing;
use truc_node::office::Intent;
use truc_node::store::attachments::Attachments;
use truc_node::words::Lang;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::Hash;
use truc_proto::record::{Paper, directive};
use truc_proto::registry::Tier;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{HubAddresses, OfficeFact};
use truc_tests::province::{Province, Result};

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
    assert!(!hub.turn().await?, "after a stop of days nothing speaks for the clock");
    hub.time.hear(top, unix_millis() + 2 * DAY);
    // The running hub looks too, and may have been first.
    hub.turn().await?;
    assert!(hub.office.registry().is_above(two, commune));
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
    let revoked = hub.revoke("hub", top, "mất máy".into()).await?;
    assert_eq!(revoked.map(|(up_to, _)| up_to), Some(1));
    assert_eq!(hub.revoke("hub", top, "mất máy".into()).await?, None, "nothing is left to be said");
    let late = enrolments.redeem(redemption(top, 1)).await;
    assert!(matches!(late, Err(RedeemError::Used)), "{late:?}");
    assert_eq!(hub.office.registry().credential(top).map(|credential| credential.number), None);
    province.stop().await;
    Ok(())
}

/// Executes a command at the province's hub.
async fn office(province: &Province, verb: office::Verb) -> std::result::Result<Value, Failure> {
    let dir = province.hub_dir();
    let (accounts, files) = (Accounts::open(&dir, Realm::Console)?, Attachments::open(&dir)?);
    let desk = Desk { hub: &province.hub().hub, accounts: &accounts, files: &files };
    Command::Office(verb).execute(&desk, "qtv").await
}

fn add(code: &str, parent: &str, tier: Level) -> office::Verb {
    office::Verb::Add(office::Add {
        code: code.into(),
        parent: parent.into(),
        tier,
        kind: String::new(),
        name: format!("Cơ quan {code}"),
        since: "2025-07-01".into(),
        symbols: String::new(),
    })
}

fn list(rows: &str) -> Result<office::Verb> {
    let rows = list::read(format!("code,parent_code,tier,kind,name\n{rows}").as_bytes())?;
    Ok(office::Verb::Import(Import { file: "list".into(), since: "1/7/2025".into(), rename: true, rows }))
}

fn withdraw(office: &str) -> office::Verb {
    office::Verb::Withdraw(office::Withdraw { office: office.into(), since: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_offices_takes_effect_or_is_refused() -> Result<()> {
    let mut province = Province::new().await?;
    let hub = Arc::clone(&province.hub().hub);
    let end = || hub.office.read(|journal| journal.end()).map(|end| end.position);
    for (code, parent, tier) in
        [("40", "", Level::Province), ("1", "40", Level::District), ("2", "40", Level::District)]
    {
        assert_eq!(office(&province, add(code, parent, tier)).await?["changed"], true);
    }
    assert_eq!(office(&province, add("100", "1", Level::Commune)).await?["changed"], true);
    let before = end()?;
    let low = office(&province, add("1", "40", Level::Commune)).await.unwrap_err();
    assert_eq!((&*low.key, low.exit), ("list-too-low", ExitCode::Input));
    assert!(
        low.message(Lang::En).starts_with("Office 1 cannot be of tier commune: under it stand 1 "),
        "{low:?}"
    );
    let low =
        office(&province, list("1,40,commune,,Cơ quan 1\n2,40,district,,Cơ quan hai\n")?).await.unwrap_err();
    assert!(low.message(Lang::En).contains("Line 2: office 1 cannot"), "{low:?}");
    assert_eq!(office(&province, add("100", "1", Level::Commune)).await?["changed"], false);
    assert_eq!(end()?, before, "nothing of it was written");
    // It goes down a level, and who was under it moves away: lists have parents first.
    let rows = "1,40,commune,,Cơ quan 1\n100,2,commune,,Cơ quan 100\n";
    assert_eq!(office(&province, list(rows)?).await?["changed"], 2);
    let registry = hub.office.registry();
    let one = registry.by_code("1", hub.today()).ok_or("the office")?;
    assert_eq!(registry.tier(one), Some(Tier::Commune));
    let before = end()?;
    assert_eq!(office(&province, list(rows)?).await?["unchanged"], 2);
    assert_eq!(end()?, before);
    // Of two at the same moment the second finds the first.
    let (first, second) = tokio::join!(
        office(&province, add("3", "40", Level::District)),
        office(&province, add("3", "40", Level::District))
    );
    let (first, second) = (first?, second?);
    assert_eq!(first["office"], second["office"]);
    assert_ne!(first["changed"], second["changed"]);
    province.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_code_outlives_its_office_and_none_is_made_unseen() -> Result<()> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Tỉnh").await?;
    let ended = province.add("commune", Some(top), "1", "Xã Một").await?;
    let unmade = province.add("commune", Some(top), "2", "Xã Hai").await?;
    let busy = province.add("commune", Some(top), "3", "Xã Ba").await?;
    let hub = Arc::clone(&province.hub().hub);
    let enrolments =
        HubEnrolments::new(Arc::clone(&hub), Accounts::open(&province.hub_dir(), Realm::Console)?);
    let redemption = |office, seed: u8| Redemption {
        secret_hash: Hash([seed; 32]),
        office,
        ledger_key: ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes(),
        certificate: Hash([seed; 32]),
        tls_key: Hash([seed; 32]),
        not_after: unix_now() + 900,
    };
    let now = unix_now();
    for (seed, office) in [(1, ended), (2, unmade), (3, busy)] {
        hub.codes.add(Hash([seed; 32]), office, now + 900, now)?;
    }
    assert_eq!(enrolments.redeem(redemption(busy, 3)).await?, 1);
    let close = office::Close { office: "1".into(), on: hub.today().to_string(), heirs: Vec::new() };
    office(&province, office::Verb::Close(close)).await?;
    office(&province, withdraw("2")).await?;
    for (seed, office) in [(1, ended), (2, unmade)] {
        let kept = hub.codes.get(Hash([seed; 32]))?.ok_or("the code")?;
        assert!(kept.ends(unix_now()) <= unix_now(), "it ended with its office");
        // A code that was not ended, because its file could not be written.
        hub.codes.add(Hash([seed + 10; 32]), office, now + 900, now)?;
        let redemption = Redemption { secret_hash: Hash([seed + 10; 32]), ..redemption(office, seed) };
        let late = enrolments.redeem(redemption).await;
        assert!(matches!(late, Err(RedeemError::Ended)), "{late:?}");
    }
    // Several at once: all or none, so that none is made, and ends an older one, that nobody is shown.
    hub.codes.add(Hash([4; 32]), top, now + 900, now)?;
    let offices = vec!["40".to_owned(), "3".into()];
    let codes = Code { offices, all: false, replace: false, valid: "15m".into() };
    let failure = office(&province, office::Verb::Code(codes)).await.unwrap_err();
    assert_eq!(failure.key, "code-enrolled");
    assert!(hub.codes.is_open(top, unix_now())?);
    assert_eq!(
        hub.codes.get(Hash([4; 32]))?.ok_or("the code")?.expires,
        now + 900,
        "the older one still counts"
    );
    assert!(!hub.wants_code(top)? && !hub.wants_code(busy)? && !hub.wants_code(ended)?);
    // A machine that is lost is cut off, whatever becomes of the file of codes.
    Connection::open(province.hub_dir().join(CODES))?.execute_batch("DROP TABLE code")?;
    let revoke = || office::Verb::Revoke { office: "3".into(), reason: "mất máy".into() };
    assert_eq!(office(&province, revoke()).await?["changed"], true);
    assert_eq!(hub.office.registry().credential(busy).map(|credential| credential.number), None);
    let before = hub.office.read(|journal| journal.end())?.position;
    assert_eq!(office(&province, revoke()).await?["changed"], false);
    assert_eq!(hub.office.read(|journal| journal.end())?.position, before);
    province.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_office_is_taken_back_before_it_is_known_that_nothing_was_sent_to_it() -> Result<()> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Tỉnh").await?;
    let hub = Arc::clone(&province.hub().hub);
    // The mail index cannot follow for now.
    let blocked = Connection::open(province.hub_dir().join(MAIL))?;
    blocked.execute_batch("BEGIN IMMEDIATE")?;
    let paper = Paper { document_type: "CV".into(), title: "Công văn".into(), ..Paper::default() };
    let mv = directive::Move::Issued(directive::Issued { paper, tasks: vec![], in_reply_to: None });
    hub.office.act(Intent::opening("qtv", mv, vec![Scope::office(top)])).await?;
    let failure = office(&province, withdraw("40")).await.unwrap_err();
    assert_eq!((&*failure.key, failure.exit), ("withdraw-wait", ExitCode::Store));
    drop(blocked);
    let mut said = failure;
    while said.key == "withdraw-wait" {
        said = office(&province, withdraw("40")).await.unwrap_err();
    }
    assert_eq!(said.key, "withdraw-used");
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
