//! Sixteen pairs of texts with their weights, sentences and marks, and what holds of any two texts.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use proptest::prelude::*;

use super::words::words;
use super::*;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts").join(name)).unwrap()
}

/// Runs as the table has them: `[-out-] {+in+} kept`.
fn marked(runs: &[Run]) -> String {
    let mut told = Vec::new();
    for run in runs {
        let said = words(&run.text).iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        told.push(match run.mark {
            Mark::Kept => said,
            Mark::Out => format!("[-{said}-]"),
            Mark::In => format!("{{+{said}+}}"),
        });
    }
    let mut told = told.join(" ");
    for sign in [",", ".", ";", ":", ")"] {
        told = told.replace(&format!(" {sign}"), sign);
    }
    told
}

/// A cell as the table has it.
fn cell(runs: &[Run]) -> String {
    let told = runs.iter().map(|run| match run.mark {
        Mark::Kept => run.text.clone(),
        Mark::Out => format!("[-{}-]", run.text),
        Mark::In => format!("{{+{}+}}", run.text),
    });
    told.collect::<Vec<_>>().join(" ")
}

fn told(block: &Block) -> Option<String> {
    Some(match &block.change {
        Change::Kept => return None,
        Change::Formal(_) => format!("hình thức: {}", block.text),
        Change::Words(runs) => format!("sửa: {}", marked(runs)),
        Change::Cells(cells) => {
            format!("sửa: | {} |", cells.iter().map(|runs| cell(runs)).collect::<Vec<_>>().join(" | "))
        }
        Change::Moved => format!("chuyển: {}", block.text),
        Change::Added => format!("thêm: {}", block.text),
        Change::Removed => format!("bỏ: {}", block.text),
    })
}

#[test]
fn sixteen_pairs_of_texts_differ_as_people_say() {
    let rows = text("differences.csv");
    let mut pairs = 0;
    for row in csv::Reader::from_reader(rows.as_bytes()).records() {
        let row = row.unwrap();
        let found = compare(&text(&format!("{}.old.md", &row[0])), &text(&format!("{}.new.md", &row[0])));
        let weight = match found.weight() {
            Weight::Same => "same",
            Weight::Light => "light",
            Weight::Heavy => "heavy",
        };
        let Counts { added, removed, changed, moved, formal } = found.counts();
        let counted = [("thêm", added), ("bỏ", removed), ("sửa", changed), ("chuyển", moved)];
        let mut sentence: Vec<String> = counted
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| format!("{word} {count} đoạn"))
            .collect();
        sentence.extend((formal > 0).then(|| format!("{formal} đoạn chỉ sửa hình thức")));
        let sentence =
            if sentence.is_empty() { "không có thay đổi".to_owned() } else { sentence.join(", ") };
        let blocks = found.blocks.iter().filter_map(told).collect::<Vec<_>>().join(" ⏎ ");
        assert_eq!([weight, &sentence, &blocks], [&row[1], &row[2], &row[3]], "{}", &row[0]);
        assert!(!found.long);
        pairs += 1;
    }
    assert_eq!(pairs, 16);
}

#[test]
fn what_is_same_light_and_heavy() {
    let plain = "# Kế hoạch\n\nSố hóa 213 hồ sơ, theo Quyết định 66-QĐ/ĐU.\n\n- một\n  hai\n\n| a | b |\n|---|---|\n| 1 | x |\n";
    for (from, to, weighs) in [
        ("\n", "\r\n", Weight::Same),
        ("213 hồ sơ", "213\nhồ   sơ", Weight::Same),
        ("213 hồ sơ", "213\u{a0}hồ sơ", Weight::Same),
        ("- một\n  hai", "- một hai", Weight::Same),
        ("| 1 | x |", "|1|x|", Weight::Same),
        ("|---|---|", "| - | ----- |", Weight::Same),
        ("|---|---|", "|:--|--:|", Weight::Light),
        ("|---|---|\n", "", Weight::Light),
        ("# Kế", "---\n\n# Kế", Weight::Light),
        ("một", "**một**", Weight::Light),
        ("một", "~~một~~", Weight::Heavy),
        ("213 hồ sơ", "\\213 hồ sơ", Weight::Light),
        ("hồ sơ, theo", "hồ sơ theo", Weight::Light),
        ("Số hóa", "SỐ HOÁ", Weight::Light),
        ("- một", "* một", Weight::Light),
        ("- một\n  hai", "một\nhai", Weight::Light),
        ("# Kế", "## Kế", Weight::Light),
        ("# Kế", "Kế", Weight::Light),
        ("213", "231", Weight::Heavy),
        ("213", "-213", Weight::Heavy),
        ("213", "213%", Weight::Heavy),
        ("213 hồ", "213 % hồ", Weight::Heavy),
        ("213", "2.13", Weight::Heavy),
        ("66-QĐ/ĐU", "66-qđ/đu", Weight::Heavy),
        ("hồ sơ", "hổ sơ", Weight::Heavy),
        ("hồ sơ", "hồ sơ không", Weight::Heavy),
        ("hồ sơ", "hồ s\u{200b}ơ", Weight::Heavy),
        ("| 1 | x |", "| 1 | y |", Weight::Heavy),
        ("- một\n  hai\n\n", "", Weight::Heavy),
    ] {
        assert!(plain.contains(from), "{from}");
        let changed = plain.replace(from, to);
        assert_eq!(weight(plain, &changed), weighs, "{from} → {to}");
        assert_eq!(weight(&changed, plain), weighs, "{to} → {from}");
    }
}

#[test]
fn what_strikes_words_through_weighs_as_words() {
    for (old, new) in [
        ("~~ không ~~ thu", "~~không~~ thu"),
        ("\\~~không~~ thu", "~~không~~ thu"),
        ("~~không~~ thu", "không thu"),
    ] {
        assert_eq!(weight(old, new), Weight::Heavy, "{old} → {new}");
    }
}

#[test]
fn changed_blocks_stand_under_their_headings() {
    let old = "Mở đầu.\n\n# Một\n\nViệc thứ nhất.\n\nViệc thứ hai.\n\n# Hai\n\nViệc thứ ba.\n";
    let new = "Mở đầu!\n\n# Một\n\nViệc thứ nhất.\n\nViệc thứ tư.\n\n# Phần hai\n\nViệc thứ năm.\n";
    let found = compare(old, new);
    let sections: Vec<(Option<&str>, usize)> =
        found.sections().iter().map(|section| (section.heading, section.blocks.len())).collect();
    assert_eq!(sections, [(None, 1), (Some("# Một"), 1), (None, 2)]);
    assert_eq!(compare(old, old).sections(), []);
}

/// Pages of a paper, each of some 400 words in 14 blocks. `seed`: which words.
fn pages(count: usize, seed: usize) -> String {
    let stock: Vec<&str> =
        "văn phòng đảng ủy chủ trì phối hợp rà soát danh mục hồ sơ của phông trước ngày chi bộ xã báo cáo \
                            kết quả thực hiện nghị quyết kế hoạch chương trình công tác năm quý tháng"
            .split_whitespace()
            .collect();
    let mut state = seed as u64 + 1;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut text = String::new();
    for block in 0..count * 14 {
        if block % 14 == 0 {
            text.push_str(&format!("## Mục {block} ({seed})\n\n"));
        }
        for _ in 0..29 {
            text.push_str(stock[next(stock.len())]);
            text.push(' ');
        }
        text.push_str(&format!("{}.\n\n", next(1_000)));
    }
    text
}

#[test]
fn long_texts_are_compared_within_bounds() {
    let whole = pages(100, 1);
    let edited = whole.replace("quý", "tháng").replacen("chi bộ", "chi bộ cơ sở", 40);
    assert!(!compare(&whole, &edited).long);
    assert_eq!(compare(&whole, &whole).weight(), Weight::Same);
    let other = compare(&whole, &pages(100, 2));
    assert!(other.long && other.weight() == Weight::Heavy);
    let turned: Vec<&str> = whole.split("\n\n").collect();
    let turned: String = turned.iter().rev().map(|block| format!("{block}\n\n")).collect();
    assert_ne!(compare(&whole, &turned).weight(), Weight::Same);
    let lines = |word: &str, other: &str| format!("{word}\n\n{other}\n\n").repeat(40_000);
    // What would take a program without bounds for ever ends.
    assert_eq!(compare(&lines("a", "b"), &lines("b", "b")).weight(), Weight::Heavy);
    let said = |words: &str| words.repeat(30_000);
    assert_eq!(compare(&said("một hai ba "), &said("một ba hai ")).weight(), Weight::Heavy);
}

/// A text of a few blocks of a few words, so that two have much in common.
fn some_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "hồ",
        "sơ",
        "hoá",
        "hóa",
        "Hóa",
        "213",
        "1.213",
        "15/11/2027",
        ",",
        "(",
        "không",
        "đi",
        "đỉ",
        "66-QĐ/ĐU",
        "%",
        "-",
        "~~",
    ]);
    let mark = prop::sample::select(vec!["", "", "", "# ", "## ", "- ", "1. ", "| "]);
    let block = (mark, prop::collection::vec(word, 1..9))
        .prop_map(|(mark, words)| format!("{mark}{}", words.join(" ")));
    prop::collection::vec(block, 0..7).prop_map(|blocks| blocks.join("\n\n"))
}

/// Whether a block is a line without words that is gone.
fn is_gone(block: &Block) -> bool {
    matches!(&block.change, Change::Formal(runs) if runs.iter().all(|run| run.mark == Mark::Out))
}

/// The runs of a block that are of one text, put together again.
fn joined(runs: &[Run], without: Mark) -> String {
    let mut text = String::new();
    for run in runs.iter().filter(|run| run.mark != without) {
        if run.spaced {
            text.push(' ');
        }
        text.push_str(&run.text);
    }
    text
}

proptest! {
    #[test]
    fn the_new_text_can_be_read_back(old in some_text(), new in some_text()) {
        let found = compare(&old, &new);
        let read: Vec<&str> = found
            .blocks
            .iter()
            .filter(|block| block.change != Change::Removed && !is_gone(block))
            .map(|block| block.text.as_str())
            .collect();
        let blocks = blocks(&new);
        prop_assert_eq!(read, blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>());
        for block in &found.blocks {
            prop_assert_eq!(&*ComposingNormalizerBorrowed::new_nfc().normalize(&block.text), &*block.text);
            match &block.change {
                Change::Formal(runs) | Change::Words(runs) if !is_gone(block) => {
                    prop_assert_eq!(&joined(runs, Mark::Out), &block.text);
                }
                Change::Cells(cells) => {
                    let cells: Vec<String> = cells.iter().map(|runs| joined(runs, Mark::Out)).collect();
                    let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
                    prop_assert_eq!(cells, super::cells(&block.text));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn every_word_of_the_old_text_is_told_once(old in some_text(), new in some_text()) {
        let found = compare(&old, &new);
        let mut was: Vec<String> = Vec::new();
        let mut say = |text: &str| {
            let said = words(text).into_iter().map(|word| word.text.to_owned());
            was.extend(said.filter(|word| word != "|"));
        };
        for block in &found.blocks {
            let of_old = |runs: &Vec<Run>| -> Vec<String> {
                runs.iter().filter(|run| run.mark != Mark::In).map(|run| run.text.clone()).collect()
            };
            match &block.change {
                Change::Added => {}
                Change::Formal(runs) | Change::Words(runs) => of_old(runs).iter().for_each(|text| say(text)),
                Change::Cells(cells) => cells.iter().flat_map(of_old).for_each(|text| say(&text)),
                Change::Kept | Change::Moved | Change::Removed => say(&block.text),
            }
        }
        let mut is: Vec<String> = Vec::new();
        for block in blocks(&old) {
            let said = words(&block.text).into_iter().map(|word| word.text.to_owned());
            is.extend(said.filter(|word| word != "|"));
        }
        was.sort();
        is.sort();
        prop_assert_eq!(was, is);
    }

    #[test]
    fn what_is_equal_is_never_marked(old in some_text(), new in some_text()) {
        prop_assert!(compare(&old, &old).blocks.iter().all(|block| block.change == Change::Kept));
        for block in compare(&old, &new).blocks {
            let (Change::Formal(runs) | Change::Words(runs)) = &block.change else { continue };
            prop_assert!(runs.iter().any(|run| run.mark != Mark::Kept), "{:?}", block);
            for pair in runs.windows(2) {
                if pair[0].mark == Mark::Out && pair[1].mark == Mark::In {
                    let (out, into) = (words(&pair[0].text), words(&pair[1].text));
                    prop_assert_ne!(out[0].text, into[0].text, "{:?}", &block);
                    prop_assert_ne!(out[out.len() - 1].text, into[into.len() - 1].text, "{:?}", &block);
                }
                prop_assert_ne!(pair[0].mark, pair[1].mark);
            }
        }
    }

    #[test]
    fn the_weight_is_the_same_both_ways_and_however_it_is_composed(old in some_text(), new in some_text()) {
        let weighs = weight(&old, &new);
        prop_assert_eq!(weighs, weight(&new, &old));
        let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(&new).replace('\n', "\r\n");
        prop_assert_eq!(weighs, weight(&old, &apart));
        prop_assert_eq!(weight(&new, &apart), Weight::Same);
    }
}
