//! Rows of lists of works: what pages, files and answers of commands say of a work or of a part of a paper.

use serde::Serialize;
use truc_proto::date::Date;
use truc_proto::house::House;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::paper::Due;
use truc_proto::record::assignment::Work;
use truc_proto::record::assignment::due::{Lateness, told};

use crate::derive::views::asked::Stands;
use crate::derive::views::kinds::assignment::WorkRow;
use crate::words::{self, Lang};

/// Which rows of a list are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// So many are left out before them.
    pub from: usize,
    /// At most so many.
    pub most: usize,
}

impl Cut {
    /// All.
    pub const ALL: Self = Self { from: 0, most: usize::MAX };

    /// Those of a page, the first being 1.
    pub fn page(page: usize) -> Self {
        Self { from: page.saturating_sub(1).saturating_mul(limits::WORKS_PAGE), most: limits::WORKS_PAGE }
    }

    /// The wanted ones of all.
    pub fn of<A, T>(self, all: Vec<A>, row: impl FnMut(A) -> T) -> Found<T> {
        let count = all.len();
        Found { rows: all.into_iter().skip(self.from).take(self.most).map(row).collect(), all: count }
    }
}

/// The rows of a list that are wanted.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub all: usize,
}

/// A work in a list.
#[derive(Clone, Debug, Serialize)]
pub struct TaskRow {
    /// The work.
    #[serde(flatten)]
    pub row: WorkRow,
    /// Who has it; empty: nobody.
    pub holder: String,
    /// Why nobody has it; empty: somebody has.
    pub why: &'static str,
    /// On whose page it stands; empty: nobody's, for it is a proposal or has ended.
    pub page: String,
    /// Who confirms it now.
    pub confirms: String,
    /// How whoever asked for it ended it; empty: it is still asked for.
    pub over: &'static str,
    /// The outer date as people write it, where it is earlier than its own and nobody said why; empty: it is not.
    pub outer: String,
    /// Its paper is secret: nothing is said of it.
    pub secret: bool,
    /// How late it is; none: it has no date, or nobody works on it, or nobody asks for it any more.
    pub lateness: Option<Late>,
    /// Its date as people write it; empty: none.
    pub due_text: String,
    /// Why it stands in the list; empty: the list says it.
    pub section: &'static str,
    /// The later date that is asked for, as people write it, where that is what waits.
    pub until: String,
    /// What is said beside it.
    pub beside: Option<Said>,
    /// It is done for a petition that the acting account does not see: its words are left out.
    pub masked: bool,
}

/// A work without the words in it.
pub(super) fn without_words(work: Work) -> Work {
    Work {
        content: String::new(),
        remark: String::new(),
        result: String::new(),
        beyond: String::new(),
        changes: Vec::new(),
        contributions: Vec::new(),
        back: work.back.map(|_| String::new()),
        asked: None,
        ..work
    }
}

/// What is said beside a line, as a catalogue key and a name.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// The key.
    pub key: String,
    /// Whom it names; empty: nobody.
    pub who: String,
}

/// How late a work is, as a catalogue key and a figure.
#[derive(Clone, Debug, Serialize)]
pub struct Late {
    /// The key.
    pub key: &'static str,
    /// The figure.
    pub n: u32,
    /// The date, where it is named.
    pub since: String,
    /// Whether the date has passed.
    pub late: bool,
}

impl Late {
    /// Of a date at a moment, Unix milliseconds.
    pub fn of(house: &House, due: Due, now: i64) -> Self {
        let (key, n) = match Lateness::of(house, due, now) {
            Lateness::Left(days) => ("work-left", days),
            Lateness::Today => ("work-today", 0),
            Lateness::Days(days) => ("work-late-days", days),
            Lateness::Minutes(minutes) => ("work-late-minutes", minutes),
            Lateness::Hours(hours) => ("work-late-hours", hours),
            Lateness::Since(_) => ("work-late-since", 0),
        };
        let today = Date::of_millis(now).unwrap_or(Date::LAST);
        Self { key, n, since: told(house, due, today), late: now > due.0 }
    }

    /// In words.
    pub fn said(&self, lang: Lang) -> String {
        words::say(lang, self.key, &[("n", self.n.into()), ("since", self.since.as_str().into())])
    }
}

impl Said {
    /// In words.
    pub fn said(&self, lang: Lang) -> String {
        words::say(lang, &self.key, &[("who", self.who.as_str().into())])
    }
}

/// A part of a paper in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PartRow {
    /// The paper's record.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// Task or item; empty: the paper itself.
    pub part: String,
    /// As people call it.
    pub name: String,
    /// What is asked; empty where it is masked.
    pub content: String,
    /// It is a petition that the acting account does not see.
    pub masked: bool,
    /// The outer date as people write it, of a petition until when it is to be decided; empty: none.
    pub due_text: String,
    /// How late it is; none: no date is named.
    pub lateness: Option<Late>,
    /// Where it stands.
    pub stands: Stands,
    /// Its work.
    pub root: Option<TaskRow>,
    /// The proposal for it.
    pub proposal: Option<TaskRow>,
    /// The word that it asks for no work.
    pub kept: Option<TaskRow>,
}

/// A paper or petition that somebody else is to answer.
#[derive(Clone, Debug, Serialize)]
pub struct TransferRow {
    /// The record.
    pub record: RecordId,
    /// The unit or body that owes the answer.
    pub from: String,
    /// What it is called.
    pub name: String,
    /// Number of the transfer slip.
    pub paper: String,
    /// Until when.
    pub due: Due,
    /// The same as people write it.
    pub due_text: String,
    /// How late it is.
    pub lateness: Late,
    /// The acting account does not see what it is.
    pub masked: bool,
}

/// What stands where it should not.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OrphanRow {
    /// The work or paper.
    pub record: RecordId,
    /// What it is about.
    pub content: String,
    /// What is wrong.
    pub wrong: &'static str,
}
