//! Failures of commands: words for people, an exit code for scripts, the cause for the log.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use truc_proto::visible;

use crate::words::{self, Lang, Value};

/// Exit code of a command. The numbers are part of the command line's interface and never change their meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum ExitCode {
    /// Success.
    Done = 0,
    /// An unforeseen failure; the log has details.
    Unexpected = 1,
    /// The command line is wrong; clap uses the same number.
    Usage = 2,
    /// An input file or value is wrong.
    Input = 3,
    /// No such office, record or entry.
    NotFound = 4,
    /// A rule forbids it.
    NotAllowed = 5,
    /// The store is locked, newer than the program, another office's, or damaged.
    Store = 6,
    /// The disk is full, read-only or failing, or permission is missing.
    CannotWrite = 7,
    /// The hub cannot be reached, or refused this machine.
    Hub = 8,
    /// The address is in use by another program.
    AddressInUse = 9,
    /// The enrolment code is wrong, used, expired or damaged, or this machine is not (or is already) enrolled.
    Enrolment = 10,
    /// The disk answers faster than a disk can write: it may lose what was acknowledged.
    DiskDoubted = 11,
    /// `status`: something is wrong that needs a person.
    Ill = 12,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// The system's error for a disk that failed to read or write; the library has no name for it.
const EIO: i32 = 5;

/// What begins the catalogue keys of moves. An argument that is such a key, or several with commas between, is said in
/// words.
pub const MOVE: &str = "mv-";

/// Why a command failed. Its catalogue key leads to a text about what happened, what was kept and what to do.
///
/// It is sent over the local socket as key and arguments, so that the asking command words it in its own language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Exit code.
    pub exit: ExitCode,
    /// Catalogue key; also the `code` for machines.
    pub key: Cow<'static, str>,
    /// Arguments of the text.
    #[serde(default)]
    pub args: Vec<(Cow<'static, str>, Value)>,
    /// The file or thing concerned, which stands before the message. Empty: none.
    #[serde(default)]
    pub about: String,
    /// The cause in English, for the log. Empty: the key says everything.
    #[serde(default)]
    pub cause: String,
    /// The failures of the single things of a press, by what each is about: the argument `list` of the text. Empty: it is
    /// the failure of one.
    #[serde(default)]
    pub each: Box<[(String, Failure)]>,
}

impl Failure {
    /// A failure with the text of a catalogue key.
    pub fn new(exit: ExitCode, key: &'static str) -> Self {
        Self {
            exit,
            key: key.into(),
            args: Vec::new(),
            about: String::new(),
            cause: String::new(),
            each: Box::default(),
        }
    }

    /// Adds an argument of the text.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.args.push((name.into(), value.into()));
        self
    }

    /// Adds a size to the text, as people say it: "64 KB", "101 MB"; what goes beyond a unit counts as one more.
    #[must_use]
    pub fn sized(self, name: &'static str, bytes: impl TryInto<u64>) -> Self {
        let bytes = bytes.try_into().unwrap_or(u64::MAX);
        let (unit, of) = if bytes < 1 << 20 { ("KB", 1 << 10) } else { ("MB", 1 << 20) };
        self.with(name, format!("{} {unit}", bytes.div_ceil(of)))
    }

    /// Sets the file or thing concerned.
    #[must_use]
    pub fn about(mut self, thing: impl fmt::Display) -> Self {
        self.about = thing.to_string();
        self
    }

    /// Names the file concerned, unless something is named already.
    #[must_use]
    pub fn of_file(self, name: &str) -> Self {
        if self.about.is_empty() { self.about(name) } else { self }
    }

    /// Sets the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = cause.to_string();
        self
    }

    /// The same failure, of one whom another forestalled: `who`, `did` and `when` are among its arguments.
    #[must_use]
    pub fn second(mut self) -> Self {
        self.key = "move-second".into();
        self
    }

    /// A failure from an I/O error at a path.
    pub fn io(path: &Path, error: io::Error) -> Self {
        Self::from(error).about(path.display())
    }

    /// The message for people.
    pub fn message(&self, lang: Lang) -> String {
        self.of_thing(words::say(lang, &self.key, &self.shown(lang)))
    }

    /// The arguments as they are shown: moves in words. A name or a title may be another's, and forges no line.
    fn shown(&self, lang: Lang) -> Vec<(&str, Value)> {
        let shown = |value: &Value| match value {
            Value::Text(text) if text.starts_with(MOVE) => {
                let moves = text.split(", ").map(|key| words::say(lang, key, &[]));
                Value::Text(moves.collect::<Vec<_>>().join(", "))
            }
            Value::Text(text) => Value::Text(visible::line(text).into_owned()),
            other => other.clone(),
        };
        let mut all: Vec<(&str, Value)> =
            self.args.iter().map(|(name, value)| (name.as_ref(), shown(value))).collect();
        if !self.each.is_empty() {
            let said = self.each.iter().map(|(what, failure)| match what.as_str() {
                "" => failure.message(lang),
                what => format!("“{}”: {}", visible::line(what), failure.message(lang)),
            });
            all.push(("list", Value::Text(said.collect::<Vec<_>>().join(" "))));
        }
        all
    }

    fn of_thing(&self, message: String) -> String {
        if self.about.is_empty() { message } else { format!("{}: {message}", visible::line(&self.about)) }
    }

    /// The message on a page. Its advice is for who reads pages: commands and their options are none of his.
    pub fn on_page(&self, lang: Lang) -> String {
        let desk = words::known(lang, &format!("desk-{}", self.key), &self.shown(lang));
        desk.map_or_else(|| self.message(lang), |said| self.of_thing(said))
    }

    /// The message for machines: `{"error":{"args":{…},"code":…,"exit":…,"message":…}}`; `args` has what the message
    /// names.
    pub fn json(&self, lang: Lang) -> serde_json::Value {
        let args: serde_json::Map<String, serde_json::Value> =
            self.args.iter().map(|(name, value)| (name.to_string(), value.into())).collect();
        let message = self.message(lang);
        json!({"error": {"args": args, "code": self.key, "exit": self.exit as u8, "message": message}})
    }
}

/// The text for the log, in English.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        for part in [&self.about, &self.cause] {
            if !part.is_empty() {
                write!(f, ": {part}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{
            AddrInUse, AlreadyExists, NotADirectory, NotFound, PermissionDenied, QuotaExceeded,
            ReadOnlyFilesystem, StorageFull,
        };
        let failure = match error.kind() {
            _ if error.raw_os_error() == Some(EIO) => Self::new(ExitCode::CannotWrite, "store-disk-fails"),
            StorageFull | QuotaExceeded => Self::new(ExitCode::CannotWrite, "io-disk-full"),
            ReadOnlyFilesystem => Self::new(ExitCode::CannotWrite, "io-read-only"),
            PermissionDenied => Self::new(ExitCode::CannotWrite, "io-denied"),
            AddrInUse => Self::new(ExitCode::AddressInUse, "io-address-in-use"),
            NotFound => Self::new(ExitCode::NotFound, "io-not-found"),
            // The program creates missing folders; these errors mean that something else has the folder's name.
            NotADirectory | AlreadyExists => Self::new(ExitCode::Input, "io-not-a-folder"),
            _ => Self::new(ExitCode::Unexpected, "io-other").with("error", error.to_string()),
        };
        failure.because(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
            PermissionDenied, ReadOnly, SystemIoFailure,
        };
        let extended = error.sqlite_error().map(|error| error.extended_code);
        let failure = match error.sqlite_error_code() {
            Some(DiskFull) => Self::new(ExitCode::CannotWrite, "io-disk-full"),
            Some(ReadOnly) => Self::new(ExitCode::CannotWrite, "io-read-only"),
            Some(PermissionDenied | CannotOpen) => Self::new(ExitCode::CannotWrite, "store-cannot-open"),
            // The index of a write-ahead log is a separate file; SQLite reports a full disk in this way if that file
            // cannot grow.
            Some(SystemIoFailure) if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => {
                Self::new(ExitCode::CannotWrite, "io-disk-full")
            }
            Some(SystemIoFailure) => Self::new(ExitCode::CannotWrite, "store-disk-fails"),
            Some(DatabaseBusy | DatabaseLocked) => Self::new(ExitCode::Store, "store-busy"),
            Some(DatabaseCorrupt) => Self::new(ExitCode::Store, "store-damaged"),
            Some(NotADatabase) => Self::new(ExitCode::Store, "store-not-ours"),
            _ => Self::new(ExitCode::Unexpected, "store-other").with("error", error.to_string()),
        };
        failure.because(error)
    }
}

#[cfg(test)]
impl Failure {
    /// Checks that both languages have the failure's text with all its arguments.
    pub(crate) fn assert_spoken(&self, exit: ExitCode) {
        assert_eq!(self.exit, exit, "{self}");
        for lang in [Lang::Vi, Lang::En] {
            let message = self.message(lang);
            assert!(!message.contains(self.key.as_ref()) && message.ends_with('.'), "{message}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of_errno(errno: i32) -> Failure {
        Failure::from(io::Error::from_raw_os_error(errno))
    }

    #[test]
    fn pages_speak_of_no_commands_and_no_codes() {
        let taken = Failure::new(ExitCode::NotAllowed, "number-taken").with("number", "1-CV/TU");
        assert!(taken.message(Lang::Vi).contains("--number") && !taken.on_page(Lang::Vi).contains("--"));
        let late = Failure::new(ExitCode::NotAllowed, "move-not-allowed")
            .with("move", format!("{MOVE}directive-completed"))
            .with("allowed", format!("{MOVE}directive-assigned, {MOVE}directive-processing"));
        let said = late.on_page(Lang::Vi);
        assert!(said.contains("phân công") && !said.contains("assigned"), "{said}");
        let large = Failure::new(ExitCode::Input, "form-too-large").sized("limit", 2_097_152_u64);
        assert!(large.on_page(Lang::Vi).contains("2 MB"));
        assert!(large.sized("x", 65_537_u64).args.iter().any(|(_, value)| *value == Value::from("65 KB")));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_the_system_says_is_told_apart() {
        assert_eq!(of_errno(28).key, "io-disk-full");
        assert_eq!(of_errno(122).key, "io-disk-full");
        assert_eq!(of_errno(30).key, "io-read-only");
        assert_eq!(of_errno(13).key, "io-denied");
        assert_eq!(of_errno(98).exit, ExitCode::AddressInUse);
        assert_eq!(of_errno(2).exit, ExitCode::NotFound);
        assert_eq!(of_errno(5).key, "store-disk-fails");
        assert_eq!(of_errno(71).exit, ExitCode::Unexpected);
    }

    #[test]
    fn what_sqlite_says_is_told_apart() {
        let of = |code| Failure::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        assert_eq!(of(rusqlite::ffi::SQLITE_FULL).key, "io-disk-full");
        assert_eq!(of(rusqlite::ffi::SQLITE_IOERR_SHMSIZE).key, "io-disk-full");
        assert_eq!(of(rusqlite::ffi::SQLITE_READONLY).key, "io-read-only");
        assert_eq!(of(rusqlite::ffi::SQLITE_BUSY).key, "store-busy");
        assert_eq!(of(rusqlite::ffi::SQLITE_CORRUPT).key, "store-damaged");
        assert_eq!(of(rusqlite::ffi::SQLITE_NOTADB).key, "store-not-ours");
        assert_eq!(of(rusqlite::ffi::SQLITE_IOERR).exit, ExitCode::CannotWrite);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        std::fs::write(&path, "no database at all, and long enough to be looked at".repeat(20)).unwrap();
        let read = rusqlite::Connection::open(&path)
            .and_then(|conn| conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)));
        assert_eq!(Failure::from(read.unwrap_err()).key, "store-not-ours");
    }

    #[test]
    fn people_and_machines_get_their_form() {
        let failure = Failure::io(Path::new("/x/y"), io::Error::from(io::ErrorKind::StorageFull));
        assert!(failure.message(Lang::Vi).starts_with("/x/y: "));
        assert!(failure.message(Lang::En).contains("disk is full"));
        let json = failure.json(Lang::En);
        assert_eq!(json["error"]["code"], "io-disk-full");
        assert_eq!(json["error"]["exit"], 7);
        assert_eq!(json["error"]["message"], failure.message(Lang::En));
        assert!(failure.to_string().starts_with("io-disk-full: /x/y: "));
    }

    #[test]
    fn it_survives_the_local_socket() {
        let failure =
            Failure::new(ExitCode::Store, "store-newer").with("version", 7i64).because("c").about("d");
        let line = serde_json::to_string(&failure).unwrap();
        assert_eq!(serde_json::from_str::<Failure>(&line).unwrap(), failure);
    }
}
