//! What the entries say: papers of 1 KiB, of three kinds of content.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message;
use truc_proto::record::{Paper, directive};
use truc_proto::wire::{self, directive_move, report_move};

use crate::Result;

/// Bytes of a body.
pub(crate) const BODY: usize = 1024;
/// A kind that no program knows: relayed as it is.
const UNKNOWN_KIND: u32 = 9_999;
const DIRECTIVE: u32 = 3;
const REPORT: u32 = 4;

/// What is in a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// Random bytes, of a kind that the hub does not know: nothing can be packed.
    Bytes,
    /// A report whose text is random printable ASCII: UTF-8 cannot be less packable than about 0.85.
    Text,
    /// A report with Vietnamese text from the sample papers.
    Vietnamese,
    /// A directive (công văn) with random text.
    Letter,
}

/// Makes bodies.
#[derive(Clone, Debug)]
pub(crate) struct Bodies {
    state: u64,
    corpus: Vec<String>,
    next: usize,
}

impl Bodies {
    /// With a seed, so that runs are alike and machines differ.
    pub(crate) fn new(seed: u64) -> Result<Self> {
        Ok(Self { state: seed.wrapping_mul(2).wrapping_add(1), corpus: corpus()?, next: seed as usize })
    }

    /// How many Vietnamese bodies there are without a word said twice. A batch with more of them would be
    /// packed better than real papers are.
    pub(crate) fn distinct(&self) -> usize {
        self.corpus.len()
    }

    /// A kind, and an encoded body of [`BODY`] bytes (Vietnamese: within a few bytes).
    pub(crate) fn make(&mut self, content: Content) -> (u32, Bytes) {
        let (kind, body) = match content {
            Content::Bytes => (UNKNOWN_KIND, Bytes::from(self.bytes(BODY))),
            Content::Text => (REPORT, sized(|room| report(self.text(room)))),
            Content::Letter => (DIRECTIVE, sized(|room| letter(self.text(room)))),
            Content::Vietnamese => {
                self.next = (self.next + 1) % self.corpus.len();
                let text = self.corpus[self.next].clone();
                (REPORT, sized(|room| report(clipped(&text, room))))
            }
        };
        (kind, body)
    }

    /// A letter like no other: its number, a sentence of the sample papers as its title, others as its text.
    pub(crate) fn distinct_letter(&mut self, number: usize) -> directive::Move {
        let corpus = std::mem::take(&mut self.corpus);
        let mut sentence = || {
            let piece = &corpus[self.random() as usize % corpus.len()];
            let sentences: Vec<&str> = piece.split(['.', ';', '\n']).filter(|part| part.len() > 40).collect();
            let chosen = sentences.get(self.random() as usize % sentences.len().max(1));
            chosen.map_or("", |chosen| chosen.trim()).to_owned()
        };
        let title = clipped(&sentence(), 160);
        let mut text = String::new();
        while text.len() < BODY {
            text.push_str(&sentence());
            text.push_str(".\n");
        }
        self.corpus = corpus;
        let paper = Paper {
            document_type: "CV".into(),
            title,
            number: format!("{number:02}-CV/TU"),
            term: "2025-2030".into(),
            text,
            signer: String::new(),
            road: None,
            ..Paper::default()
        };
        directive::Move::Issued(directive::Issued { paper, tasks: Vec::new(), in_reply_to: None })
    }

    /// Xorshift: fast, and as little packable as anything.
    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Random bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.random().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    fn text(&mut self, length: usize) -> String {
        self.bytes(length).iter().map(|byte| char::from(b' ' + byte % 95)).collect()
    }
}

/// A body of just [`BODY`] bytes: its text takes the room that the rest leaves.
fn sized(mut make: impl FnMut(usize) -> Vec<u8>) -> Bytes {
    let rest = make(BODY).len() - BODY;
    make(BODY - rest).into()
}

fn paper(document_type: &str, title: &str, text: String) -> Option<wire::Paper> {
    Some(wire::Paper {
        document_type: document_type.into(),
        title: title.into(),
        number: "31-BC/VPĐU".into(),
        series_term: "2025-2030".into(),
        issued: "2026-10-19".into(),
        due: "2026-10-20".into(),
        text,
        signer: String::new(),
        road: Default::default(),
    })
}

fn report(text: String) -> Vec<u8> {
    let submitted = wire::ReportSubmitted {
        paper: paper("BC", "Báo cáo công tác tháng 10", text),
        form: "VP-T/2026".into(),
        version: 1,
        ..Default::default()
    };
    wire::ReportMove { r#move: Some(report_move::Move::Submitted(submitted)) }.encode_to_vec()
}

fn letter(text: String) -> Vec<u8> {
    let issued = wire::DirectiveIssued {
        paper: paper("CV", "V/v ứng phó bão số 12", text),
        ..Default::default()
    };
    wire::DirectiveMove { r#move: Some(directive_move::Move::Issued(issued)) }.encode_to_vec()
}

fn clipped(text: &str, room: usize) -> String {
    let mut end = room.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// Not prose: one sentence over and over, for the length and Unicode checks. It would flatter the packing.
const NOT_PROSE: &str = "12-van-ban-unicode-kho.md";

/// The text of the sample papers, without front matter, in pieces that fill a body.
fn corpus() -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/samples/papers");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut all = String::new();
    let prose =
        |file: &&PathBuf| file.extension().is_some_and(|end| end == "md") && !file.ends_with(NOT_PROSE);
    for file in files.iter().filter(prose) {
        let paper = std::fs::read_to_string(file)?;
        let text = paper.split("\n---\n").skip(1).collect::<Vec<_>>().join("\n---\n");
        all.push_str(&text);
    }
    let mut pieces = Vec::new();
    let mut rest = all.as_str();
    while rest.len() >= BODY {
        let piece = clipped(rest, BODY);
        rest = &rest[piece.len()..];
        pieces.push(piece);
    }
    if pieces.is_empty() {
        return Err("deploy/samples/papers has no text".into());
    }
    Ok(pieces)
}
