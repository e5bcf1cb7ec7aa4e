//! Files in a page: each stands where it came, and opens there where the browser can show it.

use maud::{Markup, html};
use truc_proto::entry::Attachment;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record::{assignment, outside};

use crate::derive::views::files::{self, Brought};
use crate::derive::views::read::{FileRow, RecordRow};
use crate::tell;
use crate::web::visit::{Visit, encoded};
use crate::words::failure::Failure;

/// How a browser shows a file without running anything in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// In its own viewer.
    Pdf,
    /// As a picture.
    Picture,
    /// As plain text.
    Text,
}

impl Seen {
    /// How a file is shown; none: it can only be downloaded.
    pub fn of(file: &Attachment) -> Option<Self> {
        match file.media_type.as_str() {
            _ if file.size > limits::SHOWN_FILE => None,
            "application/pdf" => Some(Self::Pdf),
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Some(Self::Picture),
            "text/plain" => Some(Self::Text),
            _ => None,
        }
    }
}

/// The files of a record, each under the entry that brought it.
pub struct Files {
    /// Each with how much of it is here; [`u64::MAX`]: all.
    all: Vec<(Brought, u64)>,
    /// Position of the entry that holds the paper in force.
    paper: u64,
}

impl Files {
    /// All files of a record, with how much of each is here.
    pub fn of(visit: &Visit, record: &RecordRow) -> Result<Self, Failure> {
        Self::read(visit, record.id, record.kind, record.position)
    }

    /// All files of a work inside the office, which has no paper.
    pub fn of_work(visit: &Visit, work: RecordId) -> Result<Self, Failure> {
        Self::read(visit, work, assignment::KIND.number, 0)
    }

    /// All files of what came from outside.
    pub fn of_outside(visit: &Visit, record: RecordId) -> Result<Self, Failure> {
        Self::read(visit, record, outside::KIND.number, 0)
    }

    fn read(visit: &Visit, record: RecordId, kind: u32, paper: u64) -> Result<Self, Failure> {
        let all = visit.look(|views, _| files::of(views, record, kind))?;
        let with = |file: Brought| {
            let have = visit.site.files.have(file.row.file.hash).map_err(Failure::from)?;
            Ok((file, if have.complete { u64::MAX } else { have.bytes }))
        };
        Ok(Self { all: all.into_iter().map(with).collect::<Result<_, Failure>>()?, paper })
    }

    /// Those that fit, as a list; nothing if there are none.
    pub fn list(&self, visit: &Visit, wanted: impl Fn(&Brought) -> bool) -> Markup {
        let wanted: Vec<_> = self.all.iter().filter(|(file, _)| wanted(file)).collect();
        html! {
            @if !wanted.is_empty() {
                ul.files {
                    @for (file, have) in wanted {
                        @if *have == u64::MAX { li { (link(visit, &file.row)) } }
                        @else { li { (arriving(visit, &file.row.file, *have)) } }
                    }
                }
            }
        }
    }

    /// Those of an entry in the story; the paper's own stand beside the paper.
    pub fn told(&self, visit: &Visit, position: u64) -> Markup {
        self.list(visit, |file| file.row.position == position && position != self.paper)
    }

    /// The first file that is here and stands for a paper without text of its own, opened; nothing if there is none.
    pub fn sheet(&self, position: u64) -> Option<Markup> {
        let here = |(file, have): &&(Brought, u64)| file.row.position == position && *have == u64::MAX;
        let mut here = self.all.iter().filter(here).map(|(file, _)| &file.row);
        here.find_map(|row| Some(frame(row, Seen::of(&row.file)?)))
    }

    /// Whether the entry at a position brought any.
    pub fn any(&self, position: u64) -> bool {
        self.all.iter().any(|(file, _)| file.row.position == position)
    }
}

fn arriving(visit: &Visit, file: &Attachment, have: u64) -> Markup {
    let percent = (have.saturating_mul(100)).checked_div(file.size).unwrap_or(0).min(100);
    html! {
        (file.name) " "
        span.xs { (tell!(visit, "file-arriving", percent = percent)) }
        progress max=(file.size) value=(have) aria-label=(file.name) {}
    }
}

/// The address of a file; it names it too, because an entry may bring the same content under several names.
fn address(row: &FileRow) -> String {
    format!("/files/{}/{}?name={}", row.position, row.file.hash, encoded(&row.file.name))
}

fn link(visit: &Visit, row: &FileRow) -> Markup {
    let file = &row.file;
    html! {
        a href={ (address(row)) "&as=file" } download=(file.name) { (file.name) } " " span.xs.mut { (super::size(visit.lang, file.size)) }
        @if let Some(seen) = Seen::of(file) {
            details.seen id={ "file-" (row.position) "-" (file.hash) "-" (encoded(&file.name)) } {
                summary.xs { (visit.word("file-show")) span.vh { " " (file.name) } }
                (frame(row, seen))
            }
        }
    }
}

fn frame(row: &FileRow, seen: Seen) -> Markup {
    let (address, name) = (address(row), &row.file.name);
    html! {
        @if seen == Seen::Picture { img.shown src=(address) alt=(name) loading="lazy"; }
        @else { iframe.shown src=(address) title=(name) loading="lazy" {} }
    }
}
