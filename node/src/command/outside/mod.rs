//! Papers from outside, stubs of secret papers and petitions on the command line.

mod args;
mod shown;

use std::fs::File;

use serde_json::Value;
use truc_proto::id::RecordId;
use truc_proto::identifier;
use truc_proto::paper::Due;
use truc_proto::record::assignment::Actor;
use truc_proto::record::outside::{
    Act, Answered, Arrived, Book, Classified, Copied, Corrected, Kept, Move, Petition, Sender, Transferred,
};
use truc_proto::wire::Confidentiality;
use uuid::Uuid;

use super::act;
use super::assignment::{self, Acting};
use super::book::which;
use super::page::Page;
use super::paper::{self, Levels};
use super::{Context, Output, number, refer};
use crate::office::{Intent, Numbering, OfficeError};
use crate::words::failure::{ExitCode, Failure};

pub use args::{
    Answer, Arrive, Classify, Correct, Keep, List, PaperCopy, SenderOf, Sent, Transfer, Verb, Why, Word,
};
pub use shown::Line;
pub(crate) use shown::{found, show};

impl Verb {
    pub(super) fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::Arrive(arrive) => act::prepare_files(&mut arrive.levels, opened),
            _ => Ok(()),
        }
    }

    pub(super) async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        match self {
            Self::List(list) => shown::index(context, &list.search, list.last),
            Self::Show(shown) => show(context, which(context, &shown.record)?),
            Self::Arrive(arrive) => arrive.execute(context).await,
            Self::PaperCopy(copy) => {
                let found = context.office.view(|views| Ok(refer::any_record(views, &copy.paper)))??;
                let day = copy.day.as_deref().map(paper::day).transpose()?.or(Some(context.today()));
                let copied = Act::PaperCopy(Copied { record: found.id, day });
                make(context, None, copied, copy.acting).await
            }
            Self::Keep(keep) => keep.execute(context).await,
            Self::FullRegister(why) => make(context, None, Act::FullRegister(why.note), why.acting).await,
            Self::Identity(word) => {
                let record = which(context, &word.record)?;
                let mut output = make(context, Some(record), Act::Identity(word.note), word.acting).await?;
                // The name is read after the entry that says who looked at it, and why.
                if let Some(sender) = context.sender(&context.outside(record)?.outside)? {
                    output["sender"] = super::to_value(sender)?;
                }
                Ok(output)
            }
            verb => {
                let (record, act, acting) = verb.meant(context)?;
                make(context, Some(record), act, acting).await
            }
        }
    }

    /// The record, the move and who makes it.
    fn meant(self, context: &Context<'_>) -> Result<(RecordId, Act, Acting), Failure> {
        let word = |word: Word, act: fn(String) -> Act| {
            Ok((which(context, &word.record)?, act(word.note), word.acting))
        };
        let answer = |said: Answer, act: fn(Answered) -> Act| {
            let answered = Answered { paper: said.paper, note: said.note };
            Ok((which(context, &said.record)?, act(answered), said.acting))
        };
        match self {
            Self::Void(said) => word(said, Act::Void),
            Self::Summary(said) => word(said, Act::Summary),
            Self::Accept(said) => word(said, Act::Accept),
            Self::Guide(said) => word(said, Act::Guide),
            Self::Receipt(said) => word(said, Act::Receipt),
            Self::Note(said) => word(said, Act::Note),
            Self::Answer(said) => answer(said, Act::Answer),
            Self::Reply(said) => answer(said, Act::Reply),
            Self::Correct(correct) => {
                let field = correct.field.parse().map_err(|_| paper::wrong(&correct.field))?;
                let change = Corrected { field, was: String::new(), now: correct.value, note: correct.note };
                Ok((which(context, &correct.record)?, Act::Correct(change), correct.acting))
            }
            Self::Classify(classify) => {
                let record = which(context, &classify.record)?;
                let row = context.outside(record)?;
                let before = row.outside.paper.petition;
                let earlier = match &classify.earlier {
                    Some(earlier) => Some(which(context, earlier)?),
                    None => before.as_ref().and_then(|petition| petition.earlier),
                };
                let about = classify.about.as_deref().map(identifier::account);
                let about = about.or(before.map(|petition| petition.about)).unwrap_or_default();
                let class = classify.class.parse().map_err(|_| paper::wrong(&classify.class))?;
                let petition = Petition { class, about, earlier, limit: None };
                Ok((record, Act::Classify(Classified(petition)), classify.acting))
            }
            Self::Sender(sent) => {
                let sender =
                    sent.sent.sender().ok_or_else(|| Failure::new(ExitCode::Input, "sender-missing"))?;
                Ok((which(context, &sent.record)?, Act::Sender(sender), sent.acting))
            }
            Self::Transfer(transfer) => {
                let answer_by = match transfer.answer_by.as_deref().filter(|day| !day.trim().is_empty()) {
                    Some(day) => Due::parse(&paper::due(day)?).unwrap_or(None),
                    None => None,
                };
                let went = Transferred {
                    to: identifier::plain(&transfer.to),
                    paper: transfer.paper,
                    answer_by,
                    note: transfer.note,
                };
                Ok((which(context, &transfer.record)?, Act::Transfer(went), transfer.acting))
            }
            Self::Arrive(_)
            | Self::PaperCopy(_)
            | Self::Keep(_)
            | Self::FullRegister(_)
            | Self::Identity(_)
            | Self::List(_)
            | Self::Show(_) => Err(Failure::new(ExitCode::Usage, "move-none")),
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::List(_) => shown::render_list(page),
            Self::Show(_) => shown::render(page),
            Self::Identity(_) => {
                let sender = &page.value["sender"];
                for (key, name) in [("register-sender", "name"), ("outside-address", "address")] {
                    page.field(key, super::page::text(&sender[name]));
                }
                page.written();
            }
            _ => page.written(),
        }
    }
}

impl Sent {
    /// What is said of who sent it; none: nothing.
    fn sender(self) -> Option<Sender> {
        let says = !self.sender.is_empty() || !self.address.is_empty() || !self.envelope.is_empty();
        (says || self.anonymous).then(|| Sender {
            name: self.sender,
            address: self.address,
            signers: self.signers,
            envelope: identifier::plain(&self.envelope),
            anonymous: self.anonymous,
        })
    }
}

impl Arrive {
    /// What came, as it is to be registered.
    fn arrived(&self, context: &Context<'_>) -> Result<Arrived, Failure> {
        let day = |text: &Option<String>| {
            let said = text.as_deref().filter(|text| !text.trim().is_empty());
            said.map(paper::day).transpose()
        };
        let level = self.levels.confidentiality.wire();
        let petition = match self.class.as_deref().filter(|class| !class.is_empty()) {
            None => None,
            Some(class) => Some(Petition {
                class: class.parse().map_err(|_| paper::wrong(class))?,
                about: identifier::account(&self.about),
                earlier: match self.earlier.as_deref().filter(|earlier| !earlier.trim().is_empty()) {
                    Some(earlier) => Some(which(context, earlier)?),
                    None => None,
                },
                limit: None,
            }),
        };
        let book = match (&petition, level) {
            (Some(_), _) => Book::Petitions,
            (None, Confidentiality::Open) => Book::Incoming,
            (None, _) => Book::Secret,
        };
        Ok(Arrived {
            book,
            arrival: number::arrival(&self.arrival)?.parse().unwrap_or(0),
            received: day(&self.received)?.or(Some(context.today())),
            party: self.party.clone(),
            number: self.number.clone(),
            issued: day(&self.issued)?,
            document_type: self.document_type.clone(),
            title: self.title.trim().to_owned(),
            urgency: self.levels.urgency.wire() as u32,
            level: level as u32,
            channel: self.channel.parse().map_err(|_| paper::wrong(&self.channel))?,
            pages: self.pages,
            petition,
        })
    }

    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let arrived = self.arrived(context)?;
        if arrived.party.trim().is_empty() && arrived.petition.is_none() {
            return Err(Failure::new(ExitCode::Input, "party-missing"));
        }
        let is_petition = arrived.petition.is_some();
        let numbering = number::of_arrival(context, arrived.book);
        let mv = Act::Arrive(arrived);
        let once = self.once.unwrap_or_else(Uuid::now_v7);
        let opening = intent(context, None, mv, &self.acting)?;
        let opening = Intent { once: Some(once), numbering, ..opening };
        let record = opening.record(context.office.id());
        let known = context.outside(record).is_ok();
        // The level stands in the sealed body; what travels is an open entry of this office to itself.
        let levels = Levels { confidentiality: Default::default(), ..self.levels };
        let mut intents = vec![act::with_levels(context, opening, &levels).await?];
        if let Some(sender) = self.sent.sender().filter(|_| is_petition && !known) {
            intents.push(intent(context, Some(record), Act::Sender(sender), &self.acting)?);
        }
        let done = match context.rehearsal {
            true => context.office.check_all(intents).await.map(|_| Vec::new()),
            false => context.office.act_all(intents).await,
        };
        match done {
            Ok(_) if context.rehearsal => Ok(Value::Null),
            Ok(written) => Ok(act::told(written.first().ok_or(OfficeError::Stopped)?)),
            Err((_, error)) => Err(error.into()),
        }
    }
}

impl Keep {
    async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        let record = which(context, &self.record)?;
        if context.outside(record)?.outside.paper.petition.is_none() {
            // A paper is kept as those of the network are.
            let keep =
                assignment::Keep { source: format!("{record}#"), note: self.note, acting: self.acting };
            return assignment::Verb::Keep(keep).execute(context).await;
        }
        let reason = self.reason.as_deref().filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| reason.parse().map_err(|_| paper::wrong(reason))).transpose()?;
        make(context, Some(record), Act::Keep(Kept { reason, note: self.note }), self.acting).await
    }
}

fn intent(
    context: &Context<'_>,
    record: Option<RecordId>,
    act: Act,
    acting: &Acting,
) -> Result<Intent, Failure> {
    let author = context.author()?;
    let stands_for = acting.stands_for.as_deref().map(identifier::account).unwrap_or_default();
    let mv = Move { actor: Actor { by: author.to_owned(), stands_for }, act };
    Ok(Intent { record, ..Intent::opening(author, mv, Vec::new()) })
}

/// Makes a move.
pub(crate) async fn make(
    context: &Context<'_>,
    record: Option<RecordId>,
    act: Act,
    acting: Acting,
) -> Result<Output, Failure> {
    let intent = Intent { numbering: Numbering::AsWritten, ..intent(context, record, act, &acting)? };
    act::write(context, intent).await
}
