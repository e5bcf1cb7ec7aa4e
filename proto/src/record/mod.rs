//! The kinds of record: one file for each kind holds its moves, states and rules.
//!
//! A record is a set of strands, one for each office that wrote about it. Each strand is folded by itself in the order
//! of its seats, so the order of arrival does not matter; the strands are joined when a record is read. Folding is
//! total: a move that is not allowed at its place changes nothing.
//!
//! To add a kind, write its file and add its line to `kinds!`; `ARCHITECTURE.md` has the whole recipe.

mod around;
pub mod assignment;
pub mod dates;
pub mod directive;
pub mod draft;
pub mod duty;
pub mod figure;
pub mod guidance;
pub mod house;
pub mod inspection;
pub mod keys;
pub mod kind;
pub mod likeness;
pub mod outside;
mod parts;
pub mod programme;
pub mod registry;
pub mod report;
#[cfg(test)]
pub(crate) mod tests;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

pub use around::{Around, Unfit};
pub use kind::{Ends, Kind, Rule};
pub use parts::{Confirmation, Malformed, Outcome, Paper, Period, Progress, Said};

use crate::audience::Scope;
use crate::crowd;
use crate::entry::Entry;
use crate::fault::planted;
use crate::id::{OfficeId, Seat};
use crate::time::When;
use crate::wire::{KeysMove, RegistryMove};

/// What a kind that this program does not know is called.
const UNKNOWN: &str = "unknown";

/// The common interface of the moves of one kind.
pub trait Act: Sized {
    /// The message that a body of this kind is.
    type Message: Message + Default;
    /// The kind's table.
    const TABLE: &'static Kind;
    /// The kind's number in headers.
    const KIND: u32 = Self::TABLE.number;

    /// Reads a body. None: a move of a newer program that this one does not know.
    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed>;
    /// The body of an entry with this move.
    fn encode(&self) -> Bytes;
    /// Its row of the kind's table.
    fn rule(&self) -> &'static Rule;
    /// One line about the move, for a timeline.
    fn brief(&self) -> String;
    /// The paper that the move carries.
    fn paper(&self) -> Option<&Paper>;
    /// The same, to write its number into it.
    fn paper_mut(&mut self) -> Option<&mut Paper>;
    /// Offices that it gives work to; each must be in its audience.
    fn work(&self) -> Vec<Scope>;
    /// The one office that it is about. It goes to that office alone: others have nothing to do with it.
    fn about(&self) -> Option<OfficeId>;
    /// The texts that people wrote, without number and title of the paper; for search.
    fn texts(&self) -> Vec<&str>;
    /// Whether it carries more than ids, codes, levels, dates and a title. A secret paper must not.
    fn carries_content(&self) -> bool;
    /// Whether it must say why, and does not.
    fn lacks_reason(&self) -> bool;
    /// The account that acts, if the body names it. The header of what is sealed names no person.
    fn by(&self) -> Option<&str> {
        None
    }
}

/// The state of one office's strand of a record.
pub trait Strand: Default {
    /// The kind's moves.
    type Move: Act;

    /// Folds this office's next move, whose place is `seat`. Pure and total.
    fn apply(&mut self, seat: Seat, when: When, mv: Self::Move) -> Outcome;
    /// Whether this office opened the record.
    fn owns(&self) -> bool;
    /// Names of the moves that this office, `me`, may make now. `owner`: the strand of the office that opened the record;
    /// `addressed`: whether the record is addressed to this office. Asked only for the owner and addressees.
    fn next(&self, owner: &Self, me: OfficeId, addressed: bool) -> Vec<&'static str>;
    /// The offices whose strands [`Strand::fits`] reads for a move, beside the owner's and its own.
    fn asks(&self, mv: &Self::Move) -> Vec<OfficeId> {
        mv.about().into_iter().collect()
    }
    /// Whether a move of this office, which the strand allows, fits what others wrote.
    fn fits(&self, mv: &Self::Move, around: &Around<'_, Self>) -> Result<(), Unfit>;
    /// Completes a move by what the strand knows, as the number of a question.
    fn complete(&self, _: &mut Self::Move) {}
}

macro_rules! kinds {
    ($($name:ident $module:ident)*) => {
        /// A decoded body.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Move {
            /// A move of the office registry.
            Registry(registry::Move),
            /// A word of an office about its sealing keys.
            Keys(keys::Move),
            $(#[doc = concat!("Of a ", stringify!($module), ".")] $name($module::Move),)*
            /// A kind, or a move of a known kind, that this program does not know. It is kept and relayed as it is.
            Unknown {
                /// The kind's number.
                kind: u32,
                /// The body, unchanged.
                body: Bytes,
            },
            /// A sealed body that nobody here can open: of it no more is known than its header says.
            Sealed {
                /// The kind's number.
                kind: u32,
                /// The number of the move.
                number: u32,
            },
        }

        $(impl From<$module::Move> for Move {
            fn from(mv: $module::Move) -> Self {
                Self::$name(mv)
            }
        })*

        /// The state of one office's strand of a record.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        pub enum State {
            $(#[doc = concat!("Of a ", stringify!($module), ".")] $name($module::Strand),)*
        }

        /// The kinds that people keep records of.
        pub const KINDS: &[&Kind] = &[$(<$module::Move as Act>::TABLE),*];

        /// The samples of all kinds.
        #[cfg(test)]
        fn samples_of_kinds() -> Vec<Move> {
            let mut all: Vec<Move> = Vec::new();
            $(all.extend($module::samples().into_iter().map(Move::$name));)*
            all
        }

        /// Reads the body of an entry of kind `kind`.
        pub fn decode(kind: u32, body: &Bytes) -> Result<Move, Malformed> {
            let known = match kind {
                registry::Move::KIND => registry::Move::decode(body)?.map(Move::Registry),
                keys::Move::KIND => keys::Move::decode(body)?.map(Move::Keys),
                $(<$module::Move as Act>::KIND => $module::Move::decode(body)?.map(Move::$name),)*
                _ => None,
            };
            if known.is_none() && body.is_empty() && kind_name(kind) != UNKNOWN {
                return Err(Malformed("no move"));
            }
            Ok(known.unwrap_or_else(|| Move::Unknown { kind, body: body.clone() }))
        }

        /// Whether a body is encoded exactly as this program encodes what it reads of it, so that nothing is in it that
        /// was not read: fields in the order of their numbers, none twice, none left at its default, none unknown, at
        /// any depth. A body of an unknown kind is so only if it is empty.
        pub fn is_exact(kind: u32, body: &[u8]) -> bool {
            fn exact<M: Message + Default>(body: &[u8]) -> bool {
                M::decode(body).is_ok_and(|message| message.encode_to_vec() == body)
            }
            match kind {
                registry::Move::KIND => exact::<RegistryMove>(body),
                keys::Move::KIND => exact::<KeysMove>(body),
                $(<$module::Move as Act>::KIND => exact::<<$module::Move as Act>::Message>(body),)*
                _ => body.is_empty(),
            }
        }

        impl Move {
            /// The kind's number in headers.
            pub fn kind(&self) -> u32 {
                match self {
                    Self::Registry(_) => registry::Move::KIND,
                    Self::Keys(_) => keys::Move::KIND,
                    $(Self::$name(_) => <$module::Move as Act>::KIND,)*
                    Self::Unknown { kind, .. } | Self::Sealed { kind, .. } => *kind,
                }
            }

            /// The body of an entry with this move.
            pub fn encode(&self) -> Bytes {
                match self {
                    Self::Registry(mv) => mv.encode(),
                    Self::Keys(mv) => mv.encode(),
                    $(Self::$name(mv) => mv.encode(),)*
                    Self::Unknown { body, .. } => body.clone(),
                    Self::Sealed { .. } => Bytes::new(),
                }
            }

            /// Its row of the kind's table; the registry, words about keys, unknown kinds and what nobody here can open have
            /// none.
            pub fn rule(&self) -> Option<&'static Rule> {
                match self {
                    $(Self::$name(mv) => Some(mv.rule()),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => None,
                }
            }

            /// The name by which commands and views know it; `unknown` for unknown ones, `sealed` for closed ones.
            pub fn name(&self) -> &'static str {
                match self {
                    Self::Registry(mv) => mv.name(),
                    Self::Keys(mv) => mv.name(),
                    $(Self::$name(mv) => mv.rule().name,)*
                    Self::Unknown { .. } => UNKNOWN,
                    Self::Sealed { .. } => "sealed",
                }
            }

            /// One line about the move, for a timeline.
            pub fn brief(&self) -> String {
                match self {
                    Self::Registry(mv) => mv.brief(),
                    Self::Keys(mv) => mv.brief(),
                    $(Self::$name(mv) => mv.brief(),)*
                    Self::Unknown { .. } | Self::Sealed { .. } => String::new(),
                }
            }

            /// The account that acts, if the body names it.
            pub fn by(&self) -> Option<&str> {
                match self {
                    $(Self::$name(mv) => mv.by(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => None,
                }
            }

            /// The paper that the move carries.
            pub fn paper(&self) -> Option<&Paper> {
                match self {
                    $(Self::$name(mv) => mv.paper(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => None,
                }
            }

            /// The paper that the move carries, to write its number into it.
            pub fn paper_mut(&mut self) -> Option<&mut Paper> {
                match self {
                    $(Self::$name(mv) => mv.paper_mut(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => None,
                }
            }

            /// Offices that it gives work to; each must be in its audience.
            pub fn work(&self) -> Vec<Scope> {
                match self {
                    $(Self::$name(mv) => mv.work(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => Vec::new(),
                }
            }

            /// The one office that it is about. It goes to that office alone.
            pub fn about(&self) -> Option<OfficeId> {
                match self {
                    $(Self::$name(mv) => mv.about(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => None,
                }
            }

            /// The texts that people wrote, without number and title of the paper; for search.
            pub fn texts(&self) -> Vec<&str> {
                match self {
                    $(Self::$name(mv) => mv.texts(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => Vec::new(),
                }
            }

            /// Whether the move may open a record.
            pub fn opens(&self) -> bool {
                self.rule().is_some_and(|rule| rule.opens)
            }

            /// Whether it carries more than a secret paper may. A body that cannot be read is taken to do so.
            pub fn carries_content(&self) -> bool {
                match self {
                    Self::Registry(_) | Self::Keys(_) => true,
                    $(Self::$name(mv) => mv.carries_content(),)*
                    Self::Unknown { body, .. } => !body.is_empty(),
                    Self::Sealed { .. } => true,
                }
            }
        }

        impl Move {
            /// Whether it must say why, and does not.
            pub fn lacks_reason(&self) -> bool {
                match self {
                    $(Self::$name(mv) => mv.lacks_reason(),)*
                    Self::Registry(_) | Self::Keys(_) | Self::Unknown { .. } | Self::Sealed { .. } => false,
                }
            }
        }

        impl State {
            /// The offices whose strands [`State::fits`] reads for a move.
            pub fn asks(&self, mv: &Move) -> Vec<OfficeId> {
                match (self, mv) {
                    $((Self::$name(strand), Move::$name(mv)) => strand.asks(mv),)*
                    _ => Vec::new(),
                }
            }

            /// Whether a move of this strand's office fits what others wrote; see [`Strand::fits`].
            pub fn fits(&self, mv: &Move, around: &Around<'_, State>) -> Result<(), Unfit> {
                match (self, mv, around.opened) {
                    $((Self::$name(strand), Move::$name(mv), Self::$name(opened)) => {
                        fn same(state: &State) -> Option<&$module::Strand> {
                            if let State::$name(strand) = state { Some(strand) } else { None }
                        }
                        let around = Around {
                            record: around.record,
                            me: around.me,
                            owner: around.owner,
                            opened,
                            audience: around.audience,
                            within: around.within,
                            strands: &|office| (around.strands)(office).and_then(same),
                            successor: around.successor.and_then(same),
                        };
                        strand.fits(mv, &around)
                    })*
                    _ => Ok(()),
                }
            }

            /// Completes a move by what the strand knows; see [`Strand::complete`].
            pub fn complete(&self, mv: &mut Move) {
                match (self, mv) {
                    $((Self::$name(strand), Move::$name(mv)) => strand.complete(mv),)*
                    _ => {}
                }
            }

            /// An empty strand of this move's kind; none if the kind has no strands.
            pub fn of(mv: &Move) -> Option<Self> {
                match mv {
                    $(Move::$name(_) => Some(Self::$name(Default::default())),)*
                    Move::Registry(_) | Move::Keys(_) | Move::Unknown { .. } | Move::Sealed { .. } => None,
                }
            }

            /// An empty strand of a kind; none if it has no strands or is unknown.
            pub fn of_kind(kind: u32) -> Option<Self> {
                match kind {
                    $(<$module::Move as Act>::KIND => Some(Self::$name(Default::default())),)*
                    _ => None,
                }
            }

            /// Folds the next move of this strand's office, whose place is `seat`. Pure and total.
            pub fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
                match (self, mv) {
                    $((Self::$name(strand), Move::$name(mv)) => strand.apply(seat, when, mv),)*
                    _ => Outcome::NotAllowed("other-kind"),
                }
            }

            /// Whether this office opened the record.
            pub fn owns(&self) -> bool {
                match self {
                    $(Self::$name(strand) => strand.owns(),)*
                }
            }

            /// Names of the moves that this strand's office may make now; see [`Strand::next`]. None for an office that
            /// is neither the owner nor addressed. A hub agrees to give no copy back: what it holds is the mail of others,
            /// and nothing of it is destroyed.
            pub fn next(
                &self,
                owner: &State,
                me: OfficeId,
                hub: OfficeId,
                addressed: bool,
            ) -> Vec<&'static str> {
                if owner.owns() && !self.owns() && !addressed {
                    return Vec::new();
                }
                let mut names = match (self, owner) {
                    $((Self::$name(strand), Self::$name(owner)) => strand.next(owner, me, addressed),)*
                    _ => Vec::new(),
                };
                names.retain(|name| me != hub || *name != directive::GIVING_BACK.name);
                names
            }
        }
    };
}

kinds! {
    Programme programme
    Directive directive
    Report report
    Guidance guidance
    Inspection inspection
    House house
    Assignment assignment
    Draft draft
    Outside outside
}

/// What an entry says, as far as it can be read here: of a sealed body that was not opened, what its header says.
pub fn of(entry: &Entry) -> Result<Move, Malformed> {
    let header = &entry.header;
    if entry.closed {
        return Ok(Move::Sealed { kind: header.kind, number: header.mv });
    }
    decode(header.kind, &entry.body)
}

/// The same, held against the header. That says the number of the move too, so that it is known where the body is gone; a
/// body of a known kind that holds anything else than that move is malformed.
pub fn read(entry: &Entry) -> Result<Move, Malformed> {
    let header = &entry.header;
    let known = kind_name(header.kind) != UNKNOWN;
    let other = known && !entry.closed && crowd::only(&entry.body) != Some(header.mv);
    if other && !planted("record.other-move") {
        return Err(Malformed("move"));
    }
    of(entry)
}

/// Number of the move in a body, for a header; 0 for a body that is no message of a kind.
pub fn number(body: &[u8]) -> u32 {
    crowd::only(body).unwrap_or(0)
}

/// The kind with this number; none for the registry, words about keys and unknown kinds.
pub fn kind(number: u32) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.number == number)
}

/// Name of a kind by its number, as commands write it.
pub fn kind_name(number: u32) -> &'static str {
    match number {
        registry::Move::KIND => registry::Move::NAME,
        keys::Move::KIND => keys::Move::NAME,
        _ => kind(number).map_or(UNKNOWN, |kind| kind.name),
    }
}
