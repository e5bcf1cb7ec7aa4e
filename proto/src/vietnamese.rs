//! Vietnamese text as people type it: composed or decomposed, `uỷ` or `ủy`, with or without marks.

/// Folds for comparison and search: lower case, tone and vowel marks dropped, `đ` as `d`, so that
/// `Đảng uỷ`, `đảng ủy` and `dang uy` are one. Never for identifiers: `ĐA` and `DA` are different types.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
        } else {
            folded.extend(letter.to_lowercase().filter_map(base));
        }
    }
    folded
}

/// The bare letter; none for a combining mark.
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
        'đ' => 'd',
        other => other,
    })
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
    }
}
