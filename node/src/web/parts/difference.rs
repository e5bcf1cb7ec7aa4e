//! The difference of two versions of a text: one sentence, then the changed blocks under their headings. What is new and
//! what is gone is told by words, lines and colour, and what is of the look alone can be hidden without a script.

use maud::{Markup, html};
use truc_proto::compare::{Block, Change, Counts, Difference, Kind, Mark, Run, Section, Weight};

use crate::say;
use crate::words::{self, Lang};

/// What changed, in one sentence: "thêm 1 đoạn, sửa 2 đoạn, 4 đoạn chỉ sửa hình thức".
pub fn sentence(lang: Lang, counts: Counts) -> String {
    let all = [
        (counts.added, words::key("diff-n-added")),
        (counts.removed, words::key("diff-n-removed")),
        (counts.changed, words::key("diff-n-changed")),
        (counts.moved, words::key("diff-n-moved")),
        (counts.formal, words::key("diff-n-formal")),
    ];
    let said: Vec<String> = all
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, key)| say!(lang, key, count = count))
        .collect();
    if said.is_empty() { words::say(lang, "diff-none", &[]) } else { said.join(", ") }
}

/// The difference, for a page. `id`: its id there.
pub fn difference(lang: Lang, id: &str, found: &Difference) -> Markup {
    let counts = found.counts();
    let hides = counts.formal > 0 && found.weight() == Weight::Heavy;
    let formal = |section: &Section<'_>| section.blocks.iter().all(|block| is_formal(block));
    html! {
        div.diff id=(id) {
            p.says { (super::capital(&sentence(lang, counts))) "." }
            @if found.long { p.hint { (say!(lang, "diff-long")) } }
            @if hides { label { input type="checkbox"; (say!(lang, "diff-hide-formal")) } }
            @for section in found.sections() {
                div.formal[formal(&section)] {
                    @if let Some(heading) = section.heading { p.under { (heading.trim_start_matches('#').trim()) } }
                    @for part in &section.blocks { (block(lang, part)) }
                }
            }
        }
    }
}

fn is_formal(block: &Block) -> bool {
    matches!(block.change, Change::Formal(_))
}

/// A changed block: what became of it, and its text as marked.
fn block(lang: Lang, block: &Block) -> Markup {
    let whole = |mark| Run { mark, spaced: false, text: block.text.clone() };
    let (key, body) = match &block.change {
        Change::Kept => return html! {},
        Change::Formal(marked) => (words::key("diff-formal"), runs(lang, marked)),
        Change::Words(marked) => (words::key("diff-changed"), runs(lang, marked)),
        Change::Cells(cells) => (words::key("diff-changed"), row(lang, cells)),
        Change::Moved => (words::key("diff-moved"), html! { (block.text) }),
        Change::Added => (words::key("diff-added"), runs(lang, &[whole(Mark::In)])),
        Change::Removed => (words::key("diff-removed"), runs(lang, &[whole(Mark::Out)])),
    };
    html! {
        div.part.formal[is_formal(block)] {
            p.sm.mut { (say!(lang, key)) }
            @if block.kind == Kind::Row && matches!(block.change, Change::Cells(_)) { (body) } @else { p { (body) } }
        }
    }
}

/// A row of a table, cell by cell.
fn row(lang: Lang, cells: &[Vec<Run>]) -> Markup {
    html! { div.tw tabindex="0" { table { tbody { tr { @for cell in cells { td { (runs(lang, cell)) } } } } } } }
}

/// Runs of words. Whoever hears the page is told what is new and what is gone.
fn runs(lang: Lang, runs: &[Run]) -> Markup {
    html! {
        @for run in runs {
            @if run.spaced { " " }
            @match run.mark {
                Mark::Kept => { (run.text) }
                Mark::Out => { del { span.vh { (say!(lang, "diff-out")) " " } (run.text) } }
                Mark::In => { ins { span.vh { (say!(lang, "diff-in")) " " } (run.text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_proto::compare::compare;

    use super::*;

    const TABLE: &str = include_str!("../../../../proto/tests/texts/differences.csv");

    #[test]
    fn the_sentence_says_what_changed() {
        let counts = Counts { added: 1, removed: 0, changed: 2, moved: 0, formal: 4 };
        assert_eq!(sentence(Lang::Vi, counts), "thêm 1 đoạn, sửa 2 đoạn, 4 đoạn chỉ sửa hình thức");
        assert_eq!(
            sentence(Lang::En, counts),
            "1 block added, 2 blocks changed, 4 blocks in their look alone"
        );
        let texts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/tests/texts");
        let mut pairs = 0;
        for row in csv::Reader::from_reader(TABLE.as_bytes()).records() {
            let row = row.unwrap();
            let text =
                |which: &str| std::fs::read_to_string(texts.join(format!("{}.{which}.md", &row[0]))).unwrap();
            assert_eq!(sentence(Lang::Vi, compare(&text("old"), &text("new")).counts()), &row[2]);
            pairs += 1;
        }
        assert_eq!(pairs, 16);
    }

    #[test]
    fn only_what_changed_is_shown_and_the_look_can_be_hidden() {
        let old = "# Một\n\nGiữ <nguyên>.\n\nSố hóa 213 hồ sơ.\n\n# Hai\n\nXã báo cáo.\n\n| 1 | a |\n";
        let new =
            "# Một\n\nGiữ <nguyên>.\n\nSố hóa 231 hồ sơ.\n\n# Hai\n\nXã, báo cáo.\n\n| 1 | <b> |\n\nMới.\n";
        let shown = difference(Lang::Vi, "d", &compare(old, new)).into_string();
        for wanted in [
            "Thêm 1 đoạn, sửa 2 đoạn, 1 đoạn chỉ sửa hình thức.",
            "<p class=\"under\">Một</p>",
            "Số hóa <del><span class=\"vh\">bỏ: </span>213</del> <ins><span class=\"vh\">thêm: </span>231</ins> hồ sơ.",
            "<td>1</td>",
            "&lt;b&gt;</ins></td>",
            "type=\"checkbox\"",
            "<div class=\"part formal\">",
        ] {
            assert!(shown.contains(wanted), "{wanted}\n{shown}");
        }
        assert!(!shown.contains("nguyên"), "{shown}");
        let none = difference(Lang::En, "d", &compare(old, old)).into_string();
        assert!(none.contains("Nothing has changed.") && !none.contains("checkbox"), "{none}");
    }
}
