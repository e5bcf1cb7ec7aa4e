//! The connect decision: the hub's verdict on a Hello.
//!
//! The first row of the table that fits decides. The stories behind the rows (crash, restore, clone, lost disk,
//! restored hub) are in `proto/README.md`.

use crate::fault::planted;
use crate::wire::Verdict;

/// What the hub's store says about a Hello.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The credential that the machine was enrolled with is older than the registry's.
    pub replaced: bool,
    /// The machine holds entries that the hub may lack.
    pub beyond: bool,
    /// The machine has offered those entries in this session.
    pub refilled: bool,
    /// The newest mark of the machine's cursor is part of this journal's history; an empty cursor counts as such.
    pub cursor_fits: bool,
    /// Position of that mark.
    pub cursor: u64,
    /// The highest position that this office has acknowledged as durable.
    pub delivered: u64,
    /// The machine says that it is behind.
    pub resuming: bool,
    /// The machine shows a receipt of this hub for an entry that is not complete here: the hub forgot it.
    pub forgot: bool,
    /// The machine has a tip: it has written something.
    pub tip: bool,
    /// The tip is complete here: held with all its predecessors.
    pub tip_known: bool,
    /// Another entry stands at the tip's place.
    pub tip_taken: bool,
    /// The hub's line is on the tip's chain; none: the hub cannot tell and must ask.
    pub line_on_chain: Option<bool>,
}

/// What is to be done about a Hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// The machine was replaced by another: end the session.
    Replaced,
    /// Ask the node whether the line is on its chain, then judge again.
    Ask,
    /// Answer with this verdict.
    Verdict(Verdict),
}

/// Judges a Hello. The rows are numbered as in `proto/README.md`.
pub fn judge(facts: &Facts) -> Judgement {
    // Row 1.
    if facts.replaced {
        return Judgement::Replaced;
    }
    // Row 2.
    if (facts.beyond || !facts.cursor_fits) && !facts.refilled {
        return Judgement::Verdict(Verdict::Refill);
    }
    let Some(on_chain) = facts.line_on_chain else {
        return Judgement::Ask;
    };
    let on_chain = on_chain || planted("judge.older-tip") && facts.tip_known;
    let mail_in_hand = facts.cursor >= facts.delivered || !facts.cursor_fits;
    let sanctioned = facts.resuming || (facts.forgot && mail_in_hand) || planted("judge.copy-merged");
    let verdict = match (on_chain, sanctioned) {
        // Row 3.
        (true, _) if mail_in_hand => Verdict::Continue,
        // Row 4.
        (true, true) => Verdict::Continue,
        // Row 5.
        (false, true) if !facts.tip || facts.tip_known => Verdict::Adopt,
        // Row 7. A place taken further back on the chain shows at the first Push.
        (false, true) if facts.tip_taken => Verdict::Fork,
        // Row 6.
        (false, true) => Verdict::Branch,
        // Row 8.
        (_, false) => Verdict::Question,
    };
    Judgement::Verdict(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Facts = Facts {
        replaced: false,
        beyond: false,
        refilled: false,
        cursor_fits: true,
        cursor: 10,
        delivered: 10,
        resuming: false,
        forgot: false,
        tip: true,
        tip_known: true,
        tip_taken: false,
        line_on_chain: Some(true),
    };

    #[track_caller]
    fn gives(facts: Facts, verdict: Verdict) {
        assert_eq!(judge(&facts), Judgement::Verdict(verdict), "{facts:?}");
    }

    #[test]
    fn row_1_a_replaced_machine_is_refused() {
        assert_eq!(judge(&Facts { replaced: true, beyond: true, ..CLEAN }), Judgement::Replaced);
    }

    #[test]
    fn row_2_what_the_hub_may_lack_is_taken_first() {
        gives(Facts { beyond: true, line_on_chain: None, ..CLEAN }, Verdict::Refill);
        gives(Facts { cursor_fits: false, ..CLEAN }, Verdict::Refill);
        gives(Facts { beyond: true, refilled: true, ..CLEAN }, Verdict::Continue);
    }

    #[test]
    fn row_3_the_rightful_life_goes_on() {
        gives(CLEAN, Verdict::Continue);
        gives(Facts { tip: false, tip_known: false, cursor: 0, delivered: 0, ..CLEAN }, Verdict::Continue);
        gives(Facts { cursor_fits: false, refilled: true, cursor: 3, ..CLEAN }, Verdict::Continue);
    }

    #[test]
    fn row_4_a_restored_machine_whose_ledger_is_current_catches_up() {
        gives(Facts { cursor: 4, resuming: true, ..CLEAN }, Verdict::Continue);
    }

    #[test]
    fn row_5_a_restored_machine_takes_its_ledger_back() {
        gives(Facts { resuming: true, line_on_chain: Some(false), ..CLEAN }, Verdict::Adopt);
        let empty = Facts { tip: false, tip_known: false, cursor: 0, ..CLEAN };
        gives(Facts { resuming: true, line_on_chain: Some(false), ..empty }, Verdict::Adopt);
    }

    #[test]
    fn row_6_what_a_restored_machine_wrote_is_a_branch() {
        let wrote = Facts { tip_known: false, line_on_chain: Some(false), ..CLEAN };
        gives(Facts { resuming: true, ..wrote.clone() }, Verdict::Branch);
        gives(Facts { forgot: true, ..wrote.clone() }, Verdict::Branch);
        gives(Facts { forgot: true, cursor: 9, ..wrote }, Verdict::Question);
    }

    #[test]
    fn row_7_two_entries_at_one_place_are_a_fork() {
        let facts = Facts { tip_known: false, tip_taken: true, line_on_chain: Some(false), ..CLEAN };
        gives(Facts { resuming: true, ..facts.clone() }, Verdict::Fork);
        gives(facts, Verdict::Question);
    }

    #[test]
    fn row_8_whoever_is_behind_and_does_not_say_so_is_questioned() {
        gives(Facts { cursor: 9, ..CLEAN }, Verdict::Question);
        gives(Facts { line_on_chain: Some(false), ..CLEAN }, Verdict::Question);
    }

    #[test]
    fn the_hub_asks_only_when_it_cannot_tell() {
        assert_eq!(judge(&Facts { line_on_chain: None, ..CLEAN }), Judgement::Ask);
    }
}
