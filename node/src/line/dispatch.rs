//! The dispatcher: decides when the entries are looked at for files, what the hub is asked, and which file travels. It
//! knows neither disk nor network: it is told what was found, answered and carried, and what the session hears.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use truc_proto::id::Hash;
use truc_proto::limits;

use crate::line::freight::{Freight, Load, News, Outcome, Way};

/// Own files that are asked about when the hub has receipted entries.
const RECEIPTED: usize = 50;

/// How far the hub has all files of own entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Carried {
    /// What the hub's memory of who brought which file is called.
    pub memory: u64,
    /// Number of files that this office has brought, as the hub said last.
    pub brought: u64,
    /// Position in this store's journal up to which it has them.
    pub position: u64,
}

/// A file that an entry names, as a look at the store found it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The file.
    pub hash: Hash,
    /// Its size as the entry says, bytes.
    pub size: u64,
    /// Urgency of the entry, 0 to 4.
    pub urgency: u8,
    /// Position of the entry in this store's journal.
    pub position: u64,
    /// It is an own entry.
    pub own: bool,
    /// All of the file is here.
    pub whole: bool,
}

/// What the hub has of a file that it was asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AtHub {
    /// The hub has it, and this office may fetch it.
    pub whole: bool,
    /// This office is to bring it.
    pub wanted: bool,
}

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What the hub's memory of who brought which file is called.
    pub memory: u64,
    /// Number of files that this office has brought.
    pub brought: u64,
    /// What the hub has, in the order of the question. What is missing at the end counts as not there.
    pub files: Vec<AtHub>,
}

/// What became of a file that travelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// The hub has it, and says how many files this office has brought.
    Brought(u64),
    /// It is here.
    Fetched,
    /// It was to go up, and is not on this disk.
    Absent,
    /// Not now.
    Later,
}

/// What is known of the files that entries name, and what is under way. Times are of a clock that only goes on.
#[derive(Debug)]
pub struct Dispatcher {
    freight: Freight,
    /// The file of an entry up to which everything is known to `freight`.
    seen: (u64, Hash),
    /// Which views were looked at; none: there was no look.
    views: Option<u64>,
    carried: Carried,
    /// When to look at the entries; none: nothing is new in them.
    look: Option<Duration>,
    /// They are being looked at.
    looking: bool,
    look_pause: Duration,
    /// There is a line.
    line: bool,
    /// The hub has not been asked anything since the line is up.
    greets: bool,
    asked: Option<Vec<Load>>,
    up: Option<Load>,
    down: Option<Load>,
}

impl Dispatcher {
    /// Begins with what was noted of how far the hub has all own files.
    pub fn new(carried: Carried) -> Self {
        Self {
            freight: Freight::default(),
            seen: (0, Hash::ZERO),
            views: None,
            carried,
            look: Some(Duration::ZERO),
            looking: false,
            look_pause: limits::BACKOFF_FIRST,
            line: false,
            greets: false,
            asked: None,
            up: None,
            down: None,
        }
    }

    /// There may be new entries.
    pub fn news(&mut self, now: Duration) {
        self.look = self.look.or(Some(now));
    }

    /// Begins a look at the files after the returned one, if it is time; see [`Dispatcher::looked`].
    pub fn look(&mut self, now: Duration) -> Option<(u64, Hash)> {
        if self.looking || self.look.is_none_or(|at| at > now) {
            return None;
        }
        (self.look, self.looking) = (None, true);
        Some(self.seen)
    }

    /// Whether the look that was begun still counts: one that left own files out does not.
    pub fn is_looking(&self) -> bool {
        self.looking
    }

    /// A look at the views that bear this number found these files, in the order of their entries; `more`: there may be
    /// more after them.
    pub fn looked(&mut self, found: &[Found], views: u64, more: bool, now: Duration) {
        self.looking = false;
        self.look_pause = limits::BACKOFF_FIRST;
        if self.views.replace(views).is_some_and(|before| before != views) {
            // Entries are gone, with those of a paper that was destroyed: their files are not wanted any more, and the
            // one that comes may be one of them.
            self.freight.forget(Way::Down);
            self.down = None;
            self.seen = (0, Hash::ZERO);
            self.look = Some(now);
            return;
        }
        if more {
            self.look = Some(now);
        }
        for file in found {
            self.seen = self.seen.max((file.position, file.hash));
            let way = match (file.own, file.whole) {
                (true, true) if file.position > self.carried.position => Way::Up,
                (_, true) => continue,
                (_, false) => Way::Down,
            };
            let Found { hash, size, urgency, position, own, .. } = *file;
            self.freight.add(Load { hash, way, size, urgency, position, own }, now);
        }
    }

    /// The entries could not be read. Returns the pause before the next look.
    pub fn look_failed(&mut self, now: Duration) -> Duration {
        let pause = self.look_pause;
        self.looking = false;
        self.look = Some(now + pause);
        self.look_pause = (pause * 2).min(limits::BACKOFF_CAP);
        pause
    }

    /// There is another line, or none: whatever was under way stops, and goes on where it was.
    pub fn line_is(&mut self, line: bool, now: Duration) {
        let travelled = self.up.take().into_iter().chain(self.down.take());
        for load in travelled.chain(self.asked.take().unwrap_or_default()) {
            self.freight.end(&load, Outcome::Stopped, now);
        }
        (self.line, self.greets) = (line, line);
        for way in [Way::Up, Way::Down] {
            self.freight.ask_all(way, now);
        }
    }

    /// The session has heard something.
    pub fn heard(&mut self, news: News, now: Duration) {
        if news.refill {
            self.look_from_the_start(now);
        }
        if news.receipt {
            self.freight.ask_oldest(RECEIPTED, now);
        }
        for hash in news.ready {
            self.freight.ready(hash);
        }
        if news.more {
            self.freight.ask_all(Way::Down, now);
        }
    }

    /// Looks at all own files again: the hub may have lost some.
    fn look_from_the_start(&mut self, now: Duration) {
        self.carried.position = 0;
        self.seen = (0, Hash::ZERO);
        self.freight.forget(Way::Up);
        // What is being read leaves own files out.
        self.looking = false;
        self.look = Some(now);
    }

    /// Begins a question to the hub, if there is one: what it has of these files. The first on a line may name none, and
    /// asks only what its memory is called.
    pub fn ask(&mut self, now: Duration) -> Option<&[Load]> {
        if !self.line || self.asked.is_some() {
            return None;
        }
        let loads = self.freight.ask(now);
        if !std::mem::take(&mut self.greets) && loads.is_empty() {
            return None;
        }
        Some(self.asked.insert(loads))
    }

    /// The hub has answered the question under way, or none: it was not to be asked.
    pub fn answered(&mut self, answer: Option<Answer>, now: Duration) {
        let loads = self.asked.take().unwrap_or_default();
        let files = match answer {
            Some(Answer { memory, brought, files }) => {
                self.remembers(memory, brought, now);
                files
            }
            None => Vec::new(),
        };
        for (number, load) in loads.iter().enumerate() {
            let at_hub = files.get(number).copied().unwrap_or_default();
            let outcome = match load.way {
                Way::Up if at_hub.wanted => Outcome::Goes,
                Way::Up if at_hub.whole => Outcome::Done,
                Way::Down if at_hub.whole => Outcome::Goes,
                _ => Outcome::Later,
            };
            self.freight.end(load, outcome, now);
        }
    }

    /// The hub has said what its memory is called and how many files this office has brought. With another name it says
    /// itself that it may have forgotten some; fewer files show that it has, though it does not know.
    fn remembers(&mut self, memory: u64, brought: u64, now: Duration) {
        if memory != self.carried.memory || brought < self.carried.brought {
            self.look_from_the_start(now);
        }
        (self.carried.memory, self.carried.brought) = (memory, brought);
    }

    /// The file that begins to travel in a lane; what travelled there makes room for it.
    pub fn set_off(&mut self, way: Way, now: Duration) -> Option<Load> {
        let lane = match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        };
        if !self.line {
            return None;
        }
        let load = self.freight.next(way, lane.as_ref())?;
        if let Some(stopped) = lane.replace(load) {
            self.freight.end(&stopped, Outcome::Stopped, now);
        }
        self.freight.begin(&load);
        Some(load)
    }

    /// Whether a file travels in a lane; the shell lets go of one that does not.
    pub fn travels(&self, way: Way) -> bool {
        match way {
            Way::Up => self.up.is_some(),
            Way::Down => self.down.is_some(),
        }
    }

    /// What became of the file that travelled in a lane.
    pub fn arrived(&mut self, way: Way, arrival: Arrival, now: Duration) {
        let lane = match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        };
        let Some(load) = lane.take() else { return };
        match arrival {
            Arrival::Brought(brought) => {
                self.freight.end(&load, Outcome::Done, now);
                self.remembers(self.carried.memory, brought, now);
            }
            Arrival::Fetched => {
                let there = self.freight.end(&load, Outcome::Done, now);
                // An own entry passes on only what its author has brought, or had been sent before. A hub that was
                // rebuilt does not know that this office brought it once.
                if let Some(load) = there.filter(|load| load.own) {
                    self.freight.add(Load { way: Way::Up, ..load }, now);
                }
            }
            // A machine that lost its disk gets its files back from the hub.
            Arrival::Absent => {
                self.freight.end(&load, Outcome::Done, now);
                self.freight.add(Load { way: Way::Down, ..load }, now);
            }
            Arrival::Later => {
                self.freight.end(&load, Outcome::Later, now);
            }
        }
    }

    /// When something is due by itself; none: nothing before something happens.
    pub fn due(&self) -> Option<Duration> {
        let look = self.look.filter(|_| !self.looking);
        look.into_iter().chain(self.ask_due()).min()
    }

    /// When the hub is asked next.
    pub fn ask_due(&self) -> Option<Duration> {
        self.freight.due().filter(|_| self.line && self.asked.is_none())
    }

    /// Number of files that wait, up and down.
    pub fn counts(&self) -> (u64, u64) {
        self.freight.counts()
    }

    /// How far the hub has all own files, and whether some of them wait: then it will be further soon.
    pub fn carried(&mut self) -> (Carried, bool) {
        let unsent = self.freight.unsent_from();
        // Of the entry that was seen last, some files may not have been.
        let upto = unsent.unwrap_or(u64::MAX).min(self.seen.0).saturating_sub(1);
        self.carried.position = self.carried.position.max(upto);
        (self.carried, unsent.is_some())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn found(number: u8, own: bool, whole: bool) -> Found {
        let position = number.into();
        Found { hash: Hash([number; 32]), size: 1, urgency: 0, position, own, whole }
    }

    fn answer(memory: u64, files: &[AtHub]) -> Option<Answer> {
        Some(Answer { memory, brought: 3, files: files.to_vec() })
    }

    fn numbers(loads: Option<&[Load]>) -> Option<Vec<u8>> {
        loads.map(|loads| loads.iter().map(|load| load.hash.0[0]).collect())
    }

    /// A dispatcher whose line is up, that has asked the hub about own file 1 and another's file 2.
    fn asked() -> Dispatcher {
        let mut dispatcher = Dispatcher::new(Carried { memory: 7, brought: 3, position: 0 });
        assert_eq!(dispatcher.look(NOW), Some((0, Hash::ZERO)));
        let files = [found(1, true, true), found(2, false, false), found(3, false, true)];
        dispatcher.looked(&files, 0, false, NOW);
        dispatcher.line_is(true, NOW);
        assert_eq!(numbers(dispatcher.ask(NOW)), Some(vec![1, 2]));
        assert!(dispatcher.ask(NOW).is_none(), "one question at a time");
        dispatcher
    }

    #[test]
    fn a_hub_that_may_have_forgotten_is_asked_about_all_own_files() {
        let mut dispatcher = asked();
        let (here, wanted) = (AtHub { whole: true, wanted: false }, AtHub { whole: false, wanted: true });
        dispatcher.answered(answer(7, &[here, here]), NOW);
        assert_eq!(dispatcher.carried(), (Carried { memory: 7, brought: 3, position: 2 }, false));
        assert!(dispatcher.look(NOW).is_none() && dispatcher.set_off(Way::Up, NOW).is_none());
        assert_eq!(dispatcher.set_off(Way::Down, NOW).unwrap().hash.0[0], 2);
        // The line breaks; the hub was put back meanwhile.
        dispatcher.line_is(false, NOW);
        assert!(dispatcher.set_off(Way::Down, NOW).is_none() && dispatcher.ask(NOW).is_none());
        dispatcher.line_is(true, NOW);
        assert!(dispatcher.set_off(Way::Down, NOW).is_some(), "it goes on");
        assert_eq!(numbers(dispatcher.ask(NOW)), Some(vec![]), "what is its memory called?");
        dispatcher.news(NOW);
        assert!(dispatcher.look(NOW).is_some());
        dispatcher.answered(answer(8, &[]), NOW);
        assert!(!dispatcher.is_looking(), "what is being read leaves own files out");
        assert_eq!(dispatcher.look(NOW), Some((0, Hash::ZERO)));
        dispatcher.looked(&[found(1, true, true)], 0, false, NOW);
        assert_eq!(numbers(dispatcher.ask(NOW)), Some(vec![1]));
        dispatcher.answered(answer(8, &[wanted]), NOW);
        assert_eq!(dispatcher.set_off(Way::Up, NOW).unwrap().hash.0[0], 1);
    }

    #[test]
    fn an_own_file_that_is_not_here_comes_from_the_hub() {
        let mut dispatcher = asked();
        let wanted = AtHub { whole: false, wanted: true };
        dispatcher.answered(answer(7, &[wanted]), NOW);
        assert!(dispatcher.set_off(Way::Up, NOW).is_some());
        dispatcher.arrived(Way::Up, Arrival::Absent, NOW);
        assert_eq!(dispatcher.counts(), (0, 2));
        assert_eq!(numbers(dispatcher.ask(NOW)), Some(vec![1]), "the other one waits for its pause");
        dispatcher.answered(answer(7, &[AtHub { whole: true, wanted: false }]), NOW);
        assert!(dispatcher.set_off(Way::Down, NOW).is_some());
        dispatcher.arrived(Way::Down, Arrival::Fetched, NOW);
        assert_eq!(dispatcher.counts(), (1, 1), "the hub may want it of this office all the same");
        assert_eq!(dispatcher.carried().0.position, 0);
    }

    /// It was put back with its memory, to a moment before it had the file; no entry is missing.
    #[test]
    fn a_hub_that_has_forgotten_without_knowing_gives_itself_away() {
        let mut dispatcher = asked();
        dispatcher.answered(answer(7, &[AtHub { whole: false, wanted: true }]), NOW);
        assert!(dispatcher.set_off(Way::Up, NOW).is_some());
        dispatcher.arrived(Way::Up, Arrival::Brought(4), NOW);
        assert!(dispatcher.look(NOW).is_none());
        dispatcher.line_is(true, NOW);
        assert!(dispatcher.ask(NOW).is_some());
        dispatcher.answered(answer(7, &[]), NOW);
        assert_eq!(dispatcher.look(NOW), Some((0, Hash::ZERO)));
        assert_eq!(dispatcher.carried().0, Carried { memory: 7, brought: 3, position: 0 });
    }

    #[test]
    fn what_no_entry_names_any_more_is_not_fetched() {
        let mut dispatcher = asked();
        let (here, wanted) = (AtHub { whole: true, wanted: false }, AtHub { whole: false, wanted: true });
        dispatcher.answered(answer(7, &[wanted, here]), NOW);
        assert_eq!(dispatcher.set_off(Way::Down, NOW).unwrap().hash.0[0], 2);
        assert_eq!(dispatcher.set_off(Way::Up, NOW).unwrap().hash.0[0], 1);
        // Its paper is destroyed while it travels: the views are made anew without it.
        dispatcher.news(NOW);
        assert!(dispatcher.look(NOW).is_some());
        dispatcher.looked(&[], 1, false, NOW);
        assert!(!dispatcher.travels(Way::Down) && dispatcher.travels(Way::Up));
        assert_eq!(dispatcher.look(NOW), Some((0, Hash::ZERO)));
        dispatcher.looked(&[found(1, true, true), found(4, false, false)], 1, false, NOW);
        // The transfer ends all the same, and the hub says that the file is there.
        dispatcher.arrived(Way::Down, Arrival::Later, NOW);
        let ready = [Hash([2; 32])].into();
        dispatcher.heard(News { ready, ..News::default() }, NOW);
        dispatcher.arrived(Way::Up, Arrival::Brought(3), NOW);
        assert_eq!(numbers(dispatcher.ask(NOW)), Some(vec![4]));
        assert_eq!(dispatcher.counts(), (0, 1));
    }

    #[test]
    fn a_question_that_fails_is_asked_again() {
        let mut dispatcher = asked();
        dispatcher.answered(None, NOW);
        assert!(dispatcher.ask(NOW).is_none());
        let due = dispatcher.due().unwrap();
        assert_eq!(due, NOW + limits::FILE_PAUSE_FIRST);
        assert_eq!(numbers(dispatcher.ask(due)), Some(vec![1, 2]));
        // So is a look, later each time.
        dispatcher.news(NOW);
        let mut pauses = Vec::new();
        let mut now = NOW;
        for _ in 0..20 {
            assert!(dispatcher.look(now).is_some());
            pauses.push(dispatcher.look_failed(now));
            now += *pauses.last().unwrap();
        }
        assert!(pauses.is_sorted() && pauses.last() == Some(&limits::BACKOFF_CAP));
    }
}
