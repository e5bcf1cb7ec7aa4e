//! Entries in the hub's own ledger about offices' entries and machines: refusals, questions, a journal that went back.

use std::collections::HashSet;

use prost::Message;
use truc_node::store::journal::{Draft, Stored};
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::RecordId;
use truc_proto::refusal::Refusal;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{self, Confidentiality, Urgency};
use uuid::Uuid;

use super::liar::Worth;
use super::offices::HUB;
use super::{Result, Violation, World};

impl World {
    /// The hub refuses an entry, and records that in its own ledger.
    pub(crate) fn refuse(&mut self, entry: &Entry, refusal: Refusal) -> Result<()> {
        match self.truth.refused.get(&entry.hash) {
            Some(code) if *code == refusal.code() => {}
            None if self.refused_rightly(entry, refusal) => {
                self.reach("office wrote outside its days");
                self.truth.refused.insert(entry.hash, refusal.code());
            }
            expected => {
                let place = entry.header.place();
                return Err(Violation(format!("Authority: {place:?} {} not {expected:?}", refusal.code())));
            }
        }
        if let Some(name) = self.liar.refused_lie(entry.hash) {
            self.reach(name);
        }
        let registry = &self.hub.map.registry;
        let scopes = entry.header.audience.iter().map(|channel| channel.scope);
        let mut audience: Vec<Scope> = scopes.filter(|to| registry.office(to.office).is_some()).collect();
        let author = Scope::office(entry.header.ledger);
        if !audience.contains(&author) {
            audience.push(author);
        }
        let refused = Word::Refused(wire::EntryRefused {
            ledger: entry.header.ledger.to_wire(),
            incarnation: entry.header.seat.incarnation.0,
            seq: entry.header.seat.seq,
            hash: entry.hash.to_wire(),
            reason: refusal.code().into(),
        });
        self.say(refused, audience);
        Ok(())
    }

    /// Writes an entry of the hub, for the audit and for the offices concerned.
    pub(crate) fn say(&mut self, word: Word, audience: Vec<Scope>) {
        let said = wire::RegistryMove { r#move: Some(word) };
        let record = RecordId(Uuid::from_u128(u128::from(self.rng.draw())));
        self.hub_writes(Draft {
            author: "hub".into(),
            record,
            kind: 1,
            body: said.encode_to_vec().into(),
            audience,
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        });
    }

    /// Promise Lies: what no journal may hold is in no journal, and every refusal is in the hub's ledger.
    pub(crate) fn check_refusals(&self, all: &[Stored]) -> Result<()> {
        let told: HashSet<Vec<u8>> = all
            .iter()
            .filter(|stored| stored.entry.header.ledger == HUB && stored.entry.header.kind == 1)
            .filter_map(|stored| wire::RegistryMove::decode(&stored.entry.body[..]).ok())
            .filter_map(|said| match said.r#move {
                Some(Word::Refused(refused)) => Some(refused.hash.to_vec()),
                _ => None,
            })
            .collect();
        let died = ["hub crashed", "a full disk refused a write of the hub"];
        let died = died.iter().any(|name| self.outcome.reached.contains_key(name));
        for stored in all {
            let (hash, place) = (stored.entry.hash, stored.entry.header.place());
            match self.liar.shown.get(&hash.0).map(|(worth, _)| worth) {
                Some(Worth::Never) => return Err(Violation(format!("Authority: {place:?} was taken"))),
                Some(Worth::NotNow) if !self.truth.hub_went_back => {
                    return Err(Violation(format!("Place: {place:?} of the liar was taken")));
                }
                Some(Worth::Refused(code)) if !died && !told.contains(&hash.0[..]) => {
                    return Err(Violation(format!("Audit: nobody is told of {place:?}: {code}")));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
