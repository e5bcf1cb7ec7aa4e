//! Pages of the console over a whole province: how long a browser waits for one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use truc_node::accounts::{Realm, Role};
use truc_node::clock::unix_millis;
use truc_node::store::verified::VERIFIED;
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record::directive::{Issued, Move, Task};
use truc_proto::record::{Act, Paper};
use truc_tests::pages::people::Person;
use uuid::Uuid;

use super::load;
use crate::Result;
use crate::args::Args;
use crate::bodies::Content;
use crate::client::{Session, pushes};
use crate::figures::Thresholds;
use crate::hub::Hub;
use crate::office::Office;
use crate::table::{Goal, Line, Table};

/// Making the store ends after so long, however many entries there are by then.
const MAKING: Duration = Duration::from_secs(15 * 60);
/// Directives answered before the next are pushed: bounds what is in memory.
const AT_ONCE: usize = 20;
/// How long the processor is watched at a time.
const SAMPLE: Duration = Duration::from_secs(3);
/// What a commune says of a directive: it arrived, was accepted, its task is done.
const ANSWERS: usize = 3;
const DAY: u64 = 24 * 60 * 60 * 1000;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    if args.floors_only || args.library {
        return Ok(());
    }
    let communes = args.size(432, 12);
    let wanted = if args.full { 1_000_000 } else { args.size(100_000, 1_000) };
    let mut hub = Hub::product(args, communes).await?;
    let (matrix, entries) = fill(&mut hub, communes, wanted).await?;
    opening(args, &mut hub, entries, table).await?;
    hub.stop();
    let person = Person::new(hub.folder(), Realm::Console, Role::Administrator, "do-kiem");
    let Some(address) = hub.start_console().await? else { return Ok(()) };
    let cookie = login(address, &person).await?;
    let offices = communes + 1;
    let what = |page: &str| format!("page: {page}, {offices} offices, {entries} entries, ms");
    let began = Instant::now();
    get(address, &cookie, "/").await?.ok_or("no overview")?;
    let mut first = Thresholds::default();
    first.add_ms(began.elapsed());
    table.add(line(what("the first overview after a start"), first, Goal::None));
    let rounds = args.rounds(200);
    let commune = hub.communes.first().ok_or("no commune")?.id.0;
    for (name, path) in [
        ("overview", "/".to_owned()),
        ("directives", "/directives".to_owned()),
        ("directive matrix", format!("/directives/{matrix}")),
        ("tasks", "/tasks".to_owned()),
        ("late tasks", "/tasks?state=late".to_owned()),
        ("reports", "/reports".to_owned()),
        ("guidance", "/guidances".to_owned()),
        ("inspections", "/inspections".to_owned()),
        ("offices", "/offices".to_owned()),
        ("one office", format!("/offices/{commune}")),
        ("audit", "/audit".to_owned()),
        ("search", "/search?q=ra+soat".to_owned()),
        ("a directive's paper", format!("/directive/{matrix}")),
    ] {
        let mut figures = Thresholds::default();
        for round in 0..rounds + 3 {
            let began = Instant::now();
            let Some(_) = get(address, &cookie, &path).await? else { break };
            if round >= 3 {
                figures.add_ms(began.elapsed());
            }
        }
        both(table, &what(name), figures);
    }
    let mut office = hub.communes.pop().ok_or("no commune")?;
    let mut session = Session::open_caught_up(&mut office).await?;
    let mut figures = Thresholds::default();
    for _ in 0..args.rounds(50) {
        let from = office.height();
        let entry = office.write(Content::Text, hub.to_province())?;
        session.push_all(&mut office, from, pushes(&[entry], 1, true)).await?;
        hub.caught_up().await?;
        let began = Instant::now();
        get(address, &cookie, "/").await?.ok_or("no overview")?;
        figures.add_ms(began.elapsed());
    }
    both(table, &what("overview right after an entry"), figures);
    Ok(())
}

/// How soon a store of that size is open after a kill, and what verifying it in the background costs a hub that has
/// nothing else to do.
async fn opening(args: &Args, hub: &mut Hub, entries: usize, table: &mut Table) -> Result<()> {
    let mut open = Thresholds::default();
    for _ in 0..args.rounds(5) {
        open.add_ms(hub.restart_killed().await?);
    }
    table.add(line(format!("a killed hub with {entries} entries listens again, ms"), open, Goal::None));
    // It went through all of it while the store was filled: from the beginning again.
    std::fs::remove_file(hub.folder().join(VERIFIED))?;
    hub.restart_killed().await?;
    let mut share = Thresholds::default();
    for _ in 0..args.rounds(5) {
        let (cpu, began) = (hub.process.cpu(), Instant::now());
        tokio::time::sleep(SAMPLE).await;
        share.add((hub.process.cpu() - cpu) / began.elapsed().as_secs_f64() * 100.0);
    }
    let what = format!("a hub with {entries} entries verifies them in the background, % of a core");
    table.add(line(what, share, Goal::None));
    Ok(())
}

fn both(table: &mut Table, what: &str, figures: Thresholds) {
    let p99 = figures.percentile(99);
    if p99.median().is_none() {
        table.remark(format!("{what}: there is no such page"));
        return;
    }
    table.add(line(what.to_owned(), figures, Goal::AtMost(100.0)));
    table.add(line(format!("{what}: 99 of 100"), p99, Goal::AtMost(100.0)));
}

fn line(what: String, ours: Thresholds, goal: Goal) -> Line {
    Line { what, ours, floor: None, goal }
}

/// Half of the entries are answers to directives to all, some of them late and some not given; half are reports.
/// Gives the communes to the hub again, and the last directive.
async fn fill(hub: &mut Hub, communes: usize, wanted: usize) -> Result<(RecordId, usize)> {
    let until = Instant::now() + MAKING;
    let everybody = hub.to_all();
    let to_province = hub.to_province();
    let packs = hub.packs();
    let mut session = Session::open_caught_up(&mut hub.province).await?;
    let mut open = hub.open_all(communes).await?;
    let (mut entries, mut last) = (0, RecordId(Uuid::nil()));
    while entries < wanted && Instant::now() < until {
        let from = hub.province.height();
        let mut issued = Vec::new();
        let mut directives = Vec::new();
        for number in 0..AT_ONCE {
            let record = RecordId::of(hub.province.id, Move::KIND, Uuid::now_v7());
            let body = directive(number, everybody)?;
            issued.push(hub.province.write_about(record, Move::KIND, body, everybody));
            directives.push(record);
        }
        entries += issued.len();
        last = directives.last().copied().ok_or("no directive")?;
        let pushed = pushes(&issued, limits::BATCH_ENTRIES, packs);
        session.push_all(&mut hub.province, from, pushed).await?;
        let mut loaded = Vec::with_capacity(open.len());
        for (number, (mut office, session)) in open.drain(..).enumerate() {
            let from = office.height();
            let written = answers(&mut office, &directives, number, to_province)?;
            entries += written.len();
            loaded.push((office, session, from, pushes(&written, limits::BATCH_ENTRIES, packs)));
        }
        open = load::push(loaded).await?.0;
    }
    hub.communes = open.into_iter().map(|(office, _)| office).collect();
    hub.caught_up().await?;
    Ok((last, entries))
}

/// A directive with one task, due some days ago or ahead.
fn directive(number: usize, to: Scope) -> Result<Bytes> {
    let due = unix_millis() + DAY * number as u64 - DAY * (AT_ONCE as u64) / 2;
    let due = Date::of_millis(due as i64).ok_or("no such day")?.to_string();
    let paper = Paper {
        document_type: "CV".into(),
        title: "Về việc rà soát, báo cáo kết quả thực hiện".into(),
        number: format!("{:02}-CV/TU", number + 1),
        term: "2025-2030".into(),
        ..Paper::default()
    };
    let task = Task {
        id: "T1".into(),
        content: "Báo cáo kết quả thực hiện".into(),
        assignees: vec![to],
        due,
        product: String::new(),
    };
    Ok(Move::Issued(Issued { paper, tasks: vec![task], in_reply_to: None }).encode())
}

/// What one commune writes of some directives, and as many reports. One in twenty leaves its task undone.
fn answers(
    office: &mut Office,
    directives: &[RecordId],
    number: usize,
    to: Scope,
) -> Result<Vec<truc_proto::entry::Entry>> {
    let mut written = Vec::new();
    for (index, record) in directives.iter().enumerate() {
        let mut moves = vec![Move::status("01"), Move::status("03")];
        if !(number + index).is_multiple_of(20) {
            moves.push(Move::Progress { task: "T1".into(), percent: 100, note: String::new() });
        }
        for mv in moves {
            written.push(office.write_about(*record, Move::KIND, mv.encode(), to));
        }
        written.extend(office.write_many(ANSWERS, Content::Text, to)?);
    }
    Ok(written)
}

/// Signs in as a browser does; gives the cookie.
async fn login(address: SocketAddr, person: &Person) -> Result<String> {
    let form = format!("account={}&password={}&next=/", person.user, person.password);
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    let answer = ask(address, &request).await?;
    let cookie = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next())?
    });
    Ok(cookie.ok_or("signing in gives no cookie")?.to_owned())
}

/// A page; none if there is none at that address.
async fn get(address: SocketAddr, cookie: &str, path: &str) -> Result<Option<String>> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    let answer = ask(address, &request).await?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(Some(answer)),
        Some("404") => Ok(None),
        status => Err(format!("{path}: {status:?}").into()),
    }
}

async fn ask(address: SocketAddr, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
