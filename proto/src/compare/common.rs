//! The longest common subsequence of two lists, within a bound on the work.

use std::collections::HashSet;

/// What two lists have in common: places in both, rising.
pub(super) struct Common {
    pub(super) pairs: Vec<(usize, usize)>,
    /// Whether the lists were too long: then only what they begin and end with is found.
    pub(super) bounded: bool,
}

/// What two lists have in common. `cells`: how many pairs of places are looked at at most.
pub(super) fn common(a: &[u32], b: &[u32], cells: usize) -> Common {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    // What stands in one list alone is common to none.
    let kept = |of: &[u32], other: &[u32]| -> Vec<usize> {
        let known: HashSet<u32> = other[head..].iter().copied().collect();
        (head..of.len()).filter(|at| known.contains(&of[*at])).collect()
    };
    let (rest_a, rest_b) = (kept(a, b), kept(b, a));
    if rest_a.len().saturating_mul(rest_b.len()) > cells {
        let (from, to) = (&a[head..], &b[head..]);
        let tail = from.iter().rev().zip(to.iter().rev()).take_while(|(x, y)| x == y).count();
        pairs.extend((1..=tail).rev().map(|back| (a.len() - back, b.len() - back)));
        return Common { pairs, bounded: true };
    }
    let same = |i: usize, j: usize| a[rest_a[i]] == b[rest_b[j]];
    pairs.extend(longest(rest_a.len(), rest_b.len(), same).into_iter().map(|(i, j)| (rest_a[i], rest_b[j])));
    Common { pairs, bounded: false }
}

/// The longest common subsequence of lists of these lengths; of several, the one that goes on in the first list first.
fn longest(n: usize, m: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    // How long it is from each place of a row on, and whether it skips a place of the first list there.
    let mut below = vec![0_u32; m + 1];
    let mut row = vec![0_u32; m + 1];
    let mut skips = vec![false; n * m];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            if same(i, j) {
                row[j] = below[j + 1] + 1;
            } else {
                skips[i * m + j] = below[j] >= row[j + 1];
                row[j] = below[j].max(row[j + 1]);
            }
        }
        std::mem::swap(&mut below, &mut row);
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < n && j < m {
        if same(i, j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if skips[i * m + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
