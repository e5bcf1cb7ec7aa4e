//! Who does not get in.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use truc_node::identity::keys::{self, provider};
use truc_node::line::dial::{ConnectError, Refusal, connect};
use truc_tests::programs::{Province, letter};
use truc_tests::support::until;

fn facts(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("identity/enrolled.json")).unwrap()).unwrap()
}

/// A folder with what enrolment gave an office, and nothing else of its store.
fn machine_like(province: &Province, name: &str, like: &Path, facts: &Value) {
    let identity = province.dir(name).join("identity");
    fs::create_dir_all(&identity).unwrap();
    for file in fs::read_dir(like.join("identity")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), identity.join(file.file_name())).unwrap();
    }
    fs::write(identity.join("enrolled.json"), facts.to_string()).unwrap();
}

#[test]
fn without_a_certificate_nobody_gets_in() {
    let province = Province::running();
    let authority = keys::load_certificates(&province.dir("hub").join(keys::AUTHORITY_CERTIFICATE)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority[0].clone()).unwrap();
    let mut nobody = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    nobody.alpn_protocols = vec![b"h2".to_vec()];
    let address = facts(&province.dir("1"))["session_address"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(connect(&address, Arc::new(nobody))).unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Other)), "{refused:?}");
}

#[test]
fn a_certificate_of_another_province_is_refused() {
    let (province, other) = (Province::running(), Province::running());
    let connected = province.hub(&["status"])["connected"].clone();
    let mut claims = facts(&other.dir("1"));
    for field in ["session_address", "hub_office", "hub_ledger_key"] {
        claims[field] = facts(&province.dir("1"))[field].clone();
    }
    machine_like(&province, "stranger", &other.dir("1"), &claims);
    let authority = |dir: &Path| dir.join("identity").join(keys::AUTHORITY_CERTIFICATE);
    fs::copy(authority(&province.dir("1")), authority(&province.dir("stranger"))).unwrap();
    province.start("stranger");
    until("the stranger is refused", || province.standing("stranger") == "refused");
    assert_eq!(province.hub(&["status"])["connected"], connected);
    assert_eq!(province.journal("stranger"), 0, "nothing is told to it");
}

#[test]
fn who_writes_as_another_office_reaches_nobody() {
    let province = Province::running();
    province.stop("1");
    province.stop("2");
    // The certificate of one, the name, number and ledger key of the other: the certificate decides.
    machine_like(&province, "mask", &province.dir("1"), &facts(&province.dir("2")));
    let key = |code| province.dir(code).join("identity").join(keys::LEDGER_KEY);
    fs::copy(key("2"), key("mask")).unwrap();
    let before = province.hub(&["status"])["journal"].clone();
    province.start("mask");
    until("the mask knows the registry", || before == province.journal("mask"));
    assert!(letter(&province.dir("mask"), "Masked", "40"), "its own desk cannot know");
    until("the mask is cut off", || {
        let line = province.node("mask", &["status"])["line"].clone();
        line["standing"] != "on" && line["detail"] != ""
    });
    assert_eq!(province.hub(&["status"])["journal"], before, "the hub took nothing of it");
    assert!(province.titles("40").is_empty());
    province.start("2");
    assert!(letter(&province.dir("2"), "Real", "40"));
    until("the real one is heard", || province.titles("40") == ["Real"]);
}

#[test]
fn a_revoked_machine_is_cut_off_and_keeps_its_ledger() {
    let province = Province::running();
    province.hub(&["office", "revoke", "1", "--reason", "lost"]);
    until("it is refused", || province.standing("1") == "refused");
    assert!(letter(&province.dir("1"), "Still here", "40"));
    assert_eq!(province.titles("1"), ["Still here"]);
    assert!(province.titles("40").is_empty());
}
