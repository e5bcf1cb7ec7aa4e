//! What the liar writes: entries with its own good key that contradict its chain, the form, or the rules.

use prost::Message;
use prost::encoding::{decode_key, decode_varint, encode_varint};
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::chain;
use truc_proto::entry::{Channel, Entry, Header, Parts, SALT, Seen};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::record::{self, Move, Paper, directive, registry};
use truc_proto::time::Hlc;
use truc_proto::wire::{self, Confidentiality, Urgency};
use uuid::Uuid;

use super::liar::Liar;
use super::offices::{HUB, office_id};

/// Stands in `mv` until the number of the body's move is known.
const BY_BODY: u32 = u32::MAX;
/// A field that no program knows, with text in it.
const UNKNOWN_FIELD: &[u8] = b"\xfa\x01\x03mat";
/// Time of an entry before which there is none.
const BEGINNING: Hlc = Hlc(1 << 50);

/// An entry whose bytes no program makes, signed all the same.
pub(super) struct Raw {
    pub(super) hash: Hash,
    pub(super) entry: wire::Entry,
}

impl Liar {
    /// Seat of the last entry to a scope on the chain up to `base`.
    fn last_to(&self, base: Option<Link>, scope: Scope) -> Option<Seat> {
        let mut at = base.map(|base| base.hash);
        while let Some(entry) = at.and_then(|hash| self.chain.iter().find(|entry| entry.hash == hash)) {
            if entry.header.audience.iter().any(|channel| channel.scope == scope) {
                return Some(entry.header.seat);
            }
            at = Some(entry.prev);
        }
        None
    }

    /// Makes an entry after `base`, in a new incarnation.
    pub(super) fn entry(
        &self,
        base: Option<Link>,
        random: u32,
        change: impl FnOnce(&mut Header, &mut Vec<u8>),
    ) -> Entry {
        let known = self.chain.iter().find(|entry| Some(entry.hash) == base.map(|base| base.hash));
        let before = known.or(self.chain.last());
        let time = before.map_or(BEGINNING, |before| chain::earliest(before.header.time, self.seen));
        let mut header = Header {
            ledger: self.office,
            seat: Seat {
                incarnation: Incarnation::after(base.map(|base| base.seat.incarnation), random),
                seq: base.map_or(0, |base| base.seat.seq) + 1,
            },
            base: base.map(|base| base.seat),
            time,
            seen: self.seen,
            author: "liar".into(),
            record: RecordId(Uuid::from_u128(u128::from(random))),
            kind: 99,
            mv: BY_BODY,
            audience: vec![Channel { scope: Scope::office(office_id(0)), previous: None }],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        header.audience[0].previous = self.last_to(base, header.audience[0].scope);
        let mut body = vec![1, 2, 3];
        change(&mut header, &mut body);
        if header.mv == BY_BODY {
            header.mv = record::number(&body);
        }
        let prev = base.map_or(Hash::ZERO, |base| base.hash);
        // The header is well-formed, so it can always be encoded.
        Entry::write(&header, &body, [0; SALT], prev, &self.key).expect("an entry of good form")
    }

    /// The entries of a lie that is told in a push; none: the chain does not give the opportunity.
    pub(super) fn writes(&self, name: &str, line: Option<Link>, random: u32, victim: OfficeId) -> Vec<Entry> {
        let province = Scope::office(office_id(0));
        let audience = |scope| vec![Channel { scope, previous: self.last_to(line, scope) }];
        let last = self.chain.last().filter(|last| Some(last.link()) == line);
        let entry = match name {
            "entry before its time" if line.is_some() => {
                self.entry(line, random, |header, _| header.time = Hlc(0))
            }
            "entry whose author had seen more" => {
                let Some(seen) = last.and_then(|last| last.header.seen) else { return vec![] };
                let less = match random % 3 {
                    0 if seen.position > 1 => Some(Seen { position: seen.position - 1, ..seen }),
                    1 => Some(Seen { hub_time: Hlc(seen.hub_time.0 - 1), ..seen }),
                    _ => None,
                };
                self.entry(line, random, |header, _| header.seen = less)
            }
            "entry of the last moment" => self.entry(line, random, |header, _| {
                header.time = Hlc(u64::MAX);
                if random.is_multiple_of(4) {
                    header.seen = Some(Seen { position: limits::NUMBER, hub_time: Hlc(u64::MAX) });
                }
            }),
            "entry that forgets its channel" if self.last_to(line, province).is_some() => {
                self.entry(line, random, |header, _| header.audience[0].previous = None)
            }
            "place that never was on a channel" => {
                let Some(line) = line else { return vec![] };
                let run = Incarnation(line.seat.incarnation.0 - 1);
                let never = Seat { incarnation: run, seq: 1 + u64::from(random) % line.seat.seq };
                self.entry(Some(line), random, |header, _| header.audience[0].previous = Some(never))
            }
            "place of another channel" => {
                let Some(before) = self.last_to(line, province) else { return vec![] };
                let other = Scope::office(victim);
                let others = Channel { scope: other, previous: Some(before) };
                if self.last_to(line, other) == Some(before) {
                    return vec![];
                }
                self.entry(line, random, |header, _| header.audience.push(others))
            }
            "older place on a channel" => {
                let before = last.and_then(|last| last.header.audience.first());
                let Some(older) = before.and_then(|channel| channel.previous) else { return vec![] };
                self.entry(line, random, |header, _| header.audience[0].previous = Some(older))
            }
            "entry before its time" | "entry that forgets its channel" => return vec![],
            "entry of another office" => self.entry(None, random, |header, _| header.ledger = victim),
            "entry in the hub's ledger" => self.word_of_the_hub(random, victim),
            "entry signed by another key" | "bad signature under a good head" => {
                let mut bad = self.entry(line, random, |_, _| {});
                bad.signature[40] ^= 1;
                if name == "entry signed by another key" {
                    return vec![bad];
                }
                let head = self.entry(Some(bad.link()), random, |header, _| {
                    header.audience[0].previous = Some(bad.header.seat);
                });
                return vec![bad, head];
            }
            "entry that skips one" => {
                let unseen = self.entry(line, random, |_, _| {});
                self.entry(Some(unseen.link()), random, |_, _| {})
            }
            "entry at a place that is taken" => {
                let Some(last) = self.chain.last() else { return vec![] };
                let mut header = last.header.clone();
                header.record = RecordId(Uuid::from_u128(u128::from(random)));
                let written = Entry::write(&header, &[7], [0; SALT], last.prev, &self.key);
                return written.into_iter().collect();
            }
            "entry after another than the last" => {
                let Some(line) = line else { return vec![] };
                self.entry(Some(Link { hash: Hash([5; 32]), ..line }), random, |_, _| {})
            }
            "entry once more" => return self.chain.last().cloned().into_iter().collect(),
            "binding paper upwards" => self.paper(line, random, "NQ", |_, _| {}),
            "record of another office" => self.paper(line, random, "CV", |header, _| {
                header.record = RecordId::of(victim, header.kind, Uuid::from_u128(u128::from(random)));
            }),
            "body of another move" => self.paper(line, random, "CV", |header, body| {
                header.mv = record::number(body) + 1 + random % 3;
            }),
            "secret in a field of the body" => self.paper(line, random, "CV", |header, body| {
                header.confidentiality = Confidentiality::Secret;
                *body = with_inside(body, UNKNOWN_FIELD);
            }),
            "secret in a field of the header" => {
                let good = self.paper(line, random, "CV", |header, _| {
                    header.confidentiality = Confidentiality::Secret;
                });
                let raw = self.raw(&good, |header| header.extend(UNKNOWN_FIELD));
                return batch::from_wire(raw.entry, None).into_iter().collect();
            }
            "registry entry" => self.entry(line, random, |header, body| {
                header.kind = registry::Move::KIND;
                header.audience = audience(Scope::subtree(HUB));
                *body = word(victim);
            }),
            "secret" => {
                self.entry(line, random, |header, _| header.confidentiality = Confidentiality::Secret)
            }
            "entry for an office that is not" => self.entry(line, random, |header, _| {
                header.audience = audience(Scope::office(office_id(9_999)));
            }),
            "entry with a false body" => self.entry(line, random, |header, body| {
                header.kind = 3;
                *body = vec![0xff; 9];
            }),
            _ => self.entry(line, random, |_, _| {}),
        };
        vec![entry]
    }

    /// A directive of its own with a paper of this type.
    fn paper(
        &self,
        line: Option<Link>,
        random: u32,
        document_type: &str,
        change: impl FnOnce(&mut Header, &mut Vec<u8>),
    ) -> Entry {
        let paper = Paper {
            document_type: document_type.into(),
            title: "Nghị quyết".into(),
            number: String::new(),
            term: "2025-2030".into(),
            issued: None,
            due: String::new(),
            text: String::new(),
            signer: String::new(),
            road: None,
        };
        let issued = directive::Issued { paper, tasks: vec![], in_reply_to: None };
        let mv = Move::Directive(directive::Move::Issued(issued));
        self.entry(line, random, |header, body| {
            header.kind = mv.kind();
            header.record = RecordId::of(self.office, mv.kind(), Uuid::from_u128(u128::from(random)));
            *body = mv.encode().to_vec();
            change(header, body);
        })
    }

    /// A word that only the hub may say, in the hub's ledger.
    pub(super) fn word_of_the_hub(&self, random: u32, victim: OfficeId) -> Entry {
        self.entry(None, random, |header, body| {
            header.ledger = HUB;
            header.kind = registry::Move::KIND;
            header.audience = vec![Channel { scope: Scope::subtree(HUB), previous: None }];
            *body = word(victim);
        })
    }

    /// An entry that nobody was shown, and one after it: before what the chain began with, or after its line. Only the
    /// second is given back, as an island.
    pub(super) fn other_history(&self, line: Option<Link>, random: u32) -> Vec<Entry> {
        let first = self.chain.first().map(|first| first.header.seat.incarnation.0);
        let unseen = match first.filter(|_| random.is_multiple_of(2)) {
            Some(first) => self.entry(None, random, |header, _| {
                header.seat.incarnation = Incarnation(first - 1);
                header.time = BEGINNING;
                header.seen = None;
            }),
            None => self.entry(line, random, |_, _| {}),
        };
        let island = self.entry(Some(unseen.link()), random, |header, _| {
            header.audience[0].previous = Some(unseen.header.seat);
        });
        vec![unseen, island]
    }

    /// A branch off the entry before the last, and an entry that goes on in the last one's incarnation from there: that
    /// incarnation has two bases. None: the chain is too short.
    pub(super) fn second_base(&self) -> Vec<Entry> {
        let [.., before, last] = &self.chain[..] else { return vec![] };
        let Seat { incarnation: Incarnation(run), seq } = last.header.seat;
        if last.header.base != Some(before.header.seat) || before.header.seat.incarnation.0 >= run - 1 {
            return vec![];
        }
        let branch = self.entry(Some(before.link()), 0, |header, _| {
            header.seat.incarnation = Incarnation(run - 1);
        });
        let other = self.entry(Some(branch.link()), 0, |header, _| {
            header.seat = Seat { incarnation: Incarnation(run), seq: seq + 1 };
            header.audience[0].previous = Some(branch.header.seat);
        });
        vec![branch, other]
    }

    /// A good entry made into one whose form is wrong; none: that is not this lie.
    pub(super) fn malformed(&self, name: &str, good: &Entry) -> Option<Raw> {
        let change: fn(&mut wire::Header) = match name {
            "scope twice in an audience" => |header| header.audience.push(header.audience[0].clone()),
            "place to come on a channel" => |header| {
                header.audience[0].previous =
                    Some(wire::Base { incarnation: header.incarnation, seq: header.seq + 1 });
            },
            _ => return None,
        };
        Some(self.raw(good, |bytes| {
            if let Ok(mut header) = wire::Header::decode(&bytes[..]) {
                change(&mut header);
                *bytes = header.encode_to_vec();
            }
        }))
    }

    /// An entry with other bytes for its header, signed.
    fn raw(&self, entry: &Entry, change: impl FnOnce(&mut Vec<u8>)) -> Raw {
        // An entry was read from its parts.
        let Parts { header, body } = entry.parts().expect("the parts of an entry");
        let mut header = header.to_vec();
        change(&mut header);
        let parts = Parts { header: header.into(), body };
        let signature = parts.sign(entry.prev, &self.key).to_vec().into();
        let (hash, prev) = (parts.hash(entry.prev), Some(entry.prev.to_wire()));
        Raw { hash, entry: wire::Entry { content: parts.content(), signature, prev } }
    }
}

/// A word that only the hub may say.
fn word(office: OfficeId) -> Vec<u8> {
    let word = wire::HubWentBack { office: office.to_wire(), cursor: 2, common: 1 };
    let word = wire::registry_move::Move::WentBack(word);
    Move::Registry(registry::Move(wire::RegistryMove { r#move: Some(word) })).encode().to_vec()
}

/// A message of one field that is a message, with more fields in the inner one.
fn with_inside(message: &[u8], more: &[u8]) -> Vec<u8> {
    let mut inner = message;
    let key = decode_key(&mut inner).and_then(|_| {
        let key = message[..message.len() - inner.len()].to_vec();
        decode_varint(&mut inner).map(|_| key)
    });
    let Ok(mut made) = key else { return message.to_vec() };
    encode_varint((inner.len() + more.len()) as u64, &mut made);
    made.extend(inner);
    made.extend(more);
    made
}
