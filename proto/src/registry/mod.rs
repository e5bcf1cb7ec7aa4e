//! The office registry: what the hub's registry entries (kind 1) add up to.
//!
//! Offices are dated facts. `since` is the day from which a fact is true, for people and for questions as of a date.
//! For mail, the fact with the latest date counts, from the position of its entry on. Codes are reused over time, so a
//! code means an office only together with a date.

mod membership;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::audience::Scope;
use crate::date::Date;
use crate::id::{Hash, Incarnation, OfficeId, Seat};
use crate::limits;
use crate::wire::{self, registry_move::Move};

pub use membership::Membership;

/// Levels of the tree, highest first.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Tier {
    /// The office that all others connect to: the root.
    Hub,
    /// Tỉnh ủy.
    Province,
    /// Huyện ủy, thị ủy, thành ủy thuộc tỉnh; until 30 June 2025.
    District,
    /// Đảng ủy xã, phường, đặc khu.
    Commune,
}

impl Tier {
    /// The name in messages and office lists.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The tier with this name, as read from a message or an office list.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// Dated fact: the state of an office from a day on, until the next fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// First day.
    pub since: Date,
    /// Level in the tree.
    pub tier: Tier,
    /// The office above; none only for the hub.
    pub parent: Option<OfficeId>,
    /// Administrative code.
    pub code: String,
    /// tỉnh, huyện, xã, phường …
    pub kind: String,
    /// Full name.
    pub name: String,
    /// The office has ended.
    pub closed: bool,
    /// The offices that took over.
    pub successors: Vec<OfficeId>,
}

/// The right of one machine to write an office's ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// 1, 2, 3 … per office.
    pub number: u64,
    /// Verifies the ledger's signatures.
    pub key: VerifyingKey,
    /// SHA-256 of the newest TLS certificate (DER).
    pub certificate: Hash,
    /// When that certificate ends, Unix seconds.
    pub not_after: u64,
    /// SHA-256 of the TLS key (SubjectPublicKeyInfo, DER), which renewals keep; none if an older hub announced it.
    pub tls_key: Option<Hash>,
    /// Position of the entry that announced the newest certificate.
    pub position: u64,
}

/// The certificate authorities that are trusted on the line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Authorities {
    /// Certificates (DER), newest first. Empty until the hub has named some: then the authority of enrolment counts.
    pub certificates: Vec<Bytes>,
    /// Position of the entry that named them; 0: none did.
    pub position: u64,
}

/// An office with all facts, credentials and memberships.
#[derive(Clone, Debug, Default)]
pub struct Office {
    facts: BTreeMap<Date, Fact>,
    credentials: BTreeMap<u64, Credential>,
    /// Revocations, by the highest number that each covers: the last place at which its keys count; none: they count
    /// nowhere.
    revocations: BTreeMap<u64, Option<Seat>>,
    /// Credential about which a person was asked and has not answered; 0: none.
    questioned: u64,
    memberships: Vec<Membership>,
}

impl Office {
    /// The fact with the latest date; none only for a hub without facts.
    pub fn current(&self) -> Option<&Fact> {
        self.facts.values().next_back()
    }

    /// All facts, oldest first.
    pub fn facts(&self) -> impl DoubleEndedIterator<Item = &Fact> {
        self.facts.values()
    }

    /// All credentials, oldest first, revoked ones included.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.values()
    }

    /// The highest credential number issued; 0: none.
    pub fn highest_credential(&self) -> u64 {
        self.credentials.keys().next_back().copied().unwrap_or(0)
    }

    /// Credentials up to this number are revoked; 0: none is.
    pub fn revoked_up_to(&self) -> u64 {
        self.revocations.keys().next_back().copied().unwrap_or(0)
    }

    /// Whether what stands at `seat` may be signed with a credential's key, as far as revocations say.
    fn counts(&self, credential: &Credential, seat: Seat) -> bool {
        match self.revocations.range(credential.number..).next() {
            None => true,
            Some((_, last)) => last.is_some_and(|last| seat <= last),
        }
    }

    /// Whether a person was asked about a machine with the newest credential, and has not answered.
    pub fn is_questioned(&self) -> bool {
        self.questioned > self.revoked_up_to() && self.questioned == self.highest_credential()
    }

    fn is_closed(&self) -> bool {
        self.current().is_some_and(|fact| fact.closed)
    }
}

/// Everything known of offices and their keys.
#[derive(Clone, Debug)]
pub struct Registry {
    hub: OfficeId,
    hub_key: VerifyingKey,
    offices: HashMap<OfficeId, Office>,
    children: HashMap<OfficeId, BTreeSet<OfficeId>>,
    codes: HashMap<String, BTreeSet<OfficeId>>,
    hub_certificates: Vec<Vec<Bytes>>,
    authorities: Authorities,
    newest: u64,
}

impl Registry {
    /// A registry that knows the hub only, with the key that enrolment pinned.
    pub fn new(hub: OfficeId, hub_key: VerifyingKey) -> Self {
        let mut registry = Self {
            hub,
            hub_key,
            offices: HashMap::from([(hub, Office::default())]),
            children: HashMap::new(),
            codes: HashMap::new(),
            hub_certificates: Vec::new(),
            authorities: Authorities::default(),
            newest: 0,
        };
        registry.refresh_memberships(hub, 0);
        registry
    }

    /// Applies one registry entry, which stands at `position` in the journal; returns whether it changed anything.
    /// Entries that make no sense (an unknown parent, a circle, a second hub, a bad date or key) change nothing.
    pub fn apply(&mut self, position: u64, mv: &wire::RegistryMove) -> bool {
        self.newest = self.newest.max(position);
        match &mv.r#move {
            Some(Move::Office(fact)) => self.apply_fact(position, fact).is_some(),
            Some(Move::Credential(issued)) => self.apply_credential(position, issued).is_some(),
            Some(Move::Revoked(revoked)) => self.apply_revocation(revoked).is_some(),
            Some(Move::HubKey(key)) => self.apply_hub_key(key).is_some(),
            Some(Move::Authorities(said)) => self.apply_authorities(position, said).is_some(),
            Some(Move::Question(asked)) => self.apply_question(&asked.office, asked.credential).is_some(),
            Some(Move::Answer(answer)) => self.apply_question(&answer.office, 0).is_some(),
            // Refusals are about entries, not about offices.
            _ => false,
        }
    }

    fn apply_fact(&mut self, position: u64, said: &wire::OfficeFact) -> Option<()> {
        let id = OfficeId::from_wire(&said.office)?;
        let tier = Tier::from_name(&said.tier)?;
        if said.name.len().max(said.code.len()).max(said.kind.len()) > limits::LINE {
            return None;
        }
        let successors =
            said.successors.iter().map(|id| OfficeId::from_wire(id)).collect::<Option<Vec<_>>>()?;
        if successors.len() > limits::PARTS || (tier == Tier::Hub) != (id == self.hub) {
            return None;
        }
        let parent = match tier {
            Tier::Hub if said.parent.is_empty() && !said.closed => None,
            Tier::Hub => return None,
            _ => Some(OfficeId::from_wire(&said.parent)?),
        };
        let since: Date = said.since.parse().ok()?;
        let known = self.offices.get(&id).and_then(Office::current);
        let becomes_current = known.is_none_or(|fact| fact.since <= since);
        let old_parent = known.and_then(|fact| fact.parent);
        if let Some(parent) = parent {
            let above = self.offices.get(&parent)?;
            if becomes_current {
                let above_tier = if parent == self.hub { Tier::Hub } else { above.current()?.tier };
                if above_tier >= tier || parent == id || self.is_above(id, parent) {
                    return None;
                }
            }
        }
        let fact = Fact {
            since,
            tier,
            parent,
            code: said.code.clone(),
            kind: said.kind.clone(),
            name: said.name.clone(),
            closed: said.closed,
            successors,
        };
        self.codes.entry(fact.code.clone()).or_default().insert(id);
        self.offices.entry(id).or_default().facts.insert(since, fact);
        if becomes_current {
            if old_parent != parent {
                if let Some(siblings) = old_parent.and_then(|old| self.children.get_mut(&old)) {
                    siblings.remove(&id);
                }
                if let Some(parent) = parent {
                    self.children.entry(parent).or_default().insert(id);
                }
            }
            self.refresh_memberships(id, position);
        }
        Some(())
    }

    fn apply_credential(&mut self, position: u64, said: &wire::CredentialIssued) -> Option<()> {
        let office = self.offices.get_mut(&OfficeId::from_wire(&said.office)?)?;
        let key = VerifyingKey::from_bytes(said.ledger_key.as_ref().try_into().ok()?).ok()?;
        let certificate = Hash::from_slice(&said.certificate)?;
        if said.number == 0 || key.is_weak() {
            return None;
        }
        let known = office.credentials.get(&said.number);
        // A renewal keeps number and key; another key under the same number is another machine.
        if known.is_some_and(|old| old.key != key || old.not_after > said.not_after) {
            return None;
        }
        let tls_key = Hash::from_slice(&said.tls_key).or(known.and_then(|old| old.tls_key));
        let not_after = said.not_after;
        let new = Credential { number: said.number, key, certificate, not_after, tls_key, position };
        office.credentials.insert(said.number, new);
        Some(())
    }

    fn apply_authorities(&mut self, position: u64, said: &wire::AuthoritiesTrusted) -> Option<()> {
        let certificates = said.certificates.clone();
        let fits = |der: &Bytes| !der.is_empty() && der.len() <= limits::AUTHORITY_DER;
        if certificates.is_empty()
            || certificates.len() > limits::AUTHORITIES
            || !certificates.iter().all(fits)
        {
            return None;
        }
        self.authorities = Authorities { certificates, position };
        Some(())
    }

    fn apply_revocation(&mut self, said: &wire::CredentialRevoked) -> Option<()> {
        let office = self.offices.get_mut(&OfficeId::from_wire(&said.office)?)?;
        let last =
            said.last.as_ref().map(|last| Seat { incarnation: Incarnation(last.incarnation), seq: last.seq });
        (said.up_to > office.revoked_up_to()).then(|| {
            office.revocations.insert(said.up_to, last);
        })
    }

    fn apply_question(&mut self, office: &[u8], credential: u64) -> Option<()> {
        let office = self.offices.get_mut(&OfficeId::from_wire(office)?)?;
        (office.questioned != credential).then(|| office.questioned = credential)
    }

    /// Keeps a chain of certificates unchecked: X.509 is not for this crate to judge.
    fn apply_hub_key(&mut self, said: &wire::HubKey) -> Option<()> {
        let chain = &said.certificates;
        let known = self.hub_certificates.contains(chain);
        let fits = (1..=limits::CERTIFICATES).contains(&chain.len());
        (!known && fits && self.hub_certificates.len() < limits::PARTS)
            .then(|| self.hub_certificates.push(chain.clone()))
    }

    /// Certificate chains on the hub's ledger key, oldest first: X.509, DER, unchecked.
    pub fn hub_certificates(&self) -> &[Vec<Bytes>] {
        &self.hub_certificates
    }

    /// The authorities that the hub's entries say are trusted.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// The highest position that [`Registry::apply`] was given.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// The hub's own office.
    pub fn hub(&self) -> OfficeId {
        self.hub
    }

    /// Everything known of an office.
    pub fn office(&self, id: OfficeId) -> Option<&Office> {
        self.offices.get(&id)
    }

    /// All offices, closed ones too, in no particular order.
    pub fn offices(&self) -> impl Iterator<Item = (OfficeId, &Office)> {
        self.offices.iter().map(|(id, office)| (*id, office))
    }

    /// Whether an office is known and not closed.
    pub fn is_open(&self, id: OfficeId) -> bool {
        self.offices.get(&id).is_some_and(|office| !office.is_closed())
    }

    /// The fact that held for an office on a day; none before its first one.
    pub fn fact_at(&self, id: OfficeId, date: Date) -> Option<&Fact> {
        self.offices.get(&id)?.facts.range(..=date).next_back().map(|(_, fact)| fact)
    }

    /// An office's name on a day; before its first fact, its first name.
    pub fn name_at(&self, id: OfficeId, date: Date) -> Option<&str> {
        let fact = self.fact_at(id, date).or_else(|| self.offices.get(&id)?.facts.values().next());
        fact.map(|fact| fact.name.as_str())
    }

    /// The office above an office now; none for the hub and for unknown offices.
    pub fn parent(&self, id: OfficeId) -> Option<OfficeId> {
        self.offices.get(&id)?.current()?.parent
    }

    /// An office's level now.
    pub fn tier(&self, id: OfficeId) -> Option<Tier> {
        if id == self.hub {
            return Some(Tier::Hub);
        }
        self.offices.get(&id)?.current().map(|fact| fact.tier)
    }

    /// The office that had this code on this day; of two, the one that got it last.
    pub fn by_code(&self, code: &str, date: Date) -> Option<OfficeId> {
        let holders = self.codes.get(code)?.iter();
        holders
            .filter_map(|id| {
                let fact = self.fact_at(*id, date)?;
                (fact.code == code && !fact.closed).then_some((fact.since, *id))
            })
            .max()
            .map(|(_, id)| id)
    }

    /// The offices directly under an office now, closed ones too, in order of id.
    pub fn children(&self, id: OfficeId) -> impl Iterator<Item = OfficeId> {
        self.children.get(&id).into_iter().flatten().copied()
    }

    /// The offices above an office, nearest first.
    pub fn ancestors(&self, id: OfficeId) -> impl Iterator<Item = OfficeId> {
        std::iter::successors(self.parent(id), |above| self.parent(*above))
    }

    /// Whether `a` stands above `b`, at any distance.
    pub fn is_above(&self, a: OfficeId, b: OfficeId) -> bool {
        self.ancestors(b).any(|above| above == a)
    }

    /// The open offices that a scope means now, in order from the top.
    pub fn resolve(&self, scope: Scope) -> Vec<OfficeId> {
        let mut found = vec![scope.office];
        let mut next = 0;
        while scope.subtree && next < found.len() {
            found.extend(self.children(found[next]));
            next += 1;
        }
        found.retain(|id| self.is_open(*id));
        found
    }

    /// The keys that may sign new entries of a ledger: issued and not revoked, newest first.
    pub fn keys(&self, ledger: OfficeId) -> Vec<VerifyingKey> {
        self.chosen(ledger, |office, credential| credential.number > office.revoked_up_to())
    }

    /// The keys that may have signed what stands at a place of a ledger, newest first; also those revoked only after
    /// the hub had it.
    pub fn keys_at(&self, ledger: OfficeId, seat: Seat) -> Vec<VerifyingKey> {
        self.chosen(ledger, |office, credential| office.counts(credential, seat))
    }

    fn chosen(&self, ledger: OfficeId, counts: impl Fn(&Office, &Credential) -> bool) -> Vec<VerifyingKey> {
        let mut keys: Vec<VerifyingKey> = Vec::new();
        if let Some(office) = self.offices.get(&ledger) {
            let valid = office.credentials.values().rev().filter(|credential| counts(office, credential));
            keys.extend(valid.map(|credential| credential.key));
        }
        if ledger == self.hub && !keys.contains(&self.hub_key) {
            keys.push(self.hub_key);
        }
        keys
    }

    /// The newest credential of an office; none if it never had one or it is revoked.
    pub fn credential(&self, office: OfficeId) -> Option<&Credential> {
        let office = self.offices.get(&office)?;
        office.credentials.values().next_back().filter(|newest| newest.number > office.revoked_up_to())
    }
}
