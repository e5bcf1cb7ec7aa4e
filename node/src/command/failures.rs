//! Conversion of the errors of all lower layers into failures with words for people.

use truc_proto::date::local;
use truc_proto::limits;
use truc_proto::record::assignment;
use truc_proto::record::assignment::refusal::{Arg, Class};
use truc_proto::record::dates::Odd;
use truc_proto::record::{draft, house, kind_name};
use truc_proto::refusal::Refusal;

use crate::derive::follow::FollowError;
use crate::derive::guard::{self, Cause};
use crate::derive::search::{SEARCH, SearchError};
use crate::derive::views::{VIEWS, ViewsError};
use crate::identity::keys::KeyError;
use crate::import::house_words;
use crate::line::dial::{self, ConnectError};
use crate::line::enrol::EnrolError;
use crate::office::{OfficeError, Refused};
use crate::store::health::Trouble;
use crate::store::journal::{JOURNAL, JournalError};
use crate::store::writer::WriteError;
use crate::words::failure::{self, ExitCode, Failure};

/// The catalogue key of a move's name; a failure says it in words.
pub(super) fn move_key(kind: u32, name: &str) -> String {
    format!("{}{}-{name}", failure::MOVE, kind_name(kind))
}

/// The failure for a move that a record does not allow; it names those that it allows.
pub(super) fn not_now(kind: u32, name: &str, allowed: &[&str]) -> Failure {
    let failure = if allowed.is_empty() {
        Failure::new(ExitCode::NotAllowed, "move-none")
    } else {
        let allowed: Vec<_> = allowed.iter().map(|name| move_key(kind, name)).collect();
        Failure::new(ExitCode::NotAllowed, "move-not-allowed").with("allowed", allowed.join(", "))
    };
    failure.with("move", move_key(kind, name))
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let cause = error.to_string();
        let failure = match error {
            JournalError::Sqlite(error) => return Self::from(error).of_file(JOURNAL),
            JournalError::Damaged(position, _) => {
                Self::new(ExitCode::Store, "store-entry-damaged").with("position", position)
            }
            JournalError::Shorter { known, found } => {
                Self::new(ExitCode::Store, "store-shorter").with("known", known).with("found", found)
            }
            JournalError::Gone => Self::new(ExitCode::Store, "store-gone").about(JOURNAL),
            JournalError::State(_) => Self::new(ExitCode::Store, "store-damaged").about(JOURNAL),
            JournalError::OtherOffice(office) => {
                Self::new(ExitCode::Store, "store-other-office").with("office", office.to_string())
            }
            JournalError::Newer(version) => {
                Self::new(ExitCode::Store, "store-newer").with("version", version)
            }
            JournalError::Older(version) => {
                Self::new(ExitCode::Store, "store-older").with("version", version)
            }
            JournalError::Entry(error) => {
                Self::new(ExitCode::NotAllowed, "entry-form").with("reason", error.code())
            }
            JournalError::Seal(_) => Self::new(ExitCode::NotAllowed, "entry-form").with("reason", "seal"),
            JournalError::Setting(setting) => {
                Self::new(ExitCode::Store, "store-setting").with("setting", setting)
            }
        };
        failure.because(cause)
    }
}

impl From<OfficeError> for Failure {
    fn from(error: OfficeError) -> Self {
        let cause = error.to_string();
        let failure = match error {
            OfficeError::Journal(error) => return error.into(),
            OfficeError::Views(error) => return error.into(),
            OfficeError::Search(error) => return error.into(),
            OfficeError::Write(WriteError::Journal(error)) => return journal_failure(&error),
            OfficeError::Write(WriteError::Halted(trouble)) => Self::from(trouble),
            OfficeError::Write(WriteError::Stopped) => Self::new(ExitCode::Store, "store-stopped"),
            OfficeError::Key(error) => return error.into(),
            OfficeError::Thread(error) => return error.into(),
            OfficeError::Refused(refused) => return refused.into(),
            OfficeError::Stopped => Self::new(ExitCode::Store, "views-behind"),
        };
        failure.because(cause)
    }
}

impl From<assignment::refusal::Refusal> for Failure {
    fn from(refusal: assignment::refusal::Refusal) -> Self {
        let exit = match refusal.key.class() {
            Class::Wrong => ExitCode::Input,
            Class::Unknown => ExitCode::NotFound,
            Class::NotAllowed => ExitCode::NotAllowed,
        };
        named(Self::new(exit, refusal.key.name()), refusal.args)
    }
}

impl From<draft::refusal::Refusal> for Failure {
    fn from(refusal: draft::refusal::Refusal) -> Self {
        use draft::refusal::Class;
        let exit = match refusal.key.class() {
            Class::Wrong => ExitCode::Input,
            Class::Unknown => ExitCode::NotFound,
            Class::NotAllowed => ExitCode::NotAllowed,
            Class::Said => ExitCode::Done,
        };
        named(Self::new(exit, refusal.key.name()), refusal.args)
    }
}

/// A failure whose sentence names these.
fn named(failure: Failure, args: Vec<(&'static str, Arg)>) -> Failure {
    args.into_iter().fold(failure, |failure, (name, arg)| match arg {
        Arg::Number(number) => failure.with(name, number),
        Arg::Text(text) => failure.with(name, text),
        Arg::Word(word) if name == "act" => failure.with(name, move_key(assignment::KIND.number, &word)),
        Arg::Word(word) => failure.with(name, word),
    })
}

/// The failure for a journal error that several writes share, so that it is only borrowed.
fn journal_failure(error: &JournalError) -> Failure {
    let failure = match error {
        JournalError::Sqlite(error) => match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Failure::new(ExitCode::CannotWrite, "io-disk-full"),
            Some(rusqlite::ErrorCode::ReadOnly) => Failure::new(ExitCode::CannotWrite, "io-read-only"),
            _ => Failure::new(ExitCode::CannotWrite, "store-disk-fails"),
        },
        JournalError::Entry(error) => {
            Failure::new(ExitCode::NotAllowed, "entry-form").with("reason", error.code())
        }
        JournalError::Gone => Failure::new(ExitCode::Store, "store-gone").about(JOURNAL),
        _ => Failure::new(ExitCode::Store, "store-damaged").about(JOURNAL),
    };
    failure.because(error)
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let cause = refused.to_string();
        let failure = match refused {
            Refused::Rules(refusal) => return refusal.into(),
            Refused::LeadNotAddressed(offices) => {
                Self::new(ExitCode::NotAllowed, "lead-not-addressed").with("offices", offices.join(", "))
            }
            Refused::Form(malformed) => {
                Self::new(ExitCode::Input, "move-malformed").with("part", malformed.0.replace(' ', "-"))
            }
            Refused::NotNow { kind, name, allowed } => not_now(kind, name, &allowed),
            Refused::Work(refusal) => return refusal.into(),
            Refused::Draft(refusal) => return refusal.into(),
            Refused::House(house::Clash::Wrong(finding)) => return house_words::failure(&finding),
            Refused::House(house::Clash::Said { by, time, fact }) => {
                let at = local(time.millis() as i64).map(|at| at.strftime("%H:%M, %d/%m/%Y").to_string());
                let thing = fact.what.thing();
                let fields = fact.to_row().fields;
                let said = fields.iter().filter(|field| !thing.key.contains(&field.value.shown()));
                let said: Vec<String> = said.map(|field| field.value.shown()).collect();
                let failure = Self::new(ExitCode::NotAllowed, "house-said-meanwhile").with("by", by);
                let failure = failure.with("time", at.unwrap_or_default()).with("what", thing.key.join(" "));
                return failure.with("value", said.join(", "));
            }
            Refused::NoEffect { kind, name, reason } => Self::new(ExitCode::NotAllowed, "move-no-effect")
                .with("move", move_key(kind, name))
                .with("reason", reason),
            Refused::Unfit { kind, name, unfit } => {
                let exit = match unfit.reason {
                    "no-such-part" | "unanswered" => ExitCode::Input,
                    _ => ExitCode::NotAllowed,
                };
                Self::new(exit, "move-unfit")
                    .with("move", move_key(kind, name))
                    .with("reason", unfit.reason)
                    .with("parts", unfit.parts.join(", "))
            }
            Refused::NumberTaken(number) => {
                Self::new(ExitCode::NotAllowed, "number-taken").with("number", number)
            }
            Refused::NumberAhead { written, next } => Self::new(ExitCode::Input, "number-ahead")
                .with("number", written)
                .with("next", next.to_string()),
            Refused::RegisterFull => Self::new(ExitCode::NotAllowed, "number-last"),
            Refused::ArrivalTaken(number) => {
                Self::new(ExitCode::NotAllowed, "arrival-taken").with("number", number)
            }
            Refused::Odd(odd) => return odd.into(),
            Refused::Named(number) => {
                Self::new(ExitCode::NotAllowed, "paper-issued-before").with("number", number)
            }
            Refused::NoSealingKey => Self::new(ExitCode::Store, "no-sealing-key"),
            Refused::Resuming => Self::new(ExitCode::NotAllowed, "number-resuming"),
            Refused::Behind => Self::new(ExitCode::Store, "views-behind"),
        };
        failure.because(cause)
    }
}

impl From<Odd> for Failure {
    fn from(odd: Odd) -> Self {
        let cause = odd.to_string();
        let of = |key, part: String| Self::new(ExitCode::Input, key).with("part", part);
        let failure = match odd {
            Odd::Ahead(issued) => {
                Self::new(ExitCode::Input, "paper-issued-ahead").with("issued", issued.to_string())
            }
            Odd::Past(day) => Self::new(ExitCode::Input, "due-past").with("day", day.to_string()),
            Odd::Term { issued, term, terms } => Self::new(ExitCode::Input, "paper-term")
                .with("issued", issued.to_string())
                .with("term", term)
                .with("terms", terms.join(", ")),
            Odd::Passed { part } if part.is_empty() => Self::new(ExitCode::Input, "paper-due-passed"),
            Odd::Passed { part } => of("part-due-passed", part),
            Odd::NoHour => Self::new(ExitCode::Input, "paper-no-hour"),
            Odd::NotAsLong { kind, from, to } => Self::new(ExitCode::Input, "period-not-as-long")
                .with("kind", kind)
                .with("from", from.to_string())
                .with("to", to.to_string()),
            Odd::PeriodFar { from, to } => Self::new(ExitCode::Input, "period-far")
                .with("from", from.to_string())
                .with("to", to.to_string()),
            Odd::DueBefore { issued, part } if part.is_empty() => {
                Self::new(ExitCode::Input, "paper-due-before").with("issued", issued.to_string())
            }
            Odd::DueBefore { issued, part } => of("part-due-before", part).with("issued", issued.to_string()),
            Odd::DueFar { part, .. } if part.is_empty() => {
                Self::new(ExitCode::Input, "paper-due-far").with("years", limits::DUE_YEARS)
            }
            Odd::DueFar { part, .. } => of("part-due-far", part).with("years", limits::DUE_YEARS),
            Odd::Outside { part, from, to } => {
                of("part-due-outside", part).with("from", from.to_string()).with("to", to.to_string())
            }
            Odd::Long { from, to } => Self::new(ExitCode::Input, "period-long")
                .with("from", from.to_string())
                .with("to", to.to_string())
                .with("years", limits::INSPECTED_YEARS),
        };
        failure.because(cause)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Full => Self::new(ExitCode::CannotWrite, "io-disk-full"),
            Trouble::ReadOnly => Self::new(ExitCode::CannotWrite, "io-read-only"),
            Trouble::Failing => Self::new(ExitCode::CannotWrite, "store-disk-fails"),
            Trouble::Damaged => Self::new(ExitCode::Store, "store-damaged"),
            Trouble::InUse => Self::new(ExitCode::Store, "store-locked").with("pid", "?"),
        }
    }
}

/// The failure for an error of a file that is made anew by itself when it is damaged: no backup is needed for it.
fn derived(error: rusqlite::Error) -> Failure {
    match guard::cause(&error) {
        Cause::Damage => Failure::new(ExitCode::Store, "derived-damaged").because(error),
        Cause::Disk | Cause::Content => error.into(),
    }
}

impl From<ViewsError> for Failure {
    fn from(error: ViewsError) -> Self {
        match error {
            ViewsError::Sqlite(error) => derived(error).of_file(VIEWS),
            ViewsError::Remove(error) => error.into(),
            error => Self::new(ExitCode::Store, "views-behind").because(error),
        }
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Sqlite(error) => derived(error).of_file(SEARCH),
            SearchError::Views(error) => error.into(),
            SearchError::Journal(error) => error.into(),
            SearchError::Remove(error) => error.into(),
        }
    }
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Own(error) => derived(error),
            FollowError::Views(error) => error.into(),
            FollowError::Journal(error) => error.into(),
            FollowError::Io(error) => error.into(),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Io { path, source } => Self::io(&path, source),
            KeyError::TooOpen { ref path, .. } | KeyError::Format { ref path, .. } => {
                Self::new(ExitCode::Store, "keys-unusable").about(path.display()).because(&error)
            }
            KeyError::Random => Self::new(ExitCode::Store, "keys-unusable").because(error),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let failure = match refusal {
            Refusal::UnknownOffice => Self::new(ExitCode::NotAllowed, "refusal-unknown-office"),
            Refusal::NotHub => Self::new(ExitCode::NotAllowed, "refusal-not-hub"),
            Refusal::OfficeEnded => Self::new(ExitCode::NotAllowed, "refusal-office-ended"),
            Refusal::OfficeNotYet => Self::new(ExitCode::NotAllowed, "refusal-office-not-yet"),
            Refusal::MayNotDirect => Self::new(ExitCode::NotAllowed, "refusal-may-not-direct"),
            Refusal::MayNotAddress => Self::new(ExitCode::NotAllowed, "refusal-may-not-address"),
            Refusal::LeadNotAddressed => Self::new(ExitCode::NotAllowed, "refusal-lead-not-addressed"),
            Refusal::NotConcerned => Self::new(ExitCode::NotAllowed, "refusal-not-concerned"),
            Refusal::NotYourSymbol => Self::new(ExitCode::NotAllowed, "refusal-not-your-symbol"),
            Refusal::NotForBody => Self::new(ExitCode::NotAllowed, "refusal-not-for-body"),
            Refusal::NotAddressed => Self::new(ExitCode::NotAllowed, "refusal-not-addressed"),
            Refusal::ForeignRecord => Self::new(ExitCode::NotAllowed, "refusal-foreign-record"),
            Refusal::Secret => Self::new(ExitCode::NotAllowed, "refusal-secret"),
            Refusal::Seal => Self::new(ExitCode::NotAllowed, "refusal-seal"),
            Refusal::Malformed => Self::new(ExitCode::NotAllowed, "refusal-malformed"),
            Refusal::TooLarge => Self::new(ExitCode::NotAllowed, "refusal-too-large"),
            Refusal::Format => Self::new(ExitCode::NotAllowed, "refusal-format"),
            Refusal::Signature => Self::new(ExitCode::NotAllowed, "refusal-signature"),
            Refusal::Chain => Self::new(ExitCode::NotAllowed, "refusal-chain"),
        };
        failure.because(refusal.code())
    }
}

impl From<EnrolError> for Failure {
    fn from(error: EnrolError) -> Self {
        let cause = error.to_string();
        let failure = match error {
            EnrolError::Code(_) => Self::new(ExitCode::Enrolment, "enrol-damaged"),
            EnrolError::Wrong => Self::new(ExitCode::Enrolment, "enrol-wrong"),
            EnrolError::Used => Self::new(ExitCode::Enrolment, "enrol-used"),
            EnrolError::Expired => Self::new(ExitCode::Enrolment, "enrol-expired"),
            EnrolError::Clock => Self::new(ExitCode::Hub, "hub-clock"),
            EnrolError::Throttled => Self::new(ExitCode::Enrolment, "enrol-throttled"),
            EnrolError::AlreadyEnrolled(path) => {
                Self::new(ExitCode::Enrolment, "enrol-already").about(path.display())
            }
            EnrolError::OtherOffice => Self::new(ExitCode::Enrolment, "enrol-other-office"),
            EnrolError::Refused(_) | EnrolError::Answer(_) => Self::new(ExitCode::Hub, "hub-refused"),
            EnrolError::Connect(error) => return error.into(),
            EnrolError::Key(KeyError::Io { path, source }) => return Self::io(&path, source),
            EnrolError::Key(_) | EnrolError::Make(_) => Self::new(ExitCode::Store, "keys-unusable"),
        };
        failure.because(cause)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let failure = match &error {
            ConnectError::Refused(dial::Refusal::Revoked) => Self::new(ExitCode::Hub, "hub-revoked"),
            ConnectError::Refused(_) => Self::new(ExitCode::Hub, "hub-refused"),
            ConnectError::NotTheHub(_) => Self::new(ExitCode::Hub, "hub-not-ours"),
            ConnectError::Network(_) => Self::new(ExitCode::Hub, "hub-unreachable"),
            ConnectError::Configuration(_) => Self::new(ExitCode::Input, "configuration-wrong"),
        };
        failure.because(error)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use truc_proto::entry::EntryError;
    use truc_proto::id::OfficeId;

    use super::*;

    #[test]
    fn every_error_of_a_store_and_of_the_line_has_words() {
        let office = OfficeId(uuid::Uuid::nil());
        Failure::from(JournalError::Damaged(7, "x")).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::Shorter { known: 9, found: 7 }).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::State("tip")).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::OtherOffice(office)).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::Newer(9)).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::Older(5)).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::Setting("synchronous")).assert_spoken(ExitCode::Store);
        Failure::from(JournalError::Entry(EntryError::Chain)).assert_spoken(ExitCode::NotAllowed);
        Failure::from(JournalError::Sqlite(rusqlite::Error::InvalidQuery))
            .assert_spoken(ExitCode::Unexpected);
        Failure::from(io::Error::other("x")).assert_spoken(ExitCode::Unexpected);
        // What is made anew by itself needs no backup; a disk that fails is no damage.
        let sqlite = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        let told = |code| Failure::from(ViewsError::Sqlite(sqlite(code)));
        told(rusqlite::ffi::SQLITE_CORRUPT).assert_spoken(ExitCode::Store);
        assert_eq!(told(rusqlite::ffi::SQLITE_CORRUPT).key, "derived-damaged");
        assert_eq!(Failure::from(SearchError::Sqlite(sqlite(26))).key, "derived-damaged");
        assert_eq!(Failure::from(FollowError::Own(sqlite(11))).key, "derived-damaged");
        assert_eq!(told(rusqlite::ffi::SQLITE_IOERR_READ).key, "store-disk-fails");
        assert_eq!(Failure::from(JournalError::Sqlite(sqlite(11))).key, "store-damaged");
        for error in [EnrolError::Wrong, EnrolError::Used, EnrolError::Expired, EnrolError::Throttled] {
            Failure::from(error).assert_spoken(ExitCode::Enrolment);
        }
        Failure::from(EnrolError::AlreadyEnrolled("d".into())).assert_spoken(ExitCode::Enrolment);
        Failure::from(EnrolError::OtherOffice).assert_spoken(ExitCode::Enrolment);
        Failure::from(EnrolError::Answer("x")).assert_spoken(ExitCode::Hub);
        Failure::from(EnrolError::Make("x".to_owned())).assert_spoken(ExitCode::Store);
        Failure::from(ConnectError::Refused(dial::Refusal::Revoked)).assert_spoken(ExitCode::Hub);
        Failure::from(ConnectError::Refused(dial::Refusal::Other)).assert_spoken(ExitCode::Hub);
        Failure::from(ConnectError::from(io::Error::other("x"))).assert_spoken(ExitCode::Hub);
        Failure::from(ConnectError::Configuration("x".to_owned())).assert_spoken(ExitCode::Input);
    }
}
