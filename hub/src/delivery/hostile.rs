//! Whatever the door lets in hurts nobody. After any entries, well-formed or not, rightly signed or not, of offices, of the
//! hub and of the store's own office, pushed, given back and delivered: hub and node fold, close, open, verify and are
//! exported, and what an honest office writes afterwards is delivered and folded.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use proptest::sample::Index;
use rusqlite::Connection;
use tokio::sync::mpsc;
use truc_node::derive::follow;
use truc_node::derive::pump::catch_up;
use truc_node::derive::search::{self, Query};
use truc_node::derive::views::{VIEWS, Views, read};
use truc_node::identity::Identity;
use truc_node::proof::archive::{self, Selection, Source};
use truc_node::proof::{Store, verify};
use truc_node::store::journal::{self, Draft, Giver, JOURNAL, Journal, Offered};
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::{Attachment, Channel, Entry, Header, SALT, Seen};
use truc_proto::id::{Hash, Incarnation, Mark, OfficeId, RecordId, Seat};
use truc_proto::record::{self, Move, Paper, directive, guidance, inspection, programme, registry, report};
use truc_proto::session::{MailEnd, NodeWrite};
use truc_proto::time::Hlc;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{
    Confidentiality, CredentialIssued, EntryRefused, OfficeFact, QuestionRaised, RegistryMove, Urgency,
};
use uuid::Uuid;

use super::index::MailIndex;
use super::mail::{self, Asked, BatchLimit};

const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
/// The office whose node is looked at.
const OWN: OfficeId = OfficeId(Uuid::from_u128(2));
const OTHER: OfficeId = OfficeId(Uuid::from_u128(3));
/// The office whose key nobody has but itself.
const HONEST: OfficeId = OfficeId(Uuid::from_u128(4));
const LEDGERS: [OfficeId; 4] = [HUB, OWN, OTHER, HONEST];
/// When all of it happens, Unix milliseconds.
const NOW: u64 = 1_767_225_600_000;
const DAY: u64 = 86_400_000;
const TITLE: &str = "Công văn thật";
/// Whoever has this author's name cannot be folded: that stands for whatever a later stage may fail at.
const UNDIGESTIBLE: &str = "undigestible";

fn key(office: OfficeId) -> SigningKey {
    SigningKey::from_bytes(&[office.0.as_u128() as u8; 32])
}

/// What an entry says.
#[derive(Clone, Debug)]
enum Said {
    /// Something of a kind that nobody knows.
    Newer,
    /// One of [`moves`].
    Whole(Index),
    /// The beginning of one.
    Cut(Index, Index),
    /// One under the number of another kind.
    Under(Index, u32),
    Noise(Vec<u8>),
}

/// An entry to be made: what it continues, and what is wrong with it.
#[derive(Clone, Debug)]
struct Plan {
    ledger: usize,
    /// Which of the entries made before it continues, if any is of its ledger.
    after: Option<Index>,
    /// It opens this incarnation; none: it goes on in that of its predecessor.
    run: Option<u64>,
    /// Seq and base as drawn, whatever it continues.
    seat: Option<(u64, Option<(u64, u64)>)>,
    scopes: Vec<usize>,
    /// A back-pointer as drawn.
    previous: Option<(u64, u64)>,
    /// Days and ticks after its predecessor's time.
    time: (i64, i64),
    seen: Option<(u64, i64)>,
    said: Said,
    /// Whose record it says to be about.
    owner: Option<usize>,
    mv: Option<u32>,
    /// Its predecessor's hash is that of no entry.
    stray: bool,
    unsigned: bool,
    file_twice: bool,
    undigestible: bool,
}

/// How an entry comes to the hub.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Pushed by its author, with what it builds on that nobody signed.
    Pushed {
        branch: bool,
    },
    Given(Giver),
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Deed {
    Make(Plan),
    ToHub(Index, Way),
    /// A hub that lies delivers it, in order or early.
    ToNode(Index, bool),
    /// The hub says something, or the node writes a paper.
    Write(bool, Vec<usize>),
    /// What came is folded, at the hub or at the node.
    Fold(bool),
}

fn said() -> impl Strategy<Value = Said> {
    let one = any::<Index>;
    prop_oneof![
        2 => Just(Said::Newer),
        6 => one().prop_map(Said::Whole),
        2 => (one(), one()).prop_map(|(which, upto)| Said::Cut(which, upto)),
        1 => (one(), 1..7_u32).prop_map(|(which, kind)| Said::Under(which, kind)),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Said::Noise),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let seat = (1..=4_u64, prop::option::of((0..3_u64, 0..=4_u64)));
    let place = (
        0..LEDGERS.len(),
        prop::option::weighted(0.8, any::<Index>()),
        prop::option::weighted(0.3, 0..3_u64),
        prop::option::weighted(0.15, seat),
        prop::collection::vec(0..LEDGERS.len() + 1, 0..3),
        prop::option::weighted(0.15, (0..3_u64, 0..=4_u64)),
    );
    let days = || prop_oneof![8 => Just(0_i64), 1 => -3..3_i64, 1 => Just(40_000)];
    let clocks = ((days(), -1..3_i64), prop::option::of((0..3_u64, days())));
    let content = (said(), prop::option::weighted(0.3, 0..3_usize), prop::option::weighted(0.1, 0..9_u32));
    let faults = [0.1, 0.1, 0.05, 0.1].map(prop::bool::weighted);
    (place, clocks, content, faults).prop_map(|(place, (time, seen), (said, owner, mv), faults)| {
        let (ledger, after, run, seat, scopes, previous) = place;
        let [stray, unsigned, file_twice, undigestible] = faults;
        Plan {
            ledger,
            after,
            run,
            seat,
            scopes,
            previous,
            time,
            seen,
            said,
            owner,
            mv,
            stray,
            unsigned,
            file_twice,
            undigestible,
        }
    })
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let way = prop_oneof![
        2 => any::<bool>().prop_map(|branch| Way::Pushed { branch }),
        2 => any::<(bool, bool)>().prop_map(|(author, put_back)| Way::Given(Giver { author, put_back })),
    ];
    let to_hub = (any::<Index>(), way).prop_map(|(which, way)| Deed::ToHub(which, way));
    let to_node = (any::<Index>(), any::<bool>()).prop_map(|(which, early)| Deed::ToNode(which, early));
    let write = (any::<bool>(), prop::collection::vec(0..LEDGERS.len() + 1, 0..3))
        .prop_map(|(hub, scopes)| Deed::Write(hub, scopes));
    let deed = prop_oneof![
        8 => plan().prop_map(Deed::Make),
        6 => to_hub,
        4 => to_node,
        2 => write,
        1 => any::<bool>().prop_map(Deed::Fold),
    ];
    prop::collection::vec(deed, 1..60)
}

fn seat(run: u64, seq: u64) -> Seat {
    Seat { incarnation: Incarnation((run + 1) << 32 | run), seq }
}

fn scope(which: usize) -> Scope {
    LEDGERS.get(which).map_or(Scope::subtree(HUB), |office| Scope::office(*office))
}

fn paper(kind: &str, title: &str) -> Paper {
    Paper {
        document_type: kind.into(),
        title: title.into(),
        number: format!("12-{kind}/ĐU"),
        term: "2025-2030".into(),
        due: "2026-01-10".into(),
        text: "Toàn văn.".into(),
        signer: String::new(),
        road: None,
        ..Paper::default()
    }
}

fn letter(title: &str, tasks: Vec<directive::Task>) -> Move {
    directive::Move::Issued(directive::Issued { paper: paper("CV", title), tasks, in_reply_to: None }).into()
}

/// What can be said about records, well-formed.
fn moves() -> Vec<Move> {
    let note = String::new;
    let task = directive::Task {
        id: "T1".into(),
        content: "việc".into(),
        assignees: vec![Scope::office(OWN)],
        due: "2026-01-05".into(),
        product: note(),
    };
    let item = programme::Item {
        id: "T1".into(),
        content: "việc".into(),
        lead: OWN,
        coordinating: vec![Scope::subtree(HUB)],
        due: "2026-01-05".into(),
        product: note(),
        preparer: note(),
        starts: note(),
        place: note(),
        carries: None,
    };
    let plan = |version| programme::Issued {
        paper: paper("CTr", "Năm 2026"),
        period: None,
        items: vec![item.clone()],
        version,
        dropped: Vec::new(),
    };
    let figures = |version| report::Submitted {
        paper: paper("BC", "Tháng 10"),
        form: "VP-T/2026".into(),
        period: None,
        indicators: Vec::new(),
        version,
    };
    let opened = inspection::Opened {
        paper: paper("CV", "Kiểm tra"),
        period: None,
        checklist: Vec::new(),
        supervision: false,
    };
    let mut all: Vec<Move> = vec![
        letter("Ứng phó bão", Vec::new()),
        letter("Ứng phó bão", vec![task]),
        directive::Move::Progress { task: "T1".into(), percent: 100, note: note() }.into(),
        directive::Move::Confirmed { task: "T1".into(), office: OWN, accepted: false, note: note() }.into(),
        directive::Move::Reminder { note: note() }.into(),
        programme::Move::Issued(plan(1)).into(),
        programme::Move::Issued(plan(2)).into(),
        programme::Move::Progress { item: "T1".into(), percent: 40, note: note() }.into(),
        programme::Move::Confirmed { item: "T1".into(), office: OWN, accepted: true, note: note() }.into(),
        programme::Move::Closed { note: note(), dropped: Vec::new(), carried: None }.into(),
        report::Move::Submitted(figures(1)).into(),
        report::Move::Submitted(figures(2)).into(),
        report::Move::Judged { version: 1, accepted: true, note: note() }.into(),
        guidance::Move::Issued { paper: paper("HD", "Hướng dẫn") }.into(),
        guidance::Move::Acknowledged { note: note() }.into(),
        guidance::Move::Question { number: 1, text: "?".into() }.into(),
        guidance::Move::Answer { office: OWN, number: 1, text: "!".into() }.into(),
        inspection::Move::Opened(opened).into(),
        inspection::Move::SelfReported { paper: paper("BC", "Tự kiểm tra"), answers: Vec::new() }.into(),
        inspection::Move::Verifying { office: OWN, note: note() }.into(),
        inspection::Move::Closed { office: OWN, note: note() }.into(),
    ];
    all.extend(["01", "02", "03", "06", "13", "15", "99"].map(|code| directive::Move::status(code).into()));
    let place = seat(0, 2);
    let refused = EntryRefused {
        ledger: OTHER.to_wire(),
        incarnation: place.incarnation.0,
        seq: place.seq,
        hash: Hash([9; 32]).to_wire(),
        reason: "may-not-direct".into(),
    };
    let moved = OfficeFact { parent: OWN.to_wire(), ..fact(OTHER) };
    let words = [
        Word::Refused(refused),
        Word::Question(QuestionRaised { office: OTHER.to_wire(), credential: 1 }),
        Word::Office(moved),
        Word::Credential(issued(OTHER)),
    ];
    all.extend(words.map(word));
    all
}

fn fact(office: OfficeId) -> OfficeFact {
    OfficeFact {
        office: office.to_wire(),
        since: "2025-07-01".into(),
        tier: "commune".into(),
        parent: HUB.to_wire(),
        code: office.0.as_u128().to_string(),
        name: "A".into(),
        ..Default::default()
    }
}

fn issued(office: OfficeId) -> CredentialIssued {
    CredentialIssued {
        office: office.to_wire(),
        number: 1,
        ledger_key: key(office).verifying_key().as_bytes().to_vec().into(),
        certificate: vec![7; 32].into(),
        not_after: u64::MAX,
        ..Default::default()
    }
}

fn word(word: Word) -> Move {
    Move::Registry(registry::Move(RegistryMove { r#move: Some(word) }))
}

/// Kind and body of what an entry says.
fn content(said: &Said) -> (u32, Bytes) {
    let moves = moves();
    match said {
        Said::Newer => (99, Bytes::from_static(&[1, 2, 3])),
        Said::Noise(bytes) => (3, bytes.clone().into()),
        Said::Whole(which) => (which.get(&moves).kind(), which.get(&moves).encode()),
        Said::Cut(which, upto) => {
            let body = which.get(&moves).encode();
            (which.get(&moves).kind(), body.slice(..upto.index(body.len())))
        }
        Said::Under(which, kind) => (*kind, which.get(&moves).encode()),
    }
}

/// The newest seats of channels on the chain of an entry.
fn channels(made: &[Entry], upto: Option<&Entry>) -> HashMap<Scope, Seat> {
    let mut latest = HashMap::new();
    let mut at = upto;
    while let Some(entry) = at {
        for channel in &entry.header.audience {
            latest.entry(channel.scope).or_insert(entry.header.seat);
        }
        at = made.iter().find(|before| before.hash == entry.prev);
    }
    latest
}

/// The entry of a plan; none if it is not even well-formed.
fn make(plan: &Plan, made: &[Entry]) -> Option<Entry> {
    let ledger = LEDGERS[plan.ledger];
    let of: Vec<&Entry> = made.iter().filter(|entry| entry.header.ledger == ledger).collect();
    let after = plan.after.filter(|_| !of.is_empty()).map(|which| of[which.index(of.len())]);
    let latest = channels(made, after);
    let (mut place, mut base) = match (after, plan.run) {
        (None, run) => (seat(run.unwrap_or(0), 1), None),
        (Some(after), None) => (Seat { seq: after.header.seat.seq + 1, ..after.header.seat }, None),
        (Some(after), Some(run)) => (seat(run, after.header.seat.seq + 1), Some(after.header.seat)),
    };
    if let Some((seq, other)) = plan.seat {
        place.seq = seq;
        base = other.map(|(run, seq)| seat(run, seq));
    }
    let drawn = plan.previous.map(|(run, seq)| seat(run, seq));
    let audience = plan.scopes.iter().map(|which| Channel {
        scope: scope(*which),
        previous: drawn.or_else(|| latest.get(&scope(*which)).copied()),
    });
    let file = Attachment { hash: Hash([7; 32]), size: 1, name: "a".into(), media_type: "text/plain".into() };
    let (kind, body) = content(&plan.said);
    let days = |from: Hlc, days: i64| Hlc::at(from.millis().saturating_add_signed(days * DAY as i64));
    let before = after.map_or(Hlc::at(NOW), |after| after.header.time);
    let time = if plan.time.0 == 0 { before } else { days(before, plan.time.0) };
    let header = Header {
        ledger,
        seat: place,
        base,
        time: Hlc(time.0.saturating_add_signed(plan.time.1)),
        seen: plan.seen.map(|(position, later)| Seen { position, hub_time: days(Hlc::at(NOW), later) }),
        author: if plan.undigestible { UNDIGESTIBLE } else { "a" }.into(),
        record: RecordId::of(plan.owner.map_or(ledger, |owner| LEDGERS[owner]), kind, Uuid::from_u128(50)),
        kind,
        mv: plan.mv.unwrap_or_else(|| record::number(&body)),
        audience: audience.collect(),
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![file; if plan.file_twice { 2 } else { 0 }],
        seal: None,
    };
    let prev = match after {
        _ if plan.stray => Hash([5; 32]),
        Some(after) => after.hash,
        None => Hash::ZERO,
    };
    let unsigned = plan.unsigned || ledger == HONEST;
    let signer = if unsigned { SigningKey::from_bytes(&[77; 32]) } else { key(ledger) };
    Entry::write(&header, &body, [made.len() as u8; SALT], prev, &signer).ok()
}

fn signed(entry: &Entry) -> bool {
    batch::verify_any(entry, &[key(entry.header.ledger).verifying_key()]).is_ok()
}

fn draft(record: u128, owner: OfficeId, mv: &Move, audience: Vec<Scope>) -> Draft {
    Draft {
        author: "a".into(),
        record: RecordId::of(owner, mv.kind(), Uuid::from_u128(record)),
        kind: mv.kind(),
        body: mv.encode(),
        audience,
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

/// A store with its views. Entries by [`UNDIGESTIBLE`] do not fit the tables.
struct Kept {
    dir: tempfile::TempDir,
    own: OfficeId,
    journal: Journal,
    views: Option<Views>,
    /// Where the newest mail stands at the hub that lies.
    position: u64,
}

impl Kept {
    fn new(own: OfficeId) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(&dir.path().join(JOURNAL), own, own == HUB).unwrap();
        let views = Views::open(&dir.path().join(VIEWS), HUB, key(HUB).verifying_key()).unwrap();
        Self { dir, own, journal, views: Some(views), position: 0 }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn views(&self) -> &Views {
        self.views.as_ref().unwrap()
    }

    /// Folds what came, and notes what is refused, as the pump does.
    fn fold(&mut self) -> journal::Result<()> {
        loop {
            let views = self.views.take().unwrap();
            views
                .connection()
                .execute_batch(&format!(
                    "CREATE TRIGGER IF NOT EXISTS breaks BEFORE INSERT ON story
                     WHEN NEW.author = '{UNDIGESTIBLE}' AND NEW.outcome = 'applied'
                     BEGIN SELECT RAISE(ABORT, 'does not fit'); END"
                ))
                .unwrap();
            let views = self.views.insert(catch_up(self.journal.reads(), views, |_, _| {}).unwrap());
            let (vetted, end) = (self.journal.reads().vetted()?, self.journal.end().position);
            let refused = read::folded(views.connection(), vetted, end).unwrap().refused;
            self.journal.vetted(end, &refused.into_iter().collect::<Vec<_>>())?;
            if self.journal.end().position == end {
                return Ok(());
            }
        }
    }

    /// A hub that lies delivers an entry to this node.
    fn delivered(&mut self, entry: &Entry, early: bool) -> journal::Result<()> {
        if entry.header.ledger == OWN && !signed(entry) {
            self.journal.session_write(NodeWrite::Forged(vec![entry.clone()]))?;
            return Ok(());
        }
        self.position += 2;
        let position = self.position;
        let mark = (!early).then_some(Mark { position, running: Hash::ZERO });
        let entries = vec![(position, entry.clone())];
        self.journal.session_write(NodeWrite::Mail {
            entries,
            arrivals: vec![],
            mark,
            end: MailEnd::None,
        })?;
        Ok(())
    }

    /// An entry comes to this hub.
    fn comes(&mut self, entry: &Entry, way: Way, made: &[Entry]) -> journal::Result<()> {
        if !signed(entry) {
            return Ok(());
        }
        match way {
            Way::Pushed { branch } if entry.header.ledger != HUB => {
                let mut chain = vec![entry.clone()];
                while let Some(before) = made.iter().find(|before| before.hash == chain[0].prev)
                    && !signed(before)
                {
                    chain.insert(0, before.clone());
                }
                // As a session does before anything is written.
                if batch::vouch(&chain, &[key(entry.header.ledger).verifying_key()]).is_ok() {
                    self.journal.admit(chain, branch, NOW)?;
                }
            }
            Way::Pushed { .. } => {}
            Way::Given(giver) => self.journal.offered(entry, giver, &mut Offered::default())?,
        }
        Ok(())
    }

    fn write(&mut self, scopes: &[usize], chance: u32) -> journal::Result<Option<Entry>> {
        let mv = Move::Unknown { kind: 99, body: Bytes::new() };
        let audience = scopes.iter().map(|which| scope(*which)).collect();
        match self.journal.append(draft(9, self.own, &mv, audience), &key(self.own), NOW, chance) {
            Ok((_, entry)) => Ok(Some(entry)),
            // A scope twice is refused by name.
            Err(journal::JournalError::Entry(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The store is closed and opened, verified and exported, and nothing is undigested but what must be.
    fn digests(self) -> Result<Self, TestCaseError> {
        let Self { dir, own, journal, views, position } = self;
        drop(journal);
        let journal = Journal::open(&dir.path().join(JOURNAL), own, own == HUB).unwrap();
        let mut kept = Self { dir, own, journal, views, position };
        let mut mark = Mark::START;
        while mark != kept.journal.end() {
            mark = journal::verify(kept.journal.reads(), mark, None).unwrap();
        }
        kept.journal.begin().unwrap();
        kept.fold().unwrap();
        kept.journal.commit().unwrap();
        let undigested = read::undigested(kept.views().connection()).unwrap();
        for passed in undigested {
            prop_assert!(passed.reason.contains("does not fit"), "{:?}", passed);
            let stored = kept.journal.reads().at_position(passed.position).unwrap().unwrap();
            prop_assert_eq!(stored.entry.header.author, UNDIGESTIBLE);
        }
        let identity = Identity {
            office: own,
            key: key(own),
            hub: HUB,
            hub_key: key(HUB).verifying_key(),
            ring: Default::default(),
        };
        let store = Store { dir: kept.path(), identity: &identity };
        let verdict = verify(store, |_, _| {}).unwrap();
        prop_assert_eq!(verdict.findings.some, []);
        let source = Source { store, selection: &Selection::default(), authorities: &[] };
        archive::write(&kept.path().join("archive"), source, |_, _| {}).unwrap();
        Ok(kept)
    }

    /// What the story of this store says became of an entry.
    fn outcome(&self, entry: &Entry) -> Option<String> {
        let place = entry.header.place();
        let (run, seq) = (place.seat.incarnation.0 as i64, place.seat.seq as i64);
        let stands = self.journal.reads().hash_at(place.ledger, place.seat).unwrap();
        stands.filter(|(hash, _)| *hash == entry.hash)?;
        let sql = "SELECT outcome FROM story WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3";
        let find = rusqlite::params![place.ledger.0.as_bytes(), run, seq];
        self.views().connection().query_row(sql, find, |row| row.get(0)).ok()
    }

    /// Whether the search finds the honest paper.
    fn finds(&self) -> bool {
        let mut index = search::Index::in_memory().unwrap();
        index.catch_up(self.journal.reads(), self.views(), |_| {}).unwrap();
        let query = Query { text: TITLE.into(), owner: Some(HONEST), ..Query::default() };
        !search::find(index.connection(), &query, &search::entries(self.journal.reads())).unwrap().is_empty()
    }
}

/// All mail of an office, by position.
fn mail_of(hub: &Kept, office: OfficeId) -> Vec<(u64, Entry)> {
    let (told, _notices) = mpsc::unbounded_channel();
    let mut index = MailIndex::from_connection(Connection::open_in_memory().unwrap(), 0, told).unwrap();
    let registry = hub.views().registry();
    let views = hub.views().connection();
    follow::catch_up(&mut index, hub.journal.reads(), views, &registry, |_| {}).unwrap();
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let most = BatchLimit { entries: 3, ..BatchLimit::BATCH };
        let reads = hub.journal.reads();
        let asked = Asked { office, after, own: true, urgent: false };
        let piece = mail::read(index.connection(), reads, &registry, asked, most).unwrap();
        assert!(piece.end || piece.mark.position > after, "mail stands still");
        all.extend(piece.entries);
        after = piece.mark.position;
        if piece.end {
            return all;
        }
    }
}

/// Positions of what is for an office: not refused, and to a scope that it was in; or its own.
fn due(hub: &Kept, office: OfficeId) -> BTreeSet<u64> {
    let registry = hub.views().registry();
    let end = hub.journal.end().position;
    let refused = read::folded(hub.views().connection(), 0, end).unwrap().refused;
    let stored = hub.journal.reads().after(0, end as usize).unwrap();
    let is_due = |stored: &journal::Stored| {
        let header = &stored.entry.header;
        let to = |channel: &Channel| registry.addressed(office, channel.scope, stored.position);
        header.ledger == office || !refused.contains_key(&stored.position) && header.audience.iter().any(to)
    };
    stored.iter().filter(|stored| is_due(stored)).map(|stored| stored.position).collect()
}

fn hurts_nobody(deeds: &[Deed]) -> Result<(), TestCaseError> {
    let (mut hub, mut node) = (Kept::new(HUB), Kept::new(OWN));
    let mut made: Vec<Entry> = Vec::new();
    hub.journal.begin().unwrap();
    node.journal.begin().unwrap();
    for office in [OWN, OTHER, HONEST] {
        for said in [Word::Office(fact(office)), Word::Credential(issued(office))] {
            let said = draft(1, HUB, &word(said), vec![Scope::subtree(HUB)]);
            let (_, entry) = hub.journal.append(said, &key(HUB), NOW, 0).unwrap();
            node.delivered(&entry, false).unwrap();
            made.push(entry);
        }
    }
    // Other numbers than the runs of plans.
    for (number, deed) in (1000..).zip(deeds) {
        match deed {
            Deed::Make(plan) => made.extend(make(plan, &made)),
            Deed::ToHub(which, way) => hub.comes(which.get(&made), *way, &made).unwrap(),
            Deed::ToNode(which, early) => node.delivered(which.get(&made), *early).unwrap(),
            Deed::Write(at_hub, scopes) => {
                let writes = if *at_hub { &mut hub } else { &mut node };
                made.extend(writes.write(scopes, number).unwrap());
            }
            Deed::Fold(at_hub) => {
                let folds = if *at_hub { &mut hub } else { &mut node };
                folds.fold().unwrap();
            }
        }
    }
    let mut honest = Journal::in_memory(HONEST, false).unwrap();
    let paper = draft(60, HONEST, &letter(TITLE, Vec::new()), vec![Scope::office(OWN)]);
    let (_, paper) = honest.group(|journal| journal.append(paper, &key(HONEST), NOW, 0)).unwrap();
    let admitted = hub.journal.admit(vec![paper.clone()], false, NOW).unwrap();
    prop_assert_eq!(admitted.new, 1, "{:?}", admitted.rest);
    let said =
        draft(2, HUB, &word(Word::Office(fact(OfficeId(Uuid::from_u128(9))))), vec![Scope::subtree(HUB)]);
    let (_, said) = hub.journal.append(said, &key(HUB), NOW, 99).unwrap();
    hub.journal.commit().unwrap();
    let hub = hub.digests()?;
    for entry in [&paper, &said] {
        prop_assert_eq!(hub.outcome(entry), Some("applied".to_owned()));
    }
    prop_assert!(hub.finds());
    let mail = mail_of(&hub, OWN);
    prop_assert_eq!(mail.iter().map(|(position, _)| *position).collect::<BTreeSet<_>>(), due(&hub, OWN));
    // The hub lies no more: what the node has of another history goes back.
    let from = Mark::START;
    node.journal.session_write(NodeWrite::Welcome { from, resuming: true, line: None }).unwrap();
    let mark = Some(hub.journal.end());
    let (forged, entries): (Vec<_>, Vec<_>) =
        mail.into_iter().partition(|(_, entry)| entry.header.ledger == OWN && !signed(entry));
    let forged = forged.into_iter().map(|(_, entry)| entry).collect();
    node.journal.session_write(NodeWrite::Forged(forged)).unwrap();
    let last = NodeWrite::Mail { entries, arrivals: vec![], mark, end: MailEnd::None };
    node.journal.session_write(last).unwrap();
    node.journal.commit().unwrap();
    let node = node.digests()?;
    prop_assert_eq!(node.outcome(&paper), Some("applied".to_owned()));
    prop_assert!(node.finds());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_the_door_lets_in_hurts_nobody(deeds in deeds()) {
        hurts_nobody(&deeds)?;
    }
}
