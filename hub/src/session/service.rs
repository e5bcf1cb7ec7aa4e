//! The gRPC service of sessions: tasks, channels and the clock around the driver.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};
use truc_node::clock::unix_millis;
use truc_node::identity::Identity;
use truc_node::office::OfficeError;
use truc_node::supervise;
use truc_proto::audience::Scope;
use truc_proto::codec;
use truc_proto::enrolment::CallRefusal;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::Registry;
use truc_proto::session::{End, HubEvent};
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::sync_server::{Sync, SyncServer};
use truc_proto::wire::{self, EndReason};

use crate::delivery::mail::{Asked, MailBatch};
use crate::hub::{Hub, ITSELF, on_disk};
use crate::line::caller::{Caller, Peer, refused};
use crate::line::presence::MachineStatus;
use crate::line::quotas::{Later, What};
use crate::recover::life::Life;
use crate::recover::refill::Refill;
use crate::session::driver::Driver;
use crate::session::offers::{self, GivenBack};
use crate::session::outbox::{Frames, Outbox, outbox};
use crate::session::store::{News, Store};
use crate::session::suspects::{Suspects, obstacle, wrong};
use crate::session::unfolded::Unfolded;
use crate::session::write::{Done, Write};

/// The gRPC service.
pub struct SyncService {
    hub: Arc<Hub>,
    suspects: Arc<Suspects>,
}

impl SyncService {
    /// Ready for tonic, with the message sizes limited.
    pub fn server(hub: Arc<Hub>, suspects: Arc<Suspects>) -> SyncServer<Self> {
        SyncServer::new(Self { hub, suspects })
            .max_decoding_message_size(if planted("limits.frame") { usize::MAX } else { limits::FRAME })
            .max_encoding_message_size(limits::FRAME)
    }
}

#[tonic::async_trait]
impl Sync for SyncService {
    type OpenStream = Frames;

    async fn open(
        &self,
        request: Request<Streaming<wire::NodeFrame>>,
    ) -> Result<Response<Self::OpenStream>, Status> {
        let peer = Caller::in_force(&request)?;
        let (hub, suspects) = (Arc::clone(&self.hub), Arc::clone(&self.suspects));
        let (out, frames) = outbox();
        supervise::spawn("session", session(hub, suspects, peer, request.into_inner(), out));
        Ok(Response::new(frames))
    }
}

/// One session from call to end.
async fn session(
    hub: Arc<Hub>,
    suspects: Arc<Suspects>,
    peer: Peer,
    inbound: Streaming<wire::NodeFrame>,
    out: Outbox,
) {
    // It may have to verify a chain of certificates.
    tokio::task::spawn_blocking({
        let (hub, peer) = (Arc::clone(&hub), peer.clone());
        move || hub.met(&peer)
    });
    let (tell, told) = mpsc::unbounded_channel();
    let (happened, mut done) = mpsc::unbounded_channel();
    let (office, source) = (peer.office, peer.source.ip());
    let number = hub.sessions.enter(peer.clone(), tell);
    tracing::info!(office = hub.called(office), %source, "an office has called");
    let mut store =
        HubStore { hub, suspects, office, source, number, happened, failed: Arc::default(), offers: None };
    let mut driver = Driver::new(peer, out, 0, &store);
    let outcome = run(&mut driver, &mut store, inbound, told, &mut done).await;
    store.hub.sessions.leave(office, number);
    let out = driver.into_outbox();
    match outcome {
        Ok(end) => {
            let office = store.hub.called(office);
            tracing::info!(office, reason = ?end.reason, detail = end.detail, "session ended");
            if let Some(code) = wrong(&end) {
                store.suspect(code);
            }
        }
        Err(error) => {
            let office = store.hub.called(office);
            tracing::error!(office, %error, "session failed");
            // Who does not read does not hear it.
            let _ = out.send(Err(refused(CallRefusal::Store)));
        }
    }
    drop(out);
    // What was handed in is written all the same, and others must hear of it.
    let HubStore { hub, happened, offers, .. } = store;
    drop((happened, offers));
    while let Some(done) = done.recv().await {
        if let Ok(done) = done {
            settle(&hub, office, &done);
        }
    }
}

/// Drives a session until it is over.
async fn run(
    driver: &mut Driver,
    store: &mut HubStore,
    mut inbound: Streaming<wire::NodeFrame>,
    mut told: mpsc::UnboundedReceiver<HubEvent>,
    done: &mut mpsc::UnboundedReceiver<Result<Done, OfficeError>>,
) -> Result<End, OfficeError> {
    let gone = |detail: &str| End { reason: EndReason::EndUnspecified, detail: detail.into() };
    let mut unfolded = Unfolded::new(store.hub.office.folded()?);
    let began = Instant::now();
    let now = || began.elapsed().as_millis() as u64;
    loop {
        store.hub.office.writer()?.room().await;
        let deadline = began + Duration::from_millis(driver.deadline());
        let end = tokio::select! {
            biased;
            Some(told) = told.recv() => driver.on(told, now(), store)?,
            Some(done) = done.recv() => {
                let done = done?;
                settle(&store.hub, store.office, &done);
                unfolded.add(done.new_entries(), store.hub.office.writer()?.reached().borrow().end.position);
                driver.done(done, now(), store)?
            }
            () = sleep_until(deadline) => driver.due(now(), store)?,
            frame = async { unfolded.room().await; inbound.next().await }, if !driver.busy() => match frame {
                Some(Ok(frame)) => driver.on(HubEvent::Frame(frame), now(), store)?,
                // What cannot be read ends the session with its name; a line that broke ends it without.
                Some(Err(status)) => match codec::broken(&status) {
                    Some(how) => {
                        driver.on(HubEvent::End(End::new(EndReason::EndProtocol, how)), now(), store)?
                    }
                    None => return Ok(gone(status.message())),
                },
                None => return Ok(gone("the node hung up")),
            },
        };
        if let Some(end) = end {
            return Ok(end);
        }
    }
}

/// What a write has led to, also if its session is over by then: counts what it cost, and ends sessions that must be
/// judged again because of what the office gave back.
fn settle(hub: &Hub, giver: OfficeId, done: &Done) {
    if done.walks() > 0 {
        hub.quotas.count(giver, What::Branches, done.walks());
    }
    for (office, end) in done.ends(giver) {
        hub.sessions.end(office, end.reason, &end.detail);
    }
}

/// The running hub, as the session of one office sees it.
struct HubStore {
    hub: Arc<Hub>,
    suspects: Arc<Suspects>,
    office: OfficeId,
    source: IpAddr,
    /// Of the session, among those of the office.
    number: u64,
    happened: mpsc::UnboundedSender<Result<Done, OfficeError>>,
    /// A write of this session failed: those behind it must not be made, since they build on it.
    failed: Arc<AtomicBool>,
    /// Entries given back, whose signatures are checked one frame after the other; none: none came yet.
    offers: Option<mpsc::UnboundedSender<Vec<Entry>>>,
}

impl HubStore {
    fn suspect(&self, code: &str) {
        self.suspects.suspect(&self.hub, self.office, code, self.source);
    }

    fn see(&self, change: impl FnOnce(&mut MachineStatus)) {
        self.hub.sessions.see(self.office, self.number, change);
    }

    /// Writes a word of the registry for the audit and for the office itself.
    fn say(&self, word: Word) {
        let (hub, office) = (Arc::clone(&self.hub), self.office);
        supervise::spawn("say", async move {
            if let Err(error) = hub.say(ITSELF, word, vec![Scope::office(office)]).await {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }

    /// Reads apart from the threads that serve connections, and tells the session what was found.
    fn look(&self, read: impl FnOnce(&Hub) -> Result<Option<Done>, OfficeError> + Send + 'static) {
        let (hub, happened) = (Arc::clone(&self.hub), self.happened.clone());
        tokio::task::spawn_blocking(move || {
            // The session may be gone.
            let _ = match read(&hub).transpose() {
                Some(found) => happened.send(found),
                None => Ok(()),
            };
        });
    }

    /// Asks a person about this machine.
    fn ask(&self) {
        let (hub, office) = (Arc::clone(&self.hub), self.office);
        supervise::spawn("ask", async move {
            if let Err(error) = hub.ask(office).await {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }
}

/// Hands in a write of a session, and tells the session what was found.
fn submit(
    hub: &Hub,
    write: Write,
    happened: mpsc::UnboundedSender<Result<Done, OfficeError>>,
    failed: Arc<AtomicBool>,
) -> Result<(), OfficeError> {
    let needed = write.is_needed();
    let (hub_key, clock) = (hub.office.identity().hub_key, hub.clock().clone());
    let fails = Arc::clone(&failed);
    hub.office.writer()?.submit(
        move |journal| {
            if failed.load(Ordering::SeqCst) {
                return Ok(None);
            }
            let done = write.make(journal, &hub_key, clock.millis());
            if done.is_err() && needed {
                failed.store(true, Ordering::SeqCst);
            }
            done.map(Some)
        },
        move |done| {
            // The session may be gone; the write stands.
            let _ = match done {
                Ok(Some(done)) => happened.send(Ok(done)),
                Ok(None) => Ok(()),
                Err(error) if !needed => {
                    tracing::warn!(%error, "a delivered mark was not kept");
                    happened.send(Ok(Done::Delivered))
                }
                Err(error) => {
                    fails.store(true, Ordering::SeqCst);
                    happened.send(Err(error.into()))
                }
            };
        },
    );
    Ok(())
}

/// Takes what one session gives back, frame after frame, apart from the threads that serve connections.
struct Offering {
    hub: Arc<Hub>,
    office: OfficeId,
    given_back: Arc<Mutex<GivenBack>>,
    happened: mpsc::UnboundedSender<Result<Done, OfficeError>>,
    failed: Arc<AtomicBool>,
}

impl Offering {
    async fn run(self, mut waiting: mpsc::UnboundedReceiver<Vec<Entry>>) {
        while let Some(entries) = waiting.recv().await {
            // Closed never: then there is nothing to wait for.
            let turn = self.hub.verifying.acquire().await;
            let (hub, given_back) = (Arc::clone(&self.hub), Arc::clone(&self.given_back));
            let checked = on_disk(move || check(&hub, &given_back, entries)).await;
            drop(turn);
            let genuine = match checked.map(|(genuine, forged)| (self.spend(&genuine, forged), genuine)) {
                Ok((Ok(()), genuine)) => genuine,
                Ok((Err(later), _)) => {
                    let detail = later.what.name().into();
                    let _ = self.happened.send(Ok(Done::Over(End { reason: EndReason::EndLater, detail })));
                    return;
                }
                Err(error) => {
                    let _ = self.happened.send(Err(error));
                    return;
                }
            };
            let put_back = self.put_back();
            let write = Write::Offer { entries: genuine, giver: self.office, put_back };
            if let Err(error) = submit(&self.hub, write, self.happened.clone(), Arc::clone(&self.failed)) {
                let _ = self.happened.send(Err(error));
                return;
            }
        }
    }

    fn put_back(&self) -> bool {
        self.knows(self.hub.life.put_back())
    }

    /// Whether the hub knows that it was put back: by its own store, as `noted`, or because this office has shown it.
    fn knows(&self, noted: bool) -> bool {
        self.given_back.lock().unwrap_or_else(PoisonError::into_inner).put_back(noted)
    }

    /// Counts what is new. Once after the hub was put back, an office gives back what others wrote, as much as there is;
    /// its own entries count always, as they do when they are pushed.
    fn spend(&self, genuine: &[Entry], forged: usize) -> Result<(), Later> {
        let quotas = &self.hub.quotas;
        if forged > 0 {
            tracing::warn!(from = %self.office, forged, "wrong signatures were offered");
            quotas.take(self.office, What::Forged, forged as u64)?;
        }
        let once = self.knows(self.hub.refill.expects(self.office));
        let (entries, bytes) = offers::counted(genuine, self.office, once);
        if entries == 0 { Ok(()) } else { quotas.push(self.office, entries, bytes) }
    }
}

/// The genuine ones among offered entries that are new here, and how many are forged. Waits for the disk, and computes.
fn check(
    hub: &Hub,
    given_back: &Mutex<GivenBack>,
    entries: Vec<Entry>,
) -> Result<(Vec<Entry>, usize), OfficeError> {
    let folded = *hub.office.folded()?.borrow();
    let new = hub.office.read(|journal| offers::unknown(entries, journal, hub.office.id(), folded))?;
    let mut given_back = given_back.lock().unwrap_or_else(PoisonError::into_inner);
    let put_back = given_back.put_back(hub.life.put_back());
    Ok(given_back.genuine(new, &hub.office.registry(), put_back))
}

impl Store for HubStore {
    type Error = OfficeError;

    fn identity(&self) -> &Identity {
        self.hub.office.identity()
    }

    fn registry(&self) -> Arc<Registry> {
        self.hub.office.registry()
    }

    fn millis(&self) -> u64 {
        self.hub.clock().millis()
    }

    fn life(&self) -> &Life {
        &self.hub.life
    }

    fn refill(&self) -> &Refill {
        &self.hub.refill
    }

    fn mail(&mut self, after: u64, own: bool, urgent: bool) -> Result<Option<MailBatch>, OfficeError> {
        let asked = Asked { office: self.office, after, own, urgent };
        self.look(move |hub| hub.mail(asked).map(|mail| Some(Done::Mail(mail))));
        Ok(None)
    }

    fn early(&mut self, position: u64) -> Result<Option<(Entry, u64)>, OfficeError> {
        self.look(move |hub| {
            let stored = hub.office.read(|journal| journal.at_position(position))?;
            Ok(stored.map(|stored| Done::Early(position, stored.entry, stored.arrived.unwrap_or(0))))
        });
        Ok(None)
    }

    fn offer(&mut self, given_back: &Arc<Mutex<GivenBack>>, entries: Vec<Entry>) -> Result<(), OfficeError> {
        let offers = self.offers.get_or_insert_with(|| {
            let (offers, waiting) = mpsc::unbounded_channel();
            let offering = Offering {
                hub: Arc::clone(&self.hub),
                office: self.office,
                given_back: Arc::clone(given_back),
                happened: self.happened.clone(),
                failed: Arc::clone(&self.failed),
            };
            supervise::spawn("offers", offering.run(waiting));
            offers
        });
        // The machine reads no more than a few frames ahead of what is answered.
        offers.send(entries).map_err(|_| OfficeError::Stopped)
    }

    fn spend(&mut self, entries: &[Entry], evidence: bool) -> Result<(), Later> {
        let bytes = entries.iter().map(|entry| entry.content.len() as u64).sum();
        if evidence {
            return self.hub.quotas.take(self.office, What::Evidence, bytes);
        }
        self.hub.quotas.push(self.office, entries.iter().map(offers::weight).sum(), bytes)
    }

    fn later(&self) -> Option<Later> {
        self.hub.quotas.later(self.office)
    }

    fn submit(&mut self, write: Write) -> Result<(), OfficeError> {
        submit(&self.hub, write, self.happened.clone(), Arc::clone(&self.failed))
    }

    fn tell(&mut self, news: News<'_>) -> Result<(), OfficeError> {
        match news {
            News::Hello(hello) => {
                self.hub.time.hear(self.office, hello.clock);
                let now = self.hub.clock().millis();
                self.hub.sessions.called(self.office, self.source, hello, unix_millis());
                self.see(|seen| seen.hello(hello, now));
            }
            News::Status(status) => {
                self.hub.time.hear(self.office, status.clock);
                let now = self.hub.clock().millis();
                self.see(|seen| seen.status(status, now));
            }
            News::Arrived(entries) => self.hub.sessions.arrived(self.office, self.number, entries),
            News::Obstacle(why) => self.suspect(obstacle(why)),
            News::Question(_) => {
                self.hub.sessions.questioned(self.office, self.number, unix_millis());
                self.ask();
            }
            News::WentBack { cursor, common } => {
                if self.hub.quotas.take(self.office, What::WentBack, 1).is_ok() {
                    let office = self.office.to_wire();
                    self.say(Word::WentBack(wire::HubWentBack { office, cursor, common }));
                }
            }
            News::Branched => {
                let office = self.hub.called(self.office);
                tracing::warn!(office, "goes on on a restored machine");
            }
            News::Forked => tracing::error!(
                office = self.hub.called(self.office),
                "two entries at one place; the later branch is kept as evidence"
            ),
        }
        Ok(())
    }
}
