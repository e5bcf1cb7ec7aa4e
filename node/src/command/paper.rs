//! Arguments of a new paper, the same for all kinds of record.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::paper::DocumentType;
use truc_proto::record::{Paper, Period, dates};
use truc_proto::wire::{Confidentiality, Urgency};
use truc_proto::{identifier, limits, visible};
use uuid::Uuid;

use super::{Context, number, refer};
use crate::office::Numbering;
use crate::words::failure::{ExitCode, Failure};

/// Độ khẩn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UrgencyArg {
    /// Thường.
    #[default]
    Normal,
    /// Khẩn.
    Urgent,
    /// Thượng khẩn.
    VeryUrgent,
    /// Hỏa tốc.
    Express,
    /// Hỏa tốc hẹn giờ.
    ExpressTimed,
}

/// Độ mật. From mật upwards only a stub may travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfidentialityArg {
    /// Không mật.
    #[default]
    Open,
    /// Mật.
    Secret,
    /// Tối mật.
    TopSecret,
    /// Tuyệt mật.
    AbsoluteSecret,
}

/// The paper.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct PaperArgs {
    /// Trích yếu: what the paper is about.
    #[arg(long)]
    pub title: String,
    /// Document type: its code or its Vietnamese name.
    #[arg(long = "type", value_name = "TYPE", long_help = types())]
    pub document_type: Option<String>,
    /// Its figure, or its number as written on the paper (913-CV/TU); default: the next of the own register.
    #[arg(long)]
    pub number: Option<String>,
    /// Leave the paper without a number.
    #[arg(long, conflicts_with = "number")]
    pub no_number: bool,
    /// Symbol of the issuing body, one that the registry gives to this office; default: the first of them (TU, ĐU).
    #[arg(long)]
    pub symbol: Option<String>,
    /// Nhiệm kỳ, one that ran on the date of issue; default: the one that runs today.
    #[arg(long)]
    pub term: Option<String>,
    /// Date on the paper, YYYY-MM-DD, not after today; default: today.
    #[arg(long)]
    pub issued: Option<String>,
    /// Deadline, YYYY-MM-DD (17:00, UTC+7) or RFC 3339.
    #[arg(long)]
    pub due: Option<String>,
    /// The text, Markdown.
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// A file with the text, Markdown in UTF-8.
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
}

/// How it is sent.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct SendArgs {
    /// Whom it is for: office codes or ids, `subtree:CODE` for an office and all under it, `hub`.
    #[arg(long, required = true, value_delimiter = ',', value_name = "OFFICE")]
    pub to: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
    /// A UUID that names this paper: asked twice with the same one, it is written once, with one number.
    #[arg(long, value_name = "UUID")]
    pub once: Option<Uuid>,
}

/// Levels and files.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Levels {
    /// Độ khẩn.
    #[arg(long, value_enum, default_value_t)]
    pub urgency: UrgencyArg,
    /// Độ mật; from secret upwards only a stub may travel.
    #[arg(long, value_enum, default_value_t)]
    pub confidentiality: ConfidentialityArg,
    /// A file that goes with it; may be given more than once.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

impl UrgencyArg {
    /// The value for entry headers.
    pub fn wire(self) -> Urgency {
        match self {
            Self::Normal => Urgency::Normal,
            Self::Urgent => Urgency::Urgent,
            Self::VeryUrgent => Urgency::VeryUrgent,
            Self::Express => Urgency::Express,
            Self::ExpressTimed => Urgency::ExpressTimed,
        }
    }
}

impl ConfidentialityArg {
    /// The value for entry headers.
    pub fn wire(self) -> Confidentiality {
        match self {
            Self::Open => Confidentiality::Open,
            Self::Secret => Confidentiality::Secret,
            Self::TopSecret => Confidentiality::TopSecret,
            Self::AbsoluteSecret => Confidentiality::AbsoluteSecret,
        }
    }
}

impl PaperArgs {
    /// Reads the file with the text.
    pub fn prepare(&mut self) -> Result<(), Failure> {
        if let Some(path) = self.text_file.take() {
            self.text = Some(text_file(&path)?);
        }
        Ok(())
    }

    /// The paper to write, and which number it bears: without one of its own, the next of the register. A new version
    /// keeps number and term of `before`, the version that it replaces.
    pub fn paper(
        &self,
        context: &Context<'_>,
        default: DocumentType,
        before: Option<&Paper>,
    ) -> Result<(Paper, Numbering), Failure> {
        let kind = match &self.document_type {
            None => before.and_then(|paper| DocumentType::from_code(&paper.document_type)).unwrap_or(default),
            Some(text) => DocumentType::from_code(text)
                .or_else(|| DocumentType::from_name(text))
                .ok_or_else(|| wrong(text))?,
        };
        let issued = self.issued.as_deref().map_or(Ok(context.today()), day)?;
        let term = match self.term.as_deref().filter(|term| !visible::is_blank(term)) {
            Some(term) => identifier::term(term).map_err(|_| wrong(term))?,
            None => before.map_or_else(|| dates::term(issued, context.today()), |paper| paper.term.clone()),
        };
        let due = due(self.due.as_deref().unwrap_or_default())?;
        let own = number::symbols(context, issued);
        let (number, numbering) = match (&self.number, before) {
            _ if self.no_number => (String::new(), Numbering::AsWritten),
            (Some(text), _) => {
                (number::typed(text, kind, &own, self.symbol.as_deref())?, Numbering::AsWritten)
            }
            (None, Some(before)) => (before.number.clone(), Numbering::AsWritten),
            (None, None) if kind.symbol().is_empty() => (String::new(), Numbering::AsWritten),
            // An office without a register, as the hub's, writes papers without a number.
            (None, None) => match number::symbol(&own, self.symbol.as_deref())? {
                Some(symbol) => (String::new(), Numbering::Next { symbol }),
                None => (String::new(), Numbering::AsWritten),
            },
        };
        let paper = Paper {
            document_type: kind.code().to_owned(),
            title: visible::clean(&self.title).trim().to_owned(),
            number,
            term,
            issued: Some(issued),
            due,
            text: self.text.clone().unwrap_or_default(),
            signer: String::new(),
            road: None,
        };
        Ok((paper, numbering))
    }
}

/// All types of papers, for the help.
fn types() -> String {
    let ours = DocumentType::ALL.iter().filter(|kind| !kind.is_central());
    let named = ours.map(|kind| format!("{} ({})", kind.code(), kind.vietnamese()));
    format!("Document type: its code or its Vietnamese name. {}", named.collect::<Vec<_>>().join(", "))
}

/// A day as people type it.
pub fn day(text: &str) -> Result<Date, Failure> {
    identifier::day(text).map_err(|_| wrong(text))
}

/// A deadline as people type it, in the form that papers carry; empty: none.
pub fn due(text: &str) -> Result<String, Failure> {
    identifier::due(text).map_err(|_| wrong(text))
}

/// Parses a period written `KIND:FROM:TO`.
pub fn period(text: Option<&str>) -> Result<Option<Period>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let parts: Vec<&str> = text.split(':').collect();
    let [kind, from, to] = parts[..] else { return Err(part_form(text, "KIND:FROM:TO")) };
    let period = Period { kind: kind.to_owned(), from: day(from)?, to: day(to)? };
    if period.from > period.to || !Period::KINDS.contains(&kind) {
        return Err(wrong(text));
    }
    Ok(Some(period))
}

/// A part of a paper: one argument typed as `A|B|C`, or separate fields from a form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part<T> {
    /// One argument, as typed.
    Line(String),
    /// Separate fields.
    Fields(T),
}

/// A part that can be typed as one argument.
pub trait Fields: Clone {
    /// Syntax of the argument, for people.
    const FORM: &str;
    /// Minimum number of fields.
    const LEAST: usize;

    /// Builds the part from its fields; `next` returns the next field, empty after the last.
    fn from_fields(next: &mut dyn FnMut() -> String) -> Self;
}

impl<T> std::str::FromStr for Part<T> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::Line(text.to_owned()))
    }
}

impl<T: Fields> Part<T> {
    /// The part; fails if its argument has too few or too many fields, or an empty required one.
    pub fn read(&self) -> Result<T, Failure> {
        let text = match self {
            Self::Fields(fields) => return Ok(fields.clone()),
            Self::Line(text) => text,
        };
        let given: Vec<&str> = text.split('|').map(str::trim).collect();
        let most = T::FORM.split('|').count();
        if !(T::LEAST..=most).contains(&given.len()) || given[..T::LEAST].iter().any(|field| field.is_empty())
        {
            return Err(part_form(text, T::FORM));
        }
        let mut given = given.into_iter();
        Ok(T::from_fields(&mut || given.next().unwrap_or_default().to_owned()))
    }
}

/// Declares a part with its argument syntax: `part!(Name "A|B" 1 { field: doc, … })`.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident, $form:literal, $least:literal, { $($(#[$about:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $($(#[$about])* pub $field: String,)*
        }

        impl $crate::command::paper::Fields for $name {
            const FORM: &str = $form;
            const LEAST: usize = $least;

            fn from_fields(next: &mut dyn FnMut() -> String) -> Self {
                Self { $($field: next(),)* }
            }
        }
    };
}
pub(super) use part;

/// The scopes of a field, separated by commas.
pub fn offices(context: &Context<'_>, field: &str) -> Result<Vec<Scope>, Failure> {
    let texts: Vec<String> = field.split(',').map(|text| text.trim().to_owned()).collect();
    refer::scopes(&context.office.registry(), &texts, context.today())
}

/// The office of a field.
pub fn office(context: &Context<'_>, text: &str) -> Result<OfficeId, Failure> {
    refer::office(&context.office.registry(), text, context.today())
}

/// Failure for a value that cannot be parsed.
pub fn wrong(value: &str) -> Failure {
    Failure::new(ExitCode::Input, "value-wrong").with("value", value)
}

fn part_form(part: &str, form: &str) -> Failure {
    Failure::new(ExitCode::Input, "part-form").with("part", part).with("form", form)
}

pub(super) fn text_file(path: &Path) -> Result<String, Failure> {
    let size = path.metadata().map_err(|error| Failure::io(path, error))?.len();
    if size > limits::IMPORT_FILE {
        return Err(Failure::new(ExitCode::Input, "import-too-large")
            .sized("size", size)
            .sized("limit", limits::IMPORT_FILE)
            .about(path.display()));
    }
    let bytes = std::fs::read(path).map_err(|error| Failure::io(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(ExitCode::Input, "import-not-utf8").with("line", line).about(path.display())
    })
}
