//! Why a paper cannot be imported. In all these cases nothing is stored.

use truc_proto::date::Date;
use truc_proto::limits;
use truc_proto::record::Malformed;

use crate::words::failure::{ExitCode, Failure};

/// An error in a paper's file, with line (from 1) and field.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// More than [`limits::IMPORT_FILE`] bytes.
    #[error("the file has more than {} bytes", limits::IMPORT_FILE)]
    TooLarge,
    /// Some byte of this line is not UTF-8.
    #[error("line {0}: not UTF-8")]
    NotUtf8(u64),
    /// The first line is not `---`.
    #[error("no front matter")]
    NoFrontMatter,
    /// No line `---` ends the front matter.
    #[error("the front matter does not end")]
    FrontMatterOpen,
    /// The front matter is not YAML of the expected form.
    #[error("line {line}: {reason}")]
    Syntax {
        /// Where.
        line: u64,
        /// The parser's message, in English.
        reason: String,
    },
    /// A key that no paper has.
    #[error("line {line}: unknown field {field}")]
    UnknownField {
        /// Where.
        line: u64,
        /// Which.
        field: String,
    },
    /// A key that this kind of paper must have.
    #[error("line {line}: no field {field}")]
    MissingField {
        /// Where.
        line: u64,
        /// Which.
        field: &'static str,
    },
    /// A key that only other kinds of paper have.
    #[error("line {line}: a {kind} has no field {field}")]
    MisplacedField {
        /// Where.
        line: u64,
        /// Kind of the paper.
        kind: &'static str,
        /// Which.
        field: &'static str,
    },
    /// A text that must not be empty is empty.
    #[error("line {line}: {field} is empty")]
    EmptyField {
        /// Where.
        line: u64,
        /// Which.
        field: &'static str,
    },
    /// A value that the field does not allow.
    #[error("line {line}: {field} cannot be {value:?}")]
    UnknownValue {
        /// Where.
        line: u64,
        /// Which.
        field: &'static str,
        /// The value, shortened.
        value: String,
        /// Allowed values.
        allowed: String,
    },
    /// A date or time that does not exist or has the wrong format.
    #[error("line {line}: {field} is no date: {value:?}")]
    BadDate {
        /// Where.
        line: u64,
        /// Which.
        field: &'static str,
        /// The value, shortened.
        value: String,
    },
    /// The period ends before it begins.
    #[error("line {0}: the period ends before it begins")]
    BadPeriod(u64),
    /// No plain decimal that can be stored exactly.
    #[error("line {line}: no plain figure: {value:?}")]
    BadFigure {
        /// Where.
        line: u64,
        /// The value, shortened.
        value: String,
    },
    /// An answer that begins with none of Đạt, Đạt một phần, Chưa đạt.
    #[error("line {0}: the answer begins with no finding")]
    BadFinding(u64),
    /// The list of recipients is empty.
    #[error("line {0}: no recipients")]
    NoRecipients(u64),
    /// No office had this code on the day of the paper.
    #[error("line {line}: no office had the code {code:?} on {date}")]
    UnknownOffice {
        /// Where.
        line: u64,
        /// The code, shortened.
        code: String,
        /// The day of the paper.
        date: Date,
    },
    /// A paper of độ mật from mật upwards, which must not be sent over this channel.
    #[error("line {0}: a secret paper")]
    Secret(u64),
    /// A well-formed paper that breaks a limit or rule of its record, such as repeated ids or too many parts.
    #[error(transparent)]
    Rule(#[from] Malformed),
    /// The move would exceed the size of an entry.
    #[error("the move has {0} bytes")]
    TooLong(usize),
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        use ImportError as E;
        const INPUT: ExitCode = ExitCode::Input;
        let cause = error.to_string();
        let failure = match error {
            E::TooLarge => Self::new(INPUT, "import-too-large").sized("limit", limits::IMPORT_FILE),
            E::NotUtf8(line) => Self::new(INPUT, "import-not-utf8").with("line", line),
            E::NoFrontMatter => Self::new(INPUT, "import-no-front-matter"),
            E::FrontMatterOpen => Self::new(INPUT, "import-front-matter-open"),
            E::Syntax { line, reason } => {
                Self::new(INPUT, "import-syntax").with("line", line).with("reason", reason)
            }
            E::UnknownField { line, field } => {
                Self::new(INPUT, "import-unknown-field").with("line", line).with("field", field)
            }
            E::MissingField { line, field } => {
                Self::new(INPUT, "import-missing-field").with("line", line).with("field", field)
            }
            E::MisplacedField { line, kind, field } => Self::new(INPUT, "import-misplaced-field")
                .with("line", line)
                .with("kind", kind)
                .with("field", field),
            E::EmptyField { line, field } => {
                Self::new(INPUT, "import-empty-field").with("line", line).with("field", field)
            }
            E::UnknownValue { line, field, value, allowed } => Self::new(INPUT, "import-unknown-value")
                .with("line", line)
                .with("field", field)
                .with("value", value)
                .with("allowed", allowed),
            E::BadDate { line, field, value } => Self::new(INPUT, "import-bad-date")
                .with("line", line)
                .with("field", field)
                .with("value", value),
            E::BadPeriod(line) => Self::new(INPUT, "import-bad-period").with("line", line),
            E::BadFigure { line, value } => {
                Self::new(INPUT, "import-bad-figure").with("line", line).with("value", value)
            }
            E::BadFinding(line) => Self::new(INPUT, "import-bad-finding").with("line", line),
            E::NoRecipients(line) => Self::new(INPUT, "import-no-recipients").with("line", line),
            E::UnknownOffice { line, code, date } => Self::new(INPUT, "import-unknown-office")
                .with("line", line)
                .with("code", code)
                .with("date", date.to_string()),
            E::Secret(line) => Self::new(ExitCode::NotAllowed, "import-secret").with("line", line),
            E::Rule(Malformed(part)) => Self::new(INPUT, "import-rule").with("part", part),
            E::TooLong(size) => {
                Self::new(INPUT, "import-too-long").sized("size", size).sized("limit", limits::ENTRY_CONTENT)
            }
        };
        failure.because(cause)
    }
}
