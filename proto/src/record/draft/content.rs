//! What the moves of a draft say.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::form::{Day, Flag, Form, Given, Line, Many, Message, Moment, Name, Number, Of, One, Record, Sha};
use super::form::{Whole, Words};
use super::road::Road;
use crate::record::Malformed;
use crate::wire;

/// A part of a version.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Part {
    /// Trích yếu.
    Title,
    /// The text.
    Body,
    /// The tasks that it gives.
    Tasks,
    /// Nơi nhận.
    Recipients,
    /// The files, by hash and name.
    Files,
    /// The form of the signature and its places.
    Signing,
    /// Độ khẩn.
    Urgency,
}

impl Part {
    /// Whether only form, initials and signature hang on it, not what the text says.
    pub fn is_small(self) -> bool {
        matches!(self, Self::Recipients | Self::Signing | Self::Urgency)
    }
}

/// How a part differs from the same part of another version. What differs in composition, line ends or spaces alone is the
/// same, and makes no version.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Weight {
    /// In its look: capitals, punctuation between words, marks of headings and lists, the place of a tone.
    Light,
    /// In a word, a tone or a figure.
    Heavy,
}

/// What a member answers.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Stance {
    /// Đồng ý.
    Agree,
    /// Đồng ý, có ý kiến.
    AgreeNote,
    /// Ý kiến khác.
    Other,
    /// Không có ý kiến: an answer, not silence.
    None,
}

impl Stance {
    /// Whether it must be said in words.
    pub fn has_words(self) -> bool {
        matches!(self, Self::AgreeNote | Self::Other)
    }

    /// Whether it counts for the draft.
    pub fn agrees(self) -> bool {
        matches!(self, Self::Agree | Self::AgreeNote)
    }
}

/// How a remark is answered.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum How {
    /// Tiếp thu: a newer version has it.
    Taken,
    /// Giải trình: why it is not taken.
    Explained,
}

/// The word of a meeting.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Decision {
    /// It passes as it is.
    Pass,
    /// It passes with changes, which are to be taken in.
    Changes,
    /// It goes back.
    Back,
}

macro_rules! content {
    ($($doc:literal $name:ident $wire:ident { $($field:ident: $form:ty, $field_doc:literal;)* } $(texts $texts:expr)?;)*) => {
        $(#[doc = $doc]
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub struct $name {
            $(#[doc = $field_doc] pub $field: <$form as Form>::Value,)*
        }

        impl Message for $name {
            type Wire = wire::$wire;

            fn from_wire(wire: wire::$wire) -> Result<Self, Malformed> {
                Ok(Self { $($field: <$form>::read(wire.$field)?,)* })
            }

            fn to_wire(&self) -> wire::$wire {
                wire::$wire { $($field: <$form>::write(&self.$field),)* }
            }
        }

        $(impl $name {
            /// The texts that people wrote.
            pub(super) fn texts(&self) -> Vec<&str> {
                let texts: fn(&Self) -> Vec<&str> = $texts;
                texts(self)
            }
        })?)*
    };
}

content! {
    "A move that says no more than words." Word DraftWord {
        by: Name, "Who acts.";
        note: Words, "The words; may be empty.";
    } texts |word| vec![&word.note];

    "A part as a version has it." PartText DraftPart {
        part: One<Part>, "Which.";
        text: Whole, "It, whole.";
        weight: One<Weight>, "How it differs from the version before.";
    } texts |part| vec![&part.text];

    "A place for a signature." Slot DraftSlot {
        person: Name, "Who signs.";
        form: Words, "The lines above the name.";
    };

    "A draft as it is begun." Begun DraftBegun {
        by: Name, "Who begins it.";
        issuer: Name, "The body that is to issue it, by its id in the house.";
        document_type: Line, "Code of the document type.";
        source: Words, "What it answers or follows; may be empty.";
        drafter: Name, "Who drafts it.";
        joint: Many<Name>, "Who drafts it too.";
        author: Line, "Who wrote the first text, where it is an older one; empty: who begins.";
        signer: Line, "Who is to sign; empty: as the road says.";
        slots: Many<Of<Slot>>, "Where several sign: who, in their order.";
        road: Given<Road>, "The road.";
        parts: Many<Of<PartText>>, "The first version.";
    } texts |begun| begun.parts.iter().flat_map(PartText::texts).collect();

    "A further version." Saved DraftSaved {
        by: Name, "Who writes.";
        base: Number, "The version from which it was made.";
        parts: Many<Of<PartText>>, "What changed.";
    } texts |saved| saved.parts.iter().flat_map(PartText::texts).collect();

    "What becomes of a text that was kept beside." Adopted DraftAdopted {
        by: Name, "Who says it.";
        beside: Number, "Which, from 1.";
        dropped: Flag, "It is dropped; else it is the next version.";
    } texts |_| Vec::new();

    "A remark as it is made." Remarked DraftRemark {
        text: Words, "The words.";
        suggestion: Flag, "It may be left without an answer.";
    } texts |remark| vec![&remark.text];

    "The verdict of who appraises, or of a standing member." Verdict DraftVerdict {
        by: Name, "Whose.";
        version: Number, "The version that was seen; 0: not said.";
        back: Flag, "It goes back; else it passes.";
        remarks: Many<Of<Remarked>>, "Remarks.";
    } texts |verdict| verdict.remarks.iter().flat_map(Remarked::texts).collect();

    "Opinions are asked for." Asked DraftAsked {
        by: Name, "Who asks.";
        until: Moment, "Until when.";
        members: Many<Name>, "Who is asked: the group on that day.";
        silence_agrees: Flag, "Silence counts as agreement.";
        basis: Words, "The paper by which it does; empty: it does not.";
        question: Words, "What is asked; may be empty.";
    } texts |asked| vec![&asked.question];

    "The opinion of a member." Opinion DraftOpinion {
        by: Name, "Who enters it.";
        of: Line, "Whose it is, where it comes from a slip of paper; empty: who acts.";
        version: Number, "The version that was seen; 0: not said.";
        opinion: One<Stance>, "What the member thinks.";
        text: Words, "In words.";
        slip: Words, "Where the scan of the slip is; empty: none.";
    } texts |opinion| vec![&opinion.text];

    "More time for opinions." Extended DraftExtended {
        by: Name, "Who gives it.";
        until: Moment, "Until when.";
        why: Words, "Why.";
    } texts |extended| vec![&extended.why];

    "Other offices are asked." Consulted DraftConsulted {
        by: Name, "Who asks.";
        offices: Many<Name>, "Which.";
        until: Moment, "Until when.";
    } texts |_| Vec::new();

    "What an office answered." Comment DraftComment {
        by: Name, "Who enters it.";
        office: Name, "Which office.";
        text: Words, "The words; empty: it has no remark.";
    } texts |comment| vec![&comment.text];

    "A remark is answered." Answer DraftAnswer {
        by: Name, "Who answers.";
        remark: Name, "Which: R1.";
        how: One<How>, "How.";
        text: Words, "In words.";
    } texts |answer| vec![&answer.text];

    "An answer is checked." Checked DraftChecked {
        by: Name, "Who checks.";
        remark: Name, "Which: R1.";
        reopened: Flag, "It is open again.";
        why: Words, "Why.";
    } texts |checked| vec![&checked.why];

    "What a meeting said." Met DraftMet {
        by: Name, "Who enters it.";
        event: Line, "The meeting.";
        version: Number, "The version that it had before it; 0: not said.";
        result: One<Decision>, "Its word.";
        remarks: Many<Of<Remarked>>, "What it asks for.";
    } texts |met| met.remarks.iter().flat_map(Remarked::texts).collect();

    "A version was seen." Seen DraftSeen {
        by: Name, "Who acts.";
        version: Number, "Which; 0: not said.";
    } texts |_| Vec::new();

    "Somebody else is named." Named DraftNamed {
        by: Name, "Who names.";
        to: Name, "Whom.";
        why: Words, "Why.";
    } texts |named| vec![&named.why];

    "A signature." Signed DraftSigned {
        by: Name, "Who signs.";
        version: Number, "The version that was seen; 0: not said.";
        hash: Sha, "The hash of that version.";
        form: Words, "The lines above the name.";
        of: Line, "Whose right it is, where it was lent; empty: the signer's own.";
    } texts |_| Vec::new();

    "The paper is issued." Issued DraftIssued {
        by: Name, "The clerk.";
        paper: Record, "The paper.";
        number: Line, "Its number; empty: it bears none.";
        date: Day, "Its date.";
        road: Sha, "The hash over the entries of the draft before this one.";
    } texts |_| Vec::new();

    "Another draft replaces it." Superseded DraftSuperseded {
        by: Name, "Who says it.";
        draft: Record, "The other one.";
        note: Words, "In words.";
    } texts |superseded| vec![&superseded.note];
}
