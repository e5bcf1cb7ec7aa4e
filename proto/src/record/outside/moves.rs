//! The moves of what came from outside.

use bytes::Bytes;
use prost::Message;

use super::content::{Answered, Arrived, Classified, Content, Copied, Corrected, Kept, Sender, Transferred};
use crate::audience::Scope;
use crate::id::OfficeId;
use crate::record::assignment::Actor;
use crate::record::kind::{Kind, OWN, Of, Rule};
use crate::record::{Malformed, Paper};
use crate::wire::{self, outside_move};

/// What can be done with a paper, a stub or a petition, and who did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// Who acted.
    pub actor: Actor,
    /// What was done.
    pub act: Act,
}

macro_rules! acts {
    ($($name:ident($content:ty) $text:literal $($opens:ident)?, $doc:literal)*) => {
        /// What can be done. A move that says no more than words has them as its content.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Act {
            $(#[doc = $doc] $name($content),)*
        }

        /// What papers from outside are.
        pub const KIND: Kind = Kind {
            number: 10,
            name: "outside",
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

            /// The texts that people wrote, but for who sent a petition.
            pub fn texts(&self) -> Vec<&str> {
                match self { $(Self::$name(content) => Content::texts(content),)* }
            }
        }

        fn read(mv: outside_move::Move) -> Result<Move, Malformed> {
            let (actor, act) = match mv {
                $(outside_move::Move::$name(wire) => {
                    let (actor, content) = <$content as Content>::from_wire(wire)?;
                    (actor, Act::$name(content))
                })*
            };
            Ok(Move { actor: Actor::from_wire(actor)?, act })
        }

        fn written(mv: &Move) -> outside_move::Move {
            let actor = mv.actor.to_wire();
            match &mv.act {
                $(Act::$name(content) => outside_move::Move::$name(content.to_wire(actor)),)*
            }
        }
    };
}

acts! {
    Arrive(Arrived) "arrive" opens, "Something came and is registered."
    PaperCopy(Copied) "paper-copy" opens, "A paper copy came of what the network had brought."
    Void(String) "void", "The number was given by mistake; its line stays."
    Correct(Corrected) "correct", "A field was wrong; both values stay."
    Summary(String) "summary", "What a petition says, without who denounces."
    Classify(Classified) "classify", "The class of a petition, and with it the limit."
    Sender(Sender) "sender", "Who sent a petition."
    Identity(String) "identity", "Somebody looked at who denounced, and says why."
    Accept(String) "accept", "This office resolves the petition (thụ lý)."
    Keep(Kept) "keep", "Nothing comes of the petition."
    Guide(String) "guide", "Whoever sent the petition is told where it belongs."
    Answer(Answered) "answer", "It is answered by a paper."
    Transfer(Transferred) "transfer", "It goes to somebody else, who is to answer."
    Receipt(String) "receipt", "They signed for it."
    Reply(Answered) "reply", "They answered."
    Note(String) "note", "A line of its story."
    FullRegister(String) "full-register" opens, "The register of petitions was made with all senders, and why."
}

impl crate::record::Act for Move {
    type Message = wire::OutsideMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::OutsideMove::decode(body).map_err(|_| Malformed("outside"))?;
        mv.r#move.map(read).transpose()
    }

    fn encode(&self) -> Bytes {
        wire::OutsideMove { r#move: Some(written(self)) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        self.act.rule()
    }

    /// Nothing: who may read it is asked where it is shown, and timelines of all records ask nobody.
    fn brief(&self) -> String {
        String::new()
    }

    fn by(&self) -> Option<&str> {
        Some(&self.actor.by)
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

    /// Nothing: it is found by its own list, which knows who sees it.
    fn texts(&self) -> Vec<&str> {
        Vec::new()
    }

    fn carries_content(&self) -> bool {
        true
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

    use super::content::{Book, Channel, Field, Petition, Reason};
    use crate::house::PetitionClass;
    use crate::id::RecordId;
    use crate::paper::Due;
    use crate::record::tests::note;
    let day = "2026-11-02".parse().ok();
    let petition = Petition {
        class: PetitionClass::Denunciation,
        about: "cvtc".into(),
        earlier: Some(RecordId(Uuid::from_u128(7))),
        limit: day,
    };
    let arrived = Arrived {
        book: Book::Petitions,
        arrival: 41,
        received: day,
        party: "UBNDT".into(),
        number: "125/KH-UBND".into(),
        issued: day,
        document_type: "KH".into(),
        title: note(),
        urgency: 2,
        level: 0,
        channel: Channel::Hand,
        pages: 4,
        petition: Some(petition.clone()),
    };
    let sender =
        Sender { name: note(), address: note(), signers: 14, envelope: String::new(), anonymous: false };
    let answered = || Answered { paper: "97-CV/VPĐU".into(), note: note() };
    let acts = vec![
        Act::Arrive(arrived),
        Act::PaperCopy(Copied { record: RecordId(Uuid::from_u128(5)), day }),
        Act::Void(note()),
        Act::Correct(Corrected { field: Field::Title, was: note(), now: note(), note: note() }),
        Act::Summary(note()),
        Act::Classify(Classified(petition)),
        Act::Sender(sender),
        Act::Identity(note()),
        Act::Accept(note()),
        Act::Keep(Kept { reason: Some(Reason::Repeated), note: note() }),
        Act::Guide(note()),
        Act::Answer(answered()),
        Act::Transfer(Transferred {
            to: "UBND".into(),
            paper: "12-PC/VPĐU".into(),
            answer_by: Some(Due(1_800_000_000_000)),
            note: note(),
        }),
        Act::Receipt(note()),
        Act::Reply(answered()),
        Act::Note(note()),
        Act::FullRegister(note()),
    ];
    let actor = Actor { by: "pcvp".into(), stands_for: "cvp".into() };
    acts.into_iter().map(|act| Move { actor: actor.clone(), act }).collect()
}
