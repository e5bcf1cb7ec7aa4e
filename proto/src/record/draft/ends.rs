//! Which approvals end by a change. An approval is about a version; a later one ends it by what it changes and where it is
//! written, not by the act of saving. What changes while opinions and meetings are taken in answers them, so these stay.
//! A signature ends by any change.

use super::content::{Part, Weight};
use super::road::{Doing, Layer};
use super::state::Matter;

/// Whether an approval of this matter ends by a change of a part, written at this step.
pub fn ends(matter: &Matter, doing: Doing, part: Part, weight: Weight) -> bool {
    match (matter, part) {
        (Matter::Initialled, _) => true,
        // Who appraises corrects the look while he appraises it.
        (Matter::Appraised(_), _) if doing == Doing::Appraise => false,
        (Matter::Appraised(Layer::Form), part) => part != Part::Urgency,
        (_, part) if part.is_small() => false,
        (Matter::Appraised(Layer::Content), _) => weight == Weight::Heavy,
        (Matter::Approved | Matter::Opinions | Matter::Met(_), _) => {
            doing == Doing::Draft && weight == Weight::Heavy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Form, content, approval, opinions, meeting, initials: `x` ends.
    #[test]
    fn an_approval_ends_by_what_changed() {
        let matters = [
            Matter::Appraised(Layer::Form),
            Matter::Appraised(Layer::Content),
            Matter::Approved,
            Matter::Opinions,
            Matter::Met("bch".into()),
            Matter::Initialled,
        ];
        let rows = [
            (Doing::Draft, Part::Body, Weight::Heavy, "xxxxxx"),
            (Doing::Draft, Part::Body, Weight::Light, "x----x"),
            (Doing::Absorb, Part::Body, Weight::Heavy, "xx---x"),
            (Doing::Absorb, Part::Files, Weight::Heavy, "xx---x"),
            (Doing::Absorb, Part::Body, Weight::Light, "x----x"),
            (Doing::Appraise, Part::Body, Weight::Light, "-----x"),
            (Doing::Draft, Part::Recipients, Weight::Heavy, "x----x"),
            (Doing::Absorb, Part::Signing, Weight::Heavy, "x----x"),
            (Doing::Absorb, Part::Urgency, Weight::Heavy, "-----x"),
        ];
        for (doing, part, weight, expected) in rows {
            let mark = |matter| if ends(matter, doing, part, weight) { 'x' } else { '-' };
            let found: String = matters.iter().map(mark).collect();
            assert_eq!(found, expected, "{doing:?} {part:?} {weight:?}");
        }
    }
}
