//! Which block of the new text comes from which of the old one: the longest common blocks, between them what is alike, rows
//! by their first cells, and whole blocks that stand elsewhere.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;

use super::Numbers;
use super::blocks::{Kind, Source, cells};
use super::common::common;
use super::words::bare;
use crate::limits;

/// Words from which on a block that stands elsewhere is known again.
const MOVED_WORDS: usize = 6;

/// Both texts as blocks.
pub(super) struct Texts {
    pub(super) old: Vec<Source>,
    pub(super) new: Vec<Source>,
    /// Words without their look, as numbers, of the blocks that are not in both as they are.
    pub(super) old_bare: Vec<Vec<u32>>,
    pub(super) new_bare: Vec<Vec<u32>>,
}

impl Texts {
    pub(super) fn new(old: Vec<Source>, new: Vec<Source>) -> Self {
        Self { old_bare: vec![Vec::new(); old.len()], new_bare: vec![Vec::new(); new.len()], old, new }
    }

    /// Reads the words of blocks that have no pair yet.
    fn read(&mut self, pairs: &Pairs) {
        let mut numbers = Numbers::new();
        let mut words =
            |block: &Source| bare(block).into_iter().map(|word| numbers.of(word)).collect::<Vec<u32>>();
        for at in (0..self.old.len()).filter(|at| !pairs.taken[*at]) {
            self.old_bare[at] = words(&self.old[at]);
        }
        for at in (0..self.new.len()).filter(|at| pairs.of[*at].is_none()) {
            self.new_bare[at] = words(&self.new[at]);
        }
    }
}

/// What comes from what.
pub(super) struct Pairs {
    /// For each block of the new text, the block of the old one from which it comes.
    pub(super) of: Vec<Option<usize>>,
    /// Whether a block of the new text comes from elsewhere as it is.
    pub(super) moved: Vec<bool>,
    /// Whether a block of the old text is in the new one.
    pub(super) taken: Vec<bool>,
    /// Whether the texts were too long to look at everything.
    pub(super) bounded: bool,
}

impl Pairs {
    pub(super) fn find(texts: &mut Texts) -> Self {
        let mut numbers = Numbers::new();
        let a: Vec<u32> = texts.old.iter().map(|block| numbers.of(block)).collect();
        let b: Vec<u32> = texts.new.iter().map(|block| numbers.of(block)).collect();
        let mut pairs = Self {
            of: vec![None; b.len()],
            moved: vec![false; b.len()],
            taken: vec![false; a.len()],
            bounded: false,
        };
        let common = common(&a, &b, limits::COMPARED_BLOCKS);
        pairs.bounded = common.bounded;
        for &(p, q) in &common.pairs {
            pairs.join(p, q);
        }
        texts.read(&pairs);
        let mut from = (0, 0);
        for &(p, q) in common.pairs.iter().chain([&(a.len(), b.len())]) {
            pairs.alike(texts, from.0..p, from.1..q);
            from = (p + 1, q + 1);
        }
        pairs.rows(texts);
        pairs.elsewhere(texts, &a, &b);
        pairs
    }

    fn join(&mut self, p: usize, q: usize) {
        self.of[q] = Some(p);
        self.taken[p] = true;
    }

    /// In a hole between common blocks, pairs what is alike, the likest first, in order.
    fn alike(&mut self, texts: &Texts, old: Range<usize>, new: Range<usize>) {
        let sorted = |bare: &[Vec<u32>], at: usize| {
            let mut words = bare[at].clone();
            words.sort_unstable();
            words
        };
        let olds: Vec<Vec<u32>> = old.clone().map(|at| sorted(&texts.old_bare, at)).collect();
        let news: Vec<Vec<u32>> = new.clone().map(|at| sorted(&texts.new_bare, at)).collect();
        let many = olds.len().saturating_mul(news.len()) > limits::COMPARED_LIKENESS;
        self.bounded |= many;
        // In a large hole a block is looked for beside where it would stand if all had changed alike.
        let near = if many { limits::COMPARED_LIKENESS / news.len() + 1 } else { olds.len() };
        let mut likely = Vec::new();
        for (y, q) in new.clone().enumerate() {
            let beside = y * olds.len() / news.len().max(1);
            let from = beside.saturating_sub(near);
            let to = olds.len().min(beside + near + 1).max(from);
            for (p, block) in (old.start + from..).zip(&olds[from..to]) {
                let (kind, other) = (texts.old[p].kind, texts.new[q].kind);
                // A mark of a heading or list alone makes no other block of it.
                let marked =
                    kind != Kind::Row && other != Kind::Row && texts.old_bare[p] == texts.new_bare[q];
                if let Some(like) = likeness(block, &news[y])
                    && (kind == other || marked)
                {
                    likely.push((like, q, p));
                }
            }
        }
        likely.sort_by(|(one, q, p), (other, r, s)| other.against(one).then((q, p).cmp(&(r, s))));
        let mut joined: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, q, p) in likely {
            let before = joined.range(..q).next_back().is_none_or(|(_, known)| *known < p);
            let after = joined.range(q..).next().is_none_or(|(other, known)| *other > q && *known > p);
            if before && after {
                joined.insert(q, p);
                self.join(p, q);
            }
        }
    }

    /// Rows with one first cell are one row.
    fn rows(&mut self, texts: &Texts) {
        let first = |source: &Source| {
            let name = cells(&source.text).first().map(|cell| (*cell).to_owned());
            name.filter(|name| source.kind == Kind::Row && !name.is_empty())
        };
        let mut known: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (p, source) in texts.old.iter().enumerate().filter(|(p, _)| !self.taken[*p]) {
            if let Some(name) = first(source) {
                known.entry(name).or_default().push_back(p);
            }
        }
        for (q, source) in texts.new.iter().enumerate() {
            if self.of[q].is_none()
                && let Some(p) = first(source).and_then(|name| known.get_mut(&name)?.pop_front())
            {
                self.join(p, q);
            }
        }
    }

    /// Whole blocks that stand elsewhere.
    fn elsewhere(&mut self, texts: &Texts, a: &[u32], b: &[u32]) {
        let mut left: HashMap<u32, VecDeque<usize>> = HashMap::new();
        for (p, number) in a.iter().enumerate() {
            if !self.taken[p] && texts.old_bare[p].len() >= MOVED_WORDS {
                left.entry(*number).or_default().push_back(p);
            }
        }
        for (q, number) in b.iter().enumerate() {
            if self.of[q].is_none()
                && let Some(p) = left.get_mut(number).and_then(VecDeque::pop_front)
            {
                self.taken[p] = true;
                self.moved[q] = true;
            }
        }
    }
}

/// How alike two blocks are: twice the words that they share, of all their words.
#[derive(Clone, Copy, Debug)]
struct Likeness {
    shared: usize,
    all: usize,
}

impl Likeness {
    /// Which of two is the larger: both are quotients.
    fn against(&self, other: &Self) -> Ordering {
        (self.shared * other.all).cmp(&(other.shared * self.all))
    }
}

/// How alike two blocks are by their words in order of their numbers; none: less than two in five words are shared.
fn likeness(old: &[u32], new: &[u32]) -> Option<Likeness> {
    let all = old.len() + new.len();
    // Lines and other marks without words.
    if all == 0 {
        return Some(Likeness { shared: 1, all: 2 });
    }
    let enough = |shared: usize| shared > 0 && 5 * shared >= all;
    if !enough(old.len().min(new.len())) {
        return None;
    }
    let (mut x, mut y, mut shared) = (0, 0, 0);
    while x < old.len() && y < new.len() {
        match old[x].cmp(&new[y]) {
            Ordering::Less => x += 1,
            Ordering::Greater => y += 1,
            Ordering::Equal => (x, y, shared) = (x + 1, y + 1, shared + 1),
        }
    }
    enough(shared).then_some(Likeness { shared, all })
}
