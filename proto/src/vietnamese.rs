//! Vietnamese text as people type it: composed or decomposed, `uỷ` or `ủy`, with or without marks.

/// Folds for comparison and search: lower case, tone and vowel marks dropped, `đ` as `d`, so that
/// `Đảng uỷ`, `đảng ủy` and `dang uy` are one. Never for identifiers: `ĐA` and `DA` are different types.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
        } else {
            folded.extend(fold_letter(letter));
        }
    }
    folded
}

/// Folds one letter; a combining mark folds to nothing.
pub fn fold_letter(letter: char) -> impl Iterator<Item = char> {
    letter.to_lowercase().filter_map(base)
}

/// The letter without marks; none for a combining mark.
fn base(letter: char) -> Option<char> {
    Some(match letter {
        '\u{300}'..='\u{36f}' => return None,
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ'
        | 'ậ' => 'a',
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'e',
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ'
        | 'ợ' => 'o',
        'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => 'u',
        'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
        // Old fonts and keyboards wrote Ð (eth) for Đ: on the screen nobody sees the difference.
        'đ' | 'ð' => 'd',
        other => other,
    })
}

/// Combining marks: the mark, letters without it, and the same letters with it.
const MARKS: [(char, &str, &str); 8] = [
    ('\u{31b}', "ouOU", "ơưƠƯ"),
    ('\u{323}', "aeiouyơưAEIOUYƠƯ", "ạẹịọụỵợựẠẸỊỌỤỴỢỰ"),
    ('\u{306}', "aạAẠ", "ăặĂẶ"),
    ('\u{302}', "aeoạẹọAEOẠẸỌ", "âêôậệộÂÊÔẬỆỘ"),
    ('\u{300}', "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", "àằầèềìòồờùừỳÀẰẦÈỀÌÒỒỜÙỪỲ"),
    ('\u{301}', "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", "áắấéếíóốớúứýÁẮẤÉẾÍÓỐỚÚỨÝ"),
    ('\u{309}', "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", "ảẳẩẻểỉỏổởủửỷẢẲẨẺỂỈỎỔỞỦỬỶ"),
    ('\u{303}', "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY", "ãẵẫẽễĩõỗỡũữỹÃẴẪẼỄĨÕỖỠŨỮỸ"),
];

/// Decomposes Vietnamese letters as Unicode does (NFD) and leaves everything else alone. For secrets: they are compared
/// letter by letter, and keyboards differ in how they compose letters.
pub fn decompose(text: &str) -> String {
    let mut apart = String::with_capacity(text.len() * 2);
    let mut marks: Vec<char> = Vec::new();
    for letter in text.chars() {
        let start = marks.len();
        let mut bare = letter;
        while let Some((mark, without)) = split(bare) {
            marks.insert(start, mark);
            bare = without;
        }
        if !is_mark(bare) {
            // The marks gathered before this letter belong to the one before it.
            let mut own = marks.split_off(start);
            flush(&mut marks, &mut apart);
            apart.push(bare);
            marks.append(&mut own);
        } else {
            marks.push(bare);
        }
    }
    flush(&mut marks, &mut apart);
    apart
}

/// Splits a letter into its last mark and the rest.
fn split(letter: char) -> Option<(char, char)> {
    if letter.is_ascii() {
        return None;
    }
    MARKS.iter().find_map(|(mark, bare, marked)| {
        let place = marked.chars().position(|marked| marked == letter)?;
        Some((*mark, bare.chars().nth(place)?))
    })
}

fn is_mark(letter: char) -> bool {
    MARKS.iter().any(|(mark, ..)| *mark == letter)
}

/// Appends marks in canonical order: horn (combining class 216), dot below (220), then those above (230) as they come.
fn flush(marks: &mut Vec<char>, apart: &mut String) {
    marks.sort_by_key(|mark| match mark {
        '\u{31b}' => 0,
        '\u{323}' => 1,
        _ => 2,
    });
    apart.extend(marks.drain(..));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_forms_become_one() {
        let decomposed = "ta\u{306}\u{301}t Đa\u{309}ng u\u{309}y";
        assert_eq!(fold(decomposed), "tat dang uy");
        assert_eq!(fold("TẮT ĐẢNG UỶ"), "tat dang uy");
        assert_eq!(fold("Nghệ An, tỉnh ủy"), "nghe an, tinh uy");
        assert_eq!(fold("\u{d0}ảng \u{110}ảng"), "dang dang");
    }

    #[test]
    fn letters_come_apart_as_unicode_says() {
        for (letter, apart) in [
            ('ậ', "a\u{323}\u{302}"),
            ('ặ', "a\u{323}\u{306}"),
            ('Ấ', "A\u{302}\u{301}"),
            ('ẵ', "a\u{306}\u{303}"),
            ('ợ', "o\u{31b}\u{323}"),
            ('Ử', "U\u{31b}\u{309}"),
            ('ỹ', "y\u{303}"),
            ('đ', "đ"),
            ('ö', "ö"),
        ] {
            assert_eq!(decompose(&letter.to_string()), apart, "{letter}");
        }
        // Each marked letter decomposes to an ASCII letter with marks, and folds as before.
        let mut seen = std::collections::BTreeSet::new();
        for (_, _, marked) in MARKS {
            for letter in marked.chars() {
                let apart = decompose(&letter.to_string());
                assert!(apart.starts_with(|bare: char| bare.is_ascii_alphabetic()), "{letter}");
                assert_eq!(fold(&apart), fold(&letter.to_string()), "{letter}");
                assert!(seen.insert(apart), "{letter} comes apart as another letter does");
            }
        }
        assert_eq!(seen.len(), 132);
    }

    #[test]
    fn however_it_is_composed_it_comes_apart_the_same() {
        let whole = "Huyện ủy Kỳ Sơn; Đặng, ầy!";
        let apart = decompose(whole);
        assert_eq!(fold(&apart), fold(whole));
        for other in [
            "Huy\u{ea}\u{323}n u\u{309}y K\u{1ef3} So\u{31b}n; Đ\u{103}\u{323}ng, \u{e2}\u{300}y!",
            "Huye\u{302}\u{323}n \u{1ee7}y Ky\u{300} Sơn; Đa\u{306}\u{323}ng, a\u{302}\u{300}y!",
            "Huy\u{1eb9}\u{302}n u\u{309}y Kỳ Sơn; Đ\u{1ea1}\u{306}ng, ầy!",
        ] {
            assert_eq!(decompose(other), apart, "{other}");
        }
        assert_eq!(decompose(&apart), apart);
        assert_eq!(decompose("\u{323}\u{301}x"), "\u{323}\u{301}x", "marks without a letter stay");
    }
}
