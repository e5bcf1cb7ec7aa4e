//! A signed draft becomes a paper: paper and end of the draft are written in one turn, or neither. The paper is what was
//! signed, word by word, and bears the hash over the entries of its road.

use truc_proto::date::Date;
use truc_proto::id::RecordId;
use truc_proto::paper::DocumentType;
use truc_proto::record::draft::refusal::{Key, Refusal};
use truc_proto::record::draft::{self as is, Act, Draft, Ended, Part};
use truc_proto::record::{self, Paper, dates, directive, report};
use truc_proto::visible;

use super::super::directive::TaskArg;
use super::super::paper::{self, Part as Typed};
use super::super::{Context, Output, act, refer};
use super::asked::Issue;
use super::compare::Parts;
use super::versions::texts;
use super::{draft_of, on_road, row};
use crate::derive::views::on_road::{house_of, on_day};
use crate::derive::views::read;
use crate::office::{Intent, Numbering, OfficeError};
use crate::words::failure::{ExitCode, Failure};

/// Issues it.
pub(super) async fn issue(context: &Context<'_>, asked: &Issue) -> Result<Output, Failure> {
    let record = draft_of(context, &asked.draft)?;
    let (paper, ends) = intents(context, record, asked)?;
    if context.rehearsal {
        context.office.check_all(vec![paper, ends]).await.map_err(|(_, error)| error)?;
        return Ok(Output::Null);
    }
    let written = context.office.act_all(vec![paper, ends]).await.map_err(|(_, error)| error)?;
    let mut output = act::told(written.first().ok_or(OfficeError::Stopped)?);
    output["draft"] = record.to_string().into();
    Ok(output)
}

fn intents(context: &Context<'_>, record: RecordId, asked: &Issue) -> Result<(Intent, Intent), Failure> {
    let by = context.author()?.to_owned();
    let draft = row(context, record)?.draft;
    let date = asked.date.as_deref().map_or(Ok(context.today()), paper::day)?;
    let known = texts(context, record, &draft)?;
    let parts = known.newest().cloned().unwrap_or_default();
    let me = context.office.id();
    let kind = if asked.report { report::KIND.number } else { directive::KIND.number };
    let id = RecordId::of(me, kind, uuid::Uuid::now_v7());
    let issued = is::Issued {
        by: by.clone(),
        paper: id,
        number: String::new(),
        date,
        road: truc_proto::id::Hash::ZERO,
    };
    let ends = Act::Issue(issued);
    // Whoever may not issue it hears that, and not what is wrong with it.
    let (registry, now) = (context.office.registry(), context.office.time().millis() as i64);
    on_road(context, record, &ends)?.judge(&registry, now, true, &mut ends.clone())?;
    let (paper, numbering) = paper_of(context, &draft, &parts, date)?;
    let text = |part| parts.get(&part).map_or("", String::as_str);
    let to: Vec<String> = text(Part::Recipients)
        .split([',', '\n', ';'])
        .map(|office| office.trim().to_owned())
        .filter(|office| !office.is_empty())
        .collect();
    let audience = match to.is_empty() {
        true => Vec::new(),
        false => refer::scopes(&registry, &to, context.today())?,
    };
    let mv: record::Move = if asked.report {
        let (form, period, indicators) = (String::new(), None, Vec::new());
        report::Move::Submitted(report::Submitted { paper, form, period, indicators, version: 1 }).into()
    } else {
        let tasks = tasks(context, text(Part::Tasks))?;
        directive::Move::Issued(directive::Issued { paper, tasks, in_reply_to: None }).into()
    };
    let urgency = urgency(text(Part::Urgency))?;
    let opening = Intent::opening(&by, mv, audience);
    let paper = Intent { record: Some(id), numbering, urgency, draft: Some(record), ..opening };
    Ok((paper, Intent::new(by, record, is::Move(ends), Vec::new())))
}

fn tasks(context: &Context<'_>, text: &str) -> Result<Vec<directive::Task>, Failure> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let task = |line: &str| {
        let TaskArg { id, content, offices, due, product } = Typed::Line(line.to_owned()).read()?;
        let assignees = paper::offices(context, &offices)?;
        Ok(directive::Task { id, content, assignees, due, product })
    };
    lines.map(task).collect()
}

fn urgency(text: &str) -> Result<truc_proto::wire::Urgency, Failure> {
    use clap::ValueEnum as _;
    match text {
        "" => Ok(paper::UrgencyArg::default().wire()),
        text => paper::UrgencyArg::from_str(text, true)
            .map(paper::UrgencyArg::wire)
            .map_err(|_| paper::wrong(text)),
    }
}

/// The paper, and which number it bears: the next of the register of its body. Where the house counts on from a book of
/// paper, from there.
fn paper_of(
    context: &Context<'_>,
    draft: &Draft,
    parts: &Parts,
    date: Date,
) -> Result<(Paper, Numbering), Failure> {
    let kind =
        DocumentType::from_code(&draft.document_type).ok_or_else(|| paper::wrong(&draft.document_type))?;
    let (me, registry) = (context.office.id(), context.office.registry());
    let house = context.look(|views, look| {
        let house = record::house::record(look.me);
        Ok(house_of(read::strand(views, house, record::house::KIND.number, look.me)?.as_ref()))
    })?;
    let symbol = house.issuer_of_body(&draft.issuer, date).map(|issuer| issuer.symbol.clone());
    let symbol = symbol.ok_or_else(|| Failure::new(ExitCode::NotAllowed, "number-no-register"))?;
    let now = context.office.time().millis() as i64;
    let bench = on_day(&house, &registry, me, now);
    use truc_proto::record::draft::bench::Bench as _;
    let signed = draft.signed.iter().map(|signed| {
        let lines = signed.form.split('|').map(str::trim).collect::<Vec<_>>().join("\n");
        format!("{lines}\n{}", bench.name(&signed.by))
    });
    let numbering = match kind.symbol() {
        "" => Numbering::AsWritten,
        _ => Numbering::Next { symbol },
    };
    let text = |part| parts.get(&part).cloned().unwrap_or_default();
    let paper = Paper {
        document_type: kind.code().to_owned(),
        title: visible::clean(&text(Part::Title)).trim().to_owned(),
        number: String::new(),
        term: dates::term(date, context.today()),
        issued: Some(date),
        due: String::new(),
        text: text(Part::Body),
        signer: signed.collect::<Vec<_>>().join("\n"),
        road: None,
    };
    Ok((paper, numbering))
}

/// The number and date of the paper that a draft became.
pub(super) fn became(draft: &Draft) -> Option<(&str, Date, RecordId)> {
    match &draft.ended {
        Some(Ended::Issued { number, date, paper, .. }) => Some((number, *date, *paper)),
        _ => None,
    }
}

/// Fails unless the draft became a paper.
pub(super) fn issued(draft: &Draft) -> Result<(&str, Date, RecordId), Failure> {
    became(draft).ok_or_else(|| {
        let state = draft.state().name().to_owned();
        let refusal = Refusal::new(Key::IssueUnsigned);
        refusal.with("state", is::refusal::Arg::Word(state)).into()
    })
}
