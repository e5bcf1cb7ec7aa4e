//! What entries said and what became of them, in words: for pages and for the command line.

use truc_proto::date::Date;
use truc_proto::record::registry;

use crate::derive::views::story::StoryRow;
use crate::words::{self, Lang};

/// What an entry said, in words: without the code of a status, whose name is shown, and with the words that its numbers
/// want.
pub fn said(lang: Lang, row: &StoryRow) -> String {
    of(lang, row.kind, &row.mv, &row.brief)
}

/// The same of an entry of which kind, move and content are at hand.
pub fn of(lang: Lang, kind: u32, mv: &str, brief: &str) -> String {
    if kind == registry::Move::KIND {
        return registered(lang, mv, brief);
    }
    match (truc_proto::record::kind_name(kind), mv) {
        ("directive", "accepted") => {
            let brief = without_code(brief);
            let (number, note) = brief.split_once(" · ").unwrap_or((brief, ""));
            if !is_number(number) {
                return brief.to_owned();
            }
            let said = words::say(lang, "said-arrival", &[("number", number.into())]);
            if note.is_empty() { said } else { format!("{said} · {note}") }
        }
        ("directive", "confirmed") => {
            let mut parts = brief.split(" · ");
            let (task, verdict) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let key = if verdict == "+" { "said-done" } else { "said-not-done" };
            let note = parts.collect::<Vec<_>>().join(" · ");
            let said = words::say(lang, key, &[("task", task.into())]);
            if note.is_empty() { said } else { format!("{said}: {note}") }
        }
        ("directive", _) => without_code(brief).to_owned(),
        ("guidance", "question" | "answer") => match brief.split_once(" · ") {
            Some((number, text)) if is_number(number) => {
                words::say(lang, "said-question", &[("number", number.into()), ("text", text.into())])
            }
            _ => brief.to_owned(),
        },
        _ => brief.to_owned(),
    }
}

/// What the hub said of an office: days as people write them, and what a number counts.
fn registered(lang: Lang, mv: &str, brief: &str) -> String {
    let machine = matches!(mv, "credential" | "revoked");
    let told = |(at, part): (usize, &str)| match part.parse::<Date>() {
        Ok(day) => day.civil().strftime("%d/%m/%Y").to_string(),
        Err(_) if at == 0 && machine && is_number(part) => {
            words::say(lang, "said-machine", &[("number", part.into())])
        }
        Err(_) => part.to_owned(),
    };
    brief.split(" · ").enumerate().map(told).collect::<Vec<_>>().join(" · ")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a status move without the leading two-digit code, because the move's name is shown.
fn without_code(brief: &str) -> &str {
    match brief.split_at_checked(2) {
        Some((code, "")) if is_number(code) => "",
        Some((code, rest)) if is_number(code) => rest.strip_prefix(" · ").unwrap_or(brief),
        _ => brief,
    }
}

/// Why an entry had no effect, in words; empty: it had.
pub fn outcome(lang: Lang, outcome: &str) -> String {
    let because = |key: &str, reason: String| {
        words::say(lang, key, &[("reason", words::say(lang, &reason, &[]).into())])
    };
    match outcome.split_once(": ") {
        None if outcome == "applied" => String::new(),
        None if outcome == "sealed" => words::say(lang, "outcome-sealed", &[]),
        Some(("refused", reason)) => {
            words::say(lang, "line-refused", &[("reason", refusal(lang, reason).into())])
        }
        Some(("not-allowed", reason)) => because("outcome-not-allowed", format!("why-{reason}")),
        Some(("undigested", _)) => words::say(lang, "outcome-undigested", &[]),
        _ => words::say(lang, "line-newer", &[]),
    }
}

/// What is wrong with an entry that was refused: the first sentence of what its author would have been told. What follows
/// there is advice for an entry that was not written.
pub fn refusal(lang: Lang, reason: &str) -> String {
    let said = words::say(lang, &format!("refusal-{reason}"), &[]);
    said.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// A move's name in a timeline.
pub fn move_word(lang: Lang, kind: u32, name: &str) -> String {
    if name == "sealed" {
        return words::say(lang, "mv-sealed", &[]);
    }
    let kind = truc_proto::record::kind_name(kind);
    words::say(lang, &format!("mv-{kind}-{name}"), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signs_become_words() {
        let directive = truc_proto::record::directive::KIND.number;
        let guidance = truc_proto::record::guidance::KIND.number;
        for (kind, mv, brief, said) in [
            (directive, "accepted", "03 · 3", "số đến 3"),
            (directive, "accepted", "03 · 3 · gấp", "số đến 3 · gấp"),
            (directive, "accepted", "03", ""),
            (directive, "assigned", "04 · Hoa · trước thứ sáu", "Hoa · trước thứ sáu"),
            (directive, "confirmed", "T1 · +", "công nhận T1 hoàn thành"),
            (directive, "confirmed", "T1 · − · thiếu ảnh", "chưa công nhận T1 hoàn thành: thiếu ảnh"),
            (directive, "reminder", "2026 là hạn", "2026 là hạn"),
            (guidance, "question", "1 · Gửi ai?", "câu 1: Gửi ai?"),
            (registry::Move::KIND, "revoked", "1 · Máy bị mất", "máy số 1 · Máy bị mất"),
            (registry::Move::KIND, "office", "17464 · Xã A · 2026-11-30", "17464 · Xã A · 30/11/2026"),
        ] {
            assert_eq!(of(Lang::Vi, kind, mv, brief), said, "{mv} {brief}");
        }
        assert_eq!(outcome(Lang::Vi, "applied"), "");
        assert!(outcome(Lang::Vi, "not-allowed: ended").contains("đã trả lại"));
    }

    #[test]
    fn every_reason_has_its_words() {
        // As strands name them: the compiler does not know them all.
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/src/record");
        let mut seen = 0;
        for file in std::fs::read_dir(sources).into_iter().flatten().flatten() {
            let source = std::fs::read_to_string(file.path()).unwrap_or_default();
            for rest in source.split("NotAllowed(\"").skip(1) {
                let reason = rest.split('"').next().unwrap_or_default();
                let key = format!("why-{reason}");
                assert_ne!(words::say(Lang::Vi, &key, &[]), key);
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen}");
    }
}
