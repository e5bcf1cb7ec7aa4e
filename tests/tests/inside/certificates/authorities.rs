//! One authority takes over from another; a province's own authority stands above the hub's.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use serde_json::Value;
use tokio::time::sleep;
use truc_hub::authority::rollover::Authorities;
use truc_hub::authority::{AUTHORITY_KEY, Lives};
use truc_hub::command::{Command, Desk, authority};
use truc_hub::trust::keeper::{SERVER_CERTIFICATE, SERVER_KEY};
use truc_node::accounts::{Accounts, Realm};
use truc_node::clock::unix_now;
use truc_node::identity::certificate::{fingerprint, leads_to};
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::{IDENTITY, keys};
use truc_node::line::dial::ConnectError;
use truc_node::line::enrol::enrol;
use truc_node::line::state::Standing;
use truc_node::store::attachments::Attachments;
use truc_node::words::failure::Failure;
use truc_proto::id::OfficeId;
use truc_tests::province::{Node, Province, Result};
use truc_tests::support::eventually;

use super::support::{Ahead, channel, leaf, province};

async fn command(province: &Province, verb: authority::Verb) -> std::result::Result<Value, Failure> {
    let hub = &province.hub().hub;
    let dir = province.hub_dir();
    let (accounts, files) = (Accounts::open(&dir, Realm::Console)?, Attachments::open(&dir)?);
    let desk = Desk { hub, accounts: &accounts, files: &files };
    Command::Authority(verb).execute(&desk, "admin").await
}

async fn waiting(province: &Province) -> usize {
    let shown = command(province, authority::Verb::Show).await.unwrap();
    shown["waiting"].as_array().unwrap().len()
}

fn roll() -> authority::Verb {
    authority::Verb::Roll { from: None }
}

fn retire(anyway: bool) -> authority::Verb {
    authority::Verb::Retire { anyway }
}

fn trusted(dir: &Path) -> usize {
    keys::load_certificates(&dir.join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE)).unwrap().len()
}

/// Whether a node's certificate is one of the hub's authority at work.
fn is_of_current(province: &Province, dir: &Path) -> bool {
    let chain = keys::load_certificates(&dir.join(IDENTITY).join(keys::TLS_CERTIFICATE)).unwrap();
    let authority = province.hub().authorities().current.certificate().clone();
    leads_to(&chain, &[authority], leaf(dir).not_before).is_ok()
}

/// A life of a day, so that nodes follow within a second and not within twenty.
fn short() -> Lives {
    Lives { node: Duration::from_secs(86_400), ..Lives::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authority_takes_over_and_who_was_away_needs_a_code() -> Result<()> {
    let (province, first) = province(short(), &Ahead::default()).await?;
    let second = province.add("commune", None, "16732", "Phường Cửa Lò").await?;
    let mut here = province.node(first, "here").await?;
    here.line_is(Standing::On).await?;
    let mut away = province.node(second, "away").await?;
    away.line_is(Standing::On).await?;
    let away = away.stop().await?;
    let before = leaf(&here.dir);

    let nothing = command(&province, retire(false)).await.unwrap_err();
    assert_eq!(nothing.key, "authority-retire-none");
    let rolled = command(&province, roll()).await.unwrap();
    assert_eq!(rolled["authorities"].as_array().unwrap().len(), 2);
    eventually("the node trusts both", || trusted(&here.dir) == 2).await;
    eventually("and is renewed by the newer", || leaf(&here.dir).hash != before.hash).await;
    here.line_is(Standing::On).await?;
    assert!(!is_of_current(&province, &here.dir));
    assert_eq!(leaf(&here.dir).key_hash, before.key_hash);
    while waiting(&province).await > 1 {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(waiting(&province).await, 1, "the one that is away");
    let waits = command(&province, retire(false)).await.unwrap_err();
    assert_eq!(waits.key, "authority-retire-waiting");
    // A newcomer during the overlap is told of both.
    let third = province.add("commune", None, "1", "Xã Một").await?;
    let mut new = province.node(third, "new").await?;
    eventually("the newcomer trusts both", || trusted(&new.dir) == 2).await;
    eventually("and is renewed", || !is_of_current(&province, &new.dir)).await;
    new.line_is(Standing::On).await?;

    command(&province, retire(true)).await.unwrap();
    eventually("the old one is forgotten", || trusted(&here.dir) == 1 && trusted(&new.dir) == 1).await;
    assert!(is_of_current(&province, &here.dir));
    for node in [here, new] {
        let dir = node.stop().await?;
        let mut node = Node::start(&dir).await?;
        node.line_is(Standing::On).await?;
        node.stop().await?;
    }

    // Who was away knows nobody there any more, nor does anybody know it. Its ledger is as it was.
    let refused = channel(&away, &Ahead::default()).await.unwrap_err();
    assert!(matches!(refused, ConnectError::NotTheHub(_)), "{refused:?}");
    fs::rename(away.join(IDENTITY), away.join("identity.old"))?;
    enrol(&province.code(second)?, &away).await?;
    let mut back = Node::start(&away).await?;
    back.line_is(Standing::On).await?;
    back.stop().await?;
    Ok(())
}

/// Two roll-overs later a newcomer reads of authorities that ended before its time; it keeps its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_reads_old_news_and_keeps_its_line() -> Result<()> {
    let (mut province, office) = province(Lives::default(), &Ahead::default()).await?;
    for _ in 0..2 {
        command(&province, roll()).await.unwrap();
        command(&province, retire(true)).await.unwrap();
    }
    let files = Authorities::load(&province.hub_dir())?.current.fingerprint();
    eventually("the hub works with the newest", || {
        let used = province.hub().authorities();
        used.next.is_none() && used.current.fingerprint() == files
    })
    .await;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    let dir = node.stop().await?;
    province.stop().await;
    province.start().await?;
    let mut node = Node::start(&dir).await?;
    node.line_is(Standing::On).await?;
    let authorities = keys::load_certificates(&dir.join(IDENTITY).join(keys::AUTHORITY_CERTIFICATE))?;
    assert_eq!(authorities, [province.hub().authorities().current.certificate().clone()]);
    node.stop().await?;
    Ok(())
}

/// A hub that stopped between the files and the word says the word when it starts.
#[tokio::test(flavor = "multi_thread")]
async fn a_roll_over_that_was_cut_short_is_finished() -> Result<()> {
    let (mut province, office) = province(Lives::default(), &Ahead::default()).await?;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    province.stop().await;
    Authorities::roll(&province.hub_dir(), None, "Mới", unix_now())?;
    province.start().await?;
    eventually("the node trusts both", || trusted(&node.dir) == 2).await;
    node.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_own_certificate_is_renewed_without_a_restart() -> Result<()> {
    let lives = Lives { hub: Duration::from_secs(9), ..Lives::default() };
    let (province, office) = province(lives, &Ahead::default()).await?;
    let mut node = province.node(office, "a").await?;
    node.line_is(Standing::On).await?;
    let first = province.hub().hub.in_use().own;
    eventually("it is renewed twice", || province.hub().hub.in_use().own.1 >= first.1 + 8).await;
    assert!(channel(&node.dir, &Ahead::default()).await.is_ok());
    assert_eq!(node.line.borrow().standing, Standing::On, "nobody was disturbed");
    node.stop().await?;
    Ok(())
}

/// A province's own authority: root, and an intermediate of which the hub has the key.
struct Own {
    root: Issuer<'static, KeyPair>,
    root_pem: String,
}

impl Own {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "CA tỉnh");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).unwrap();
        let root_pem = certificate.pem();
        Self { root: Issuer::new(params, key), root_pem }
    }

    /// An intermediate for the hub, as `authority.key` and `authority.crt` in a folder.
    fn intermediate(&self, folder: &Path, name: &str) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.root).unwrap();
        keys::write_private(&folder.join(AUTHORITY_KEY), key.serialize_pem().as_bytes()).unwrap();
        fs::write(folder.join(keys::AUTHORITY_CERTIFICATE), certificate.pem() + &self.root_pem).unwrap();
    }

    /// A certificate of the root itself for a hub's name.
    fn server(&self, folder: &Path, name: SanType) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "hub");
        params.subject_alt_names = vec![name];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.root).unwrap();
        keys::write_private(&folder.join(SERVER_KEY), key.serialize_pem().as_bytes()).unwrap();
        fs::write(folder.join(SERVER_CERTIFICATE), certificate.pem()).unwrap();
    }
}

async fn external(time: &Ahead) -> Result<(Own, Province, OfficeId, PathBuf)> {
    let own = Own::new();
    let (folder, hub) = Province::folder()?;
    own.intermediate(&hub, "CA kết nối");
    let province = Province::with(folder, Lives::default(), time.clock()).await?;
    let office = province.add("commune", None, "17464", "Đảng ủy xã Diễn Châu").await?;
    let dir = province.node(office, "a").await?.stop().await?;
    Ok((own, province, office, dir))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provinces_own_authority_stands_above_the_hubs() -> Result<()> {
    let time = Ahead::default();
    let (own, province, _, dir) = external(&time).await?;
    let enrolled = Enrolled::load(&dir)?.unwrap();
    assert_eq!(enrolled.certificates.len(), 3, "leaf, intermediate, root");
    assert_eq!(province.hub().authorities().current.fingerprint(), fingerprint(&enrolled.certificates[2]));
    time.set(14 * super::support::DAY);
    let before = leaf(&dir);
    let mut node = Node::start_by(&dir, time.clock()).await?;
    eventually("it has renewed", || leaf(&dir).hash != before.hash).await;
    node.line_is(Standing::On).await?;

    // Another intermediate of the same root takes over: nobody needs to learn anything.
    let ready = tempfile::tempdir()?;
    own.intermediate(ready.path(), "CA kết nối 2");
    let verb = authority::Verb::Roll { from: Some(ready.path().to_owned()) };
    let rolled = command(&province, verb).await.unwrap();
    assert_eq!(rolled["waiting"].as_array().unwrap().len(), 0);
    command(&province, retire(false)).await.unwrap();
    let dir = node.stop().await?;
    let mut node = Node::start_by(&dir, time.clock()).await?;
    node.line_is(Standing::On).await?;
    node.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_certificate_may_come_from_elsewhere_and_is_read_anew() -> Result<()> {
    let time = Ahead::default();
    let (own, province, _, dir) = external(&time).await?;
    let trust = &province.hub().trust;
    let folder = province.hub_dir();
    // What no node would believe is not taken.
    own.server(&folder, SanType::DnsName("somewhere.example".try_into()?));
    assert!(trust.reload().is_err());
    assert!(!province.hub().hub.in_use().external);
    assert!(channel(&dir, &time).await.is_ok());
    Own::new().server(&folder, SanType::IpAddress("127.0.0.1".parse()?));
    assert!(trust.reload().is_err(), "another root");

    own.server(&folder, SanType::IpAddress("127.0.0.1".parse()?));
    trust.reload()?;
    assert!(province.hub().hub.in_use().external);
    assert!(channel(&dir, &time).await.is_ok());
    // Newcomers too: they know the root by its fingerprint.
    let other = province.add("commune", None, "1", "Xã Một").await?;
    let mut node = province.node(other, "b").await?;
    node.line_is(Standing::On).await?;
    node.stop().await?;
    Ok(())
}
