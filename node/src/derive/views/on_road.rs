//! What a move of a draft is held against: the draft, the house, and the entries of the draft so far.
//!
//! The views say how they were. In the writer's turn the own moves that the views had not folded come on top, so of two who
//! act on one draft at the same time, the second is told of the first.

use rusqlite::Connection;
use truc_proto::date::Date;
use truc_proto::house::House;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::draft::bench::OnDay;
use truc_proto::record::draft::judge::{Setting, judge, settle};
use truc_proto::record::draft::refusal::Refusal;
use truc_proto::record::draft::{Act, Draft, KIND};
use truc_proto::record::{State, house};
use truc_proto::registry::{Registry, Tier};

use super::{Result, read, story};

/// What the views say.
#[derive(Clone, Debug)]
pub struct OnRoad {
    me: OfficeId,
    record: RecordId,
    house: Option<State>,
    draft: Option<State>,
    /// The draft that is to replace it, and its state.
    other: Option<(RecordId, Option<State>)>,
    /// Where the entries of the draft stand in the journal, as far as the views know them; read where it is issued.
    pub positions: Vec<u64>,
}

/// A strand with own moves on top that the views had not folded.
pub type Later<'a> = &'a dyn Fn(RecordId, u32, Option<State>) -> Option<State>;

impl OnRoad {
    /// What a move is held against, as of one moment.
    pub fn read(conn: &Connection, me: OfficeId, record: RecordId, act: &Act) -> Result<Self> {
        let other = match act {
            Act::Supersede(superseded) => {
                let other = read::strand(conn, superseded.draft, KIND.number, me)?;
                Some((superseded.draft, other))
            }
            _ => None,
        };
        let positions = match act {
            Act::Issue(_) => {
                story::of_own(conn, me, record, KIND.number)?.iter().map(|row| row.position).collect()
            }
            _ => Vec::new(),
        };
        Ok(Self {
            me,
            record,
            house: read::strand(conn, house::record(me), house::KIND.number, me)?,
            draft: read::strand(conn, record, KIND.number, me)?,
            other,
            positions,
        })
    }

    /// The same with own moves on top.
    #[must_use]
    pub fn with(mut self, later: Later<'_>) -> Self {
        self.house = later(house::record(self.me), house::KIND.number, self.house.take());
        self.draft = later(self.record, KIND.number, self.draft.take());
        self.other = self.other.take().map(|(record, state)| (record, later(record, KIND.number, state)));
        self
    }

    /// The draft.
    pub fn draft(&self) -> Option<&Draft> {
        match &self.draft {
            Some(State::Draft(strand)) => strand.draft.as_ref(),
            _ => None,
        }
    }

    /// Completes a move by what the house and the draft say, and says whether it may be made and what comes of it. `now`:
    /// Unix milliseconds; `open`: what is said is open.
    pub fn judge(
        &self,
        registry: &Registry,
        now: i64,
        open: bool,
        act: &mut Act,
    ) -> std::result::Result<Option<Refusal>, Refusal> {
        let house = house_of(self.house.as_ref());
        let bench = on_day(&house, registry, self.me, now);
        let other = self.other.as_ref().is_some_and(|(_, state)| state.is_some());
        let setting = Setting { bench: &bench, now, draft: self.draft(), open, other };
        settle(&setting, act);
        judge(&setting, act)
    }
}

/// The house of a state.
pub fn house_of(state: Option<&State>) -> House {
    match state {
        Some(State::House(strand)) => strand.house(),
        _ => House::default(),
    }
}

/// The house of an office on the day of a moment, Unix milliseconds.
pub fn on_day<'a>(house: &'a House, registry: &Registry, me: OfficeId, now: i64) -> OnDay<'a> {
    let tier = registry.tier(me).unwrap_or(Tier::Commune);
    OnDay { house, tier, day: Date::of_millis(now).unwrap_or(Date::LAST) }
}
