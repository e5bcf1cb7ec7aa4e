//! A sealed body, a sealed file, a deposit and recovery sheets; what must stay closed.

use std::convert::Infallible;

use bytes::Bytes;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use prost::Message;
use serde::Serialize;
use sha2::{Digest, Sha256};
use truc_proto::id::{Hash, OfficeId};
use truc_proto::seal::{
    About, ContentKey, Opener, Persons, RecoveryKey, Ring, Sealer, SealingKey, Sheet, deposit, open,
    put_together, seal, sealed_size, sheets,
};
use truc_proto::time::Hlc;
use truc_proto::wire;
use zeroize::Zeroizing;

use super::{OFFICE, PROVINCE, compare, entries, hex, office};

type Kem = hpke::kem::X25519HkdfSha256;

#[derive(Serialize)]
struct Vectors {
    about: &'static str,
    ledger: &'static str,
    record: String,
    kind: u32,
    r#move: u32,
    urgency: i32,
    /// What pieces are bound to.
    bound_pieces: String,
    content_key: String,
    commit: String,
    addressees: Vec<Addressee>,
    /// What the wraps of `sealed` are bound to.
    bound_wraps: String,
    body: String,
    /// Key of the pieces of the body.
    body_key: String,
    sealed: String,
    refused: Vec<Refused>,
    file: File,
    recovery: Recovery,
}

#[derive(Serialize)]
struct Addressee {
    office: &'static str,
    number: u32,
    secret: String,
    public: String,
    fingerprint: String,
}

/// What the first addressee cannot open.
#[derive(Serialize)]
struct Refused {
    name: &'static str,
    sealed: String,
    code: &'static str,
}

#[derive(Serialize)]
struct File {
    about: &'static str,
    index: u32,
    key: String,
    size: u64,
    sealed_size: u64,
    sealed_sha256: String,
}

#[derive(Serialize)]
struct Recovery {
    secret: String,
    public: String,
    /// The encoded `KeyRing` of the first addressee.
    ring: String,
    /// The 32 random bytes that sealed the deposit.
    random: String,
    deposit: String,
    sheets: Vec<Set>,
}

#[derive(Serialize)]
struct Set {
    set: u16,
    sheets: Vec<String>,
}

const SECRETS: [[u8; 32]; 2] = [[0x31; 32], [0x32; 32]];
const OFFICES: [&str; 2] = [OFFICE, PROVINCE];
const FILE_SIZE: u64 = 200_000;

fn facts() -> About {
    About::of(&entries::first_header())
}

fn key() -> ContentKey {
    ContentKey::new([0x21; 32])
}

fn ring(secret: [u8; 32]) -> Ring {
    Ring::of(SealingKey::new(Hlc::at(1_795_000_000_000), Zeroizing::new(secret)))
}

fn recovery_key() -> RecoveryKey {
    RecoveryKey::new(Zeroizing::new([0x41; 32]))
}

/// Addressees, by the numbers of their keys in `SECRETS`, in this order.
fn sealed_to(order: &[usize], key: &ContentKey) -> Bytes {
    let to: Vec<_> =
        order.iter().map(|at| (office(OFFICES[*at]), ring(SECRETS[*at]).newest().public())).collect();
    seal(&facts(), &entries::body(), key, &to).unwrap()
}

fn hkdf(secret: &[u8; 32], info: &[u8]) -> [u8; 32] {
    let mut derived = [0; 32];
    Hkdf::<Sha256>::new(None, secret).expand(info, &mut derived).unwrap();
    derived
}

/// Section 2.5 in its own words: what pieces are bound to.
fn bound_pieces() -> Vec<u8> {
    let header = entries::first_header();
    let numbers = [header.kind, header.mv, header.urgency as u32].map(u32::to_be_bytes).concat();
    [header.ledger.0.as_bytes(), header.record.0.as_bytes(), &numbers[..]].concat()
}

/// What wraps are bound to.
fn bound_wraps(commit: Hash, to: &[(OfficeId, u32)]) -> Vec<u8> {
    let list = to.iter().map(|(office, number)| [office.0.as_bytes(), &number.to_be_bytes()[..]].concat());
    let list = Sha256::digest(list.collect::<Vec<_>>().concat());
    [&bound_pieces()[..36], &commit.0, &list].concat()
}

/// Opens by the specification what this program sealed.
fn by_the_specification(sealed: &Bytes, commit: Hash, secret: &[u8; 32], at: usize) -> Vec<u8> {
    let message = wire::Sealed::decode(sealed.clone()).unwrap();
    assert_eq!(message.suite, 1);
    let to: Vec<_> =
        message.wraps.iter().map(|wrap| (OfficeId::from_wire(&wrap.office).unwrap(), wrap.key)).collect();
    let wrap = &message.wraps[at];
    let info = [b"truc/wrap/1\0", &1_u32.to_be_bytes()[..]].concat();
    let key = unsealed(secret, &wrap.enc, &info, &bound_wraps(commit, &to), &wrap.wrapped);
    assert_eq!(commit.0, *Sha256::digest([b"truc/commit/1\0", &key[..]].concat()));
    pieces(&hkdf(&key.try_into().unwrap(), b"truc/pieces/1\0"), &message.pieces)
}

fn unsealed(secret: &[u8; 32], enc: &[u8], info: &[u8], aad: &[u8], sealed: &[u8]) -> Vec<u8> {
    let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).unwrap();
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).unwrap();
    hpke::single_shot_open::<hpke::aead::ChaCha20Poly1305, hpke::kdf::HkdfSha256, Kem>(
        &OpModeR::Base,
        &secret,
        &enc,
        info,
        sealed,
        aad,
    )
    .unwrap()
}

fn pieces(key: &[u8; 32], sealed: &[u8]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(key.into());
    let pieces: Vec<&[u8]> = sealed.chunks(64 * 1024 + 16).collect();
    let opened = pieces.iter().enumerate().map(|(at, piece)| {
        let mut nonce = [0; 12];
        nonce[..11].copy_from_slice(&(at as u128).to_be_bytes()[5..]);
        nonce[11] = u8::from(at + 1 == pieces.len());
        cipher.decrypt(&nonce.into(), Payload { msg: piece, aad: &bound_pieces() }).unwrap()
    });
    let padded = opened.collect::<Vec<_>>().concat();
    let (length, rest) = padded.split_at(8);
    let (plain, padding) = rest.split_at(u64::from_be_bytes(length.try_into().unwrap()) as usize);
    // All but the first log2(log2) + 1 bits of the padded length are zero, and no shorter length is so.
    let length = padded.len();
    assert!(padding.iter().all(|byte| *byte == 0) && length >= 256);
    let exponent = length.ilog2();
    let step = 1 << (exponent - exponent.ilog2() - 1);
    assert!(length % step == 0 && (length == 256 || padding.len() < step));
    plain.to_vec()
}

fn file() -> Vec<u8> {
    (0..FILE_SIZE).map(|at| (at % 251) as u8).collect()
}

fn sealed_file() -> Vec<u8> {
    let (plain, key) = (file(), key().for_file(1));
    let mut sealer = Sealer::new(&key, &facts(), FILE_SIZE).unwrap();
    let (mut sealed, mut rest) = (Vec::new(), &plain[..]);
    while let Some(wanted) = sealer.wants() {
        sealed.extend(sealer.piece(&rest[..wanted]).unwrap());
        rest = &rest[wanted..];
    }
    let mut opener = Opener::new(&key, &facts(), sealed.len() as u64).unwrap();
    let (mut opened, mut rest) = (Vec::new(), &sealed[..]);
    while let Some(wanted) = opener.wants() {
        opened.extend(opener.piece(&rest[..wanted]).unwrap());
        rest = &rest[wanted..];
    }
    assert_eq!(opened, plain);
    assert_eq!(sealed_size(FILE_SIZE), Some(sealed.len() as u64));
    sealed
}

/// What an author would send who wants one text to open to two: each wrap opens, and one holds another key.
fn of_two_keys() -> Bytes {
    let mut message = wire::Sealed::decode(sealed_to(&[0, 1], &key())).unwrap();
    let to: Vec<_> = OFFICES
        .iter()
        .zip(SECRETS)
        .map(|(id, secret)| (office(id), ring(secret).newest().number()))
        .collect();
    let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(&SECRETS[0]).unwrap();
    let info = [b"truc/wrap/1\0", &1_u32.to_be_bytes()[..]].concat();
    let (enc, wrapped) =
        hpke::single_shot_seal_with_rng::<hpke::aead::ChaCha20Poly1305, hpke::kdf::HkdfSha256, Kem>(
            &OpModeS::Base,
            &Kem::sk_to_pk(&secret),
            &info,
            &[0x22; 32],
            &bound_wraps(key().commit(), &to),
            &mut Same,
        )
        .unwrap();
    message.wraps[0].enc = enc.to_bytes().to_vec().into();
    message.wraps[0].wrapped = wrapped.into();
    message.encode_to_vec().into()
}

/// Draws the same byte for ever.
struct Same;

impl TryRng for Same {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x4646_4646)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x4646_4646_4646_4646)
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        into.fill(0x46);
        Ok(())
    }
}

impl TryCryptoRng for Same {}

fn refused() -> Vec<Refused> {
    let changed = |change: fn(&mut wire::Sealed)| {
        let mut message = wire::Sealed::decode(sealed_to(&[0, 1], &key())).unwrap();
        change(&mut message);
        Bytes::from(message.encode_to_vec())
    };
    let piece =
        changed(|sealed| sealed.pieces = [&sealed.pieces[..271], &[sealed.pieces[271] ^ 1]].concat().into());
    let cases = [
        ("sealed to a key that the ring lacks", changed(|sealed| sealed.wraps[0].key = 2), "no-key"),
        ("no wrap for the office", changed(|sealed| drop(sealed.wraps.remove(0))), "wrap"),
        ("another list of addressees", changed(|sealed| drop(sealed.wraps.pop())), "wrap"),
        ("the list in another order", changed(|sealed| sealed.wraps.swap(0, 1)), "wrap"),
        ("another content key", sealed_to(&[0, 1], &ContentKey::new([0x22; 32])), "wrap"),
        ("a wrap of another content key than the header commits to", of_two_keys(), "commit"),
        ("the last byte of the last piece", piece, "piece"),
        ("an addressee twice", changed(|sealed| sealed.wraps.push(sealed.wraps[0].clone())), "form"),
        ("a size that no text has", changed(|sealed| sealed.pieces = sealed.pieces.slice(1..)), "form"),
        (
            "a length of a wrap",
            changed(|sealed| sealed.wraps[1].enc = sealed.wraps[1].enc.slice(1..)),
            "form",
        ),
        ("an unknown field", [&sealed_to(&[0, 1], &key())[..], &[0x20, 1]].concat().into(), "form"),
        ("another suite", changed(|sealed| sealed.suite = 2), "suite"),
    ];
    cases
        .map(|(name, sealed, code)| {
            let closed =
                open(&facts(), key().commit(), &sealed, office(OFFICE), &ring(SECRETS[0])).unwrap_err();
            assert_eq!(closed.code(), code, "{name}");
            Refused { name, sealed: hex(&sealed), code }
        })
        .into()
}

fn recovery() -> Recovery {
    let (key, ring) = (recovery_key(), ring(SECRETS[0]));
    let deposit = deposit(&ring, office(OFFICE), &key.public(), &[0x42; 32]).unwrap();
    let id = office(OFFICE);
    let opened = unsealed(&[0x41; 32], &deposit[..32], b"truc/deposit/1\0", id.0.as_bytes(), &deposit[32..]);
    assert_eq!(opened, *ring.encode());
    let random = Zeroizing::new([[0x43; 32], [0x44; 32], [0x45; 32]]);
    let sets = [(1, Persons::One), (2, Persons::Two), (3, Persons::Three)].map(|(set, persons)| {
        let sheets = sheets(&key, office(OFFICE), set, persons, &random);
        let texts: Vec<String> = sheets.iter().map(|sheet| sheet.to_text().to_string()).collect();
        let read: Vec<Sheet> = texts.iter().map(|text| Sheet::from_text(text).unwrap()).collect();
        assert_eq!(put_together(&read).unwrap().public(), key.public());
        Set { set, sheets: texts }
    });
    Recovery {
        secret: hex([0x41; 32]),
        public: hex(key.public().to_wire()),
        ring: hex(&*ring.encode()),
        random: hex([0x42; 32]),
        deposit: hex(&deposit),
        sheets: sets.into(),
    }
}

#[test]
fn sealed_bodies() {
    let (key, header) = (key(), entries::first_header());
    let sealed = sealed_to(&[0, 1], &key);
    let number = |secret: &[u8; 32]| ring(*secret).newest().number();
    let to: Vec<_> = OFFICES.iter().zip(&SECRETS).map(|(id, secret)| (office(id), number(secret))).collect();
    let addressees = OFFICES.iter().zip(SECRETS).enumerate().map(|(at, (id, secret))| {
        let ring = ring(secret);
        let opened = open(&facts(), key.commit(), &sealed, office(id), &ring).unwrap();
        assert_eq!(opened.body, entries::body());
        assert_eq!(by_the_specification(&sealed, key.commit(), &secret, at), entries::body());
        let public = ring.newest().public();
        let private = <Kem as hpke::Kem>::PrivateKey::from_bytes(&secret).unwrap();
        assert_eq!(public.key.to_wire(), Kem::sk_to_pk(&private).to_bytes().as_slice());
        Addressee {
            office: id,
            number: public.number,
            secret: hex(secret),
            public: hex(public.key.to_wire()),
            fingerprint: public.key.fingerprint(6),
        }
    });
    let addressees = addressees.collect();
    let file_key = hkdf(&[0x21; 32], b"truc/file/1\0\0\0\0\x01");
    let sealed_file = sealed_file();
    assert_eq!(pieces(&file_key, &sealed_file), file());
    compare(
        "seal.json",
        &Vectors {
            about: "A body (the first of entries.json) sealed to two offices, `secret` their private keys before \
                    the bits are set that all X25519 keys share; what the first of them cannot open; a sealed file; a \
                    deposit and recovery sheets.",
            ledger: OFFICE,
            record: header.record.to_string(),
            kind: header.kind,
            r#move: header.mv,
            urgency: header.urgency as i32,
            bound_pieces: hex(bound_pieces()),
            content_key: hex([0x21; 32]),
            commit: hex(key.commit().0),
            addressees,
            bound_wraps: hex(bound_wraps(key.commit(), &to)),
            body: hex(entries::body()),
            body_key: hex(hkdf(&[0x21; 32], b"truc/pieces/1\0")),
            sealed: hex(&sealed),
            refused: refused(),
            file: File {
                about: "Byte n, from 0, is n modulo 251.",
                index: 1,
                key: hex(file_key),
                size: FILE_SIZE,
                sealed_size: sealed_file.len() as u64,
                sealed_sha256: hex(Sha256::digest(&sealed_file)),
            },
            recovery: recovery(),
        },
    );
}
