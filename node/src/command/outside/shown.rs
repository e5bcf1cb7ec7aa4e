//! Papers from outside as an account sees them: found, listed, shown, and what may be done with one.

use serde::Serialize;
use serde_json::{Value, json};
use truc_proto::date::Date;
use truc_proto::house::House;
use truc_proto::id::RecordId;
use truc_proto::record::Strand as _;
use truc_proto::record::assignment::refusal::Key;
use truc_proto::record::assignment::{Actor, Source, roles};
use truc_proto::record::outside::{
    Act, Answered, Classified, Corrected, Field, Kept, Move, Outside, Reason, Said, Sender, Strand,
    Transferred, What, sight,
};
use truc_proto::vietnamese::fold;

use super::super::assignment::May;
use super::super::page::{Page, list, text};
use super::super::tasks::Moment;
use super::super::{Context, Output, listed, to_value};
use crate::derive::views::inside::{Beside, Inside};
use crate::derive::views::kinds::assignment as works;
use crate::derive::views::kinds::outside::{self as papers, OutsideRow};
use crate::words::failure::Failure;

/// A line of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The record.
    pub record: RecordId,
    /// What people call it.
    pub name: String,
    /// Its book.
    pub book: &'static str,
    /// Its number in the book.
    pub arrival: u32,
    /// The body that sent it; empty: a petition.
    pub party: String,
    /// Số, ký hiệu.
    pub number: String,
    /// Title; of a petition: what it says. Nothing of a secret paper.
    pub title: String,
    /// When it was registered, Unix milliseconds.
    pub registered: u64,
}

/// The newest papers whose numbers, bodies and titles contain these words, as far as the acting account sees them.
pub(crate) fn found(context: &Context<'_>, words: &str, most: u32) -> Result<Vec<Line>, Failure> {
    let moment = context.moment()?;
    let house = moment.house();
    let parties = |word: &str| -> Vec<String> {
        let of = house.parties(context.today());
        of.filter(|party| fold(&party.name).contains(word)).map(|party| party.id.clone()).collect()
    };
    let words = fold(words);
    let words: Vec<_> = words.split_whitespace().map(|word| (word.to_owned(), parties(word))).collect();
    let me = context.office.id();
    let rows = context.office.view(|views| papers::search(views, me, &words, most.saturating_add(1)))?;
    let mut lines = Vec::new();
    for row in rows {
        if moment.sees_outside(&row)? {
            lines.push(line(&moment, row));
        }
    }
    Ok(lines)
}

pub(super) fn index(context: &Context<'_>, words: &str, most: u32) -> Result<Output, Failure> {
    listed(found(context, words, most)?, most)
}

fn line(moment: &Moment<'_>, row: OutsideRow) -> Line {
    let party = moment.body(&row.outside);
    let OutsideRow { record, outside } = row;
    Line {
        record,
        name: outside.name(),
        book: outside.paper.book.into(),
        arrival: outside.paper.arrival,
        party,
        number: outside.paper.number.clone(),
        title: outside.paper.title.clone(),
        registered: outside.registered.time.millis(),
    }
}

/// Everything about one, as far as the acting account sees it. Who denounced is not in it: that is asked for by a move.
pub(crate) fn show(context: &Context<'_>, record: RecordId) -> Result<Output, Failure> {
    let row = context.outside(record)?;
    let moment = context.moment()?;
    let (house, today, outside) = (moment.house(), context.today(), &row.outside);
    let works = context.look(|views, look| works::of_part(views, look.me, record, ""))?;
    let works: Vec<_> =
        works.into_iter().filter(|work| moment.sees(&work.work)).map(|work| moment.row(work, None)).collect();
    let paper = &outside.paper;
    let mut output = to_value(line(&moment, row.clone()))?;
    let Value::Object(object) = &mut output else { return Ok(output) };
    let said = |said: &Said| json!({ "by": said.by, "name": moment.name(&said.by), "time": said.time.millis(), "note": said.note });
    let about = paper.petition.as_ref().map(|petition| petition.about.as_str()).unwrap_or_default();
    let more = json!({
        "received": paper.received, "issued": paper.issued, "document_type": paper.document_type,
        "urgency": paper.urgency, "level": paper.level, "channel": <&str>::from(paper.channel),
        "pages": paper.pages, "class": paper.petition.as_ref().map(|petition| <&str>::from(petition.class)),
        "about": about, "about_name": moment.name(about),
        "earlier": paper.petition.as_ref().and_then(|petition| petition.earlier),
        "limit": paper.petition.as_ref().and_then(|petition| petition.limit),
        "registered_by": said(&outside.registered),
        "void": outside.void.as_ref().map(said), "accepted": outside.accepted.as_ref().map(said),
        "decided": outside.decided.as_ref().map(|decided| json!({
            "road": decided.road, "paper": decided.paper, "said": said(&decided.said),
        })),
        "transfer": outside.transfer.as_ref().map(|went| json!({
            "to": went.to, "name": moment.name(&went.to), "answer_by": moment.told(went.answer_by),
            "receipt": went.receipt.as_ref().map(said),
            "reply": went.reply.as_ref().map(|reply| json!({ "paper": reply.paper, "said": said(&reply.said) })),
        })),
        "corrections": outside.corrections.iter().map(|change| json!({
            "field": <&str>::from(change.what.field), "was": change.what.was, "now": change.what.now,
            "note": change.what.note, "name": moment.name(&change.by), "time": change.time.millis(),
        })).collect::<Vec<_>>(),
        "notes": outside.notes.iter().map(said).collect::<Vec<_>>(),
        "opened": outside.opened.iter().map(said).collect::<Vec<_>>(),
        "sender": sender(context, house, outside, today)?,
        "works": to_value(works)?,
        "next": to_value(next(context, record, outside)?)?,
    });
    if let Value::Object(more) = more {
        object.extend(more);
    }
    Ok(output)
}

/// What the acting account sees of who sent a petition.
fn sender(context: &Context<'_>, house: &House, outside: &Outside, today: Date) -> Result<Value, Failure> {
    let Some(sent) = &outside.sender else { return Ok(Value::Null) };
    let mut shown = json!({
        "signers": sent.signers, "envelope": sent.envelope, "anonymous": sent.anonymous, "name": "", "address": "",
        "kept": !sight::sees_sender(house, outside, context.author, today),
    });
    if shown["kept"] == false
        && let Some(sender) = context.sender(outside)?
    {
        shown["name"] = sender.name.into();
        shown["address"] = sender.address.into();
    }
    Ok(shown)
}

/// The moves that the acting account may make, for want of no more than words, a date or a name.
fn next(context: &Context<'_>, record: RecordId, outside: &Outside) -> Result<Vec<May>, Failure> {
    let Ok(author) = context.author() else { return Ok(Vec::new()) };
    let source = Source::Paper { record, part: String::new() };
    let inside: Inside = context.inside(None, &source)?;
    let (now, house, today) = (context.office.time().millis() as i64, inside.house(), context.today());
    let people = house.people(today).map(|person| person.id.as_str());
    let others = people.filter(|person| *person != author && roles::may_act(house, author, person, today));
    let actors: Vec<&str> = std::iter::once("").chain(others).collect();
    let strand = Strand { what: Some(What::Paper(Box::new(outside.clone()))) };
    let may = |name: &'static str, stands_for: &str| {
        let actor = Actor { by: author.to_owned(), stands_for: stands_for.to_owned() };
        let mut mv = Move { actor, act: trial(name, outside)? };
        let beside = Beside { candidates: &[], used: false, files: false };
        let made = inside.judge_outside(now, &strand, &beside, &mut mv);
        let wants = |key| matches!(key, Key::ReasonMissing | Key::PartyUnknown | Key::AnswerByMissing);
        let may = made.is_ok() || made.is_err_and(|refusal| wants(refusal.key));
        may.then(|| May { mv: name, stands_for: stands_for.to_owned() })
    };
    let names = strand.next(&strand, context.office.id(), true);
    Ok(names.into_iter().filter_map(|name| actors.iter().find_map(|actor| may(name, actor))).collect())
}

/// A move of a name without its words.
fn trial(name: &str, outside: &Outside) -> Option<Act> {
    let note = String::new();
    let petition = || outside.paper.petition.clone();
    Some(match name {
        "void" => Act::Void(note),
        "correct" => {
            Act::Correct(Corrected { field: Field::Pages, was: note.clone(), now: "0".into(), note })
        }
        "summary" => Act::Summary(note),
        "classify" => Act::Classify(Classified(petition()?)),
        "sender" => Act::Sender(Sender { anonymous: true, ..Sender::default() }),
        "identity" => Act::Identity(note),
        "accept" => Act::Accept(note),
        "keep" => Act::Keep(Kept { reason: Some(Reason::Settled), note }),
        "guide" => Act::Guide(note),
        "answer" => Act::Answer(Answered::default()),
        "transfer" => Act::Transfer(Transferred::default()),
        "receipt" => Act::Receipt(note),
        "reply" => Act::Reply(Answered::default()),
        "note" => Act::Note(note),
        _ => return None,
    })
}

pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.line(&text(&value["name"]));
    page.line(&text(&value["title"]));
    for (key, name) in [
        ("cli-arrival", "arrival"),
        ("reg-author", "party"),
        ("reg-number", "number"),
        ("register-issued", "issued"),
        ("reg-came", "received"),
        ("register-limit", "limit"),
        ("outside-about", "about_name"),
    ] {
        page.field(key, text(&value[name]));
    }
    if let Some(class) = value["class"].as_str() {
        page.field("register-class", page.word(&format!("petition-{class}")));
    }
    let sender = &value["sender"];
    let names = [text(&sender["name"]), text(&sender["address"]), text(&sender["envelope"])];
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    page.field("register-sender", names.join(", "));
    let next: Vec<String> = list(&value["next"])
        .iter()
        .map(|may| page.word(&format!("mv-outside-{}", text(&may["move"]))))
        .collect();
    page.field("outside-next", next.join("; "));
}

pub(super) fn render_list(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = list(&page.value["records"])
        .iter()
        .map(|line| {
            ["arrival", "book", "party", "number", "title", "record"].map(|name| text(&line[name])).to_vec()
        })
        .collect();
    if rows.is_empty() {
        let line = page.word("cli-nothing-found");
        return page.line(&line);
    }
    page.table(&["cli-arrival", "outside-book", "reg-author", "reg-number", "cli-title", "cli-id"], &rows);
}
