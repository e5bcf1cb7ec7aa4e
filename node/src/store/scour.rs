//! The log beside a database file, emptied after something was destroyed: it holds older pages.

use std::time::Duration;

use rusqlite::Connection;

/// How long whoever reads an older state of the file is waited for, once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the log of one database still has to be emptied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scour {
    /// Nothing was destroyed that may be in the log.
    #[default]
    Done,
    /// Something was destroyed, and nobody was waited for yet.
    Due,
    /// Somebody reads an older state for longer. It is tried again without waiting, so that no write waits with it.
    Late,
}

impl Scour {
    /// What is due of a database that is opened, and of whose journal this is the edition: bodies may have been destroyed
    /// or set aside, and the program may have ended before the log was emptied.
    pub fn opened(edition: u64) -> Self {
        if edition > 0 { Self::Due } else { Self::Done }
    }

    /// Empties the log if it is due. Called after every commit; `file` is the name for the program's log.
    pub fn run(&mut self, conn: &Connection, file: &str) {
        let patience = match self {
            Self::Done => return,
            Self::Due => PATIENCE,
            Self::Late => Duration::ZERO,
        };
        let emptied = conn
            .busy_timeout(patience)
            .and_then(|()| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)));
        let before = *self;
        *self = if matches!(emptied, Ok(0)) { Self::Done } else { Self::Late };
        // Whatever came of it, the connection waits for others as before.
        let patient = conn.busy_timeout(PATIENCE);
        match emptied.and_then(|busy| patient.map(|()| busy)) {
            Err(error) => {
                tracing::warn!(file, %error, "what was destroyed is still in the log beside the file")
            }
            Ok(0) => {}
            Ok(_) if before == Self::Late => {}
            Ok(_) => {
                tracing::warn!(
                    file,
                    "what was destroyed is still in the log beside the file: it is being read"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_log_that_is_read_is_waited_for_once_and_emptied_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        conn.execute_batch("CREATE TABLE one (words); INSERT INTO one VALUES ('here')").unwrap();
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM one").unwrap();
        conn.execute_batch("DELETE FROM one").unwrap();
        let log = || fs::metadata(folder.path().join("some.db-wal")).unwrap().len();
        let mut scour = Scour::Done;
        scour.run(&conn, "some.db");
        assert!(log() > 0, "nothing is due");
        scour = Scour::Due;
        scour.run(&conn, "some.db");
        assert_eq!((scour, log() > 0), (Scour::Late, true));
        let began = Instant::now();
        scour.run(&conn, "some.db");
        assert!(began.elapsed() < PATIENCE / 2, "it is waited for once");
        reader.execute_batch("COMMIT").unwrap();
        scour.run(&conn, "some.db");
        assert_eq!((scour, log()), (Scour::Done, 0));
    }
}
