//! What is asked of drafts: the arguments of their commands, and the moves that they mean.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use truc_proto::id::RecordId;
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::draft::refusal::{Key, Refusal};
use truc_proto::record::draft::road::Road;
use truc_proto::record::draft::{self as is, Act, Part, PartText, Remarked, Slot, Weight};
use truc_proto::wire::Confidentiality;
use truc_proto::{identifier, visible};
use uuid::Uuid;

use super::super::Context;
use super::super::paper::{self, ConfidentialityArg};
use super::versions::{changed, texts};
use super::{Verb, draft_of, row};
use crate::words::failure::Failure;

/// A draft, named by its id, an unambiguous beginning of it, or the number of its paper.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Which {
    /// Id of the draft, an unambiguous beginning of it, or the number of the paper that it became.
    pub draft: String,
}

/// The parts of a version.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Parts {
    /// The text, Markdown.
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// A file with the text, Markdown in UTF-8.
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
    /// Whom the paper is for: office codes, `subtree:CODE` for an office and all under it, `hub`; separated by commas.
    #[arg(long, value_name = "OFFICES")]
    pub to: Option<String>,
    /// The tasks that it gives, one a line: `ID|CONTENT|OFFICES|DUE|PRODUCT`.
    #[arg(long, value_name = "TASKS")]
    pub tasks: Option<String>,
    /// What is to be observed of signature and form.
    #[arg(long)]
    pub signing: Option<String>,
    /// Độ khẩn: normal, urgent, very-urgent, express, express-timed.
    #[arg(long)]
    pub urgency: Option<String>,
}

impl Parts {
    /// Reads the file with the text.
    pub fn prepare(&mut self) -> Result<(), Failure> {
        if let Some(path) = self.text_file.take() {
            self.text = Some(paper::text_file(&path)?);
        }
        Ok(())
    }

    fn given(&self, title: Option<&str>) -> Vec<(Part, String)> {
        let line = |text: &str| visible::clean(text).trim().to_owned();
        [
            (Part::Title, title.map(line)),
            (Part::Body, self.text.clone()),
            (Part::Recipients, self.to.as_deref().map(line)),
            (Part::Tasks, self.tasks.clone()),
            (Part::Signing, self.signing.as_deref().map(line)),
            (Part::Urgency, self.urgency.as_deref().map(line)),
        ]
        .into_iter()
        .filter_map(|(part, text)| Some((part, text?)))
        .collect()
    }
}

/// A draft to be begun.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Begin {
    /// Trích yếu.
    pub title: String,
    /// The body that is to issue it, by its id in the house.
    #[arg(long, value_name = "BODY")]
    pub issuer: String,
    /// Document type: its code or its Vietnamese name.
    #[arg(long = "type", value_name = "TYPE")]
    pub document_type: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub parts: Parts,
    /// What it answers or follows.
    #[arg(long, default_value = "")]
    pub source: String,
    /// Who drafts it; default: the acting account.
    #[arg(long, value_name = "PERSON")]
    pub drafter: Option<String>,
    /// Who drafts it too; may be given more than once.
    #[arg(long, value_name = "PERSON")]
    pub joint: Vec<String>,
    /// Who wrote the first text, where it is an older one.
    #[arg(long, value_name = "PERSON")]
    pub author: Option<String>,
    /// Who is to sign; default: as the road says.
    #[arg(long, value_name = "PERSON")]
    pub signer: Option<String>,
    /// Where several sign, `PERSON/FORM` in their order; given once for each.
    #[arg(long, value_name = "PERSON/FORM")]
    pub slot: Vec<String>,
    /// Độ mật; only open papers are drafted here.
    #[arg(long, value_enum, default_value_t)]
    pub confidentiality: ConfidentialityArg,
    /// A UUID that names this draft: asked twice with the same one, it is begun once.
    #[arg(long, value_name = "UUID")]
    pub once: Option<Uuid>,
}

fn person(text: &str) -> String {
    identifier::account(text)
}

fn optional(text: Option<&String>) -> String {
    text.map(|text| person(text)).unwrap_or_default()
}

impl Begin {
    pub(super) fn act(&self, context: &Context<'_>) -> Result<(Act, Confidentiality), Failure> {
        let by = context.author()?.to_owned();
        let kind = DocumentType::from_code(&self.document_type)
            .or_else(|| DocumentType::from_name(&self.document_type))
            .ok_or_else(|| paper::wrong(&self.document_type))?;
        let slot = |text: &String| {
            let (who, form) = text.split_once('/').ok_or_else(|| paper::wrong(text))?;
            Ok(Slot { person: person(who), form: form.trim().to_owned() })
        };
        let parts = self.parts.given(Some(&self.title)).into_iter();
        let begun = is::Begun {
            issuer: identifier::plain(&self.issuer),
            document_type: kind.code().to_owned(),
            source: self.source.clone(),
            drafter: self.drafter.as_ref().map_or_else(|| by.clone(), |drafter| person(drafter)),
            joint: self.joint.iter().map(|joint| person(joint)).collect(),
            author: optional(self.author.as_ref()),
            signer: optional(self.signer.as_ref()),
            slots: self.slot.iter().map(slot).collect::<Result<_, Failure>>()?,
            road: Road::default(),
            parts: parts.map(|(part, text)| PartText { part, text, weight: Weight::Heavy }).collect(),
            by,
        };
        Ok((Act::Begin(begun), self.confidentiality.wire()))
    }
}

/// A further version.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Save {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// The version from which it was made.
    #[arg(long, value_name = "VERSION")]
    pub base: u32,
    /// Trích yếu.
    #[arg(long)]
    pub title: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub parts: Parts,
    /// Another type needs another draft.
    #[arg(long = "type", value_name = "TYPE", hide = true)]
    pub document_type: Option<String>,
    /// Another body needs another draft.
    #[arg(long, value_name = "BODY", hide = true)]
    pub issuer: Option<String>,
}

impl Save {
    /// The move; none: nothing changed.
    pub(super) fn act(&self, context: &Context<'_>, record: RecordId) -> Result<Option<Act>, Failure> {
        let by = context.author()?.to_owned();
        if self.document_type.is_some() || self.issuer.is_some() {
            return Err(Refusal::from(Key::DraftTypeFixed).into());
        }
        let draft = row(context, record)?.draft;
        let known = texts(context, record, &draft)?;
        let base = known.of(self.base).ok_or_else(|| Failure::from(Refusal::from(Key::VersionUnknown)))?;
        let parts = changed(base, self.parts.given(self.title.as_deref()));
        let nothing = parts.is_empty();
        let act = Act::Save(is::Saved { by, base: self.base, parts });
        if nothing {
            // Whoever may not save it is told so, also where there is nothing to save.
            let (registry, now) = (context.office.registry(), context.office.time().millis() as i64);
            super::on_road(context, record, &act)?.judge(&registry, now, true, &mut act.clone())?;
            return Ok(None);
        }
        Ok(Some(act))
    }
}

/// A text that was kept beside.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Adopt {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Its number.
    pub beside: u32,
    /// Drop it.
    #[arg(long)]
    pub drop: bool,
}

/// A move with words.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Word {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Why, or in words.
    #[arg(long, default_value = "")]
    pub note: String,
}

/// Whether it passes, with remarks.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Verdict {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// The version that was seen: refused if there is a newer one.
    #[arg(long, default_value_t)]
    pub version: u32,
    /// It goes back.
    #[arg(long)]
    pub back: bool,
    /// A remark that must be answered; may be given more than once.
    #[arg(long, value_name = "REMARK")]
    pub must: Vec<String>,
    /// A suggestion; may be given more than once.
    #[arg(long, value_name = "REMARK")]
    pub suggest: Vec<String>,
}

/// Opinions that are asked for.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Ask {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Until when: a day, or a day and hour as 2026-11-27T17:00.
    pub until: String,
    /// What is asked.
    #[arg(long, default_value = "")]
    pub question: String,
}

/// An opinion.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Opine {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// agree, agree-note, other or none.
    pub opinion: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub text: String,
    /// The version that was seen.
    #[arg(long, default_value_t)]
    pub version: u32,
    /// Whose it is, where it is entered from a slip of paper.
    #[arg(long, value_name = "PERSON")]
    pub of: Option<String>,
    /// Where the scan of the slip is kept.
    #[arg(long, default_value = "")]
    pub slip: String,
}

/// More time.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Extend {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Until when.
    pub until: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub why: String,
}

/// Other bodies to be asked.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Consult {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Which: units and outside bodies of the house, separated by commas.
    #[arg(value_delimiter = ',')]
    pub offices: Vec<String>,
    /// Until when.
    #[arg(long)]
    pub until: String,
}

/// What a body answered.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Comment {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Which.
    pub office: String,
    /// In words; default: it has no remark.
    #[arg(long, default_value = "")]
    pub text: String,
}

/// An answer to a remark.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Answer {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Which remark: R1.
    pub remark: String,
    /// taken or explained.
    pub how: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub text: String,
}

/// A check of an answer.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Check {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Which remark: R1.
    pub remark: String,
    /// It is open again.
    #[arg(long)]
    pub reopen: bool,
    /// Why it is.
    #[arg(long, default_value = "")]
    pub why: String,
}

/// What a meeting said.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Meet {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// The meeting.
    pub event: String,
    /// pass, changes or back.
    pub result: String,
    /// The version that it had before it.
    #[arg(long, default_value_t)]
    pub version: u32,
    /// What it asks for; may be given more than once.
    #[arg(long, value_name = "REMARK")]
    pub must: Vec<String>,
    /// A suggestion; may be given more than once.
    #[arg(long, value_name = "REMARK")]
    pub suggest: Vec<String>,
}

/// A version that was seen.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct See {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// The version that was seen: refused if there is a newer one.
    #[arg(long, default_value_t)]
    pub version: u32,
}

/// Somebody else.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Name {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Who.
    pub to: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub why: String,
}

/// A signature.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Sign {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// The version that was seen: refused if there is a newer one.
    #[arg(long, default_value_t)]
    pub version: u32,
    /// The lines above the name, with ` | ` between them; default: those of the signer's right.
    #[arg(long, default_value = "")]
    pub form: String,
}

/// Another draft.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Supersede {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Id of the draft that replaces it, or an unambiguous beginning of it.
    pub new: String,
}

/// How it is issued.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Issue {
    /// Id of the draft, or an unambiguous beginning of it.
    pub draft: String,
    /// Date on the paper, from the day of the signature to today; default: today.
    #[arg(long, value_name = "DAY")]
    pub date: Option<String>,
    /// It goes up as a report; default: as a letter or directive.
    #[arg(long)]
    pub report: bool,
}

/// Which drafts.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct List {
    /// Only what waits for the acting account.
    #[arg(long)]
    pub mine: bool,
    /// Also those that ended.
    #[arg(long, conflicts_with = "mine")]
    pub all: bool,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub last: u32,
}

/// Which version is shown.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Show {
    /// Id of the draft, an unambiguous beginning of it, or the number of the paper that it became.
    pub draft: String,
    /// Which version; default: the newest.
    #[arg(long)]
    pub version: Option<u32>,
}

/// Which versions are compared.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Diff {
    /// Id of the draft, an unambiguous beginning of it, or the number of the paper that it became.
    pub draft: String,
    /// The older version; default: the one before the newer.
    pub from: Option<u32>,
    /// The newer version; default: the newest.
    pub to: Option<u32>,
}

fn remarks(must: &[String], suggest: &[String]) -> Vec<Remarked> {
    let remark = |text: &String, suggestion| Remarked { text: text.trim().to_owned(), suggestion };
    let must = must.iter().map(|text| remark(text, false));
    let all = must.chain(suggest.iter().map(|text| remark(text, true)));
    all.filter(|remark| !remark.text.is_empty()).collect()
}

/// A moment as people type it, Unix milliseconds: a day without an hour is over at its close.
fn moment(text: &str) -> Result<i64, Failure> {
    let text = text.trim();
    let hour = text.get(10..).is_some_and(|rest| rest.starts_with(['T', ' ']) && rest.len() == 6);
    let text = if hour { format!("{}T{}:00+07:00", &text[..10], &text[11..]) } else { text.to_owned() };
    let due = Due::parse(&paper::due(&text)?).ok().flatten();
    due.map(|due| due.0).ok_or_else(|| paper::wrong(&text))
}

impl Verb {
    /// The draft and the move that are meant.
    pub(super) fn act(self, context: &Context<'_>) -> Result<(RecordId, Act), Failure> {
        let by = context.author()?.to_owned();
        let of = |draft: &str| draft_of(context, draft);
        let word =
            |word: Word| Ok::<_, Failure>((of(&word.draft)?, is::Word { by: by.clone(), note: word.note }));
        let verdict = |said: Verdict| {
            let remarks = remarks(&said.must, &said.suggest);
            let verdict = is::Verdict { by: by.clone(), version: said.version, back: said.back, remarks };
            Ok::<_, Failure>((of(&said.draft)?, verdict))
        };
        let name = |name: Name| {
            Ok::<_, Failure>((
                of(&name.draft)?,
                is::Named { by: by.clone(), to: person(&name.to), why: name.why },
            ))
        };
        let known = |key: Key| move |_| Failure::from(Refusal::from(key));
        Ok(match self {
            Self::Adopt(said) => {
                let adopted = is::Adopted { by, beside: said.beside, dropped: said.drop };
                (of(&said.draft)?, Act::Adopt(adopted))
            }
            Self::HandIn(said) => word(said).map(|(of, word)| (of, Act::HandIn(word)))?,
            Self::TakeBack(said) => word(said).map(|(of, word)| (of, Act::TakeBack(word)))?,
            Self::CloseAsk(said) => word(said).map(|(of, word)| (of, Act::CloseAsk(word)))?,
            Self::CloseConsult(said) => word(said).map(|(of, word)| (of, Act::CloseConsult(word)))?,
            Self::Unsign(said) => word(said).map(|(of, word)| (of, Act::Unsign(word)))?,
            Self::Return(said) => word(said).map(|(of, word)| (of, Act::Return(word)))?,
            Self::Withdraw(said) => word(said).map(|(of, word)| (of, Act::Withdraw(word)))?,
            Self::Resume(said) => word(said).map(|(of, word)| (of, Act::Resume(word)))?,
            Self::Appraise(said) => verdict(said).map(|(of, verdict)| (of, Act::Appraise(verdict)))?,
            Self::Approve(said) => verdict(said).map(|(of, verdict)| (of, Act::Approve(verdict)))?,
            Self::Redirect(said) => name(said).map(|(of, named)| (of, Act::Redirect(named)))?,
            Self::Reassign(said) => name(said).map(|(of, named)| (of, Act::Reassign(named)))?,
            Self::Ask(said) => {
                let asked = is::Asked {
                    by,
                    until: moment(&said.until)?,
                    members: Vec::new(),
                    silence_agrees: false,
                    basis: String::new(),
                    question: said.question,
                };
                (of(&said.draft)?, Act::Ask(asked))
            }
            Self::Opinion(said) => {
                let opinion = is::Opinion {
                    by,
                    of: optional(said.of.as_ref()),
                    version: said.version,
                    opinion: said.opinion.parse().map_err(known(Key::OpinionWord))?,
                    text: said.text,
                    slip: said.slip,
                };
                (of(&said.draft)?, Act::Opinion(opinion))
            }
            Self::ExtendAsk(said) => {
                let extended = is::Extended { by, until: moment(&said.until)?, why: said.why };
                (of(&said.draft)?, Act::ExtendAsk(extended))
            }
            Self::Consult(said) => {
                let offices = said.offices.iter().map(|office| identifier::plain(office)).collect();
                let asked = is::Consulted { by, offices, until: moment(&said.until)? };
                (of(&said.draft)?, Act::Consult(asked))
            }
            Self::Comment(said) => {
                let comment = is::Comment { by, office: identifier::plain(&said.office), text: said.text };
                (of(&said.draft)?, Act::Comment(comment))
            }
            Self::Answer(said) => {
                let how = said.how.parse().map_err(known(Key::RemarkHow))?;
                let answer = is::Answer { by, remark: said.remark.to_uppercase(), how, text: said.text };
                (of(&said.draft)?, Act::Answer(answer))
            }
            Self::Check(said) => {
                let remark = said.remark.to_uppercase();
                let checked = is::Checked { by, remark, reopened: said.reopen, why: said.why };
                (of(&said.draft)?, Act::Check(checked))
            }
            Self::Meeting(said) => {
                let met = is::Met {
                    by,
                    event: said.event.trim().to_owned(),
                    version: said.version,
                    result: said.result.parse().map_err(|_| paper::wrong(&said.result))?,
                    remarks: remarks(&said.must, &said.suggest),
                };
                (of(&said.draft)?, Act::Meeting(met))
            }
            Self::Initial(said) => (of(&said.draft)?, Act::Initial(is::Seen { by, version: said.version })),
            Self::Sign(said) => {
                let signed = is::Signed {
                    by,
                    version: said.version,
                    hash: truc_proto::id::Hash::ZERO,
                    form: said.form.trim().to_owned(),
                    of: String::new(),
                };
                (of(&said.draft)?, Act::Sign(signed))
            }
            Self::Supersede(said) => {
                let superseded = is::Superseded { by, draft: of(&said.new)?, note: String::new() };
                (of(&said.draft)?, Act::Supersede(superseded))
            }
            Self::Begin(_)
            | Self::Save(_)
            | Self::Issue(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::Diff(_)
            | Self::Proof(_) => return Err(Refusal::from(Key::DraftUnknown).into()),
        })
    }
}
