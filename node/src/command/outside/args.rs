//! What can be asked of papers from outside, as it is typed.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::act::Which;
use super::super::assignment::Acting;
use super::super::paper::Levels;

/// What can be done with papers from outside and petitions.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Register a paper, the stub of a secret paper, or a petition: it gets the next number of its book.
    #[command(
        after_help = "Example: truc-node outside arrive 'Phòng chống hạn' --party 'Ủy ban nhân dân tỉnh' --number 125/KH-UBND --issued 2026-10-30 --type KH\n         \
                      truc-node outside arrive --confidentiality secret --party 'Công an tỉnh' --number M-118 --issued 2026-11-09\n         \
                      truc-node outside arrive 'Bồi thường đất' --class khieu-nai --sender 'Đào Khiếu Thử' --address 'xóm 2'"
    )]
    Arrive(Box<Arrive>),
    /// Note that a paper copy came of what the network had brought.
    #[command(after_help = "Example: truc-node outside paper-copy 1001-CV/TU --day 2026-11-09")]
    PaperCopy(PaperCopy),
    /// Void a number that was given by mistake; its line stays.
    #[command(after_help = "Example: truc-node outside void 1227 --note 'vào sổ hai lần, trùng số 1226'")]
    Void(Word),
    /// Correct a field; both values stay.
    #[command(after_help = "Example: truc-node outside correct 1203 number 125/KH-UBND")]
    Correct(Correct),
    /// Say what a petition is about, without who denounces.
    #[command(after_help = "Example: truc-node outside summary petitions:43 --note 'Nêu việc chia đất sai'")]
    Summary(Word),
    /// Say the class of a petition, and with it the limit.
    #[command(after_help = "Example: truc-node outside classify petitions:43 to-cao --about cvtc")]
    Classify(Classify),
    /// Say who sent a petition: an entry of its own.
    #[command(after_help = "Example: truc-node outside sender petitions:45 --envelope TC-2026-04")]
    Sender(SenderOf),
    /// See who denounced, and say why: that stays.
    #[command(
        after_help = "Example: truc-node outside identity petitions:43 --note 'làm việc với người tố cáo'"
    )]
    Identity(Word),
    /// Resolve a petition here (thụ lý): it waits to be given again.
    #[command(after_help = "Example: truc-node outside accept petitions:43")]
    Accept(Word),
    /// Keep it: a petition with its reason, a paper as what asks nothing of anybody.
    #[command(
        after_help = "Example: truc-node outside keep petitions:46 --reason anonymous --note 'không kèm chứng cứ'"
    )]
    Keep(Keep),
    /// Tell whoever sent a petition where it belongs.
    #[command(after_help = "Example: truc-node outside guide petitions:42 --note 'gửi xóm trưởng, UBND'")]
    Guide(Word),
    /// Answer it by a paper.
    #[command(after_help = "Example: truc-node outside answer petitions:44 97-CV/VPĐU")]
    Answer(Answer),
    /// Pass it to a unit or outside body, which is to answer.
    #[command(
        after_help = "Example: truc-node outside transfer petitions:41 UBND 12-PC/VPĐU --answer-by 2026-11-27"
    )]
    Transfer(Transfer),
    /// Note that they signed for it.
    #[command(after_help = "Example: truc-node outside receipt petitions:41")]
    Receipt(Word),
    /// Note their answer.
    #[command(after_help = "Example: truc-node outside reply petitions:41 66/CV-UBND")]
    Reply(Answer),
    /// Add a line to its story.
    #[command(after_help = "Example: truc-node outside note 1203 --note 'đã gọi điện'")]
    Note(Word),
    /// Note why the register of petitions is made with all senders.
    #[command(after_help = "Example: truc-node outside full-register --note 'kiểm tra quý IV'")]
    FullRegister(Why),
    /// List the newest ones.
    #[command(after_help = "Example: truc-node outside list --search 'hồ đập'")]
    List(List),
    /// Show one with what was done and may be done.
    #[command(
        after_help = "Example: truc-node outside show 1203\n         truc-node outside show petitions:43"
    )]
    Show(Which),
}

/// Something that came.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Arrive {
    /// Trích yếu; of a petition: what it says.
    #[arg(default_value = "")]
    pub title: String,
    /// The body that sent it: an id or name of the house, or any name.
    #[arg(long, default_value = "")]
    pub party: String,
    /// Số, ký hiệu.
    #[arg(long, default_value = "")]
    pub number: String,
    /// Date on the paper.
    #[arg(long, value_name = "DATE")]
    pub issued: Option<String>,
    /// Code of the document type.
    #[arg(long = "type", value_name = "TYPE", default_value = "")]
    pub document_type: String,
    /// The day on which it came; default: today.
    #[arg(long, value_name = "DATE")]
    pub received: Option<String>,
    /// post, hand, fax, mail, axis, reception, forwarded.
    #[arg(long, default_value = "post")]
    pub channel: String,
    /// How many pages it has.
    #[arg(long, default_value_t)]
    pub pages: u32,
    /// Its arrival number; default: the next.
    #[arg(long = "no", value_name = "NUMBER", default_value = "")]
    pub arrival: String,
    /// It is a petition of this class: khieu-nai, to-cao, kien-nghi, phan-anh.
    #[arg(long)]
    pub class: Option<String>,
    /// The person of the house whom the petition is about.
    #[arg(long, default_value = "")]
    pub about: String,
    /// The petition before in the same matter.
    #[arg(long)]
    pub earlier: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub sent: Sent,
    /// Names what is done: done once under one name (a UUID).
    #[arg(long, value_name = "UUID")]
    pub once: Option<Uuid>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub levels: Levels,
}

/// Who sent a petition.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Sent {
    /// Names as they stand on it.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub sender: String,
    /// The address.
    #[arg(long, default_value = "")]
    pub address: String,
    /// How many signed it.
    #[arg(long, default_value_t)]
    pub signers: u32,
    /// The envelope that keeps name and address.
    #[arg(long, default_value = "")]
    pub envelope: String,
    /// Nobody signed it.
    #[arg(long)]
    pub anonymous: bool,
}

/// A paper copy.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct PaperCopy {
    /// The paper of the network: its number or id.
    pub paper: String,
    /// The day on which the copy came; default: today.
    #[arg(long, value_name = "DATE")]
    pub day: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A move with words.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Word {
    /// Its number of this year (1203, petitions:43, secret:7), an earlier one with the year (1203/2025), or its id.
    pub record: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A reason.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Why {
    /// Why.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A field that was wrong.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Correct {
    /// As for `void`.
    pub record: String,
    /// party, number, issued, document-type, title, channel, pages.
    pub field: String,
    /// What it says from now on.
    pub value: String,
    /// Why.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// The class of a petition.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Classify {
    /// As for `void`.
    pub record: String,
    /// khieu-nai, to-cao, kien-nghi, phan-anh.
    pub class: String,
    /// The person of the house whom it is about; default: as it was said.
    #[arg(long)]
    pub about: Option<String>,
    /// The petition before in the same matter; default: as it was said.
    #[arg(long)]
    pub earlier: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// Who sent one.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct SenderOf {
    /// As for `void`.
    pub record: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub sent: Sent,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// Nothing comes of it.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Keep {
    /// As for `void`.
    pub record: String,
    /// Of a petition: anonymous, repeated, settled, taken-back.
    #[arg(long)]
    pub reason: Option<String>,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// A paper that answers.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Answer {
    /// As for `void`.
    pub record: String,
    /// Its number.
    #[arg(default_value = "")]
    pub paper: String,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// To whom it goes.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Transfer {
    /// As for `void`.
    pub record: String,
    /// A unit or outside body of the house.
    pub to: String,
    /// Number of the transfer slip.
    #[arg(default_value = "")]
    pub paper: String,
    /// Until when they are to answer.
    #[arg(long, value_name = "DATE")]
    pub answer_by: Option<String>,
    /// In words.
    #[arg(long, default_value = "")]
    pub note: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub acting: Acting,
}

/// Which ones.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct List {
    /// Only those whose number, sender's body and title contain these words, with or without marks.
    #[arg(long, default_value = "")]
    pub search: String,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub last: u32,
}
