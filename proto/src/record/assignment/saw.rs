//! What somebody saw of a work before he acted: so of two at once, the second is told what the first did.

use std::fmt;
use std::str::FromStr;

use super::state::{Stage, Work};
use crate::id::{Incarnation, Seat};

/// What was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saw {
    /// The stage alone.
    Stage(Stage),
    /// The place of the newest move that changed something.
    Move(Seat),
}

impl Saw {
    /// What a page shows of a work.
    pub fn of(work: &Work) -> Self {
        Self::Move(work.last.seat)
    }

    /// Whether the work is still as it was seen.
    pub fn holds(self, work: &Work) -> bool {
        match self {
            Self::Stage(stage) => stage == work.stage,
            Self::Move(seat) => seat == work.last.seat,
        }
    }
}

impl fmt::Display for Saw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => out.write_str(stage.as_ref()),
            Self::Move(seat) => write!(out, "{}-{}", seat.incarnation.0, seat.seq),
        }
    }
}

/// The text is neither a stage nor a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotSeen;

impl FromStr for Saw {
    type Err = NotSeen;

    fn from_str(text: &str) -> Result<Self, NotSeen> {
        if let Ok(stage) = text.parse() {
            return Ok(Self::Stage(stage));
        }
        let (incarnation, seq) = text.split_once('-').ok_or(NotSeen)?;
        let (incarnation, seq) = (incarnation.parse().ok(), seq.parse().ok());
        let (incarnation, seq) = (incarnation.ok_or(NotSeen)?, seq.ok_or(NotSeen)?);
        Ok(Self::Move(Seat { incarnation: Incarnation(incarnation), seq }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_seen_reads_back() {
        let seat = Seat { incarnation: Incarnation(1 << 40), seq: 7 };
        for saw in [Saw::Move(seat), Saw::Stage(Stage::HandedIn)] {
            assert_eq!(saw.to_string().parse(), Ok(saw));
        }
        assert_eq!("khác".parse::<Saw>(), Err(NotSeen));
    }
}
