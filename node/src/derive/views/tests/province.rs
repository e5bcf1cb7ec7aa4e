//! A small province that writes entries, for tests of the views.

use std::collections::BTreeMap;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Entry, Header, SALT};
use truc_proto::id::{Hash, Incarnation, OfficeId, RecordId, Seat};
use truc_proto::record::{Move, Paper, directive, programme, report};
use truc_proto::refusal::Refusal;
use truc_proto::time::Hlc;
use truc_proto::wire::{self, Confidentiality, Urgency};
use uuid::Uuid;

use crate::derive::views::{Source, Views};

pub(crate) fn id(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

pub(crate) fn record_id(number: u128) -> RecordId {
    RecordId(Uuid::from_u128(number))
}

pub(crate) fn key(office: u128) -> SigningKey {
    SigningKey::from_bytes(&[office as u8; 32])
}

/// Offices that write: their ledgers with chains and channels. Entries are in order of position, from 1.
#[derive(Default)]
pub(crate) struct Province {
    pub(crate) entries: Vec<Entry>,
    /// When the hub had entries, by position, Unix milliseconds; none: nobody knows. The others came when they were
    /// signed.
    pub(crate) arrivals: BTreeMap<u64, Option<u64>>,
    tips: BTreeMap<u128, (Seat, Hash)>,
    channels: BTreeMap<(u128, Scope), Seat>,
}

impl Source for Province {
    fn entry_at(
        &self,
        position: u64,
    ) -> std::result::Result<(Entry, Option<u64>), Box<dyn std::error::Error + Send + Sync>> {
        let entry = self.entries.get(position as usize - 1).cloned();
        entry.map(|entry| (entry, self.arrived(position))).ok_or_else(|| "no such position".into())
    }
}

impl Province {
    /// Hub 1; province 2; communes 10, 11, 12.
    pub(crate) fn new() -> Self {
        let mut province = Self::default();
        province.office(2, "province", 1);
        for commune in [10, 11, 12] {
            province.office(commune, "commune", 2);
        }
        province
    }

    pub(crate) fn office(&mut self, office: u128, tier: &str, parent: u128) {
        self.founded(office, tier, parent, "1970-01-01");
    }

    /// The hub says of an office that there is one from a day on.
    pub(crate) fn founded(&mut self, office: u128, tier: &str, parent: u128, since: &str) {
        self.hub_says(wire::registry_move::Move::Office(wire::OfficeFact {
            office: id(office).to_wire(),
            since: since.into(),
            tier: tier.into(),
            parent: id(parent).to_wire(),
            name: format!("Office {office}"),
            ..Default::default()
        }));
    }

    pub(crate) fn hub_says(&mut self, mv: wire::registry_move::Move) -> u64 {
        let mv = truc_proto::record::registry::Move(wire::RegistryMove { r#move: Some(mv) });
        self.raw(1, 999, 1, mv.encode(), &[Scope::subtree(id(1))])
    }

    /// Signs the entry at a position anew, at a time (Unix milliseconds) and with a hub time that its author had seen;
    /// the hub had it at a third time.
    pub(crate) fn at(&mut self, position: u64, signed: u64, seen: Option<u64>, arrived: Option<u64>) {
        let entry = &mut self.entries[position as usize - 1];
        let mut header = entry.header.clone();
        header.time = Hlc::at(signed);
        header.seen = seen.map(|seen| truc_proto::entry::Seen { position: 1, hub_time: Hlc::at(seen) });
        let key = key(header.ledger.0.as_u128());
        *entry = Entry::write(&header, &entry.body, [0; SALT], entry.prev, &key).unwrap();
        self.arrivals.insert(position, arrived);
    }

    fn arrived(&self, position: u64) -> Option<u64> {
        let signed = || self.entries[position as usize - 1].header.time.millis();
        self.arrivals.get(&position).copied().unwrap_or_else(|| Some(signed()))
    }

    pub(crate) fn hub_refuses(&mut self, position: u64) -> u64 {
        let refused = &self.entries[position as usize - 1];
        let said = wire::EntryRefused {
            ledger: refused.header.ledger.to_wire(),
            incarnation: refused.header.seat.incarnation.0,
            seq: refused.header.seat.seq,
            hash: refused.hash.to_wire(),
            reason: "may-not-direct".into(),
        };
        self.hub_says(wire::registry_move::Move::Refused(said))
    }

    pub(crate) fn writes(
        &mut self,
        office: u128,
        record: u128,
        mv: impl Into<Move>,
        audience: &[Scope],
    ) -> u64 {
        let mv = mv.into();
        self.raw(office, record, mv.kind(), mv.encode(), audience)
    }

    pub(crate) fn raw(
        &mut self,
        office: u128,
        record: u128,
        kind: u32,
        body: Bytes,
        audience: &[Scope],
    ) -> u64 {
        self.about(office, record_id(record), kind, body, audience)
    }

    /// Writes about a record with this id.
    pub(crate) fn about(
        &mut self,
        office: u128,
        record: RecordId,
        kind: u32,
        body: Bytes,
        audience: &[Scope],
    ) -> u64 {
        let first = (Seat { incarnation: Incarnation(1 << 32), seq: 0 }, Hash::ZERO);
        let (seat, prev) = self.tips.get(&office).copied().unwrap_or(first);
        let seat = Seat { seq: seat.seq + 1, ..seat };
        let channel = |scope: &Scope| Channel {
            scope: *scope,
            previous: self.channels.get(&(office, *scope)).copied(),
        };
        let header = Header {
            ledger: id(office),
            seat,
            base: None,
            time: Hlc((self.entries.len() as u64 + 1) << 16),
            seen: None,
            author: "van-thu".into(),
            record,
            kind,
            mv: truc_proto::record::number(&body),
            audience: audience.iter().map(channel).collect(),
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let entry = Entry::write(&header, &body, [0; SALT], prev, &key(office)).unwrap();
        self.tips.insert(office, (seat, entry.hash));
        for scope in audience {
            self.channels.insert((office, *scope), seat);
        }
        self.entries.push(entry);
        self.entries.len() as u64
    }

    /// Folds the entries at these positions in this order; a batch ends where `cut` returns true.
    pub(crate) fn fold(
        &self,
        views: &mut Views,
        order: &[u64],
        verdicts: &BTreeMap<u64, Refusal>,
        cut: impl Fn(usize) -> bool,
    ) {
        let mut batch = views.batch(self).unwrap();
        for (index, position) in order.iter().enumerate() {
            let entry = &self.entries[*position as usize - 1];
            batch.entry(*position, entry, self.arrived(*position), verdicts.get(position).copied()).unwrap();
            if cut(index) {
                batch.commit().unwrap();
                batch = views.batch(self).unwrap();
            }
        }
        batch.commit().unwrap();
    }

    pub(crate) fn views(&self) -> Views {
        let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
        let order: Vec<u64> = (1..=self.entries.len() as u64).collect();
        self.fold(&mut views, &order, &BTreeMap::new(), |_| false);
        views
    }
}

pub(crate) fn paper(kind: &str, title: &str) -> Paper {
    Paper {
        document_type: kind.into(),
        title: title.into(),
        number: format!("12-{kind}/TU"),
        term: "2025-2030".into(),
        due: "1970-01-10".into(),
        text: "Toàn văn.".into(),
        signer: String::new(),
        road: None,
        ..Paper::default()
    }
}

pub(crate) fn letter(tasks: &[(&str, Scope)]) -> directive::Move {
    let task = |(name, by): &(&str, Scope)| directive::Task {
        id: (*name).into(),
        content: "việc".into(),
        assignees: vec![*by],
        due: "1970-01-05".into(),
        product: String::new(),
    };
    let tasks = tasks.iter().map(task).collect();
    directive::Move::Issued(directive::Issued {
        paper: paper("CV", "Ứng phó bão"), tasks, in_reply_to: None
    })
}

/// The same, with no deadline of its tasks.
pub(crate) fn undated(tasks: &[(&str, Scope)]) -> directive::Move {
    let mut mv = letter(tasks);
    if let directive::Move::Issued(issued) = &mut mv {
        issued.tasks.iter_mut().for_each(|task| task.due.clear());
    }
    mv
}

/// A programme of one item, led by an office.
pub(crate) fn plan(lead: u128) -> programme::Move {
    let item = programme::Item {
        id: "A".into(),
        content: "việc".into(),
        lead: id(lead),
        coordinating: vec![],
        due: "1970-01-05".into(),
        product: String::new(),
        preparer: String::new(),
        starts: String::new(),
        place: String::new(),
        carries: None,
    };
    let paper = paper("CTr", "Năm 2026");
    programme::Move::Issued(programme::Issued {
        paper,
        period: None,
        items: vec![item],
        version: 1,
        dropped: vec![],
    })
}

pub(crate) fn submitted(version: u32) -> report::Move {
    let figure = |name: &str, value: Option<&str>| report::Indicator {
        id: name.into(),
        label: "Văn bản đến".into(),
        unit: "văn bản".into(),
        value: value.map(|text| text.parse().unwrap()),
        note: String::new(),
    };
    let indicators = vec![figure("A01", Some("486")), figure("A11", None)];
    let paper = paper("BC", "Báo cáo tháng 10");
    report::Move::Submitted(report::Submitted {
        paper,
        form: "VP-T/2026".into(),
        period: None,
        indicators,
        version,
    })
}
