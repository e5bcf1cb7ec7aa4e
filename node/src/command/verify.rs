//! `verify`: whether a store or an archive is whole and of whom it says it is; the first bad place in words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode as Exit;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use truc_proto::id::OfficeId;
use truc_proto::proof::Fault;
use truc_proto::registry::Registry;

use super::page::{Page, list, text};
use super::run;
use crate::identity::{Identity, keys};
use crate::proof::{self, Store, Verification, archive};
use crate::words;
use crate::words::failure::{ExitCode, Failure};

/// What to verify.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// Folder of an archive that `export` made; without one, the store itself.
    pub archive: Option<PathBuf>,
    /// Folder of a second one, of another office: has the hub told both the same?
    pub other: Option<PathBuf>,
    /// Certificate of the province's authority (PEM), as you got it from elsewhere, not from the archive; for an
    /// archive. Default: the authority that this store trusts.
    #[arg(long, value_name = "FILE")]
    pub authority: Vec<PathBuf>,
}

impl Verify {
    /// Verifies. `store` opens the identity of the store in `dir`; `trusted` returns the authorities that the store
    /// trusts.
    pub fn execute(
        &self,
        dir: &Path,
        store: impl FnOnce() -> Result<Identity, Failure>,
        trusted: impl FnOnce() -> Result<Vec<CertificateDer<'static>>, Failure>,
    ) -> Result<Value, Failure> {
        let begun = std::time::Instant::now();
        let bar = bar();
        let progress = |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        };
        let verdict = match &self.archive {
            None => proof::verify(Store { dir, identity: &store()? }, progress)?,
            Some(archive) => {
                let mut authorities = Vec::new();
                for path in &self.authority {
                    authorities.extend(keys::load_certificates(path)?);
                }
                if authorities.is_empty() {
                    authorities = trusted().map_err(|_| {
                        Failure::new(ExitCode::Input, "verify-no-authority").about(archive.display())
                    })?;
                }
                let mut verdict = archive::verify(archive, &authorities, progress)?;
                if let Some(other) = &self.other {
                    let (other_verdict, file) =
                        (archive::verify(other, &authorities, progress)?, other.display());
                    if let Some(first) = other_verdict.findings.first.clone() {
                        verdict.findings.fault(first.about(file));
                        verdict.findings.faults += other_verdict.findings.faults - 1;
                    }
                    proof::compare(&mut verdict, &other_verdict);
                }
                verdict
            }
        };
        bar.finish_and_clear();
        Ok(answer(&verdict, begun.elapsed().as_secs_f64()))
    }
}

/// Progress bar, which the library draws on a terminal only.
pub(super) fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn answer(verdict: &Verification, seconds: f64) -> Value {
    let findings = &verdict.findings;
    let registry = &verdict.registry;
    let some: Vec<Value> = findings.some.iter().map(|fault| told(fault, registry)).collect();
    json!({
        "verified": verdict.good(),
        "first": findings.first.as_ref().map(|fault| told(fault, registry)),
        "faults": findings.faults,
        "lies": findings.lies.values().map(|lie| told(lie, registry)).collect::<Vec<_>>(),
        "some": some,
        "entries": findings.entries,
        "ledgers": findings.ledgers,
        "receipts": findings.receipts,
        "refused": findings.refused,
        "aside": findings.aside,
        "islands": findings.islands,
        "holes": findings.holes,
        "held": verdict.held,
        "withheld": verdict.withheld,
        "destroyed": verdict.destroyed,
        "newer": verdict.newer,
        "files": verdict.files,
        "files_pending": verdict.pending,
        "heads": verdict.heads.len(),
        "seconds": seconds,
    })
}

fn told(fault: &Fault, registry: &Registry) -> Value {
    let name = |office: OfficeId| {
        let fact = registry.office(office).and_then(|office| office.current());
        fact.map_or_else(|| office.to_string(), |fact| fact.committee())
    };
    json!({
        "code": fault.wrong.code(),
        "office": fault.place.map(|place| place.ledger),
        "name": fault.place.map(|place| name(place.ledger)),
        "incarnation": fault.place.map(|place| place.seat.incarnation.to_string()),
        "seq": fault.place.map(|place| place.seat.seq),
        "position": fault.position,
        "about": fault.about,
    })
}

/// Prints the verdict and returns the exit code.
pub fn tell(json: bool, outcome: Result<Value, Failure>) -> Exit {
    let good = outcome.as_ref().is_ok_and(|value| value["verified"] == true);
    let failed = outcome.is_err();
    let told = run::tell(json, outcome, render);
    if good || failed { told } else { ExitCode::Store.into() }
}

/// Renders the verdict for people.
fn render(page: &mut Page<'_>) {
    let value = page.value;
    let verdict = page.word(if value["verified"] == true { "proof-good" } else { "proof-bad" });
    page.line(&verdict);
    for fault in list(&value["some"]).iter().take(usize::from(value["verified"] != true) * 10) {
        let line = sentence(page, fault);
        page.line(&line);
    }
    let more = value["faults"].as_u64().unwrap_or(0).saturating_sub(10);
    if more > 0 {
        let line = crate::say!(page.lang, "proof-more", count = more);
        page.line(&line);
    }
    for lie in list(&value["lies"]) {
        let line = crate::say!(page.lang, "proof-lie", what = sentence(page, lie));
        page.line(&line);
    }
    let counts: BTreeMap<&str, &str> = BTreeMap::from([
        ("entries", "proof-entries"),
        ("receipts", "proof-receipts"),
        ("refused", "proof-refused"),
        ("aside", "proof-aside"),
        ("islands", "proof-islands"),
        ("held", "proof-held"),
        ("withheld", "proof-withheld-count"),
        ("destroyed", "proof-destroyed"),
        ("newer", "proof-newer"),
        ("files", "proof-files"),
        ("heads", "proof-heads"),
        ("files_pending", "proof-pending"),
    ]);
    for (field, key) in counts {
        let count = value[field].as_u64().unwrap_or(0);
        if count > 0 || field == "entries" {
            page.field(key, count.to_string());
        }
    }
}

/// One fault as a sentence: where and what.
fn sentence(page: &Page<'_>, fault: &Value) -> String {
    let (key, about) = (format!("proof-{}", text(&fault["code"])), [("about", text(&fault["about"]).into())]);
    let what = words::say(page.lang, &key, &about);
    if fault["office"].is_null() {
        return what;
    }
    let place = crate::say!(
        page.lang,
        "proof-place",
        office = text(&fault["name"]),
        incarnation = text(&fault["incarnation"]),
        seq = text(&fault["seq"]),
        position = if fault["position"].is_null() { "–".to_owned() } else { text(&fault["position"]) }
    );
    format!("{place} {what}")
}

#[cfg(test)]
mod tests {
    use truc_proto::proof::Wrong;

    use super::words;
    use crate::words::Lang;

    #[test]
    fn every_fault_has_its_words() {
        for wrong in Wrong::ALL {
            let key = format!("proof-{}", wrong.code());
            for lang in [Lang::Vi, Lang::En] {
                let about = [("about", "X".into())];
                let said = words::say(lang, &key, &about);
                assert!(!said.starts_with(&key), "{key}");
            }
        }
    }
}
