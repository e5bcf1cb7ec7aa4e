//! The gRPC service of sessions: tasks, channels and the clock around the driver.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};
use truc_node::clock::unix_millis;
use truc_node::identity::Identity;
use truc_node::office::OfficeError;
use truc_node::store::journal::{JournalError, Reads};
use truc_node::store::writer::WriteError;
use truc_proto::audience::Scope;
use truc_proto::codec;
use truc_proto::enrolment::CallRefusal;
use truc_proto::fault::planted;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::Registry;
use truc_proto::session::{End, HubEvent};
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::sync_server::{Sync, SyncServer};
use truc_proto::wire::{self, EndReason};

use crate::delivery::mail::MailBatch;
use crate::hub::{Hub, ITSELF};
use crate::line::caller::{Caller, Peer, refused};
use crate::line::presence::MachineStatus;
use crate::recover::life::Life;
use crate::recover::refill::Refill;
use crate::session::driver::Driver;
use crate::session::outbox::{Frames, Outbox, outbox};
use crate::session::store::{News, Store};
use crate::session::suspects::{Suspects, obstacle, wrong};
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
        tokio::spawn(session(hub, suspects, peer, request.into_inner(), out));
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
    hub.met(&peer);
    let (tell, told) = mpsc::unbounded_channel();
    let (happened, mut done) = mpsc::unbounded_channel();
    let (office, source) = (peer.office, peer.source.ip());
    let number = hub.sessions.enter(peer.clone(), tell);
    let mut store = HubStore { hub, suspects, office, source, number, happened };
    let mut driver = Driver::new(peer, out, 0, &store);
    let outcome = run(&mut driver, &mut store, inbound, told, &mut done).await;
    store.hub.sessions.leave(office, number);
    let out = driver.into_outbox();
    match outcome {
        Ok(end) => {
            tracing::info!(%office, reason = ?end.reason, detail = end.detail, "session ended");
            if let Some(code) = wrong(&end) {
                store.suspect(code);
            }
        }
        Err(error) => {
            tracing::error!(%office, %error, "session failed");
            // Who does not read does not hear it.
            let _ = out.send(Err(refused(CallRefusal::Store)));
        }
    }
    drop(out);
    // What was handed in is written all the same, and others must hear of it.
    let HubStore { hub, happened, .. } = store;
    drop(happened);
    while let Some(done) = done.recv().await {
        if let Ok(done) = done {
            end_moved(&hub, office, &done);
        }
    }
}

/// Drives a session until it is over.
async fn run(
    driver: &mut Driver,
    store: &mut HubStore,
    mut inbound: Streaming<wire::NodeFrame>,
    mut told: mpsc::UnboundedReceiver<HubEvent>,
    done: &mut mpsc::UnboundedReceiver<Result<Done, WriteError>>,
) -> Result<End, OfficeError> {
    let gone = |detail: &str| End { reason: EndReason::EndUnspecified, detail: detail.into() };
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
                end_moved(&store.hub, store.office, &done);
                driver.done(done, now(), store)?
            }
            () = sleep_until(deadline) => driver.due(now(), store)?,
            frame = inbound.next(), if !driver.busy() => match frame {
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

/// Ends sessions that must be judged again because of what an office gave back.
fn end_moved(hub: &Hub, giver: OfficeId, done: &Done) {
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
    happened: mpsc::UnboundedSender<Result<Done, WriteError>>,
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
        tokio::spawn(async move {
            if let Err(error) = hub.say(ITSELF, word, vec![Scope::office(office)]).await {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }

    /// Asks a person about this machine.
    fn ask(&self) {
        let (hub, office) = (Arc::clone(&self.hub), self.office);
        tokio::spawn(async move {
            if let Err(error) = hub.ask(office).await {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }
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

    fn read<T>(&self, read: impl FnOnce(Reads<'_>) -> Result<T, JournalError>) -> Result<T, OfficeError> {
        self.hub.office.read(read)
    }

    fn mail(&mut self, after: u64, own: bool) -> Result<MailBatch, OfficeError> {
        self.hub.mail(self.office, after, own)
    }

    fn submit(&mut self, write: Write) -> Result<(), OfficeError> {
        let (happened, needed) = (self.happened.clone(), write.is_needed());
        let hub_key = self.identity().hub_key;
        self.hub.office.writer()?.submit(
            move |journal| write.make(journal, &hub_key, unix_millis()),
            move |done| match done {
                Err(error) if !needed => tracing::warn!(%error, "a delivered mark was not kept"),
                // The session may be gone; the write stands.
                done => drop(happened.send(done)),
            },
        );
        Ok(())
    }

    fn tell(&mut self, news: News<'_>) -> Result<(), OfficeError> {
        match news {
            News::Hello(hello) => self.see(|seen| seen.hello(hello, unix_millis())),
            News::Status(status) => self.see(|seen| seen.status(status, unix_millis())),
            News::Arrived(entries) => self.hub.sessions.arrived(self.office, self.number, entries),
            News::Obstacle(why) => self.suspect(obstacle(why)),
            News::Forged(dropped) => {
                tracing::warn!(from = %self.office, dropped, "wrong signatures were offered");
            }
            News::Question(_) => {
                self.hub.sessions.questioned(self.office, self.number, unix_millis());
                self.ask();
            }
            News::WentBack { cursor, common } => {
                let office = self.office.to_wire();
                self.say(Word::WentBack(wire::HubWentBack { office, cursor, common }));
            }
            News::Branched => tracing::warn!(office = %self.office, "goes on on a restored machine"),
            News::Forked => tracing::error!(
                office = %self.office,
                "two entries at one place; the later branch is kept as evidence"
            ),
        }
        Ok(())
    }
}
