//! Works inside the office on the command line.

mod args;

use std::fs::File;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::id::RecordId;
use truc_proto::paper::Due;
use truc_proto::record::Strand as _;
use truc_proto::record::assignment::refusal::{Key, Refusal};
use truc_proto::record::assignment::roles;
use truc_proto::record::assignment::{
    Act, Actor, Approved, Dated, Given, HandedIn, KIND, Kept, Move, Passed, Progress, Saw, Source, Strand,
    Work,
};
use truc_proto::{identifier, record};

use super::act::{self, Which};
use super::page::{Page, list, text};
use super::paper::{self, Levels};
use super::{Context, Output, book, refer, to_value};
use crate::derive::views::inside::{Form, Inside};
use crate::derive::views::kinds::assignment as works;
use crate::derive::views::story;
use crate::office::{Intent, OfficeError};
use crate::words::failure::{ExitCode, Failure};

pub use args::{Acting, Approve, Give, Grant, HandIn, HandOver, Keep, List, Pass, Report, Until, Word};

/// What stands before a work in a source: the new work is a part of it.
const PART_OF: char = '^';

/// What can be done with works.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Give a work to a person or unit of the house.
    #[command(
        after_help = "Example: truc-node assignment give 'Báo cáo quý IV' --source 1001-CV/TU#T1 --lead minh --due 2026-11-11 --product BC"
    )]
    Give(Box<Give>),
    /// Propose that a work be given.
    #[command(
        after_help = "Example: truc-node assignment propose 'Báo cáo quý IV' --source 1001-CV/TU#T1 --lead minh"
    )]
    Propose(Box<Give>),
    /// Give what was proposed, as it is or with another lead or date.
    #[command(after_help = "Example: truc-node assignment approve 0198c0de --due 2026-11-13")]
    Approve(Approve),
    /// Keep a paper or a task of it: it asks nothing of anybody.
    #[command(after_help = "Example: truc-node assignment keep 410-CV/VPTU --note 'để biết'")]
    Keep(Keep),
    /// Take a work.
    #[command(after_help = "Example: truc-node assignment take 0198c0de")]
    Take(Word),
    /// Hand a work down.
    #[command(after_help = "Example: truc-node assignment pass 0198c0de cvtg --due 2026-11-10 --check")]
    Pass(Pass),
    /// Give a work back to who handed it down.
    #[command(after_help = "Example: truc-node assignment back 0198c0de --note 'việc của Ban'")]
    Back(Word),
    /// Give a work to somebody else.
    #[command(
        after_help = "Example: truc-node assignment reassign 0198c0de minh --note 'đồng chí Dũng chuyển công tác'"
    )]
    Reassign(Pass),
    /// Give all open works of a person to somebody else: all, or none.
    #[command(
        after_help = "Example: truc-node assignment hand-over dung minh --note 'đồng chí Dũng chuyển công tác'"
    )]
    HandOver(HandOver),
    /// Say how far a work is.
    #[command(after_help = "Example: truc-node assignment progress 0198c0de 40")]
    Progress(Report),
    /// Who helps has said a word.
    #[command(after_help = "Example: truc-node assignment contribute 0198c0de --note 'không có ý kiến'")]
    Contribute(Word),
    /// Who is only to know of a work has seen it.
    #[command(after_help = "Example: truc-node assignment seen 0198c0de")]
    Seen(Word),
    /// Add a line to the story of a work.
    #[command(after_help = "Example: truc-node assignment note 0198c0de --note 'đã gọi điện'")]
    Note(Word),
    /// Hand a result in.
    #[command(after_help = "Example: truc-node assignment hand-in 0198c0de --number 88-BC/ĐU")]
    HandIn(Box<HandIn>),
    /// Who handed a work down has seen the result; it goes on.
    #[command(after_help = "Example: truc-node assignment check 0198c0de")]
    Check(Word),
    /// Give a result back.
    #[command(after_help = "Example: truc-node assignment return 0198c0de --note 'bổ sung phụ lục 2'")]
    Return(Word),
    /// Confirm that a work is done.
    #[command(after_help = "Example: truc-node assignment confirm 0198c0de")]
    Confirm(Word),
    /// Ask for a later date.
    #[command(after_help = "Example: truc-node assignment ask 0198c0de 2026-11-18 --note 'chờ số liệu'")]
    Ask(Until),
    /// Grant the later date that is asked for.
    #[command(after_help = "Example: truc-node assignment grant 0198c0de")]
    Grant(Grant),
    /// Do not grant it.
    #[command(after_help = "Example: truc-node assignment deny 0198c0de --note 'không lùi thêm'")]
    Deny(Word),
    /// Move the date.
    #[command(after_help = "Example: truc-node assignment move-due 0198c0de 2026-12-09 --note 'cần sớm'")]
    MoveDue(Until),
    /// Withdraw a work or a proposal.
    #[command(after_help = "Example: truc-node assignment withdraw 0198c0de --note 'để biết'")]
    Withdraw(Word),
    /// Open a work again that was done.
    #[command(after_help = "Example: truc-node assignment reopen 0198c0de --note 'bổ sung' --due 2026-12-09")]
    Reopen(Grant),
    /// List the live works, those first that are due first.
    #[command(after_help = "Example: truc-node assignment list")]
    List(List),
    /// Show one with its chain, dates, words and story.
    #[command(after_help = "Example: truc-node assignment show 0198c0de")]
    Show(Which),
}

/// A move that is asked for, before it is an intent.
struct Asked {
    record: Option<RecordId>,
    act: Act,
    acting: Acting,
    form: Form,
}

impl Verb {
    pub(super) fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::HandIn(result) => act::prepare_files(&mut result.levels, opened),
            _ => Ok(()),
        }
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        match self {
            Self::List(args) => {
                let (all, moment) =
                    (context.look(|views, look| works::live(views, look.me))?, context.moment()?);
                let seen = all.into_iter().filter(|row| moment.sees(&row.work));
                super::listed(seen.map(|row| moment.row(row, None)).collect(), args.last)
            }
            Self::Show(which) => show(context, &which.record),
            Self::HandIn(result) => {
                let levels = result.levels.clone();
                make(context, vec![Self::HandIn(result).asked(context)?], &levels).await
            }
            Self::Approve(approve) => {
                let one = |work: &String| {
                    Self::Approve(Approve { works: vec![work.clone()], ..approve.clone() }).asked(context)
                };
                let asked = approve.works.iter().map(one).collect::<Result<_, _>>()?;
                make(context, asked, &Levels::default()).await
            }
            Self::HandOver(over) => {
                let works = context.moment()?.had_by(&named(&over.person))?;
                if works.is_empty() {
                    return Err(Failure::new(ExitCode::NotFound, "work-none-of").with("who", over.person));
                }
                let one = |work: &RecordId| {
                    let pass = Pass {
                        work: work.to_string(),
                        to: over.to.clone(),
                        note: over.note.clone(),
                        acting: over.acting.clone(),
                        ..Pass::default()
                    };
                    Self::Reassign(pass).asked(context)
                };
                let asked = works.iter().map(one).collect::<Result<_, _>>()?;
                make(context, asked, &Levels::default()).await
            }
            verb => make(context, vec![verb.asked(context)?], &Levels::default()).await,
        }
    }

    /// The move that is meant.
    fn asked(self, context: &Context<'_>) -> Result<Asked, Failure> {
        let of = |work: &str| work_of(context, work).map(Some);
        let word = |word: Word, act: fn(String) -> Act| {
            Ok(Asked {
                record: of(&word.work)?,
                act: act(word.note),
                acting: word.acting,
                form: Form::default(),
            })
        };
        let dated =
            |work: &str, due: Option<&str>, rest: (String, bool, String, Acting), act: fn(Dated) -> Act| {
                let (note, exact, beyond, acting) = rest;
                let act = act(Dated { due: date(due)?, note, beyond });
                Ok(Asked { record: of(work)?, act, acting, form: Form { exact, ..Form::default() } })
            };
        let until = |until: Until, act| {
            dated(&until.work, Some(&until.due), (until.note, until.exact, until.beyond, until.acting), act)
        };
        let grant = |grant: Grant, act| {
            dated(
                &grant.work,
                grant.due.as_deref(),
                (grant.note, grant.exact, grant.beyond, grant.acting),
                act,
            )
        };
        let pass = |pass: Pass, act: fn(Passed) -> Act| {
            let passed = Passed {
                to: named(&pass.to),
                due: date(pass.due.as_deref())?,
                check: pass.check,
                note: pass.note,
                beyond: pass.beyond,
            };
            let form = Form { exact: pass.exact, ..Form::default() };
            Ok(Asked { record: of(&pass.work)?, act: act(passed), acting: pass.acting, form })
        };
        match self {
            Self::Give(give) => give.asked(context, Act::Give),
            Self::Propose(give) => give.asked(context, Act::Propose),
            Self::Approve(approve) => {
                let approved = Approved {
                    lead: approve.lead.as_deref().map(named).unwrap_or_default(),
                    due: date(approve.due.as_deref())?,
                    beyond: approve.beyond,
                };
                let form = Form { exact: approve.exact, ..Form::default() };
                Ok(Asked {
                    record: approve.works.first().map_or(Ok(None), |work| of(work))?,
                    act: Act::Approve(approved),
                    acting: approve.acting,
                    form,
                })
            }
            Self::Keep(keep) => {
                let kept = Kept { source: source(context, Some(&keep.source))?, note: keep.note };
                Ok(Asked { record: None, act: Act::Keep(kept), acting: keep.acting, form: Form::default() })
            }
            Self::Progress(said) => {
                let progress = Progress { percent: said.percent, note: said.note };
                let act = Act::Progress(progress);
                Ok(Asked { record: of(&said.work)?, act, acting: said.acting, form: Form::default() })
            }
            Self::HandIn(result) => {
                let handed = HandedIn {
                    number: identifier::number(&result.number),
                    note: result.note,
                    without_product: result.without_product,
                    silent: result.without.iter().map(|name| named(name)).collect(),
                };
                let act = Act::HandIn(handed);
                Ok(Asked { record: of(&result.work)?, act, acting: result.acting, form: Form::default() })
            }
            Self::Take(said) => word(said, Act::Take),
            Self::Back(said) => word(said, Act::Back),
            Self::Contribute(said) => word(said, Act::Contribute),
            Self::Seen(said) => word(said, Act::Seen),
            Self::Note(said) => word(said, Act::Note),
            Self::Check(said) => word(said, Act::Check),
            Self::Return(said) => word(said, Act::Return),
            Self::Confirm(said) => word(said, Act::Confirm),
            Self::Deny(said) => word(said, Act::Deny),
            Self::Withdraw(said) => word(said, Act::Withdraw),
            Self::Pass(said) => pass(said, Act::Pass),
            Self::Reassign(said) => pass(said, Act::Reassign),
            Self::Ask(said) => until(said, Act::Ask),
            Self::MoveDue(said) => until(said, Act::MoveDue),
            Self::Grant(said) => grant(said, Act::Grant),
            Self::Reopen(said) => grant(said, Act::Reopen),
            Self::List(_) | Self::Show(_) | Self::HandOver(_) => {
                Err(Failure::new(ExitCode::Usage, "move-none"))
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => super::tasks::table(page, "records"),
            Self::Show(_) => render(page),
            _ => page.written(),
        }
    }
}

impl Give {
    fn asked(self, context: &Context<'_>, act: fn(Given) -> Act) -> Result<Asked, Failure> {
        let due = date(self.due.as_deref())?;
        let form = Form { exact: self.exact, propose: due.is_none() && !self.no_due, ..Form::default() };
        let given = Given {
            source: source(context, self.source.as_deref())?,
            content: self.content,
            lead: named(&self.lead),
            helping: self.helping.iter().map(|name| named(name)).collect(),
            informed: self.inform.iter().map(|name| named(name)).collect(),
            confirmer: self.confirmer.as_deref().map(named).unwrap_or_default(),
            due,
            product: self.product,
            remark: self.remark,
            beyond: self.beyond,
        };
        Ok(Asked { record: None, act: act(given), acting: self.acting, form })
    }
}

/// The id of a person or unit as people type it: of people in small letters, of units in capitals.
fn named(text: &str) -> String {
    let plain = identifier::plain(text);
    if plain.chars().any(char::is_lowercase) { identifier::account(&plain) } else { plain }
}

fn date(text: Option<&str>) -> Result<Option<Due>, Failure> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    // What was read is written as a date can be.
    Ok(Due::parse(&paper::due(text)?).unwrap_or(None))
}

/// What a work is done for, as people type it.
pub(crate) fn source(context: &Context<'_>, text: Option<&str>) -> Result<Source, Failure> {
    let Some(text) = text.map(str::trim).filter(|text| !matches!(*text, "" | "-")) else {
        return Ok(Source::Word);
    };
    if let Some(parent) = text.strip_prefix(PART_OF) {
        return Ok(Source::Work(work_of(context, parent)?));
    }
    let (paper, part) = text.split_once('#').unwrap_or((text, ""));
    let unknown = |_| Failure::from(Refusal::new(Key::PartUnknown).with("what", text));
    // A number of a book, or what came by the network.
    let record = match book::which(context, paper) {
        Ok(record) if context.outside(record).is_ok() => record,
        _ => context.office.view(|views| Ok(refer::any_record(views, paper)))?.map_err(unknown)?.id,
    };
    Ok(Source::Paper { record, part: part.to_owned() })
}

/// The work that an id or an unambiguous beginning of it means.
pub(crate) fn work_of(context: &Context<'_>, text: &str) -> Result<RecordId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let begin: String = text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let found = match begin.is_empty() {
        true => Vec::new(),
        false => context.office.view(|views| works::beginning(views, context.office.id(), &begin))?,
    };
    match found[..] {
        [one] => Ok(one),
        [] => Err(Refusal::new(Key::NotFound).into()),
        [..] => Err(Failure::new(ExitCode::Input, "record-ambiguous")
            .with("record", text)
            .with("found", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}

/// Makes the moves of one press, all or none. If one of several is refused, the failure names all that are.
async fn make(context: &Context<'_>, asked: Vec<Asked>, levels: &Levels) -> Result<Output, Failure> {
    let mut intents = Vec::with_capacity(asked.len());
    for Asked { record, act, acting, form } in asked {
        let author = context.author()?;
        let stands_for = acting.stands_for.as_deref().map(identifier::account).unwrap_or_default();
        let actor = Actor { by: author.to_owned(), stands_for };
        let saw = acting.saw.as_deref().map(saw).transpose()?;
        let opening = Intent::opening(author, Move { actor, act }, Vec::new());
        let intent = Intent { record, form: Form { saw, ..form }, ..opening };
        intents.push(act::with_levels(context, intent, levels).await?);
    }
    let done = match context.rehearsal {
        true => context.office.check_all(intents.clone()).await.map(|_| Vec::new()),
        false => context.office.act_all(intents.clone()).await,
    };
    match done {
        Ok(_) if context.rehearsal => Ok(Value::Null),
        Ok(written) => Ok(act::told(written.last().ok_or(OfficeError::Stopped)?)),
        Err((_, error)) if intents.len() == 1 => Err(error.into()),
        Err((_, error @ OfficeError::Refused(_))) => Err(stopped(context, intents, error).await),
        Err((_, error)) => Err(error.into()),
    }
}

/// The failure of a press of several moves: which of them are refused and why, each for itself.
async fn stopped(context: &Context<'_>, intents: Vec<Intent>, error: OfficeError) -> Failure {
    let (count, mut wrong) = (intents.len(), Vec::new());
    for intent in intents {
        let name = match (&intent.mv, intent.record) {
            (record::Move::Assignment(Move { act: Act::Give(given) | Act::Propose(given), .. }), _) => {
                given.content.clone()
            }
            (_, Some(record)) => called(context, record),
            _ => String::new(),
        };
        if let Err((_, error)) = context.office.check_all(vec![intent]).await {
            wrong.push((name, Failure::from(error)));
        }
    }
    let stopped = Failure::new(ExitCode::NotAllowed, Key::BatchStopped.name()).with("n", count);
    match wrong.is_empty() {
        // One move may be refused only because of another of the same press.
        true => Failure { each: Box::new([(String::new(), Failure::from(error))]), ..stopped },
        false => Failure { each: wrong.into(), ..stopped },
    }
}

/// A work as people call it: what is to be done, else whose it is; of one that is not to be seen, its id.
fn called(context: &Context<'_>, record: RecordId) -> String {
    let Ok(row) = context.work(record) else { return record.to_string() };
    if !row.work.content.is_empty() {
        return row.work.content;
    }
    context.moment().map_or_else(|_| row.work.lead.clone(), |moment| moment.name(&row.work.lead))
}

fn saw(text: &str) -> Result<Saw, Failure> {
    text.parse().map_err(|_| Failure::new(ExitCode::Input, "work-stage-unknown").with("stage", text))
}

/// What a work waits for, and what somebody may do with it now.
fn show(context: &Context<'_>, text: &str) -> Result<Output, Failure> {
    let record = work_of(context, text)?;
    let row = context.work(record)?;
    let said = context.look(|views, look| story::of_own(views, look.me, record, KIND.number))?;
    let (inside, registry) = (context.inside(Some(record), &row.work.source)?, context.office.registry());
    let now = context.office.time().millis() as i64;
    let part = inside.ask(&registry, now, Form::default(), |setting| {
        setting.part.map(|part| json!({ "name": part.name, "content": part.content, "outer": part.outer }))
    });
    let mut output = to_value(context.moment()?.row(row.clone(), None))?;
    output["saw"] = Saw::of(&row.work).to_string().into();
    output["part"] = part.unwrap_or_default();
    output["story"] = to_value(said)?;
    output["next"] = to_value(next(context, &inside, &row.work)?)?;
    Ok(output)
}

/// A move that somebody may make now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct May {
    /// Its name.
    #[serde(rename = "move")]
    pub mv: &'static str,
    /// The person whose place he holds in it; empty: his own.
    #[serde(rename = "as")]
    pub stands_for: String,
}

/// The moves that the acting account may make, for want of no more than words, a date or a name.
pub(crate) fn next(context: &Context<'_>, inside: &Inside, work: &Work) -> Result<Vec<May>, Failure> {
    let Ok(author) = context.author() else { return Ok(Vec::new()) };
    let (registry, now) = (context.office.registry(), context.office.time().millis() as i64);
    let (house, today) = (inside.house(), context.today());
    let people = house.people(today).map(|person| person.id.as_str());
    let others = people.filter(|person| *person != author && roles::may_act(house, author, person, today));
    let actors: Vec<&str> = std::iter::once("").chain(others).collect();
    let strand = Strand { work: Some(work.clone()) };
    let may = |name: &'static str, stands_for: &str| {
        let actor = Actor { by: author.to_owned(), stands_for: stands_for.to_owned() };
        let mut mv = Move { actor, act: trial(name)? };
        let made = inside.judge(&registry, now, Form::default(), &mut mv);
        let wants = |key| {
            use Key::{CoordinatingSilent, PersonUnknown, ProductMissing, ReasonMissing, UntilNotLater};
            matches!(key, ReasonMissing | PersonUnknown | ProductMissing | CoordinatingSilent | UntilNotLater)
        };
        let may = made.is_ok() || made.is_err_and(|refusal| wants(refusal.key));
        may.then(|| May { mv: name, stands_for: stands_for.to_owned() })
    };
    let names = strand.next(&strand, context.office.id(), true);
    Ok(names.into_iter().filter_map(|name| actors.iter().find_map(|actor| may(name, actor))).collect())
}

/// A move of a name without its words.
fn trial(name: &str) -> Option<Act> {
    let (note, passed, dated) = (String::new(), Passed::default(), Dated::default());
    Some(match name {
        "approve" => Act::Approve(Approved::default()),
        "take" => Act::Take(note),
        "pass" => Act::Pass(passed),
        "back" => Act::Back(note),
        "reassign" => Act::Reassign(passed),
        "progress" => Act::Progress(Progress { percent: 100, note }),
        "contribute" => Act::Contribute(note),
        "seen" => Act::Seen(note),
        "note" => Act::Note(note),
        "hand-in" => Act::HandIn(HandedIn::default()),
        "check" => Act::Check(note),
        "return" => Act::Return(note),
        "confirm" => Act::Confirm(note),
        "ask" => Act::Ask(dated),
        "grant" => Act::Grant(dated),
        "deny" => Act::Deny(note),
        "move-due" => Act::MoveDue(dated),
        "withdraw" => Act::Withdraw(note),
        "reopen" => Act::Reopen(dated),
        _ => return None,
    })
}

fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.line(&text(&value["content"]));
    page.field("work-stage", page.word(&format!("work-stage-{}", text(&value["stage"]))));
    for (key, name) in [
        ("work-giver", "giver"),
        ("work-lead", "lead"),
        ("work-page-of", "page"),
        ("work-confirmer", "confirms"),
    ] {
        page.field(key, text(&value[name]));
    }
    page.field("work-due", text(&value["due_text"]));
    page.field("work-source", text(&value["part"]["name"]));
    let chain: Vec<String> = list(&value["chain"])
        .iter()
        .map(|link| format!("{} → {}", text(&link["from"]), text(&link["to"])))
        .collect();
    page.field("work-chain", chain.join("; "));
    page.line("");
    let rows: Vec<Vec<String>> = list(&value["story"])
        .iter()
        .map(|said| {
            let word = page.word(&format!("mv-assignment-{}", text(&said["move"])));
            vec![super::page::when(&said["time"]), text(&said["author"]), word, text(&said["brief"])]
        })
        .collect();
    page.table(&["cli-time", "cli-author", "cli-move", "cli-brief"], &rows);
}
