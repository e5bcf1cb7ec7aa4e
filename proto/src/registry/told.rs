//! The registry while the hub's words are taken in, in the order in which they stand in a journal. A hub that was put
//! back has its own words again in another order than it said them. What they add up to follows the order in which they
//! were said. The journal decides from where on they count: who is in which scope at a position follows from the words up
//! to there, and nothing that stands behind them changes it.

use std::sync::Arc;

use ed25519_dalek::VerifyingKey;

use super::Registry;
use crate::id::{OfficeId, Seat};
use crate::wire::RegistryMove;
use crate::wire::registry_move::Move;

/// Gives each word that was taken up to now to the function, with its position, in the order in which the hub said them.
pub trait Words<E>: FnOnce(&mut dyn FnMut(u64, &RegistryMove)) -> Result<(), E> {}

impl<E, F: FnOnce(&mut dyn FnMut(u64, &RegistryMove)) -> Result<(), E>> Words<E> for F {}

/// A registry, and whether it counts all words that it was given.
#[derive(Clone, Debug)]
pub struct Told {
    /// What is known before the first word.
    base: Arc<Registry>,
    registry: Arc<Registry>,
    /// Seat of the newest word.
    newest: Option<Seat>,
    /// Position of the last word taken, if words wait to be counted, because the hub had said one of them earlier than
    /// others that were counted already.
    waits: Option<u64>,
}

impl Told {
    /// No word yet: the hub is known with the key that enrolment pinned.
    pub fn new(hub: OfficeId, hub_key: VerifyingKey) -> Self {
        Self::over(Arc::new(Registry::new(hub, hub_key)))
    }

    /// No word yet, and this is known without any.
    pub fn over(base: Arc<Registry>) -> Self {
        Self { registry: Arc::clone(&base), base, newest: None, waits: None }
    }

    /// The registry. It lacks the words that wait: whoever reads it calls [`Told::settle`] first.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Takes the word at the next position of the journal that holds one. `words`: all that were taken, this one too.
    pub fn take<E>(
        &mut self,
        seat: Seat,
        position: u64,
        word: &RegistryMove,
        words: impl Words<E>,
    ) -> Result<(), E> {
        let late = self.newest.is_some_and(|newest| newest > seat);
        self.newest = self.newest.max(Some(seat));
        if late || self.waits.is_some() {
            self.waits = Some(position);
            if self.shapes_tree(word) { self.settle(words) } else { Ok(()) }
        } else {
            Arc::make_mut(&mut self.registry).apply(position, word);
            Ok(())
        }
    }

    /// Counts the words that wait.
    pub fn settle<E>(&mut self, words: impl Words<E>) -> Result<(), E> {
        let Some(position) = self.waits else { return Ok(()) };
        let mut registry = Registry::clone(&self.base);
        words(&mut |position, word| {
            registry.apply(position, word);
        })?;
        registry.keep_memberships(&self.registry, position);
        self.registry = Arc::new(registry);
        self.waits = None;
        Ok(())
    }

    /// Whether memberships may follow from a word. An office that had a credential could not be taken back.
    fn shapes_tree(&self, word: &RegistryMove) -> bool {
        match &word.r#move {
            Some(Move::Office(_) | Move::Withdrawn(_) | Move::Turned(_)) => true,
            Some(Move::Credential(said)) => {
                let office = OfficeId::from_wire(&said.office).and_then(|id| self.registry.office(id));
                office.is_some_and(|office| office.all_facts().iter().any(|fact| fact.withdrawn.is_some()))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::audience::Scope;
    use crate::id::Incarnation;
    use crate::wire;

    const HUB: u128 = 1;
    const OFFICES: u128 = 6;

    fn id(number: u128) -> OfficeId {
        OfficeId(uuid::Uuid::from_u128(number))
    }

    fn key() -> VerifyingKey {
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key()
    }

    fn wire_id(number: u128) -> bytes::Bytes {
        id(number).to_wire()
    }

    fn day(day: u8) -> String {
        format!("2026-01-{:02}", day + 1)
    }

    prop_compose! {
        fn fact()(
            office in 2..=OFFICES, parent in HUB..=OFFICES, since in 0u8..9, said in 0u8..9, closed in prop::bool::weighted(0.1),
        ) -> Move {
            // 2 and 3 are districts, the others communes.
            let tier = if office < 4 { "district" } else { "commune" };
            Move::Office(wire::OfficeFact {
                office: wire_id(office),
                tier: tier.into(),
                parent: wire_id(parent),
                since: day(since),
                said: day(said),
                closed,
                ..wire::OfficeFact::default()
            })
        }
    }

    fn word() -> impl Strategy<Value = Move> {
        prop_oneof![
            6 => fact(),
            1 => (2..=OFFICES, 0u8..9, 0u8..9).prop_map(|(office, since, said)| {
                Move::Withdrawn(wire::OfficeWithdrawn { office: wire_id(office), since: day(since), said: day(said) })
            }),
            1 => (0u8..9).prop_map(|turned| Move::Turned(wire::DayTurned { day: day(turned) })),
            2 => (2..=OFFICES, 1u64..3, 1u64..4).prop_map(|(office, number, not_after)| {
                let key = ed25519_dalek::SigningKey::from_bytes(&[office as u8 * 8 + number as u8; 32]);
                Move::Credential(wire::CredentialIssued {
                    office: wire_id(office),
                    number,
                    ledger_key: key.verifying_key().to_bytes().to_vec().into(),
                    certificate: vec![not_after as u8; 32].into(),
                    not_after,
                    ..wire::CredentialIssued::default()
                })
            }),
            1 => (2..=OFFICES, 1u64..3).prop_map(|(office, credential)| {
                Move::Question(wire::QuestionRaised { office: wire_id(office), credential })
            }),
        ]
    }

    /// Words in the order in which a journal has them: position, seat, word.
    type Journal = Vec<(u64, Seat, RegistryMove)>;

    /// Words that the hub said in this order, and the order in which they stand in the journal.
    fn journal() -> impl Strategy<Value = Journal> {
        (
            prop::collection::vec((word(), 1u64..4), 1..24),
            prop::collection::vec(any::<(Index, Index)>(), 0..9),
        )
            .prop_map(|(words, swapped)| {
                let seat = |number: usize| Seat { incarnation: Incarnation(1), seq: number as u64 + 1 };
                let mut order: Vec<usize> = (0..words.len()).collect();
                for (one, other) in swapped {
                    order.swap(one.index(words.len()), other.index(words.len()));
                }
                let mut position = 0;
                order
                    .into_iter()
                    .map(|number| {
                        let (word, gap) = &words[number];
                        position += gap;
                        (position, seat(number), RegistryMove { r#move: Some(word.clone()) })
                    })
                    .collect()
            })
    }

    fn in_order(journal: &[(u64, Seat, RegistryMove)]) -> BTreeMap<Seat, (u64, &RegistryMove)> {
        journal.iter().map(|(position, seat, word)| (*seat, (*position, word))).collect()
    }

    fn tell(journal: &[(u64, Seat, RegistryMove)], settle_each: bool) -> Vec<Told> {
        let mut told = Told::new(id(HUB), key());
        let mut all = vec![told.clone()];
        for (number, (position, seat, word)) in journal.iter().enumerate() {
            let words = |each: &mut dyn FnMut(u64, &RegistryMove)| -> Result<(), Infallible> {
                in_order(&journal[..=number]).into_values().for_each(|(position, word)| each(position, word));
                Ok(())
            };
            told.take(*seat, *position, word, words).unwrap();
            if settle_each || number + 1 == journal.len() {
                told.settle(words).unwrap();
            }
            all.push(told.clone());
        }
        all
    }

    /// Who is in which scope at a position.
    fn members(registry: &Registry, position: u64) -> Vec<(u128, u128, bool)> {
        let all = (HUB..=OFFICES).flat_map(|office| (HUB..=OFFICES).map(move |scope| (office, scope)));
        let both = all.flat_map(|(office, scope)| [(office, scope, false), (office, scope, true)]);
        both.filter(|(office, scope, subtree)| {
            let scope = Scope { office: id(*scope), subtree: *subtree };
            // The hub's words to everybody are for newcomers, too.
            scope != Scope::subtree(id(HUB)) && registry.addressed(id(*office), scope, position)
        })
        .collect()
    }

    /// The keys of each office, and when its certificate ends.
    fn machines(registry: &Registry) -> Vec<(Vec<VerifyingKey>, Option<u64>)> {
        let ends = |office| registry.credential(office).map(|newest| newest.not_after);
        (2..=OFFICES).map(|office| (registry.keys(id(office)), ends(id(office)))).collect()
    }

    proptest! {
        #[test]
        fn memberships_at_a_position_follow_from_the_words_up_to_there(journal in journal()) {
            let told = tell(&journal, true);
            let last = told.last().unwrap().registry();
            for (number, (position, _, _)) in journal.iter().enumerate() {
                let mut alone = Registry::new(id(HUB), key());
                for (at, word) in in_order(&journal[..=number]).into_values() {
                    alone.apply(at, word);
                }
                prop_assert_eq!(members(told[number + 1].registry(), *position), members(&alone, u64::MAX - 1));
                prop_assert_eq!(machines(told[number + 1].registry()), machines(&alone));
                prop_assert_eq!(members(last, *position), members(told[number + 1].registry(), *position));
            }
            let once = tell(&journal, false);
            for position in 0..=journal.last().unwrap().0 + 1 {
                prop_assert_eq!(members(once.last().unwrap().registry(), position), members(last, position));
            }
        }
    }
}
