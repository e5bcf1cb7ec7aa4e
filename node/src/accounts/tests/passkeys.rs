use super::*;
use data_encoding::HEXLOWER;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use sha2::{Digest, Sha256};
use truc_proto::limits;

/// A device with one key.
pub(super) struct Device {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    flags: u8,
    counter: u32,
}

fn site() -> RelyingParty {
    RelyingParty { origin: "https://truc.example:8443".into(), id: "truc.example".into() }
}

fn client(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#).into()
}

impl Device {
    fn new(id: u8) -> Self {
        let rng = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &rng).unwrap();
        Self { pair, id: vec![id; 16], flags: 0x05, counter: 0 }
    }

    fn head(&self, site: &RelyingParty, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(site.id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn register(&self, challenge: &str) -> Registration {
        let point = self.pair.public_key().as_ref();
        let mut authenticator = self.head(&site(), self.flags | 0x40);
        authenticator.extend([0; 16]);
        authenticator.extend((self.id.len() as u16).to_be_bytes());
        authenticator.extend(&self.id);
        // COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        authenticator.extend(HEXLOWER.decode(b"a5010203262001215820").unwrap());
        authenticator.extend(&point[1..33]);
        authenticator.extend(HEXLOWER.decode(b"225820").unwrap());
        authenticator.extend(&point[33..]);
        let mut key = HEXLOWER.decode(b"3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
        key.extend(point);
        Registration {
            label: "Khóa USB".into(),
            id: self.id.clone(),
            key,
            authenticator,
            client: client("webauthn.create", challenge, &site().origin),
        }
    }

    fn answer(&self, challenge: &str, at: &RelyingParty) -> Assertion {
        self.sign(self.head(at, self.flags), client("webauthn.get", challenge, &at.origin))
    }

    fn sign(&self, authenticator: Vec<u8>, client: Vec<u8>) -> Assertion {
        let mut signed = authenticator.clone();
        signed.extend(Sha256::digest(&client));
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec();
        Assertion { id: self.id.clone(), authenticator, client, signature }
    }
}

pub(super) fn with_passkey(accounts: &Accounts, name: &str, id: u8) -> (Device, Vec<Secret>) {
    let device = Device::new(id);
    let challenge = accounts.passkey_begin(name, NOW).unwrap();
    let codes = accounts.passkey_finish(name, &site(), &device.register(&challenge), NOW).unwrap();
    (device, codes)
}

fn login(accounts: &Accounts, pending: &Pending, answer: &Assertion) -> Result<Token, Refused> {
    accounts.passkey_login(pending, &site(), answer, ip(DESK), NOW)
}

#[track_caller]
fn refused(accounts: &Accounts, pending: &Pending, answer: &Assertion) {
    let result = login(accounts, pending, answer);
    assert!(matches!(result, Err(Refused::Wrong { .. })), "{result:?}");
}

#[test]
fn a_passkey_is_a_second_factor() {
    let (_dir, accounts) = desk();
    let (device, _) = with_passkey(&accounts, "vt", 7);
    assert!(accounts.get("vt").unwrap().unwrap().second_factor);
    let wait = pending(&accounts, "vt", NOW);
    let (challenge, ids) = accounts.passkey_challenge(&wait, NOW).unwrap();
    assert_eq!(ids, std::slice::from_ref(&device.id));
    let answer = device.answer(&challenge, &site());
    let token = login(&accounts, &wait, &answer).unwrap();
    assert_eq!(accounts.session(&token, NOW).unwrap().unwrap().account.name, "vt");
    assert_eq!(accounts.passkeys("vt").unwrap()[0].used, Some(NOW));
    // The same answer again.
    refused(&accounts, &pending(&accounts, "vt", NOW), &answer);
}

#[test]
fn what_is_not_as_it_must_be_is_refused() {
    let (_dir, accounts) = desk();
    let (mut device, _) = with_passkey(&accounts, "vt", 7);
    let (stranger, _) = with_passkey(&accounts, "ld", 9);
    let elsewhere =
        RelyingParty { origin: "https://truc.example.evil".into(), id: "truc.example.evil".into() };
    type Bend<'a> = &'a dyn Fn(&str) -> Assertion;
    let good = |challenge: &str| device.answer(challenge, &site());
    let bends: [(&str, Bend<'_>); 9] = [
        ("another page", &|challenge| {
            device.sign(device.head(&site(), 5), client("webauthn.get", challenge, &elsewhere.origin))
        }),
        ("another site", &|challenge| device.answer(challenge, &elsewhere)),
        ("another site's key", &|challenge| {
            device.sign(device.head(&elsewhere, 5), client("webauthn.get", challenge, &site().origin))
        }),
        ("another type", &|challenge| {
            device.sign(device.head(&site(), 5), client("webauthn.create", challenge, &site().origin))
        }),
        ("a challenge of one's own", &|_| good(&Token::new().unwrap().to_string())),
        ("nobody there", &|challenge| {
            device.sign(device.head(&site(), 4), client("webauthn.get", challenge, &site().origin))
        }),
        ("nobody verified", &|challenge| {
            device.sign(device.head(&site(), 1), client("webauthn.get", challenge, &site().origin))
        }),
        ("another's key", &|challenge| stranger.answer(challenge, &site())),
        ("another's signature", &|challenge| Assertion {
            id: device.id.clone(),
            ..stranger.answer(challenge, &site())
        }),
    ];
    for (what, bend) in bends {
        // Each from an account that is not waiting yet.
        accounts.waiting().calm();
        let wait = pending(&accounts, "vt", NOW);
        let (challenge, _) = accounts.passkey_challenge(&wait, NOW).unwrap();
        let result = login(&accounts, &wait, &bend(&challenge));
        assert!(matches!(result, Err(Refused::Wrong { .. })), "{what}: {result:?}");
    }
    accounts.waiting().calm();
    let wait = pending(&accounts, "vt", NOW);
    let (challenge, _) = accounts.passkey_challenge(&wait, NOW).unwrap();
    let late = NOW + limits::LOGIN_PENDING.as_secs();
    let fresh = pending(&accounts, "vt", late);
    let result = accounts.passkey_login(&fresh, &site(), &good(&challenge), ip(DESK), late);
    assert!(matches!(result, Err(Refused::Wrong { .. })), "five minutes are over: {result:?}");
    device.counter = 5;
    for (counter, fine) in [(5, true), (5, false), (4, false), (6, true)] {
        accounts.waiting().calm();
        device.counter = counter;
        let wait = pending(&accounts, "vt", NOW);
        let (challenge, _) = accounts.passkey_challenge(&wait, NOW).unwrap();
        assert_eq!(login(&accounts, &wait, &device.answer(&challenge, &site())).is_ok(), fine, "{counter}");
    }
}

#[test]
fn a_registration_answers_its_own_challenge_and_shows_the_key_that_was_made() {
    let (_dir, accounts) = desk();
    let device = Device::new(7);
    let asked = || accounts.passkey_begin("vt", NOW).unwrap();
    let finish = |name: &str, new: &Registration| accounts.passkey_finish(name, &site(), new, NOW);
    let other_key = Device::new(7).register("x").key;
    type Bend<'a> = &'a dyn Fn(Registration) -> Registration;
    let bends: [(&str, Bend<'_>); 5] = [
        ("another key", &|new| Registration { key: other_key.clone(), ..new }),
        ("no key", &|new| Registration { key: vec![0; 91], ..new }),
        ("another id", &|new| Registration { id: vec![8; 16], ..new }),
        ("cut", &|new| Registration { authenticator: new.authenticator[..60].to_vec(), ..new }),
        ("cut shorter", &|new| Registration { authenticator: new.authenticator[..20].to_vec(), ..new }),
    ];
    for (what, bend) in bends {
        let result = finish("vt", &bend(device.register(&asked())));
        assert_eq!(result.unwrap_err().key, "passkey-wrong", "{what}");
    }
    assert_eq!(key(finish("ld", &device.register(&asked()))), "passkey-wrong", "asked of another");
    let challenge = asked();
    finish("vt", &device.register(&challenge)).unwrap();
    assert_eq!(key(finish("vt", &device.register(&challenge))), "passkey-wrong", "used up");
    assert_eq!(key(finish("vt", &device.register(&asked()))), "passkey-wrong", "known already");
    let unnamed = Registration { label: " ".into(), ..Device::new(1).register(&asked()) };
    assert_eq!(key(finish("vt", &unnamed)), "passkey-label");
    for id in 1..limits::PASSKEYS as u8 {
        with_passkey(&accounts, "vt", 100 + id);
    }
    assert_eq!(key(finish("vt", &Device::new(50).register(&asked()))), "passkey-too-many");
}

#[test]
fn a_passkey_that_was_taken_away_opens_nothing() {
    let (_dir, accounts) = desk();
    let (device, _) = with_passkey(&accounts, "vt", 7);
    let (spare, _) = with_passkey(&accounts, "vt", 8);
    assert_eq!(key(accounts.passkey_remove("ld", "ld", &device.id)), "passkey-unknown");
    let wait = pending(&accounts, "vt", NOW);
    let (challenge, _) = accounts.passkey_challenge(&wait, NOW).unwrap();
    accounts.passkey_remove("qtv", "vt", &device.id).unwrap();
    refused(&accounts, &wait, &device.answer(&challenge, &site()));
    assert!(accounts.get("vt").unwrap().unwrap().second_factor, "there is another");
    accounts.passkey_remove("vt", "vt", &spare.id).unwrap();
    let account = accounts.get("vt").unwrap().unwrap();
    assert!(account.must_change && !account.second_factor);
}
