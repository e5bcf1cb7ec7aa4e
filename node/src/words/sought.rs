//! What people type to find rows of a list: words, with or without marks, and days as they say them.

use truc_proto::limits;
use truc_proto::vietnamese::fold;

/// The words of a filter. A row is found if it has them all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sought(Vec<Word>);

/// One word of a filter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word, folded.
    pub text: String,
    /// If it names a day or a month, what a date written `29/11/2026` must contain: `29/11/`, `/11/2026`.
    pub date: Option<String>,
}

impl Sought {
    /// The words of a text, the first [`limits::SEARCH_WORDS`] of them.
    pub fn of(text: &str) -> Self {
        let word = |text: &str| Word { date: date(text), text: text.to_owned() };
        Self(fold(text).split_whitespace().take(limits::SEARCH_WORDS).map(word).collect())
    }

    /// The words.
    pub fn words(&self) -> &[Word] {
        &self.0
    }

    /// Whether nothing is sought.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text has all the words.
    pub fn is_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.0.iter().all(|word| word.is_in(&text))
    }
}

impl Word {
    /// Whether a folded text has the word. A day is found however it is written, and never within another one: `9/1` is
    /// in 09/01/2026 and not in 19/11/2026.
    fn is_in(&self, text: &str) -> bool {
        let Some(date) = &self.date else { return text.contains(&self.text) };
        [date, &self.text].into_iter().any(|wanted| {
            text.match_indices(wanted.as_str()).any(|(at, found)| {
                let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
                let (first, last) = (found.chars().next(), found.chars().next_back());
                let before = digit(first) && digit(text[..at].chars().next_back());
                let after = digit(last) && digit(text[at + found.len()..].chars().next());
                !before && !after
            })
        })
    }
}

/// What a written date contains that is of this day or month: `29/11`, `9/1/2026`, `11/2026`.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let all_digits = |part: &&str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    if !parts.iter().all(all_digits) {
        return None;
    }
    let short = |part: &str| part.len() <= 2;
    match *parts {
        [day, month, year] if short(day) && short(month) && year.len() == 4 => {
            Some(format!("{day:0>2}/{month:0>2}/{year}"))
        }
        [month, year] if short(month) && year.len() == 4 => Some(format!("/{month:0>2}/{year}")),
        [day, month] if short(day) && short(month) => Some(format!("{day:0>2}/{month:0>2}/")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_as_they_are_said_and_words_without_marks() {
        for (sought, text, found) in [
            ("29/11", "Họp 29/11/2026 21:57", true),
            ("29/11/2026", "29/11/2026", true),
            ("9/1", "09/01/2026", true),
            ("9/1", "19/11/2026", false),
            ("9/1", "Về bão ngày 9/1", true),
            ("11/2026", "29/11/2026", true),
            ("11/2026", "29/01/2026", false),
            ("5/11", "25/11/2026", false),
            ("12/11/2026", "2/11/2026 và 12/11/2026", true),
            ("bao so 9", "Ứng phó bão số 9", true),
            ("bao 29/11", "Ứng phó bão, 29/11/2026", true),
            ("bao 28/11", "Ứng phó bão, 29/11/2026", false),
            ("101-CV/TU", "101-CV/TU", true),
            ("", "gì cũng có", true),
        ] {
            assert_eq!(Sought::of(sought).is_in(text), found, "{sought} in {text}");
        }
    }
}
