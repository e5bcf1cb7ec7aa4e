//! The texts of the versions of a draft, read from its entries: the state keeps hashes alone.

use std::collections::BTreeMap;

use truc_proto::id::RecordId;
use truc_proto::record::draft::{Act, Draft, KIND, Part, PartText};
use truc_proto::record::{self, Move};

use super::super::Context;
use super::compare::{Parts, weigh};
use crate::derive::views::story;
use crate::words::failure::Failure;

/// The texts of all versions and of what was kept beside.
#[derive(Default)]
pub(crate) struct Texts {
    versions: Vec<Parts>,
    beside: Vec<Parts>,
}

impl Texts {
    /// A version by its number; none: there is none.
    pub(crate) fn of(&self, version: u32) -> Option<&Parts> {
        self.versions.get((version as usize).checked_sub(1)?)
    }

    /// The newest version.
    pub(crate) fn newest(&self) -> Option<&Parts> {
        self.versions.last()
    }

    /// What was kept beside, by its number: the parts that it changes.
    pub(crate) fn beside(&self, number: u32) -> Option<&Parts> {
        self.beside.get((number as usize).checked_sub(1)?)
    }
}

/// Reads them. A version that this machine cannot open, or whose text was destroyed, is empty.
pub(crate) fn texts(context: &Context<'_>, record: RecordId, draft: &Draft) -> Result<Texts, Failure> {
    let told = context.look(|views, look| story::of_own(views, look.me, record, KIND.number))?;
    let applied = told.iter().filter(|row| row.outcome == "applied");
    let writes = |row: &&story::StoryRow| matches!(&*row.mv, "begin" | "save");
    // The moves that changed the draft are counted from 1.
    let mut written: BTreeMap<u32, Parts> = BTreeMap::new();
    for (number, row) in (1..).zip(applied).filter(|(_, row)| writes(row)) {
        let stored = context.office.read(|journal| journal.at_position(row.position))?;
        let act = match stored.map(|stored| record::of(&stored.entry)) {
            Some(Ok(Move::Draft(mv))) => mv.0,
            _ => continue,
        };
        let parts = match act {
            Act::Begin(begun) => begun.parts,
            Act::Save(saved) => saved.parts,
            _ => continue,
        };
        written.insert(number, parts.into_iter().map(|text| (text.part, text.text)).collect());
    }
    let of = |number: u32| written.get(&number).cloned().unwrap_or_default();
    let mut texts = Texts::default();
    let mut whole = Parts::new();
    for version in &draft.versions {
        whole.extend(of(version.written));
        texts.versions.push(whole.clone());
    }
    texts.beside = draft.beside.iter().map(|beside| of(beside.written)).collect();
    Ok(texts)
}

/// The parts that differ from a version, and how much.
pub(super) fn changed(base: &Parts, given: Vec<(Part, String)>) -> Vec<PartText> {
    let changed = |(part, text): (Part, String)| {
        let weight = weigh(base.get(&part).map_or("", String::as_str), &text)?;
        Some(PartText { part, text, weight })
    };
    given.into_iter().filter_map(changed).collect()
}
