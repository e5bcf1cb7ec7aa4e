//! Sessions: the gRPC service around the hub's machine.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};
use truc_node::clock::unix_millis;
use truc_node::office::OfficeError;
use truc_node::store::journal::{Admission, ConnectFacts, Offered};
use truc_node::store::writer::WriteError;
use truc_proto::batch;
use truc_proto::enrolment::CallRefusal;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::{Mark, Seat};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::record::{self, Move};
use truc_proto::session::{Admitted, End, HubEvent, HubFacts, HubSession, HubWork};
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::sync_server::{Sync, SyncServer};
use truc_proto::wire::{self, EndReason, RegistryMove, Verdict};

use crate::hub::{Hub, ITSELF};
use crate::line::caller::{Caller, Peer, refused};
use crate::session::heads::Heads;
use crate::session::outbox::{Frames, Outbox, Unread, outbox};
use crate::session::suspects::{Suspects, obstacle, wrong};

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
        tokio::spawn(async move {
            let (tell, told) = mpsc::unbounded_channel();
            hub.met(&peer);
            let number = hub.sessions.enter(peer.clone(), tell);
            let office = peer.office;
            let (happened, events) = mpsc::unbounded_channel();
            let machine = HubSession::new(peer.office);
            let heads = Heads::default();
            let given_back = Vec::new();
            let mut session = Session {
                hub,
                suspects,
                peer,
                number,
                machine,
                heads,
                given_back,
                out,
                happened,
                owed: None,
            };
            let outcome = session.run(request.into_inner(), told, events).await;
            session.hub.sessions.leave(office, number);
            match outcome {
                Ok(end) => {
                    tracing::info!(%office, reason = ?end.reason, detail = end.detail, "session ended");
                    if let Some(code) = wrong(&end) {
                        session.suspect(code);
                    }
                }
                Err(error) => {
                    tracing::error!(%office, %error, "session failed");
                    // Who does not read does not hear it.
                    let _ = session.out.send(Err(refused(CallRefusal::Store)));
                }
            }
        });
        Ok(Response::new(frames))
    }
}

/// One session at work.
struct Session {
    hub: Arc<Hub>,
    suspects: Arc<Suspects>,
    peer: Peer,
    number: u64,
    machine: HubSession,
    heads: Heads,
    /// The hub's own word as the office gives it back: it counts at once, before it is folded.
    given_back: Vec<RegistryMove>,
    out: Outbox,
    happened: mpsc::UnboundedSender<Result<Done, WriteError>>,
    /// Mail that was sent up to this position and is not yet answered by Delivered; when something of it last was.
    owed: Option<(u64, Instant)>,
}

/// Writes that were made, and what was read between them, in the order in which they were asked for.
enum Done {
    Facts(ConnectFacts),
    Admitted(Admission),
    Held(Option<Seat>),
    Offered(Offered),
}

/// Why a session cannot go on.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("mail: {0}")]
    Mail(#[from] rusqlite::Error),
}

impl Session {
    async fn run(
        &mut self,
        mut inbound: Streaming<wire::NodeFrame>,
        mut told: mpsc::UnboundedReceiver<HubEvent>,
        mut done: mpsc::UnboundedReceiver<Result<Done, WriteError>>,
    ) -> Result<End, SessionError> {
        let gone = |detail: &str| End { reason: EndReason::EndUnspecified, detail: detail.into() };
        // Told a little before, so that what is being written is still answered; the connection is cut in any case.
        let life = Duration::from_secs(self.peer.not_after.saturating_sub(self.hub.clock().now()));
        let expiry = sleep(life.saturating_sub(limits::DRAIN));
        tokio::pin!(expiry);
        let mut first = Some(Instant::now() + limits::FIRST_FRAME);
        loop {
            self.hub.office.writer()?.room().await;
            let deadline = self.deadline(first);
            let event = tokio::select! {
                biased;
                Some(told) = told.recv() => told,
                Some(done) = done.recv() => self.done(done?),
                () = &mut expiry => HubEvent::End(End {
                    reason: EndReason::EndCredential,
                    detail: "the certificate ends".into(),
                }),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    let detail = if first.is_some() { "said nothing" } else { "mail was not taken" };
                    // No fault of anybody's, perhaps: a line may be as slow.
                    HubEvent::End(gone(detail))
                }
                frame = inbound.next(), if !self.machine.busy() => match frame {
                    Some(Ok(frame)) => {
                        first = None;
                        HubEvent::Frame(frame)
                    }
                    Some(Err(status)) => return Ok(gone(status.message())),
                    None => return Ok(gone("the node hung up")),
                },
            };
            tracing::trace!(office = %self.peer.office, ?event, "session");
            if let Some(end) = self.step(event)? {
                // What is replaced, or not read, would wait for as long as the connection lasts.
                if matches!(
                    end.reason,
                    EndReason::EndReplaced | EndReason::EndProtocol | EndReason::EndUnspecified
                ) {
                    self.out.abandon();
                }
                return Ok(end);
            }
        }
    }

    fn suspect(&self, code: &str) {
        self.suspects.suspect(&self.hub, self.peer.office, code, self.peer.source.ip());
    }

    /// By when the node must have said its first frame, or taken some of its mail.
    fn deadline(&self, first: Option<Instant>) -> Option<Instant> {
        let wait =
            if planted("limits.delivered-soon") { limits::FIRST_FRAME } else { limits::DELIVERED_WAIT };
        let first = first.filter(|_| !planted("limits.first-frame"));
        first.or(self.owed.map(|(_, since)| since + wait).filter(|_| !planted("limits.delivered-wait")))
    }

    fn done(&self, done: Done) -> HubEvent {
        match done {
            Done::Facts(found) => HubEvent::Facts(Box::new(self.facts(found))),
            Done::Admitted(admission) => {
                self.hub.sessions.arrived(self.peer.office, self.number, admission.new as u64);
                if let Some((_, why)) = &admission.rest {
                    self.suspect(obstacle(*why));
                }
                let hub_time = Hlc::tick(Hlc::default(), self.hub.clock().millis());
                let receipt = admission.last.map(|(link, position)| {
                    Receipt::sign(self.peer.office, link, position, hub_time, &self.hub.office.identity().key)
                });
                HubEvent::Admitted(Admitted {
                    receipt,
                    new: admission.new > 0,
                    rest: admission.rest,
                    line_beyond: admission.line_beyond,
                })
            }
            Done::Held(Some(seat)) => HubEvent::Held(seat),
            Done::Held(None) => HubEvent::Held(Seat { incarnation: truc_proto::id::Incarnation(0), seq: 0 }),
            Done::Offered(offered) => {
                for office in offered.moved.iter().filter(|office| **office != self.peer.office) {
                    self.hub.sessions.end(*office, EndReason::EndAgain, "the line moved");
                }
                HubEvent::Offered
            }
        }
    }

    fn step(&mut self, event: HubEvent) -> Result<Option<End>, SessionError> {
        let mut work: VecDeque<HubWork> = self.machine.step(event).into();
        let mut over = None;
        while let Some(next) = work.pop_front() {
            let answer = match next {
                HubWork::Send(mut frame) => {
                    self.settled(&frame);
                    frame.head = self.heads.with(&self.hub, &frame)?.map(|head| head.to_wire());
                    self.owes(&frame);
                    if let Err(Unread) = self.out.send(Ok(frame)) {
                        let detail = "what is sent is not read".into();
                        return Ok(Some(End { reason: EndReason::EndProtocol, detail }));
                    }
                    continue;
                }
                HubWork::Facts { hello, refilled } => {
                    self.hub.sessions.see(self.peer.office, self.number, |seen| {
                        seen.hello(&hello, unix_millis());
                    });
                    let (office, hub_key) = (self.peer.office, self.hub.office.identity().hub_key);
                    // Read in the writer's turn: what an earlier session handed in is written by then.
                    self.write(move |journal| {
                        Ok(Done::Facts(
                            journal
                                .in_turn(|reads| reads.connect_facts(office, &hello, &hub_key, refilled))?,
                        ))
                    })?;
                    continue;
                }
                HubWork::Admit { entries, branch } => match self.vouched(entries) {
                    Ok(entries) => {
                        self.write(move |journal| {
                            Ok(Done::Admitted(journal.admit(entries, branch, unix_millis())?))
                        })?;
                        continue;
                    }
                    Err(end) => HubEvent::End(end),
                },
                HubWork::Offer(entries) => {
                    let entries = self.genuine(entries);
                    self.write(move |journal| {
                        let mut offered = Offered::default();
                        for entry in &entries {
                            journal.offered(entry, &mut offered)?;
                        }
                        Ok(Done::Offered(offered))
                    })?;
                    continue;
                }
                HubWork::Hold(entries) => {
                    let last = entries.last().map(|entry| entry.header.seat);
                    self.write(move |journal| {
                        for entry in &entries {
                            journal.hold(entry)?;
                        }
                        Ok(Done::Held(last))
                    })?;
                    continue;
                }
                HubWork::ReadMail { after, own } => {
                    let piece = self.hub.mail(self.peer.office, after, own)?;
                    HubEvent::Mail { entries: piece.entries, mark: piece.mark, end: piece.end }
                }
                // It comes in order too.
                HubWork::ReadEarly(_) if self.out.bytes() > limits::UNREAD_EARLY => continue,
                HubWork::ReadEarly(position) => {
                    match self.hub.office.read(|journal| journal.at_position(position))? {
                        Some(stored) => HubEvent::Early(position, stored.entry),
                        None => continue,
                    }
                }
                HubWork::Delivered(mark) => {
                    self.owed = self.owed.filter(|(owed, _)| mark.position < *owed);
                    self.owed = self.owed.map(|(owed, _)| (owed, Instant::now()));
                    self.delivered(mark)?;
                    continue;
                }
                HubWork::Question { .. } => {
                    self.hub.sessions.questioned(self.peer.office, self.number, unix_millis());
                    self.ask();
                    continue;
                }
                HubWork::WentBack { cursor, common } => {
                    // Where a restore said so, its nodes are expected to notice, each once.
                    let expected = self.hub.refill.state();
                    if expected.is_none_or(|refill| refill.called.contains_key(&self.peer.office)) {
                        self.hub.life.went_back(self.hub.clock().millis());
                    }
                    let office = self.peer.office.to_wire();
                    self.say(Word::WentBack(wire::HubWentBack { office, cursor, common }));
                    continue;
                }
                HubWork::Branched => {
                    tracing::warn!(office = %self.peer.office, "goes on on a restored machine");
                    continue;
                }
                HubWork::Forked => {
                    tracing::error!(office = %self.peer.office, "two entries at one place; the later branch is kept as evidence");
                    continue;
                }
                HubWork::Status(status) => {
                    self.hub.sessions.see(self.peer.office, self.number, |seen| {
                        seen.status(&status, unix_millis());
                    });
                    continue;
                }
                HubWork::End(end) => {
                    over = Some(end);
                    continue;
                }
            };
            work.extend(self.machine.step(answer));
        }
        Ok(over)
    }

    /// After a Welcome that neither asks for more nor for a person, the node has given back what it holds beyond its chain.
    fn settled(&self, frame: &wire::HubFrame) {
        if let Some(wire::hub_frame::Frame::Welcome(welcome)) = &frame.frame
            && !matches!(welcome.verdict(), Verdict::Refill | Verdict::Question)
        {
            self.hub.refill.called(self.peer.office);
        }
    }

    /// Notes mail that the node is to answer for.
    fn owes(&mut self, frame: &wire::HubFrame) {
        let mark = match &frame.frame {
            Some(wire::hub_frame::Frame::Deliver(deliver)) => deliver.mark.as_ref(),
            Some(wire::hub_frame::Frame::CaughtUp(caught_up)) => caught_up.mark.as_ref(),
            _ => None,
        };
        if let Some(mark) = mark {
            let since = self.owed.map_or_else(Instant::now, |(_, since)| since);
            self.owed = Some((mark.position, since));
        }
    }

    fn facts(&self, found: ConnectFacts) -> HubFacts {
        let office = self.peer.office;
        let mut facts = found.facts;
        // The number that counts is that of the certificate shown, not the one that is claimed.
        let registry = self.hub.office.registry();
        let newest = registry.credential(office);
        facts.replaced = newest.is_none_or(|newest| !self.peer.holds(newest));
        let hub_time = Hlc::tick(Hlc::default(), self.hub.clock().millis());
        let key = &self.hub.office.identity().key;
        let line = found.line.map(|(link, position)| Receipt::sign(office, link, position, hub_time, key));
        HubFacts { facts, line, from: found.from, push_after: found.push_after, hub_time }
    }

    fn vouched(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, End> {
        let keys = self.hub.office.registry().keys(self.peer.office);
        match batch::vouch(&entries, &keys) {
            Ok(()) => Ok(entries),
            Err(error) => {
                tracing::warn!(office = %self.peer.office, %error, "a push was refused");
                Err(End { reason: EndReason::EndEntry, detail: error.code().into() })
            }
        }
    }

    /// Entries given back whose signatures hold, by what the hub knows and by what of its own word stands before them. A
    /// hub that went back also takes what machines wrote that it has revoked since, up to where it had their ledgers.
    fn genuine(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let hub = &self.hub.office;
        let went_back = self.hub.refill.state().is_some();
        let mut registry = (*hub.registry()).clone();
        for word in &self.given_back {
            registry.apply(registry.newest(), word);
        }
        let offered = entries.len();
        let genuine = batch::genuine(entries, |entry| {
            let (ledger, seat) = (entry.header.ledger, entry.header.seat);
            let keys = if went_back { registry.keys_at(ledger, seat) } else { registry.keys(ledger) };
            if ledger == hub.id()
                && batch::verify_any(entry, &keys).is_ok()
                && let Ok(Move::Registry(word)) = record::decode(entry.header.kind, &entry.body)
            {
                registry.apply(registry.newest(), &word.0);
                self.given_back.push(word.0);
            }
            keys
        });
        if genuine.len() < offered {
            tracing::warn!(from = %self.peer.office, dropped = offered - genuine.len(), "wrong signatures were offered");
        }
        genuine
    }

    fn delivered(&self, mark: Mark) -> Result<(), SessionError> {
        let office = self.peer.office;
        self.hub.office.writer()?.submit(
            move |journal| journal.delivered(office, mark.position),
            |outcome| {
                if let Err(error) = outcome {
                    // The node says it again with its next Hello.
                    tracing::warn!(%error, "a delivered mark was not kept");
                }
            },
        );
        Ok(())
    }

    fn write(
        &self,
        work: impl FnOnce(
            &mut truc_node::store::journal::Journal,
        ) -> Result<Done, truc_node::store::journal::JournalError>
        + Send
        + 'static,
    ) -> Result<(), SessionError> {
        let happened = self.happened.clone();
        self.hub.office.writer()?.submit(work, move |done| {
            // The session may be gone; the write stands.
            let _ = happened.send(done);
        });
        Ok(())
    }

    /// Asks a person about this machine.
    fn ask(&self) {
        let (hub, office) = (Arc::clone(&self.hub), self.peer.office);
        tokio::spawn(async move {
            if let Err(error) = hub.ask(office).await {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }

    /// Writes a word of the registry for the audit and for the office itself.
    fn say(&self, word: Word) {
        let hub = Arc::clone(&self.hub);
        let office = self.peer.office;
        tokio::spawn(async move {
            if let Err(error) = hub.say(ITSELF, word, vec![truc_proto::audience::Scope::office(office)]).await
            {
                tracing::error!(%error, "the audit could not be written");
            }
        });
    }
}
