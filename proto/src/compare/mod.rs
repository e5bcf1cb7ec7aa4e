//! Two versions of a paper's text (Markdown), compared: how much weighs what changed, and the change as people read it.
//!
//! *Same* is what differs in composition, line ends, wrapping and spaces alone; *light* is what differs in the look:
//! capitals, punctuation between words, marks of headings and lists, the place of a tone; *heavy* is any other word, tone
//! or figure. What nobody can compare within the bounds of [`crate::limits`] is heavy.
//!
//! Which approvals of a draft end depends on the weight, so it is computed from the texts alone: no clock bounds the work,
//! and every machine says the same.

mod blocks;
mod common;
mod marks;
mod pairs;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;
use std::hash::Hash;

pub use blocks::Kind;
pub use marks::{Mark, Run};

use blocks::{Source, blocks, cells};
use pairs::{Pairs, Texts};

/// How much weighs what changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Weight {
    /// Nothing that anybody reads.
    Same,
    /// The look alone.
    Light,
    /// Words or figures.
    Heavy,
}

/// What became of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It is as it was.
    Kept,
    /// Its look alone is another, as marked; or it is a line without words that is new or gone.
    Formal(Vec<Run>),
    /// Words are others, as marked.
    Words(Vec<Run>),
    /// Cells of a row are others, each as marked.
    Cells(Vec<Vec<Run>>),
    /// It stands elsewhere.
    Moved,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// A block of the new text, or of the old one if it is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// Its text, with its marks, on one line.
    pub text: String,
    /// What became of it.
    pub change: Change,
}

/// What differs between two texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// All blocks of the new text in its order, and those that are gone where they were.
    pub blocks: Vec<Block>,
    /// Whether the texts were too long to be compared word by word everywhere.
    pub long: bool,
}

/// How many blocks changed in which way: what the sentence about a difference says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// New blocks.
    pub added: usize,
    /// Blocks that are gone.
    pub removed: usize,
    /// Blocks with other words.
    pub changed: usize,
    /// Blocks that stand elsewhere.
    pub moved: usize,
    /// Blocks of which the look alone is another.
    pub formal: usize,
}

/// Changed blocks that stand under one heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section<'a> {
    /// The heading; none: they stand before all, or the heading itself has changed and is the first of them.
    pub heading: Option<&'a str>,
    /// The blocks.
    pub blocks: Vec<&'a Block>,
}

/// Compares two texts.
pub fn compare(old: &str, new: &str) -> Difference {
    let mut texts = Texts::new(blocks(old), blocks(new));
    let mut pairs = Pairs::find(&mut texts);
    let mut told: Vec<Block> = Vec::new();
    let block = |source: &Source, change| Block { kind: source.kind, text: source.text.clone(), change };
    let mut next = 0;
    let mut gone = |told: &mut Vec<Block>, pairs: &Pairs, upto: usize| {
        while next < upto {
            if !pairs.taken[next] {
                let was = &texts.old[next];
                // A line without words is of the look alone.
                let look = texts.old_bare[next].is_empty();
                let change = if look { Change::Formal(marks::whole(&was.text, "")) } else { Change::Removed };
                told.push(block(was, change));
            }
            next += 1;
        }
        next = next.max(upto);
    };
    let mut work = marks::Work::default();
    for (at, source) in texts.new.iter().enumerate() {
        let change = match pairs.of[at] {
            Some(from) => {
                gone(&mut told, &pairs, from);
                let was = &texts.old[from];
                if was == source {
                    Change::Kept
                } else if texts.old_bare[from] == texts.new_bare[at] {
                    Change::Formal(work.mark(&was.text, &source.text))
                } else {
                    changed(was, source, &mut work)
                }
            }
            None if pairs.moved[at] => Change::Moved,
            None if texts.new_bare[at].is_empty() => Change::Formal(marks::whole("", &source.text)),
            None => Change::Added,
        };
        told.push(block(source, change));
    }
    gone(&mut told, &pairs, texts.old.len());
    pairs.bounded |= work.bounded;
    Difference { blocks: told, long: pairs.bounded }
}

/// What changed within a block; rows of the same number of cells are compared cell by cell.
fn changed(was: &Source, is: &Source, work: &mut marks::Work) -> Change {
    let (old, new) = (cells(&was.text), cells(&is.text));
    if is.kind == Kind::Row && old.len() == new.len() {
        let cell = |(old, new): (&str, &str)| marks::whole(old, new);
        return Change::Cells(old.into_iter().zip(new).map(cell).collect());
    }
    Change::Words(work.mark(&was.text, &is.text))
}

impl Difference {
    /// How much weighs what changed.
    pub fn weight(&self) -> Weight {
        self.blocks.iter().map(Block::weight).max().unwrap_or(Weight::Same)
    }

    /// How many blocks changed in which way.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for block in &self.blocks {
            match block.change {
                Change::Kept => {}
                Change::Formal(_) => counts.formal += 1,
                Change::Words(_) | Change::Cells(_) => counts.changed += 1,
                Change::Moved => counts.moved += 1,
                Change::Added => counts.added += 1,
                Change::Removed => counts.removed += 1,
            }
        }
        counts
    }

    /// The changed blocks, under their headings.
    pub fn sections(&self) -> Vec<Section<'_>> {
        let mut sections: Vec<Section<'_>> = Vec::new();
        let mut heading = None;
        // Whether the next changed block begins a section.
        let mut begins = true;
        for block in &self.blocks {
            let is_kept = block.change == Change::Kept;
            if block.kind == Kind::Heading && block.change != Change::Removed {
                heading = is_kept.then_some(block.text.as_str());
                begins = true;
            }
            if is_kept {
                continue;
            }
            match sections.last_mut() {
                Some(section) if !begins => section.blocks.push(block),
                _ => sections.push(Section { heading, blocks: vec![block] }),
            }
            begins = false;
        }
        sections
    }
}

impl Block {
    /// How much weighs what became of it.
    pub fn weight(&self) -> Weight {
        match self.change {
            Change::Kept => Weight::Same,
            Change::Formal(_) => Weight::Light,
            _ => Weight::Heavy,
        }
    }
}

/// How much weighs what changed between two texts.
pub fn weight(old: &str, new: &str) -> Weight {
    compare(old, new).weight()
}

/// Numbers for values: the same value has the same number.
struct Numbers<T>(HashMap<T, u32>);

impl<T: Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn of(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(value).or_insert(next)
    }
}
