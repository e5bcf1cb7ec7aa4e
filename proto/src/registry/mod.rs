//! The office registry: what the hub's registry entries (kind 1) add up to.
//!
//! Offices are dated facts, and a fact has two dates: the day from which it is true, and the day on which it was said.
//! Three maps follow from them:
//! - *true*: who was it on a day, as is known now ([`Registry::fact_at`]), or as was known on another
//!   ([`Registry::fact_known`]); for people and their questions;
//! - *judged*: what was known on a day of that day ([`Registry::judged`]). Rights follow it, so that a verdict on what was
//!   done on a day does not change with what is said later, nor with the order in which entries arrive;
//! - *in force* ([`Office::current`], [`Registry::parent`] …): delivery and what people see now follow it. It changes at
//!   positions of the journal: a fact whose day has come acts from its own entry on, one of a day to come rests until the
//!   hub's `DayTurned` reaches that day. No clock is read here.
//!
//! Codes are reused over time, so a code means an office only together with a date; only the id is identity.

mod facts;
mod membership;
#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::audience::Scope;
use crate::code::is_address;
use crate::date::Date;
use crate::id::{Hash, Incarnation, OfficeId, Seat};
use crate::identifier;
use crate::limits;
use crate::wire::{self, registry_move::Move};

pub use facts::Fact;
use facts::Facts;
pub use membership::Membership;
pub use told::{Told, Words};

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

    /// The symbols of an office of which none are said: its committee, which numbers most papers, and the committee's
    /// office. The hub has none: what goes by its line is numbered by the province's office.
    pub fn symbols(self) -> &'static [&'static str] {
        match self {
            Self::Hub => &[],
            Self::Province => &["TU", "VPTU"],
            Self::District => &["HU", "VPHU"],
            Self::Commune => &["ĐU", "VPĐU"],
        }
    }

    /// The tier with this name, as read from a message or an office list.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
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
    facts: Facts,
    credentials: BTreeMap<u64, Credential>,
    /// Revocations, by the highest number that each covers.
    revocations: BTreeMap<u64, Held>,
    /// Credential about which a person was asked and has not answered; 0: none.
    questioned: u64,
    memberships: Vec<Membership>,
}

impl Office {
    /// The fact in force now; of an office that is still to come, what it will be first. None only for a hub without
    /// facts and for an office that was taken back.
    pub fn current(&self) -> Option<&Fact> {
        self.facts.in_force().or_else(|| self.facts.standing().next())
    }

    /// The facts that stand, oldest first.
    pub fn facts(&self) -> impl DoubleEndedIterator<Item = &Fact> {
        self.facts.standing()
    }

    /// All facts, in order of their days, also those that were taken back.
    pub fn all_facts(&self) -> &[Fact] {
        self.facts.all()
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
            Some((_, held)) => held.has(seat),
        }
    }

    /// Whether a person was asked about a machine with the newest credential, and has not answered.
    pub fn is_questioned(&self) -> bool {
        self.questioned > self.revoked_up_to() && self.questioned == self.highest_credential()
    }

    /// Whether the office stands now: its first day has come, and its last has not.
    fn is_open(&self) -> bool {
        self.facts.in_force().is_some_and(|fact| !fact.closed)
    }

    /// Whether the office is announced, and its first day is still to come.
    pub fn is_coming(&self) -> bool {
        self.facts.in_force().is_none() && self.facts.standing().next().is_some()
    }
}

/// What the hub had of a ledger when it revoked keys: for each incarnation the last place.
#[derive(Clone, Debug)]
struct Held(BTreeMap<Incarnation, u64>);

impl Held {
    fn has(&self, seat: Seat) -> bool {
        match self.0.get(&seat.incarnation) {
            Some(last) => seat.seq <= *last,
            // A full list leaves out the oldest incarnations.
            None => {
                self.0.len() == limits::HELD
                    && self.0.keys().next().is_some_and(|oldest| seat.incarnation < *oldest)
            }
        }
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
    addresses: Vec<String>,
    /// Whose machine each ledger key is.
    keys: HashMap<[u8; 32], OfficeId>,
    /// The newest day that the hub said has come.
    turned: Option<Date>,
    /// Facts that rest, by their days.
    resting: BTreeSet<(Date, OfficeId)>,
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
            addresses: Vec::new(),
            keys: HashMap::from([(hub_key.to_bytes(), hub)]),
            turned: None,
            resting: BTreeSet::new(),
            newest: 0,
        };
        registry.refresh_memberships([hub], 0);
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
            Some(Move::Withdrawn(said)) => self.apply_withdrawal(position, said).is_some(),
            Some(Move::Turned(said)) => self.apply_turn(position, said).is_some(),
            Some(Move::Addresses(said)) => self.apply_addresses(said).is_some(),
            Some(Move::Question(asked)) => self.apply_question(&asked.office, asked.credential).is_some(),
            Some(Move::Answer(answer)) => self.apply_question(&answer.office, 0).is_some(),
            // Refusals are about entries, not about offices.
            _ => false,
        }
    }

    /// Brings words that are said together into an order in which each changes something. Which office a list names
    /// first must not matter: one goes down a level only after those under it have moved. Fails with the number of the
    /// first word that changes nothing in any order.
    pub fn effective(&self, words: Vec<Move>) -> Result<Vec<Move>, usize> {
        let mut tried = self.clone();
        let mut order = Vec::with_capacity(words.len());
        let mut waiting: Vec<_> = words.into_iter().enumerate().collect();
        while let Some((first, _)) = waiting.first() {
            let (first, before) = (*first, order.len());
            let mut blocked = Vec::new();
            for (number, word) in waiting {
                let said = wire::RegistryMove { r#move: Some(word) };
                let applied = tried.apply(self.newest + 1, &said);
                let Some(word) = said.r#move else { continue };
                if applied { order.push(word) } else { blocked.push((number, word)) }
            }
            if order.len() == before {
                return Err(first);
            }
            waiting = blocked;
        }
        Ok(order)
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
        let said_on = if said.said.is_empty() { since } else { said.said.parse().ok()? };
        if let Some(parent) = parent
            && (parent == id || self.level(parent, since)? >= tier)
        {
            return None;
        }
        let own_form = |symbol: &String| identifier::symbol(symbol).as_ref() == Some(symbol);
        if said.symbols.len() > limits::SYMBOLS || !said.symbols.iter().all(own_form) {
            return None;
        }
        // A fact that acts at once leaves nobody under an office of no higher level.
        let ahead = since > said_on;
        if !ahead && self.children(id).any(|child| self.tier(child) <= Some(tier)) {
            return None;
        }
        let fact = Fact {
            since,
            said: said_on,
            withdrawn: None,
            order: 0,
            tier,
            parent,
            code: said.code.clone(),
            kind: said.kind.clone(),
            name: said.name.clone(),
            closed: said.closed,
            successors,
            symbols: said.symbols.clone(),
        };
        if self.doubles(id, &fact) {
            return None;
        }
        self.codes.entry(fact.code.clone()).or_default().insert(id);
        self.offices.entry(id).or_default().facts.say(fact);
        self.take_effect(position, [id]);
        Some(())
    }

    /// Whether a symbol of this fact would be the hub's and a province's on one day: then two machines would number in
    /// one series. Offices of one level have the same symbols, each its own registers.
    fn doubles(&self, id: OfficeId, fact: &Fact) -> bool {
        let other = match fact.tier {
            Tier::Hub => Tier::Province,
            Tier::Province => Tier::Hub,
            Tier::District | Tier::Commune => return false,
        };
        let symbols = fact.symbols();
        let held = |(holder, office): (&OfficeId, &Office)| {
            let since = office.facts.at(fact.since).map_or(fact.since, |held| held.since);
            let until = self.offices.get(&id).and_then(|own| own.facts().find(|own| own.since > fact.since));
            let meets = |held: &&Fact| {
                held.since >= since
                    && until.is_none_or(|until| held.since < until.since)
                    && held.tier == other
                    && !held.closed
            };
            *holder != id
                && office
                    .facts()
                    .filter(meets)
                    .any(|held| held.symbols().iter().any(|held| symbols.contains(held)))
        };
        !fact.closed && !symbols.is_empty() && self.offices.iter().any(held)
    }

    /// The level of an office on a day, or what it will be first; none for an office that does not exist.
    fn level(&self, id: OfficeId, day: Date) -> Option<Tier> {
        if id == self.hub {
            return Some(Tier::Hub);
        }
        let office = self.offices.get(&id)?;
        office.facts.at(day).or_else(|| office.facts().next()).map(|fact| fact.tier)
    }

    fn apply_withdrawal(&mut self, position: u64, said: &wire::OfficeWithdrawn) -> Option<()> {
        let id = OfficeId::from_wire(&said.office)?;
        let since = if said.since.is_empty() { None } else { Some(said.since.parse().ok()?) };
        let said_on = said.said.parse().ok()?;
        let office = self.offices.get(&id)?;
        let whole = office.facts().all(|fact| since.is_none_or(|since| fact.since == since));
        if id == self.hub || whole && !self.is_unused(id) {
            return None;
        }
        let any = self.offices.get_mut(&id)?.facts.withdraw(since, said_on);
        any.then(|| self.take_effect(position, [id]))
    }

    /// Whether nothing rests on an office: no machine ever had its credential, and no fact names it. Only then can it be
    /// taken back whole.
    pub fn is_unused(&self, id: OfficeId) -> bool {
        let named = |fact: &Fact| fact.parent == Some(id) || fact.successors.contains(&id);
        self.offices.get(&id).is_none_or(|office| office.credentials.is_empty())
            && !self.offices.iter().any(|(other, office)| *other != id && office.facts().any(named))
    }

    fn apply_turn(&mut self, position: u64, said: &wire::DayTurned) -> Option<()> {
        let day: Date = said.day.parse().ok()?;
        if self.turned.is_some_and(|turned| turned >= day) {
            return None;
        }
        self.turned = Some(day);
        let due: BTreeSet<OfficeId> =
            self.resting.iter().take_while(|(since, _)| *since <= day).map(|(_, id)| *id).collect();
        self.take_effect(position, due);
        Some(())
    }

    /// Finds anew what is in force for some offices, and brings the tree and the memberships in line.
    fn take_effect(&mut self, position: u64, offices: impl IntoIterator<Item = OfficeId>) {
        let mut changed = Vec::new();
        for id in offices {
            let Some(office) = self.offices.get_mut(&id) else { continue };
            let old_parent = office.facts.in_force().and_then(|fact| fact.parent);
            let moved = office.facts.turn(self.turned);
            let parent = office.facts.in_force().and_then(|fact| fact.parent);
            self.resting.retain(|(_, resting)| *resting != id);
            self.resting.extend(office.facts.resting(self.turned).map(|day| (day, id)));
            if old_parent != parent {
                if let Some(siblings) = old_parent.and_then(|old| self.children.get_mut(&old)) {
                    siblings.remove(&id);
                }
                if let Some(parent) = parent {
                    self.children.entry(parent).or_default().insert(id);
                }
            }
            // An office that is announced, or taken back, has other memberships too.
            if moved || parent.is_none() {
                changed.push(id);
            }
        }
        self.refresh_memberships(changed, position);
    }

    fn apply_addresses(&mut self, said: &wire::HubAddresses) -> Option<()> {
        let fits = |address: &String| address.len() <= limits::LINE && is_address(address);
        let good = (1..=limits::HUB_ADDRESSES).contains(&said.addresses.len());
        (good && said.addresses.iter().all(fits) && said.addresses != self.addresses)
            .then(|| self.addresses.clone_from(&said.addresses))
    }

    fn apply_credential(&mut self, position: u64, said: &wire::CredentialIssued) -> Option<()> {
        let id = OfficeId::from_wire(&said.office)?;
        let known = self.spoken_of(id)?.credentials.get(&said.number).cloned();
        let key = VerifyingKey::from_bytes(said.ledger_key.as_ref().try_into().ok()?).ok()?;
        let certificate = Hash::from_slice(&said.certificate)?;
        // A machine is of one office: with one key for two, each could sign what the other is held to.
        let other = self.keys.get(key.as_bytes()).is_some_and(|owner| *owner != id);
        if said.number == 0 || key.is_weak() || other {
            return None;
        }
        let tls_key = Hash::from_slice(&said.tls_key).or(known.as_ref().and_then(|old| old.tls_key));
        let not_after = said.not_after;
        // A renewal keeps number and key; another key under the same number is another machine. The last word counts: a
        // hub whose clock was wrong announces a certificate that ends sooner once it is right.
        let new = Credential { number: said.number, key, certificate, not_after, tls_key, position };
        if known.is_some_and(|old| old.key != key || Credential { position, ..old } == new) {
            return None;
        }
        self.spoken_of(id)?.credentials.insert(said.number, new);
        self.keys.insert(key.to_bytes(), id);
        Some(())
    }

    /// The hub, or an office of which a fact was said. Of any other there may be memberships of the past only.
    fn spoken_of(&mut self, id: OfficeId) -> Option<&mut Office> {
        let hub = id == self.hub;
        self.offices.get_mut(&id).filter(|office| hub || !office.all_facts().is_empty())
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
        let office = self.spoken_of(OfficeId::from_wire(&said.office)?)?;
        if said.held.len() > limits::HELD {
            return None;
        }
        let held = said.held.iter().map(|last| (Incarnation(last.incarnation), last.seq)).collect();
        (said.up_to > office.revoked_up_to()).then(|| {
            office.revocations.insert(said.up_to, Held(held));
        })
    }

    fn apply_question(&mut self, office: &[u8], credential: u64) -> Option<()> {
        let office = self.spoken_of(OfficeId::from_wire(office)?)?;
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

    /// Where nodes reach the hub, best first; empty until the hub has said it: then the address of enrolment counts.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// The office whose machine has or had this ledger key.
    pub fn owner_of(&self, ledger_key: &[u8; 32]) -> Option<OfficeId> {
        self.keys.get(ledger_key).copied()
    }

    /// The next day on which a fact that rests is to come into force.
    pub fn next_turn(&self) -> Option<Date> {
        self.resting.first().map(|(day, _)| *day)
    }

    /// The newest day that the hub said has come.
    pub fn turned(&self) -> Option<Date> {
        self.turned
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

    /// Whether an office stands now: its first day has come, and its last has not.
    pub fn is_open(&self, id: OfficeId) -> bool {
        id == self.hub || self.offices.get(&id).is_some_and(Office::is_open)
    }

    /// The fact that held for an office on a day, as is known now; none before its first one.
    pub fn fact_at(&self, id: OfficeId, date: Date) -> Option<&Fact> {
        self.offices.get(&id)?.facts.at(date)
    }

    /// The fact that held for an office on a day, as was known on another.
    pub fn fact_known(&self, id: OfficeId, date: Date, known: Date) -> Option<&Fact> {
        self.offices.get(&id)?.facts.known(date, known)
    }

    /// The fact by which is judged what was done on a day: the one that held, as was known on that day. None for the hub,
    /// and for an office whose first day was still to come.
    pub fn judged(&self, id: OfficeId, day: Date) -> Option<&Fact> {
        self.offices.get(&id)?.facts.judged(day)
    }

    /// The symbols with which an office may number what it does on a day, the usual one first: of a paper that bears an
    /// earlier date, those that it had on that date, as was known on the day.
    pub fn symbols(&self, id: OfficeId, day: Date, issued: Option<Date>) -> Vec<&str> {
        let then = issued.filter(|issued| *issued < day).unwrap_or(day);
        let known = self.fact_known(id, then, day).or_else(|| self.judged(id, then));
        let fact = known.or_else(|| self.judged(id, day));
        fact.map(Fact::symbols).unwrap_or_default()
    }

    /// Whether there was such an office at all, also one still to come, as was known on a day.
    pub fn exists_on(&self, id: OfficeId, day: Date) -> bool {
        id == self.hub || self.offices.get(&id).is_some_and(|office| office.facts.exists_on(day))
    }

    /// An office's name on a day; before its first fact, its first name.
    pub fn name_at(&self, id: OfficeId, date: Date) -> Option<&str> {
        let fact = self.fact_at(id, date).or_else(|| self.offices.get(&id)?.facts().next());
        fact.map(|fact| fact.name.as_str())
    }

    /// The office above an office now; none for the hub and for unknown offices.
    pub fn parent(&self, id: OfficeId) -> Option<OfficeId> {
        self.in_force(id)?.parent
    }

    /// The office above an office, as what was done on a day is judged.
    pub fn parent_at(&self, id: OfficeId, day: Date) -> Option<OfficeId> {
        self.judged(id, day)?.parent
    }

    /// An office's level now.
    pub fn tier(&self, id: OfficeId) -> Option<Tier> {
        if id == self.hub {
            return Some(Tier::Hub);
        }
        self.offices.get(&id)?.current().map(|fact| fact.tier)
    }

    fn in_force(&self, id: OfficeId) -> Option<&Fact> {
        self.offices.get(&id)?.facts.in_force()
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

    /// The offices that had, have or will have this code.
    pub fn holders<'r>(&'r self, code: &'r str) -> impl Iterator<Item = OfficeId> + 'r {
        let holds = move |id: &&OfficeId| {
            self.offices.get(id).is_some_and(|office| office.facts().any(|fact| fact.code == code))
        };
        self.codes.get(code).into_iter().flatten().filter(holds).copied()
    }

    /// The offices directly under an office now, closed ones too, in order of id.
    pub fn children(&self, id: OfficeId) -> impl Iterator<Item = OfficeId> {
        let children = self.children.get(&id).into_iter().flatten().copied();
        children.filter(move |child| self.ancestors(*child).next() == Some(id))
    }

    /// The offices above an office now, nearest first.
    pub fn ancestors(&self, id: OfficeId) -> impl Iterator<Item = OfficeId> {
        self.above(id, |id| self.in_force(id))
    }

    /// The offices above an office, nearest first, as what was done on a day is judged.
    pub fn ancestors_at(&self, id: OfficeId, day: Date) -> impl Iterator<Item = OfficeId> {
        self.above(id, move |id| self.judged(id, day))
    }

    /// Walks up, to ever higher levels only: so it ends, whatever facts of different days add up to. The hub stands above
    /// everybody.
    fn above<'r>(
        &'r self,
        id: OfficeId,
        fact: impl Fn(OfficeId) -> Option<&'r Fact>,
    ) -> impl Iterator<Item = OfficeId> {
        let mut at = id;
        std::iter::from_fn(move || {
            if at == self.hub {
                return None;
            }
            let below = fact(at);
            let above = below.and_then(|fact| fact.parent);
            let higher = |above: &OfficeId| fact(*above).map(|fact| fact.tier) < below.map(|fact| fact.tier);
            let known = |above: &OfficeId| fact(*above).is_some();
            at = above.filter(known).filter(higher).unwrap_or(self.hub);
            Some(at)
        })
    }

    /// Whether `a` stands above `b` now, at any distance.
    pub fn is_above(&self, a: OfficeId, b: OfficeId) -> bool {
        self.ancestors(b).any(|above| above == a)
    }

    /// Whether `a` stands above `b`, at any distance, as what was done on a day is judged.
    pub fn is_above_at(&self, a: OfficeId, b: OfficeId, day: Date) -> bool {
        self.ancestors_at(b, day).any(|above| above == a)
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
