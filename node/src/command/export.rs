//! `export`: an archive for third parties, readable and provable without this program.

use std::path::{Path, PathBuf};

use clap::Args;
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};

use super::page::{Page, text};
use super::paper::day;
use super::refer;
use super::verify::bar;
use crate::derive::views::{self, VIEWS};
use crate::identity::Identity;
use crate::office::OfficeError;
use crate::proof::Store;
use crate::proof::archive::{self, Made, Selection, Source};
use crate::words::failure::{ExitCode, Failure};

/// What to export, and where to.
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// Folder to make; it must not be there yet, or be empty.
    pub archive: PathBuf,
    /// Only the ledger of this office (id); may be given several times.
    #[arg(long, value_name = "OFFICE")]
    pub office: Vec<String>,
    /// Only what is said about this record (number or id); may be given several times.
    #[arg(long, value_name = "RECORD")]
    pub record: Vec<String>,
    /// Only from this day on.
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Only to this day.
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Only this year.
    #[arg(long, value_name = "YEAR", conflicts_with_all = ["from", "to"])]
    pub year: Option<i32>,
}

impl Export {
    /// Writes the archive.
    pub fn execute(
        &self,
        dir: &Path,
        identity: &Identity,
        authorities: &[CertificateDer<'static>],
    ) -> Result<Value, Failure> {
        let begun = std::time::Instant::now();
        let selection = self.selection(dir)?;
        let bar = bar();
        let source = Source { store: Store { dir, identity }, selection: &selection, authorities };
        let made = archive::write(&self.archive, source, |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        Ok(answer(&self.archive, &made?, begun.elapsed().as_secs_f64()))
    }

    fn selection(&self, dir: &Path) -> Result<Selection, Failure> {
        let wrong = |value: &str| Failure::new(ExitCode::Input, "value-wrong").with("value", value);
        let of_year = |month, day| {
            let date = self.year.map(|year| {
                let date = i16::try_from(year).ok().and_then(|year| Date::new(year, month, day));
                date.ok_or_else(|| wrong(&year.to_string()))
            });
            date.transpose()
        };
        let offices = self.office.iter().map(|id| id.parse::<OfficeId>().map_err(|_| wrong(id)));
        let records = self.record.iter().map(|text| match text.parse::<RecordId>() {
            Ok(id) => Ok(id),
            Err(_) => {
                let views = views::reader(&dir.join(VIEWS)).map_err(OfficeError::from)?;
                Ok(refer::any_record(&views, text)?.id)
            }
        });
        Ok(Selection {
            offices: offices.collect::<Result<_, _>>()?,
            records: records.collect::<Result<_, Failure>>()?,
            from: self.from.as_deref().map(day).transpose()?.or(of_year(1, 1)?),
            to: self.to.as_deref().map(day).transpose()?.or(of_year(12, 31)?),
        })
    }
}

fn answer(archive: &Path, made: &Made, seconds: f64) -> Value {
    let facts = &made.facts;
    json!({
        "archive": archive.display().to_string(),
        "entries": facts.entries,
        "withheld": facts.withheld,
        "files": made.files,
        "files_pending": made.pending,
        "position": facts.mark.position,
        "running": facts.mark.running,
        "unvouched": made.unvouched,
        "seconds": seconds,
    })
}

/// Renders the result for people.
pub fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.field("proof-archive", text(&value["archive"]));
    page.field("proof-entries", text(&value["entries"]));
    let counts =
        [("withheld", "proof-withheld-count"), ("files", "proof-files"), ("files_pending", "proof-pending")];
    for (field, key) in counts {
        if value[field].as_u64().unwrap_or(0) > 0 {
            page.field(key, text(&value[field]));
        }
    }
    if value["withheld"].as_u64().unwrap_or(0) > 0 {
        let line = page.word("proof-withheld-why");
        page.line(&line);
    }
    if value["unvouched"] == true {
        let line = page.word("proof-unvouched");
        page.line(&line);
    }
    let line = page.word("proof-how");
    page.line(&line);
}
