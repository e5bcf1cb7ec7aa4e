//! `import`: makes records of papers of this office, all of them or none. A paper that is here already is not written
//! again, so an import that was cut off is simply repeated; one of another office is left out and named.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use truc_proto::limits;
use truc_proto::paper::DocumentType;
use truc_proto::record::{self, kind_name};
use uuid::Uuid;

use super::page::{Page, list, text};
use super::{Context, Output, act, number};
use crate::derive::views::numbers::{self, Numbered};
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::import::{Draft, load, parse};
use crate::office::{Intent, OfficeError, Written};
use crate::words::failure::{ExitCode, Failure};

/// Which papers.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Import {
    /// Markdown files with YAML front matter.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only say what would be written, and what is here already; write nothing.
    #[arg(long)]
    pub check: bool,
    /// Contents of the files, read by the process where the command was typed.
    #[arg(skip)]
    pub papers: Vec<String>,
}

impl Import {
    pub(super) fn prepare(&mut self) -> Result<(), Failure> {
        self.papers = self.files.iter().map(|path| load(path)).collect::<Result<_, _>>()?;
        // From here on a path is only a name in answers, and those are text.
        self.files = self.files.iter().map(|path| path.to_string_lossy().into_owned().into()).collect();
        let size: usize = self.papers.iter().map(String::len).sum();
        if size > limits::LOCAL_REQUEST / 2 {
            return Err(Failure::new(ExitCode::Input, "import-all-too-large")
                .sized("size", size)
                .sized("limit", limits::LOCAL_REQUEST / 2));
        }
        Ok(())
    }

    /// Writes all papers that are not here yet, or none; with `check` it only says which.
    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let mut rows = Vec::new();
        let mut intents = Vec::new();
        for (path, paper) in self.files.iter().zip(&self.papers) {
            let about = |failure: Failure| failure.about(path.display());
            let draft = parse(paper.as_bytes()).and_then(|paper| paper.resolve(&*context.office.registry()));
            let intent = match draft.map_err(Failure::from).and_then(|draft| intent(context, draft)) {
                Err(failure) if failure.key == FOREIGN => {
                    rows.push(Row::Foreign(failure.about(path.display())));
                    continue;
                }
                intent => intent.map_err(about)?,
            };
            rows.push(match standing(context, &intent).map_err(about)? {
                Some(there) => Row::Stands(there),
                None => {
                    intents.push(intent);
                    Row::New(intents.len() - 1)
                }
            });
        }
        let foreign =
            rows.iter().filter_map(|row| if let Row::Foreign(why) = row { Some(why) } else { None });
        if let (Some(first), true) = (foreign.clone().next(), foreign.count() == rows.len()) {
            return Err(first.clone());
        }
        let new: Vec<usize> = (0..rows.len()).filter(|number| matches!(rows[*number], Row::New(_))).collect();
        let failed = |(number, error): (usize, OfficeError)| {
            let path = new.get(number).and_then(|number| self.files.get(*number));
            let failure = Failure::from(error);
            path.map_or(failure.clone(), |path| failure.about(path.display()))
        };
        let mut told: Vec<Output> = if self.check {
            let decided = context.office.check_all(intents.clone()).await.map_err(failed)?;
            intents.iter().zip(decided).map(|(intent, stands)| would(intent, stands)).collect()
        } else if intents.is_empty() {
            Vec::new()
        } else {
            context.office.act_all(intents).await.map_err(failed)?.iter().map(act::told).collect()
        };
        let papers = rows.into_iter().zip(&self.files).map(|(row, file)| {
            let mut output = match row {
                Row::Stands(there) => there,
                Row::New(number) => told.get_mut(number).map(Output::take).unwrap_or_default(),
                Row::Foreign(why) => json!({ "left_out": why.key }),
            };
            output["file"] = json!(file);
            output
        });
        Ok(json!({ "papers": papers.collect::<Vec<_>>(), "check": self.check }))
    }
}

/// What becomes of a paper.
enum Row {
    /// It is here already.
    Stands(Output),
    /// It is to be written, as the intent with this number.
    New(usize),
    /// It is another office's, and left out.
    Foreign(Failure),
}

/// The failure of a paper of another office.
const FOREIGN: &str = "import-not-ours";

/// A paper as `--check` tells of it.
fn would(intent: &Intent, stands: bool) -> Output {
    json!({
        "kind": kind_name(intent.mv.kind()),
        "move": intent.mv.name(),
        "number": intent.mv.paper().map(|paper| paper.number.as_str()).unwrap_or_default(),
        "stood": stands,
    })
}

/// The paper with the number of this one, if it is the same paper. A number that another paper bears is refused.
fn standing(context: &Context<'_>, intent: &Intent) -> Result<Option<Output>, Failure> {
    let Some(paper) = intent.mv.paper() else { return Ok(None) };
    let Some(number) = Numbered::of(paper) else { return Ok(None) };
    let me = context.office.id();
    let found = context.office.view(|views| numbers::positions(views, me, &number))?;
    for position in &found {
        let Some(stored) = context.office.read(|journal| journal.at_position(*position))? else { continue };
        let written = Written { position: *position, entry: stored.entry, stood: true, said: None };
        let mv = record::of(&written.entry).ok();
        let same = mv
            .as_ref()
            .and_then(record::Move::paper)
            .is_some_and(|there| (&there.title, there.issued) == (&paper.title, paper.issued));
        if same {
            return Ok(Some(act::told(&written)));
        }
    }
    match found.is_empty() {
        true => Ok(None),
        false => Err(Failure::new(ExitCode::NotAllowed, "number-taken").with("number", &*paper.number)),
    }
}

/// A name for a paper by what it says, so that one without a number is taken in once.
fn content_id(draft: &Draft) -> Uuid {
    let mut hash = Sha256::new().chain_update(draft.kind.to_be_bytes()).chain_update(&draft.body);
    for scope in &draft.audience {
        hash.update(scope.key());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Uuid::from_bytes(bytes)
}

fn intent(context: &Context<'_>, draft: Draft) -> Result<Intent, Failure> {
    if draft.issuer != context.office.id() {
        let name = context.office.registry().name_at(draft.issuer, context.today()).unwrap_or("?").to_owned();
        return Err(Failure::new(ExitCode::NotAllowed, FOREIGN).with("office", name));
    }
    let once = content_id(&draft);
    let mv = record::decode(draft.kind, &draft.body)
        .map_err(|malformed| Failure::new(ExitCode::Input, "import-rule").with("part", malformed.0))?;
    let mut mv = mv;
    if let Some(paper) = mv.paper_mut() {
        let issued = paper.issued.unwrap_or_else(|| context.today());
        let kind = DocumentType::from_code(&paper.document_type);
        if let (Some(kind), false) = (kind, paper.number.is_empty()) {
            paper.number = number::typed(&paper.number, kind, &number::symbols(context, issued), None)?;
        }
    }
    let answered = match &draft.in_reply_to {
        None => None,
        Some(named) => {
            let filter = Filter {
                kind: Some(draft.kind),
                owner: Some(named.issuer),
                number: Some(named.number.clone()),
                term: Some(named.series_term.clone()),
                ..Filter::default()
            };
            let found = context.office.view(|views| read::list(views, &filter))?;
            Some(found.into_iter().next().ok_or_else(|| {
                Failure::new(ExitCode::NotFound, "record-unknown").with("record", &*named.number)
            })?)
        }
    };
    let author = context.author()?;
    let mut intent = match answered {
        // A self-report belongs to the inspection that it answers; other answers open their own record.
        Some(RecordRow { id, owner, .. }) if !mv.opens() => {
            Intent::new(author, id, mv, vec![truc_proto::audience::Scope::office(owner)])
        }
        _ => Intent { once: Some(once), ..Intent::opening(author, mv, draft.audience) },
    };
    intent.urgency = draft.urgency;
    intent.confidentiality = draft.confidentiality;
    Ok(intent)
}

/// Renders the imported papers for people.
pub(super) fn render(page: &mut Page<'_>) {
    let check = page.value["check"] == json!(true);
    let papers = list(&page.value["papers"]);
    let rows: Vec<Vec<String>> = papers
        .iter()
        .map(|paper| {
            let kind = format!("{} {}", text(&paper["kind"]), text(&paper["move"]));
            let what = match (paper["stood"] == json!(true), check) {
                _ if paper["left_out"].is_string() => "import-foreign",
                (true, _) => "import-stands",
                (false, true) => "import-would",
                (false, false) => "import-new",
            };
            let what = page.word(what);
            vec![text(&paper["file"]), kind, text(&paper["number"]), what, text(&paper["record"])]
        })
        .collect();
    page.table(&["cli-file", "cli-move", "cli-number", "cli-import", "cli-record"], &rows);
    let line = page.word(if check { "import-checked" } else { "line-saved" });
    page.line(&line);
}
