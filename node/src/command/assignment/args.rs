//! The arguments of the commands of works.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::command::paper::Levels;

/// Who acts, and what was shown.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Acting {
    /// The person whose place the acting account holds.
    #[arg(long = "as", value_name = "PERSON")]
    pub stands_for: Option<String>,
    /// What was seen of the work, its stage or as `show` has it: refused if it is another by now.
    #[arg(long, value_name = "STAGE")]
    pub saw: Option<String>,
}

/// A work to be given.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Give {
    /// What is to be done; default: what the part of the paper says.
    #[arg(default_value = "")]
    pub content: String,
    /// What it is done for: a paper (1001-CV/TU), a task of it (1001-CV/TU#T1), or ^ and a work of which it is a part;
    /// default: nothing but the giver's word.
    #[arg(long)]
    pub source: Option<String>,
    /// The person or unit responsible.
    #[arg(long)]
    pub lead: String,
    /// A person or unit that helps; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub helping: Vec<String>,
    /// A person or unit that is only to know of it; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub inform: Vec<String>,
    /// Who confirms the result; default: who gives the work.
    #[arg(long, value_name = "PERSON")]
    pub confirmer: Option<String>,
    /// When it is due; default: what the office proposes.
    #[arg(long, value_name = "DATE")]
    pub due: Option<String>,
    /// It has no date.
    #[arg(long, conflicts_with = "due")]
    pub no_due: bool,
    /// The date stays on a day off.
    #[arg(long)]
    pub exact: bool,
    /// Why it is due after the outer date.
    #[arg(long, value_name = "WHY", default_value = "")]
    pub beyond: String,
    /// Code of the document type that is expected.
    #[arg(long, default_value = "")]
    pub product: String,
    /// A remark.
    #[arg(long, default_value = "")]
    pub remark: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A proposal to be given.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Approve {
    /// Ids of the works, or unambiguous beginnings of them: all are given, or none.
    #[arg(required = true)]
    pub works: Vec<String>,
    /// Another person or unit.
    #[arg(long)]
    pub lead: Option<String>,
    /// Another date.
    #[arg(long, value_name = "DATE")]
    pub due: Option<String>,
    /// The date stays on a day off.
    #[arg(long)]
    pub exact: bool,
    /// Why it is due after the outer date.
    #[arg(long, value_name = "WHY", default_value = "")]
    pub beyond: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A part that asks nothing of anybody.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Keep {
    /// A paper (410-CV/VPTU), or a task of it (410-CV/VPTU#T1).
    pub source: String,
    /// A note.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A move with words.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Word {
    /// Id of the work, or an unambiguous beginning of it.
    pub work: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A work that goes on.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Pass {
    /// Id of the work, or an unambiguous beginning of it.
    pub work: String,
    /// To whom.
    pub to: String,
    /// Another date.
    #[arg(long, value_name = "DATE")]
    pub due: Option<String>,
    /// The date stays on a day off.
    #[arg(long)]
    pub exact: bool,
    /// See the result before the confirmer does.
    #[arg(long)]
    pub check: bool,
    /// Why.
    #[arg(long, default_value = "")]
    pub note: String,
    /// Why it is due after the outer date.
    #[arg(long, value_name = "WHY", default_value = "")]
    pub beyond: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// The works of a person.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct HandOver {
    /// Whose works.
    pub person: String,
    /// To whom.
    pub to: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// How far a work is.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Report {
    /// Id of the work, or an unambiguous beginning of it.
    pub work: String,
    /// 0 to 100.
    pub percent: u32,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A result.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct HandIn {
    /// Id of the work, or an unambiguous beginning of it.
    pub work: String,
    /// Number of the paper that it is.
    #[arg(long, default_value = "")]
    pub number: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    /// Why there is no product.
    #[arg(long, value_name = "WHY", default_value = "")]
    pub without_product: String,
    /// Somebody who helps and has said nothing; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
}

/// A date and why.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Until {
    /// Id of the work, or an unambiguous beginning of it.
    pub work: String,
    /// The date.
    pub due: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub note: String,
    /// The date stays on a day off.
    #[arg(long)]
    pub exact: bool,
    /// Why it lies after the outer date.
    #[arg(long, value_name = "WHY", default_value = "")]
    pub beyond: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A date that may stay.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Grant {
    /// Id of the work, or an unambiguous beginning of it.
    pub work: String,
    /// The date; default: as it was asked for, or as it is.
    #[arg(long, value_name = "DATE")]
    pub due: Option<String>,
    /// Why.
    #[arg(long, default_value = "")]
    pub note: String,
    /// The date stays on a day off.
    #[arg(long)]
    pub exact: bool,
    /// Why it lies after the outer date.
    #[arg(long, value_name = "WHY", default_value = "")]
    pub beyond: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// Which works.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct List {
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub last: u32,
}
