//! Parsing: from the bytes of a file to a paper with every field checked.

use truc_proto::date::{Date, local, rfc3339_millis};
use truc_proto::id::OfficeId;
use truc_proto::paper::DocumentType;
use truc_proto::record::inspection::Finding;
use truc_proto::record::{Malformed, Paper, Period, directive, inspection, programme, report};
use truc_proto::vietnamese::fold;
use truc_proto::wire::Urgency;
use truc_proto::{identifier, limits, visible};
use uuid::Uuid;

use super::front::{self, Front, Text, line};
use super::{Code, CodedReference, ImportError, ImportedPaper, Parts, shorten};
use crate::say;
use crate::words::Lang;

const KINDS: &[&str] =
    &["directive", "programme", "report", "guidance", "inspection", "self-report", "meeting", "other"];
const PERIODS: &[&str] = &["year", "half", "quarter", "month", "week", "range", "term"];
const URGENCIES: &[(&str, Urgency)] = &[
    ("thường", Urgency::Normal),
    ("khẩn", Urgency::Urgent),
    ("thượng khẩn", Urgency::VeryUrgent),
    ("hỏa tốc", Urgency::Express),
    ("hỏa tốc hẹn giờ", Urgency::ExpressTimed),
];
const OPEN: &str = "không mật";
const SECRETS: &[&str] = &["mật", "tối mật", "tuyệt mật"];

/// Parses the bytes of a file. Offices stay as the codes by which they are named.
pub fn parse(bytes: &[u8]) -> Result<ImportedPaper, ImportError> {
    if bytes.len() as u64 > limits::IMPORT_FILE {
        return Err(ImportError::TooLarge);
    }
    let file = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        ImportError::NotUtf8(before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1)
    })?;
    let (yaml, body) = split(file)?;
    paper(front::read(yaml)?, body)
}

/// Splits a file into front matter and body. The front matter keeps an empty first line in place of `---`, so that line
/// numbers stay right; the body is everything after the closing line, unchanged.
fn split(file: &str) -> Result<(&str, &str), ImportError> {
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    let rest = file.strip_prefix("---").ok_or(ImportError::NoFrontMatter)?;
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\u{a0}']).len();
    let rest = &rest[spaces..];
    if !rest.starts_with('\n') && !rest.starts_with("\r\n") {
        return Err(ImportError::NoFrontMatter);
    }
    let mut end = 0;
    for row in rest.split_inclusive('\n') {
        if end > 0 && row.trim_end() == "---" {
            return Ok((&rest[..end], &rest[end + row.len()..]));
        }
        end += row.len();
    }
    Err(ImportError::FrontMatterOpen)
}

fn paper(mut front: Front, body: &str) -> Result<ImportedPaper, ImportError> {
    let Some(kind) = KINDS.iter().copied().find(|kind| *kind == front.kind.value) else {
        return Err(unknown(&front.kind, "kind", KINDS.join(", ")));
    };
    let secrecy = &front.confidentiality;
    let folded = |text: &Text| fold(&identifier::plain(&text.value));
    if SECRETS.iter().any(|level| fold(level) == folded(secrecy)) {
        return Err(ImportError::Secret(line(secrecy)));
    }
    if fold(OPEN) != folded(secrecy) {
        return Err(unknown(secrecy, "confidentiality", OPEN.to_owned()));
    }
    let urgency = URGENCIES.iter().find(|(name, _)| fold(name) == folded(&front.urgency));
    let Some((_, urgency)) = urgency else {
        let names: Vec<&str> = URGENCIES.iter().map(|(name, _)| *name).collect();
        return Err(unknown(&front.urgency, "urgency", names.join(", ")));
    };
    let Some(document_type) = DocumentType::from_name(&identifier::plain(&front.document_type.value)) else {
        let names: Vec<&str> = DocumentType::ALL.iter().map(|kind| kind.vietnamese()).collect();
        return Err(unknown(&front.document_type, "document_type", names.join(", ")));
    };
    for (field, text) in [("title", &front.title), ("issuer_code", &front.issuer_code)] {
        if visible::is_blank(&text.value) {
            return Err(ImportError::EmptyField { line: line(text), field });
        }
    }
    if front.recipients.value.is_empty() {
        return Err(ImportError::NoRecipients(line(&front.recipients)));
    }
    let issued: Date = day(&front.issued, "issued")?;
    let due = due(front.due.as_ref(), "due")?;
    let parts = parts(kind, &mut front)?;
    let text = if kind == "meeting" { body.to_owned() + &meeting(&mut front)? } else { body.to_owned() };
    misplaced(kind, &front)?;
    Ok(ImportedPaper {
        paper: Paper {
            document_type: document_type.code().to_owned(),
            title: visible::clean(&front.title.value).trim().to_owned(),
            number: front.number.map(|number| identifier::number(&number.value)).unwrap_or_default(),
            term: front.series_term.as_ref().map(term).transpose()?.unwrap_or_default(),
            issued: Some(issued),
            due,
            text,
            signer: String::new(),
            road: None,
        },
        issued,
        issuer: Code { subtree: false, line: line(&front.issuer_code), code: front.issuer_code.value },
        recipients: front.recipients.value.into_iter().map(code).collect(),
        urgency: *urgency,
        parts,
    })
}

/// Takes the fields of the kind out of the front matter.
fn parts(kind: &'static str, front: &mut Front) -> Result<Parts, ImportError> {
    let at = line(&front.kind);
    let missing = |field| ImportError::MissingField { line: at, field };
    Ok(match kind {
        "directive" => {
            let tasks = front.tasks.take().ok_or(missing("tasks"))?.value;
            Parts::Directive { tasks: tasks.into_iter().map(task).collect::<Result<_, _>>()? }
        }
        "other" => Parts::Directive { tasks: Vec::new() },
        "programme" => {
            let period = period(front.period.take().ok_or(missing("period"))?.value)?;
            let items = front.items.take().ok_or(missing("items"))?.value;
            Parts::Programme { period, items: items.into_iter().map(item).collect::<Result<_, _>>()? }
        }
        "report" => {
            let form = front.form.take().ok_or(missing("form"))?.value;
            let period = period(front.period.take().ok_or(missing("period"))?.value)?;
            let figures = front.indicators.take().ok_or(missing("indicators"))?.value;
            let indicators = figures.into_iter().map(indicator).collect::<Result<_, _>>()?;
            Parts::Report { form, period, indicators }
        }
        "inspection" => {
            let period = period(front.period.take().ok_or(missing("period"))?.value)?;
            let questions = front.checklist.take().ok_or(missing("checklist"))?.value;
            let question =
                |asked: front::Question| inspection::Question { id: asked.id, question: asked.question };
            Parts::Inspection { period, checklist: questions.into_iter().map(question).collect() }
        }
        "self-report" => {
            let said = front.in_reply_to.take().ok_or(missing("in_reply_to"))?.value;
            let answers = front.answers.take().ok_or(missing("answers"))?.value;
            let in_reply_to = CodedReference {
                issuer: code(said.issuer_code),
                series_term: identifier::term(&said.series_term).unwrap_or(said.series_term),
                number: identifier::number(&said.number),
            };
            let answers = answers.into_iter().map(answer).collect::<Result<_, _>>()?;
            Parts::SelfReport { answers, in_reply_to }
        }
        "guidance" | "meeting" => Parts::Guidance,
        _ => return Err(unknown(&front.kind, "kind", KINDS.join(", "))),
    })
}

/// Fails if fields are left that the kind does not have: they would be lost silently.
fn misplaced(kind: &'static str, front: &Front) -> Result<(), ImportError> {
    let left = [
        ("tasks", front.tasks.as_ref().map(line)),
        ("period", front.period.as_ref().map(line)),
        ("items", front.items.as_ref().map(line)),
        ("form", front.form.as_ref().map(line)),
        ("indicators", front.indicators.as_ref().map(line)),
        ("checklist", front.checklist.as_ref().map(line)),
        ("in_reply_to", front.in_reply_to.as_ref().map(line)),
        ("answers", front.answers.as_ref().map(line)),
        ("starts", front.starts.as_ref().map(line)),
        ("place", front.place.as_ref().map(line)),
        ("online", front.online.as_ref().map(line)),
        ("agenda", front.agenda.as_ref().map(line)),
    ];
    let first = left.into_iter().find_map(|(field, at)| at.map(|line| (field, line)));
    first.map_or(Ok(()), |(field, line)| Err(ImportError::MisplacedField { line, kind, field }))
}

/// The fields of a meeting notice as text, in the paper's language: the record has no fields for them.
fn meeting(front: &mut Front) -> Result<String, ImportError> {
    let at = line(&front.kind);
    let missing = |field| ImportError::MissingField { line: at, field };
    let starts = front.starts.take().ok_or(missing("starts"))?;
    let place = front.place.take().ok_or(missing("place"))?.value;
    let agenda = front.agenda.take().ok_or(missing("agenda"))?.value;
    let lang = Lang::Vi;
    let moment = spoken(time(&starts, "starts")?);
    let mut text = format!("\n---\n\n- {}\n", say!(lang, "meeting-starts", time = moment));
    text += &format!("- {}\n", say!(lang, "meeting-place", place = place));
    if front.online.take().is_some_and(|online| online.value) {
        text += &format!("- {}\n", say!(lang, "meeting-online"));
    }
    text += &format!("- {}\n", say!(lang, "meeting-agenda"));
    for (number, point) in agenda.iter().enumerate() {
        text += &format!("  {}. {point}\n", number + 1);
    }
    Ok(text)
}

fn task(said: front::Task) -> Result<(directive::Task, Vec<Code>), ImportError> {
    let task = directive::Task {
        id: said.id,
        content: said.content,
        assignees: Vec::new(),
        due: due(said.due.as_ref(), "tasks.due")?,
        product: said.product.unwrap_or_default(),
    };
    Ok((task, said.assignees.into_iter().map(code).collect()))
}

fn item(said: front::Item) -> Result<(programme::Item, Code, Vec<Code>), ImportError> {
    if let Some(starts) = &said.starts {
        time(starts, "items.starts")?;
    }
    let item = programme::Item {
        id: said.id,
        content: said.content,
        // Placeholder until the code is looked up.
        lead: OfficeId(Uuid::nil()),
        coordinating: Vec::new(),
        due: due(said.due.as_ref(), "items.due")?,
        product: said.product.unwrap_or_default(),
        preparer: said.preparer.unwrap_or_default(),
        starts: said.starts.map(|starts| starts.value).unwrap_or_default(),
        place: said.place.unwrap_or_default(),
        carries: None,
    };
    Ok((item, code(said.lead), said.coordinating.into_iter().map(code).collect()))
}

fn indicator(said: front::Indicator) -> Result<report::Indicator, ImportError> {
    let figure = |value: &Text| {
        let bad = |_: Malformed| ImportError::BadFigure { line: line(value), value: shorten(&value.value) };
        value.value.parse::<report::Decimal>().map_err(bad)
    };
    Ok(report::Indicator {
        value: said.value.as_ref().map(figure).transpose()?,
        id: said.id,
        label: said.label,
        unit: said.unit,
        note: said.note.unwrap_or_default(),
    })
}

fn answer(said: front::Answer) -> Result<inspection::Answer, ImportError> {
    let finding = finding(&said.answer.value).ok_or(ImportError::BadFinding(line(&said.answer)))?;
    let evidence = said.evidence.unwrap_or_default();
    Ok(inspection::Answer { id: said.id, finding, answer: said.answer.value, evidence })
}

/// The finding, from the words with which the answer begins.
fn finding(answer: &str) -> Option<Finding> {
    let folded = fold(answer.trim_start());
    let begins = |words: &str| {
        let rest = folded.strip_prefix(words)?;
        (!rest.starts_with(char::is_alphanumeric)).then_some(())
    };
    begins("chua dat")
        .map(|()| Finding::NotMet)
        .or_else(|| begins("dat mot phan").map(|()| Finding::Partly))
        .or_else(|| begins("dat").map(|()| Finding::Met))
}

fn period(said: front::Period) -> Result<Period, ImportError> {
    if !PERIODS.contains(&said.kind.value.as_str()) {
        return Err(unknown(&said.kind, "period.kind", PERIODS.join(", ")));
    }
    let (from, to) = (day(&said.from, "period.from")?, day(&said.to, "period.to")?);
    if from > to {
        return Err(ImportError::BadPeriod(line(&said.to)));
    }
    Ok(Period { kind: said.kind.value, from, to })
}

fn day(text: &Text, field: &'static str) -> Result<Date, ImportError> {
    identifier::day(&text.value).map_err(|_| bad_date(text, field))
}

/// A term; empty: none.
fn term(text: &Text) -> Result<String, ImportError> {
    if visible::is_blank(&text.value) {
        return Ok(String::new());
    }
    identifier::term(&text.value).map_err(|_| unknown(text, "series_term", "YYYY-YYYY".to_owned()))
}

fn time(text: &Text, field: &'static str) -> Result<i64, ImportError> {
    rfc3339_millis(&text.value).map_err(|_| bad_date(text, field))
}

/// A moment as papers tell it: "8 giờ 00, thứ Năm 26/11/2026".
fn spoken(millis: i64) -> String {
    let Some(at) = local(millis) else { return String::new() };
    let day = say!(Lang::Vi, "time-day", day = i64::from(at.weekday().to_monday_zero_offset()));
    say!(
        Lang::Vi,
        "meeting-moment",
        hour = i64::from(at.hour()),
        minute = at.strftime("%M").to_string(),
        day = day,
        date = at.strftime("%d/%m/%Y").to_string()
    )
}

/// A deadline as written, checked; empty: none.
fn due(text: Option<&Text>, field: &'static str) -> Result<String, ImportError> {
    let Some(text) = text else { return Ok(String::new()) };
    identifier::due(&text.value).map_err(|_| bad_date(text, field))
}

fn bad_date(text: &Text, field: &'static str) -> ImportError {
    ImportError::BadDate { line: line(text), field, value: shorten(&text.value) }
}

fn unknown(text: &Text, field: &'static str, allowed: String) -> ImportError {
    ImportError::UnknownValue { line: line(text), field, value: shorten(&text.value), allowed }
}

/// A code: an office, or `subtree:CODE` for an office and all below it.
fn code(text: Text) -> Code {
    let at = line(&text);
    // What is no code stays as typed: looked up, it is named as unknown.
    let read = |text: &str| identifier::code(text).unwrap_or_else(|_| text.to_owned());
    match text.value.trim().strip_prefix("subtree:") {
        Some(code) => Code { code: read(code), subtree: true, line: at },
        None => Code { code: read(&text.value), subtree: false, line: at },
    }
}
