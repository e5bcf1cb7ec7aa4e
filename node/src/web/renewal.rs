//! What a page that stays open gets anew: of its parts, those that differ from what it shows.
//!
//! A part is an element with `data-part` and an id. Every page says of each of its parts a mark of what is in it; a page
//! that renews itself sends the marks that it shows, and gets the parts with other marks, or nothing.

use std::ops::Range;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Attribute of an element that is renewed for itself.
const PART: &str = " data-part";

/// The page with the mark of each part.
pub(super) fn marked(page: &str) -> String {
    let mut out = String::with_capacity(page.len() + 1024);
    let mut at = 0;
    for part in parts(page) {
        let end = part.attribute + PART.len();
        out.push_str(&page[at..end]);
        out.push_str("=\"");
        out.push_str(&mark(&page[part.element]));
        out.push('"');
        at = end;
    }
    out.push_str(&page[at..]);
    out
}

/// The answer to a page that shows parts with these marks.
pub(super) fn answer(page: &str, shown: &str) -> Response {
    let shown: Vec<&str> = shown.split(',').collect();
    let mut out = String::new();
    for part in parts(page) {
        let element = &page[part.element.clone()];
        let mark = mark(element);
        if !shown.contains(&mark.as_str()) {
            let end = part.attribute + PART.len();
            let head = &page[part.element.start..end];
            out.push_str(&format!("{head}=\"{mark}\"{}", &page[end..part.element.end]));
        }
    }
    if out.is_empty() { StatusCode::NO_CONTENT.into_response() } else { Html(out).into_response() }
}

/// Marks what people see of an element. Hidden fields are left out: a form has a new number on every page.
fn mark(element: &str) -> String {
    let mut hash = Sha256::new();
    for piece in element.split_inclusive('>') {
        let hidden = piece.rfind('<').is_some_and(|tag| piece[tag..].starts_with("<input type=\"hidden\""));
        if !hidden {
            hash.update(piece);
        }
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..6])
}

/// A part in the text of a page.
struct Part {
    element: Range<usize>,
    /// Where its `data-part` begins.
    attribute: usize,
}

/// The parts of a page, none within another. In pages, `<` begins a tag and `>` ends it: everywhere else both are
/// written as entities.
fn parts(page: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((tag, text)) = next_tag(page, at) {
        at = tag.end;
        if let Some(attribute) = unquoted(text, PART) {
            let name = text[1..].split([' ', '>']).next().unwrap_or_default();
            let end = end_of(page, tag.end, name);
            found.push(Part { element: tag.start..end, attribute: tag.start + attribute });
            at = end;
        }
    }
    found
}

/// The next tag from a position on, with its text.
fn next_tag(page: &str, from: usize) -> Option<(Range<usize>, &str)> {
    let start = from + page.get(from..)?.find('<')?;
    let end = start + page[start..].find('>')? + 1;
    Some((start..end, &page[start..end]))
}

/// Where an attribute begins in a tag, outside of the values of others.
fn unquoted(tag: &str, attribute: &str) -> Option<usize> {
    let mut at = 0;
    for (index, piece) in tag.split('"').enumerate() {
        if index.is_multiple_of(2)
            && let Some(found) = piece.find(attribute)
            && piece[found + attribute.len()..].starts_with([' ', '>'])
        {
            return Some(at + found);
        }
        at += piece.len() + 1;
    }
    None
}

/// Where the element ends whose first tag ends at a position.
fn end_of(page: &str, from: usize, name: &str) -> usize {
    let (mut open, mut at) = (1, from);
    while let Some((tag, text)) = next_tag(page, at) {
        at = tag.end;
        let body = text.trim_start_matches(['<', '/']);
        if body.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '>'])) {
            open += if text.starts_with("</") { -1 } else { 1 };
        }
        if open == 0 {
            return at;
        }
    }
    page.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::body::to_bytes;

    use super::*;

    const PAGE: &str = "<body><ul class=\"rows\" id=\"a\" data-part><li><ul><li>1</li></ul></li></ul>\
        <p title=\" data-part \">text data-part</p><div id=\"b\" data-part class=\"x\"><div>2</div>\
        <form><input type=\"hidden\" name=\"csrf\" value=\"one\"><button>Gửi</button></form></div></body>";

    fn marks(page: &str) -> Vec<String> {
        page.split("data-part=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }

    async fn told(page: &str, shown: &[String]) -> (StatusCode, String) {
        let answer = answer(page, &shown.join(","));
        let status = answer.status();
        (status, String::from_utf8(to_bytes(answer.into_body(), 10_000).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_page_gets_the_parts_that_it_does_not_show() {
        let shown = marks(&marked(PAGE));
        assert_eq!(shown.len(), 2, "{}", marked(PAGE));
        assert_eq!(told(PAGE, &shown).await, (StatusCode::NO_CONTENT, String::new()));
        let other = PAGE.replace("<div>2", "<div>3").replace("value=\"one\"", "value=\"two\"");
        let (status, parts) = told(&other, &shown).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            parts.starts_with("<div id=\"b\" data-part=\"") && parts.ends_with("</form></div>"),
            "{parts}"
        );
        assert_eq!(marks(&parts), marks(&marked(&other))[1..]);
        let (_, all) = told(PAGE, &[]).await;
        assert!(
            all.contains("<ul class=\"rows\" id=\"a\"") && all.contains("<li>1</li></ul></li></ul>"),
            "{all}"
        );
    }

    #[test]
    fn hidden_fields_change_no_part() {
        assert_eq!(marks(&marked(PAGE)), marks(&marked(&PAGE.replace("value=\"one\"", "value=\"two\""))));
    }
}
