//! The gate that keeps secret content off this channel, before anything is written.
//!
//! Secret papers travel on the cipher service's own network. From mật upwards an entry is a stub: ids, level, dates,
//! number and, below tuyệt mật, a title (a 2026 draft decree forbids recording the abstract at the highest level).

use crate::entry::Header;
use crate::record::Move;
use crate::refusal::Refusal;
use crate::wire::Confidentiality;

/// Refuses what a secret entry may not carry: text, parts, notes, attachments; at the highest level a title too.
pub fn gate(header: &Header, mv: &Move) -> Result<(), Refusal> {
    let level = header.confidentiality;
    if level == Confidentiality::Open {
        return Ok(());
    }
    let titled = mv.paper().is_some_and(|paper| !paper.title.is_empty());
    if !header.attachments.is_empty()
        || mv.carries_content()
        || (level == Confidentiality::AbsoluteSecret && titled)
    {
        return Err(Refusal::Secret);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::tests::header;
    use crate::entry::Attachment;
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

    #[test]
    fn what_cannot_be_read_cannot_be_secret() {
        let mut header = header(1, 99, &[]);
        header.confidentiality = Confidentiality::Secret;
        let unknown = Move::Unknown { kind: 99, body: bytes::Bytes::from_static(b"?") };
        assert_eq!(gate(&header, &unknown), Err(Refusal::Secret));
    }
}
