//! What a session has written into the hub's journal.

use ed25519_dalek::VerifyingKey;
use truc_node::store::journal::{Admission, ConnectFacts, Giver, Journal, JournalError, Offered};
use truc_proto::entry::Entry;
use truc_proto::head::Head;
use truc_proto::id::{Mark, OfficeId, Seat};
use truc_proto::session::End;
use truc_proto::wire::{self, EndReason};

use crate::delivery::mail::MailBatch;

/// What is done in the writer's turn, in the order in which it was asked for.
#[derive(Clone, Debug)]
pub enum Write {
    /// Nothing is written. The facts are read in the writer's turn, because what an earlier session handed in is
    /// written by then.
    Facts {
        /// Whose ledger.
        office: OfficeId,
        /// What its node said.
        hello: Box<wire::Hello>,
        /// Entries were offered in this session.
        refilled: bool,
        /// A head that the node showed, signed by this hub in the present life of its journal.
        head: Option<Head>,
    },
    /// Entries that continue the line of their ledger.
    Admit {
        /// A chain whose head's signature was checked.
        entries: Vec<Entry>,
        /// The first unknown one may continue any complete entry.
        branch: bool,
    },
    /// Entries given back, whose signatures were checked.
    Offer {
        /// The entries.
        entries: Vec<Entry>,
        /// The office that gives them back.
        giver: OfficeId,
        /// The hub knows that it was put back.
        put_back: bool,
    },
    /// Evidence.
    Hold(Vec<Entry>),
    /// An office holds all mail up to a position.
    Delivered {
        /// Which office.
        office: OfficeId,
        /// Up to here.
        position: u64,
    },
}

/// What a write found.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is handed on at once and never kept")]
pub enum Done {
    /// After [`Write::Facts`].
    Facts(Box<Found>),
    /// After [`Write::Admit`].
    Admitted(Admission),
    /// After [`Write::Offer`].
    Offered(Offered),
    /// After [`Write::Hold`]: the place of the last entry.
    Held(Option<Seat>),
    /// After [`Write::Delivered`].
    Delivered,
    /// A piece of the office's mail was read.
    Mail(MailBatch),
    /// An urgent entry was read ahead of its turn, with its position, and when the hub had it; 0: nobody knows.
    Early(u64, Entry, u64),
    /// The session is over, for what the office has brought.
    Over(End),
}

/// What was found for a Hello.
#[derive(Clone, Debug)]
pub struct Found {
    /// The journal's part of the decision.
    pub facts: ConnectFacts,
    /// The node has shown this hub's own word about a state that the journal is not in: the journal is older.
    pub proven: bool,
    /// Where the journal ends.
    pub end: Mark,
}

impl Write {
    /// Makes the write within the group under way. `now`: Unix milliseconds.
    pub fn make(self, journal: &mut Journal, hub_key: &VerifyingKey, now: u64) -> Result<Done, JournalError> {
        Ok(match self {
            Self::Facts { office, hello, refilled, head } => {
                let found = journal.in_turn(|reads| {
                    let facts = reads.connect_facts(office, &hello, hub_key, refilled)?;
                    let other = match &head {
                        Some(head) => reads.mark_of(head.mark.position)? != Some(head.mark),
                        None => false,
                    };
                    Ok(Found { proven: facts.facts.forgot || other, facts, end: reads.end()? })
                })?;
                Done::Facts(Box::new(found))
            }
            Self::Admit { entries, branch } => Done::Admitted(journal.admit(entries, branch, now)?),
            Self::Offer { entries, giver, put_back } => {
                let mut offered = Offered::default();
                for entry in &entries {
                    let giver = Giver { author: entry.header.ledger == giver, put_back };
                    journal.offered(entry, giver, &mut offered)?;
                }
                if put_back {
                    // It is given back what it may have had, whenever that was.
                    offered.walks = 0;
                } else {
                    journal.arrived_now(offered.new, now)?;
                }
                Done::Offered(offered)
            }
            Self::Hold(entries) => {
                for entry in &entries {
                    journal.hold(entry)?;
                }
                Done::Held(entries.last().map(|entry| entry.header.seat))
            }
            Self::Delivered { office, position } => {
                journal.delivered(office, position)?;
                Done::Delivered
            }
        })
    }

    /// Whether the session must end if this was not written. A node says with its next Hello again how far it holds its
    /// mail.
    pub fn is_needed(&self) -> bool {
        !matches!(self, Self::Delivered { .. })
    }
}

impl Done {
    /// Number of entries that are new in the journal and will be folded.
    pub fn new_entries(&self) -> usize {
        match self {
            Self::Admitted(admission) => admission.new,
            Self::Offered(offered) => offered.new,
            _ => 0,
        }
    }

    /// How often the write had a ledger read whole, for a branch.
    pub fn walks(&self) -> u64 {
        match self {
            Self::Admitted(admission) => admission.walks,
            Self::Offered(offered) => offered.walks,
            _ => 0,
        }
    }

    /// The sessions of others that must end, and be judged again, because their lines moved with what `giver` gave back.
    /// They must end even if the giver's session is over by now.
    pub fn ends(&self, giver: OfficeId) -> impl Iterator<Item = (OfficeId, End)> {
        let moved = if let Self::Offered(offered) = self { &offered.moved[..] } else { &[] };
        let others = moved.iter().filter(move |office| **office != giver);
        others.map(|office| (*office, End { reason: EndReason::EndAgain, detail: "the line moved".into() }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_node::store::journal::Draft;
    use truc_proto::id::RecordId;
    use truc_proto::wire::{Confidentiality, Urgency};
    use uuid::Uuid;

    use super::*;

    /// Else an office could give back what it writes, and nobody would know that it was not written in the year it says.
    #[test]
    fn what_is_given_back_came_now_unless_the_hub_was_put_back() {
        let (hub, office) = (OfficeId(Uuid::from_u128(1)), OfficeId(Uuid::from_u128(2)));
        let key = SigningKey::from_bytes(&[2; 32]);
        let mut node = Journal::in_memory(office, false).unwrap();
        let draft = || Draft {
            author: "test".into(),
            record: RecordId(Uuid::from_u128(3)),
            kind: 99,
            body: Vec::new().into(),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let mut write = || node.group(|node| node.append(draft(), &key, 9_000, 1)).unwrap().1;
        let mut journal = Journal::in_memory(hub, true).unwrap();
        let mut came = Vec::new();
        for (giver, put_back) in [(office, false), (hub, false), (office, true), (hub, true)] {
            let entries = vec![write()];
            let offer = Write::Offer { entries: entries.clone(), giver, put_back };
            for now in [100, 200] {
                journal.group(|journal| offer.clone().make(journal, &key.verifying_key(), now)).unwrap();
            }
            came.push(journal.reads().at(office, entries[0].header.seat).unwrap().unwrap().arrived);
        }
        assert_eq!(came, [Some(100), Some(100), None, None]);
    }
}
