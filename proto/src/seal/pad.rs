//! Padding, so that a length tells little. Padmé (Nikitin and others, 2019) rounds a length up until all but its first
//! bits are zero. It adds at most 12 %, and an observer learns O(log log n) bits of the length n.
//!
//! padded = length of the plaintext (u64, big endian) || plaintext || zero bytes up to a Padmé length.

/// Bytes of the length at the head of what is padded.
pub(super) const LENGTH: u64 = 8;
/// Short texts all have this padded length: Padmé would tell a short answer by its length nearly to the byte.
const LEAST: u64 = 256;

/// The next length that Padmé allows; `length` is not 0.
fn padme(length: u64) -> Option<u64> {
    let exponent = length.checked_ilog2()?;
    let kept = exponent.checked_ilog2()? + 1;
    let rest = (1_u64 << (exponent - kept)) - 1;
    Some(length.checked_add(rest)? & !rest)
}

/// The padded length of a plaintext of `plain` bytes; none beyond what a number of 64 bits can say.
pub(super) fn padded(plain: u64) -> Option<u64> {
    padme(plain.checked_add(LENGTH)?.max(LEAST))
}

/// Whether a plaintext could have this padded length.
pub(super) fn is_padded(length: u64) -> bool {
    length >= LEAST && padme(length) == Some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_those_of_padme() {
        for (plain, length) in [
            (0, 256),
            (248, 256),
            (249, 272),
            (264, 272),
            (265, 288),
            (1_000, 1_024),
            (65_536, 67_584),
            (2_147_483_648, 2_214_592_512),
        ] {
            assert_eq!(padded(plain), Some(length), "{plain}");
        }
        assert_eq!(padded(u64::MAX), None);
        assert_eq!(padded(u64::MAX - 8), None);
    }

    proptest! {
        #[test]
        fn padding_is_short_and_its_lengths_are_few(plain in 0_u64..1 << 40) {
            let length = padded(plain).unwrap();
            prop_assert!(length >= plain + LENGTH && is_padded(length));
            prop_assert!(length == LEAST || (length - plain - LENGTH) * 100 <= 12 * (plain + LENGTH));
        }

        #[test]
        fn no_other_length_is_taken(length in 0_u64..1 << 40) {
            let reached = length >= LENGTH && padded(length - LENGTH) == Some(length);
            prop_assert_eq!(is_padded(length), reached);
        }
    }
}
