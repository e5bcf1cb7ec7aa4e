//! A paper as a sheet, in the form of Party papers (Hướng dẫn 36-HD/VPTW, 05-HD/VPTW): who issues it and under whom,
//! number, place and day; at its foot whom it goes to and who signed. Its own words stand in serif; the program's words
//! stand around it and are not printed.

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;
use truc_proto::identifier;
use truc_proto::paper::DocumentType;

use crate::command::act;
use crate::derive::views::kinds::Record;
use crate::web::markdown;
use crate::web::parts::files::Files;
use crate::web::parts::{self, capital};
use crate::web::times::formal;
use crate::web::visit::Visit;
use crate::words::Lang;

/// Most recipients that the foot of a paper names.
const NAMED: usize = 12;

/// The sheet of a record's paper.
pub(super) fn paper(visit: &Visit, record: &Record, entry: Option<&Entry>, files: &Files) -> Markup {
    let row = &record.row;
    let paper = entry.and_then(act::paper_of).unwrap_or_default();
    let issued = row.issued.as_deref().and_then(|day| day.parse().ok());
    // A công văn bears no type name: what it is about stands under its number.
    let letter = DocumentType::from_code(&row.document_type) == Some(DocumentType::OfficialLetter);
    let number = html! {
        @if !row.number.is_empty() { p { "Số " (row.number) } }
        @if letter { p.about { "Về việc " (uncapital(&row.title)) } }
    };
    html! {
        section.paper lang="vi" aria-label=(visit.word("doc-paper")) {
            (head(visit, row.owner, &row.number, issued, &number))
            @if !letter {
                p.type { b { (parts::type_name(Lang::Vi, &row.document_type).to_uppercase()) } }
                p.about { b { (subject(&row.title, &parts::type_name(Lang::Vi, &row.document_type))) } br; "-----" }
            }
            @if row.confidentiality > 0 { p.mut { (visit.word("err-secret-stub")) } }
            @else if entry.is_some_and(|entry| entry.destroyed) { p.mut { (visit.word("doc-destroyed")) } }
            @else if let (true, Some(sheet)) = (paper.text.is_empty(), files.sheet(row.position)) { (sheet) }
            @else if paper.text.is_empty() { p.mut { (visit.word(if files.any(row.position) { "doc-no-text" } else { "doc-nothing-in-it" })) } }
            @else { (markdown::paper(&paper.text)) }
            @if !row.number.is_empty() || !paper.signer.is_empty() {
                div.foot-of {
                    div {
                        p { u { "Nơi nhận:" } }
                        @for scope in row.audience.iter().take(NAMED) {
                            p.to { "- " (visit.name(scope.office)) @if scope.subtree { " và các cơ quan cấp dưới" } ";" }
                        }
                        @if row.audience.len() > NAMED { p.to { "- " (row.audience.len() - NAMED) " cơ quan khác;" } }
                        p.to { "- Lưu." }
                    }
                    (signed(&paper.signer))
                }
            }
        }
    }
}

/// The head of a sheet: on the left the issuing body under the one above it, then `number`; on the right the Party, then
/// place and day.
pub(super) fn head(
    visit: &Visit,
    owner: OfficeId,
    number: &str,
    issued: Option<Date>,
    below: &Markup,
) -> Markup {
    let registry = visit.registry();
    let organisation = |office| visit.fact(&registry, office)?.organisation();
    let above = registry.parent(owner).and_then(organisation);
    let (above, body) = bodies(above, visit.name(owner), number);
    let place = visit.fact(&registry, owner).map(|fact| fact.place()).unwrap_or_default();
    let issued = issued.map(formal);
    let issued = issued.map(|day| if place.is_empty() { capital(&day) } else { format!("{place}, {day}") });
    html! {
        div.head {
            div {
                @if let Some(above) = above { p.above { (above.to_uppercase()) } }
                p.body { b { (body.to_uppercase()) } }
                p.star { "*" }
                (below)
            }
            div {
                p { b.party { "ĐẢNG CỘNG SẢN VIỆT NAM" } }
                @if let Some(issued) = issued { p { i { (issued) } } }
            }
        }
    }
}

/// The two lines that say who issues a paper: the body above, and the body itself. A committee stands under the Party
/// organisation above it, the highest under none; its office, whose symbol begins with VP, under the committee.
fn bodies(above: Option<String>, committee: String, number: &str) -> (Option<String>, String) {
    let symbol = identifier::parts(number).map(|parts| parts.issuer);
    if symbol.is_some_and(|symbol| symbol.starts_with("VP")) {
        (Some(committee), "Văn phòng".to_owned())
    } else {
        (above, committee)
    }
}

/// The signature: for whom somebody signed, as what, room for hand and seal, and the name.
fn signed(signer: &str) -> Markup {
    let mut lines: Vec<&str> = signer.lines().collect();
    let (name, position) = (lines.pop(), lines.pop());
    html! {
        div.signed {
            @for line in lines { p { b { (line.to_uppercase()) } } }
            @if let Some(position) = position { p { (position.to_uppercase()) } }
            p.room { @if name.is_none() { i.print-only { "(Ký tên, đóng dấu)" } } }
            @if let Some(name) = name { p { b { (name) } } }
        }
    }
}

/// The title under the name of the paper's type, which it does not say again.
fn subject(title: &str, kind: &str) -> String {
    let (first, rest) = title.split_at_checked(kind.len()).unwrap_or(("", title));
    let said = first.to_lowercase() == kind.to_lowercase() && rest.starts_with(' ') && rest.trim().len() > 1;
    if said { rest.trim_start().to_owned() } else { capital(title) }
}

/// The title as it goes on after "Về việc": a name at its beginning keeps its letter.
fn uncapital(title: &str) -> String {
    let title = title.strip_prefix("Về việc ").or_else(|| title.strip_prefix("V/v ")).unwrap_or(title);
    let mut words = title.split(' ');
    let is_name = |word: Option<&str>| word.is_some_and(|word| word.starts_with(char::is_uppercase));
    let (first, second) = (words.next(), words.next());
    if is_name(second) || first.is_some_and(|first| first.chars().skip(1).any(char::is_uppercase)) {
        return title.to_owned();
    }
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_says_who_issues_it_and_who_signed() {
        let bodies = |above: Option<&str>, committee: &str, number: &str| {
            bodies(above.map(str::to_owned), committee.to_owned(), number)
        };
        let commune = "Đảng ủy xã Diễn Châu";
        let above = Some("Đảng bộ tỉnh Nghệ An");
        assert_eq!(bodies(above, commune, "05-CV/ĐU"), (above.map(str::to_owned), commune.to_owned()));
        assert_eq!(bodies(above, commune, ""), (above.map(str::to_owned), commune.to_owned()));
        assert_eq!(
            bodies(above, commune, "05-CV/VPĐU"),
            (Some(commune.to_owned()), "Văn phòng".to_owned()),
            "an office signs under its committee"
        );
        assert_eq!(bodies(None, "Tỉnh ủy Nghệ An", "913-CV/TU"), (None, "Tỉnh ủy Nghệ An".to_owned()));

        let block = signed("T/M ĐẢNG ỦY\nPhó Bí thư\nNguyễn Văn A").into_string();
        assert!(block.contains("<p><b>T/M ĐẢNG ỦY</b></p><p>PHÓ BÍ THƯ</p>"), "{block}");
        assert!(block.contains("<p><b>Nguyễn Văn A</b></p>"), "{block}");
        assert!(signed("Nguyễn Văn A").into_string().contains("<p><b>Nguyễn Văn A</b></p>"));
        assert!(signed("").into_string().contains("đóng dấu"), "room for hand and seal");
    }

    #[test]
    fn a_title_does_not_say_the_type_again() {
        for (title, kind, under) in [
            ("Báo cáo công tác tháng 11", "báo cáo", "công tác tháng 11"),
            ("Báo cáo", "báo cáo", "Báo cáo"),
            ("Công tác tháng 11", "báo cáo", "Công tác tháng 11"),
            ("Báo cáoviên", "báo cáo", "Báo cáoviên"),
            ("ô", "báo cáo", "Ô"),
        ] {
            assert_eq!(subject(title, kind), under);
        }
    }

    #[test]
    fn a_name_keeps_its_letter_after_ve_viec() {
        for (title, after) in [
            ("Ứng phó bão số 9", "ứng phó bão số 9"),
            ("Về việc họp", "họp"),
            ("Nghệ An phòng chống lụt", "Nghệ An phòng chống lụt"),
            ("UBND xã báo cáo", "UBND xã báo cáo"),
        ] {
            assert_eq!(uncapital(title), after);
        }
    }
}
