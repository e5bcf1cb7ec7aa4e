//! What the house says of the people of a draft at one moment. Judgement and lists ask this and nothing else, so whoever
//! leaves, is away or gets a right changes no draft.

use super::road::Road;
use crate::authority::bodies;
use crate::date::Date;
use crate::house::road::CountsAs;
pub use crate::house::road::Duty;
use crate::house::{House, Lent};
use crate::paper::DocumentType;
use crate::registry::Tier;

/// A right to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signing {
    /// The lines above the name: always those of the signer's own title.
    pub form: String,
    /// Whose right it is, where it was lent; empty: the signer's own.
    pub of: String,
}

/// What silence counts as.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Silence {
    /// As agreement.
    pub agrees: bool,
    /// The paper by which it does.
    pub basis: String,
}

/// The house at one moment.
pub trait Bench {
    /// Whether the house knows this person.
    fn knows(&self, person: &str) -> bool;
    /// What a person, unit or body is called.
    fn name(&self, id: &str) -> String;
    /// Whether somebody does this now, also in another's place.
    fn is(&self, person: &str, duty: Duty) -> bool;
    /// Whether a paper of this type of this body is issued at all.
    fn issues(&self, issuer: &str, document_type: &str) -> bool;
    /// The road of this body and type today.
    fn road(&self, issuer: &str, document_type: &str) -> Option<Road>;
    /// In which form somebody may sign a paper of this body and type now.
    fn signs(&self, person: &str, issuer: &str, document_type: &str) -> Option<Signing>;
    /// The members of a group today.
    fn group(&self, group: &str) -> Vec<String>;
    /// What the silence of a group counts as for a type.
    fn silence(&self, group: &str, document_type: &str) -> Silence;
    /// Whether there is such an office to ask.
    fn is_office(&self, office: &str) -> bool;
    /// So many working days after a day.
    fn working_after(&self, day: Date, days: u32) -> Date;
}

/// A house on the day of a moment.
pub struct OnDay<'a> {
    /// The house.
    pub house: &'a House,
    /// The tier of the office: it says which papers its bodies do not issue.
    pub tier: Tier,
    /// The day.
    pub day: Date,
}

impl OnDay<'_> {
    /// Who holds a right of his own to sign such papers, and in which form.
    fn own(&self, person: &str, issuer: &str, kind: DocumentType) -> Option<String> {
        let mut signers = self.house.signers_for(issuer, kind, self.day);
        signers.find(|(_, signer)| signer.id == person).map(|(signer, _)| signer.form.clone())
    }
}

impl Bench for OnDay<'_> {
    fn knows(&self, person: &str) -> bool {
        self.house.person(person, self.day).is_some()
    }

    fn name(&self, id: &str) -> String {
        let body = || self.house.issuers(self.day).find(|issuer| issuer.id == id);
        match self.house.name(id, self.day) {
            name if name == id => body().map_or(id, |issuer| &issuer.line2).to_owned(),
            name => name.to_owned(),
        }
    }

    /// Whoever stands in for somebody who is away does what that one does on roads, but drafts nothing in his name.
    fn is(&self, person: &str, duty: Duty) -> bool {
        let (house, day) = (self.house, self.day);
        let stands_in = |away: &str| house.acts(away, day).is_some_and(|acts| acts.id == person);
        house.has_duty(person, duty, day)
            || duty != Duty::Drafter && house.on_duty(duty, day).any(|on_duty| stands_in(&on_duty.id))
    }

    fn issues(&self, issuer: &str, document_type: &str) -> bool {
        let symbol = self.house.issuer_of_body(issuer, self.day).map(|issuer| issuer.symbol.as_str());
        DocumentType::from_code(document_type)
            .is_some_and(|kind| !kind.is_central() && bodies::issues(self.tier, symbol, kind, self.day))
    }

    fn road(&self, issuer: &str, document_type: &str) -> Option<Road> {
        let kind = DocumentType::from_code(document_type)?;
        self.house.road_for(issuer, kind, self.day).map(|road| Road::of(road, issuer))
    }

    fn signs(&self, person: &str, issuer: &str, document_type: &str) -> Option<Signing> {
        let kind = DocumentType::from_code(document_type)?;
        if let Some(form) = self.own(person, issuer, kind) {
            return Some(Signing { form, of: String::new() });
        }
        let lends = |lent: &&crate::house::Delegation| {
            lent.to_person == person
                && lent.what.contains(&Lent::Signature)
                && self.own(&lent.person, issuer, kind).is_some()
        };
        self.house.person(person, self.day)?;
        let lent = self.house.delegations(self.day).find(lends)?;
        let title = self.house.titles(issuer, person, self.day).find(|title| title.signs(kind))?;
        Some(Signing { form: title.form.clone(), of: lent.person.clone() })
    }

    fn group(&self, group: &str) -> Vec<String> {
        self.house.group(group, self.day).map(|person| person.id.clone()).collect()
    }

    fn silence(&self, group: &str, document_type: &str) -> Silence {
        let kind = DocumentType::from_code(document_type);
        let row = kind.and_then(|kind| self.house.silence(group, kind, self.day));
        row.map_or_else(Silence::default, |row| Silence {
            agrees: row.counts_as == CountsAs::Agree,
            basis: row.basis.clone().unwrap_or_default(),
        })
    }

    fn is_office(&self, office: &str) -> bool {
        self.house.unit(office, self.day).is_some() || self.house.party(office, self.day).is_some()
    }

    fn working_after(&self, day: Date, days: u32) -> Date {
        self.house.working_after(day, days)
    }
}
