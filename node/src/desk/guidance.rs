//! Pages of guidance (hướng dẫn).

use maud::{Markup, html};
use truc_proto::paper::DocumentType;
use truc_proto::record::guidance::Move as Says;
use truc_proto::record::{self, Act as _};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::command::guidance::{Answer as Answers, Ask as Asks, Create, Note, Verb};
use crate::derive::views::filter::StateOf;
use crate::derive::views::kinds::guidance::{Addressee, Shown};
use crate::derive::views::kinds::{self, Record};
use crate::derive::views::read::{self, Filter, TakenIn, Viewpoint};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::parts::picker::Offered;
use crate::web::parts::{self, Mark, badge};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::site::{Nav, NavPosition};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::document;
use super::listing::Listing;
use super::moves::{self, Ask, Input, Kind, Move, NOTE, Next, Parts, Wrong};
use super::write::{self, Write};

/// Pages of guidance.
pub struct Pages;

const QUESTION: Ask = Ask { name: "text", key: "cli-question", input: Input::Text, required: true };
const ANSWER: Ask = Ask { name: "text", key: "cli-answer", input: Input::Text, required: true };

impl Kind for Pages {
    const TABLE: &'static record::Kind = Says::TABLE;
    const AT: &'static str = "/guidances";
    const KEY: &'static str = "nav-guidance";
    const NAV: Option<Nav> =
        Some(Nav { path: Self::AT, key: Self::KEY, letter: "", right: Right::Read, place: NavPosition::Bar });
    const TODAY: Option<[&'static str; 2]> = Some(["sec-guidance", "btn-acknowledge"]);
    const MOVES: &'static [Move] = &[
        Move::new("acknowledged", Right::Handle, "btn-acknowledge").main().asks(&[NOTE]).shortcut("t"),
        Move::new("question", Right::Handle, "btn-ask").asks(&[QUESTION]),
        Move::new("answer", Right::Issue, "btn-answer").main().asks(&[ANSWER]),
    ];

    fn command(_: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong> {
        let text = form.get("text").to_owned();
        Ok(Records::Guidance(match mv {
            "acknowledged" => Verb::Acknowledge(Note { which, note: form.get("note").to_owned() }),
            "question" => Verb::Ask(Asks { which, question: text }),
            "answer" => Verb::Answer(Answers {
                which,
                office: form.get("office").to_owned(),
                number: form.get("number").parse().unwrap_or(0),
                answer: text,
            }),
            other => return Err(vec![("move".into(), other.to_owned())]),
        }))
    }

    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure> {
        let kinds::Shown::Guidance(shown) = &record.shown else { return Ok(Parts::default()) };
        let mine = shown.addressees.iter().find(|addressee| addressee.office == visit.me());
        let mut parts = Parts::default();
        if mine.is_some_and(|mine| mine.acknowledged.is_none()) {
            parts.next =
                Some(Next { mark: Mark::Waiting, said: visit.word("next-acknowledge"), note: String::new() });
        }
        let asked: Vec<&Addressee> =
            shown.addressees.iter().filter(|addressee| !addressee.questions.is_empty()).collect();
        if !asked.is_empty() {
            parts.side.push(questions(visit, record, &asked, form));
        }
        if mine.is_none() || shown.addressees.len() > 1 && record.row.owner == visit.me() {
            parts.below.push(addressees(visit, shown));
        }
        Ok(parts)
    }
}

fn questions(visit: &Visit, record: &Record, asked: &[&Addressee], form: &Form) -> Markup {
    let answer = Pages::MOVES
        .iter()
        .find(|mv| mv.name == "answer" && record.next.contains(&"answer") && visit.may(mv.right));
    let address = format!("/guidance/{}/answer", record.row.id);
    html! {
        section.box {
            h2 { (visit.word("sec-questions")) }
            ul.tasks {
                @for addressee in asked { @for question in &addressee.questions {
                    li {
                        span.id { (question.number) }
                        div {
                            p { b { (visit.name(addressee.office)) } ": " (question.asked.text) }
                            @match &question.answered {
                                Some(answer) => p { (badge(Mark::Done, &answer.text)) },
                                None => {
                                    p { (badge(Mark::Waiting, &visit.word("question-open"))) }
                                    @if let Some(mv) = answer {
                                        @let (office, number) = (addressee.office.to_string(), question.number.to_string());
                                        (moves::button(visit, &address, mv, form, &[("office", &office), ("number", &number)]))
                                    }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn addressees(visit: &Visit, shown: &Shown) -> Markup {
    let heads = [
        ("office", "cli-office"),
        ("state", "cli-status"),
        ("signed", "cli-signed"),
        ("came", "cli-came"),
        ("questions", "cli-questions-asked"),
    ];
    let mut table = Table::new(visit, "doc-addressees", &heads).figures(&["questions"]);
    for addressee in &shown.addressees {
        let (mark, word) = match addressee.acknowledged {
            Some(_) => (Mark::Done, visit.word("cli-acknowledged")),
            None => (Mark::Waiting, visit.word("doc-sent")),
        };
        let [signed, came] = Cell::both(visit, addressee.acknowledged.as_ref().map(|said| said.when));
        table.row(vec![
            Cell::office(visit, addressee.office),
            Cell::badge(mark, &word).rank(addressee.acknowledged.is_some().into()),
            signed,
            came,
            Cell::number(addressee.questions.len() as i64),
        ]);
    }
    let table = table.ordered(&["state", "office"]);
    let done = shown.addressees.iter().filter(|addressee| addressee.acknowledged.is_some()).count();
    let note = tell!(visit, "doc-acknowledged-by", done = done, all = shown.addressees.len());
    parts::section("addressees", &visit.word("doc-addressees"), &note, table.chosen(visit).markup(visit))
}

pub(super) fn routes() -> Vec<Route> {
    let mut all = document::routes::<Pages>();
    all.push(Route::get("/guidances", Need::Right(Right::Read), list));
    all.push(
        Route::get("/guidances/new", Need::Right(Right::Handle), async |visit| {
            let form = drafts::form(&visit, "/guidances/new")?;
            write_page(&visit, &form)
        })
        .keeps(Text::Paper),
    );
    all.push(Route::post("/guidances/new", Need::Right(Right::Issue), create).keeps(Text::Paper));
    all
}

const LIST: Listing = Listing {
    columns: &[("issued", "cli-issued"), ("state", "cli-status")],
    sorted: &[],
    figures: &[],
    chips: &[
        ("", "chip-all", &[]),
        ("wait", "chip-acknowledge", &["", "question"]),
        ("done", "chip-acknowledged", &["acknowledged"]),
        ("own", "doc-issued-here", &["issued"]),
    ],
    empty: "empty-guidance",
    new: "btn-new-guidance",
};

async fn list(visit: Visit) -> Answer {
    let cells = |(row, state, _): TakenIn| {
        let (mark, word) = match state.as_str() {
            "issued" => (Mark::None, "doc-issued-here"),
            "acknowledged" => (Mark::Done, "cli-acknowledged"),
            _ => (Mark::Waiting, "next-acknowledge"),
        };
        let cells = vec![Cell::time(&visit, Some(row.opened)), Cell::badge(mark, &visit.word(word))];
        (row, cells)
    };
    let filter =
        |look: &Viewpoint<'_>| Filter { state_of: Some(StateOf::Office(look.me)), ..Filter::default() };
    LIST.answer::<Pages, _>(&visit, html! {}, "", filter, read::list_taken_in, cells)
}

fn write_page(visit: &Visit, form: &Form) -> Answer {
    let write = Write {
        title: visit.word("write-guidance"),
        address: "/guidances/new",
        at: "/guidances",
        types: &[DocumentType::Guidance],
        kind: Pages::TABLE,
        offered: Offered::Below,
        urgency: true,
        button: "btn-issue",
        full: false,
    };
    write.page(visit, form, html! {})
}

async fn create(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    let send = write::send(&visit, &mut form);
    if form.is_good() {
        let command = Records::Guidance(Verb::Create(Box::new(Create { paper, send })));
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, "ask-issue", command).await {
            return answer;
        }
    }
    write_page(&visit, &form)
}
