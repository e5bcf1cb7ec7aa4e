//! Heads of the hub's journal that the hub signed for this office, kept for comparison with each other and with those
//! of other offices.

use rusqlite::{Row, params};
use truc_proto::head::Head;
use truc_proto::id::{Hash, Mark};
use truc_proto::limits;
use truc_proto::time::Hlc;

use super::{Journal, Reads, Result, hash_from};

/// Heads that contradict another one; these are never deleted.
const CONTRADICTED: &str = "EXISTS (SELECT 1 FROM head other WHERE other.life = head.life \
    AND other.position = head.position AND other.running <> head.running)";

impl Journal {
    /// Keeps a head whose signature was checked.
    pub fn keep_head(&mut self, head: &Head) -> Result<()> {
        let kept = self
            .conn
            .prepare_cached(
                "INSERT INTO head (life, position, running, hub_time, signature) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                head.life as i64,
                head.mark.position as i64,
                head.mark.running.0,
                head.hub_time.0 as i64,
                head.signature
            ])?;
        if kept > 0 { self.thin_heads() } else { Ok(()) }
    }

    /// Deletes heads of the older half, those at positions with the fewest factors of 2 first, until at most
    /// [`limits::HEADS`] are left: other offices are most likely to have the ones that stay.
    fn thin_heads(&mut self) -> Result<()> {
        let mut every = limits::HEAD_EVERY;
        loop {
            let kept: i64 =
                self.conn.prepare_cached("SELECT count(*) FROM head")?.query_row([], |row| row.get(0))?;
            if kept <= limits::HEADS as i64 || every > u64::MAX / 4 {
                return Ok(());
            }
            every *= 2;
            let sql = format!(
                "DELETE FROM head WHERE position % ?1 <> 0 AND NOT {CONTRADICTED} AND position < \
                 (SELECT position FROM head ORDER BY position DESC LIMIT 1 OFFSET ?2)"
            );
            self.conn.prepare_cached(&sql)?.execute([every as i64, limits::HEADS as i64 / 2])?;
        }
    }

    /// Deletes heads after a position to which the hub went back and said so: they belong to a life that is over.
    pub(super) fn forget_heads(&mut self, after: u64) -> Result<()> {
        let sql = format!("DELETE FROM head WHERE position > ?1 AND NOT {CONTRADICTED}");
        self.conn.prepare_cached(&sql)?.execute([after as i64])?;
        Ok(())
    }
}

impl Reads<'_> {
    /// All heads kept, by life and position.
    pub fn heads(&self) -> Result<Vec<Head>> {
        self.heads_where("TRUE")
    }

    /// The newest head of the newest life.
    pub fn newest_head(&self) -> Result<Option<Head>> {
        Ok(self.heads_where("TRUE")?.pop())
    }

    /// Heads that contradict each other: the hub signed two histories.
    pub fn contradictory_heads(&self) -> Result<Vec<Head>> {
        self.heads_where(CONTRADICTED)
    }

    fn heads_where(&self, which: &str) -> Result<Vec<Head>> {
        // A store of an older program, opened for reading only, has no such table.
        let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'head')";
        if !self.conn().prepare_cached(known)?.query_row([], |row| row.get(0))? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT life, position, running, hub_time, signature FROM head WHERE {which} ORDER BY life, position"
        );
        let mut select = self.conn().prepare_cached(&sql)?;
        let heads = select.query_map([], head)?.collect::<rusqlite::Result<_>>()?;
        Ok(heads)
    }
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    let running: Hash = hash_from(row.get(2)?);
    Ok(Head {
        life: row.get::<_, i64>(0)? as u64,
        mark: Mark { position: row.get::<_, i64>(1)? as u64, running },
        hub_time: Hlc(row.get::<_, i64>(3)? as u64),
        signature: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_proto::id::OfficeId;
    use uuid::Uuid;

    use super::*;

    const HUB: OfficeId = OfficeId(Uuid::from_u128(1));

    fn head(life: u64, position: u64, running: u8) -> Head {
        let mark = Mark { position, running: Hash([running; 32]) };
        Head::sign(HUB, life, mark, Hlc(5), &SigningKey::from_bytes(&[7; 32]))
    }

    fn keep(journal: &mut Journal, head: Head) {
        journal.group(|journal| journal.keep_head(&head)).unwrap();
    }

    #[test]
    fn two_histories_are_kept_as_evidence() {
        let mut journal = Journal::in_memory(OfficeId(Uuid::from_u128(2)), false).unwrap();
        keep(&mut journal, head(0, 16, 1));
        keep(&mut journal, head(0, 16, 1));
        keep(&mut journal, head(0, 32, 2));
        keep(&mut journal, head(9, 16, 3));
        assert_eq!(journal.reads().heads().unwrap(), [head(0, 16, 1), head(0, 32, 2), head(9, 16, 3)]);
        assert!(journal.reads().contradictory_heads().unwrap().is_empty());
        keep(&mut journal, head(0, 16, 4));
        let two = journal.reads().contradictory_heads().unwrap();
        assert_eq!(two, [head(0, 16, 1), head(0, 16, 4)]);
        journal.group(|journal| journal.forget_heads(8)).unwrap();
        assert_eq!(journal.reads().heads().unwrap(), two, "the hub cannot take evidence back");
    }

    #[test]
    fn the_roundest_stay() {
        let mut journal = Journal::in_memory(OfficeId(Uuid::from_u128(2)), false).unwrap();
        keep(&mut journal, head(0, 16, 8));
        keep(&mut journal, head(0, 16, 9));
        let most = limits::HEADS as u64;
        journal
            .group(|journal| {
                (2..4 * most).try_for_each(|n| journal.keep_head(&head(0, n * limits::HEAD_EVERY, 1)))
            })
            .unwrap();
        let kept: Vec<u64> = journal
            .reads()
            .heads()
            .unwrap()
            .iter()
            .map(|head| head.mark.position / limits::HEAD_EVERY)
            .collect();
        assert!(kept.len() <= limits::HEADS + 2, "{}", kept.len());
        assert!(kept.starts_with(&[1, 1]), "evidence stays");
        assert!((4 * most - most / 2..4 * most).all(|n| kept.contains(&n)), "the newest stay");
        assert!([most, 2 * most, 3 * most].iter().all(|n| kept.contains(n)), "and the round ones");
    }
}
