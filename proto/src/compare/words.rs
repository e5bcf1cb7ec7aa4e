//! The words of a block: syllables, figures with what touches them, signs. And what stays of them when only their look is
//! taken away.

use super::blocks::{Kind, Source};

/// A word of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Where it begins in the block, in bytes.
    pub(super) start: usize,
    /// Whether there is a space before it.
    pub(super) spaced: bool,
}

impl Word<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Signs that change what a figure says.
const BEFORE_FIGURES: &str = "-−+±<>≤≥≈~$";
const AFTER_FIGURES: &str = "%‰°";
/// Signs that say something by themselves, so that they are words.
const SIGNS: &str = "%‰°±<>≤≥≈≠=+×÷−";
/// What strikes words through on the page of a paper, and so takes them away.
const STRIKE: &str = "~~";

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(letter) = text[at..].chars().next() {
        if letter.is_whitespace() {
            at += letter.len_utf8();
        } else {
            let word = &text[at..at + length(&text[at..], before)];
            words.push(Word { text: word, start: at, spaced: before.is_whitespace() && at > 0 });
            at += word.len();
        }
        before = text[..at].chars().next_back().unwrap_or(' ');
    }
    words
}

/// How long the word is with which a text begins. `before`: the letter before it.
fn length(text: &str, before: char) -> usize {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return 0 };
    let next_is_digit = letters.next().is_some_and(|next| next.is_ascii_digit());
    if first.is_ascii_digit() {
        figure(text)
    } else if BEFORE_FIGURES.contains(first) && next_is_digit && !is_of_word(before) {
        first.len_utf8() + figure(&text[first.len_utf8()..])
    } else if is_of_word(first) {
        text.find(|letter| !is_of_word(letter)).unwrap_or(text.len())
    } else {
        first.len_utf8()
    }
}

/// How long the figure is with which a text begins: `1.213`, `15/11/2027`, `66-QĐ/ĐU`, `12,5%`.
fn figure(text: &str) -> usize {
    let digits = |text: &str| text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let mut end = digits(text);
    while let Some(rest) = text[end..].strip_prefix(['.', '/', ',', ':']) {
        match digits(rest) {
            0 => break,
            more => end += 1 + more,
        }
    }
    if let Some(rest) = text[end..].strip_prefix('-') {
        let symbol = rest.find(|letter| !(is_of_word(letter) || letter == '/')).unwrap_or(rest.len());
        end += if symbol > 0 { 1 + symbol } else { 0 };
    }
    let sign = text[end..].chars().next().filter(|sign| AFTER_FIGURES.contains(*sign));
    end + sign.map_or(0, char::len_utf8)
}

/// What stays of a block when only its look is taken away: words in small letters and one spelling, figures as they are.
pub(super) fn bare(block: &Source) -> Vec<String> {
    let text = match block.kind {
        Kind::Heading => block.text.trim_start_matches('#'),
        Kind::Item => block.text.strip_prefix(['-', '*', '+']).unwrap_or(&block.text),
        Kind::Paragraph | Kind::Row => &block.text,
    };
    let says = |word: &Word<'_>| word.text.chars().any(|sign| sign.is_alphanumeric() || SIGNS.contains(sign));
    let spelled = |word: Word<'_>| {
        let is_figure = word.text.chars().any(char::is_numeric);
        if is_figure { word.text.to_owned() } else { one_spelling(&word.text.to_lowercase()) }
    };
    let struck = block.text.contains(STRIKE).then(|| block.text.clone());
    words(text).into_iter().filter(says).map(spelled).chain(struck).collect()
}

/// Vowels at the end of a syllable without and with each tone: the tone stands on the first or the second of two.
const LAST: [[char; 5]; 3] =
    [['à', 'á', 'ả', 'ã', 'ạ'], ['è', 'é', 'ẻ', 'ẽ', 'ẹ'], ['ỳ', 'ý', 'ỷ', 'ỹ', 'ỵ']];
const LAST_BARE: [char; 3] = ['a', 'e', 'y'];
const FIRST_O: [char; 5] = ['ò', 'ó', 'ỏ', 'õ', 'ọ'];
const FIRST_U: [char; 5] = ['ù', 'ú', 'ủ', 'ũ', 'ụ'];

/// A word with its tone in one of the two places that are both official: `hoá` is `hóa`, `uỷ` is `ủy`.
fn one_spelling(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if let [.., first, last] = &mut letters[..] {
        let tone = LAST.iter().enumerate().find_map(|(vowel, tones)| {
            tones.iter().position(|toned| toned == last).map(|tone| (LAST_BARE[vowel], tone))
        });
        match (*first, tone) {
            ('o', Some((vowel @ ('a' | 'e'), tone))) => (*first, *last) = (FIRST_O[tone], vowel),
            ('u', Some(('y', tone))) => (*first, *last) = (FIRST_U[tone], 'y'),
            _ => {}
        }
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_what_touches_it() {
        let said = |text| words(text).iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(said("số 66-QĐ/ĐU, ngày 15/11/2027."), ["số", "66-QĐ/ĐU", ",", "ngày", "15/11/2027", "."]);
        assert_eq!(
            said("1.213 > 1,213; 12,5% và -5 (≤7)"),
            ["1.213", ">", "1,213", ";", "12,5%", "và", "-5", "(", "≤7", ")"]
        );
        assert_eq!(
            said("2025-2030: A4, họp lúc 8:30-"),
            ["2025-2030", ":", "A4", ",", "họp", "lúc", "8:30", "-"]
        );
    }

    #[test]
    fn two_places_of_the_tone_are_one_spelling() {
        for (one, other) in [("hoá", "hóa"), ("khoẻ", "khỏe"), ("uỷ", "ủy"), ("thuý", "thúy"), ("hoạ", "họa")]
        {
            assert_eq!(one_spelling(one), one_spelling(other));
        }
        for (one, other) in [("hoá", "hoà"), ("đi", "đỉ"), ("của", "cúa"), ("mưa", "mứa")] {
            assert_ne!(one_spelling(one), one_spelling(other));
        }
    }
}
