//! `seal`: the keys with which what stays inside the office is sealed, and the sheets of paper that bring them back.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::limits;
use truc_proto::seal::{Sheet, SheetError, SheetsError};

use super::page::{Page, list, text, when};
use super::{Context, Output, to_value};
use crate::office::seals::{self, Seals, SealsError};
use crate::words::failure::{ExitCode, Failure};

/// What can be done with the sealing keys.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Keys, sheets, and what nobody here can open.
    #[command(after_help = "Example: truc-node seal status")]
    Status,
    /// Makes new recovery sheets for one, two or three people; of three, any two are enough. Shown once, kept nowhere.
    #[command(
        after_help = "Example: truc-node seal sheets --holder 'Lê Thị Hoa' --holder 'Võ Minh' --holder 'Trần Lan'"
    )]
    Sheets {
        /// Who holds a sheet; once for each.
        #[arg(long = "holder", required = true, value_name = "NAME")]
        holders: Vec<String>,
    },
    /// Holds sheets against the last deposit and opens nothing.
    #[command(after_help = "Example: truc-node seal check sheet-1.txt sheet-2.txt")]
    Check(Sheets),
    /// Brings the keys back with sheets, after the machine and its backups were lost.
    #[command(
        after_help = "Example: truc-node seal recover sheet-1.txt sheet-3.txt --reason 'Cháy máy ngày 01/12'"
    )]
    Recover {
        #[allow(missing_docs)]
        #[command(flatten)]
        sheets: Sheets,
        /// Why, for the ledger.
        #[arg(long)]
        reason: String,
    },
    /// Makes a new key, which seals from now on. The older ones still open.
    #[command(after_help = "Example: truc-node seal rotate")]
    Rotate,
}

/// Sheets as somebody typed them.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Sheets {
    /// A text file for each sheet; letter case, spaces and line ends do not matter.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(skip)]
    texts: Vec<String>,
}

impl Sheets {
    fn prepare(&mut self) -> Result<(), Failure> {
        self.texts = self.files.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn sheets(&self) -> Result<Vec<Sheet>, Failure> {
        parse(self.texts.iter().map(String::as_str))
    }
}

/// Reads sheets that people typed. What is wrong is said with the number of the sheet, in the order given.
pub fn parse<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Vec<Sheet>, Failure> {
    let sheet = |(number, text): (usize, &str)| {
        Sheet::from_text(text).map_err(|error| {
            let failure = match error {
                SheetError::NotASheet => Failure::new(ExitCode::Input, "sheet-none"),
                SheetError::Newer => Failure::new(ExitCode::Input, "sheet-newer"),
                SheetError::Line(line) => Failure::new(ExitCode::Input, "sheet-line").with("line", line),
            };
            failure.with("sheet", number)
        })
    };
    (1..).zip(texts).map(sheet).collect()
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(|error| Failure::io(file, error))?;
    let read = opened.take(limits::SHEET_TEXT as u64 + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::io(file, error))?;
    Ok(text)
}

impl Verb {
    pub(super) fn prepare(&mut self) -> Result<(), Failure> {
        match self {
            Self::Check(sheets) | Self::Recover { sheets, .. } => sheets.prepare(),
            Self::Status | Self::Sheets { .. } | Self::Rotate => Ok(()),
        }
    }

    pub(super) fn reads(&self) -> bool {
        matches!(self, Self::Status)
    }

    pub(super) async fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let office = context.office;
        match self {
            Self::Status => to_value(Seals::of(office)?),
            Self::Sheets { holders } => {
                let sheets = seals::sheets(office, named(holders)?).await?;
                let text = |sheet: &Sheet| json!({ "number": sheet.number, "text": *sheet.to_text() });
                Ok(json!({ "holders": holders, "sheets": sheets.iter().map(text).collect::<Vec<_>>() }))
            }
            Self::Check(sheets) => to_value(seals::check(office, &sheets.sheets()?, context.author).await?),
            Self::Recover { sheets, reason } => {
                let keys = seals::recover(office, &sheets.sheets()?, context.author, reason).await?;
                Ok(json!({ "keys": keys }))
            }
            Self::Rotate => {
                seals::rotate(office).await?;
                to_value(Seals::of(office)?)
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::Status | Self::Rotate => status(page),
            Self::Sheets { .. } => {
                let value = page.value;
                let told = page.word("seal-once");
                page.line(&told);
                for sheet in list(&value["sheets"]) {
                    page.line("");
                    page.line(text(&sheet["text"]).trim_end());
                }
            }
            Self::Check(_) => {
                let told = page.word("seal-right");
                page.line(&told);
                page.field("seal-set", text(&page.value["set"]));
            }
            Self::Recover { .. } => page.field("seal-recovered", text(&page.value["keys"])),
        }
    }
}

/// Names of holders, each once and on one line.
pub fn named(holders: &[String]) -> Result<Vec<String>, Failure> {
    let holders: Vec<String> = holders.iter().map(|name| name.trim().to_owned()).collect();
    let wrong = |name: &String| {
        name.is_empty()
            || name.len() > limits::LINE
            || name.chars().any(char::is_control)
            || holders.iter().filter(|other| *other == name).count() > 1
    };
    match holders.iter().find(|name| wrong(name)) {
        Some(name) => Err(Failure::new(ExitCode::Input, "sheet-holder").with("name", name.clone())),
        None => Ok(holders),
    }
}

fn status(page: &mut Page<'_>) {
    let value: &Value = page.value;
    page.field("seal-keys", text(&value["keys"]));
    page.field("seal-since", when(&value["since"]));
    page.field("seal-closed", text(&value["closed"]));
    match &value["deposit"] {
        Value::Null => {
            let none = page.word("seal-no-sheets");
            page.line(&none);
        }
        deposit => {
            let holders: Vec<String> = list(&deposit["holders"]).iter().map(text).collect();
            page.field("seal-set", text(&deposit["set"]));
            page.field("seal-holders", holders.join(", "));
            page.field("seal-deposited", when(&deposit["time"]));
            if value["checked"].is_number() {
                page.field("seal-checked", when(&value["checked"]));
            }
        }
    }
}

impl From<SealsError> for Failure {
    fn from(error: SealsError) -> Self {
        let cause = error.to_string();
        let failure = match error {
            SealsError::Office(error) => return error.into(),
            SealsError::Key(error) => return error.into(),
            SealsError::Sheets(SheetsError::Few(needed)) => {
                Self::new(ExitCode::Input, "sheets-few").with("needed", needed)
            }
            SealsError::Sheets(SheetsError::Mixed(number)) => {
                Self::new(ExitCode::Input, "sheets-mixed").with("sheet", u32::from(number))
            }
            SealsError::Sheets(SheetsError::Twice(number)) => {
                Self::new(ExitCode::Input, "sheets-twice").with("sheet", u32::from(number))
            }
            SealsError::Sheets(SheetsError::Wrong(..)) => Self::new(ExitCode::Input, "sheets-wrong"),
            SealsError::OtherOffice => Self::new(ExitCode::NotAllowed, "sheets-other-office"),
            SealsError::NoDeposit(set) => {
                Self::new(ExitCode::NotFound, "sheets-no-deposit").with("set", u32::from(set))
            }
            SealsError::Incomplete => Self::new(ExitCode::NotAllowed, "sheets-incomplete"),
            SealsError::Holders(_) => Self::new(ExitCode::Input, "sheet-holders"),
            SealsError::NoKey => Self::new(ExitCode::Store, "no-sealing-key"),
            SealsError::Deposit(_) | SealsError::Ring(_) => Self::new(ExitCode::Store, "deposit-unusable"),
        };
        failure.because(cause)
    }
}
