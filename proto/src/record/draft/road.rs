//! The road of a draft: steps in one line, each with the step to which it may be returned. It is data of the house
//! ([`crate::house::road`]); a draft has it as it was for its body on the day on which it was begun, and keeps it.

use serde::{Deserialize, Serialize};

use super::form::{Form, Line, Many, Message, Name, Number, Of, One};
use crate::house::road as data;
pub use crate::house::road::{Act as Doing, Layer};
use crate::limits;
use crate::record::Malformed;
use crate::wire;

/// A step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Its id in the road.
    pub id: String,
    /// What is done.
    pub doing: Doing,
    /// What is appraised.
    pub layers: Vec<Layer>,
    /// The next step; empty at the last.
    pub yes: String,
    /// The step to which it is returned; empty: it is not returned.
    pub no: String,
}

impl Message for Step {
    type Wire = wire::DraftStep;

    fn from_wire(wire: Self::Wire) -> Result<Self, Malformed> {
        Ok(Self {
            id: Name::read(wire.id)?,
            doing: One::read(wire.doing)?,
            layers: Many::<One<Layer>>::read(wire.layers)?,
            yes: Line::read(wire.yes)?,
            no: Line::read(wire.no)?,
        })
    }

    fn to_wire(&self) -> Self::Wire {
        wire::DraftStep {
            id: self.id.clone(),
            doing: One::write(&self.doing),
            layers: Many::<One<Layer>>::write(&self.layers),
            yes: self.yes.clone(),
            no: self.no.clone(),
        }
    }
}

/// The road of one draft.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Road {
    /// Its id in the house.
    pub id: String,
    /// Which version of it.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Who signs, unless the draft says otherwise.
    pub signer: String,
    /// Whose opinions are asked for; empty: nobody's.
    pub group: String,
    /// The steps; the first one is that of the drafter.
    pub steps: Vec<Step>,
}

impl Road {
    /// The road as the papers of a body take it: without the steps of other bodies.
    pub fn of(road: &data::Road, body: &str) -> Self {
        let next = |id: &Option<String>| {
            let mut next = id.as_deref().and_then(|id| road.step(id));
            for _ in 0..road.steps.len() {
                next = match next {
                    Some(step) if !step.is_for(body) => step.yes.as_deref().and_then(|id| road.step(id)),
                    _ => break,
                };
            }
            next.map(|step| step.id.clone()).unwrap_or_default()
        };
        let steps = road.steps.iter().filter(|step| step.is_for(body)).map(|step| Step {
            id: step.id.clone(),
            doing: step.act,
            layers: step.layers.clone(),
            yes: next(&step.yes),
            no: step.no.clone().unwrap_or_default(),
        });
        Self {
            id: road.id.clone(),
            version: road.version,
            name: road.name.clone(),
            signer: road.signer.of(body).unwrap_or_default().to_owned(),
            group: road.group.clone().unwrap_or_default(),
            steps: steps.collect(),
        }
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The steps that come after this one where everybody says yes.
    pub fn ahead<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Step> {
        let next = |step: &Step| self.step(&step.yes);
        std::iter::successors(self.step(id).and_then(next), move |step| next(step)).take(limits::ROAD_STEPS)
    }

    /// Whether what is remarked at a step can be taken in later.
    pub fn absorbs_after(&self, id: &str) -> bool {
        self.ahead(id).any(|step| step.doing == Doing::Absorb)
    }

    /// The step at which this is done first.
    pub fn first(&self, doing: Doing) -> Option<&Step> {
        self.steps.iter().find(|step| step.doing == doing)
    }
}

impl Message for Road {
    type Wire = wire::DraftRoad;

    fn from_wire(wire: Self::Wire) -> Result<Self, Malformed> {
        let road = Self {
            id: Name::read(wire.id)?,
            version: wire.version,
            name: Line::read(wire.name)?,
            signer: Line::read(wire.signer)?,
            group: Line::read(wire.group)?,
            steps: Many::<Of<Step>>::read(wire.steps)?,
        };
        let writes_first = road.steps.first().is_some_and(|step| step.doing == Doing::Draft);
        if !writes_first || road.steps.len() > limits::ROAD_STEPS {
            return Err(Malformed("road"));
        }
        Ok(road)
    }

    fn to_wire(&self) -> Self::Wire {
        wire::DraftRoad {
            id: self.id.clone(),
            version: Number::write(&self.version),
            name: self.name.clone(),
            signer: self.signer.clone(),
            group: self.group.clone(),
            steps: Many::<Of<Step>>::write(&self.steps),
        }
    }
}
