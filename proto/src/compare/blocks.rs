//! The blocks of a text: headings, paragraphs, items of lists, rows of tables. Where its lines are wrapped, how it is
//! composed and how wide its spaces are is not of the text.

use icu_normalizer::ComposingNormalizerBorrowed;

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A heading.
    Heading,
    /// A paragraph.
    Paragraph,
    /// An item of a list.
    Item,
    /// A row of a table.
    Row,
}

/// A block as it is compared: composed, on one line, with single spaces. Headings and items have their marks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Source {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// The blocks of a text.
pub(super) fn blocks(text: &str) -> Vec<Source> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let mut blocks: Vec<Source> = Vec::new();
    // Whether the next line goes on with the last block.
    let mut open = false;
    for line in composed.replace("\r\n", "\n").split(['\n', '\r']) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let begins = begun(line, &words);
        let text = words.join(" ");
        match begins {
            None if text.is_empty() => open = false,
            None if open => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push(' ');
                    block.text.push_str(&text);
                }
            }
            None => {
                blocks.push(Source { kind: Kind::Paragraph, text });
                open = true;
            }
            Some(Kind::Row) => {
                let text =
                    format!("| {} |", cells(&text).into_iter().map(cell).collect::<Vec<_>>().join(" | "));
                blocks.push(Source { kind: Kind::Row, text });
                open = false;
            }
            Some(kind) => {
                blocks.push(Source { kind, text });
                open = kind == Kind::Item;
            }
        }
    }
    blocks
}

/// The block that a line begins by its mark; none: it has none.
fn begun(line: &str, words: &[&str]) -> Option<Kind> {
    let first = words.first()?;
    if line.starts_with('#') {
        return Some(Kind::Heading);
    }
    if first.starts_with('|') {
        return Some(Kind::Row);
    }
    let numbered = |mark: &str| {
        let figure = mark.strip_suffix(['.', ')']);
        figure.is_some_and(|figure| !figure.is_empty() && figure.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let lettered = |mark: &str| {
        let letter = mark.strip_suffix(')').map(|letter| letter.chars().collect::<Vec<_>>());
        matches!(letter.as_deref(), Some(['a'..='z' | 'đ']))
    };
    let marked = matches!(*first, "-" | "*" | "+") || numbered(first) || lettered(first);
    (marked && words.len() > 1).then_some(Kind::Item)
}

/// A cell in its one form: how long the line under the head of a table is says nothing.
fn cell(text: &str) -> String {
    let line = text.trim_matches(':');
    let is_line = !line.is_empty() && line.bytes().all(|dash| dash == b'-');
    if is_line { text.replacen(line, "---", 1) } else { text.to_owned() }
}

/// The cells of a row.
pub(super) fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}
