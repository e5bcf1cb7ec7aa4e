//! Search as one types over the letters of one office, beside the bare question to the same FTS5 table.

use std::sync::Arc;
use std::time::Instant;

use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use tokio::task::JoinSet;
use truc_node::derive::pump;
use truc_node::derive::search::{self, Index, Query, SEARCH};
use truc_node::derive::views::Views;
use truc_node::identity::Identity;
use truc_node::office::{Intent, Office};
use truc_node::store::journal::{JOURNAL, Reads, open_reader};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::wire::{OfficeFact, RegistryMove, registry_move};
use uuid::Uuid;

use super::Both;
use crate::Result;
use crate::args::Args;
use crate::bodies::Bodies;
use crate::figures::Thresholds;
use crate::hub::store_folder;
use crate::table::{Goal, Table};

/// Typed letter by letter; some stand in every letter, some in few, one in none.
const TYPED: [&str; 8] = [
    "chi dao ung pho bao",
    "van phong dang uy",
    "cong van so 12",
    "1204-CV/TU",
    "ket qua kiem tra giam sat",
    "hop giao ban tuan",
    "trien khai thuc hien nghi quyet",
    "khong co tu nay",
];
/// Written at once, as by many people.
const AT_ONCE: usize = 1000;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    if args.floors_only {
        return Ok(());
    }
    let folder = store_folder(args)?;
    let key = SigningKey::from_bytes(&[7; 32]);
    let me = OfficeId(Uuid::new_v4());
    let identity =
        Identity { office: me, hub: me, hub_key: key.verifying_key(), key, ring: Default::default() };
    let office = Arc::new(Office::open(folder.path(), identity.clone(), Vec::new())?);
    let count = args.size(100_000, 2_000);
    fill(&office, count).await?;
    let bare = search::reader(&folder.path().join(SEARCH))?;
    let (mut ours, mut floor) = (Both::default(), Thresholds::default());
    for round in 0..=args.rounds(3) {
        for typed in TYPED.iter().flat_map(|text| (1..=text.len()).map(|end| &text[..end])) {
            let began = Instant::now();
            let least = tokio::task::block_in_place(|| bare_fts5(&bare, typed))?;
            let bare_took = began.elapsed();
            let query = Query { text: typed.into(), ..Query::default() };
            let began = Instant::now();
            let hits = tokio::task::block_in_place(|| office.search(&query))?;
            let took = began.elapsed();
            if hits.is_empty() && least > 0 {
                return Err(format!("{typed:?}: no hits, FTS5 finds {least}").into());
            }
            if round > 0 {
                floor.add_ms(bare_took);
                ours.ours.add_ms(took);
            }
        }
    }
    drop(office);
    let what = format!("search as one types in {count} documents");
    let slowest = Both { ours: ours.ours.percentile(99), ..Both::default() };
    table.add(ours.beside(format!("{what}, ms"), "bare FTS5, by rank", floor.clone(), Goal::None));
    table.add(slowest.beside(
        format!("{what}: 99 in 100 within, ms"),
        "bare FTS5, by rank",
        floor.percentile(99),
        Goal::AtMost(50.0),
    ));
    tokio::task::block_in_place(|| making(args, &identity, folder.path(), table))
}

/// What the index costs beside the views, over the same journal.
fn making(args: &Args, identity: &Identity, folder: &std::path::Path, table: &mut Table) -> Result<()> {
    let journal = open_reader(&folder.join(JOURNAL))?;
    let reads = Reads::new(&journal, identity.office);
    let count = reads.end()?.position as f64;
    let (mut index_rate, mut views_rate) = (Both::default(), Thresholds::default());
    for _ in 0..args.rounds(3) {
        let began = Instant::now();
        let views = Views::create(&folder.join("again.db"), identity.hub, identity.hub_key)?;
        let views = pump::catch_up(reads, views, |_, _| {})?;
        views_rate.add(count / began.elapsed().as_secs_f64());
        let began = Instant::now();
        Index::create(&folder.join("search-again.db"))?.catch_up(reads, &views, |_| {})?;
        index_rate.ours.add(count / began.elapsed().as_secs_f64());
    }
    table.add(index_rate.beside("search index made: entries/s", "views folded", views_rate, Goal::None));
    Ok(())
}

/// Writes letters and waits until they are found.
async fn fill(office: &Arc<Office>, count: usize) -> Result<()> {
    let name = OfficeFact {
        office: office.id().to_wire(),
        since: "2025-07-01".into(),
        tier: "hub".into(),
        name: "Văn phòng Đảng ủy xã Diễn Châu".into(),
        ..Default::default()
    };
    let word = RegistryMove { r#move: Some(registry_move::Move::Office(name)) };
    let word = truc_proto::record::registry::Move(word);
    let record = RecordId(Uuid::now_v7());
    let mv = truc_proto::record::Move::Registry(word);
    let mut last = office.append(Intent::new("hub", record, mv, Vec::new())).await?.0;
    let mut bodies = Bodies::new(1)?;
    for from in (0..count).step_by(AT_ONCE) {
        let mut writes = JoinSet::new();
        for number in from..count.min(from + AT_ONCE) {
            let (office, letter) = (Arc::clone(office), bodies.distinct_letter(number % 3000 + 1));
            let intent = Intent::opening("van-thu", letter, Vec::new());
            writes.spawn(async move { office.append(intent).await });
        }
        while let Some(written) = writes.join_next().await {
            last = last.max(written??.0);
        }
    }
    office.wait_folded(last).await?;
    while !office.wait_searchable().await? {}
    Ok(())
}

/// What anybody would write: each word as a beginning, all wanted, the best twenty.
fn bare_fts5(conn: &Connection, typed: &str) -> Result<usize> {
    let words = typed.to_lowercase();
    let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let all: Vec<String> = words.map(|word| format!("\"{word}\"*")).collect();
    let mut select =
        conn.prepare_cached("SELECT rowid FROM word WHERE word MATCH ?1 ORDER BY rank LIMIT 20")?;
    let rows = select.query_map([all.join(" ")], |row| row.get::<_, i64>(0))?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.len())
}
