//! `import`: makes records of papers of this office. If one paper cannot be imported, none is written.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record;
use uuid::Uuid;

use super::page::{Page, list, text};
use super::{Context, Output, act, number::Register};
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::import::{Draft, load, parse};
use crate::office::Intent;
use crate::words::failure::{ExitCode, Failure};

/// Which papers.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Import {
    /// Markdown files with YAML front matter.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
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
                .with("size", size)
                .with("limit", limits::LOCAL_REQUEST / 2));
        }
        Ok(())
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let _held = context.numbering.lock().await;
        let mut intents = Vec::new();
        for (path, paper) in self.files.iter().zip(&self.papers) {
            let about = |failure: Failure| failure.about(path.display());
            let draft = parse(paper.as_bytes()).and_then(|paper| paper.resolve(&*context.office.registry()));
            let intent =
                draft.map_err(Failure::from).and_then(|draft| intent(context, draft)).map_err(about)?;
            context.office.permits(&intent).map_err(|refusal| about(refusal.into()))?;
            intents.push(intent);
        }
        let mut written = Vec::new();
        for (path, intent) in self.files.iter().zip(intents) {
            let mut output =
                act::write(context, intent).await.map_err(|failure| failure.about(path.display()))?;
            output["file"] = json!(path);
            written.push(output);
        }
        Ok(json!({ "papers": written }))
    }
}

fn intent(context: &Context<'_>, draft: Draft) -> Result<Intent, Failure> {
    if draft.issuer != context.office.id() {
        let name = context.office.registry().name_at(draft.issuer, context.today()).unwrap_or("?").to_owned();
        return Err(Failure::new(ExitCode::NotAllowed, "import-not-ours").with("office", name));
    }
    let mv = record::decode(draft.kind, &draft.body)
        .map_err(|malformed| Failure::new(ExitCode::Input, "import-rule").with("part", malformed.0))?;
    if let Some(paper) = mv.paper().filter(|paper| !paper.number.is_empty())
        && Register::read(context)?.has(&paper.document_type, &paper.term, &paper.number)
    {
        return Err(Failure::new(ExitCode::NotAllowed, "number-taken").with("number", &*paper.number));
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
    let (record, audience) = match answered {
        // A self-report belongs to the inspection that it answers; other answers open their own record.
        Some(RecordRow { id, owner, .. }) if !mv.opens() => {
            (id, vec![truc_proto::audience::Scope::office(owner)])
        }
        _ => (RecordId(Uuid::now_v7()), draft.audience),
    };
    let mut intent = Intent::new(context.author()?, record, mv, audience);
    intent.urgency = draft.urgency;
    intent.confidentiality = draft.confidentiality;
    Ok(intent)
}

/// Renders the imported papers for people.
pub(super) fn render(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = list(&page.value["papers"])
        .iter()
        .map(|paper| {
            let kind = format!("{} {}", text(&paper["kind"]), text(&paper["move"]));
            vec![text(&paper["file"]), kind, text(&paper["number"]), text(&paper["record"])]
        })
        .collect();
    page.table(&["cli-file", "cli-move", "cli-number", "cli-record"], &rows);
    let saved = page.word("line-saved");
    page.line(&saved);
}
