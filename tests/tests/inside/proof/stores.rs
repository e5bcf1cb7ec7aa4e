//! O1 on stores: somebody with the database open in an editor.

use rusqlite::Connection;
use truc_node::proof::{Store, verify};
use truc_proto::id::OfficeId;

use super::at_rest::{AtRest, at_rest, copied, first};

fn verdict(at_rest: &AtRest, name: &str, dir: &std::path::Path) -> truc_node::proof::Verification {
    verify(Store { dir, identity: &at_rest.identity(name) }, |_, _| {}).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clean_stores_raise_no_alarm() {
    let at_rest = at_rest().await;
    for name in ["hub", "top", "a", "b", "b2"] {
        let verdict = verdict(at_rest, name, &at_rest.dir(name));
        assert_eq!(first(&verdict), None, "{name}: {:?}", verdict.findings);
        assert_eq!(verdict.findings.holes, 0, "{name}");
        if name != "hub" {
            assert_eq!(verdict.findings.receipts, 1, "{name}");
        }
    }
    let hub = verdict(at_rest, "hub", &at_rest.dir("hub"));
    assert_eq!((hub.files, hub.pending, hub.newer, hub.findings.ledgers), (1, 0, 1, 4));
}

/// Which store, what is done to it, what is said first, of whose entry, which seq.
type Kind = (&'static str, &'static str, &'static str, fn(&AtRest) -> OfficeId, u64);

const LEDGER_OF_A: &str = "(SELECT no FROM ledger JOIN state ON ledger.office = state.office)";

fn a(at_rest: &AtRest) -> OfficeId {
    at_rest.a
}

const KINDS: &[Kind] = &[
    ("a", "DELETE FROM entry WHERE ledger = $a AND seq = 8", "receipted-missing", a, 8),
    ("a", "DELETE FROM entry WHERE ledger = $a AND seq = 2", "missing", a, 3),
    ("a", "UPDATE entry SET content = zeroblob(10) WHERE ledger = $a AND seq = 2", "unreadable", a, 2),
    (
        "a",
        "UPDATE entry SET content = (SELECT content FROM entry e WHERE e.ledger = entry.ledger AND e.seq = 3) \
           WHERE ledger = $a AND seq = 2",
        "hash",
        a,
        2,
    ),
    (
        "a",
        "UPDATE entry SET signature = (SELECT signature FROM entry e WHERE e.ledger = entry.ledger AND e.seq = 3) \
           WHERE ledger = $a AND seq = 2",
        "signature",
        a,
        2,
    ),
    (
        "a",
        "UPDATE entry SET prev = (SELECT hash FROM entry e WHERE e.ledger = entry.ledger AND e.seq = 3) \
           WHERE ledger = $a AND seq = 2",
        "hash",
        a,
        2,
    ),
    ("a", "UPDATE entry SET running = hash WHERE ledger = $a AND seq = 2", "running", a, 2),
    ("a", "UPDATE entry SET seq = 99 WHERE ledger = $a AND seq = 2", "row", a, 99),
    ("a", "UPDATE state SET tip_hash = randomblob(32)", "receipted-other", a, 8),
    ("hub", "DELETE FROM entry WHERE position = (SELECT max(position) FROM entry)", "position", a, 0),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_tampering_is_found_and_its_first_bad_place_named() {
    let at_rest = at_rest().await;
    for (name, sql, code, office, seq) in KINDS {
        let copy = copied(&at_rest.dir(name));
        let conn = Connection::open(copy.path().join("journal.db")).unwrap();
        let changed = conn.execute(&sql.replace("$a", LEDGER_OF_A), []).unwrap();
        assert!(changed > 0, "{sql} changed nothing");
        drop(conn);
        let verdict = verdict(at_rest, name, copy.path());
        let first = verdict.findings.first.clone().unwrap_or_else(|| panic!("{sql}: not found"));
        // A row that is gone shows first where its position is left out.
        let said = verdict.findings.some.iter().find(|fault| {
            fault.wrong.code() == *code
                && (*seq == 0
                    || fault.place.is_some_and(|at| (at.ledger, at.seat.seq) == (office(at_rest), *seq)))
        });
        let said = said.unwrap_or_else(|| panic!("{sql}: {:?}", verdict.findings.some));
        assert!(first.position <= said.position || said.position.is_none(), "{sql}: {first:?}");
    }
    let copy = copied(&at_rest.dir("a"));
    let file = std::fs::read_dir(copy.path().join("attachments")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(file, "another scan").unwrap();
    assert_eq!(first(&verdict(at_rest, "a", copy.path())).unwrap().0, "attachment");
}
