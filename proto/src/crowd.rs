//! Counts the fields of a message before it is decoded: decoded, repeated fields take many times their size on the
//! wire.

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::fault::planted;

/// Counts the fields of the message at `path`, the field numbers that lead to it from the outermost message; if there
/// are several there, of all together. Counting ends at the first malformed byte, where a decoder ends too.
pub fn fields(mut bytes: &[u8], path: &[u32]) -> usize {
    if planted("limits.fields") {
        return 0;
    }
    let mut count: usize = 0;
    while let Some((number, inner)) = next(&mut bytes) {
        match path.split_first() {
            None => count += 1,
            Some((first, rest)) if *first == number => {
                count = count.saturating_add(inner.map_or(0, |inner| fields(inner, rest)));
            }
            Some(_) => {}
        }
    }
    count
}

/// The number of the only field of a message, which holds a message; none if the bytes are anything else.
pub fn only(mut bytes: &[u8]) -> Option<u32> {
    let (number, inner) = next(&mut bytes)?;
    (inner.is_some() && bytes.is_empty()).then_some(number)
}

/// The greatest number of fields at any of `paths`, which begin with different field numbers: counted in one walk over
/// the message.
pub fn most<const N: usize>(mut bytes: &[u8], paths: [&[u32]; N]) -> usize {
    if planted("limits.fields") {
        return 0;
    }
    let mut counts = [0_usize; N];
    while let Some((number, inner)) = next(&mut bytes) {
        for (path, count) in paths.iter().zip(&mut counts) {
            if let [first, rest @ ..] = path
                && *first == number
            {
                *count = count.saturating_add(inner.map_or(0, |inner| fields(inner, rest)));
            }
        }
    }
    counts.into_iter().max().unwrap_or(0)
}

/// The next field: its number, and its bytes if they may be a message.
fn next<'b>(bytes: &mut &'b [u8]) -> Option<(u32, Option<&'b [u8]>)> {
    let (number, kind) = decode_key(bytes).ok()?;
    let size = match kind {
        WireType::Varint => {
            decode_varint(bytes).ok()?;
            return Some((number, None));
        }
        // No message of this protocol has groups; the start and the end of one count as a field each.
        WireType::StartGroup | WireType::EndGroup => return Some((number, None)),
        WireType::SixtyFourBit => 8,
        WireType::ThirtyTwoBit => 4,
        WireType::LengthDelimited => usize::try_from(decode_varint(bytes).ok()?).ok()?,
    };
    let (inner, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    Some((number, (kind == WireType::LengthDelimited).then_some(inner)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::wire;

    fn frame(entries: usize) -> Vec<u8> {
        let entries = vec![wire::Entry::default(); entries];
        let batch = wire::Batch { entries, unpacked: 7, ..Default::default() };
        let push = wire::Push { batch: Some(batch) };
        wire::NodeFrame { frame: Some(wire::node_frame::Frame::Push(push)) }.encode_to_vec()
    }

    proptest! {
        #[test]
        fn what_repeats_is_counted_where_it_stands(entries in 0_usize..300) {
            let bytes = frame(entries);
            prop_assert_eq!(fields(&bytes, &[5, 1]), entries + 1);
            prop_assert_eq!(fields(&bytes, &[3, 1]), 0);
            prop_assert_eq!(fields(&bytes, &[]), 1);
            prop_assert_eq!(most(&bytes, [&[1], &[3, 1], &[5, 1], &[8]]), entries + 1);
            prop_assert_eq!(most(&bytes, [&[1], &[8]]), 0);
            // A decoder merges a field that comes twice: one message with the entries of both.
            prop_assert_eq!(fields(&[&bytes[..], &bytes[..]].concat(), &[5, 1]), 2 * (entries + 1));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(fields(&bytes, &[1]) <= bytes.len() && fields(&bytes, &[]) <= bytes.len());
        }
    }
}
