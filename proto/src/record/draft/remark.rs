//! Remarks on a draft. Each has one owner at a time: without an answer the drafter, answered who made it, checked nobody.

use serde::{Deserialize, Serialize};

use super::content::How;

/// Where a remark stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Standing {
    /// Without an answer.
    Open,
    /// Answered, and not checked.
    Answered,
    /// Checked.
    Checked,
}

/// What a remark comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The appraisal.
    Appraisal,
    /// A standing member.
    Standing,
    /// A member whose opinion was asked for.
    Opinion,
    /// An office that was asked.
    Comment,
    /// This meeting.
    Meeting(String),
    /// It was returned.
    Return,
}

impl Origin {
    /// The stable name in catalogues and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Appraisal => "appraisal",
            Self::Standing => "standing",
            Self::Opinion => "opinion",
            Self::Comment => "comment",
            Self::Meeting(_) => "meeting",
            Self::Return => "return",
        }
    }
}

/// A remark.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remark {
    /// Its id: R1.
    pub id: String,
    /// Who made it: a person, or an office that was asked.
    pub by: String,
    /// When, Unix milliseconds.
    pub time: i64,
    /// The words.
    pub text: String,
    /// It must be answered.
    pub must: bool,
    /// What it comes from.
    pub origin: Origin,
    /// Where it stands.
    pub standing: Standing,
    /// How it is answered; none: it is not.
    pub how: Option<How>,
    /// The words of the answer.
    pub answer: String,
    /// The version that was there when it was made, or opened again.
    pub version: u32,
    /// The version that was there when it was answered; 0: it is not.
    pub answered_at: u32,
    /// Who checked the answer; empty: nobody.
    pub checked_by: String,
}

impl Remark {
    /// Whether the draft waits for it: it must be answered, and its answer is not checked.
    pub fn holds(&self) -> bool {
        self.must && self.standing != Standing::Checked
    }
}
