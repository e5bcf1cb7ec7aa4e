//! A receipt; a head of the hub's journal; an enrolment code with what is proved and kept of it.

use ed25519_dalek::Signer;
use prost::Message;
use serde::Serialize;
use sha2::{Digest, Sha256};
use truc_proto::code::EnrolmentCode;
use truc_proto::enrolment::{proof_bytes, secret_hash};
use truc_proto::head::Head;
use truc_proto::id::{Hash, Mark};
use truc_proto::receipt::Receipt;
use truc_proto::time::Hlc;

use super::{OFFICE, PROVINCE, compare, entries, hex, hub_key, ledger_key, office};

#[derive(Serialize)]
struct ReceiptVector {
    about: &'static str,
    hub_key_seed: String,
    hub_key: String,
    ledger: &'static str,
    position: u64,
    hub_time: u64,
    signed: String,
    signature: String,
    whole: String,
    short: String,
}

#[derive(Serialize)]
struct HeadVector {
    about: &'static str,
    hub_key: String,
    hub: &'static str,
    life: u64,
    position: u64,
    running: String,
    hub_time: u64,
    signed: String,
    signature: String,
    message: String,
}

#[derive(Serialize)]
struct EnrolmentVector {
    about: &'static str,
    secret: String,
    authority: String,
    expires: u64,
    address: &'static str,
    check: String,
    code: String,
    typed: String,
    secret_hash: String,
    csr: String,
    ledger_key: String,
    proof: String,
}

/// The hub's receipt for the second entry of the chain.
pub(crate) fn receipt() -> Receipt {
    let link = entries::chain()[1].link();
    Receipt::sign(office(OFFICE), link, 42, Hlc(1_795_000_001_000 << 16), &hub_key())
}

#[test]
fn a_receipt() {
    let receipt = receipt();
    let signed = [
        &b"truc/receipt/1\0"[..],
        office(OFFICE).0.as_bytes(),
        &receipt.link.seat.incarnation.0.to_be_bytes(),
        &receipt.link.seat.seq.to_be_bytes(),
        &receipt.link.hash.0,
        &receipt.position.to_be_bytes(),
        &receipt.hub_time.0.to_be_bytes(),
    ]
    .concat();
    assert_eq!(signed.len(), 95);
    assert_eq!(hub_key().sign(&signed).to_bytes(), receipt.signature);
    assert!(receipt.verify(office(OFFICE), &hub_key().verifying_key()));
    compare(
        "receipt.json",
        &ReceiptVector {
            about: "A receipt for the second entry of entries.json: the bytes that are signed, and the message \
                    with and without the entry's hash.",
            hub_key_seed: hex([2; 32]),
            hub_key: hex(hub_key().verifying_key().as_bytes()),
            ledger: OFFICE,
            position: receipt.position,
            hub_time: receipt.hub_time.0,
            signed: hex(signed),
            signature: hex(receipt.signature),
            whole: hex(receipt.to_wire().encode_to_vec()),
            short: hex(receipt.to_short_wire().encode_to_vec()),
        },
    );
}

#[test]
fn a_head() {
    let mark = Mark { position: 48, running: Hash([9; 32]) };
    let (life, time) = (7, Hlc(1_795_000_001_000 << 16));
    let head = Head::sign(office(PROVINCE), life, mark, time, &hub_key());
    let signed = [
        &b"truc/head/1\0"[..],
        office(PROVINCE).0.as_bytes(),
        &life.to_be_bytes(),
        &mark.position.to_be_bytes(),
        &mark.running.0,
        &time.0.to_be_bytes(),
    ]
    .concat();
    assert_eq!(signed.len(), 84);
    assert_eq!(hub_key().sign(&signed).to_bytes(), head.signature);
    assert!(head.verify(office(PROVINCE), &hub_key().verifying_key()));
    compare(
        "head.json",
        &HeadVector {
            about: "A head of the journal of a hub: the bytes that are signed, and the message.",
            hub_key: hex(hub_key().verifying_key().as_bytes()),
            hub: PROVINCE,
            life,
            position: mark.position,
            running: hex(mark.running.0),
            hub_time: time.0,
            signed: hex(signed),
            signature: hex(head.signature),
            message: hex(head.to_wire().encode_to_vec()),
        },
    );
}

pub(crate) fn code() -> EnrolmentCode {
    EnrolmentCode {
        secret: [3; 16],
        authority: Hash(Sha256::digest(b"authority").into()),
        address: "hub.nghean.example:7444".into(),
        expires: 1_795_000_900,
    }
}

#[test]
fn an_enrolment_code() {
    let code = code();
    let text = code.to_text().unwrap().to_string();
    let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(EnrolmentCode::from_text(&typed), Ok(code.clone()));
    let payload =
        [&code.secret[..], &code.authority.0, &code.expires.to_be_bytes(), code.address.as_bytes()].concat();
    let check = Sha256::digest([&b"truc/code/1\0"[..], &payload].concat());
    let csr = b"a certificate request";
    let proof = ledger_key().sign(&proof_bytes(&code.secret, csr)).to_bytes();
    compare(
        "enrolment.json",
        &EnrolmentVector {
            about: "An enrolment code as printed and as somebody may type it; the hash by which the hub keeps \
                    its secret; the proof for a certificate request (here: any bytes) by the ledger key.",
            secret: hex(code.secret),
            authority: hex(code.authority.0),
            expires: code.expires,
            address: "hub.nghean.example:7444",
            check: hex(&check[..4]),
            code: text,
            typed,
            secret_hash: hex(secret_hash(&code.secret).0),
            csr: hex(csr),
            ledger_key: hex(ledger_key().verifying_key().as_bytes()),
            proof: hex(proof),
        },
    );
}
