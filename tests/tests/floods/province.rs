//! H3 and H4: a hub with five hundred offices in storms, and beside slow callers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::{Connection, OpenFlags};
use tokio::task::{JoinSet, block_in_place};
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_tests::floods::ACKNOWLEDGED;
use truc_tests::floods::hub::{Hub, Site};
use truc_tests::floods::office::{Office, Session};
use truc_tests::floods::slow::{self, How};

/// Healthy offices, beside the province.
const OFFICES: usize = 500;
/// Further ones that take none of their mail; as many again that are silent in other ways.
const DEAF: usize = 50;
/// Slow handshakes, and as many connections without a word.
const SLOW: usize = 500;
/// Storms in the test command; `TRUC_STORMS=10` for all of H4.
const STORMS: u64 = 2;
/// All are back within this time (H4).
const BACK: Duration = Duration::from_secs(120);
/// Memory of the hub (H4), bytes.
const MEMORY: u64 = 1 << 30;
/// What the slow ones may last beyond their deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(5);
/// For so long the healthy ones work beside them: longer than every deadline.
const BESIDE: Duration = Duration::from_secs(16);

/// Offices with their sessions; the province comes first.
type Open = Vec<(Office, Session)>;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_offices_are_served_in_storms_and_beside_slow_ones() {
    let _alone = crate::MACHINE.lock().await;
    let storms = std::env::var("TRUC_STORMS").map_or(STORMS, |storms| storms.parse().unwrap());
    let begun = Instant::now();
    let site = Site::prepare(OFFICES + 2 * DEAF).await;
    println!("{} machines enrolled in {:?}", site.machines.len(), begun.elapsed());
    // In the program it takes minutes until who takes no mail is cut off.
    let planted = Some("limits.delivered-soon");
    let mut hub = site.serve(planted);
    let healthy = site.machines.iter().take(1 + OFFICES);
    let offices: Vec<Office> = healthy.cloned().map(Office::new).collect();
    let ids: Vec<OfficeId> = offices.iter().map(Office::id).collect();
    let (mut open, took, calls) = all_back(offices, hub.sessions).await;
    println!("the first call of all: {took:?}, {calls} calls");
    for storm in 1..=storms {
        // Written while there is no line: it goes out in the storm.
        for (office, _) in &mut open {
            let to = if office.id() == ids[0] { Scope::subtree(ids[0]) } else { Scope::office(ids[0]) };
            office.write(to, Bytes::from_static(b"trong bao"));
        }
        let offices = open.into_iter().map(|(office, _)| office).collect();
        let back = tokio::spawn(all_back(offices, hub.sessions));
        drop(hub);
        hub = block_in_place(|| site.serve(planted));
        let (took, calls);
        (open, took, calls) = back.await.unwrap();
        let memory = hub.process.peak();
        println!("storm {storm}: all back after {took:?}, {calls} calls, the hub had {} MiB", memory >> 20);
        assert!(took <= BACK && memory <= MEMORY, "{took:?}, {memory} bytes");
    }
    open = all_have(open, &ids, storms).await;
    let heights = beside_slow_ones(&site, &hub, open).await;
    drop(hub);
    once_each(&site, &heights);
}

/// All offices call, each again and again, until all they wrote is acknowledged and all their mail is here. How long
/// that took, and how many calls.
async fn all_back(offices: Vec<Office>, hub: SocketAddr) -> (Open, Duration, usize) {
    let begun = Instant::now();
    let (mut tasks, mut open, mut all) = (JoinSet::new(), Vec::new(), 0);
    for (number, mut office) in offices.into_iter().enumerate() {
        tasks.spawn(async move {
            let (session, calls) = office.come_back(hub).await;
            (number, office, session, calls)
        });
    }
    while let Some(back) = tasks.join_next().await {
        let (number, office, session, calls) = back.unwrap();
        open.push((number, office, session));
        all += calls;
    }
    let took = begun.elapsed();
    open.sort_by_key(|(number, ..)| *number);
    (open.into_iter().map(|(_, office, session)| (office, session)).collect(), took, all)
}

/// Everybody has what the province wrote, so many entries; the province what everybody wrote. Nothing came twice.
async fn all_have(open: Open, ids: &[OfficeId], each: u64) -> Open {
    let mut tasks = JoinSet::new();
    for (number, (mut office, mut session)) in open.into_iter().enumerate() {
        let from = if number == 0 { ids[1..].to_vec() } else { vec![ids[0]] };
        tasks.spawn(async move {
            let missing = |office: &Office| {
                let mut due = from.iter().flat_map(|id| (1..=each).map(move |seq| (*id, seq)));
                due.any(|place| !office.mail.contains(&place))
            };
            while missing(&office) {
                office.take(&mut session).await.unwrap();
            }
            assert_eq!(office.twice, 0, "something came twice");
            (number, office, session)
        });
    }
    let mut open = tasks.join_all().await;
    open.sort_by_key(|(number, ..)| *number);
    open.into_iter().map(|(_, office, session)| (office, session)).collect()
}

/// The healthy ones go on while others are slow. How many entries each office has written at the end.
async fn beside_slow_ones(site: &Site, hub: &Hub, open: Open) -> Vec<(OfficeId, u64)> {
    let (at, before) = (hub.sessions, hub.process.resident());
    let (deaf, silent) = site.machines[1 + OFFICES..].split_at(DEAF);
    let deaf = deaf.iter().cloned().map(Office::new).collect();
    let (deaf, _, _) = all_back(deaf, at).await;
    let slow = slow::callers(hub, SLOW, silent);
    let begun = Instant::now();
    let province = site.machines[0].office;
    let mut healthy = JoinSet::new();
    for (number, (office, session)) in open.into_iter().enumerate() {
        healthy.spawn(at_work(office, session, number, province));
    }
    let (mut lines, mut took) = (Vec::new(), Vec::new());
    while let Some(done) = healthy.join_next().await {
        let (office, times) = done.unwrap();
        assert_eq!(office.twice, 0, "something came twice");
        took.extend(times);
        lines.push((office.id(), office.height()));
    }
    took.sort_unstable();
    let (median, late) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    let grown = hub.process.peak().saturating_sub(before) >> 20;
    println!(
        "{} entries beside slow ones: median {median:?}, p99 {late:?}, the hub grew by {grown} MiB",
        took.len()
    );
    assert!(late <= ACKNOWLEDGED, "p99 {late:?}");
    let mut slow = slow.join_all().await;
    slow.sort();
    for how in [How::Handshake, How::Tcp, How::Tls, How::Session, How::Page] {
        let of = slow.iter().filter(|(this, _)| *this == how);
        println!(
            "{how:?}: {} callers, the last {:?}",
            of.clone().count(),
            of.map(|(_, lasted)| lasted).max()
        );
    }
    for (how, lasted) in slow {
        let deadline = if how == How::Handshake || how == How::Tcp {
            limits::TLS_HANDSHAKE
        } else {
            limits::FIRST_FRAME
        };
        assert!(lasted.is_some_and(|lasted| lasted <= deadline + SLACK), "{how:?} lasted {lasted:?}");
    }
    assert!(begun.elapsed() >= BESIDE);
    // Cut off meanwhile; they go on from their cursors.
    let cut = hub.said("mail was not taken");
    assert!(cut >= DEAF, "{cut} of {DEAF} that took no mail were cut off");
    println!("{cut} sessions that took no mail were cut off");
    let written = lines.iter().find(|(id, _)| *id == province).unwrap().1;
    let offices = deaf.into_iter().map(|(office, _)| office).collect();
    let (back, again, _) = all_back(offices, at).await;
    for (office, _) in &back {
        let here = office.mail.iter().filter(|(from, _)| *from == province).count() as u64;
        assert_eq!((here, office.twice), (written, 0), "mail of one that was cut off");
        lines.push((office.id(), office.height()));
    }
    println!("they had all of it {again:?} after they called again");
    lines
}

/// Takes mail, and writes now and then: the province to everybody each second, the others to it. How long each of the
/// entries took until it was acknowledged.
async fn at_work(
    mut office: Office,
    mut session: Session,
    number: usize,
    province: OfficeId,
) -> (Office, Vec<Duration>) {
    let (begun, mut took) = (Instant::now(), Vec::new());
    let (to, every) = match office.id() == province {
        true => (Scope::subtree(province), Duration::from_secs(1)),
        false => (Scope::office(province), Duration::from_secs(4)),
    };
    // Not all at once.
    let mut next = every.mul_f64((number % 100) as f64 / 100.0);
    let mut written: Option<Instant> = None;
    while begun.elapsed() < BESIDE || written.is_some() {
        if written.is_none() && begun.elapsed() >= next && begun.elapsed() < BESIDE {
            office.write(to, Bytes::from_static(b"hang ngay"));
            written = Some(Instant::now());
            office.push(&session).await.unwrap();
            next += every;
        }
        let within = next.saturating_sub(begun.elapsed()).clamp(Duration::from_millis(5), every);
        office.take_within(&mut session, within).await.unwrap();
        if office.receipted()
            && let Some(written) = written.take()
        {
            took.push(written.elapsed());
        }
    }
    (office, took)
}

/// The hub's journal has each entry once, and nothing else of these offices.
fn once_each(site: &Site, heights: &[(OfficeId, u64)]) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let journal = Connection::open_with_flags(site.dir().join("journal.db"), flags).unwrap();
    let refused: i64 = journal.query_row("SELECT count(*) FROM refused", [], |row| row.get(0)).unwrap();
    assert_eq!(refused, 0, "entries were refused");
    let of_one = "SELECT count(*), count(DISTINCT seq) FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1)";
    let mut count = journal.prepare(of_one).unwrap();
    for (id, height) in heights {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64));
        assert_eq!(count.query_row([id.0.as_bytes()], row).unwrap(), (*height, *height), "entries of {id}");
    }
}
