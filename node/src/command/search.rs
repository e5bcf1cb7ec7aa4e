//! `search`: records by words.

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::record::KINDS;

use super::page::{Page, list, text, when};
use super::tasks::Cut;
use super::{Context, Output, outside, refer, to_value};
use crate::derive::search::Query;
use crate::words::failure::Failure;
use truc_proto::record::kind_name;
use truc_proto::record::outside::KIND;

/// What somebody looks for.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Search {
    /// Words, with or without marks, each whole or only begun; a number finds its paper first.
    #[arg(required = true)]
    pub words: Vec<String>,
    /// Only this kind.
    #[arg(long, value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.name)))]
    pub kind: Option<String>,
    /// Only this office's.
    #[arg(long, value_name = "OFFICE")]
    pub owner: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 20)]
    pub last: u32,
}

impl Search {
    pub(super) async fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let whole = context.office.wait_searchable().await?;
        let registry = context.office.registry();
        let owner = self.owner.as_deref().map(|text| refer::office(&registry, text, context.today()));
        let query = Query {
            text: self.words.join(" "),
            kind: KINDS.iter().find(|kind| Some(kind.name) == self.kind.as_deref()).map(|kind| kind.number),
            owner: owner.transpose()?,
            limit: self.last,
            offset: 0,
        };
        let mut records = Vec::new();
        // What came from outside stands in no index: its own list knows who sees it.
        if query.owner.is_none_or(|owner| owner == context.office.id())
            && query.kind.is_none_or(|kind| kind == KIND.number)
        {
            let lines = outside::found(context, &query.text, self.last)?;
            records.extend(lines.into_iter().map(|line| outside_hit(context, line)));
        }
        for hit in context.office.search(&query)? {
            let kind = kind_name(hit.kind);
            let mut record = to_value(hit)?;
            record["kind"] = kind.into();
            records.push(record);
        }
        let works = match (query.kind, query.owner) {
            (None, None) => context.moment()?.matching(&query.text, Cut::page(1))?.rows,
            _ => Vec::new(),
        };
        Ok(json!({ "records": records, "works": to_value(works)?, "whole": whole }))
    }
}

fn outside_hit(context: &Context<'_>, line: outside::Line) -> Value {
    json!({
        "record": line.record, "kind": KIND.name, "owner": context.office.id(), "number": line.number,
        "title": line.title, "opened": line.registered, "shown": [],
    })
}

/// Renders the hits for people; matching words stand in brackets.
pub(super) fn render(page: &mut Page<'_>) {
    if page.value["whole"] == false {
        let line = page.word("search-behind");
        page.line(&line);
    }
    let excerpt = |record: &Value| -> String {
        let piece = |piece: &Value| match (&piece[0], text(&piece[1])) {
            (Value::Bool(true), word) => format!("[{word}]"),
            (_, other) => other,
        };
        list(&record["shown"]).iter().map(piece).collect()
    };
    let rows: Vec<Vec<String>> = list(&page.value["records"])
        .iter()
        .map(|record| {
            vec![
                text(&record["record"]),
                text(&record["kind"]),
                text(&record["number"]),
                text(&record["title"]),
                page.office(&record["owner"]),
                when(&record["opened"]),
                excerpt(record),
            ]
        })
        .collect();
    let works = !list(&page.value["works"]).is_empty();
    if works {
        super::tasks::table(page, "works");
    }
    if rows.is_empty() && works {
        return;
    }
    if rows.is_empty() {
        let line = page.word("cli-nothing-found");
        return page.line(&line);
    }
    let heads = ["cli-id", "cli-kind", "cli-number", "cli-title", "cli-owner", "cli-time", "cli-found"];
    page.table(&heads, &rows);
}
