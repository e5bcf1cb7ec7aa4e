//! The order of lists: as in a Vietnamese dictionary.

use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;

/// Vietnamese; numbers within texts by their value (`kn`).
static VIETNAMESE: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    Collator::try_new(locale!("vi-u-kn").into(), CollatorOptions::default())
        .unwrap_or_else(|_| unreachable!("the order is compiled in"))
});

/// What a text is sorted by: letters first (a ă â b c d đ e ê …), then tones, then capitals; numbers by their value.
/// However the letters are composed, the place is the same. Nothing to be kept: the next version may have other keys.
pub fn order(text: &str) -> Vec<u8> {
    let mut key = Vec::new();
    let Ok(()) = VIETNAMESE.write_sort_key_to(text, &mut key);
    key
}

/// What a person's name is sorted by: the given name, which is said last, then the names before it.
pub fn person(name: &str) -> Vec<u8> {
    let (before, given) = name.trim().rsplit_once(' ').unwrap_or(("", name.trim()));
    order(&format!("{given} {before}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_stand_by_their_given_names() {
        let sorted =
            ["Trần Văn An", "Lê Thị Bình", "Nguyễn Thị Hoa", "Phạm Thị Hoa", "Hoàng Đức", "quan.tri"];
        let mut names: Vec<&str> = sorted.into_iter().rev().collect();
        names.sort_by_cached_key(|name| person(name));
        assert_eq!(names[..2], sorted[..2]);
        let at = |name| names.iter().position(|one| *one == name);
        assert!(at("Hoàng Đức") < at("Nguyễn Thị Hoa") && at("Nguyễn Thị Hoa") < at("Phạm Thị Hoa"));
    }

    #[test]
    fn texts_stand_as_in_a_dictionary() {
        let sorted = [
            "Anh Sơn",
            "Ăn Dương",
            "Ân Phú",
            "Bảo Nam",
            "Bảo Thắng",
            "Bắc Lý",
            "Bích Hào",
            "Bình Minh",
            "Bồng Khê",
            "Dùng",
            "Đô Lương",
            "ma",
            "mà",
            "mả",
            "mã",
            "má",
            "mạ",
            "Số 06",
            "Số 7",
            "Số 12",
            "Số 100",
            "Tà Cạ",
            "Tam Đình",
        ];
        let mut texts: Vec<&str> = sorted.into_iter().rev().collect();
        texts.sort_by_cached_key(|text| order(text));
        assert_eq!(texts, sorted);
        assert_eq!(order("Bi\u{301}ch Ha\u{300}o"), order("Bích Hào"), "however it is composed");
    }
}
