//! What the papers of others ask of the looking office, and the works that it does for them.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde::Serialize;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::assignment::asked::{self, Asking};
use truc_proto::record::assignment::part::{Part, Standing, standing};
use truc_proto::record::assignment::{Source, Stage};
use truc_proto::record::{State, directive, outside};
use truc_proto::registry::Registry;
use truc_proto::wire::Confidentiality;

use super::Result;
use super::kinds::assignment::{self, WorkRow};
use super::kinds::outside as papers_from_outside;
use super::read::{self, Filter, Viewpoint};

/// A paper with the strands that say what it asks of the looking office.
#[derive(Clone, Debug)]
pub struct Paper {
    /// The record.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// Who issued it.
    pub owner: OfficeId,
    /// Its strand.
    opened: State,
    /// The looking office's own strand; none: it has said nothing.
    pub own: Option<State>,
    secret: bool,
    document_type: Option<DocumentType>,
}

/// A part of a paper, and its works.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The paper.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// The office that asks.
    pub owner: OfficeId,
    /// Task or item; empty: the paper itself.
    pub id: String,
    /// What is asked.
    pub part: Part,
    /// The works that were given, proposed or kept for it.
    pub works: Vec<WorkRow>,
}

/// Where a part stands, as a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// It is closed.
    Closed,
    /// It has its work.
    Given,
    /// Its work is done, and whoever asked is not told.
    ToReport,
    /// It waits to be given.
    ToAssign,
}

impl Paper {
    /// The paper of a record; none: there is none here.
    pub fn read(conn: &Connection, me: OfficeId, record: RecordId) -> Result<Option<Self>> {
        let Some(row) = read::list(conn, &Filter::id(record))?.pop() else {
            return Self::from_outside(conn, me, record);
        };
        let Some(opened) = read::strand(conn, record, row.kind, row.owner)? else { return Ok(None) };
        let own = read::strand(conn, record, row.kind, me)?;
        let secret = row.confidentiality != Confidentiality::Open as u32;
        let document_type = DocumentType::from_code(&row.document_type);
        Ok(Some(Self { record, kind: row.kind, owner: row.owner, opened, own, secret, document_type }))
    }

    /// A paper that came not by the network, or a petition.
    fn from_outside(conn: &Connection, me: OfficeId, record: RecordId) -> Result<Option<Self>> {
        let opened = read::strand(conn, record, outside::KIND.number, me)?;
        let Some(State::Outside(strand)) = &opened else { return Ok(None) };
        let Some(paper) = strand.paper().map(|outside| &outside.paper) else { return Ok(None) };
        Ok(Some(Self {
            record,
            kind: outside::KIND.number,
            owner: me,
            secret: paper.level > 0,
            document_type: DocumentType::from_code(&paper.document_type),
            own: None,
            opened: State::Outside(strand.clone()),
        }))
    }

    /// The same with own moves on top.
    pub(super) fn with(mut self, on: &dyn Fn(RecordId, u32, Option<State>) -> Option<State>) -> Self {
        match on(self.record, self.kind, Some(self.opened.clone())) {
            Some(opened) if self.kind == outside::KIND.number => self.opened = opened,
            _ => self.own = on(self.record, self.kind, self.own.take()),
        }
        self
    }

    /// Its type; none: this program does not know it.
    pub fn document_type(&self) -> Option<DocumentType> {
        self.document_type
    }

    /// What it asks of an office.
    pub fn parts(&self, registry: &Registry, me: OfficeId) -> Vec<(String, Part)> {
        let reaches =
            |scope: Scope| scope.office == me || scope.subtree && registry.is_above(scope.office, me);
        asked::parts(&Asking {
            me,
            is_own: self.owner == me,
            owner: &self.opened,
            own: self.own.as_ref(),
            reaches: &reaches,
            secret: self.secret,
        })
    }

    /// One part of it.
    pub fn part(&self, registry: &Registry, me: OfficeId, id: &str) -> Option<Part> {
        self.parts(registry, me).into_iter().find(|(part, _)| part == id).map(|(_, part)| part)
    }
}

impl Asked {
    /// Where it stands.
    pub fn stands(&self) -> Stands {
        match standing(&self.part, &self.works) {
            Standing::Closed(_) => Stands::Closed,
            Standing::Given(_) => Stands::Given,
            Standing::ToReport(_) => Stands::ToReport,
            Standing::ToAssign(_) => Stands::ToAssign,
        }
    }

    /// The work that it has, or whose result waits to be told; none: it has none.
    pub fn root(&self) -> Option<&WorkRow> {
        match standing(&self.part, &self.works) {
            Standing::Given(works) => works.first().copied(),
            Standing::ToReport(work) => Some(work),
            Standing::Closed(_) | Standing::ToAssign(_) => None,
        }
    }

    /// The word that it asks for no work; none: nobody said so.
    pub fn kept(&self) -> Option<&WorkRow> {
        self.works.iter().find(|row| row.work.stage == Stage::Kept)
    }

    /// How many live works it has; more than one only after two lives of an office.
    pub fn roots(&self) -> usize {
        match standing(&self.part, &self.works) {
            Standing::Given(works) => works.len(),
            _ => 0,
        }
    }

    /// The newest proposal for it.
    pub fn proposal(&self) -> Option<&WorkRow> {
        match standing(&self.part, &self.works) {
            Standing::ToAssign(proposals) => proposals.first().copied(),
            _ => None,
        }
    }
}

/// What a paper asks of the looking office, with the works for each part.
pub fn of_paper(conn: &Connection, look: &Viewpoint<'_>, record: RecordId) -> Result<Vec<Asked>> {
    let Some(paper) = Paper::read(conn, look.me, record)? else { return Ok(Vec::new()) };
    let asked = |(id, part): (String, Part)| {
        let works = assignment::of_part(conn, look.me, record, &id)?;
        Ok(Asked { record, kind: paper.kind, owner: paper.owner, id, part, works })
    };
    paper.parts(look.registry, look.me).into_iter().map(asked).collect()
}

/// What the work is done for of which, at some distance, a work is a part.
pub fn root(conn: &Connection, me: OfficeId, source: &Source) -> Result<Source> {
    let mut next = source.clone();
    let mut asked = BTreeSet::new();
    while let Source::Work(parent) = next {
        let row = assignment::work(conn, me, parent)?.filter(|_| asked.insert(parent));
        next = row.map(|row| row.work.source).unwrap_or_default();
    }
    Ok(next)
}

/// What a paper asks of the looking office, by the ids of its parts.
pub fn parts_of(conn: &Connection, look: &Viewpoint<'_>, record: RecordId) -> Result<Vec<(String, Part)>> {
    let paper = Paper::read(conn, look.me, record)?;
    Ok(paper.map_or_else(Vec::new, |paper| paper.parts(look.registry, look.me)))
}

/// All parts that are open at the looking office: what it owes by a day, what it has accepted, and what it works on.
pub fn open(conn: &Connection, look: &Viewpoint<'_>) -> Result<Vec<Asked>> {
    let owed = read::duties(conn, look, look.me)?;
    let mut papers: BTreeSet<RecordId> =
        owed.into_iter().filter(|duty| !duty.status.is_done()).map(|duty| duty.record).collect();
    let inside = read::inside(conn, look.me, &Default::default())?;
    papers.extend(inside.unassigned.into_iter().chain(inside.undated).map(|row| row.id));
    let worked = "SELECT DISTINCT paper FROM work WHERE owner = ?1 AND live = 1 AND paper IS NOT NULL";
    let mut statement = conn.prepare_cached(worked)?;
    let rows = statement.query_map([look.me.0.as_bytes()], |row| super::columns::uuid(row, 0))?;
    for paper in rows {
        papers.insert(RecordId(paper?));
    }
    papers.extend(papers_from_outside::open(conn, look.me)?);
    let mut all = Vec::new();
    for paper in papers {
        all.extend(of_paper(conn, look, paper)?.into_iter().filter(|asked| asked.stands() != Stands::Closed));
    }
    all.sort_by_key(|asked| (asked.due().is_none(), asked.due()));
    Ok(all)
}

impl Asked {
    /// When it is asked for: the outer date, of a petition until when it is to be decided.
    pub fn due(&self) -> Option<Due> {
        let limit = self.part.petition.as_ref().and_then(|petition| petition.limit);
        self.part.outer.or(limit.map(|day| Due(day.close_millis())))
    }
}

/// Whether a paper of a kind is reported on by a word on its part: others have moves of their own.
pub fn is_reported_by_progress(kind: u32) -> bool {
    kind == directive::KIND.number || kind == truc_proto::record::programme::KIND.number
}
