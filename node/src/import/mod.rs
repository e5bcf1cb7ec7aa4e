//! Import of papers from files: Markdown with YAML front matter, turned into moves of records.
//!
//! [`load`] reads a file. Two steps without I/O follow: [`parse`] checks the content, and [`ImportedPaper::resolve`]
//! looks up its offices in the tree of the paper's date.

mod error;
mod front;
pub mod house;
pub mod house_words;
mod read;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::record::{self, Move, Paper, directive, guidance, inspection, programme, report};
use truc_proto::registry::Registry;
use truc_proto::wire::{Confidentiality, Urgency};

use crate::words::failure::Failure;

pub use error::ImportError;
pub use read::parse;

/// Lookup of offices by code.
pub trait Offices {
    /// The office that had this statistics code on this day.
    fn by_code(&self, code: &str, date: Date) -> Option<OfficeId>;
}

impl Offices for Registry {
    fn by_code(&self, code: &str, date: Date) -> Option<OfficeId> {
        Registry::by_code(self, code, date)
    }
}

/// A paper named by what is written on it. The number alone is ambiguous: each issuer numbers its own papers, by term
/// and series.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// Office that issued it.
    pub issuer: OfficeId,
    /// Nhiệm kỳ.
    pub series_term: String,
    /// Number as written.
    pub number: String,
}

/// A move to be written; record, channels and attachments are still missing.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// Kind of the record.
    pub kind: u32,
    /// The encoded move.
    pub body: Bytes,
    /// Recipients in the paper's order, without duplicates.
    pub audience: Vec<Scope>,
    /// Độ khẩn.
    pub urgency: Urgency,
    /// Độ mật; always open, because secret papers are refused.
    pub confidentiality: Confidentiality,
    /// Issuer of the paper; only this office may write it.
    pub issuer: OfficeId,
    /// Symbol in the number that says who signs: `TU`, `ĐU` the committee, `VPTU` … its office. Empty: the paper has no
    /// number.
    pub author_hint: String,
    /// The paper that it answers, whose record must be in the store; none: it opens its own record.
    pub in_reply_to: Option<Reference>,
}

/// An office as written in a paper.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Code {
    code: String,
    subtree: bool,
    line: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct CodedReference {
    issuer: Code,
    series_term: String,
    number: String,
}

/// The parts of a paper that depend on its kind, with offices as codes.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Parts {
    Directive { tasks: Vec<(directive::Task, Vec<Code>)> },
    Programme { period: record::Period, items: Vec<(programme::Item, Code, Vec<Code>)> },
    Report { form: String, period: record::Period, indicators: Vec<report::Indicator> },
    Guidance,
    Inspection { period: record::Period, checklist: Vec<inspection::Question> },
    SelfReport { answers: Vec<inspection::Answer>, in_reply_to: CodedReference },
}

/// A well-formed paper from a file; its offices are not looked up yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedPaper {
    paper: Paper,
    issued: Date,
    issuer: Code,
    recipients: Vec<Code>,
    urgency: Urgency,
    parts: Parts,
}

impl ImportedPaper {
    /// The paper; its text is the file's body, byte for byte.
    pub fn paper(&self) -> &Paper {
        &self.paper
    }

    /// Looks up the offices and makes the move.
    pub fn resolve(self, offices: &dyn Offices) -> Result<Draft, ImportError> {
        let issued = self.issued;
        let office = |code: &Code| {
            offices.by_code(&code.code, issued).ok_or_else(|| ImportError::UnknownOffice {
                line: code.line,
                code: shorten(&code.code),
                date: issued,
            })
        };
        let scopes = |codes: &[Code]| {
            let mut scopes = Vec::with_capacity(codes.len());
            for code in codes {
                let scope = Scope { office: office(code)?, subtree: code.subtree };
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
            Ok::<_, ImportError>(scopes)
        };
        let issuer = office(&self.issuer)?;
        let audience = scopes(&self.recipients)?;
        let author_hint = self.paper.number.rsplit_once('/').map_or("", |(_, symbol)| symbol).to_owned();
        let paper = self.paper;
        let mut in_reply_to = None;
        let mv: Move = match self.parts {
            Parts::Directive { tasks } => {
                let tasks = tasks
                    .into_iter()
                    .map(|(task, codes)| Ok(directive::Task { assignees: scopes(&codes)?, ..task }))
                    .collect::<Result<_, ImportError>>()?;
                directive::Move::Issued(directive::Issued { paper, tasks, in_reply_to: None }).into()
            }
            Parts::Programme { period, items } => {
                let items = items
                    .into_iter()
                    .map(|(item, lead, codes)| {
                        let coordinating = scopes(&codes)?;
                        Ok(programme::Item { lead: office(&lead)?, coordinating, ..item })
                    })
                    .collect::<Result<_, ImportError>>()?;
                let period = Some(period);
                programme::Move::Issued(programme::Issued {
                    paper,
                    period,
                    items,
                    version: 1,
                    dropped: Vec::new(),
                })
                .into()
            }
            Parts::Report { form, period, indicators } => {
                let period = Some(period);
                let submitted = report::Submitted { paper, form, period, indicators, version: 1 };
                report::Move::Submitted(submitted).into()
            }
            Parts::Guidance => guidance::Move::Issued { paper }.into(),
            Parts::Inspection { period, checklist } => inspection::Move::Opened(inspection::Opened {
                paper,
                period: Some(period),
                checklist,
                supervision: false,
            })
            .into(),
            Parts::SelfReport { answers, in_reply_to: coded } => {
                in_reply_to = Some(Reference {
                    issuer: office(&coded.issuer)?,
                    series_term: coded.series_term,
                    number: coded.number,
                });
                inspection::Move::SelfReported { paper, answers }.into()
            }
        };
        let (kind, body) = (mv.kind(), mv.encode());
        if body.len() > limits::ENTRY_CONTENT {
            return Err(ImportError::TooLong(body.len()));
        }
        if audience.len() > limits::AUDIENCE {
            return Err(ImportError::Rule(record::Malformed("too many offices")));
        }
        // Decoded as every reader would: a move that others refuse must not be written.
        record::decode(kind, &body)?;
        Ok(Draft {
            kind,
            body,
            audience,
            urgency: self.urgency,
            confidentiality: Confidentiality::Open,
            issuer,
            author_hint,
            in_reply_to,
        })
    }
}

/// Reads the text of a paper that can be parsed, at most the limit's bytes of the file; a failure names the file.
pub fn load(path: &Path) -> Result<String, Failure> {
    let bytes = bytes(path)?;
    // Parsed already here, so that the failure for bytes that are not UTF-8 names their line.
    parse(&bytes).map_err(|error| Failure::from(error).about(path.display()))?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// What is in a file, up to a byte more than is allowed.
fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::IMPORT_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::io(path, error))?;
    Ok(bytes)
}

/// A value of a file for a message: at most 60 characters, without control characters, which could move the cursor.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().filter(|letter| !letter.is_control()).take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
