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

/// Whether a letter loses a mark of Vietnamese when it is folded.
pub fn is_marked(letter: char) -> bool {
    letter.to_lowercase().all(|letter| base(letter).is_some_and(|bare| bare != letter))
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
}
