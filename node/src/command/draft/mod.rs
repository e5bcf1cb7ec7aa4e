//! Drafts on the command line: begun, saved, handed on, appraised, asked about, signed, issued; listed, shown, compared,
//! proved.

mod asked;
mod compare;
mod issue;
mod proof;
mod told;
mod versions;

use std::fs::File;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use truc_proto::id::RecordId;
use truc_proto::record::draft::refusal::{Class, Key, Refusal};
use truc_proto::record::draft::{Act, Move};
use truc_proto::wire::Confidentiality;

use super::act;
use super::page::Page;
use super::refer;
use super::{Context, Output, to_value};
use crate::derive::views::kinds::draft::{self as drafts, DraftRow};
use crate::derive::views::on_road::OnRoad;
use crate::office::{Intent, OfficeError};
use crate::words::failure::{ExitCode, Failure};

pub use asked::{
    Adopt, Answer, Ask, Begin, Check, Comment, Consult, Diff, Extend, Issue, List, Meet, Name, Opine, Parts,
    Save, See, Show, Sign, Supersede, Verdict, Which, Word,
};
pub(crate) use compare::compared;
pub(crate) use told::{Line, Seen, line, may, said, seen, seen_all, waiting};
pub(crate) use versions::{Texts, texts};

/// What can be done with drafts.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Begin a draft of a paper. It takes the road that the house has today for its body and type.
    #[command(
        after_help = "Example: truc-node draft begin 'về chuẩn bị hội nghị' --issuer BTV --type CV --text-file cv.md"
    )]
    Begin(Box<Begin>),
    /// Save a further version.
    #[command(after_help = "Example: truc-node draft save 0198c0de --base 1 --text-file cv.md")]
    Save(Box<Save>),
    /// Take a text that was kept beside as the next version, or drop it.
    #[command(after_help = "Example: truc-node draft adopt 0198c0de 1 --drop")]
    Adopt(Adopt),
    /// Let it go on (trình).
    #[command(after_help = "Example: truc-node draft hand-in 0198c0de")]
    HandIn(Word),
    /// Take it back, as long as nobody has acted on it.
    #[command(after_help = "Example: truc-node draft take-back 0198c0de")]
    TakeBack(Word),
    /// Say whether it passes the appraisal (thẩm định).
    #[command(
        disable_version_flag = true,
        after_help = "Example: truc-node draft appraise 0198c0de --version 2 --back --must 'thiếu nơi nhận'"
    )]
    Appraise(Verdict),
    /// A standing member: it may go out, or goes back.
    #[command(
        disable_version_flag = true,
        after_help = "Example: truc-node draft approve 0198c0de --version 2"
    )]
    Approve(Verdict),
    /// Ask the group of the road for its opinions, until a day and hour.
    #[command(after_help = "Example: truc-node draft ask 0198c0de 2026-11-27T17:00")]
    Ask(Ask),
    /// Say an opinion: agree, agree-note, other, none.
    #[command(
        disable_version_flag = true,
        after_help = "Example: truc-node draft opinion 0198c0de other --text 'kinh phí chưa rõ nguồn'"
    )]
    Opinion(Opine),
    /// Give more time for opinions.
    #[command(
        after_help = "Example: truc-node draft extend-ask 0198c0de 2026-12-01T17:00 --why 'ủy viên đi công tác'"
    )]
    ExtendAsk(Extend),
    /// Sum the opinions up.
    #[command(after_help = "Example: truc-node draft close-ask 0198c0de")]
    CloseAsk(Word),
    /// Note which other bodies are asked for their opinion, and until when.
    #[command(after_help = "Example: truc-node draft consult 0198c0de MTTQ,UBND --until 2026-12-08T17:00")]
    Consult(Consult),
    /// Enter what one of them answered.
    #[command(
        after_help = "Example: truc-node draft comment 0198c0de MTTQ --text 'bổ sung thăm gia đình có công'"
    )]
    Comment(Comment),
    /// Wait for no more of them.
    #[command(after_help = "Example: truc-node draft close-consult 0198c0de")]
    CloseConsult(Word),
    /// Answer a remark: taken or explained.
    #[command(
        after_help = "Example: truc-node draft answer 0198c0de R1 explained --text 'kho dữ liệu mở tháng 3'"
    )]
    Answer(Answer),
    /// Check an answer, or open the remark again.
    #[command(after_help = "Example: truc-node draft check 0198c0de R1")]
    Check(Check),
    /// Enter what a meeting said: pass, changes, back.
    #[command(
        disable_version_flag = true,
        after_help = "Example: truc-node draft meeting 0198c0de E501 changes --must 'rút gọn phần đánh giá'"
    )]
    Meeting(Meet),
    /// Put the initials (ký nháy).
    #[command(
        disable_version_flag = true,
        after_help = "Example: truc-node draft initial 0198c0de --version 2"
    )]
    Initial(See),
    /// The chief of office: somebody else is to sign.
    #[command(after_help = "Example: truc-node draft redirect 0198c0de bithu --why 'Phó Bí thư đi công tác'")]
    Redirect(Name),
    /// Sign the version that was seen.
    #[command(disable_version_flag = true, after_help = "Example: truc-node draft sign 0198c0de --version 2")]
    Sign(Sign),
    /// Take the signature back.
    #[command(after_help = "Example: truc-node draft unsign 0198c0de --note 'sai số hộ'")]
    Unsign(Word),
    /// Give it back to be written anew.
    #[command(after_help = "Example: truc-node draft return 0198c0de --note 'nêu rõ số còn phải thu'")]
    Return(Word),
    /// The clerk: issue what was signed, with the next number.
    #[command(after_help = "Example: truc-node draft issue 0198c0de")]
    Issue(Issue),
    /// Do not carry it on.
    #[command(after_help = "Example: truc-node draft withdraw 0198c0de --note 'không cần nữa'")]
    Withdraw(Word),
    /// Carry a withdrawn draft on.
    #[command(after_help = "Example: truc-node draft resume 0198c0de")]
    Resume(Word),
    /// Another draft replaces it.
    #[command(after_help = "Example: truc-node draft supersede 0198c0de 0198c1aa")]
    Supersede(Supersede),
    /// The chief of office: somebody else drafts it.
    #[command(after_help = "Example: truc-node draft reassign 0198c0de minh --why 'đồng chí Hoa nghỉ phép'")]
    Reassign(Name),
    /// List drafts: those that go on, or those that wait for the acting account.
    #[command(after_help = "Example: truc-node draft list --mine")]
    List(List),
    /// Show one: text, remarks, opinions, approvals, story, and what the acting account may do.
    #[command(disable_version_flag = true, after_help = "Example: truc-node draft show 0198c0de --version 1")]
    Show(Show),
    /// Compare two versions.
    #[command(after_help = "Example: truc-node draft diff 0198c0de 1 2")]
    Diff(Diff),
    /// The entries of the road by which a paper was issued, and whether they are those that the paper names.
    #[command(after_help = "Example: truc-node draft proof 913-CV/TU")]
    Proof(Which),
}

impl Verb {
    pub(super) fn prepare(&mut self, _: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::Begin(begin) => begin.parts.prepare(),
            Self::Save(save) => save.parts.prepare(),
            _ => Ok(()),
        }
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        match self {
            Self::List(list) => told::list(context, &list),
            Self::Show(show) => told::show(context, &show),
            Self::Diff(diff) => told::diff(context, &diff),
            Self::Proof(which) => proof::proof(context, &which.draft),
            Self::Issue(issue) => issue::issue(context, &issue).await,
            Self::Begin(begin) => {
                let (act, open) = begin.act(context)?;
                make(context, None, begin.once, act, open).await
            }
            Self::Save(save) => {
                let record = draft_of(context, &save.draft)?;
                match save.act(context, record)? {
                    Some(act) => make(context, Some(record), None, act, Confidentiality::Open).await,
                    None => Ok(serde_json::json!({ "said": told::words_of(&Key::DraftUnchanged.into()) })),
                }
            }
            verb => {
                let (record, act) = verb.act(context)?;
                make(context, Some(record), None, act, Confidentiality::Open).await
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => told::render_list(page),
            Self::Show(_) => told::render(page),
            Self::Diff(_) => told::render_diff(page),
            Self::Proof(_) => proof::render(page),
            _ => told::render_written(page),
        }
    }
}

/// The draft that is meant: by its id, an unambiguous beginning of it, or the number of the paper that it became.
pub(crate) fn draft_of(context: &Context<'_>, text: &str) -> Result<RecordId, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let unknown = || Failure::from(Refusal::from(Key::DraftUnknown));
    if text.contains('/') {
        let paper =
            context.office.view(|views| Ok(refer::any_record(views, text)))?.map_err(|_| unknown())?;
        let row = context.look(|views, look| drafts::of_paper(views, look.me, paper.id))?;
        return row.map(|row| row.record).ok_or_else(unknown);
    }
    let begin: String = text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let found = match begin.is_empty() {
        true => Vec::new(),
        false => context.office.view(|views| drafts::beginning(views, context.office.id(), &begin))?,
    };
    match found[..] {
        [one] => Ok(one),
        [] => Err(unknown()),
        [..] => Err(Failure::new(ExitCode::Input, "record-ambiguous")
            .with("record", text)
            .with("found", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}

/// The draft with this id, whoever asks.
fn row(context: &Context<'_>, record: RecordId) -> Result<DraftRow, Failure> {
    let found = context.look(|views, look| drafts::draft(views, look.me, record))?;
    found.ok_or_else(|| Refusal::from(Key::DraftUnknown).into())
}

/// Makes a move. What comes of it, where more is to be said than that it was written, is in the result; a text that was kept
/// beside is a failure that says so.
async fn make(
    context: &Context<'_>,
    record: Option<RecordId>,
    once: Option<uuid::Uuid>,
    act: Act,
    confidentiality: Confidentiality,
) -> Result<Output, Failure> {
    let author = context.author()?;
    let opening = Intent::opening(author, Move(act), Vec::new());
    let intent = Intent { record, once, confidentiality, ..opening };
    if context.rehearsal {
        context.office.check_all(vec![intent]).await.map_err(|(_, error)| error)?;
        return Ok(Value::Null);
    }
    let written = context.office.act_all(vec![intent]).await.map_err(|(_, error)| error)?;
    let written = written.into_iter().next().ok_or(OfficeError::Stopped)?;
    let mut output = act::told(&written);
    if let Some(said) = written.said {
        if said.key.class() == Class::NotAllowed {
            return Err(said.into());
        }
        output["said"] = to_value(told::words_of(&said))?;
    }
    Ok(output)
}

/// What a move is held against now.
pub(crate) fn on_road(context: &Context<'_>, record: RecordId, act: &Act) -> Result<OnRoad, Failure> {
    let me = context.office.id();
    Ok(context.office.view(|views| OnRoad::read(views, me, record, act))?)
}
