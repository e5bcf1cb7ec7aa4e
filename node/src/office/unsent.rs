//! Own entries that the hub has not receipted, and the office's status for the hub's oversight.

use truc_proto::id::OfficeId;
use truc_proto::wire;

use crate::office::{Office, OfficeError};
use crate::store::journal::{JournalError, Reads};

/// Entries read at most to count the unsent ones.
const LOOKED_AT: usize = 100_000;

/// Own entries without a receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Unsent {
    /// Number, by urgency 0 to 4.
    pub by_urgency: [u64; 5],
    /// Signed time of the oldest, Unix milliseconds; none: everything is receipted.
    pub oldest: Option<u64>,
}

impl Unsent {
    /// Number of unsent entries.
    pub fn total(&self) -> u64 {
        self.by_urgency.iter().sum()
    }

    /// Counts the unsent entries.
    pub fn read(journal: Reads<'_>, own: OfficeId) -> Result<Self, JournalError> {
        let receipted = journal.receipt()?.map(|receipt| receipt.link.seat);
        let from = match receipted {
            Some(seat) => journal.hash_at(own, seat)?.map_or(0, |(_, position)| position),
            None => 0,
        };
        let mut unsent = Self::default();
        for position in journal.own_positions(own, from, LOOKED_AT)? {
            let Some(stored) = journal.at_position(position)? else { continue };
            let header = &stored.entry.header;
            if receipted.is_some_and(|seat| header.seat <= seat) {
                continue;
            }
            unsent.by_urgency[(header.urgency as usize).min(4)] += 1;
            let time = header.time.millis();
            unsent.oldest = Some(unsent.oldest.map_or(time, |oldest| oldest.min(time)));
        }
        Ok(unsent)
    }
}

/// The office's status now, as sent to the hub.
pub fn status(office: &Office, program: &str) -> Result<wire::Status, OfficeError> {
    let unsent = office.read(|journal| Unsent::read(journal, office.id()))?;
    // 0 free space for a disk that does not tell.
    let disk = rustix::fs::statvfs(office.dir()).ok();
    let free = disk.map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    Ok(wire::Status {
        backlog: unsent.by_urgency.to_vec(),
        oldest_unsent: unsent.oldest.unwrap_or(0),
        disk_free: free,
        clock: office.time().clock().millis(),
        program: program.to_owned(),
    })
}
