//! The front matter of a paper, as written in the file.

use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Spanned};

use super::ImportError;

/// A text with its line in the file.
pub(super) type Text = Spanned<String>;

/// The keys of all kinds of paper. Which keys a kind allows is checked later, so that the error can name kind and
/// field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Front {
    pub(super) kind: Text,
    pub(super) document_type: Text,
    pub(super) title: Text,
    pub(super) number: Option<Text>,
    pub(super) series_term: Option<Text>,
    pub(super) issuer_code: Text,
    pub(super) issued: Text,
    pub(super) due: Option<Text>,
    pub(super) urgency: Text,
    pub(super) confidentiality: Text,
    pub(super) recipients: Spanned<Vec<Text>>,
    /// Marks the paper as an example, for readers of the file; ignored.
    #[serde(rename = "sample")]
    pub(super) _sample: Option<bool>,
    pub(super) tasks: Option<Spanned<Vec<Task>>>,
    pub(super) period: Option<Spanned<Period>>,
    pub(super) items: Option<Spanned<Vec<Item>>>,
    pub(super) form: Option<Text>,
    pub(super) indicators: Option<Spanned<Vec<Indicator>>>,
    pub(super) checklist: Option<Spanned<Vec<Question>>>,
    pub(super) in_reply_to: Option<Spanned<Reference>>,
    pub(super) answers: Option<Spanned<Vec<Answer>>>,
    pub(super) starts: Option<Text>,
    pub(super) place: Option<Text>,
    pub(super) online: Option<Spanned<bool>>,
    pub(super) agenda: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) content: String,
    pub(super) assignees: Vec<Text>,
    pub(super) due: Option<Text>,
    pub(super) product: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    pub(super) kind: Text,
    pub(super) from: Text,
    pub(super) to: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) content: String,
    pub(super) lead: Text,
    pub(super) coordinating: Vec<Text>,
    pub(super) due: Option<Text>,
    pub(super) product: Option<String>,
    pub(super) preparer: Option<String>,
    pub(super) starts: Option<Text>,
    pub(super) place: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Indicator {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) unit: String,
    /// Read as text to stay exact. The key is required, because a forgotten figure is not "no data".
    #[serde(deserialize_with = "written")]
    pub(super) value: Option<Text>,
    pub(super) note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub(super) id: String,
    pub(super) question: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    pub(super) issuer_code: Text,
    pub(super) series_term: String,
    pub(super) number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) answer: Text,
    pub(super) evidence: Option<String>,
}

/// Deserializes an optional value whose key is required.
fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    Option::deserialize(deserializer)
}

/// Line of a value in the file.
pub(super) fn line<T>(value: &Spanned<T>) -> u64 {
    value.referenced.line()
}

/// Parses front matter that begins on line 1 of `yaml`.
pub(super) fn read(yaml: &str) -> Result<Front, ImportError> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        // Papers need no anchors; without them, a small file cannot expand to a large one in memory.
        budget: serde_saphyr::budget! { max_anchors: 0, max_aliases: 0, max_depth: 8 },
    };
    serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().map_or(1, |location| location.line());
        match error {
            Error::SerdeUnknownField { field, .. } => {
                ImportError::UnknownField { line, field: super::shorten(field) }
            }
            Error::SerdeMissingField { field, .. } => ImportError::MissingField { line, field },
            other => ImportError::Syntax {
                line,
                reason: super::shorten(other.to_string().lines().next().unwrap_or_default()),
            },
        }
    })
}
