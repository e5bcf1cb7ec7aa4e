//! The files that still have to travel, and which of them travels next. It knows neither disk nor network: it is told
//! what entries name, what the hub said and what became of a transfer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use truc_proto::id::Hash;
use truc_proto::limits;

/// Which way a file travels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// To the hub: an own entry names it.
    Up,
    /// From the hub.
    Down,
}

/// A file that has to travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    /// The file.
    pub hash: Hash,
    /// Which way.
    pub way: Way,
    /// Its size as the entry says, bytes.
    pub size: u64,
    /// Urgency of the entry, 0 to 4.
    pub urgency: u8,
    /// Position of the entry in this store's journal.
    pub position: u64,
    /// It is an own entry.
    pub own: bool,
}

impl Load {
    /// Smaller travels first: by urgency, then size, then age.
    fn rank(&self) -> (u8, u64, u64) {
        (u8::MAX - self.urgency, self.size, self.position)
    }

    /// Whether this one makes a transfer under way stop for it: what was carried of that stays, but not for nothing.
    fn overtakes(&self, under_way: &Self) -> bool {
        self.urgency > under_way.urgency
            || self.urgency == under_way.urgency && self.size <= under_way.size / 8
    }
}

/// What is known of a file at the hub.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    /// Nothing: the hub is asked from that moment on.
    Ask(Duration),
    /// It can travel.
    Goes,
}

#[derive(Debug)]
struct Waiting {
    load: Load,
    known: Known,
    /// Before the next try after the next failure.
    pause: Duration,
    /// The hub is being asked, or it is travelling.
    busy: bool,
    /// Meanwhile the hub has said that it is whole.
    ready: bool,
}

/// What became of a transfer or a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is where it belongs.
    Done,
    /// The hub says that it can travel now.
    Goes,
    /// Not now.
    Later,
    /// It made room for another one, or the line ended.
    Stopped,
}

/// Everything that waits. Times are of a clock that only goes on.
#[derive(Debug, Default)]
pub struct Freight {
    waiting: HashMap<(Hash, Way), Waiting>,
}

impl Freight {
    /// Adds a file. Of several entries that name it, the most urgent counts.
    pub fn add(&mut self, load: Load, now: Duration) {
        let new = Waiting {
            load,
            known: Known::Ask(now),
            pause: limits::FILE_PAUSE_FIRST,
            busy: false,
            ready: false,
        };
        let waiting = self.waiting.entry((load.hash, load.way)).or_insert(new);
        waiting.load.urgency = waiting.load.urgency.max(load.urgency);
        waiting.load.position = waiting.load.position.min(load.position);
        waiting.load.own |= load.own;
        // A new entry is a new reason to ask.
        if let Known::Ask(_) = waiting.known {
            waiting.known = Known::Ask(now);
        }
    }

    /// Number of files that wait, up and down.
    pub fn counts(&self) -> (u64, u64) {
        let up = self.waiting.keys().filter(|(_, way)| *way == Way::Up).count();
        (up as u64, (self.waiting.len() - up) as u64)
    }

    /// The position before which no file of an own entry waits any more; none: none waits.
    pub fn unsent_from(&self) -> Option<u64> {
        self.waiting.values().filter(|waiting| waiting.load.own).map(|waiting| waiting.load.position).min()
    }

    /// The files to ask the hub about now, the first to travel first.
    pub fn ask(&mut self, now: Duration) -> Vec<Load> {
        let due = |waiting: &&mut Waiting| {
            !waiting.busy && matches!(waiting.known, Known::Ask(from) if from <= now)
        };
        let mut due: Vec<&mut Waiting> = self.waiting.values_mut().filter(due).collect();
        due.sort_by_key(|waiting| waiting.load.rank());
        due.truncate(limits::FILES_ASKED);
        let mut asked = Vec::with_capacity(due.len());
        for waiting in due {
            waiting.busy = true;
            asked.push(waiting.load);
        }
        asked
    }

    /// The file that travels next in a lane. `under_way` travels now: then only one that overtakes it.
    pub fn next(&self, way: Way, under_way: Option<&Load>) -> Option<Load> {
        let goes = |waiting: &&Waiting| {
            waiting.load.way == way
                && !waiting.busy
                && waiting.known == Known::Goes
                && under_way.is_none_or(|under_way| waiting.load.overtakes(under_way))
        };
        self.waiting.values().filter(goes).map(|waiting| waiting.load).min_by_key(Load::rank)
    }

    /// It travels.
    pub fn begin(&mut self, load: &Load) {
        if let Some(waiting) = self.waiting.get_mut(&(load.hash, load.way)) {
            (waiting.busy, waiting.ready) = (true, false);
        }
    }

    /// What became of a question or of a transfer. Returns what waited, if it is done.
    pub fn end(&mut self, load: &Load, outcome: Outcome, now: Duration) -> Option<Load> {
        let key = (load.hash, load.way);
        let waiting = self.waiting.get_mut(&key)?;
        waiting.busy = false;
        match outcome {
            Outcome::Done => return self.waiting.remove(&key).map(|waiting| waiting.load),
            Outcome::Goes => (waiting.known, waiting.ready) = (Known::Goes, false),
            Outcome::Stopped => {}
            Outcome::Later if std::mem::take(&mut waiting.ready) => waiting.known = Known::Goes,
            Outcome::Later => {
                waiting.known = Known::Ask(now + waiting.pause);
                waiting.pause = (waiting.pause * 2).min(limits::FILE_PAUSE_MOST);
            }
        }
        None
    }

    /// The hub says that a file is whole there.
    pub fn ready(&mut self, hash: Hash) {
        if let Some(waiting) = self.waiting.get_mut(&(hash, Way::Down)) {
            waiting.pause = limits::FILE_PAUSE_FIRST;
            if waiting.busy { waiting.ready = true } else { waiting.known = Known::Goes }
        }
    }

    /// The hub is asked about all that waits in this direction, since it may know more than when it was asked last.
    pub fn ask_all(&mut self, way: Way, now: Duration) {
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.load.way == way) {
            if let Known::Ask(_) = waiting.known {
                waiting.known = Known::Ask(now);
                waiting.pause = limits::FILE_PAUSE_FIRST;
            }
        }
    }

    /// The hub is asked about the own files that have waited longest: it takes entries in their order.
    pub fn ask_oldest(&mut self, most: usize, now: Duration) {
        let up = |waiting: &&mut Waiting| waiting.load.way == Way::Up && waiting.known != Known::Goes;
        let mut up: Vec<&mut Waiting> = self.waiting.values_mut().filter(up).collect();
        up.sort_by_key(|waiting| waiting.load.position);
        for waiting in up.into_iter().take(most) {
            (waiting.known, waiting.pause) = (Known::Ask(now), limits::FILE_PAUSE_FIRST);
        }
    }

    /// Forgets what waits in a direction, to be told of it again.
    pub fn forget(&mut self, way: Way) {
        self.waiting.retain(|(_, one), _| *one != way);
    }

    /// When something is due; none: nothing before something happens.
    pub fn due(&self) -> Option<Duration> {
        let idle = self.waiting.values().filter(|waiting| !waiting.busy);
        idle.filter_map(|waiting| match waiting.known {
            Known::Ask(from) => Some(from),
            // It goes as soon as its lane is free.
            Known::Goes => None,
        })
        .min()
    }
}

/// What the session hears that concerns files, for the carrier. Bounded: what does not fit is asked for instead.
#[derive(Clone, Debug, Default)]
pub struct FileNews(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    news: Mutex<News>,
    some: Notify,
}

/// What was heard since the carrier last looked.
#[derive(Debug, Default)]
pub struct News {
    /// The hub asked for what it may lack: it may have lost files.
    pub refill: bool,
    /// The hub has receipted own entries, so it may want their files now.
    pub receipt: bool,
    /// Files that are whole at the hub.
    pub ready: HashSet<Hash>,
    /// More files are whole than were noted.
    pub more: bool,
}

impl FileNews {
    fn news(&self) -> MutexGuard<'_, News> {
        self.0.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the carrier.
    pub fn tell(&self, say: impl FnOnce(&mut News)) {
        let mut news = self.news();
        say(&mut news);
        if news.ready.len() > limits::FILES_TOLD {
            news.ready.clear();
            news.more = true;
        }
        drop(news);
        self.0.some.notify_one();
    }

    /// Waits for news and takes them.
    pub async fn heard(&self) -> News {
        self.0.some.notified().await;
        std::mem::take(&mut *self.news())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn load(number: u8, way: Way, size: u64, urgency: u8) -> Load {
        Load { hash: Hash([number; 32]), way, size, urgency, position: number.into(), own: way == Way::Up }
    }

    /// What is asked about at a moment, by number.
    fn asked(freight: &mut Freight, now: Duration) -> Vec<u8> {
        freight.ask(now).iter().map(|load| load.hash.0[0]).collect()
    }

    #[test]
    fn the_urgent_goes_first_then_the_small() {
        let mut freight = Freight::default();
        let loads = [load(1, Way::Up, 60 << 20, 0), load(2, Way::Up, 200, 0), load(3, Way::Up, 9 << 20, 3)];
        for one in loads {
            freight.add(one, NOW);
        }
        assert_eq!(asked(&mut freight, NOW), [3, 2, 1]);
        assert_eq!(freight.next(Way::Up, None), None, "nothing goes before the hub wants it");
        for one in &loads {
            freight.end(one, Outcome::Goes, NOW);
        }
        assert_eq!(freight.next(Way::Up, None), Some(loads[2]));
        assert_eq!(freight.next(Way::Down, None), None, "each direction has its own lane");
        // Under way, only what is more urgent or much smaller makes it stop.
        freight.begin(&loads[0]);
        assert_eq!(freight.next(Way::Up, Some(&loads[0])), Some(loads[2]));
        freight.end(&loads[2], Outcome::Done, NOW);
        assert_eq!(freight.next(Way::Up, Some(&loads[0])), Some(loads[1]));
        freight.end(&loads[1], Outcome::Done, NOW);
        let half = load(4, Way::Up, 30 << 20, 0);
        freight.add(half, NOW);
        freight.end(&half, Outcome::Goes, NOW);
        assert_eq!(freight.next(Way::Up, Some(&loads[0])), None);
        freight.end(&loads[0], Outcome::Stopped, NOW);
        assert_eq!(freight.next(Way::Up, None), Some(half));
    }

    #[test]
    fn each_file_has_its_own_pause() {
        let mut freight = Freight::default();
        let (dead, good) = (load(1, Way::Down, 1, 0), load(2, Way::Down, 2, 0));
        freight.add(dead, NOW);
        let mut now = NOW;
        for _ in 0..20 {
            assert_eq!(asked(&mut freight, now), [1]);
            freight.end(&dead, Outcome::Later, now);
            now = freight.due().unwrap_or_default();
        }
        assert!(now - NOW < 15 * limits::FILE_PAUSE_MOST, "it is asked for at least so often");
        freight.add(good, NOW);
        assert_eq!(freight.due(), Some(NOW), "a new one does not wait for it");
        assert_eq!(asked(&mut freight, NOW), [2]);
        freight.add(load(3, Way::Down, 3, 0), NOW);
        freight.end(&good, Outcome::Later, NOW);
        assert_eq!(asked(&mut freight, NOW), [3], "nor does one that waits beside it");
    }

    #[test]
    fn what_the_hub_says_is_whole_is_fetched_at_once_even_if_it_says_so_meanwhile() {
        let mut freight = Freight::default();
        let file = load(1, Way::Down, 1, 0);
        freight.ready(file.hash);
        freight.add(file, NOW);
        assert_eq!(asked(&mut freight, NOW), [1]);
        // The answer left the hub before the file was whole, and came after the word that it is.
        freight.ready(file.hash);
        freight.end(&file, Outcome::Later, NOW);
        assert_eq!(freight.next(Way::Down, None), Some(file));
        freight.begin(&file);
        freight.end(&file, Outcome::Later, NOW);
        assert_eq!(freight.next(Way::Down, None), None);
        freight.ready(file.hash);
        assert_eq!(freight.next(Way::Down, None), Some(file));
        freight.begin(&file);
        freight.end(&file, Outcome::Done, NOW);
        assert_eq!(freight.counts(), (0, 0));
    }

    #[test]
    fn a_receipt_makes_the_hub_be_asked_again() {
        let mut freight = Freight::default();
        let (old, new) = (load(3, Way::Up, 1, 0), load(7, Way::Up, 1, 0));
        for one in [old, new] {
            freight.add(one, NOW);
        }
        assert_eq!(freight.unsent_from(), Some(3));
        assert_eq!(freight.ask(NOW).len(), 2);
        for one in [old, new] {
            freight.end(&one, Outcome::Later, NOW);
        }
        assert!(freight.ask(NOW).is_empty());
        freight.ask_oldest(1, NOW);
        assert_eq!(asked(&mut freight, NOW), [3]);
        freight.end(&old, Outcome::Later, NOW);
        freight.ask_all(Way::Up, NOW);
        assert_eq!(freight.ask(NOW).len(), 2);
        freight.end(&old, Outcome::Done, NOW);
        assert_eq!(freight.unsent_from(), Some(7));
    }

    #[tokio::test]
    async fn news_are_bounded_and_none_is_lost() {
        let news = FileNews::default();
        for number in 0..=limits::FILES_TOLD as u32 {
            let mut hash = Hash::ZERO;
            hash.0[..4].copy_from_slice(&number.to_be_bytes());
            news.tell(|news| {
                news.ready.insert(hash);
            });
        }
        let heard = news.heard().await;
        assert!(heard.ready.is_empty() && heard.more && !heard.refill);
        news.tell(|news| news.refill = true);
        assert!(news.heard().await.refill);
    }
}
