//! The gate that keeps secret content off this channel, before anything is written.
//!
//! Secret papers travel on the cipher service's own network. From mật upwards an entry is a stub: ids, level, dates,
//! number and, below tuyệt mật, a title (a 2026 draft decree forbids recording the abstract at the highest level).

use crate::entry::{Entry, Header};
use crate::fault::planted;
use crate::record::{self, Move};
use crate::refusal::Refusal;
use crate::wire::Confidentiality;

/// Refuses what a secret entry may not carry: text, signer, parts, notes, attachments; at the highest level a title too.
pub fn gate(header: &Header, mv: &Move) -> Result<(), Refusal> {
    let level = header.confidentiality;
    if level == Confidentiality::Open {
        return Ok(());
    }
    let titled = mv.paper().is_some_and(|paper| !paper.title.is_empty());
    let signed = mv.paper().is_some_and(|paper| !paper.signer.is_empty());
    if !header.attachments.is_empty()
        || mv.carries_content()
        || signed
        || (level == Confidentiality::AbsoluteSecret && titled)
    {
        return Err(Refusal::Secret);
    }
    Ok(())
}

/// The part of the gate that looks at bytes: a secret entry has nothing in it that this program does not read. A field of
/// a newer version, or one that is said twice, would carry text past [`gate`], which sees only what was decoded.
pub fn legible(entry: &Entry) -> Result<(), Refusal> {
    let level = entry.header.confidentiality;
    if level == Confidentiality::Open
        || entry.has_exact_header() && record::is_exact(entry.header.kind, &entry.body)
        || planted("secret.unread")
    {
        return Ok(());
    }
    Err(Refusal::Secret)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::audience::Scope;
    use crate::authority::tests::{header, id};
    use crate::entry::{Attachment, Parts, SALT};
    use crate::id::Hash;
    use crate::record::tests::samples;

    const SECRET: [Confidentiality; 3] =
        [Confidentiality::Secret, Confidentiality::TopSecret, Confidentiality::AbsoluteSecret];

    #[test]
    fn open_entries_pass_and_full_ones_do_not_pass_as_secret() {
        for mv in samples() {
            let mut header = header(1, mv.kind(), &[]);
            assert_eq!(gate(&header, &mv), Ok(()));
            for level in SECRET {
                header.confidentiality = level;
                assert_eq!(
                    gate(&header, &mv).is_err(),
                    mv.carries_content() || level == SECRET[2] && mv.paper().is_some()
                );
            }
        }
        assert!(samples().iter().filter(|mv| mv.carries_content()).count() > 15);
    }

    #[test]
    fn a_stub_passes_without_its_title_at_the_highest_level() {
        let paper =
            crate::record::Paper { title: "T".into(), number: "01-KL/TU".into(), ..Default::default() };
        let stub = |title: &str| {
            Move::from(crate::record::guidance::Move::Issued {
                paper: crate::record::Paper { title: title.into(), ..paper.clone() },
            })
        };
        let mut header = header(1, 5, &[]);
        header.confidentiality = Confidentiality::TopSecret;
        assert_eq!(gate(&header, &stub("T")), Ok(()));
        let signed = Move::from(crate::record::guidance::Move::Issued {
            paper: crate::record::Paper { signer: "BÍ THƯ\nNguyễn Văn A".into(), ..paper.clone() },
        });
        assert_eq!(gate(&header, &signed), Err(Refusal::Secret), "who signed is no part of a stub");
        header.confidentiality = Confidentiality::AbsoluteSecret;
        assert_eq!(gate(&header, &stub("T")), Err(Refusal::Secret));
        assert_eq!(gate(&header, &stub("")), Ok(()));
        header.attachments = vec![Attachment {
            hash: Hash::ZERO,
            size: 1,
            name: "scan.pdf".into(),
            media_type: String::new(),
        }];
        assert_eq!(gate(&header, &stub("")), Err(Refusal::Secret));
    }

    /// A field of these fields' message and of all messages within it, in every place where a field may stand: what
    /// stands before is kept, lengths are made to fit. Every list of bytes is taken for a message: what is none is
    /// decoded as something else, or not at all.
    fn with_more(message: &[u8], more: &[u8]) -> Vec<Vec<u8>> {
        let mut made = vec![[message, more].concat(), [more, message].concat()];
        let (mut at, mut rest) = (0, message);
        while let Some((before, inner, after)) = next_within(&mut at, &mut rest, message) {
            for inner in with_more(inner, more) {
                let mut whole = before.to_vec();
                prost::encoding::encode_varint(inner.len() as u64, &mut whole);
                made.push([&whole[..], &inner, after].concat());
            }
        }
        made
    }

    /// The next field with a length: what stands before the length, what is within, what comes after.
    fn next_within<'m>(
        at: &mut usize,
        rest: &mut &'m [u8],
        whole: &'m [u8],
    ) -> Option<(&'m [u8], &'m [u8], &'m [u8])> {
        use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
        while !rest.is_empty() {
            let (number, kind) = decode_key(rest).ok()?;
            if kind != WireType::LengthDelimited {
                skip_field(kind, number, rest, DecodeContext::default()).ok()?;
                *at = whole.len() - rest.len();
                continue;
            }
            let before = whole.len() - rest.len();
            let size = decode_varint(rest).ok()? as usize;
            let (inner, after) = rest.split_at_checked(size)?;
            *rest = after;
            *at = whole.len() - after.len();
            return Some((&whole[..before], inner, after));
        }
        None
    }

    fn written(header: &Header, body: &[u8]) -> Entry {
        let key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
        Entry::write(header, body, [0; SALT], Hash::ZERO, &key).unwrap()
    }

    #[test]
    fn no_field_that_is_not_read_passes_as_secret_at_any_depth() {
        // Field 100 with a text, a varint, a group; and fields that a message may have already.
        let more: [&[u8]; 5] =
            [b"\xa2\x06\x03mat", b"\xa0\x06\x07", b"\xa3\x06\xa4\x06", b"\x0a\x01x", b"\x12\x00"];
        let mut tried = 0;
        for mv in samples() {
            let body = mv.encode();
            let mut header = header(1, mv.kind(), &[Scope::office(id(2))]);
            header.mv = record::number(&body);
            header.confidentiality = Confidentiality::Secret;
            let plain = written(&header, &body);
            assert_eq!(legible(&plain), Ok(()), "{mv:?}");
            for more in more {
                for body in with_more(&body, more) {
                    let entry = written(&header, &body);
                    // What reads as before holds something that was not read.
                    if record::of(&entry).as_ref() == Ok(&mv) {
                        assert_eq!(legible(&entry), Err(Refusal::Secret), "{mv:?} {body:?}");
                        tried += 1;
                    }
                }
                let parts = plain.parts().unwrap();
                for header in with_more(&parts.header, more) {
                    let content = Parts { header: header.into(), ..parts.clone() }.content();
                    let Ok(entry) = Entry::read(content, [0; 64], Hash::ZERO) else { continue };
                    if entry.header == plain.header {
                        assert_eq!(legible(&entry), Err(Refusal::Secret), "{:?}", entry.content);
                        tried += 1;
                    }
                }
            }
            header.confidentiality = Confidentiality::Open;
            let body = [&body[..], more[0]].concat();
            assert_eq!(legible(&written(&header, &body)), Ok(()), "open entries may say more");
        }
        assert!(tried > 500, "{tried}");
    }

    #[test]
    fn what_cannot_be_read_cannot_be_secret() {
        let mut header = header(1, 99, &[]);
        header.confidentiality = Confidentiality::Secret;
        let unknown = Move::Unknown { kind: 99, body: bytes::Bytes::from_static(b"?") };
        assert_eq!(gate(&header, &unknown), Err(Refusal::Secret));
    }
}
