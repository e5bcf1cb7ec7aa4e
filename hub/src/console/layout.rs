//! Where offices stand on the picture: in columns, west to east. Positions do not depend on states, so that people find
//! an office where it was yesterday.

/// Codes of the districts of Nghệ An (as of 2024) from the Lao border to the sea. Districts of other provinces stand in
/// the order of their codes.
const WEST_TO_EAST: &[&str] = &[
    "417", "418", "415", "416", "422", "420", "414", "419", "423", "424", "428", "427", "426", "430", "431",
    "432", "421", "429", "425", "412",
];

/// Sort key of a district: west first, unknown districts last, by code.
pub fn place(code: &str) -> (usize, &str) {
    let known = WEST_TO_EAST.iter().position(|known| *known == code);
    (known.unwrap_or(WEST_TO_EAST.len()), code)
}

/// Cuts a sequence of blocks into at most `count` columns, without changing their order, so that the tallest column is
/// as low as possible. Returns the number of blocks in each column.
pub fn columns(heights: &[u32], count: usize) -> Vec<usize> {
    let (mut low, mut high) = (heights.iter().copied().max().unwrap_or(0), heights.iter().sum::<u32>());
    // A binary search for the lowest height at which the columns suffice.
    while low < high {
        let middle = low + (high - low) / 2;
        if filled(heights, middle).len() <= count { high = middle } else { low = middle + 1 }
    }
    filled(heights, low)
}

/// Numbers of blocks when columns are filled one after the other up to a height.
fn filled(heights: &[u32], most: u32) -> Vec<usize> {
    let mut columns = Vec::new();
    let mut height = 0;
    for block in heights {
        match columns.last_mut() {
            Some(blocks) if height + block <= most => {
                *blocks += 1;
                height += block;
            }
            _ => {
                columns.push(1);
                height = *block;
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_province_goes_from_west_to_east() {
        let mut codes = vec!["999", "412", "425", "417", "100"];
        codes.sort_by_key(|code| place(code));
        assert_eq!(codes, ["417", "425", "412", "100", "999"]);
    }

    #[test]
    fn columns_keep_their_order_and_are_even() {
        assert_eq!(columns(&[5, 1, 1, 1, 5, 2], 3), [3, 2, 1], "none is higher than 7");
        assert_eq!(columns(&[3, 3], 7), [1, 1]);
        assert!(columns(&[], 7).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_cut_is_better(
            heights in prop::collection::vec(1u32..30, 1..9),
            count in 1usize..5,
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 4),
        ) {
            let found = columns(&heights, count);
            prop_assert_eq!(found.iter().sum::<usize>(), heights.len());
            prop_assert!(found.len() <= count);
            let highest = |columns: &[usize]| {
                let mut rest = &heights[..];
                let sums = columns.iter().map(|blocks| {
                    let (column, after) = rest.split_at(*blocks);
                    rest = after;
                    column.iter().sum::<u32>()
                });
                sums.max().unwrap_or(0)
            };
            let mut places: Vec<usize> = cuts[..count - 1].iter().map(|cut| cut.index(heights.len() + 1)).collect();
            places.sort_unstable();
            places.push(heights.len());
            let mut from = 0;
            let other: Vec<usize> = places.iter().map(|to| { let blocks = to - from; from = *to; blocks }).collect();
            prop_assert!(highest(&found) <= highest(&other), "{:?} {:?}", found, other);
        }
    }
}
