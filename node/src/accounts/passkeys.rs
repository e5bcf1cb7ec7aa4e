//! Passkeys (WebAuthn level 2) as a second factor: ES256, no attestation, user verification by the device.
//!
//! The browser sends what its API returns: `getPublicKey()`, `getAuthenticatorData()` and `clientDataJSON`. Nothing
//! here parses CBOR; `same_key` only searches it for the key.

use std::net::IpAddr;

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use truc_proto::limits;

use super::waiting::{Challenge, Refused, bounded};
use super::{Accounts, Pending, Secret, Token, keep, recovery};
use crate::clock::unix_now;
use crate::words::failure::{ExitCode, Failure};

/// DER prefix of a P-256 SubjectPublicKeyInfo, before the point (RFC 5480).
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Length of authenticator data's fixed part, bytes (WebAuthn, 6.1): hash of the relying party's id, flags, counter.
const HEAD: usize = 32 + 1 + 4;
/// Flags of authenticator data: user present, user verified, attested credential data follows.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const KEY_FOLLOWS: u8 = 0x40;

/// The site as browsers see it; a passkey is valid for one site only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelyingParty {
    /// Origin: `https://host` or `https://host:port`.
    pub origin: String,
    /// Host name.
    pub id: String,
}

/// A new passkey, as the browser sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// Label chosen by the owner.
    pub label: String,
    /// `rawId`.
    pub id: Vec<u8>,
    /// `response.getPublicKey()`: SubjectPublicKeyInfo, DER.
    pub key: Vec<u8>,
    /// `response.getAuthenticatorData()`.
    pub authenticator: Vec<u8>,
    /// `response.clientDataJSON`.
    pub client: Vec<u8>,
}

/// A passkey's answer to a challenge, as the browser sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assertion {
    /// `rawId`.
    pub id: Vec<u8>,
    /// `response.authenticatorData`.
    pub authenticator: Vec<u8>,
    /// `response.clientDataJSON`.
    pub client: Vec<u8>,
    /// `response.signature`.
    pub signature: Vec<u8>,
}

/// A passkey as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Passkey {
    /// Credential id.
    pub id: Vec<u8>,
    /// Label chosen by the owner.
    pub label: String,
    /// When it was added, Unix seconds.
    pub created: u64,
    /// Last use, Unix seconds; none: never.
    pub used: Option<u64>,
}

const CREATE: &str = "webauthn.create";
const GET: &str = "webauthn.get";

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

impl Accounts {
    /// Makes the challenge for a new passkey, base64url; valid once, for [`limits::LOGIN_PENDING`].
    pub fn passkey_begin(&self, name: &str, now: u64) -> Result<String, Failure> {
        if keep::find(&self.conn(), name)?.is_none() {
            return Err(keep::unknown(name));
        }
        self.challenge(name, CREATE, now)
    }

    /// Verifies and stores a new passkey. Returns the recovery codes that come with an account's first factor, shown
    /// only once.
    pub fn passkey_finish(
        &self,
        name: &str,
        site: &RelyingParty,
        new: &Registration,
        now: u64,
    ) -> Result<Vec<Secret>, Failure> {
        self.answered(name, CREATE, site, &new.client, now)?;
        let counter = authenticated(site, &new.authenticator)?;
        let point = new.key.strip_prefix(&SPKI_P256).filter(|point| point.len() == 65 && point[0] == 4);
        let point = point.ok_or_else(|| wrong("not a P-256 key"))?;
        same_key(&new.authenticator, &new.id, point)?;
        if new.label.trim().is_empty() || new.label.len() > limits::SHOWN_NAME {
            return Err(Failure::new(ExitCode::Input, "passkey-label"));
        }
        let mut codes = Vec::new();
        self.change(name, "passkey-added", name, now, |tx| {
            let mine = "SELECT count(*) FROM passkey WHERE account = ?1";
            let mine: i64 = tx.query_row(mine, [name], |row| row.get(0))?;
            if mine as usize >= limits::PASSKEYS {
                let many = Failure::new(ExitCode::NotAllowed, "passkey-too-many");
                return Err(many.with("limit", limits::PASSKEYS));
            }
            let added = tx.execute(
                "INSERT INTO passkey (id, account, label, key, site, counter, created)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                params![new.id, name, new.label.trim(), point, site.id, counter, now as i64],
            )?;
            if added == 0 {
                return Err(wrong("this passkey is known already"));
            }
            codes = recovery::first_codes(tx, name)?;
            Ok(())
        })?;
        Ok(codes)
    }

    /// Makes a challenge for a pending login; returns it with the ids of the passkeys that can answer.
    pub fn passkey_challenge(&self, pending: &Pending, now: u64) -> Result<(String, Vec<Vec<u8>>), Failure> {
        let name = self.pending(pending, now)?;
        let ids = self.passkeys(&name)?.into_iter().map(|key| key.id).collect();
        Ok((self.challenge(&name, GET, now)?, ids))
    }

    /// Completes a login with a passkey.
    pub fn passkey_login(
        &self,
        pending: &Pending,
        site: &RelyingParty,
        answer: &Assertion,
        source: IpAddr,
        now: u64,
    ) -> Result<Token, Refused> {
        let name = self.pending(pending, now)?;
        let answered = self.answered(&name, GET, site, &answer.client, now);
        self.finish(pending, source, now, |tx, name| {
            let shown = answered.clone().and_then(|()| verify(tx, name, site, answer, now));
            match shown {
                Ok(()) => Ok(true),
                Err(failure) if failure.key == wrong("").key => {
                    tracing::info!(%failure, "a passkey was refused");
                    Ok(false)
                }
                Err(failure) => Err(failure),
            }
        })
    }

    /// The passkeys of an account, oldest first.
    pub fn passkeys(&self, name: &str) -> Result<Vec<Passkey>, Failure> {
        let conn = self.conn();
        let query = "SELECT id, label, created, used FROM passkey WHERE account = ?1 ORDER BY created, id";
        let mut statement = conn.prepare_cached(query)?;
        let rows = statement.query_map([name], |row| {
            let (created, used) = (row.get::<_, i64>(2)? as u64, row.get::<_, Option<i64>>(3)?);
            Ok(Passkey { id: row.get(0)?, label: row.get(1)?, created, used: used.map(|at| at as u64) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes a passkey and ends the account's sessions.
    pub fn passkey_remove(&self, by: &str, name: &str, id: &[u8]) -> Result<(), Failure> {
        self.change(by, "passkey-removed", name, unix_now(), |tx| {
            let gone = tx.execute("DELETE FROM passkey WHERE account = ?1 AND id = ?2", params![name, id])?;
            if gone == 0 {
                return Err(Failure::new(ExitCode::NotFound, "passkey-unknown"));
            }
            recovery::weaker(tx, name)
        })
    }

    fn challenge(&self, name: &str, kind: &'static str, now: u64) -> Result<String, Failure> {
        let asked = Token::new()?;
        let until = now + limits::LOGIN_PENDING.as_secs();
        let challenge = Challenge { account: name.to_owned(), kind, until };
        bounded(&mut self.waiting().challenges, asked.hash(), challenge, now, |challenge| challenge.until);
        Ok(asked.to_string())
    }

    /// Checks that the browser answers a challenge made here for this account and site. The challenge is consumed, even
    /// by a wrong answer.
    fn answered(
        &self,
        name: &str,
        kind: &str,
        site: &RelyingParty,
        client: &[u8],
        now: u64,
    ) -> Result<(), Failure> {
        if client.len() > limits::PASSKEY_DATA {
            return Err(wrong("too much client data"));
        }
        let data: ClientData = serde_json::from_slice(client).map_err(wrong)?;
        let asked: Token = data.challenge.parse().map_err(wrong)?;
        let challenge = self.waiting().challenges.remove(&asked.hash());
        let challenge = challenge.filter(|challenge| super::waiting::is_open(challenge.until, now));
        let challenge = challenge.ok_or_else(|| wrong("no such challenge"))?;
        if challenge.account != name || challenge.kind != kind || data.kind != kind {
            return Err(wrong("an answer to another question"));
        }
        if data.origin != site.origin || data.cross_origin {
            return Err(wrong("an answer from another site"));
        }
        Ok(())
    }
}

/// Checks site and user verification in authenticator data; returns the counter.
fn authenticated(site: &RelyingParty, data: &[u8]) -> Result<u32, Failure> {
    if data.len() > limits::PASSKEY_DATA {
        return Err(wrong("too much authenticator data"));
    }
    let head: &[u8; HEAD] = data.first_chunk().ok_or_else(|| wrong("authenticator data is cut"))?;
    if head[..32] != *Sha256::digest(site.id.as_bytes()) {
        return Err(wrong("a key of another site"));
    }
    if head[32] & (PRESENT | VERIFIED) != PRESENT | VERIFIED {
        return Err(wrong("nobody was there, or it was not verified who"));
    }
    Ok(u32::from_be_bytes([head[33], head[34], head[35], head[36]]))
}

/// Checks that the device made this key: the authenticator data contains its id and both coordinates.
fn same_key(data: &[u8], id: &[u8], point: &[u8]) -> Result<(), Failure> {
    let body = &data[HEAD.min(data.len())..];
    // AAGUID (16 bytes), length of the id (2), id, COSE key.
    let length = body.get(16..18).map(|length| usize::from(u16::from_be_bytes([length[0], length[1]])));
    let named = length.and_then(|length| Some((body.get(18..18 + length)?, body.get(18 + length..)?)));
    let (named, cose) = named.ok_or_else(|| wrong("authenticator data is cut"))?;
    let holds = |part: &[u8]| cose.windows(part.len()).any(|window| window == part);
    let whole = data[32] & KEY_FOLLOWS != 0 && !id.is_empty() && id.len() <= limits::CREDENTIAL_ID;
    if !whole || named != id || !holds(&point[1..33]) || !holds(&point[33..]) {
        return Err(wrong("not the key that the device made"));
    }
    Ok(())
}

/// Checks an answer's signature and counter, and stores the new counter.
fn verify(
    tx: &Connection,
    name: &str,
    site: &RelyingParty,
    answer: &Assertion,
    now: u64,
) -> Result<(), Failure> {
    let counter = authenticated(site, &answer.authenticator)?;
    let query = "SELECT key, counter FROM passkey WHERE id = ?1 AND account = ?2 AND site = ?3";
    let kept = tx.query_row(query, params![answer.id, name, site.id], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?))
    });
    let (key, last) = kept.optional()?.ok_or_else(|| wrong("no such passkey"))?;
    let mut signed = answer.authenticator.clone();
    signed.extend_from_slice(&Sha256::digest(&answer.client));
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
    key.verify(&signed, &answer.signature).map_err(|_| wrong("the signature does not fit"))?;
    // Devices without a counter always send 0. On others, a counter that does not grow means a cloned key (6.1.1).
    if (counter, last) != (0, 0) && counter <= last {
        return Err(wrong("the counter does not go on: there may be a copy of this key"));
    }
    tx.execute(
        "UPDATE passkey SET counter = ?2, used = ?3 WHERE id = ?1",
        params![answer.id, counter, now as i64],
    )?;
    Ok(())
}

fn wrong(cause: impl std::fmt::Display) -> Failure {
    Failure::new(ExitCode::NotAllowed, "passkey-wrong").because(cause)
}
