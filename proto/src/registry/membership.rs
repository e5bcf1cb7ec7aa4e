//! Memberships: which office is in which scope, for which positions of the hub's journal. Delivery follows them.

use std::collections::{BTreeSet, HashSet};

use super::{Office, Registry};
use crate::audience::Scope;
use crate::id::OfficeId;

/// An office is in `scope` for the entries at positions `from` (inclusive) to `until` (exclusive).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Membership {
    /// The scope.
    pub scope: Scope,
    /// First position in the hub's journal.
    pub from: u64,
    /// First position no longer in it; none: still a member.
    pub until: Option<u64>,
}

impl Registry {
    /// All memberships of an office, in the order in which they began: its own scope from its registration on, and, while
    /// it stands, the subtree scopes of itself and of each office above it. The hub's entries to everybody are for
    /// newcomers too (`from` is 0): without the registry from its first entry on, they could verify nobody. An office that
    /// is still to come, and one that has ended, keeps these two: what concerns it reaches its machine.
    pub fn memberships(&self, office: OfficeId) -> &[Membership] {
        self.offices.get(&office).map_or(&[], |office| &office.memberships)
    }

    /// Whether an entry for `scope` at `position` of the hub's journal is for that office.
    pub fn addressed(&self, office: OfficeId, scope: Scope, position: u64) -> bool {
        self.memberships(office).iter().any(|stretch| {
            stretch.scope == scope
                && stretch.from <= position
                && stretch.until.is_none_or(|until| position < until)
        })
    }

    /// Takes over the memberships that held before a position; from there on this registry's tree counts.
    pub(super) fn keep_memberships(&mut self, before: &Self, position: u64) {
        for office in self.offices.values_mut() {
            office.memberships.clear();
        }
        for (id, office) in &before.offices {
            self.offices.entry(*id).or_default().memberships.clone_from(&office.memberships);
        }
        let all: Vec<OfficeId> = self.offices.keys().copied().collect();
        self.refresh_memberships(all, position);
    }

    /// Brings the memberships of offices and of all under them in line with the tree.
    pub(super) fn refresh_memberships(&mut self, offices: impl IntoIterator<Item = OfficeId>, position: u64) {
        let mut waiting: Vec<OfficeId> = offices.into_iter().collect();
        let mut seen: HashSet<OfficeId> = waiting.iter().copied().collect();
        let everybody = Scope::subtree(self.hub);
        while let Some(id) = waiting.pop() {
            let mut scopes = BTreeSet::new();
            if id == self.hub || self.offices.get(&id).is_some_and(|office| office.current().is_some()) {
                scopes.extend([Scope::office(id), everybody]);
            }
            if self.is_open(id) {
                scopes.insert(Scope::subtree(id));
                scopes.extend(self.ancestors(id).map(Scope::subtree));
            }
            if let Some(office) = self.offices.get_mut(&id) {
                office.move_to(&scopes, everybody, position);
            }
            let below = self.children.get(&id).into_iter().flatten().copied();
            waiting.extend(below.filter(|below| seen.insert(*below)));
        }
    }
}

impl Office {
    fn move_to(&mut self, scopes: &BTreeSet<Scope>, everybody: Scope, position: u64) {
        let mut missing = scopes.clone();
        for stretch in self.memberships.iter_mut().filter(|stretch| stretch.until.is_none()) {
            if !missing.remove(&stretch.scope) {
                stretch.until = Some(position);
            }
        }
        self.memberships.retain(|stretch| stretch.until != Some(stretch.from));
        let begun = missing.into_iter().map(|scope| {
            let from = if scope == everybody { 0 } else { position };
            Membership { scope, from, until: None }
        });
        self.memberships.extend(begun);
    }
}
