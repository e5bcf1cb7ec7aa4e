//! What changed within a block, word by word, as runs of text: kept, out, in.

use std::ops::Range;

use super::Numbers;
use super::common::common;
use super::words::{Word, words};
use crate::limits;

/// What became of a run of words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mark {
    /// It is in both texts.
    Kept,
    /// It is gone.
    Out,
    /// It is new.
    In,
}

/// A run of words with one mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Its mark.
    pub mark: Mark,
    /// Whether there is a space before it.
    pub spaced: bool,
    /// Its text: as it was if it is gone, else as it is.
    pub text: String,
}

/// Equal runs shorter than this between changes belong to the change: single words that stayed by chance are no help.
const LEAST_EQUAL: usize = 2;

/// The marking of blocks, with how much of it was done.
#[derive(Default)]
pub(super) struct Work {
    cells: usize,
    /// Whether some block was too long.
    pub(super) bounded: bool,
}

impl Work {
    /// Marks what differs between two blocks.
    pub(super) fn mark(&mut self, old: &str, new: &str) -> Vec<Run> {
        let (x, y) = (words(old), words(new));
        let mut numbers = Numbers::new();
        let a: Vec<u32> = x.iter().map(|word| numbers.of(word.text)).collect();
        let b: Vec<u32> = y.iter().map(|word| numbers.of(word.text)).collect();
        let left = limits::COMPARED_WORDS.saturating_sub(self.cells);
        let cells = x.len().saturating_mul(y.len());
        self.cells += if cells <= left { cells } else { 0 };
        let common = common(&a, &b, left);
        self.bounded |= common.bounded;
        let mut marked = Marked { old, new, x: &x, y: &y, runs: Vec::new() };
        let (mut i, mut j) = (0, 0);
        for (p, q, length) in kept(&common.pairs, x.len(), y.len()) {
            marked.change(&a, &b, i..p, j..q);
            marked.keep(q..q + length);
            (i, j) = (p + length, q + length);
        }
        marked.change(&a, &b, i..x.len(), j..y.len());
        marked.runs()
    }
}

/// The runs that are kept: places in both texts and lengths.
fn kept(pairs: &[(usize, usize)], old: usize, new: usize) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for &(i, j) in pairs {
        match runs.last_mut() {
            Some((p, q, length)) if (*p + *length, *q + *length) == (i, j) => *length += 1,
            _ => runs.push((i, j, 1)),
        }
    }
    let at_an_end =
        |(p, q, length): &(usize, usize, usize)| (*p, *q) == (0, 0) || (p + length, q + length) == (old, new);
    runs.retain(|run| run.2 >= LEAST_EQUAL || at_an_end(run));
    runs
}

/// Two blocks with their words, being marked.
struct Marked<'a> {
    old: &'a str,
    new: &'a str,
    x: &'a [Word<'a>],
    y: &'a [Word<'a>],
    /// Marks and words: of the old text if they are gone, else of the new one.
    runs: Vec<(Mark, Range<usize>)>,
}

impl Marked<'_> {
    /// Words are kept, after those that were kept just before.
    fn keep(&mut self, at: Range<usize>) {
        match self.runs.last_mut() {
            Some((Mark::Kept, last)) if last.end == at.start => last.end = at.end,
            _ if at.is_empty() => {}
            _ => self.runs.push((Mark::Kept, at)),
        }
    }

    /// Words are changed. What both begin or end with is kept, so that no word goes out and comes in at one place.
    fn change(&mut self, a: &[u32], b: &[u32], out: Range<usize>, into: Range<usize>) {
        let (from, to) = (&a[out.clone()], &b[into.clone()]);
        let head = from.iter().zip(to).take_while(|(x, y)| x == y).count();
        let (from, to) = (&from[head..], &to[head..]);
        let tail = from.iter().rev().zip(to.iter().rev()).take_while(|(x, y)| x == y).count();
        self.keep(into.start..into.start + head);
        for (mark, at) in [(Mark::Out, out), (Mark::In, into.clone())] {
            let at = at.start + head..at.end - tail;
            if !at.is_empty() {
                self.runs.push((mark, at));
            }
        }
        self.keep(into.end - tail..into.end);
    }

    fn runs(self) -> Vec<Run> {
        let run = |(mark, at): (Mark, Range<usize>)| {
            let (words, source) = if mark == Mark::Out { (self.x, self.old) } else { (self.y, self.new) };
            let of = &words[at];
            let ends = (of.first().map_or(0, |word| word.start), of.last().map_or(0, Word::end));
            let spaced = of.first().is_some_and(|word| word.spaced);
            Run { mark, spaced, text: source[ends.0..ends.1].to_owned() }
        };
        self.runs.into_iter().map(run).collect()
    }
}

/// A text that is kept or replaced as a whole: a cell of a table.
pub(super) fn whole(old: &str, new: &str) -> Vec<Run> {
    let run = |mark, text: &str| Run { mark, spaced: false, text: text.to_owned() };
    if old == new {
        return vec![run(Mark::Kept, new)];
    }
    let runs = [run(Mark::Out, old), run(Mark::In, new)];
    let mut runs: Vec<Run> = runs.into_iter().filter(|run| !run.text.is_empty()).collect();
    if let [_, second] = &mut runs[..] {
        second.spaced = true;
    }
    runs
}
