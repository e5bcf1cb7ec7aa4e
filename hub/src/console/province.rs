//! The province as the hub knows it now: every open office, how it stands, and its contact.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use truc_node::derive::views::owed::Matter;
use truc_node::web::visit::encoded;
use truc_node::web::{Fault, Visit};
use truc_node::words::failure::Failure;
use truc_node::words::order::order;
use truc_proto::id::OfficeId;
use truc_proto::record::duty::Thresholds;
use truc_proto::record::kind_name;
use truc_proto::registry::{Fact, Registry, Tier};

use super::facts::{FactsCache, Open};
use super::glance::{self, Contact, Owing, Stand, State};
use crate::hub::Hub;
use crate::line::presence::LastSession;
use crate::line::quotas::Denied;

/// An open office.
#[derive(Clone, Debug)]
pub struct Office {
    /// Id of the office.
    pub id: OfficeId,
    /// The current fact of the registry about it.
    pub fact: Fact,
    /// When its machine was last heard from, and whether it is enrolled.
    pub contact: Contact,
    /// Its last session since the hub started.
    pub met: Option<LastSession>,
    /// How it stands.
    pub stand: Stand,
    /// The worst thing that it owes.
    pub worst: Option<(Matter, Open)>,
}

impl Office {
    /// Whether its machine is connected now.
    pub fn connected(&self) -> bool {
        self.met.as_ref().is_some_and(|met| met.left.is_none())
    }

    /// The name without the kind of office: "Bắc Lý".
    pub fn short(&self) -> &str {
        short(&self.fact)
    }

    /// Path of its page.
    pub fn address(&self) -> String {
        address(self.id)
    }
}

/// Path of an office's page.
pub fn address(office: OfficeId) -> String {
    format!("/offices/{office}")
}

/// The office that the address names.
pub fn named(visit: &Visit, hub: &Hub) -> Result<OfficeId, Fault> {
    let id: OfficeId = visit.param("id").parse().map_err(|_| Fault::NotFound)?;
    hub.office.registry().office(id).map(|_| id).ok_or(Fault::NotFound)
}

/// Where a record is shown: a directive with where it stands with all, others as they are.
pub fn record_address((record, kind): Matter) -> String {
    let name = kind_name(kind);
    let page = if name == "directive" { "directives" } else { name };
    format!("/{page}/{}", encoded(&record.to_string()))
}

/// An office's name without the kind of office.
pub fn short(fact: &Fact) -> &str {
    let folded = |text: &str| text.to_lowercase();
    let rest = fact.name.split_at_checked(fact.kind.len());
    match rest {
        Some((kind, rest)) if folded(kind) == folded(&fact.kind) && !rest.trim().is_empty() => rest.trim(),
        _ => &fact.name,
    }
}

/// The words of all states, said once a page.
pub struct Words(BTreeMap<State, String>, String);

impl Words {
    /// In the language of a visit.
    pub fn of(visit: &Visit) -> Self {
        let words =
            State::ALL.into_iter().map(|state| (state, visit.word(&format!("glance-{}", state.name()))));
        Self(words.collect(), visit.word("glance-broken"))
    }

    /// Of a state.
    pub fn state(&self, state: State) -> &str {
        self.0.get(&state).map_or("", String::as_str)
    }

    /// That an office is silent now.
    pub fn broken(&self) -> &str {
        &self.1
    }

    /// With that it was so before the silence.
    pub fn office(&self, office: &Office) -> String {
        let state = self.state(office.stand.state);
        if office.stand.broken { format!("{state}, {}", self.1) } else { state.to_owned() }
    }
}

/// All open offices but the hub.
#[derive(Clone, Debug)]
pub struct Province {
    /// The offices, sorted by tier and name.
    pub offices: Vec<Office>,
    /// The registry that was used.
    pub registry: Arc<Registry>,
    /// The settings for "silent" and "soon".
    pub figures: Thresholds,
    /// What offices were denied, because they have used up a quota.
    pub denied: HashMap<OfficeId, Vec<Denied>>,
    /// When the facts were read (Unix milliseconds), if newer ones exist; none: they are the newest.
    pub as_of: Option<i64>,
}

impl Province {
    /// Collects everything as of now.
    pub async fn look(visit: &Visit, hub: &Hub, keeper: &Arc<FactsCache>) -> Result<Self, Failure> {
        let facts = keeper.current().await?;
        let registry = hub.office.registry();
        let met = hub.sessions.met();
        let (heard, figures) = visit.look(|_, look| {
            let heard: HashMap<OfficeId, Option<i64>> =
                registry.offices().map(|(id, _)| (id, (look.heard)(id))).collect();
            Ok((heard, look.figures))
        })?;
        let mut owed = facts.by_office();
        let mut offices = Vec::new();
        for (id, known) in registry.offices() {
            let Some(fact) = known.current().filter(|fact| !fact.closed && fact.tier != Tier::Hub) else {
                continue;
            };
            let met = met.get(&id).cloned();
            let heard = heard.get(&id).copied().flatten();
            let contact = Contact { heard, enrolled: known.highest_credential() > 0 };
            let mut open = owed.remove(&id).unwrap_or_default();
            open.sort_by_key(|(matter, _)| *matter);
            let owing: Vec<Owing> = open.iter().map(|(_, open)| open.owing).collect();
            let stand = glance::office(&owing, contact, figures, visit.now);
            let worst = stand.worst.and_then(|index| open.get(index));
            let worst = worst.map(|(matter, open)| (*matter, (*open).clone()));
            offices.push(Office { id, fact: fact.clone(), contact, met, stand, worst });
        }
        offices.sort_by_cached_key(|office| {
            (office.fact.tier, order(office.short()), office.fact.code.clone(), office.id)
        });
        let as_of = keeper.as_of(&facts)?;
        Ok(Self { offices, registry, figures, denied: hub.quotas.denied(), as_of })
    }

    /// How many offices are in a state.
    pub fn count(&self, state: State) -> usize {
        self.offices.iter().filter(|office| office.stand.state == state).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(kind: &str, name: &str) -> Fact {
        Fact {
            since: "2025-07-01".parse().unwrap_or_else(|_| unreachable!("a day")),
            said: "2025-07-01".parse().unwrap_or_else(|_| unreachable!("a day")),
            withdrawn: None,
            order: 0,
            tier: Tier::Commune,
            parent: None,
            code: "1".into(),
            kind: kind.into(),
            name: name.into(),
            closed: false,
            successors: Vec::new(),
            symbols: Vec::new(),
        }
    }

    #[test]
    fn names_lose_their_kind_and_nothing_else() {
        assert_eq!(short(&fact("xã", "Xã Bắc Lý")), "Bắc Lý");
        assert_eq!(short(&fact("thành phố", "Thành phố Vinh")), "Vinh");
        assert_eq!(short(&fact("phường", "Xã Bắc Lý")), "Xã Bắc Lý");
        assert_eq!(short(&fact("", "Bắc Lý")), "Bắc Lý");
        assert_eq!(short(&fact("xã", "Xã")), "Xã");
        assert_eq!(short(&fact("a", "ẩ")), "ẩ", "a name is not cut within a letter");
    }
}
