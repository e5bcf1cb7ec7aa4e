//! The lines of the registers, cell by cell, as they are shown, exported and printed: văn bản đến, văn bản mật đến, đơn thư,
//! chuyển giao, nhiệm vụ. Each is a function of what was said up to a moment and of the house; the words are the catalogue's.

mod incoming;
mod petitions;
mod tasks;

use strum::{EnumString, IntoStaticStr, VariantArray};

pub use incoming::{Incoming, Task, incoming, secret};
pub use petitions::{PetitionLine, petition, transfer};
pub use tasks::{TaskLine, task};

use crate::date::Date;
use crate::house::House;
use crate::record::assignment::{Stage, Work};
use crate::time::Hlc;

/// Which register.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Register {
    /// Sổ đăng ký văn bản đến.
    Incoming,
    /// Sổ tiếp nhận đơn thư.
    Petitions,
    /// Sổ chuyển giao văn bản.
    Transfers,
    /// Sổ đăng ký văn bản mật đến.
    Secret,
    /// Sổ theo dõi nhiệm vụ.
    Tasks,
}

/// A column: the key of its head in the catalogue, and its width on paper, millimetres.
pub type Column = (&'static str, u32);

impl Register {
    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Incoming => &[
                ("reg-came", 18),
                ("cli-arrival", 13),
                ("reg-author", 26),
                ("reg-number", 28),
                ("register-issued", 18),
                ("reg-title", 50),
                ("register-taker", 32),
                ("reg-given", 18),
                ("reg-signed", 22),
                ("reg-due", 18),
                ("cli-note", 24),
            ],
            Self::Petitions => &[
                ("reg-came", 18),
                ("register-figure", 12),
                ("register-sender", 48),
                ("register-summary", 62),
                ("register-class", 24),
                ("register-road", 42),
                ("register-limit", 18),
                ("register-result", 43),
            ],
            Self::Transfers => {
                &[("reg-given", 25), ("reg-number", 40), ("register-to", 70), ("reg-signed", 45)]
            }
            Self::Secret => &[
                ("reg-came", 18),
                ("cli-arrival", 13),
                ("reg-author", 42),
                ("reg-number", 30),
                ("register-issued", 18),
                ("register-level", 22),
                ("reg-title", 60),
                ("register-person", 36),
                ("reg-signed", 28),
            ],
            Self::Tasks => &[
                ("register-task", 58),
                ("register-basis", 30),
                ("work-lead", 32),
                ("work-helping", 32),
                ("register-leader", 28),
                ("register-dues", 30),
                ("work-product", 16),
                ("register-state", 25),
                ("register-verdict", 16),
            ],
        }
    }

    /// Whether it is printed upright; the others lie.
    pub fn is_upright(self) -> bool {
        self == Self::Transfers
    }
}

/// The catalogue, as far as cells need it.
pub trait Words {
    /// The words of a key.
    fn say(&self, key: &str, args: &[(&str, &str)]) -> String;
    /// The name of a document type by its code, as it begins a cell; the code itself if it is unknown.
    fn document_type(&self, code: &str) -> String;
}

/// A cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A figure of a book, with at least so many digits.
    Figure(u32, usize),
    /// A day; none: empty.
    Day(Option<Date>),
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As it is printed.
    pub fn printed(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Figure(figure, digits) => format!("{figure:0digits$}"),
            Self::Day(day) => day.map(long).unwrap_or_default(),
        }
    }
}

/// `18/11/2026`.
fn long(day: Date) -> String {
    format!("{}/{:04}", short(day), day.civil().year())
}

/// `18/11`.
fn short(day: Date) -> String {
    let day = day.civil();
    format!("{:02}/{:02}", day.day(), day.month())
}

fn day(time: Hlc) -> Date {
    crate::record::assignment::due::day(time.millis() as i64)
}

/// The work that stands in a register for a part: of those that were neither withdrawn nor kept, the newest.
fn root<'a>(works: &[&'a Work]) -> Option<&'a Work> {
    let counts = |work: &&&Work| !matches!(work.stage, Stage::Proposed | Stage::Withdrawn | Stage::Kept);
    works.iter().filter(counts).max_by_key(|work| work.given).copied()
}

/// Who a work was given to, named as of that day; people of another body with its name.
fn taker(house: &House, work: &Work) -> String {
    let given = day(work.given);
    let name = house.name(&work.lead, given);
    let unit = house.is_guest(&work.lead, given).then(|| house.units_of(&work.lead, given).next()).flatten();
    unit.map_or_else(|| name.to_owned(), |unit| format!("{}: {name}", house.name(unit, given)))
}

/// Ký nhận: who took a work, and when; nothing while nobody has.
fn signed(house: &House, work: &Work) -> String {
    let taken = work.taken.map(day);
    taken.map_or_else(String::new, |day| format!("{} {}", house.name(&work.taker, day), short(day)))
}
