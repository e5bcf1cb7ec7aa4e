//! O1 on archives: each kind of tampering is found, by whoever does it, and the first bad place is named.

use std::fs;

use sha2::{Digest, Sha256};
use truc_node::proof::archive::{self, Selection};
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header, Parts, SALT};
use truc_proto::id::{Hash, Incarnation, OfficeId, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::time::Hlc;

use super::at_rest::{AtRest, at_rest, copied, first};
use super::forger::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_archive_raises_no_alarm_whoever_makes_it_of_whatever() {
    let at_rest = at_rest().await;
    let hub = at_rest.identity("hub").office;
    let selections = [
        Selection::default(),
        Selection { offices: vec![at_rest.a], ..Selection::default() },
        Selection { records: vec![at_rest.record], ..Selection::default() },
        Selection { from: "2000-01-01".parse().ok(), to: "2001-01-01".parse().ok(), ..Selection::default() },
    ];
    for store in ["hub", "top", "a", "b", "b2"] {
        for selection in &selections {
            let (_folder, path) = at_rest.export(store, selection);
            let verdict = at_rest.verify(&path);
            assert_eq!(first(&verdict), None, "{store} {selection:?}: {:?}", verdict.findings);
            let findings = &verdict.findings;
            match (store, selection.is_all()) {
                ("hub", true) => {
                    assert_eq!(findings.receipts as usize, findings.ledgers);
                    assert_eq!((verdict.withheld, verdict.newer, verdict.files), (1, 1, 1), "{verdict:?}");
                }
                (_, true) => assert_eq!(findings.receipts, 1),
                _ => {}
            }
        }
    }
    // The selection of nothing is what the hub told everybody.
    let (_folder, path) = at_rest.export("hub", &selections[3]);
    let forger = Forger { root: path };
    assert!(!forger.of(hub).is_empty() && forger.of(at_rest.a).is_empty());
    assert!(forger.of(at_rest.top).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_secret_does_not_leave_the_house() {
    let at_rest = at_rest().await;
    for store in ["hub", "a"] {
        let (_folder, path) = at_rest.export(store, &Selection::default());
        let forger = Forger { root: path.clone() };
        let rows = forger.table("index.csv");
        let withheld: Vec<_> = rows.iter().filter(|row| &row[STATE] == "withheld").collect();
        assert_eq!(withheld.len(), 1);
        assert_eq!((&withheld[0][TITLE], &withheld[0][BODY]), ("", ""));
        let bytes = fs::read(path.join("data/entries/000001.bin")).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|piece| piece == text.as_bytes());
        assert!(holds("Hai") && !holds("Mật"));
    }
}

/// What the maker of an archive may do, and nobody else.
const ITS_MAKERS: &str = "";

/// One kind of tampering: its name, what it does, and what must be said of it first.
type Kind = (&'static str, fn(&Forger, &AtRest), &'static str, Whose);

/// Whose place is named, and which seq; none: a file.
enum Whose {
    Of(fn(&AtRest) -> OfficeId, u64),
    File(&'static str),
}

use Whose::{File, Of};

fn a(at_rest: &AtRest) -> OfficeId {
    at_rest.a
}

fn b(at_rest: &AtRest) -> OfficeId {
    at_rest.b
}

fn hub(at_rest: &AtRest) -> OfficeId {
    at_rest.identity("hub").office
}

/// The header of an entry in the archive, to be written anew.
fn header_of(forger: &Forger, row: usize) -> (Header, bytes::Bytes, Hash) {
    let listed = forger.row(row);
    let bytes = fs::read(forger.root.join(&listed[FILE])).unwrap();
    let [from, header, body] = [OFFSET, HEADER, BODY].map(|column| listed[column].parse::<usize>().unwrap());
    let prev = Hash::from_hex(&listed[PREV]).unwrap();
    let (header, body) = bytes[from..from + header + body].split_at(header);
    let parts = Parts { header: header.to_vec().into(), body: body.to_vec().into() };
    let entry = Entry::read(parts.content(), [0; 64], prev).unwrap();
    (entry.header, entry.body, prev)
}

const KINDS: &[Kind] = &[
    (
        "the end of a ledger deleted",
        |forger, at_rest| {
            let last = *forger.of(at_rest.a).last().unwrap();
            forger.index(|rows| drop(rows.remove(last)));
            forger.admits_to_less(1);
        },
        "receipted-missing",
        Of(a, 8),
    ),
    (
        "an entry in the middle deleted",
        |forger, at_rest| {
            let middle = forger.of(at_rest.a)[1];
            forger.index(|rows| drop(rows.remove(middle)));
            forger.admits_to_less(1);
        },
        "missing",
        Of(a, 3),
    ),
    (
        "a deletion that says it is a whole journal",
        |forger, at_rest| {
            let middle = forger.of(at_rest.b)[0];
            forger.index(|rows| drop(rows.remove(middle)));
            forger.facts(|facts| facts["entries"] = (facts["entries"].as_u64().unwrap() - 1).into());
        },
        "position",
        Of(hub, 0),
    ),
    (
        "two entries swapped, with their positions",
        |forger, at_rest| {
            let of = forger.of(at_rest.a);
            forger.index(|rows| {
                let (one, other) = (rows[of[0]].clone(), rows[of[1]].clone());
                rows[of[0]] = with(&other, POSITION, &one[POSITION]);
                rows[of[1]] = with(&one, POSITION, &other[POSITION]);
            });
        },
        "count",
        File("data/archive.json (mark)"),
    ),
    (
        "lines of the index reordered",
        |forger, at_rest| {
            let of = forger.of(at_rest.a);
            forger.index(|rows| rows.swap(of[0], of[1]));
        },
        "position",
        Of(a, 1),
    ),
    (
        "a byte of content altered",
        |forger, at_rest| {
            forger.content(forger.of(at_rest.a)[1], |bytes| *bytes.last_mut().unwrap() ^= 1);
        },
        "hash",
        Of(a, 2),
    ),
    (
        "content altered, with its hash",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            let (header, body, prev) = header_of(forger, row);
            let header = Header { author: "another".into(), ..header };
            let entry = Entry::write(&header, &body, [0; SALT], prev, &at_rest.key("b2")).unwrap();
            let signature = data_encoding::HEXLOWER.decode(forger.row(row)[SIGNATURE].as_bytes()).unwrap();
            forger.replace(row, &entry, &signature);
            forger.cell("index.csv", row, AUTHOR, "another");
        },
        "signature",
        Of(a, 2),
    ),
    (
        "signed anew with a key of nobody",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            let (header, body, prev) = header_of(forger, row);
            let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
            let entry = Entry::write(&header, &body, [0; SALT], prev, &key).unwrap();
            forger.replace(row, &entry, &entry.signature);
        },
        "signature",
        Of(a, 2),
    ),
    (
        "signed anew with the key of another office",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            let (header, body, prev) = header_of(forger, row);
            let entry = Entry::write(&header, &body, [0; SALT], prev, &at_rest.key("top")).unwrap();
            forger.replace(row, &entry, &entry.signature);
        },
        "signature",
        Of(a, 2),
    ),
    (
        "signed anew with a key that was revoked before",
        |forger, at_rest| {
            let row = *forger.of(at_rest.b).last().unwrap();
            let (header, body, prev) = header_of(forger, row);
            let entry = Entry::write(&header, &body, [0; SALT], prev, &at_rest.key("b")).unwrap();
            forger.replace(row, &entry, &entry.signature);
        },
        "signature",
        Of(b, 2),
    ),
    (
        "an attachment dropped",
        |forger, _| {
            fs::remove_dir_all(forger.path("attachments")).unwrap();
        },
        "attachment-missing",
        File(""),
    ),
    (
        "an attachment altered",
        |forger, _| {
            let file = fs::read_dir(forger.path("attachments")).unwrap().next().unwrap().unwrap().path();
            fs::write(file, "another scan").unwrap();
        },
        "attachment",
        File(""),
    ),
    (
        "an attachment said to be pending, and unlisted",
        |forger, _| {
            let rows = forger.table("attachments.csv");
            forger.write("attachments.csv", &rows[..1]);
        },
        "attachment-missing",
        File(""),
    ),
    (
        "another life of the office put in place of its end",
        |forger, at_rest| {
            let of = forger.of(at_rest.a);
            let (header, body, prev) = header_of(forger, of[of.len() - 2]);
            let other = Incarnation(header.seat.incarnation.0 ^ 0xffff);
            let header = Header { seat: Seat { incarnation: other, ..header.seat }, ..header };
            let entry = Entry::write(&header, &body, [0; SALT], prev, &at_rest.key("a")).unwrap();
            forger.replace(of[of.len() - 2], &entry, &entry.signature);
            forger.cell("index.csv", of[of.len() - 2], 2, &other.to_string());
            forger.index(|rows| drop(rows.remove(of[of.len() - 1])));
            forger.admits_to_less(1);
        },
        "receipted-missing",
        Of(a, 8),
    ),
    (
        "a receipt altered",
        |forger, _| {
            let rows = forger.table("receipts.csv");
            let receipt = with(&rows[1], 4, "1");
            forger.write("receipts.csv", &[rows[0].clone(), receipt]);
        },
        "row",
        File("data/receipts.csv:2"),
    ),
    (
        "a receipt of somebody else",
        |forger, at_rest| {
            let row = *forger.of(at_rest.a).last().unwrap();
            let (header, ..) = header_of(forger, row);
            let hash = Hash::from_hex(&forger.row(row)[HASH]).unwrap();
            let link = truc_proto::id::Link { seat: header.seat, hash };
            let receipt = Receipt::sign(at_rest.a, link, 1, Hlc(1), &at_rest.key("a"));
            let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
            let signed = truc_proto::receipt::signed_bytes(at_rest.a, &link, 1, Hlc(1));
            let mut rows = forger.table("receipts.csv");
            rows.truncate(1);
            rows.push(csv::StringRecord::from(vec![
                at_rest.a.to_string(),
                link.seat.incarnation.to_string(),
                link.seat.seq.to_string(),
                hash.to_string(),
                "1".into(),
                "1".into(),
                "1970-01-01T00:00:00Z".into(),
                hex(&signed),
                hex(&receipt.signature),
            ]));
            forger.write("receipts.csv", &rows);
        },
        "receipt-signature",
        Of(a, 8),
    ),
    (
        "the list of keys altered",
        |forger, at_rest| {
            let other = data_encoding::HEXLOWER.encode(at_rest.key("b").verifying_key().as_bytes());
            forger.cell("keys.csv", 0, 2, &other);
        },
        "keys",
        File("data/keys.csv:2"),
    ),
    (
        "a revocation taken out of the history of the keys",
        |forger, at_rest| {
            let hub = forger.of(hub(at_rest));
            let revoked = hub.into_iter().find(|row| &forger.row(*row)[MOVE] == "revoked").unwrap();
            forger.index(|rows| drop(rows.remove(revoked)));
            forger.admits_to_less(1);
            forger.facts(|facts| facts["whole"] = serde_json::json!([]));
            let rows = forger.table("receipts.csv");
            forger.write("receipts.csv", &rows[..1]);
        },
        "hole",
        Of(hub, 0),
    ),
    (
        "the list of offices altered",
        |forger, _| forger.cell("offices.csv", 0, 7, "Another name"),
        "offices",
        File("data/offices.csv:2"),
    ),
    (
        "an entry under the name of another office",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            forger.cell("index.csv", row, OFFICE, &at_rest.b.to_string());
        },
        "row",
        Of(b, 2),
    ),
    (
        "an entry twice",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            forger.index(|rows| {
                let twice = rows[row].clone();
                let end = rows.len();
                rows.push(with(&twice, POSITION, &(end + 1).to_string()));
            });
            forger.facts(|facts| {
                facts["entries"] = (facts["entries"].as_u64().unwrap() + 1).into();
                facts["journal"] = false.into();
            });
        },
        "repeated",
        Of(a, 2),
    ),
    (
        "a readable column altered",
        |forger, at_rest| {
            forger.cell("index.csv", forger.of(at_rest.a)[1], TITLE, "Another title");
        },
        "row",
        Of(a, 2),
    ),
    (
        "content left out",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            for (column, text) in [
                (FILE, ""),
                (OFFSET, ""),
                (HEADER, ""),
                (BODY, ""),
                (STATE, "withheld"),
                (TITLE, ""),
                (AUTHOR, ""),
            ] {
                forger.cell("index.csv", row, column, text);
            }
            forger.facts(|facts| facts["withheld"] = 2.into());
        },
        "withheld",
        Of(a, 2),
    ),
    (
        "a body cut out, as if it had been destroyed",
        |forger, at_rest| {
            let row = forger.of(at_rest.a)[1];
            let length = forger.row(row)[HEADER].parse::<usize>().unwrap();
            forger.content(row, |bytes| {
                let body =
                    Sha256::new().chain_update(b"truc/body/1\0").chain_update(&bytes[length..]).finalize();
                bytes[length..length + 32].copy_from_slice(&body);
            });
            for (column, text) in [(BODY, "32"), (STATE, "destroyed"), (MOVE, "malformed"), (TITLE, "")] {
                forger.cell("index.csv", row, column, text);
            }
        },
        "withheld",
        Of(a, 2),
    ),
    (
        "a file added",
        |forger, _| fs::write(forger.root.join("data/more.txt"), "more").unwrap(),
        ITS_MAKERS,
        File(""),
    ),
    (
        "a newer end claimed",
        |forger, _| forger.facts(|facts| facts["mark"]["position"] = 999.into()),
        "count",
        File("data/archive.json (mark)"),
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_tampering_is_found_and_its_first_bad_place_named() {
    let at_rest = at_rest().await;
    let (_folder, clean) = at_rest.export("hub", &Selection::default());
    assert!(KINDS.len() >= 20);
    let mut unlike = Vec::new();
    for (name, tamper, code, whose) in KINDS {
        // By one who mends nothing, by one who mends the checksums, and by the hub itself with its key.
        for mended in 0..3 {
            let copy = copied(&clean);
            let forger = Forger { root: copy.path().to_owned() };
            tamper(&forger, at_rest);
            match mended {
                0 => {}
                1 => forger.mend(),
                _ => forger.seal(hub(at_rest), &at_rest.key("hub")),
            }
            let verdict = at_rest.verify(copy.path());
            let codes: Vec<_> = verdict.findings.some.iter().map(|fault| fault.wrong.code()).collect();
            let layer = match mended {
                0 => codes.iter().any(|code| code.starts_with("file-")),
                1 => codes.contains(&"seal"),
                _ => !codes.contains(&"seal"),
            };
            // Who breaks one of the outer seals is found by it; where he broke in is told all the same, but for files.
            let found = first(&verdict);
            let named = match (whose, &found) {
                _ if mended == 2 && *code == ITS_MAKERS => verdict.good(),
                (_, None) => false,
                (File(_), Some(_)) if mended < 2 => true,
                (File(file), Some((said, _, _, about))) => said == code && about.contains(file),
                (Of(office, expected), Some((said, ledger, seq, _))) => {
                    said == code
                        && *ledger == Some(office(at_rest))
                        && (*expected == 0 || *seq == Some(*expected))
                }
            };
            if !layer || !named {
                unlike.push(format!("{name} ({mended}): {found:?} of {codes:?}"));
            }
        }
    }
    assert!(unlike.is_empty(), "{unlike:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_contradicts_itself_is_named_and_damages_nothing() {
    let at_rest = at_rest().await;
    let (_folder, clean) = at_rest.export("hub", &Selection::default());
    let copy = copied(&clean);
    let forger = Forger { root: copy.path().to_owned() };
    // By the office itself and the hub together: nobody else could, and a hub refuses it.
    let row = *forger.of(at_rest.top).last().unwrap();
    let (header, body, prev) = header_of(&forger, row);
    let audience = vec![Channel { scope: Scope::subtree(at_rest.top), previous: None }];
    let header = Header { audience, ..header };
    let entry = Entry::write(&header, &body, [0; SALT], prev, &at_rest.key("top")).unwrap();
    forger.replace(row, &entry, &entry.signature);
    let rows = forger.table("receipts.csv");
    forger.write("receipts.csv", &rows[..1]);
    forger.facts(|facts| facts["journal"] = false.into());
    forger.seal(hub(at_rest), &at_rest.key("hub"));
    let verdict = at_rest.verify(copy.path());
    let lies: Vec<_> =
        verdict.findings.lies.iter().map(|(office, lie)| (*office, lie.wrong.code())).collect();
    assert_eq!(lies, [(at_rest.top, "channel")]);
    assert_eq!(first(&verdict).map(|(code, ..)| code), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_authority_that_one_trusts_proves_anything() {
    let at_rest = at_rest().await;
    let (_folder, path) = at_rest.export("hub", &Selection::default());
    let other = tempfile::tempdir().unwrap();
    let other =
        truc_hub::authority::Authority::init(other.path(), "Thử nghiệm", truc_node::clock::unix_now())
            .unwrap();
    let verdict = archive::verify(&path, &[other.certificate().clone()], |_, _| {}).unwrap();
    assert_eq!(first(&verdict).unwrap().0, "authority");
    // Beside the right one it does no harm: an authority that takes over.
    let mut both = at_rest.authority();
    both.push(other.certificate().clone());
    assert!(archive::verify(&path, &both, |_, _| {}).unwrap().good());
    // A seal of another office is none.
    let copy = copied(&path);
    let forger = Forger { root: copy.path().to_owned() };
    forger.seal(at_rest.a, &at_rest.key("a"));
    assert_eq!(first(&at_rest.verify(copy.path())).unwrap().0, "seal");
    forger.seal(hub(at_rest), &at_rest.key("a"));
    assert_eq!(first(&at_rest.verify(copy.path())).unwrap().0, "seal");
}
