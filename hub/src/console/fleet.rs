//! Which machines need a person's attention, decided from facts alone.

use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::parts::{self, Mark};
use truc_proto::limits;
use truc_proto::record::duty::Thresholds;

use super::glance::Contact;
use crate::line::presence::MachineStatus;
use crate::line::quotas::{Denied, What};

/// A reason to attend to a machine; the most pressing first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// The machine does not continue the one met last: a person must say whether it is the right one.
    Question,
    /// So many of its entries were refused.
    Refused(u64),
    /// It has used up what it may bring of this kind in a day.
    Quota(What),
    /// Its credential was revoked, and it has no other.
    Revoked,
    /// Its certificate ends in so many days; 0: it ends within a day, or has ended.
    Certificate(u64),
    /// Its clock is off by so many milliseconds; negative: it is behind.
    Clock(i64),
    /// So many bytes of its disk are free.
    Disk(u64),
    /// It has been silent for longer than the time set for that.
    Silent,
    /// Its program is older than the hub's.
    Old(String),
    /// The office has never had a machine.
    Absent,
}

/// What is known of an office's machine.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// When it was last heard from, and whether it is enrolled.
    pub contact: Contact,
    /// The settings for "silent" and "soon".
    pub figures: Thresholds,
    /// What it last reported about itself since the hub started.
    pub seen: Option<&'a MachineStatus>,
    /// Whether it is connected now.
    pub connected: bool,
    /// When the certificate of its valid credential ends, Unix seconds; none: it has no valid credential.
    pub until: Option<u64>,
    /// How many of its entries were refused.
    pub refused: u64,
    /// What it was denied within the last day, because it has used up a quota.
    pub denied: &'a [Denied],
}

impl Machine<'_> {
    /// Whole days until the certificate ends; 0 also if it has ended.
    pub fn days(&self, now: i64) -> Option<u64> {
        let left = i64::try_from(self.until?).unwrap_or(i64::MAX).saturating_sub(now / 1000);
        Some(u64::try_from(left).unwrap_or(0) / 86_400)
    }

    /// All that the machine needs, the most pressing first. `now` is in Unix milliseconds.
    pub fn needs(&self, now: i64) -> Vec<Need> {
        if self.contact.absent() {
            return vec![Need::Absent];
        }
        let mut needs = Vec::new();
        let clock = limits::CLOCK_OFF.as_millis() as u64;
        let soon = limits::CERTIFICATE_SOON.as_secs() / 86_400;
        needs.extend(self.seen.filter(|seen| self.connected && seen.questioned).map(|_| Need::Question));
        needs.extend((self.refused > 0).then_some(Need::Refused(self.refused)));
        let day = limits::QUOTA_DAY.as_millis() as i64;
        let lately = |denied: &&Denied| now.saturating_sub(denied.last as i64) < day;
        let denied = self.denied.iter().filter(lately).max_by_key(|denied| denied.times);
        needs.extend(denied.map(|denied| Need::Quota(denied.what)));
        match self.days(now) {
            None => needs.push(Need::Revoked),
            Some(days) if days < soon => needs.push(Need::Certificate(days)),
            Some(_) => {}
        }
        if let Some(seen) = self.seen {
            let off = seen.clock_off.filter(|off| off.unsigned_abs() > clock);
            needs.extend(off.map(Need::Clock));
            needs.extend(seen.disk_free.filter(|free| *free < limits::DISK_LOW).map(Need::Disk));
        }
        needs.extend(self.contact.silent(self.figures, now).then_some(Need::Silent));
        let program = self.seen.map_or("", |seen| seen.program.as_str());
        needs.extend(older(program).map(|version| Need::Old(version.to_owned())));
        needs
    }
}

/// The version in a program's name (`truc-node 0.1.0`), if it is older than this program.
fn older(program: &str) -> Option<&str> {
    let version = program.rsplit(' ').next()?;
    let parts = |text: &str| -> Option<Vec<u64>> {
        let release = text.split(['-', '+']).next()?;
        release.split('.').map(|part| part.parse().ok()).collect()
    };
    (parts(version)? < parts(env!("CARGO_PKG_VERSION"))?).then_some(version)
}

impl Need {
    /// Names of the kinds of need, for filters; the most pressing first.
    pub const KINDS: [&'static str; 9] =
        ["question", "refused", "quota", "certificate", "clock", "disk", "silent", "old", "absent"];

    /// The name of this need's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Refused(_) => "refused",
            Self::Quota(_) => "quota",
            Self::Revoked | Self::Certificate(_) => "certificate",
            Self::Clock(_) => "clock",
            Self::Disk(_) => "disk",
            Self::Silent => "silent",
            Self::Old(_) => "old",
            Self::Absent => "absent",
        }
    }

    /// How it is shown: red only if something has already gone wrong.
    pub fn mark(&self) -> Mark {
        match self {
            Self::Question | Self::Refused(_) | Self::Quota(_) | Self::Revoked | Self::Certificate(0) => {
                Mark::Late
            }
            Self::Certificate(_) | Self::Clock(_) | Self::Disk(_) => Mark::Soon,
            Self::Silent => Mark::Unknown,
            Self::Old(_) | Self::Absent => Mark::None,
        }
    }

    /// The need in words.
    pub fn said(&self, visit: &Visit) -> String {
        match self {
            Self::Question => visit.word("fleet-question"),
            Self::Refused(count) => tell!(visit, "fleet-refused", count = *count),
            Self::Quota(what) => {
                tell!(visit, "fleet-quota", what = visit.word(&format!("quota-{}", what.name())))
            }
            Self::Revoked => visit.word("fleet-revoked"),
            Self::Certificate(0) => visit.word("fleet-expired"),
            Self::Certificate(days) => tell!(visit, "fleet-certificate", count = *days),
            Self::Clock(off) => {
                let off = i64::try_from(off.unsigned_abs()).unwrap_or(i64::MAX);
                tell!(visit, "fleet-clock", time = visit.clock().span(off))
            }
            Self::Disk(free) => tell!(visit, "fleet-disk", size = parts::size(visit.lang, *free)),
            Self::Silent => visit.word("fleet-silent"),
            Self::Old(version) => tell!(visit, "fleet-old", version = version.as_str()),
            Self::Absent => visit.word("fleet-absent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;
    const NOW: i64 = 1_000 * DAY;

    fn seen() -> MachineStatus {
        let program = concat!("truc-node ", env!("CARGO_PKG_VERSION")).to_owned();
        MachineStatus {
            clock_off: Some(0),
            disk_free: Some(limits::DISK_LOW),
            program,
            ..MachineStatus::default()
        }
    }

    fn machine(seen: &MachineStatus) -> Machine<'_> {
        let contact = Contact { heard: Some(NOW), enrolled: true };
        let until = Some((NOW / 1000) as u64 + 7 * 86_400);
        let figures = Thresholds::default();
        Machine { contact, figures, seen: Some(seen), connected: true, until, refused: 0, denied: &[] }
    }

    #[test]
    fn every_need_begins_at_its_limit() {
        let good = seen();
        assert_eq!(machine(&good).needs(NOW), []);
        let days = |days: u64, less: u64| Machine {
            until: Some((NOW / 1000) as u64 + days * 86_400 - less),
            ..machine(&good)
        };
        assert_eq!(days(7, 1).needs(NOW), [Need::Certificate(6)]);
        assert_eq!(days(0, 1).needs(NOW), [Need::Certificate(0)]);
        assert_eq!(Machine { until: None, ..machine(&good) }.needs(NOW), [Need::Revoked]);
        assert_eq!(Machine { refused: 2, ..machine(&good) }.needs(NOW), [Need::Refused(2)]);
        let denied = |ago: i64| [Denied { what: What::Entries, times: 1, last: (NOW - ago) as u64 }];
        assert_eq!(
            Machine { denied: &denied(DAY - 1), ..machine(&good) }.needs(NOW),
            [Need::Quota(What::Entries)]
        );
        assert_eq!(Machine { denied: &denied(DAY), ..machine(&good) }.needs(NOW), [], "over");
        let silent = Contact { heard: Some(NOW - DAY - 1), enrolled: true };
        assert_eq!(
            Machine { contact: silent, connected: false, ..machine(&good) }.needs(NOW),
            [Need::Silent]
        );
        let never = Contact { heard: None, enrolled: false };
        assert_eq!(
            Machine { contact: never, until: None, seen: None, ..machine(&good) }.needs(NOW),
            [Need::Absent]
        );
        let off = |off| MachineStatus { clock_off: Some(off), ..seen() };
        assert_eq!(machine(&off(-120_000)).needs(NOW), []);
        assert_eq!(machine(&off(-120_001)).needs(NOW), [Need::Clock(-120_001)]);
        let full = MachineStatus { disk_free: Some(limits::DISK_LOW - 1), ..seen() };
        assert_eq!(machine(&full).needs(NOW), [Need::Disk(limits::DISK_LOW - 1)]);
        let asked = MachineStatus { questioned: true, ..seen() };
        assert_eq!(machine(&asked).needs(NOW), [Need::Question]);
        assert_eq!(Machine { connected: false, ..machine(&asked) }.needs(NOW), [], "it is gone");
        let old = MachineStatus { program: "truc-node 0.0.9".into(), ..seen() };
        assert_eq!(machine(&old).needs(NOW), [Need::Old("0.0.9".into())]);
        assert!(Need::KINDS.contains(&Need::Old(String::new()).kind()));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(older("truc-node 0.0.9"), Some("0.0.9"));
        assert_eq!(older("truc-node 999.0.0"), None);
        assert_eq!(older(""), None);
        assert_eq!(older("something else"), None);
    }
}
