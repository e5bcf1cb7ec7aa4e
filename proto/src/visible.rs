//! Text of others, shown and never obeyed: what would steer a terminal, a spreadsheet or the direction of writing, or
//! would not be seen at all, is written out.
//!
//! A control character becomes its picture (`␛`, `␊`), any other invisible one its number (`⟦U+202E⟧`). Where a text
//! has these signs itself, they are written as numbers too, so that nothing that is shown can be mistaken and the text
//! can be read back exactly.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What divides a text into lines and columns.
const BREAKS: &[char] = &['\n', '\t'];

/// For one line, such as a cell of a table, a message or a line of a log: line breaks and tabs are made visible too.
pub fn line(text: &str) -> Cow<'_, str> {
    shown(text, &[], picture)
}

/// For a text of several lines: line breaks and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    shown(text, BREAKS, picture)
}

/// What people typed or pasted, without what they did not see.
pub fn clean(text: &str) -> Cow<'_, str> {
    changed(text, BREAKS, |_, _| false, |_, _| {})
}

/// For JSON that is already encoded: the same letters as `\u` escapes, so that the value stays what it is. JSON itself
/// demands this only of the first 32.
pub fn json(encoded: &str) -> Cow<'_, str> {
    changed(
        encoded,
        BREAKS,
        |_, _| false,
        |letter, out| {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// Whether nobody would see anything of a text.
pub fn is_blank(text: &str) -> bool {
    let nothing = |letter: char| matches!(letter, '\u{2800}' | '\u{fe00}'..='\u{fe0f}');
    text.chars().all(|letter| letter.is_whitespace() || is_invisible(letter) || nothing(letter))
}

/// Whether a letter has no form of its own: controls, zero width, signs that turn the direction, tags. White space and
/// what only chooses the form of the letter before it are not meant.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes `letter` visibly.
fn picture(letter: char, out: &mut String) {
    match letter {
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + letter as u32)),
        '\u{7f}' => out.push('\u{2421}'),
        // Writing into a string cannot fail.
        _ => drop(write!(out, "⟦U+{:04X}⟧", letter as u32)),
    }
}

fn shown<'t>(text: &'t str, kept: &[char], write: impl Fn(char, &mut String)) -> Cow<'t, str> {
    let own = |letter, rest: &str| matches!(letter, '\u{2400}'..='\u{2421}') || rest.starts_with("⟦U+");
    changed(text, kept, own, write)
}

/// Gives `write` each invisible letter that is not `kept`, and each of `also`; the others stay.
fn changed<'t>(
    text: &'t str,
    kept: &[char],
    also: impl Fn(char, &str) -> bool,
    write: impl Fn(char, &mut String),
) -> Cow<'t, str> {
    let mut out = String::new();
    let (mut copied, mut before) = (0, ' ');
    for (at, letter) in text.char_indices() {
        let rest = &text[at..];
        // Joins the parts of a picture, such as a family; after letters it would only be hidden.
        let stays = kept.contains(&letter)
            || letter == '\u{200d}' && before >= '\u{2190}'
            || rest.starts_with("\r\n") && kept.contains(&'\n');
        if !stays && (is_invisible(letter) || also(letter, rest)) {
            out.push_str(&text[copied..at]);
            write(letter, &mut out);
            copied = at + letter.len_utf8();
        }
        before = letter;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Reads back what [`line`] and [`block`] made.
    fn read_back(shown: &str) -> String {
        let mut text = String::new();
        let mut rest = shown;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            text.push(match letter {
                '\u{2400}'..='\u{241f}' => char::from(letter as u32 as u8),
                '\u{2421}' => '\u{7f}',
                '⟦' if rest.starts_with("U+") => {
                    let (number, after) = rest[2..].split_once('⟧').unwrap();
                    rest = after;
                    char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap()
                }
                other => other,
            });
        }
        text
    }

    fn hostile() -> impl Strategy<Value = String> {
        let letter = prop_oneof![
            any::<char>(),
            prop::sample::select(
                "\0\u{1b}\n\r\t\u{7f}\u{9b}\u{200b}\u{200d}\u{202e}\u{feff}\u{e0041}␛␡␊⟦U+⟧👨Aậ\u{301}\\\""
                    .chars()
                    .collect::<Vec<_>>()
            ),
        ];
        prop::collection::vec(letter, 0..24).prop_map(String::from_iter)
    }

    #[test]
    fn what_is_honest_stays() {
        for text in [
            "",
            "Nghị quyết số 05-NQ/TU",
            "ta\u{306}\u{301}t",
            "a\u{a0}b",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
        ] {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(block("a\n\tb"), "a\n\tb");
    }

    #[test]
    fn what_steers_is_seen() {
        assert_eq!(line("A\u{1b}[2J\u{7}\r\nB\0"), "A␛[2J␇␍␊B␀");
        assert_eq!(block("A\r\nB\rC"), "A\r\nB␍C");
        assert_eq!(clean("A\u{200b}\r\n\u{1b}[2J\u{202e}👨\u{200d}👩"), "A\r\n[2J👨\u{200d}👩");
        assert_eq!(line("a\u{202e}b\u{9b}1m\u{200b}"), "a⟦U+202E⟧b⟦U+009B⟧1m⟦U+200B⟧");
        assert_eq!(line("a\u{200d}b"), "a⟦U+200D⟧b");
        assert_eq!(line("␛ ⟦U+202E⟧ ⟦x⟧"), "⟦U+241B⟧ ⟦U+27E6⟧U+202E⟧ ⟦x⟧");
        assert_eq!(json("{\"a\":\"\u{202e}\u{9b}\u{e0041}␛\"}"), "{\"a\":\"\\u202e\\u009b\\udb40\\udc41␛\"}");
    }

    #[test]
    fn blank_is_what_nobody_sees() {
        assert!(is_blank("") && is_blank(" \u{a0}\u{200b}\n\u{3164}\u{fe0f}\u{2800}"));
        assert!(!is_blank("\u{200b}a"));
    }

    fn hides(shown: &str, kept: &str) -> bool {
        shown.chars().any(|letter| is_invisible(letter) && !kept.contains(letter) && letter != '\u{200d}')
    }

    proptest! {
        #[test]
        fn nothing_hides_and_nothing_is_lost(text in hostile()) {
            for (shown, kept) in [(line(&text), ""), (block(&text), "\r\n\t")] {
                prop_assert!(!hides(&shown, kept));
                prop_assert_eq!(read_back(&shown), text.as_str());
            }
            prop_assert!(!hides(&clean(&text), "\r\n\t"));
        }

        #[test]
        fn json_keeps_its_value(text in hostile()) {
            let plain = serde_json::to_string(&text).unwrap();
            let shown = json(&plain);
            prop_assert!(!hides(&shown, ""));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
