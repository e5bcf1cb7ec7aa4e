//! Words of a text as the index knows them, and excerpts that show them as written.

use std::ops::Range;

use truc_proto::limits;
use truc_proto::vietnamese::{fold, fold_letter};

/// Words in an excerpt.
const EXCERPT: usize = 28;
/// Words in an excerpt before the first one found.
const BEFORE: usize = 5;

/// A text in pieces; `true`: a word that was found.
pub type Pieces = Vec<(bool, String)>;

/// The folded words of a text, letters and digits only, separated by one space.
pub(super) fn folded(text: &str) -> String {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// The folded words of a search, within the limits.
pub(super) fn typed(text: &str) -> Vec<String> {
    let text: String = text.chars().take(limits::SEARCH_TEXT).collect();
    folded(&text).split(' ').filter(|w| !w.is_empty()).take(limits::SEARCH_WORDS).map(str::to_owned).collect()
}

/// The folded words of a text with their byte ranges, in order. A word includes its combining marks.
fn spans(text: &str) -> Vec<(Range<usize>, String)> {
    let mut spans = Vec::new();
    let mut open: Option<(Range<usize>, String)> = None;
    for (start, letter) in text.char_indices() {
        let end = start + letter.len_utf8();
        let mut dropped = true;
        for part in fold_letter(letter) {
            dropped = false;
            if part.is_alphanumeric() {
                let word = open.get_or_insert_with(|| (start..end, String::new()));
                word.0.end = end;
                word.1.push(part);
            } else {
                spans.extend(open.take());
            }
        }
        if let (true, Some(word)) = (dropped, &mut open) {
            word.0.end = end;
        }
    }
    spans.extend(open);
    spans
}

/// Which of the typed words (one bit each) a word begins with.
fn begun(word: &str, typed: &[String]) -> u32 {
    let bits = typed.iter().enumerate().filter(|(_, typed)| word.starts_with(typed.as_str()));
    bits.fold(0, |bits, (index, _)| bits | 1 << index)
}

/// A text with those words marked that begin with a typed one.
pub fn marked(text: &str, typed: &[String]) -> Pieces {
    let spans = spans(text);
    let found = spans.iter().filter(|(_, word)| begun(word, typed) != 0).map(|(range, _)| range.clone());
    pieces(text, 0..text.len(), found)
}

/// The part of a text, on one line, with most of the typed words near each other, and how many they are; none if it has
/// none.
pub(super) fn excerpt(text: &str, typed: &[String]) -> Option<(u32, Pieces)> {
    let text = clipped(text, limits::SEARCH_EXCERPT);
    let spans = spans(text);
    let hits: Vec<(usize, u32)> = spans
        .iter()
        .enumerate()
        .map(|(index, (_, word))| (index, begun(word, typed)))
        .filter(|(_, bits)| *bits != 0)
        .collect();
    let near = |first: usize| {
        let window = hits[first..].iter().take_while(|(index, _)| *index < hits[first].0 + EXCERPT - BEFORE);
        window.fold(0u32, |all, (_, bits)| all | bits).count_ones()
    };
    // The first of the best.
    let (first, count) =
        (0..hits.len()).map(|first| (first, near(first))).reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let begin = hits[first].0.saturating_sub(BEFORE);
    let end = (begin + EXCERPT).min(spans.len());
    let from = if begin == 0 { 0 } else { spans[begin].0.start };
    let to = if end == spans.len() { text.len() } else { spans[end - 1].0.end };
    let found = hits
        .iter()
        .filter(|(index, _)| (begin..end).contains(index))
        .map(|(index, _)| spans[*index].0.clone());
    let mut shown = pieces(text, from..to, found);
    if begin > 0 {
        shown.insert(0, (false, "… ".to_owned()));
    }
    if end < spans.len() {
        shown.push((false, " …".to_owned()));
    }
    Some((count, shown))
}

/// Cuts a range of a text into pieces; line breaks and runs of spaces become one space.
fn pieces(text: &str, within: Range<usize>, found: impl Iterator<Item = Range<usize>>) -> Pieces {
    let mut pieces: Pieces = Vec::new();
    let mut add = |is_found: bool, range: Range<usize>| {
        let piece = one_line(&text[range]);
        match pieces.last_mut() {
            _ if piece.is_empty() => {}
            Some((same, last)) if *same == is_found => last.push_str(&piece),
            _ => pieces.push((is_found, piece)),
        }
    };
    let mut at = within.start;
    for range in found {
        add(false, at..range.start);
        at = range.end;
        add(true, range);
    }
    add(false, at..within.end);
    pieces
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if !letter.is_whitespace() {
            line.push(letter);
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line
}

fn clipped(text: &str, room: usize) -> &str {
    &text[..text.floor_char_boundary(room)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        typed(text)
    }

    /// Writes letters decomposed, as another system might have.
    fn decomposed(text: &str) -> String {
        text.replace('ỉ', "i\u{309}")
            .replace('ạ', "a\u{323}")
            .replace('ủ', "u\u{309}")
            .replace('ả', "a\u{309}")
    }

    fn shown(pieces: &Pieces) -> String {
        pieces.iter().map(|(found, text)| if *found { format!("[{text}]") } else { text.clone() }).collect()
    }

    #[test]
    fn words_are_marked_as_they_were_written() {
        let text = "Ý kiến chỉ đạo của Đảng uỷ, đảng ủy";
        assert_eq!(shown(&marked(text, &words("chi dao"))), "Ý kiến [chỉ] [đạo] của Đảng uỷ, đảng ủy");
        assert_eq!(shown(&marked(text, &words("ĐẢNG uy"))), "Ý kiến chỉ đạo của [Đảng] [uỷ], [đảng] [ủy]");
        let other = decomposed(text);
        assert_ne!(other, text);
        assert_eq!(
            shown(&marked(&other, &words("dang chi"))),
            decomposed("Ý kiến [chỉ] đạo của [Đảng] uỷ, [đảng] ủy")
        );
        assert_eq!(shown(&marked("31-BC/VPĐU", &words("31-bc/vp"))), "[31]-[BC]/[VPĐU]");
    }

    #[test]
    fn an_excerpt_stands_where_the_most_words_are() {
        let filler = "từ ".repeat(100);
        let text = format!("bão đầu\n\n{filler}cơn  bão số 9 {filler}");
        let (count, pieces) = excerpt(&text, &words("bao so 9")).unwrap();
        assert_eq!(count, 3);
        let line = shown(&pieces);
        assert!(line.starts_with("… từ từ từ từ cơn [bão] [số] [9] từ"), "{line}");
        assert!(line.ends_with("từ …") && line.chars().count() < 200, "{line}");
        let (count, pieces) = excerpt("Cơn bão\nsố 9", &words("bao lu")).unwrap();
        assert_eq!((count, shown(&pieces).as_str()), (1, "Cơn [bão] số 9"));
        assert!(excerpt(&text, &words("lu lut")).is_none());
    }

    fn any_text() -> impl Strategy<Value = String> {
        let letters = prop::sample::select(
            "aăâbcdđeêghiklmnoôơpqrstuưvxyÁẶĐỆỶỠ0127 \n-/_.,\u{300}\u{301}\u{303}\u{309}\u{323}\u{31b}İßǅ中"
                .chars()
                .collect::<Vec<char>>(),
        );
        let letter = prop_oneof![8 => letters, 1 => any::<char>()];
        prop::collection::vec(letter, 0..120).prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        /// What is marked is what the index knows, and nothing of the text is lost or changed.
        #[test]
        fn words_in_place_are_the_words_of_the_index(text in any_text(), typed in any_text()) {
            let spans = spans(&text);
            let in_place: Vec<&str> = spans.iter().map(|(_, word)| word.as_str()).collect();
            prop_assert_eq!(in_place.join(" "), folded(&text));
            for (range, word) in &spans {
                prop_assert_eq!(&folded(&text[range.clone()]), word);
            }
            let typed = words(&typed);
            let pieces = marked(&text, &typed);
            let whole: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
            prop_assert_eq!(without_spaces(&whole), without_spaces(&text));
            let marked = pieces.iter().filter(|(found, _)| *found).count();
            prop_assert_eq!(marked > 0, spans.iter().any(|(_, word)| begun(word, &typed) != 0));
            if let Some((count, pieces)) = excerpt(&text, &typed) {
                prop_assert!(count as usize <= typed.len() && count > 0);
                prop_assert!(pieces.iter().any(|(found, _)| *found));
            } else {
                prop_assert_eq!(marked, 0);
            }
        }
    }

    fn without_spaces(text: &str) -> String {
        text.chars().filter(|letter| !letter.is_whitespace()).collect()
    }
}
