//! Kind 1: the hub's word on offices, credentials, questions and refusals. It has no strands: its moves make the
//! [`crate::registry::Registry`].

use bytes::Bytes;
use prost::Message;

use super::Malformed;
use super::parts::joined;
use crate::id::OfficeId;
use crate::wire::{self, registry_move};

/// A move of the registry, kept as a message: only the registry looks inside.
#[derive(Clone, PartialEq, Debug)]
pub struct Move(pub wire::RegistryMove);

impl Move {
    /// The kind's number in headers.
    pub const KIND: u32 = 1;
    /// The kind's name in commands and tables.
    pub const NAME: &str = "registry";

    /// Reads a body. None: a move that this program does not know yet.
    pub fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::RegistryMove::decode(body).map_err(|_| Malformed("registry"))?;
        Ok(mv.r#move.is_some().then_some(Self(mv)))
    }

    /// The body, to be written into an entry.
    pub fn encode(&self) -> Bytes {
        self.0.encode_to_vec().into()
    }

    /// The name by which views know it.
    pub fn name(&self) -> &'static str {
        match self.0.r#move {
            Some(registry_move::Move::Office(_)) => "office",
            Some(registry_move::Move::Credential(_)) => "credential",
            Some(registry_move::Move::Revoked(_)) => "revoked",
            Some(registry_move::Move::Refused(_)) => "refused",
            Some(registry_move::Move::Question(_)) => "question",
            Some(registry_move::Move::Answer(_)) => "answer",
            Some(registry_move::Move::WentBack(_)) => "went-back",
            Some(registry_move::Move::HubKey(_)) => "hub-key",
            Some(registry_move::Move::Authorities(_)) => "authorities",
            Some(registry_move::Move::Withdrawn(_)) => "withdrawn",
            Some(registry_move::Move::Turned(_)) => "turned",
            Some(registry_move::Move::Addresses(_)) => "addresses",
            None => "unknown",
        }
    }

    /// The office that it is about.
    pub fn office(&self) -> Option<OfficeId> {
        let office = match self.0.r#move.as_ref()? {
            registry_move::Move::Credential(said) => &said.office,
            registry_move::Move::Revoked(said) => &said.office,
            registry_move::Move::Refused(said) => &said.ledger,
            registry_move::Move::Question(said) => &said.office,
            registry_move::Move::Answer(said) => &said.office,
            registry_move::Move::Withdrawn(said) => &said.office,
            // A fact says the office's name itself.
            _ => return None,
        };
        OfficeId::from_wire(office)
    }

    /// One line for a timeline.
    pub fn brief(&self) -> String {
        match &self.0.r#move {
            Some(registry_move::Move::Office(fact)) => joined(&[&fact.code, &fact.name, &fact.since]),
            Some(registry_move::Move::Credential(issued)) => issued.number.to_string(),
            Some(registry_move::Move::Revoked(revoked)) => joined(&[&revoked.up_to, &revoked.reason]),
            Some(registry_move::Move::Refused(refused)) => joined(&[&refused.seq, &refused.reason]),
            Some(registry_move::Move::Authorities(said)) => said.certificates.len().to_string(),
            Some(registry_move::Move::Withdrawn(said)) => said.since.clone(),
            Some(registry_move::Move::Turned(said)) => said.day.clone(),
            Some(registry_move::Move::Addresses(said)) => said.addresses.join(" "),
            _ => String::new(),
        }
    }
}
