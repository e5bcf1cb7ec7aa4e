//! Two machines with one memory write at one place: what loses is set aside, kept as evidence, and issued anew.
//!
//! Only a snapshot with memory gives two machines one incarnation; the planted bug `incarnation.kept` does it for a copied
//! folder.

use std::fs;
use std::path::Path;

use ed25519_dalek::VerifyingKey;
use serde_json::Value;
use truc_proto::entry::Entry;
use truc_proto::id::Hash;
use truc_tests::programs::{Province, ask, command, run};
use truc_tests::support::{copy_folder, until};

/// Writes a letter to the province as a machine does whose memory was copied: in the incarnation of its last entry.
fn on_with(dir: &Path, title: &str) {
    let args = ["directive", "create", "--title", title, "--to", "40", "--no-number"];
    let written = command("truc-node", dir, &args).env("TRUC_PLANT", "incarnation.kept").output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
}

fn entries(answer: &Value) -> Vec<Value> {
    answer["entries"].as_array().unwrap().clone()
}

fn texts(entries: &[Value], field: &str) -> Vec<String> {
    entries.iter().map(|entry| entry[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// What `evidence --full` says of an entry, checked as a third party would; its content says who wrote it.
fn proven(entry: &Value) -> Entry {
    let bytes = |field: &str| {
        data_encoding::HEXLOWER.decode(entry[field].as_str().unwrap_or_default().as_bytes()).unwrap()
    };
    let key = VerifyingKey::from_bytes(&bytes("key").try_into().unwrap()).unwrap();
    let prev = Hash(bytes("prev").try_into().unwrap());
    let read = Entry::read(bytes("content").into(), bytes("signature").try_into().unwrap(), prev).unwrap();
    read.verify(&key).unwrap();
    assert_eq!(entry["hash"], read.hash.to_string());
    read
}

fn found(dir: &Path, words: &str) -> usize {
    ask("truc-node", dir, &["search", words])["records"].as_array().unwrap().len()
}

#[test]
fn what_lost_a_fork_is_set_aside_proven_and_issued_anew() {
    let province = Province::running();
    let (dir, copied) = (province.dir("1"), province.path().join("copied"));
    province.node("1", &["directive", "create", "--title", "Common", "--to", "40", "--no-number"]);
    until("it arrived", || province.titles("40") == ["Common"]);
    until("nothing waits", || province.node("1", &["status"])["backlog"]["total"] == 0);
    province.stop("1");
    copy_folder(&dir, &copied);
    for title in ["Original one", "Original two"] {
        on_with(&dir, title);
    }
    province.start("1");
    until("the original's arrived", || province.titles("40").len() == 3);
    province.stop("1");

    // The copy takes the original's place; it has written at the same places, and once more.
    fs::remove_dir_all(&dir).unwrap();
    fs::rename(&copied, &dir).unwrap();
    let lost = ["Copied one", "Copied two", "Copied three"];
    for title in lost {
        on_with(&dir, title);
    }
    assert_eq!(found(&dir, "Copied"), 3);
    province.start("1");
    until("it is questioned", || province.standing("1") == "questioned");
    let questions = province.hub(&["question", "list"])["questions"].clone();
    assert_eq!(questions.as_array().unwrap().len(), 1, "{questions}");
    assert!(entries(&province.node("1", &["aside", "list"])).is_empty(), "nobody has decided yet");
    province.hub(&["question", "approve", "1"]);
    until("it goes on", || {
        let status = province.node("1", &["status"]);
        status["line"]["standing"] == "on" && status["resuming"] == false
    });

    // At the node: listed, and shown nowhere as if it counted.
    let aside = entries(&province.node("1", &["aside", "list"]));
    assert_eq!(texts(&aside, "brief"), lost, "{aside:?}");
    assert!(aside.iter().all(|entry| entry["again"].is_null()));
    until("views and search forget it", || {
        let mut titles = province.titles("1");
        titles.sort();
        titles == ["Common", "Original one", "Original two"] && found(&dir, "Copied") == 0
    });
    assert_eq!(found(&dir, "Original"), 2);
    let record = aside[0]["record"].as_str().unwrap();
    assert_eq!(run("truc-node", &dir, &["directive", "show", record]).status.code(), Some(4));
    let log = province.node("1", &["log", "--last", "1000"]).to_string();
    assert!(log.contains("Original two") && !log.contains("Copied"), "{log}");

    // At the hub: both signed heads, for whoever asks.
    let evidence = entries(&province.hub(&["evidence", "1", "--full"]));
    assert_eq!(texts(&evidence, "brief"), lost, "{evidence:?}");
    assert!(evidence.iter().all(|entry| entry["verified"] == true));
    assert_eq!(texts(&evidence, "hash"), texts(&aside, "hash"));
    for entry in &evidence[..2] {
        let (held, stands) = (proven(&entry["held"]), proven(&entry["stands"]));
        assert_eq!(held.header.place(), stands.header.place(), "one place");
        assert_ne!(held.hash, stands.hash, "two entries");
        assert_eq!(entry["instead"], stands.hash.to_string());
        assert_eq!(entry["held"]["key"], entry["stands"]["key"], "by one key");
    }
    assert_eq!(proven(&evidence[0]["held"]).prev, proven(&evidence[0]["stands"]).prev, "where they parted");
    assert!(evidence[2]["stands"].is_null(), "nothing stands where only the copy wrote");
    assert!(entries(&province.hub(&["evidence", "2"])).is_empty());
    assert!(
        province.titles("40").iter().all(|title| !title.starts_with("Copied")),
        "nobody is sent evidence"
    );

    // Issued anew: one, then the rest; nothing twice.
    let position = aside[1]["position"].to_string();
    province.node("1", &["aside", "reissue", &position]);
    province.node("1", &["aside", "reissue", "--all"]);
    assert!(entries(&province.node("1", &["aside", "reissue", "--all"])).is_empty());
    assert_eq!(run("truc-node", &dir, &["aside", "reissue", &position]).status.code(), Some(4));
    assert!(entries(&province.node("1", &["aside", "list"])).iter().all(|entry| entry["again"].is_u64()));
    let all = ["Common", "Original one", "Original two", "Copied two", "Copied one", "Copied three"];
    for office in ["1", "40"] {
        until("all of it is here, in the order in which it was written", || province.titles(office) == all);
    }
    let log = province.hub(&["log", "--office", "1", "--last", "1000"]).to_string();
    assert!(lost.iter().all(|title| log.contains(title)), "{log}");
    until("it is found again", || found(&dir, "Copied") == 3);
    assert_eq!(entries(&province.hub(&["evidence", "1"])).len(), 3, "evidence stays");
    until("nothing waits", || province.node("1", &["status"])["backlog"]["total"] == 0);
    province.judge();
}
