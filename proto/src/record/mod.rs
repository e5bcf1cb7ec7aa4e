//! What each kind of record means: one file a kind tells its whole story.
//!
//! A record is a set of strands, one for each office that wrote about it. A strand is ordered by seat and
//! folded alone, so that no arrival order matters; what a reader sees joins the strands when looked at.
//! Folding is total: a move that is not allowed at its place changes nothing.
//!
//! To add a kind, write its file and add its line to `kinds!` (and its rows to the authority table).

pub mod directive;
pub mod duty;
pub mod guidance;
pub mod inspection;
mod parts;
pub mod programme;
pub mod registry;
pub mod report;
#[cfg(test)]
pub(crate) mod tests;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use parts::{Malformed, Outcome, Paper, Period, Progress, Said, Verdict};

use crate::id::Seat;
use crate::time::Hlc;

/// What a move of any kind can be asked.
pub trait Act: Sized {
    /// The kind's number in headers.
    const KIND: u32;
    /// The kind's name in commands and tables.
    const NAME: &str;

    /// Reads a body. None: a move that this program does not know yet.
    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed>;
    /// The body, to be written into an entry.
    fn encode(&self) -> Bytes;
    /// The name by which commands and the authority table know it.
    fn name(&self) -> &'static str;
    /// One line for a timeline.
    fn brief(&self) -> String;
    /// The paper it brings.
    fn paper(&self) -> Option<&Paper>;
    /// What people wrote in it, beside number and title of the paper: what search finds it by.
    fn texts(&self) -> Vec<&str>;
    /// Whether a record may begin with it.
    fn opens(&self) -> bool;
    /// Whether it says more than ids, codes, levels, dates and a title: what a secret paper must not.
    fn carries_content(&self) -> bool;
}

/// What one office's strand of a record adds up to.
pub trait Strand: Default {
    /// The kind's moves.
    type Move: Act;

    /// Takes in the next move of this office, which stands at `seat`. Pure and total.
    fn apply(&mut self, seat: Seat, time: Hlc, mv: Self::Move) -> Outcome;
    /// Whether this office opened the record.
    fn owns(&self) -> bool;
    /// Names of the moves that the office of this strand may make now, given the owner's strand (its own,
    /// if it is the owner) and whether it is addressed. Asked only of the owner and of addressees.
    fn next(&self, owner: &Self, addressed: bool) -> Vec<&'static str>;
}

macro_rules! kinds {
    ($($name:ident $module:ident)*) => {
        /// A decoded body: what an entry says.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Move {
            /// Of the office registry.
            Registry(registry::Move),
            $(#[doc = concat!("Of a ", stringify!($module), ".")] $name($module::Move),)*
            /// Of a kind, or a move of a known kind, that this program does not know: kept and relayed.
            Unknown {
                /// The kind's number.
                kind: u32,
                /// The body as it came.
                body: Bytes,
            },
        }

        $(impl From<$module::Move> for Move {
            fn from(mv: $module::Move) -> Self {
                Self::$name(mv)
            }
        })*

        /// What one office's strand of a record adds up to.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        pub enum State {
            $(#[doc = concat!("Of a ", stringify!($module), ".")] $name($module::Strand),)*
        }

        /// Numbers and names of the kinds that people keep records of.
        pub const KINDS: &[(u32, &str)] = &[$((<$module::Move as Act>::KIND, <$module::Move as Act>::NAME)),*];

        /// Reads the body of an entry of that kind.
        pub fn decode(kind: u32, body: &Bytes) -> Result<Move, Malformed> {
            let known = match kind {
                registry::Move::KIND => registry::Move::decode(body)?.map(Move::Registry),
                $(<$module::Move as Act>::KIND => $module::Move::decode(body)?.map(Move::$name),)*
                _ => None,
            };
            Ok(known.unwrap_or_else(|| Move::Unknown { kind, body: body.clone() }))
        }

        impl Move {
            /// The kind's number in headers.
            pub fn kind(&self) -> u32 {
                match self {
                    Self::Registry(_) => registry::Move::KIND,
                    $(Self::$name(_) => <$module::Move as Act>::KIND,)*
                    Self::Unknown { kind, .. } => *kind,
                }
            }

            /// The body, to be written into an entry.
            pub fn encode(&self) -> Bytes {
                match self {
                    Self::Registry(mv) => mv.encode(),
                    $(Self::$name(mv) => mv.encode(),)*
                    Self::Unknown { body, .. } => body.clone(),
                }
            }

            /// The name by which commands and the authority table know it; `unknown` for unknown ones.
            pub fn name(&self) -> &'static str {
                match self {
                    Self::Registry(mv) => mv.name(),
                    $(Self::$name(mv) => mv.name(),)*
                    Self::Unknown { .. } => "unknown",
                }
            }

            /// One line for a timeline.
            pub fn brief(&self) -> String {
                match self {
                    Self::Registry(mv) => mv.brief(),
                    $(Self::$name(mv) => mv.brief(),)*
                    Self::Unknown { .. } => String::new(),
                }
            }

            /// The paper it brings.
            pub fn paper(&self) -> Option<&Paper> {
                match self {
                    $(Self::$name(mv) => mv.paper(),)*
                    Self::Registry(_) | Self::Unknown { .. } => None,
                }
            }

            /// What people wrote in it, beside number and title of the paper: what search finds it by.
            pub fn texts(&self) -> Vec<&str> {
                match self {
                    $(Self::$name(mv) => mv.texts(),)*
                    Self::Registry(_) | Self::Unknown { .. } => Vec::new(),
                }
            }

            /// Whether a record may begin with it.
            pub fn opens(&self) -> bool {
                match self {
                    $(Self::$name(mv) => mv.opens(),)*
                    Self::Registry(_) | Self::Unknown { .. } => false,
                }
            }

            /// Whether it says more than a secret paper may; of what cannot be read, that must be supposed.
            pub fn carries_content(&self) -> bool {
                match self {
                    Self::Registry(mv) => mv.carries_content(),
                    $(Self::$name(mv) => mv.carries_content(),)*
                    Self::Unknown { body, .. } => !body.is_empty(),
                }
            }
        }

        impl State {
            /// An empty strand of the kind that this move belongs to; none if that kind has no strands.
            pub fn of(mv: &Move) -> Option<Self> {
                match mv {
                    $(Move::$name(_) => Some(Self::$name(Default::default())),)*
                    Move::Registry(_) | Move::Unknown { .. } => None,
                }
            }

            /// An empty strand of that kind; none if it has no strands or is unknown.
            pub fn of_kind(kind: u32) -> Option<Self> {
                match kind {
                    $(<$module::Move as Act>::KIND => Some(Self::$name(Default::default())),)*
                    _ => None,
                }
            }

            /// Takes in the next move of this strand's office, which stands at `seat`. Pure and total.
            pub fn apply(&mut self, seat: Seat, time: Hlc, mv: Move) -> Outcome {
                match (self, mv) {
                    $((Self::$name(strand), Move::$name(mv)) => strand.apply(seat, time, mv),)*
                    _ => Outcome::NotAllowed("other-kind"),
                }
            }

            /// Whether this office opened the record.
            pub fn owns(&self) -> bool {
                match self {
                    $(Self::$name(strand) => strand.owns(),)*
                }
            }

            /// Names of the moves that this strand's office may make now, given the owner's strand and
            /// whether the record is addressed to this office; see [`Strand::next`].
            pub fn next(&self, owner: &State, addressed: bool) -> Vec<&'static str> {
                if owner.owns() && !self.owns() && !addressed {
                    return Vec::new();
                }
                match (self, owner) {
                    $((Self::$name(strand), Self::$name(owner)) => strand.next(owner, addressed),)*
                    _ => Vec::new(),
                }
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
}
