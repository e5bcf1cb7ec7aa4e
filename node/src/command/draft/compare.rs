//! How two versions of a part differ, as answers of commands and pages tell it.

use std::collections::BTreeMap;

use serde::Serialize;
use truc_proto::compare::{self, Block, Change, Counts, Difference, Mark, Run};
use truc_proto::record::draft::{Part, Weight};

/// The parts of one version, whole.
pub(crate) type Parts = BTreeMap<Part, String>;

/// How much a part changed; none: nothing that anybody reads.
pub(super) fn weigh(old: &str, new: &str) -> Option<Weight> {
    match compare::weight(old, new) {
        compare::Weight::Same => None,
        compare::Weight::Light => Some(Weight::Light),
        compare::Weight::Heavy => Some(Weight::Heavy),
    }
}

/// A run of words: `kept`, `out` or `in`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Words {
    /// What became of it.
    pub(super) mark: &'static str,
    /// Its text, with the space before it.
    pub(super) text: String,
}

/// A block that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Changed {
    /// `added`, `removed`, `moved`, `formal` or `changed`.
    pub(super) change: &'static str,
    /// Its words.
    pub(super) words: Vec<Words>,
}

/// Changed blocks under one heading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Under {
    /// The heading; empty: none.
    pub(super) heading: String,
    /// The blocks.
    pub(super) blocks: Vec<Changed>,
}

/// What differs in one part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct PartChanged {
    /// Which.
    pub(super) part: &'static str,
    /// How many blocks changed in which way: added, removed, changed, moved, in the look alone.
    pub(super) counts: [usize; 5],
    /// The blocks.
    pub(super) sections: Vec<Under>,
}

/// The parts in which two versions differ.
pub(crate) fn compared(old: &Parts, new: &Parts) -> Vec<(Part, Difference)> {
    let all = <Part as strum::VariantArray>::VARIANTS.iter();
    let text = |parts: &Parts, part: &Part| parts.get(part).cloned().unwrap_or_default();
    let found = all.map(|part| (*part, compare::compare(&text(old, part), &text(new, part))));
    found.filter(|(_, found)| found.weight() != compare::Weight::Same).collect()
}

/// What differs between two versions, part by part.
pub(super) fn differences(old: &Parts, new: &Parts) -> Vec<PartChanged> {
    let changed = |(part, found): (Part, Difference)| {
        let sections = found.sections().into_iter().map(|section| Under {
            heading: section.heading.unwrap_or_default().to_owned(),
            blocks: section.blocks.into_iter().map(block).collect(),
        });
        let Counts { added, removed, changed, moved, formal } = found.counts();
        let counts = [added, removed, changed, moved, formal];
        PartChanged { part: part.into(), counts, sections: sections.collect() }
    };
    compared(old, new).into_iter().map(changed).collect()
}

fn block(block: &Block) -> Changed {
    let whole = |mark| vec![Words { mark, text: block.text.clone() }];
    let (change, words) = match &block.change {
        Change::Kept => ("kept", whole("kept")),
        Change::Moved => ("moved", whole("kept")),
        Change::Added => ("added", whole("in")),
        Change::Removed => ("removed", whole("out")),
        Change::Formal(runs) => ("formal", runs.iter().map(run).collect()),
        Change::Words(runs) => ("changed", runs.iter().map(run).collect()),
        Change::Cells(cells) => {
            let bar = || Words { mark: "kept", text: " | ".into() };
            let cells: Vec<Vec<Words>> = cells.iter().map(|runs| runs.iter().map(run).collect()).collect();
            ("changed", cells.join(&bar()))
        }
    };
    Changed { change, words }
}

fn run(run: &Run) -> Words {
    let mark = match run.mark {
        Mark::Kept => "kept",
        Mark::Out => "out",
        Mark::In => "in",
    };
    let space = if run.spaced { " " } else { "" };
    Words { mark, text: format!("{space}{}", run.text) }
}
