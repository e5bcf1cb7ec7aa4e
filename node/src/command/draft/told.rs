//! What is told of drafts: lists, one with everything, two versions beside each other.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use truc_proto::date::{Date, local};
use truc_proto::house::House;
use truc_proto::id::{Hash, OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record;
use truc_proto::record::Strand as _;
use truc_proto::record::draft::bench::{Bench as _, OnDay};
use truc_proto::record::draft::lists::{Section, Until, mine, sees};
use truc_proto::record::draft::refusal::{Arg, Class, Key, Refusal};
use truc_proto::record::draft::{
    self as is, Act, Decision, Draft, How, KIND, Part, PartText, Stance, Weight,
};
use truc_proto::registry::Registry;

use super::super::page::{Page, list as items, text};
use super::super::{Context, Output, to_value};
use super::asked::{Diff, List, Show};
use super::compare::differences;
use super::versions::texts;
use super::{draft_of, on_road, row};
use crate::derive::views::kinds::draft::{self as drafts, DraftRow};
use crate::derive::views::on_road::{house_of, on_day};
use crate::derive::views::{read, story};
use crate::words::failure::Failure;
use crate::words::{self, Lang};

/// The house at this moment, of which drafts are asked.
pub(crate) struct Seen {
    house: House,
    registry: Arc<Registry>,
    me: OfficeId,
    now: i64,
}

impl Seen {
    /// The house as it is known now.
    pub(crate) fn now(context: &Context<'_>) -> Result<Self, Failure> {
        let house = context.look(|views, look| {
            let house = record::house::record(look.me);
            Ok(house_of(read::strand(views, house, record::house::KIND.number, look.me)?.as_ref()))
        })?;
        let now = context.office.time().millis() as i64;
        Ok(Self { house, registry: context.office.registry(), me: context.office.id(), now })
    }

    /// The house.
    pub(crate) fn house(&self) -> &House {
        &self.house
    }

    /// What it says of the people of drafts.
    pub(crate) fn bench(&self) -> OnDay<'_> {
        on_day(&self.house, &self.registry, self.me, self.now)
    }

    /// How many roads there are today.
    pub(crate) fn roads(&self) -> usize {
        self.house.roads(self.bench().day).count()
    }

    /// Whether somebody sees a draft.
    pub(crate) fn sees(&self, draft: &Draft, person: &str) -> bool {
        sees(&self.bench(), draft, person, self.now)
    }

    /// The name of a person, unit or body.
    pub(crate) fn name(&self, id: &str) -> String {
        self.bench().name(id)
    }
}

/// A draft, if the acting account sees it.
pub(crate) fn seen(context: &Context<'_>, record: RecordId) -> Result<DraftRow, Failure> {
    let found = row(context, record)?;
    let moment = Seen::now(context)?;
    match moment.sees(&found.draft, context.author) {
        true => Ok(found),
        false => Err(Refusal::from(Key::DraftUnknown).into()),
    }
}

/// A line of a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// The record.
    pub(crate) record: RecordId,
    /// Trích yếu.
    pub(crate) title: String,
    /// Code of the document type.
    pub(crate) document_type: String,
    /// The body.
    pub(crate) issuer: String,
    /// Who drafts it.
    pub(crate) drafter: String,
    /// Number of the newest version.
    pub(crate) version: u32,
    /// Where it stands, in one word.
    pub(crate) state: &'static str,
    /// Number of the paper that it became; empty: none.
    pub(crate) number: String,
    /// Since when, Unix milliseconds.
    pub(crate) since: i64,
    /// Độ khẩn; empty: none.
    pub(crate) urgency: String,
    /// Why it stands in the list; empty: the list says it.
    pub(crate) section: &'static str,
    /// When it is due, as people write it; empty: no time is set.
    pub(crate) until: String,
    /// Whether it has ended.
    pub(crate) ended: bool,
}

/// A draft as a line.
pub(crate) fn line(moment: &Seen, row: &DraftRow, why: Option<(Section, Until)>) -> Line {
    let draft = &row.draft;
    Line {
        record: row.record,
        title: draft.title.clone(),
        document_type: draft.document_type.clone(),
        issuer: moment.name(&draft.issuer),
        drafter: moment.name(&draft.drafter),
        version: draft.version(),
        state: draft.state().name(),
        number: super::issue::became(draft).map(|(number, ..)| number.to_owned()).unwrap_or_default(),
        since: draft.since,
        urgency: draft.urgency.clone(),
        section: why.map_or("", |(section, _)| section.into()),
        until: match why {
            Some((_, Until::Day(day))) => said_day(day),
            Some((_, Until::Moment(at))) => said(at),
            _ => String::new(),
        },
        ended: draft.ended.is_some(),
    }
}

/// A moment as people write it.
pub(crate) fn said(millis: i64) -> String {
    local(millis).map(|time| time.strftime("%H:%M %d/%m/%Y").to_string()).unwrap_or_default()
}

fn said_day(day: Date) -> String {
    day.civil().strftime("%d/%m/%Y").to_string()
}

/// What waits for the acting account, in the order of its page: by section, the most urgent first, then what is due, then
/// what has waited longest.
pub(crate) fn waiting(context: &Context<'_>) -> Result<Vec<Line>, Failure> {
    let (moment, who) = (Seen::now(context)?, context.author);
    let live = context.look(|views, look| drafts::live(views, look.me))?;
    let bench = moment.bench();
    let mut lines: Vec<(Section, Until, &DraftRow)> = Vec::new();
    for row in &live {
        let here = mine(&bench, &row.draft, who, moment.now);
        lines.extend(here.into_iter().map(|(section, until)| (section, until, row)));
    }
    let due = |until: &Until| match until {
        Until::Open => i64::MAX,
        Until::Day(day) => day.close_millis(),
        Until::Moment(at) => *at,
    };
    lines.sort_by_key(|(section, until, row)| {
        let express = row.draft.urgency.starts_with("express");
        (*section, !express, due(until), row.draft.since)
    });
    Ok(lines.iter().map(|(section, until, row)| line(&moment, row, Some((*section, *until)))).collect())
}

pub(super) fn list(context: &Context<'_>, asked: &List) -> Result<Output, Failure> {
    if asked.mine {
        return super::super::listed(waiting(context)?, asked.last);
    }
    let mut lines = seen_all(context)?;
    lines.retain(|line| asked.all || !line.ended);
    super::super::listed(lines, asked.last)
}

/// The newest drafts that the acting account sees, whatever became of them.
pub(crate) fn seen_all(context: &Context<'_>) -> Result<Vec<Line>, Failure> {
    let found = context.look(|views, look| drafts::newest(views, look.me, limits::DRAFTS_LISTED))?;
    let moment = Seen::now(context)?;
    let seen = found.iter().filter(|row| moment.sees(&row.draft, context.author));
    Ok(seen.map(|row| line(&moment, row, None)).collect())
}

/// A key with what its sentence names, as answers of commands tell it.
pub(super) fn words_of(refusal: &Refusal) -> Value {
    let args = refusal.args.iter().map(|(name, arg)| {
        let value = match arg {
            Arg::Text(text) | Arg::Word(text) => Value::from(text.clone()),
            Arg::Number(number) => Value::from(*number),
        };
        ((*name).to_owned(), value)
    });
    json!({ "key": refusal.key.name(), "args": args.collect::<serde_json::Map<_, _>>() })
}

/// The moves that the acting account may make, for want of no more than words, a date or a name.
pub(crate) fn may(
    context: &Context<'_>,
    record: RecordId,
    draft: &Draft,
) -> Result<Vec<&'static str>, Failure> {
    let Ok(by) = context.author() else { return Ok(Vec::new()) };
    let (registry, now) = (context.office.registry(), context.office.time().millis() as i64);
    let strand = is::Strand { draft: Some(draft.clone()) };
    let names = strand.next(&strand, context.office.id(), true);
    let any = Act::HandIn(is::Word { by: by.to_owned(), note: String::new() });
    let road = on_road(context, record, &any)?;
    let mut may = Vec::new();
    for name in names {
        let Some(mut act) = trial(name, by, draft) else { continue };
        let judged = road.judge(&registry, now, true, &mut act);
        // What is only missing can be written; what is not known yet can be named.
        let wants = |refusal: Refusal| {
            let named = matches!(refusal.key, Key::SignerNoRight) && name == "redirect";
            refusal.key.class() == Class::Wrong || named || refusal.key == Key::DraftUnknown
        };
        if judged.map_or_else(wants, |_| true) {
            may.push(name);
        }
    }
    Ok(may)
}

/// A move of a name without its words.
fn trial(name: &str, by: &str, draft: &Draft) -> Option<Act> {
    let by = by.to_owned();
    let word = || is::Word { by: by.clone(), note: String::new() };
    let verdict = || is::Verdict { by: by.clone(), version: 0, back: false, remarks: Vec::new() };
    let named = |to: &str| is::Named { by: by.clone(), to: to.to_owned(), why: String::new() };
    let remark =
        |standing| draft.remarks.iter().find(|remark| remark.standing == standing).map(|r| r.id.clone());
    let weight = Weight::Light;
    Some(match name {
        "save" => {
            let parts = vec![PartText { part: Part::Body, text: String::new(), weight }];
            Act::Save(is::Saved { by, base: draft.version(), parts })
        }
        "adopt" => {
            let open = draft.beside.iter().position(|beside| beside.open)?;
            Act::Adopt(is::Adopted { by, beside: u32::try_from(open).ok()? + 1, dropped: true })
        }
        "hand-in" => Act::HandIn(word()),
        "take-back" => Act::TakeBack(word()),
        "appraise" => Act::Appraise(verdict()),
        "approve" => Act::Approve(verdict()),
        "ask" => Act::Ask(is::Asked {
            by,
            until: 1,
            members: Vec::new(),
            silence_agrees: false,
            basis: String::new(),
            question: String::new(),
        }),
        "opinion" => Act::Opinion(is::Opinion {
            by,
            of: String::new(),
            version: 0,
            opinion: Stance::None,
            text: String::new(),
            slip: String::new(),
        }),
        "extend-ask" => Act::ExtendAsk(is::Extended { by, until: 1, why: String::new() }),
        "close-ask" => Act::CloseAsk(word()),
        "consult" => Act::Consult(is::Consulted { by, offices: Vec::new(), until: i64::MAX }),
        "comment" => {
            let said = |office: &&String| draft.comments.iter().any(|comment| comment.office == **office);
            let asked = draft.consultations.iter().flat_map(|asked| &asked.offices);
            let office = asked.clone().find(|office| !said(office))?.clone();
            Act::Comment(is::Comment { by, office, text: String::new() })
        }
        "close-consult" => Act::CloseConsult(word()),
        "answer" => {
            let remark = remark(is::remark::Standing::Open)?;
            Act::Answer(is::Answer { by, remark, how: How::Explained, text: String::new() })
        }
        "check" => {
            let remark = remark(is::remark::Standing::Answered)?;
            Act::Check(is::Checked { by, remark, reopened: false, why: String::new() })
        }
        "meeting" => Act::Meeting(is::Met {
            by,
            event: "?".into(),
            version: 0,
            result: Decision::Pass,
            remarks: Vec::new(),
        }),
        "initial" => Act::Initial(is::Seen { by, version: 0 }),
        "redirect" => Act::Redirect(is::Named { why: "?".into(), ..named("?") }),
        "sign" => {
            Act::Sign(is::Signed { by, version: 0, hash: Hash::ZERO, form: String::new(), of: String::new() })
        }
        "unsign" => Act::Unsign(word()),
        "return" => Act::Return(word()),
        "withdraw" => Act::Withdraw(is::Word { note: "?".into(), ..word() }),
        "resume" => Act::Resume(word()),
        "reassign" => Act::Reassign(named(&draft.drafter)),
        "issue" => Act::Issue(is::Issued {
            by,
            paper: RecordId(uuid::Uuid::nil()),
            number: String::new(),
            date: Date::LAST,
            road: Hash::ZERO,
        }),
        _ => return None,
    })
}

pub(super) fn show(context: &Context<'_>, asked: &Show) -> Result<Output, Failure> {
    let record = draft_of(context, &asked.draft)?;
    let row = seen(context, record)?;
    let draft = &row.draft;
    let known = texts(context, record, draft)?;
    let version = asked.version.unwrap_or(draft.version());
    let parts = known.of(version).ok_or_else(|| Failure::from(Refusal::from(Key::VersionUnknown)))?;
    let told = context.look(|views, look| story::of_own(views, look.me, record, KIND.number))?;
    let moment = Seen::now(context)?;
    let slips: Vec<Value> = draft
        .slips
        .iter()
        .map(|slip| {
            let tally = |upto| {
                let tally = slip.tally(upto);
                let carried = tally.carried();
                json!({
                    "agree": tally.agree, "other": tally.other, "none": tally.none, "silent": tally.silent,
                    "late": tally.late, "counted": tally.counted, "needed": tally.needed, "carried": carried,
                })
            };
            json!({ "at_deadline": tally(Some(slip.until)), "now": tally(None) })
        })
        .collect();
    let mut output = to_value(line(&moment, &row, None))?;
    let texts: serde_json::Map<String, Value> =
        parts.iter().map(|(part, text)| (<&str>::from(part).to_owned(), text.clone().into())).collect();
    output["shown"] = version.into();
    output["parts"] = texts.into();
    output["draft"] = to_value(draft)?;
    output["tallies"] = slips.into();
    output["story"] = to_value(told)?;
    output["next"] = to_value(may(context, record, draft)?)?;
    Ok(output)
}

pub(super) fn diff(context: &Context<'_>, asked: &Diff) -> Result<Output, Failure> {
    let record = draft_of(context, &asked.draft)?;
    let draft = seen(context, record)?.draft;
    let to = asked.to.unwrap_or(draft.version());
    let from = asked.from.unwrap_or(to.saturating_sub(1).max(1));
    let known = texts(context, record, &draft)?;
    let of = |version| known.of(version).ok_or_else(|| Failure::from(Refusal::from(Key::VersionUnknown)));
    let (old, new) = (of(from)?, of(to)?);
    let parts = to_value(differences(old, new))?;
    Ok(json!({ "record": record.to_string(), "from": from, "to": to, "parts": parts }))
}

pub(super) fn render_list(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = items(&page.value["records"])
        .iter()
        .map(|row| {
            let section = text(&row["section"]);
            let state = match section.is_empty() {
                true => page.word(&format!("draft-state-{}", text(&row["state"]))),
                false => page.word(&format!("draft-section-{section}")),
            };
            let short = text(&row["record"]).get(..13).unwrap_or_default().to_owned();
            vec![short, text(&row["title"]), state, text(&row["drafter"]), text(&row["until"])]
        })
        .collect();
    page.table(&["cli-record", "cli-title", "draft-state", "draft-drafter", "draft-until"], &rows);
}

pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.line(&text(&value["title"]));
    page.field("draft-state", page.word(&format!("draft-state-{}", text(&value["state"]))));
    page.field("cli-number", text(&value["number"]));
    page.field("draft-drafter", text(&value["drafter"]));
    page.field("draft-version", text(&value["shown"]));
    page.line("");
    page.line(&text(&value["parts"]["body"]));
    page.line("");
    let rows: Vec<Vec<String>> = items(&value["draft"]["remarks"])
        .iter()
        .map(|remark| {
            let standing = page.word(&format!("remark-is-{}", text(&remark["standing"])));
            vec![
                text(&remark["id"]),
                text(&remark["by"]),
                text(&remark["text"]),
                text(&remark["answer"]),
                standing,
            ]
        })
        .collect();
    if !rows.is_empty() {
        page.table(&["draft-remark", "cli-author", "draft-words", "draft-answer", "cli-status"], &rows);
        page.line("");
    }
    let rows: Vec<Vec<String>> = items(&value["story"])
        .iter()
        .map(|said| {
            let word = page.word(&format!("mv-draft-{}", text(&said["move"])));
            vec![super::super::page::when(&said["time"]), text(&said["author"]), word, text(&said["brief"])]
        })
        .collect();
    page.table(&["cli-time", "cli-author", "cli-move", "cli-brief"], &rows);
}

pub(super) fn render_diff(page: &mut Page<'_>) {
    let value = page.value;
    let parts = items(&value["parts"]);
    if parts.is_empty() {
        let same = page.word("draft-same");
        page.line(&same);
    }
    for part in parts {
        let head = page.word(&format!("draft-part-{}", text(&part["part"])));
        page.line(&head);
        for under in items(&part["sections"]) {
            page.line(&text(&under["heading"]));
            for block in items(&under["blocks"]) {
                let words = items(&block["words"]).iter().map(|words| match words["mark"].as_str() {
                    Some("out") => format!("[-{}-]", text(&words["text"])),
                    Some("in") => format!("{{+{}+}}", text(&words["text"])),
                    _ => text(&words["text"]),
                });
                let change = page.word(&format!("diff-{}", text(&block["change"])));
                page.line(&format!("{change}: {}", words.collect::<String>()));
            }
        }
    }
}

pub(super) fn render_written(page: &mut Page<'_>) {
    let said = &page.value["said"];
    if let Some(key) = said["key"].as_str() {
        let line = sentence(page.lang, key, &said["args"]);
        page.line(&line);
    }
    if !page.value["record"].is_null() {
        page.written();
    }
}

/// A key of an answer in words.
fn sentence(lang: Lang, key: &str, args: &Value) -> String {
    let args = args.as_object().into_iter().flatten();
    let args: Vec<(&str, words::Value)> =
        args.map(|(name, value)| (name.as_str(), text(value).into())).collect();
    words::say(lang, key, &args)
}
