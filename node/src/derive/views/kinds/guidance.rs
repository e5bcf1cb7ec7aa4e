//! Guidance in the views. It needs no table of its own: [`crate::derive::views::read::list`] lists it.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::record::guidance::Strand;
use truc_proto::record::{Paper, Said};

use super::{Answer, Duty, Key, Kind, Verdict, addressees};
use crate::derive::views::Result;
use crate::derive::views::read::{RecordRow, Viewpoint};

/// Guidance in the views.
pub struct Tables;

/// Guidance as people see it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its addressees and what each made of it.
    pub addressees: Vec<Addressee>,
}

/// What one office made of it.
#[derive(Debug, Serialize)]
pub struct Addressee {
    /// Which office.
    pub office: OfficeId,
    /// Read and understood.
    pub acknowledged: Option<Said>,
    /// What it asked.
    pub questions: Vec<Question>,
}

/// A question and its answer.
#[derive(Debug, Serialize)]
pub struct Question {
    /// 1, 2, 3 … of the asking office.
    pub number: u32,
    /// The question.
    pub asked: Said,
    /// The answer.
    pub answered: Option<Said>,
}

impl Kind for Tables {
    type Strand = Strand;
    type Shown = Shown;
    const TABLE: &str = "";
    const SCHEMA: &str = "";

    fn paper(strand: &Strand) -> Option<&Paper> {
        strand.owner.as_ref().map(|owner| &owner.paper)
    }

    fn status(strand: &Strand) -> &'static str {
        match &strand.owner {
            Some(_) => "issued",
            None if strand.acknowledged.is_some() => "acknowledged",
            None if !strand.questions.is_empty() => "question",
            None => "",
        }
    }

    fn write(_: &Connection, _: Key, _: &Strand) -> Result<()> {
        Ok(())
    }

    /// To acknowledge it, when it says by when.
    fn duties(strand: &Strand, audience: &[Scope]) -> Vec<Duty> {
        let Some(owner) = strand.owner.as_ref().filter(|owner| owner.paper.due().is_some()) else {
            return Vec::new();
        };
        let duty = |by: &Scope| {
            let (part, due, content) = (String::new(), owner.paper.due(), owner.paper.title.clone());
            Duty { part, by: *by, due, content }
        };
        audience.iter().map(duty).collect()
    }

    fn answers(strand: &Strand) -> Vec<Answer<'_>> {
        let done = strand.acknowledged.as_ref().map(|said| said.when);
        let said =
            strand.questions.values().map(|said| said.when.time).chain(done.map(|done| done.time)).max();
        let whole = said.map(|said| Answer { part: "".into(), word: Self::status(strand), said, done });
        let question = |(number, asked): (&u32, &Said)| Answer {
            part: number.to_string().into(),
            word: "",
            said: asked.when.time,
            done: Some(asked.when),
        };
        whole.into_iter().chain(strand.questions.iter().map(question)).collect()
    }

    /// The questions that the owner has answered.
    fn verdicts(strand: &Strand) -> Vec<Verdict<'_>> {
        let answers = strand.owner.iter().flat_map(|owner| &owner.answers);
        answers
            .flat_map(|(office, by)| by.iter().map(move |(number, said)| (*office, number, said)))
            .map(|(office, number, said)| Verdict {
                part: number.to_string().into(),
                office,
                said: said.when.time,
                accepted: true,
            })
            .collect()
    }

    fn show(look: &Viewpoint<'_>, row: &RecordRow, strands: &BTreeMap<OfficeId, Strand>) -> Option<Shown> {
        let owner = strands.get(&row.owner)?.owner.as_ref()?;
        let nothing = Strand::default();
        let one = |office: OfficeId| {
            let strand = strands.get(&office).unwrap_or(&nothing);
            let question = |(number, asked): (&u32, &Said)| Question {
                number: *number,
                asked: asked.clone(),
                answered: owner.answers.get(&office).and_then(|answers| answers.get(number)).cloned(),
            };
            let questions = strand.questions.iter().map(question).collect();
            Addressee { office, acknowledged: strand.acknowledged.clone(), questions }
        };
        let answered = |strand: &Strand| strand.acknowledged.is_some() || !strand.questions.is_empty();
        Some(Shown { addressees: addressees(look, row, strands, answered).into_iter().map(one).collect() })
    }
}
