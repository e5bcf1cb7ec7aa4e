//! What waits for an office from those below it, and how far its own papers are with them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::{Act as _, Ends, directive, guidance, inspection, report};
use truc_proto::time::Hlc;

use super::Result;
use super::columns::uuid;
use super::filter::{Filter, StateOf};
use super::kinds::directive::{self as directives, Handled};
use super::owed::{self, Matter};
use super::read::{self, KeyRow, Viewpoint};

/// Something that an office said of a record of ours and that waits for our word: a question, a self-report or its remedy,
/// a task or item done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The record.
    pub matter: Matter,
    /// The office that said it.
    pub office: OfficeId,
    /// Question, task or item; empty: the record itself.
    pub part: String,
    /// When it said so.
    pub said: Hlc,
}

/// What waits for the looking office's word about its own records, the oldest first: what an office owed and says that it has
/// done. What nobody asked of it can be said, and waits for nobody.
pub fn waiting(conn: &Connection, look: &Viewpoint<'_>) -> Result<Vec<Waiting>> {
    let mut statement = conn.prepare_cached(
        "SELECT a.record, a.kind, a.office, a.part, a.said, o.word, d.office, d.subtree, d.given FROM answer a
         JOIN record r ON r.id = a.record AND r.kind = a.kind AND r.owner = ?1
         LEFT JOIN duty d ON d.record = a.record AND d.kind = a.kind AND d.owner = ?1 AND d.part = a.part
         LEFT JOIN answer o ON o.record = a.record AND o.kind = a.kind AND o.office = ?1 AND o.part = ''
         WHERE a.office <> ?1 AND a.done IS NOT NULL AND (a.part <> '' OR a.kind = ?2)
           AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.record = a.record AND v.kind = a.kind AND v.owner = ?1
                 AND v.part = a.part AND v.office = a.office AND (v.accepted = 1 OR v.said >= a.said))
         ORDER BY a.said",
    )?;
    let mut rows = statement.query(params![look.me.0.as_bytes(), inspection::Move::KIND])?;
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next()? {
        let (record, kind) = (RecordId(uuid(row, 0)?), row.get(1)?);
        let ended = row.get::<_, Option<String>>(5)?.unwrap_or_default();
        if owed::ends(kind, &ended) == Ends::Record {
            continue;
        }
        let (office, said) = (OfficeId(uuid(row, 2)?), Hlc(row.get::<_, i64>(4)? as u64));
        // A question is owed by nobody.
        if kind != guidance::Move::KIND {
            if row.get_ref(6)? == ValueRef::Null {
                continue;
            }
            let scope = Scope { office: OfficeId(uuid(row, 6)?), subtree: row.get(7)? };
            let given = Hlc(row.get::<_, i64>(8)? as u64);
            if !owed::means(look.registry, scope, look.me, given, office) {
                continue;
            }
        }
        // An office may be meant twice, by name and as one of all.
        let waiting = Waiting { matter: (record, kind), office, part: row.get(3)?, said };
        if seen.insert((waiting.matter, office, waiting.part.clone())) {
            found.push(waiting);
        }
    }
    Ok(found)
}

/// Reports of others that wait for the looking office to judge them.
pub fn to_judge(look: &Viewpoint<'_>) -> Filter {
    let state_of = Some(StateOf::Judging(look.me));
    Filter { state_of, states: vec!["judge".to_owned()], ..read::received(look, report::Move::KIND) }
}

/// An own directive, and how many of those whom it asks have completed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Own {
    /// The directive.
    pub id: RecordId,
    /// How many have completed it.
    pub done: usize,
    /// Of how many: those that it may ask for something.
    pub all: usize,
    /// How many refused it and have had no answer since.
    pub refused: usize,
}

/// Own directives of which something is still to be done, the newest first: those that ask for something and are not
/// completed everywhere, and after them those that somebody refused who has had no answer since.
pub fn own_open(conn: &Connection, look: &Viewpoint<'_>) -> Result<Vec<Own>> {
    let mut refused = directives::refused_here(conn, look)?;
    let asks = "EXISTS (SELECT 1 FROM duty d WHERE d.record = record.id AND d.kind = record.kind
                AND d.owner = record.owner)";
    let filter = Filter {
        kind: Some(directive::Move::KIND),
        owner: Some(look.me),
        also: vec![(asks.into(), Vec::new())],
        ..Filter::default()
    };
    // Most directives go to one of a few audiences, which differ only by the day.
    let mut known: HashMap<(String, Option<Date>), Rc<BTreeSet<OfficeId>>> = HashMap::new();
    let (mut newest, mut recipients) = (Vec::new(), HashMap::new());
    for KeyRow { id, owner, audience, opened, .. } in read::keys(conn, &filter)? {
        let key = (audience, Date::of_millis(opened.millis() as i64));
        let to = match known.get(&key) {
            Some(to) => Rc::clone(to),
            None => {
                let scopes: Vec<Scope> = serde_json::from_str(&key.0)?;
                let mut to = directives::recipients(look, owner, &scopes);
                let asked = |office: &OfficeId| {
                    owed::may_owe(look.registry, *office, owner)
                        && owed::was_there(look.registry, *office, opened)
                };
                to.retain(asked);
                Rc::clone(known.entry(key).or_insert(Rc::new(to)))
            }
        };
        newest.push(id);
        recipients.insert(id, to);
    }
    let handled = directives::handled(conn, &recipients)?;
    let own = newest.into_iter().filter_map(|id| {
        let Handled { done, all } = handled.get(&id).copied().unwrap_or_default();
        let refused = refused.remove(&id).unwrap_or_default();
        (done < all || refused > 0).then_some(Own { id, done, all, refused })
    });
    let mut own: Vec<Own> = own.collect();
    // What asks for nothing may be refused, too.
    let mut refused: Vec<_> = refused.into_iter().collect();
    refused.sort_unstable_by_key(|(id, _)| *id);
    own.extend(refused.into_iter().map(|(id, refused)| Own { id, done: 0, all: 0, refused }));
    Ok(own)
}

/// By record, in the order in which the first thing of each was said.
pub fn by_record(waiting: Vec<Waiting>) -> Vec<(Matter, Vec<Waiting>)> {
    let mut at: BTreeMap<Matter, usize> = BTreeMap::new();
    let mut all: Vec<(Matter, Vec<Waiting>)> = Vec::new();
    for one in waiting {
        let place = *at.entry(one.matter).or_insert_with(|| {
            all.push((one.matter, Vec::new()));
            all.len() - 1
        });
        all[place].1.push(one);
    }
    all
}
