#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;
use crate::id::RecordId;
use crate::time::Hlc;
use crate::wire::Urgency;

fn office(number: u8) -> OfficeId {
    OfficeId(Uuid::from_bytes([number; 16]))
}

fn ring(number: u8) -> Ring {
    Ring::of(sealing_key(1_795_000_000_000, number + 100))
}

/// The number of the key of office `number`.
fn number_of(number: u8) -> u32 {
    ring(number).newest().number()
}

fn sealing_key(since: u64, seed: u8) -> SealingKey {
    SealingKey::new(Hlc::at(since), Zeroizing::new([seed; 32]))
}

fn about() -> About {
    About {
        ledger: office(1),
        record: RecordId(Uuid::from_bytes([9; 16])),
        kind: 2,
        mv: 1,
        urgency: Urgency::Urgent,
    }
}

fn key() -> ContentKey {
    ContentKey::new([77; 32])
}

fn addressees(numbers: impl IntoIterator<Item = u8>) -> Vec<(OfficeId, SealingPublic)> {
    numbers.into_iter().map(|number| (office(number), ring(number).newest().public())).collect()
}

const PLAIN: &[u8] = "Tờ trình về công tác cán bộ".as_bytes();

/// The text sealed to offices 1, 2 and 3.
fn sealed() -> Bytes {
    seal(&about(), PLAIN, &key(), &addressees(1..=3)).unwrap()
}

fn opened_by(number: u8, body: &Bytes) -> Result<Bytes, Closed> {
    open(&about(), key().commit(), body, office(number), &ring(number)).map(|opened| opened.body)
}

/// The sealed text with something changed.
fn changed(change: impl FnOnce(&mut wire::Sealed)) -> Bytes {
    let mut message = wire::Sealed::decode(sealed()).unwrap();
    change(&mut message);
    message.encode_to_vec().into()
}

#[test]
fn every_addressee_opens_what_was_sealed_and_nobody_else() {
    for size in [0, 1, 247, 248, 249, 65_527, 65_528, 65_529, 131_072, 400_000] {
        let plain: Vec<u8> = (0..size).map(|at| at as u8).collect();
        let body = seal(&about(), &plain, &key(), &addressees(1..=3)).unwrap();
        for number in 1..=3 {
            assert_eq!(opened_by(number, &body), Ok(plain.clone().into()), "{size}");
        }
        assert_eq!(opened_by(4, &body), Err(Closed::Wrap));
        let other = open(&about(), key().commit(), &body, office(2), &ring(3));
        assert_eq!(other.err(), Some(Closed::NoKey(number_of(2))), "the ring of another office");
    }
    let opened = open(&about(), key().commit(), &sealed(), office(3), &ring(3)).unwrap();
    assert_eq!(opened.key.commit(), key().commit());
}

#[test]
fn a_sealed_body_shows_neither_text_nor_key_and_short_texts_look_alike() {
    let body = sealed();
    for secret in [PLAIN, key().bytes(), &[101; 32]] {
        assert!(!body.windows(8).any(|window| window == &secret[..8]));
    }
    let sizes =
        [0, 1, 20, 248].map(|size| seal(&about(), &PLAIN.repeat(9)[..size], &key(), &addressees([1])));
    assert!(sizes.iter().all(|sealed| sealed.as_ref().unwrap().len() == sizes[0].as_ref().unwrap().len()));
    let shown = format!("{:?} {:?}", key(), ring(101));
    assert!(!shown.contains("77, 77") && !shown.contains("201, 201") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_body_opens_where_it_was_sealed_and_nowhere_else() {
    let body = sealed();
    let right = about();
    let wrong = [
        About { ledger: office(2), ..right },
        About { record: RecordId(Uuid::from_bytes([8; 16])), ..right },
        About { kind: 3, ..right },
        About { mv: 2, ..right },
        About { urgency: Urgency::Normal, ..right },
    ];
    for (at, about) in wrong.iter().enumerate() {
        let closed = open(about, key().commit(), &body, office(2), &ring(2)).err();
        let code = if at < 3 { Closed::Wrap } else { Closed::Piece };
        assert_eq!(closed, Some(code), "{about:?}");
    }
    let closed = open(&right, Hash([5; 32]), &body, office(2), &ring(2)).err();
    assert_eq!(closed, Some(Closed::Wrap), "another commitment");
}

#[test]
fn a_wrap_serves_in_its_list_only_and_spoils_no_other() {
    let spoilt = changed(|sealed| sealed.wraps[1].wrapped = vec![0; 48].into());
    assert_eq!(opened_by(1, &spoilt), Ok(Bytes::from_static(PLAIN)));
    assert_eq!(opened_by(2, &spoilt), Err(Closed::Wrap));
    assert_eq!(opened_by(3, &spoilt), Ok(Bytes::from_static(PLAIN)));
    type Change = fn(&mut wire::Sealed);
    let lists: [(&str, Change); 4] = [
        ("longer", |sealed| {
            let fourth = wire::Wrap { office: office(4).to_wire(), ..sealed.wraps[2].clone() };
            sealed.wraps.push(fourth);
        }),
        ("shorter", |sealed| drop(sealed.wraps.pop())),
        ("in another order", |sealed| sealed.wraps.swap(1, 2)),
        ("another key", |sealed| sealed.wraps[2].key = 2),
    ];
    for (name, change) in lists {
        assert_eq!(opened_by(1, &changed(change)), Err(Closed::Wrap), "{name}");
    }
}

#[test]
fn one_text_for_one_and_another_for_another_is_noticed() {
    // The author wraps two content keys under one commitment.
    let to = addressees(1..=2);
    let second = ContentKey::new([78; 32]);
    let bound = wrap::bound(&about(), key().commit(), to.iter().map(|(office, key)| (*office, key.number)));
    let wraps = [key(), second].into_iter().zip(&to);
    let wraps = wraps.map(|(key, (office, public))| wrap::wrap(&key, &bound, *office, public).unwrap());
    let pieces = wire::Sealed::decode(sealed()).unwrap().pieces;
    let body = wire::Sealed { suite: SUITE, wraps: wraps.collect(), pieces }.encode_to_vec().into();
    assert_eq!(opened_by(1, &body), Ok(Bytes::from_static(PLAIN)));
    assert_eq!(opened_by(2, &body), Err(Closed::Commit));
}

#[test]
fn no_two_wraps_share_an_ephemeral_key() {
    let mut seen = HashSet::new();
    let bodies = [
        sealed(),
        seal(&about(), PLAIN, &key(), &addressees(1..=2)).unwrap(),
        seal(&About { kind: 3, ..about() }, PLAIN, &key(), &addressees(1..=3)).unwrap(),
        seal(&about(), PLAIN, &ContentKey::new([78; 32]), &addressees(1..=3)).unwrap(),
    ];
    for wrap in bodies.iter().flat_map(|body| wire::Sealed::decode(body.clone()).unwrap().wraps) {
        assert!(seen.insert(wrap.enc));
    }
}

#[test]
fn whom_a_body_cannot_be_sealed_to() {
    let to = |to: &[(OfficeId, SealingPublic)]| seal(&about(), PLAIN, &key(), to).err();
    let (one, public) = addressees([1])[0];
    let many: Vec<_> =
        (0..=limits::SEALED_TO).map(|at| (OfficeId(Uuid::from_u128(at as u128)), public)).collect();
    assert_eq!(to(&[]), Some(SealError::Nobody));
    assert_eq!(to(&many), Some(SealError::TooMany));
    assert_eq!(to(&many[1..]), None);
    assert_eq!(to(&[(one, public), (one, public)]), Some(SealError::Twice(one)));
    assert_eq!(to(&[(one, SealingPublic { number: 0, ..public })]), Some(SealError::Key(one)));
}

#[test]
fn keys_that_anybody_could_open_are_none() {
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    for weak in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "00",
        "",
    ] {
        assert_eq!(PublicKey::from_slice(&hex(weak)), None, "{weak}");
    }
    let good = ring(1).newest().public().key;
    assert_eq!(PublicKey::from_slice(&good.to_wire()), Some(good));
    assert_eq!(good.fingerprint(6).len(), 6 * 5 + 5);
    assert!(good.fingerprint(6).starts_with(&good.fingerprint(2)));
}

#[test]
fn the_form_of_a_sealed_body_is_exact() {
    assert_eq!(check(&sealed()), Ok((1..=3).map(|number| (office(number), number_of(number))).collect()));
    type Change = fn(&mut wire::Sealed);
    let forms: [(Change, Closed); 12] = [
        (|sealed| sealed.suite = 2, Closed::Suite(2)),
        (|sealed| sealed.suite = 0, Closed::Form("no suite")),
        (|sealed| sealed.wraps.clear(), Closed::Form("no wrap")),
        (|sealed| sealed.wraps = vec![sealed.wraps[0].clone(); 513], Closed::Form("too many wraps")),
        (|sealed| sealed.wraps[1] = sealed.wraps[0].clone(), Closed::Form("an office twice")),
        (|sealed| sealed.wraps[1].office = sealed.wraps[1].office.slice(1..), Closed::Form("a wrap")),
        (|sealed| sealed.wraps[1].key = 0, Closed::Form("a wrap")),
        (|sealed| sealed.wraps[1].enc = sealed.wraps[1].enc.slice(1..), Closed::Form("a wrap")),
        (|sealed| sealed.wraps[1].wrapped = vec![0; 49].into(), Closed::Form("a wrap")),
        (|sealed| sealed.pieces.clear(), Closed::Form("size of the pieces")),
        (|sealed| sealed.pieces = sealed.pieces.slice(1..), Closed::Form("size of the pieces")),
        (|sealed| sealed.pieces = vec![0; 255 + 16].into(), Closed::Form("size of the pieces")),
    ];
    for (change, closed) in forms {
        assert_eq!(check(&changed(change)), Err(closed));
        assert_eq!(opened_by(1, &changed(change)), Err(closed));
    }
    let after = |more: &[u8]| check(&[&sealed()[..], more].concat().into());
    assert_eq!(after(&[0x20, 1]), Err(Closed::Form("encoding")), "an unknown field");
    assert_eq!(after(&[0x08, 1]), Err(Closed::Form("encoding")), "the suite twice");
    assert_eq!(after(&[0x0a]), Err(Closed::Form("it does not decode")));
}

#[test]
fn a_ring_opens_with_all_its_keys_and_others_seal_to_the_newest() {
    let mut mine = ring(1);
    let before = seal(&about(), PLAIN, &key(), &[(office(1), mine.newest().public())]).unwrap();
    mine.rotate(sealing_key(1_796_000_000_000, 50)).unwrap();
    let number = sealing_key(0, 50).number();
    assert_eq!(mine.newest().number(), number);
    let after = seal(&about(), PLAIN, &key(), &[(office(1), mine.newest().public())]).unwrap();
    assert_eq!(check(&after), Ok(vec![(office(1), number)]));
    let kept = Ring::decode(mine.encode()).unwrap();
    for body in [&before, &after] {
        let opened = open(&about(), key().commit(), body, office(1), &kept).unwrap();
        assert_eq!(opened.body, PLAIN);
    }
    let old = open(&about(), key().commit(), &after, office(1), &ring(1));
    assert_eq!(old.err(), Some(Closed::NoKey(number)));
    let said = |ring: &Ring| ring.keys().map(|key| (key.public(), key.since())).collect::<Vec<_>>();
    assert_eq!(said(&kept), said(&mine));
}

#[test]
fn what_is_no_ring_is_told() {
    let read = |ring: wire::KeyRing| Ring::decode(Zeroizing::new(ring.encode_to_vec())).err();
    let key = |seed: u8, size: usize| wire::SealingKey { since: 1, secret: vec![seed; size].into() };
    let rings = [
        (vec![], Some("no key")),
        (vec![key(2, 32), key(2, 32)], Some("a key twice")),
        (vec![key(1, 31)], Some("length of a key")),
        (vec![key(1, 32); limits::SEALING_KEYS + 1], Some("too many keys")),
        (vec![key(5, 32), key(2, 32)], None),
    ];
    for (keys, what) in rings {
        assert_eq!(read(wire::KeyRing { keys }), what.map(RingError::Malformed));
    }
    let cut = Zeroizing::new(ring(1).encode()[1..].to_vec());
    assert_eq!(Ring::decode(cut).err(), Some(RingError::Malformed("it does not decode")));
    let mut full = Ring::of(sealing_key(0, 255));
    for seed in 2.. {
        if full.keys().count() == limits::SEALING_KEYS {
            break;
        }
        full.rotate(sealing_key(0, seed)).unwrap();
    }
    assert_eq!(full.rotate(sealing_key(0, 250)), Err(RingError::Full));
    assert_eq!(full.take_in(&Ring::of(sealing_key(0, 251))), Err(RingError::Full));
    assert_eq!(full.take_in(&Ring::of(sealing_key(0, 2))), Ok(()), "nothing new");
    assert!(Ring::decode(full.encode()).is_ok());
}

/// What was sealed before a loss opens again, and the key that was made meanwhile goes on sealing.
#[test]
fn a_ring_takes_in_the_keys_of_another() {
    let lost = ring(1);
    let before = seal(&about(), PLAIN, &key(), &[(office(1), lost.newest().public())]).unwrap();
    let mut mine = Ring::of(sealing_key(1_796_000_000_000, 50));
    assert!(open(&about(), key().commit(), &before, office(1), &mine).is_err());
    mine.take_in(&lost).unwrap();
    mine.take_in(&lost).unwrap();
    assert_eq!(mine.keys().count(), 2);
    assert_eq!(mine.newest().number(), sealing_key(0, 50).number());
    assert!(open(&about(), key().commit(), &before, office(1), &mine).is_ok());
}

#[test]
fn a_deposit_opens_with_its_recovery_key_for_its_office() {
    let [mine, other] = [3, 4].map(|seed| RecoveryKey::new(Zeroizing::new([seed; 32])));
    let mut kept = ring(1);
    kept.rotate(sealing_key(1_796_000_000_000, 50)).unwrap();
    let sealed = deposit(&kept, office(1), &mine.public(), &[6; 32]).unwrap();
    assert_eq!(mine.open(office(1), &sealed).unwrap().encode(), kept.encode());
    assert_eq!(mine.open(office(2), &sealed).err(), Some(DepositError::Closed));
    assert_eq!(other.open(office(1), &sealed).err(), Some(DepositError::Closed));
    for at in 0..sealed.len() {
        let mut changed = sealed.to_vec();
        changed[at] ^= 1;
        assert_eq!(mine.open(office(1), &changed).err(), Some(DepositError::Closed), "{at}");
        assert_eq!(mine.open(office(1), &sealed[..at]).err(), Some(DepositError::Closed), "{at}");
    }
    // Something else, sealed in the same way.
    let (enc, text) =
        mine.public().seal(&[6; 32], b"truc/deposit/1\0", office(1).0.as_bytes(), b"x").unwrap();
    let malformed = mine.open(office(1), &[&enc[..], &text].concat()).err();
    assert_eq!(malformed, Some(DepositError::Ring(RingError::Malformed("it does not decode"))));
}

/// The pieces of a file.
fn pieces(plain: &[u8]) -> Vec<Vec<u8>> {
    let key = key().for_file(0);
    let mut sealer = Sealer::new(&key, &about(), plain.len() as u64).unwrap();
    let (mut pieces, mut rest) = (Vec::new(), plain);
    while let Some(wanted) = sealer.wants() {
        let (text, after) = rest.split_at(wanted);
        pieces.push(sealer.piece(text).unwrap());
        rest = after;
    }
    assert!(rest.is_empty());
    pieces
}

fn read_pieces(key: &PieceKey, pieces: &[Vec<u8>]) -> Result<Vec<u8>, PieceError> {
    plain_of(key, &about(), &pieces.concat())
}

#[test]
fn a_file_is_sealed_under_its_own_key_and_its_size_is_known_before() {
    let (first, second) = (key().for_file(0), key().for_file(1));
    for size in [0, 1, 248, 65_528, 65_529, 200_000, 1_000_000] {
        let plain: Vec<u8> = (0..size).map(|at| (at / 7) as u8).collect();
        let pieces = pieces(&plain);
        let total = pieces.iter().map(Vec::len).sum::<usize>() as u64;
        assert_eq!(sealed_size(size), Some(total));
        assert!(is_sealed_size(total));
        assert_eq!(read_pieces(&first, &pieces), Ok(plain));
        for wrong in [&second, &key().for_body()] {
            assert_eq!(read_pieces(wrong, &pieces), Err(PieceError::Damaged));
        }
    }
    assert_eq!(sealed_size(u64::MAX), None);
    assert_eq!(Sealer::new(&first, &about(), u64::MAX).err(), Some(PieceError::Size));
}

#[test]
fn pieces_stand_in_their_order_and_are_all_there() {
    // 8 + 262,136 bytes are four whole pieces; 8 + 196,600 are three.
    let (four, three) = (pieces(&[7; 262_136]), pieces(&[7; 196_600]));
    assert_eq!((four.len(), three.len()), (4, 3));
    let key = key().for_file(0);
    let mut swapped = four.clone();
    swapped.swap(1, 2);
    let mut twice = four.clone();
    twice[2] = four[1].clone();
    let without = |at: usize| [&four[..at], &four[at + 1..]].concat();
    let with_end_of_another = [&four[..3], &three[2..]].concat();
    for (name, pieces) in [
        ("swapped", swapped),
        ("twice", twice),
        ("the last is missing", without(3)),
        ("the first is missing", without(0)),
        ("the last of a shorter file", with_end_of_another),
    ] {
        assert_eq!(read_pieces(&key, &pieces), Err(PieceError::Damaged), "{name}");
    }
    let cut = &four.concat()[..four.concat().len() - 1];
    assert_eq!(plain_of(&key, &about(), cut), Err(PieceError::Size));
}

#[test]
fn coders_take_what_they_want_and_nothing_else() {
    let key = key().for_file(0);
    let mut sealer = Sealer::new(&key, &about(), 100).unwrap();
    for wrong in [99, 101, 0] {
        assert_eq!(sealer.piece(&vec![0; wrong]).err(), Some(PieceError::Size), "{wrong}");
    }
    let piece = sealer.piece(&[0; 100]).unwrap();
    assert_eq!((sealer.wants(), sealer.piece(&[]).err()), (None, Some(PieceError::Size)));
    let mut opener = Opener::new(&key, &about(), piece.len() as u64).unwrap();
    assert_eq!(opener.piece(&piece[1..]).err(), Some(PieceError::Size));
    assert_eq!(opener.piece(&piece), Ok(vec![0; 100]));
    assert_eq!((opener.wants(), opener.piece(&[]).err()), (None, Some(PieceError::Size)));
}

#[test]
fn a_false_padding_is_damage() {
    use chacha20poly1305::aead::{Aead, Payload};
    use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
    let raw = hybrid::derive(key().bytes(), &[b"truc/file/1\0", &0_u32.to_be_bytes()]);
    let cipher = ChaCha20Poly1305::new((&*raw).into());
    let piece = |length: u64, rest: u8| {
        let mut padded = vec![0; 256];
        padded[..8].copy_from_slice(&length.to_be_bytes());
        padded[255] = rest;
        let mut nonce = [0; 12];
        nonce[11] = 1;
        cipher.encrypt(&nonce.into(), Payload { msg: &padded, aad: &about().bytes() }).unwrap()
    };
    let read = |piece: Vec<u8>| read_pieces(&key().for_file(0), &[piece]);
    assert_eq!(read(piece(3, 0)), Ok(vec![0; 3]));
    assert_eq!(read(piece(3, 1)), Err(PieceError::Damaged), "something in the padding");
    assert_eq!(read(piece(249, 0)), Err(PieceError::Damaged), "a length that is padded to more");
    assert_eq!(read(piece(u64::MAX, 0)), Err(PieceError::Damaged));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_changed_byte_is_noticed_by_whom_it_concerns(at: prop::sample::Index, by in 1_u8..) {
        let mut bytes = sealed().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let body = Bytes::from(bytes);
        let opened = [1, 2, 3].map(|number| opened_by(number, &body));
        prop_assert!(opened.iter().any(Result::is_err));
        prop_assert!(opened.iter().flatten().all(|text| text == PLAIN));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let body = Bytes::from(bytes.clone());
        prop_assert!(check(&body).is_err() && opened_by(1, &body).is_err());
        let _ = Ring::decode(Zeroizing::new(bytes));
    }
}
