//! Building blocks of pages. A status is always shown by shape and word; a time with the exact time beside it.

pub mod chart;
pub mod difference;
pub mod field;
pub mod files;
pub mod picker;

use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::{Act as _, inspection};

use crate::accounts::rights::Right;
use crate::command::status;
use crate::derive::views::read::Undigested;
use crate::supervise::Loop;
use crate::tell;
use crate::words::Lang;

pub use crate::command::said::{move_word, outcome, said};

use super::visit::Visit;

/// Shape and colour of a status.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mark {
    /// Hỏa tốc, not yet accepted.
    Express,
    /// Quá hạn.
    Late,
    /// Mất liên lạc, chưa rõ.
    Unknown,
    /// Sắp đến hạn.
    Soon,
    /// Hoàn thành quá hạn.
    DoneLate,
    /// Hoàn thành, chưa rõ giờ đến trung tâm.
    DoneUnjudged,
    /// Đang thực hiện.
    Running,
    /// Chưa thực hiện.
    Waiting,
    /// Không có thời hạn.
    None,
    /// Hoàn thành đúng hạn.
    Done,
    /// Đúng tiến độ.
    OnCourse,
    /// Refused, taken back.
    Refused,
}

impl Mark {
    /// The mark of a duty's status.
    pub fn of(status: DutyStatus) -> Self {
        match status {
            DutyStatus::NotStarted => Self::Waiting,
            DutyStatus::InProgress => Self::Running,
            DutyStatus::DueSoon => Self::Soon,
            DutyStatus::Overdue => Self::Late,
            DutyStatus::CompletedOnTime => Self::Done,
            DutyStatus::CompletedLate => Self::DoneLate,
            DutyStatus::CompletedUnjudged => Self::DoneUnjudged,
            DutyStatus::NoDeadline => Self::None,
            DutyStatus::Unknown => Self::Unknown,
        }
    }

    /// Its name in stylesheet and SVG sprite.
    pub fn name(self) -> &'static str {
        match self {
            Self::Express => "urg",
            Self::Late => "late",
            Self::Unknown => "unk",
            Self::Soon => "soon",
            Self::DoneLate => "dlate",
            Self::DoneUnjudged => "dunk",
            Self::Running => "run",
            Self::Waiting => "wait",
            Self::None => "none",
            Self::Done => "done",
            Self::OnCourse => "ok",
            Self::Refused => "ref",
        }
    }
}

/// A shape of the sprite, hidden from screen readers: the word beside it says the same.
pub fn glyph(name: &str) -> Markup {
    html! { svg.g.(name) aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

/// A status as shape and word.
pub fn badge(mark: Mark, word: &str) -> Markup {
    html! { span.st.(mark.name()) { (glyph(mark.name())) (word) } }
}

/// What people call a part of a record that something is owed for: the id that its author gave, or the remedy that an
/// inspection ordered.
pub fn part(visit: &Visit, kind: u32, part: &str) -> String {
    let is_remedy = kind == inspection::Move::KIND && part == inspection::REMEDY;
    if is_remedy { visit.word("part-remedy") } else { part.to_owned() }
}

/// The status of a duty in words, with the time left.
pub fn duty_word(visit: &Visit, status: DutyStatus, due: Option<Due>) -> String {
    let clock = visit.clock();
    let due = due.map(|due| due.0);
    match (status, due) {
        (DutyStatus::NotStarted, _) => visit.word("st-not-started"),
        (DutyStatus::InProgress, _) => visit.word("st-in-progress"),
        (DutyStatus::DueSoon, Some(due)) if clock.is_today(due) => visit.word("st-due-today"),
        (DutyStatus::DueSoon, _) => visit.word("st-due-soon"),
        (DutyStatus::Overdue, Some(due)) => {
            tell!(visit, "st-overdue", time = clock.span(visit.now.saturating_sub(due)))
        }
        (DutyStatus::Overdue, None) => tell!(visit, "st-overdue", time = ""),
        (DutyStatus::CompletedOnTime, _) => visit.word("st-done-on-time"),
        (DutyStatus::CompletedLate, _) => visit.word("st-done-late"),
        (DutyStatus::CompletedUnjudged, _) => visit.word("st-done-unjudged"),
        (DutyStatus::NoDeadline, _) => visit.word("st-no-deadline"),
        (DutyStatus::Unknown, _) => visit.word("st-no-contact"),
    }
}

/// The status of a duty as shape and words.
pub fn duty(visit: &Visit, status: DutyStatus, due: Option<Due>) -> Markup {
    badge(Mark::of(status), &duty_word(visit, status, due))
}

/// Độ khẩn as a stamp; nothing for an ordinary paper.
pub fn stamp(visit: &Visit, urgency: u32, due: Option<i64>) -> Markup {
    let word = match (urgency, due) {
        (0, _) => return html! {},
        (4, Some(due)) => tell!(visit, "urg-4", time = visit.clock().due(due)),
        (4, None) => visit.word("urg-3"),
        (1..=3, _) => visit.word(&format!("urg-{urgency}")),
        _ => urgency.to_string(),
    };
    html! { span class={ "stamp u" (urgency.min(3)) } { (capital(&word)) } }
}

/// Độ mật as a stamp; nothing for an open paper.
pub fn secrecy(visit: &Visit, level: u32) -> Markup {
    match level {
        0 => html! {},
        level => html! { span.stamp.u2 { (capital(&visit.word(&format!("conf-{level}")))) } },
    }
}

/// The text with its first letter in upper case.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Name of a document type by its code.
pub fn type_name(lang: Lang, code: &str) -> String {
    match (DocumentType::from_code(code), lang) {
        (Some(kind), Lang::Vi) => kind.vietnamese().to_owned(),
        (Some(kind), Lang::En) => kind.english().to_owned(),
        (None, _) => code.to_owned(),
    }
}

/// "Công văn 913-CV/TU".
pub fn paper_name(lang: Lang, code: &str, number: &str) -> String {
    let kind = capital(&type_name(lang, code));
    if number.is_empty() { kind } else { format!("{kind} {number}") }
}

/// An audience in few words; "… và cấp dưới" for a subtree.
pub fn scopes(visit: &Visit, scopes: &[Scope]) -> String {
    let name = |scope: &Scope| match (scope.office == visit.me(), scope.subtree) {
        (true, false) => visit.word("scope-self"),
        (_, false) => visit.name(scope.office),
        (_, true) => tell!(visit, "scope-subtree", office = visit.name(scope.office)),
    };
    let named: Vec<String> = scopes.iter().take(SCOPES).map(name).collect();
    let rest = scopes.len().saturating_sub(SCOPES);
    let named = named.join(", ");
    if rest == 0 { named } else { tell!(visit, "scope-more", named = named, count = rest) }
}

/// Scopes named before the rest is counted.
const SCOPES: usize = 4;

/// An office's name, linked to its page if this site has one.
pub fn office(visit: &Visit, office: OfficeId) -> Markup {
    let name = visit.name(office);
    match visit.site.realm {
        crate::accounts::Realm::Console => html! { a.plain href={ "/offices/" (office) } { (name) } },
        crate::accounts::Realm::Desk => html! { (name) },
    }
}

/// Entries that could not be folded; nothing if there are none.
pub fn undigested(visit: &Visit, rows: &[Undigested]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    section(
        "undigested",
        &visit.word("line-undigested"),
        &rows.len().to_string(),
        html! {
            p { (visit.word("line-undigested-says")) }
            ul.rows { @for row in rows { li { div {
                @if let Some(ledger) = row.ledger { b { (visit.name(ledger)) } " " }
                (row.position) ": " (row.reason)
            } } } }
        },
    )
}

/// What is to be said of the program's work in the background: of the files that are derived from the journal, and of
/// what fails and is tried again; nothing if all is well.
pub fn background(visit: &Visit) -> Markup {
    let failing = visit.office().loops().failing();
    let loops = status::failing(visit.lang, &failing, |millis| visit.clock().exact(millis));
    let all = [("derived", "cli-derived", derived_words(visit)), ("loops", "cli-loops", loops)];
    html! {
        @for (id, title, said) in &all {
            @if !said.is_empty() {
                (section(id, &visit.word(title), "", html! {
                    ul.rows { @for said in said { li { div { (badge(Mark::Late, said)) } } } }
                }))
            }
        }
    }
}

/// What of the program's work in the background has failed for long, the line excepted, which has a sentence of its own.
pub fn lasting_words(visit: &Visit) -> Vec<String> {
    let mut failing = visit.office().loops().failing();
    failing.retain(|what, failing| *what != Loop::Uplink && status::lasts(failing));
    status::failing(visit.lang, &failing, |millis| visit.clock().at(millis))
}

/// What is to be said of the files that are derived from the journal; nothing if they all follow it.
pub fn derived_words(visit: &Visit) -> Vec<String> {
    let end = visit.office().reached().map_or(0, |reached| reached.borrow().end.position);
    let followings = visit.office().followings().map(|all| all.borrow().clone()).unwrap_or_default();
    status::derived(visit.lang, &followings, end, |millis| visit.clock().at(millis))
}

/// A section with title, note and content.
pub fn section(id: &str, title: &str, note: &str, body: Markup) -> Markup {
    html! {
        section.sec id=(id) aria-labelledby={ "h-" (id) } {
            header {
                h2 id={ "h-" (id) } { (title) }
                @if !note.is_empty() { span.mut { (note) } }
            }
            (body)
        }
    }
}

/// The heading of a list, with the button for a new record for those who may make one.
pub fn heading(visit: &Visit, title: &str, address: &str, key: &str) -> Markup {
    html! {
        header.title { h1 { (title) } @if visit.may(Right::Handle) { a.b.go href=(address) { (visit.word(key)) } } }
    }
}

/// An option of a filter: address, whether it is chosen, label.
pub type Chip = (String, bool, Markup);

/// Label of an option with the number of its records.
pub fn counted(word: &str, count: usize) -> Markup {
    html! { (word) " " b { (count) } }
}

/// A filter with one chosen option, as links. With an id, live updates renew it.
pub fn chips(id: Option<&str>, label: &str, chips: impl IntoIterator<Item = Chip>) -> Markup {
    html! {
        nav.chips id=[id] data-part[id.is_some()] aria-label=(label) {
            @for (address, current, shown) in chips { a href=(address) aria-current=[current.then_some("true")] { (shown) } }
        }
    }
}

/// Placeholder for an empty list: a sentence, and the first thing to do.
pub fn empty(said: &str, action: Option<(&str, &str)>) -> Markup {
    html! {
        div.empty {
            p { (said) }
            @if let Some((address, word)) = action { p.acts { a.b href=(address) { (word) } } }
        }
    }
}

/// A text as a QR code; empty if the text is too long for one.
pub fn qr(text: &str) -> Markup {
    let drawn = QrCode::new(text).map(|code| code.render::<svg::Color<'_>>().build());
    // The XML declaration that the library writes is invalid in HTML.
    PreEscaped(drawn.ok().and_then(|svg| Some(svg.split_once("?>")?.1.to_owned())).unwrap_or_default())
}

/// A percentage as a bar with its number.
pub fn percent(value: u32) -> Markup {
    html! { span.pc { progress max="100" value=(value) aria-hidden="true" {} span.n { (value) " %" } } }
}

/// A size in words: "3,4 MB".
pub fn size(lang: Lang, bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        return format!("{} {}", value.ceil(), UNITS[0]);
    }
    let text = format!("{value:.1} {}", UNITS[unit]);
    if lang == Lang::Vi { text.replace('.', ",") } else { text }
}

/// A number in the language's notation: "4.127" in Vietnamese, "4,127" in English. Decimals are not rounded.
pub fn figure(lang: Lang, text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("−", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (thousand, point) = if lang == Lang::Vi { ('.', ',') } else { (',', '.') };
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(thousand);
        }
        out.push(digit);
    }
    let tail = if fraction.is_empty() { String::new() } else { format!("{point}{fraction}") };
    format!("{sign}{out}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_sizes_are_written_as_in_the_country() {
        assert_eq!(figure(Lang::Vi, "4127"), "4.127");
        assert_eq!(figure(Lang::Vi, "-1234567.5"), "−1.234.567,5");
        assert_eq!(figure(Lang::En, "91.2"), "91.2");
        assert_eq!(figure(Lang::Vi, "0"), "0");
        assert_eq!(size(Lang::Vi, 3_565_158), "3,4 MB");
        assert_eq!(size(Lang::En, 10), "1 KB");
        assert_eq!(capital("ủy ban"), "Ủy ban");
    }
}
