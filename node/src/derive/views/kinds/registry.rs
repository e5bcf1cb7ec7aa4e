//! The office registry as people see it. It is folded by the views themselves, which everything else
//! rests on: see `views/fold/registry.rs`.

use serde::Serialize;
use truc_proto::date::Date;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::registry::{Credential, Fact, Registry};

use crate::identity::certificate::renewal_due_at;

/// An office in a list, as it was on a day.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub office: OfficeId,
    /// What was true of it on that day.
    #[serde(flatten)]
    pub fact: Fact,
    /// Number of its valid credential; 0: none.
    pub credential: u64,
    /// When the certificate of that credential ends, Unix seconds.
    pub not_after: Option<u64>,
    /// When it is renewed, Unix seconds, if the machine has a line then.
    pub renews: Option<u64>,
}

/// When a credential's certificate is renewed, Unix seconds.
pub fn renews(credential: &Credential) -> u64 {
    let not_before = credential.not_after.saturating_sub(limits::NODE_CERTIFICATE.as_secs());
    renewal_due_at(not_before, credential.not_after, credential.certificate)
}

/// All offices that had a fact by that day, closed ones too, by code and name.
pub fn list(registry: &Registry, date: Date) -> Vec<Listed> {
    let listed = |id: OfficeId| {
        let fact = registry.fact_at(id, date)?.clone();
        let credential = registry.credential(id);
        Some(Listed {
            office: id,
            fact,
            credential: credential.map_or(0, |credential| credential.number),
            not_after: credential.map(|credential| credential.not_after),
            renews: credential.map(renews),
        })
    };
    let mut offices: Vec<Listed> = registry.offices().filter_map(|(id, _)| listed(id)).collect();
    offices.sort_by(|a, b| {
        (a.fact.tier, &a.fact.code, &a.fact.name).cmp(&(b.fact.tier, &b.fact.code, &b.fact.name))
    });
    offices
}

/// One office with all that was ever said of it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its id.
    pub office: OfficeId,
    /// All facts, in order of their days, also those that were taken back.
    pub facts: Vec<Fact>,
    /// The offices directly under it now.
    pub children: Vec<OfficeId>,
    /// Number of its valid credential; 0: none.
    pub credential: u64,
    /// SHA-256 of its TLS certificate.
    pub certificate: Option<Hash>,
    /// When that certificate ends, Unix seconds.
    pub not_after: Option<u64>,
    /// When it is renewed, Unix seconds, if the machine has a line then.
    pub renews: Option<u64>,
    /// Credentials up to this number are revoked.
    pub revoked_up_to: u64,
}

/// One office.
pub fn show(registry: &Registry, id: OfficeId) -> Option<Shown> {
    let office = registry.office(id)?;
    let credential = registry.credential(id);
    Some(Shown {
        office: id,
        facts: office.all_facts().to_vec(),
        children: registry.children(id).collect(),
        credential: credential.map_or(0, |credential| credential.number),
        certificate: credential.map(|credential| credential.certificate),
        not_after: credential.map(|credential| credential.not_after),
        renews: credential.map(renews),
        revoked_up_to: office.revoked_up_to(),
    })
}
