//! Who sees what came from outside on a day: one question for lists, pages, search, counts, registers and exports.

use super::state::Outside;
use crate::date::Date;
use crate::house::{House, Right};
use crate::record::assignment::Work;
use crate::record::assignment::roles::{is_in, is_involved, is_own};

/// Whether a person sees a paper, stub or petition. `works`: those that were given for it.
///
/// The office's own people see papers; petitions those who hold the right, and whoever has a part in a work for one. To
/// whom it was passed sees it, too. Whoever a petition is about sees nothing of it. An account that the house does not know,
/// as its administrator's may be, sees what the office's own people see.
pub fn sees<'w>(
    house: &House,
    outside: &Outside,
    works: impl IntoIterator<Item = &'w Work>,
    person: &str,
    day: Date,
) -> bool {
    if is_about(outside, person) {
        return false;
    }
    let by_right = match outside.paper.petition {
        Some(_) => house.has_right(person, Right::Petitions, day),
        None => is_own(house, person, day) || house.known_person(person, day).is_none(),
    };
    by_right
        || is_transferee(house, outside, person, day)
        || works.into_iter().any(|work| is_involved(house, work, person, day))
}

/// Whether a petition is about a person.
pub fn is_about(outside: &Outside, person: &str) -> bool {
    outside.paper.petition.as_ref().is_some_and(|petition| petition.about == person)
}

/// Whether somebody belongs to whom it was passed.
pub fn is_transferee(house: &House, outside: &Outside, person: &str, day: Date) -> bool {
    outside
        .transfer
        .as_ref()
        .is_some_and(|transfer| is_in(house, person, unit(house, &transfer.to, day), day))
}

/// The unit that a unit or outside body of the house is.
pub fn unit<'a>(house: &'a House, to: &'a str, day: Date) -> &'a str {
    house.party(to, day).and_then(|party| party.unit.as_deref()).unwrap_or(to)
}

/// Whether a person sees who sent it: of denunciations only who may open it, and says why each time.
pub fn sees_sender(house: &House, outside: &Outside, person: &str, day: Date) -> bool {
    !outside.is_denunciation() && !is_about(outside, person) && house.has_right(person, Right::Petitions, day)
}
