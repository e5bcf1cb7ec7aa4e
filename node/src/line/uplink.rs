//! The connection to the hub: calls, drives the session's state machine, and calls again after a wait.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use truc_proto::codec;
use truc_proto::enrolment::CallRefusal;
use truc_proto::head::Head;
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::session::{End, NodeFacts, NodeWrite, OwnKeys, Wrote};
use truc_proto::time::Hlc;
use truc_proto::wire::sync_client::SyncClient;
use truc_proto::wire::{self, EndReason, Verdict, hub_frame, instruct};

use crate::blocking::in_place;
use crate::clock::unix_millis;
use crate::identity::trust::Trust;
use crate::identity::{Identity, keys};
use crate::line::dial::{self, Answered, ConnectError};
use crate::line::driver::{Broken, Driver, Store};
use crate::line::freight::FileNews;
use crate::line::missed::Missed;
use crate::line::renewal::{self, RenewError, Renewals};
use crate::line::state::{Later, LineState, Standing, Why};
use crate::office::{Office, OfficeError, unsent};
use crate::store::journal::{JournalError, Reads, SessionWrites, node_facts};
use crate::store::writer::WriteError;
use crate::supervise::{Failing, Loop};

/// What the uplink needs beside the office.
pub struct Line {
    /// `host:port` of the hub's session listener, as enrolment or a person said; the hub's own words come before it.
    pub address: String,
    /// This office's certificate, and the authorities it trusts.
    pub trust: Arc<Trust>,
    /// Publishes the state of the connection.
    pub state: watch::Sender<LineState>,
    /// Publishes the channel while a session works, for attachments.
    pub channel: watch::Sender<Option<Channel>>,
    /// Hears what the session is told of files.
    pub news: FileNews,
}

/// Keeps the hub connected until told to stop.
pub async fn run(office: Arc<Office>, line: Line, mut stop: watch::Receiver<bool>) {
    let mut pauses = Pauses::default();
    let renewals = Renewals::new(Arc::clone(&line.trust));
    let (missed, answered) = (Arc::new(Missed::default()), Answered::default());
    loop {
        let begun = Instant::now();
        let ended = tokio::select! {
            ended = session(&office, &line, &renewals, &missed, &answered) => ended,
            () = stopped(&mut stop) => {
                set(&line, Standing::Off, None, "stopped");
                return;
            }
        };
        line.channel.send_replace(None);
        // Whatever ended it, a session that lasted shows that the line is sound.
        if begun.elapsed() >= limits::SOUND_SESSION {
            pauses = Pauses::default();
        }
        let pause = match ended {
            Ok(end) if end.again() && pauses.none() => Duration::ZERO,
            Ok(end) => {
                let refused = matches!(end.reason, EndReason::EndCredential | EndReason::EndVersion);
                let standing = if refused { Standing::Refused } else { Standing::Off };
                set(&line, standing, Some(end_why(end.reason)), &end.detail);
                tracing::info!(reason = ?end.reason, detail = end.detail, "the session ended");
                // So does one that is sent round in circles, each time longer. A machine that was refused pauses before
                // the next call, so that people see the refusal.
                let pause = pauses.next().max(if refused { limits::REFUSED_PAUSE } else { Duration::ZERO });
                office.loops().fails(Loop::Uplink, &format_args!("{:?}: {}", end.reason, end.detail), pause);
                pause
            }
            Err(error) => {
                let refused =
                    matches!(error, LineError::Connect(ConnectError::Refused(_)) | LineError::Credential);
                // Perhaps for its dates, if a clock was wrong when it was made: the next call shows the other one.
                if refused && line.trust.try_spare() {
                    tracing::info!("the certificate before this one is shown");
                }
                let standing = if refused { Standing::Refused } else { Standing::Off };
                set(&line, standing, Some(error.why()), &error.to_string());
                tracing::info!(%error, "no line to the hub");
                // A disk that cannot be written, here or at the hub, will not recover within half a second.
                if matches!(error, LineError::Office(_)) || error.hub_cannot_write() {
                    pauses.longest();
                }
                let pause = pauses.next();
                office.loops().fails(Loop::Uplink, &error, pause);
                pause
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = stopped(&mut stop) => {
                set(&line, Standing::Off, None, "stopped");
                return;
            }
        }
    }
}

/// What an end of a session is to people.
fn end_why(reason: EndReason) -> Why {
    match reason {
        EndReason::EndUnspecified | EndReason::EndAgain => Why::Cut,
        EndReason::EndReplaced => Why::Replaced,
        EndReason::EndCredential => Why::Revoked,
        EndReason::EndProtocol | EndReason::EndEntry => Why::Protocol,
        EndReason::EndVersion => Why::Version,
        EndReason::EndUnavailable => Why::HubStops,
        EndReason::EndLater => Why::Later,
    }
}

/// The pauses between calls, as long as no session lasts.
#[derive(Debug)]
struct Pauses {
    /// Bound of the next one.
    most: Duration,
    /// How often the hub has sent the machine round without one.
    round: u32,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { most: limits::BACKOFF_FIRST, round: 0 }
    }
}

impl Pauses {
    /// Whether a machine that the hub asks to call again may do so at once: a few times in a row only.
    fn none(&mut self) -> bool {
        self.round += 1;
        self.round <= limits::AGAIN_AT_ONCE
    }

    /// Full jitter: draws a pause between zero and a bound that doubles up to its cap.
    fn next(&mut self) -> Duration {
        let most = self.most;
        self.most = (most * 2).min(limits::BACKOFF_CAP);
        let random = keys::random().map_or(1 << 15, u16::from_le_bytes);
        most.mul_f64(f64::from(random) / 65_536.0)
    }

    /// The next bound is the cap.
    fn longest(&mut self) {
        self.most = limits::BACKOFF_CAP;
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A dropped sender means stop, too.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn set(line: &Line, standing: Standing, why: Option<Why>, detail: &str) {
    line.state.send_if_modified(|state| {
        let before = state.clone();
        if state.standing != standing {
            state.standing = standing;
            state.since = unix_millis();
        }
        match standing {
            Standing::Questioned if state.asked.is_none() => state.asked = Some(state.since),
            // Only a machine that was let on is known to be the right one.
            Standing::On | Standing::Refused => state.asked = None,
            _ => {}
        }
        state.why = why;
        detail.clone_into(&mut state.detail);
        *state != before
    });
}

/// Why there was no session, or why it broke.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("{0}")]
    Status(Box<tonic::Status>),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the hub no longer takes this machine's certificate")]
    Credential,
    #[error("the certificate has ended and was not renewed: {0}")]
    Lapsed(RenewError),
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl LineError {
    fn hub_cannot_write(&self) -> bool {
        matches!(self, Self::Status(status) if renewal::refusal(status) == Some(CallRefusal::Store))
    }

    /// What it is to people.
    fn why(&self) -> Why {
        match self {
            Self::Connect(error) => connect_why(error),
            Self::Status(status) => match renewal::refusal(status) {
                Some(CallRefusal::Store) => Why::HubStore,
                Some(CallRefusal::Clock) => Why::HubClock,
                Some(CallRefusal::Lapsed) => Why::Expired,
                Some(CallRefusal::Credential) => Why::Revoked,
                _ => Why::Cut,
            },
            Self::Broken(Broken::Line) => Why::Cut,
            Self::Broken(_) => Why::Protocol,
            Self::Credential => Why::Revoked,
            Self::Lapsed(_) => Why::Expired,
            Self::Office(_) => Why::Store,
        }
    }
}

fn connect_why(error: &ConnectError) -> Why {
    match error {
        ConnectError::Refused(dial::Refusal::Revoked) => Why::Revoked,
        ConnectError::Refused(dial::Refusal::Expired) => Why::Expired,
        ConnectError::Refused(dial::Refusal::Unknown | dial::Refusal::Other) => Why::Unknown,
        ConnectError::NotTheHub(_) => Why::NotTheHub,
        ConnectError::Network(_) => Why::Unreachable,
        ConnectError::Configuration(_) => Why::Configuration,
    }
}

impl From<tonic::Status> for LineError {
    fn from(status: tonic::Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// Name and version of this program.
const PROGRAM: &str = concat!("truc-node ", env!("TRUC_VERSION"));

/// What this machine says of itself: its copies have all else in common with it.
fn machine() -> wire::Machine {
    static MACHINE: OnceLock<wire::Machine> = OnceLock::new();
    let tell = || {
        let now = unix_millis();
        let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let up = u64::try_from(up.tv_sec).unwrap_or(0).saturating_mul(1_000);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        wire::Machine { host, booted: now.saturating_sub(up), started: now }
    };
    MACHINE.get_or_init(tell).clone()
}

/// One session from call to end.
async fn session(
    office: &Arc<Office>,
    line: &Line,
    renewals: &Renewals,
    missed: &Arc<Missed>,
    answered: &Answered,
) -> Result<End, LineError> {
    // An earlier session may have ended before it took the authorities.
    if let Err(error) = in_place(|| renewals.follow(office)) {
        tracing::warn!(%error, "the hub's authorities could not be kept; those known still count");
    }
    office.time().certified(line.trust.certified());
    let receipt = in_place(|| office.read(|journal| journal.receipt()))?;
    let config = line.trust.config(receipt.map_or(0, |receipt| receipt.hub_time.millis() / 1000));
    let config = config.map_err(|error| ConnectError::Configuration(error.to_string()))?;
    let channel = dial::connect_any(&addresses(office, line), answered, config).await?;
    let (out, frames) = mpsc::unbounded_channel();
    let mut client = SyncClient::new(channel.clone())
        .max_decoding_message_size(limits::FRAME)
        .max_encoding_message_size(limits::FRAME);
    let identity = office.identity();
    if let Some(before) = missed_mail(missed, office, true).await? {
        tracing::warn!(before, "mail was missed and is asked for again");
        let again = office.writer().map_err(OfficeError::from)?;
        again.write(move |journal| journal.ask_again(before)).await.map_err(OfficeError::from)?;
    }
    // Read in the writer's turn, so that writes of an earlier session are done or will never be.
    let keys =
        OwnKeys::new(identity.office, identity.key.verifying_key(), identity.hub_key, &office.registry());
    let (hub_key, clock) = (identity.hub_key, line.trust.clock().millis());
    let facts = office
        .writer()
        .map_err(OfficeError::from)?
        .write(move |journal| journal.in_turn(|reads| node_facts(reads, hub_key, keys, clock, PROGRAM)));
    let facts = facts.await.map_err(OfficeError::from)?;
    let facts = NodeFacts { machine: Some(machine()), ..facts };
    let mut looking = Some(look(office));
    let mut push_again = None;
    set(line, Standing::Joining, None, "");
    let (events, mut happened) = mpsc::unbounded_channel();
    let mut store = OfficeStore { office: Arc::clone(office), events, writes: Arc::default() };
    // Hello must be sent before the hub answers the call.
    let (mut driver, over) = Driver::start(facts, out, &mut store)?;
    if let Some(end) = over {
        return Ok(end);
    }
    let opened = timeout(limits::FIRST_FRAME, client.open(UnboundedReceiverStream::new(frames)));
    let mut inbound = match opened.await.map_err(|_| Broken::Line)? {
        Ok(inbound) => inbound.into_inner(),
        Err(status) => match renewal::refusal(&status) {
            Some(CallRefusal::Lapsed) if line.trust.try_spare() => {
                return Ok(again("the certificate before"));
            }
            Some(CallRefusal::Lapsed) => {
                let renewed = renewals.renew(channel, true).await;
                note(office, line, renewals, renewed.as_ref().err());
                return renewed.map(|()| again("renewed")).map_err(LineError::Lapsed);
            }
            Some(CallRefusal::Credential) => return Err(LineError::Credential),
            _ => return Err(status.into()),
        },
    };
    let renewal = renewals.turn(office, channel.clone());
    tokio::pin!(renewal);
    let mut reached = office.reached().map_err(OfficeError::from)?;
    reached.mark_changed();
    let began = Instant::now();
    let mut look_missed = began + limits::MISSED_LOOK;
    let now = || began.elapsed().as_millis() as u64;
    let until = |at: Option<u64>| sleep_until(began + Duration::from_millis(at.unwrap_or_default()));
    loop {
        office.writer().map_err(OfficeError::from)?.room().await;
        let due = driver.look_due();
        let waits = push_again;
        let late = driver.overdue().filter(|_| line.state.borrow().owed.is_none());
        let over = tokio::select! {
            frame = inbound.next(), if !driver.busy() => {
                let frame = match frame.ok_or(Broken::Line)? {
                    Ok(frame) => frame,
                    Err(status) => {
                        // A frame that cannot be read is the hub's fault, and is told as such.
                        let how = codec::broken(&status).ok_or(status)?;
                        return Ok(End::new(EndReason::EndProtocol, how));
                    }
                };
                heed(office, line, renewals, &frame);
                let over = driver.frame(frame, now(), &mut store)?;
                overdue(line, driver.overdue().filter(|due| *due <= now()));
                over
            }
            renewed = &mut renewal => {
                note(office, line, renewals, renewed.as_ref().err());
                if renewed.is_ok() {
                    // The new certificate is on disk; the next call shows it.
                    return Ok(again("renewed"));
                }
                renewal.set(renewals.turn(office, channel.clone()));
                continue;
            }
            Some(wrote) = happened.recv() => {
                driver.wrote(wrote.map_err(OfficeError::from)?, now(), &mut store)?
            }
            () = until(waits), if waits.is_some() => return Ok(again("what waits may be sent")),
            () = until(late), if late.is_some() => {
                overdue(line, late);
                continue;
            }
            () = until(due), if due.is_some() => {
                driver.look();
                looking = Some(look(office));
                continue;
            }
            status = looked(&mut looking) => {
                looking = None;
                driver.looked(status?, now(), &mut store)?
            }
            () = sleep_until(look_missed) => {
                look_missed = Instant::now() + limits::MISSED_LOOK;
                // The next Hello says where the mail is to begin.
                if driver.standing() == Standing::On && missed_mail(missed, office, false).await?.is_some() {
                    return Ok(again("mail was missed"));
                }
                continue;
            }
            changed = reached.changed() => {
                changed.map_err(|_| LineError::Office(OfficeError::Stopped))?;
                let tip = reached.borrow_and_update().tip;
                driver.reached(tip, now(), &mut store)?
            }
        };
        if let Some(end) = over {
            return Ok(end);
        }
        let standing = driver.standing();
        if push_again.is_none() && (standing == Standing::On || driver.later().is_some()) {
            push_again = later(line, driver.later(), now());
        }
        if standing == Standing::On && line.channel.borrow().is_none() {
            match office.loops().failing().remove(&Loop::Uplink) {
                Some(Failing { since, times, .. }) => {
                    let seconds = unix_millis().saturating_sub(since) / 1_000;
                    tracing::info!(seconds, calls = times, "the line to the hub is back");
                }
                None => tracing::info!("the line to the hub is up"),
            }
            line.channel.send_replace(Some(channel.clone()));
        }
        if matches!(standing, Standing::On | Standing::Questioned) {
            office.loops().works(Loop::Uplink);
        }
        set(line, standing, None, "");
    }
}

/// The position from before which mail is to come again, looked for in another thread; `ask`: it is noted as asked for.
async fn missed_mail(
    missed: &Arc<Missed>,
    office: &Arc<Office>,
    ask: bool,
) -> Result<Option<u64>, OfficeError> {
    let (missed, office) = (Arc::clone(missed), Arc::clone(office));
    tokio::task::spawn_blocking(move || missed.due(&office, ask)).await.map_err(|_| OfficeError::Stopped)?
}

/// Where to call: the addresses that the hub says it has, and the one of enrolment.
fn addresses(office: &Office, line: &Line) -> Vec<String> {
    let mut addresses = office.registry().addresses().to_vec();
    if !addresses.contains(&line.address) {
        addresses.push(line.address.clone());
    }
    addresses
}

/// Reads the office's status in another thread, so that a slow disk delays nothing.
fn look(office: &Arc<Office>) -> JoinHandle<Result<wire::Status, OfficeError>> {
    let office = Arc::clone(office);
    tokio::task::spawn_blocking(move || unsent::status(&office, PROGRAM))
}

/// The status that was being read; pending for ever if none is.
async fn looked(
    look: &mut Option<JoinHandle<Result<wire::Status, OfficeError>>>,
) -> Result<wire::Status, LineError> {
    match look {
        Some(look) => Ok(look.await.map_err(|_| LineError::Office(OfficeError::Stopped))??),
        None => std::future::pending().await,
    }
}

/// Handles what a frame tells beside the session: the hub's time, its request to renew, and that it may lack what it
/// had.
fn heed(office: &Office, line: &Line, renewals: &Renewals, frame: &wire::HubFrame) {
    match &frame.frame {
        Some(hub_frame::Frame::Welcome(welcome)) => {
            let hub_time = Hlc(welcome.hub_time).millis();
            renewals.hub_time(hub_time);
            office.time().hear(hub_time);
            if let Err(error) = line.trust.worked() {
                tracing::warn!(%error, "the certificate before could not be put away");
            }
            if welcome.verdict() == Verdict::Refill {
                line.news.tell(|news| news.refill = true);
            }
        }
        Some(hub_frame::Frame::Receipt(_)) => line.news.tell(|news| news.receipt = true),
        Some(hub_frame::Frame::FileReady(file)) => {
            if let Some(hash) = Hash::from_slice(&file.hash) {
                line.news.tell(|news| {
                    news.ready.insert(hash);
                });
            }
        }
        Some(hub_frame::Frame::Instruct(wire::Instruct { what: Some(instruct::What::Renew(true)) })) => {
            renewals.asked();
        }
        _ => {}
    }
}

/// Publishes what the hub takes no more of. Returns when to call again; none: it takes everything.
fn later(line: &Line, later: Option<&wire::Later>, now: u64) -> Option<u64> {
    let millis = later.map(|later| u64::from(later.seconds).saturating_mul(1_000));
    // A hub may not silence an office for long.
    let millis = millis.map(|millis| millis.clamp(1_000, limits::QUOTA_WAIT.as_millis() as u64));
    let told = later.zip(millis).map(|(later, millis)| {
        let what = later.what.chars().take(limits::PROGRAM).collect();
        Later { what, until: unix_millis().saturating_add(millis) }
    });
    line.state.send_if_modified(|state| {
        let changed = state.later.as_ref().map(|later| &later.what) != told.as_ref().map(|later| &later.what);
        state.later = told;
        changed
    });
    millis.map(|millis| now.saturating_add(millis))
}

/// Publishes whether mail is overdue; none: it is not.
fn overdue(line: &Line, late: Option<u64>) {
    line.state.send_if_modified(|state| {
        let changed = state.owed.is_some() != late.is_some();
        if changed {
            state.owed = late.map(|_| unix_millis());
        }
        changed
    });
}

fn again(detail: &str) -> End {
    End { reason: EndReason::EndAgain, detail: detail.to_owned() }
}

/// Publishes the result of the last renewal.
fn note(office: &Office, line: &Line, renewals: &Renewals, error: Option<&RenewError>) {
    let failed = match error {
        None => {
            office.loops().works(Loop::Renewal);
            None
        }
        Some(error) => match renewals.told(error) {
            None => return,
            told => {
                office.loops().fails(Loop::Renewal, error, renewals.next_try());
                told
            }
        },
    };
    line.state.send_modify(|state| state.renewal = failed);
}

/// The running office, as one session sees it.
struct OfficeStore {
    office: Arc<Office>,
    events: mpsc::UnboundedSender<Result<Wrote, WriteError>>,
    writes: Arc<SessionWrites>,
}

impl Store for OfficeStore {
    type Error = LineError;

    fn identity(&self) -> &Identity {
        self.office.identity()
    }

    fn read<T>(&self, read: impl FnOnce(Reads<'_>) -> Result<T, JournalError>) -> Result<T, LineError> {
        Ok(in_place(|| self.office.read(read))?)
    }

    fn submit(&mut self, write: NodeWrite) -> Result<(), LineError> {
        let events = self.events.clone();
        let (writes, then) = (Arc::clone(&self.writes), Arc::clone(&self.writes));
        self.office.writer().map_err(OfficeError::from)?.submit(
            move |journal| writes.make(journal, write),
            move |wrote| {
                if wrote.is_err() {
                    then.fail();
                }
                if let Some(wrote) = wrote.transpose() {
                    // The session may have ended meanwhile; the write stands.
                    let _ = events.send(wrote);
                }
            },
        );
        Ok(())
    }

    fn keep(&mut self, head: Head) -> Result<(), LineError> {
        self.office.writer().map_err(OfficeError::from)?.submit(
            move |journal| journal.keep_head(&head),
            |kept| {
                if let Err(error) = kept {
                    tracing::warn!(%error, "a head of the hub's journal was not kept");
                }
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_sent_round_calls_ever_more_seldom() {
        let mut pauses = Pauses::default();
        let at_once = (0..100).filter(|_| pauses.none()).count();
        assert_eq!(at_once, limits::AGAIN_AT_ONCE as usize);
        let mut bounds = Vec::new();
        for _ in 0..100 {
            bounds.push(pauses.most);
            assert!(pauses.next() <= bounds[bounds.len() - 1]);
        }
        assert_eq!(bounds[0], limits::BACKOFF_FIRST);
        assert!(bounds.is_sorted() && bounds[99] == limits::BACKOFF_CAP, "{bounds:?}");
        assert!(!pauses.none());
    }
}
