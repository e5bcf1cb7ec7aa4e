//! Every reader of foreign bytes, over its corpus and so many mutations of it: the same ones at every run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use truc_tests::fuzz::{TARGETS, mutate, target};

fn bounded(name: &str) {
    let target = target(name).unwrap();
    let mut last = Vec::new();
    let ran = catch_unwind(AssertUnwindSafe(|| {
        mutate::run(&target, 1, target.bounded, |bytes| bytes.clone_into(&mut last));
    }));
    assert!(ran.is_ok(), "{name} fails on {:?} ({})", String::from_utf8_lossy(&last), last.escape_ascii());
}

#[test]
fn entries() {
    bounded("entry");
}

#[test]
fn batches() {
    bounded("batch");
}

#[test]
fn frames() {
    bounded("frame");
}

#[test]
fn enrolment_codes() {
    bounded("code");
}

#[test]
fn office_lists() {
    bounded("list");
}

#[test]
fn papers() {
    bounded("paper");
}

#[test]
fn archives() {
    bounded("archive");
}

#[test]
fn every_target_has_a_corpus_and_a_test() {
    assert_eq!(TARGETS.len(), 7);
    for target in TARGETS {
        assert!(mutate::seeds(target).len() > 2, "{}", target.name);
    }
}
