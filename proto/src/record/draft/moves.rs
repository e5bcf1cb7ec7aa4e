//! The moves of a draft.

use bytes::Bytes;
use prost::Message as _;

use super::content::{
    Adopted, Answer, Asked, Begun, Checked, Comment, Consulted, Extended, Issued, Met, Named, Opinion, Saved,
    Seen, Signed, Superseded, Verdict, Word,
};
use super::form::Message;
use crate::audience::Scope;
use crate::id::OfficeId;
use crate::record::kind::{Kind, OWN, Of, Rule};
use crate::record::parts::joined;
use crate::record::{Malformed, Paper};
use crate::wire::{self, draft_move};

macro_rules! acts {
    ($($name:ident($content:ident) $text:literal $($opens:ident)?, $doc:literal)*) => {
        /// What can be done with a draft.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[expect(clippy::large_enum_variant, reason = "moves are read one at a time and never kept")]
        pub enum Act {
            $(#[doc = $doc] $name($content),)*
        }

        /// What a draft is.
        pub const KIND: Kind = Kind {
            number: 9,
            name: "draft",
            moves: &[$(Rule::new($text, OWN, Of::Record)$(.$opens())?),*],
            asks_word: None,
            gives_tasks: false,
            steers: false,
            inward: true,
        };

        impl Act {
            /// Its row of the kind's table.
            pub fn rule(&self) -> &'static Rule {
                match self { $(Self::$name(_) => const { &Rule::new($text, OWN, Of::Record)$(.$opens())? },)* }
            }

            /// Who acts.
            pub fn by(&self) -> &str {
                match self { $(Self::$name(content) => &content.by,)* }
            }

            /// The texts that people wrote.
            pub(super) fn texts(&self) -> Vec<&str> {
                match self { $(Self::$name(content) => content.texts(),)* }
            }
        }

        fn read(mv: draft_move::Move) -> Result<Act, Malformed> {
            Ok(match mv {
                $(draft_move::Move::$name(wire) => Act::$name($content::from_wire(wire)?),)*
            })
        }

        fn written(act: &Act) -> draft_move::Move {
            match act {
                $(Act::$name(content) => draft_move::Move::$name(content.to_wire()),)*
            }
        }
    };
}

acts! {
    Begin(Begun) "begin" opens, "Somebody begins it."
    Save(Saved) "save", "A further version."
    Adopt(Adopted) "adopt", "A text that was kept beside is taken or dropped."
    HandIn(Word) "hand-in", "The drafter lets it go on (Trình)."
    TakeBack(Word) "take-back", "The drafter takes it back, as long as nobody has acted on it."
    Appraise(Verdict) "appraise", "Who appraises says whether it passes."
    Approve(Verdict) "approve", "A standing member says whether it may go out."
    Ask(Asked) "ask", "Opinions are asked for."
    Opinion(Opinion) "opinion", "A member says what he thinks."
    ExtendAsk(Extended) "extend-ask", "More time for opinions."
    CloseAsk(Word) "close-ask", "The opinions are summed up."
    Consult(Consulted) "consult", "Other offices are asked."
    Comment(Comment) "comment", "An office has answered."
    CloseConsult(Word) "close-consult", "No more is waited for."
    Answer(Answer) "answer", "A remark is answered."
    Check(Checked) "check", "An answer is checked."
    Meeting(Met) "meeting", "What a meeting said."
    Initial(Seen) "initial", "The chief puts his initials (ký nháy)."
    Redirect(Named) "redirect", "Somebody else is to sign."
    Sign(Signed) "sign", "It is signed."
    Unsign(Word) "unsign", "The signature is taken back."
    Return(Word) "return", "It goes back."
    Issue(Issued) "issue", "It is a paper now."
    Withdraw(Word) "withdraw", "It is not carried on."
    Resume(Word) "resume", "It is carried on again."
    Supersede(Superseded) "supersede", "Another draft replaces it."
    Reassign(Named) "reassign", "Somebody else drafts it."
}

/// What can be done with a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move(pub Act);

impl crate::record::Act for Move {
    type Message = wire::DraftMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::DraftMove::decode(body).map_err(|_| Malformed("draft"))?;
        mv.r#move.map(|mv| read(mv).map(Self)).transpose()
    }

    fn encode(&self) -> Bytes {
        wire::DraftMove { r#move: Some(written(&self.0)) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        self.0.rule()
    }

    /// What people said, but not the text of a version: that is read where it stands.
    fn brief(&self) -> String {
        let texts = match &self.0 {
            Act::Save(saved) => return joined(&[&saved.parts.len()]),
            Act::Begin(begun) => vec![begun.document_type.as_str(), begun.road.name.as_str()],
            Act::Issue(issued) => vec![issued.number.as_str()],
            Act::Redirect(named) | Act::Reassign(named) => vec![named.to.as_str(), named.why.as_str()],
            act => act.texts(),
        };
        joined(&texts.iter().map(|text| text as &dyn std::fmt::Display).collect::<Vec<_>>())
    }

    fn by(&self) -> Option<&str> {
        Some(self.0.by())
    }

    fn paper(&self) -> Option<&Paper> {
        None
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        None
    }

    fn work(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn about(&self) -> Option<OfficeId> {
        None
    }

    /// Nothing: who may see a draft is fewer than who may search.
    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }

    fn carries_content(&self) -> bool {
        self.0.texts().iter().any(|text| !text.is_empty())
    }

    /// Reasons are asked for by [`super::judge`], in the order of its questions.
    fn lacks_reason(&self) -> bool {
        false
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(in crate::record) fn samples() -> Vec<Move> {
    use uuid::Uuid;

    use super::content::{Decision, How, Part, PartText, Remarked, Slot, Stance, Weight};
    use super::road::{Doing, Layer, Road, Step};
    use crate::id::{Hash, RecordId};
    use crate::record::tests::note;

    let by = || "hoa".to_owned();
    let word = || Word { by: by(), note: note() };
    let remarks = || vec![Remarked { text: note(), suggestion: true }];
    let parts = || vec![PartText { part: Part::Title, text: note(), weight: Weight::Heavy }];
    let record = RecordId(Uuid::from_u128(7));
    let step = Step {
        id: "soan".into(),
        doing: Doing::Draft,
        layers: vec![Layer::Form],
        yes: "ky".into(),
        no: "soan".into(),
    };
    let begun = Begun {
        by: by(),
        issuer: "BTV".into(),
        document_type: "CV".into(),
        source: note(),
        drafter: "minh".into(),
        joint: vec!["hoa".into()],
        author: "minh".into(),
        signer: "bithu".into(),
        slots: vec![Slot { person: "minh".into(), form: "NGƯỜI GHI".into() }],
        road: Road {
            id: "cv".into(),
            version: 1,
            name: note(),
            signer: "pbttt".into(),
            group: "BTV".into(),
            steps: vec![step],
        },
        parts: parts(),
    };
    let verdict = || Verdict { by: by(), version: 2, back: true, remarks: remarks() };
    let named = || Named { by: by(), to: "cvp".into(), why: note() };
    let asked = Asked {
        by: by(),
        until: 1_800_000_000_000,
        members: vec!["bithu".into()],
        silence_agrees: true,
        basis: note(),
        question: note(),
    };
    let opinion = Opinion {
        by: by(),
        of: "bithu".into(),
        version: 2,
        opinion: Stance::AgreeNote,
        text: note(),
        slip: note(),
    };
    let acts = vec![
        Act::Begin(begun),
        Act::Save(Saved { by: by(), base: 1, parts: parts() }),
        Act::Adopt(Adopted { by: by(), beside: 1, dropped: true }),
        Act::HandIn(word()),
        Act::TakeBack(word()),
        Act::Appraise(verdict()),
        Act::Approve(verdict()),
        Act::Ask(asked),
        Act::Opinion(opinion),
        Act::ExtendAsk(Extended { by: by(), until: 1_800_000_000_000, why: note() }),
        Act::CloseAsk(word()),
        Act::Consult(Consulted { by: by(), offices: vec!["UBND".into()], until: 1_800_000_000_000 }),
        Act::Comment(Comment { by: by(), office: "UBND".into(), text: note() }),
        Act::CloseConsult(word()),
        Act::Answer(Answer { by: by(), remark: "R1".into(), how: How::Taken, text: note() }),
        Act::Check(Checked { by: by(), remark: "R1".into(), reopened: true, why: note() }),
        Act::Meeting(Met {
            by: by(),
            event: "E501".into(),
            version: 2,
            result: Decision::Changes,
            remarks: remarks(),
        }),
        Act::Initial(Seen { by: by(), version: 2 }),
        Act::Redirect(named()),
        Act::Sign(Signed {
            by: by(),
            version: 2,
            hash: Hash([7; 32]),
            form: "BÍ THƯ".into(),
            of: "bithu".into(),
        }),
        Act::Unsign(word()),
        Act::Return(word()),
        Act::Issue(Issued {
            by: by(),
            paper: record,
            number: "12-CV/ĐU".into(),
            date: "2026-11-23".parse().unwrap(),
            road: Hash([8; 32]),
        }),
        Act::Withdraw(word()),
        Act::Resume(word()),
        Act::Supersede(Superseded { by: by(), draft: record, note: note() }),
        Act::Reassign(named()),
    ];
    acts.into_iter().map(Move).collect()
}
